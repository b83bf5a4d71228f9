/**
 * Firecracker's JSON: fingerprints (facts of the host, and `guest_cpu_config`) and bare CPU configurations as its
 * cpu-template-helper dumps them, and as users write them for templates. Form: Firecracker docs/cpu_templates and
 * src/vmm/src/cpu_config/aarch64/custom_cpu_template.rs: `0` and `1` are bits, `x` and what is left out at the left are
 * bits that a template leaves alone, `_` is nothing.
 *
 * The values are what KVM_GET_ONE_REG read from a vCPU of Firecracker's, so KVM's guest values: fields that KVM hides
 * are hidden here too.
 */
import { vcpuFeatures } from "../../tables/index.ts";
import { type JsonLocations, locateJson } from "../json-locations.ts";
import { type ProfileProblem, positionOf } from "../read.ts";
import { bitsOf, type InputNote, keptValues, type ReadReadings, wasUsed } from "./readings.ts";
import { inputsTable, systemId } from "./table.ts";
import { MOST_PROBLEMS, shown } from "./text.ts";

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const configKeys = ["kvm_capabilities", "vcpu_features", "reg_modifiers"] as const;

/** Whether a parsed JSON value is Firecracker's, and which. */
export function firecrackerForm(
  value: unknown,
): "firecracker-fingerprint" | "firecracker-cpu-config" | undefined {
  if (!isObject(value) || "schema" in value) return undefined;
  if ("guest_cpu_config" in value || "firecracker_version" in value) return "firecracker-fingerprint";
  return configKeys.some((key) => key in value) ? "firecracker-cpu-config" : undefined;
}

type Complain = (pointer: string, message: string) => undefined;

interface Modifier {
  readonly id: bigint;
  readonly value: bigint;
  readonly pointer: string;
  /** Bits from which a template keeps its hands. */
  readonly open: boolean;
}

function readModifier(entry: unknown, pointer: string, complain: Complain): Modifier | undefined {
  if (!isObject(entry)) return complain(pointer, "expected an object with `addr` and `bitmap`");
  const { addr, bitmap } = entry;
  if (typeof addr !== "string" || !/^0(?:x[0-9a-fA-F]+|b[01]+)$/.test(addr)) {
    const where = "addr" in entry ? `${pointer}/addr` : pointer;
    return complain(where, "`addr` is a KVM register's id as a string with `0x`");
  }
  const id = BigInt(addr);
  const bits = bitsOf(id);
  if (bits === undefined) return complain(`${pointer}/addr`, `${addr} is no ONE_REG id of arm64`);
  if (typeof bitmap !== "string") {
    const where = "bitmap" in entry ? `${pointer}/bitmap` : pointer;
    return complain(where, "`bitmap` is a string of `0`, `1` and `x`");
  }
  const digits = bitmap.replace(/^0b/, "").replaceAll("_", "");
  if (!/^[01x]+$/.test(digits) || digits.length > 128) {
    return complain(
      `${pointer}/bitmap`,
      `\`${shown(bitmap)}\` is no bitmap: up to 128 of \`0\`, \`1\` and \`x\``,
    );
  }
  const value = BigInt(`0b${digits.replaceAll("x", "0")}`);
  if (value >> BigInt(bits) !== 0n) {
    return complain(`${pointer}/bitmap`, `the bitmap does not fit into the ${bits} bits of ${addr}`);
  }
  const open = digits.length < bits || digits.slice(-bits).includes("x");
  return { id, value, pointer, open };
}

function readModifiers(config: Json, pointer: string, complain: Complain): readonly Modifier[] {
  const { reg_modifiers: entries = [] } = config;
  if (!Array.isArray(entries)) {
    complain(`${pointer}/reg_modifiers`, "`reg_modifiers` is a list");
    return [];
  }
  const seen = new Set<bigint>();
  return entries.flatMap((entry: unknown, at) => {
    const modifier = readModifier(entry, `${pointer}/reg_modifiers/${at}`, complain);
    if (modifier === undefined) return [];
    if (seen.has(modifier.id)) complain(`${modifier.pointer}/addr`, "this register stands twice");
    seen.add(modifier.id);
    return [modifier];
  });
}

/** vCPU features whose bit a dump sets; bits by index of `struct kvm_vcpu_init`. */
function readFeatures(config: Json, pointer: string, complain: Complain): readonly string[] {
  const { vcpu_features: entries = [] } = config;
  if (!Array.isArray(entries)) {
    complain(`${pointer}/vcpu_features`, "`vcpu_features` is a list");
    return [];
  }
  return entries.flatMap((entry: unknown, at) => {
    const where = `${pointer}/vcpu_features/${at}`;
    if (!isObject(entry) || typeof entry.index !== "number" || typeof entry.bitmap !== "string") {
      complain(where, "expected an object with a number `index` and a string `bitmap`");
      return [];
    }
    const digits = entry.bitmap.replace(/^0b/, "").replaceAll("_", "");
    if (!/^[01x]{1,32}$/.test(digits)) {
      complain(
        `${where}/bitmap`,
        `\`${shown(entry.bitmap)}\` is no bitmap: up to 32 of \`0\`, \`1\` and \`x\``,
      );
      return [];
    }
    const word = entry.index;
    return vcpuFeatures()
      .filter(({ index }) => Math.floor(index / 32) === word && digits.at(-1 - (index % 32)) === "1")
      .map(({ name }) => name);
  });
}

function checkCapabilities(config: Json, pointer: string, complain: Complain): void {
  const { kvm_capabilities: entries = [] } = config;
  if (!Array.isArray(entries)) complain(`${pointer}/kvm_capabilities`, "`kvm_capabilities` is a list");
  else
    for (const [at, entry] of entries.entries())
      if (typeof entry !== "string" || !/^!?\d+$/.test(entry))
        complain(
          `${pointer}/kvm_capabilities/${at}`,
          "a capability is its number as a string, with `!` where it is taken away",
        );
}

/** The registers that KVM lists and the helper's dump leaves out. */
function withSkipped(ids: ReadonlyMap<bigint, bigint | null>): ReadonlyMap<bigint, bigint | null> {
  const all = new Map(ids);
  for (const row of inputsTable().fingerprintSkips)
    if ((row.with === undefined || ids.has(BigInt(row.with))) && !ids.has(BigInt(row.id)))
      all.set(BigInt(row.id), null);
  return all;
}

const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

/** What no dump holds. */
function notesOf(used: boolean): readonly InputNote[] {
  return [
    {
      id: "template-unknown",
      what: "whether the dump was made with a CPU template, whose changes would be in the values",
      cost: "the values are taken for those that KVM shows; dump without `--template` to be sure",
    },
    {
      id: "no-wide-registers",
      what: "registers wider than 128 bits, SVE's vector lengths among them",
      cost: "vector lengths are those of the CPU table",
    },
    ...(used
      ? [
          {
            id: "values-of-a-vm",
            what: "values of a fresh vCPU: general registers hold some, so the guest had run",
            cost: "only registers that identify a CPU keep their values",
          },
        ]
      : []),
  ];
}

/**
 * @param source the text that `json` was parsed from, for the places of problems
 * @param form what `firecrackerForm` said of it
 */
export function readFirecracker(
  source: string,
  json: unknown,
  form: "firecracker-fingerprint" | "firecracker-cpu-config",
): ReadReadings {
  const found: { readonly pointer: string; readonly message: string }[] = [];
  const complain: Complain = (pointer, message) => {
    found.push({ pointer, message });
    return undefined;
  };
  const fail = (): ReadReadings => ({ problems: place(source, found) });
  const top = isObject(json) ? json : {};
  const bare = form === "firecracker-cpu-config";
  const pointer = bare ? "" : "/guest_cpu_config";
  const config = bare ? top : top.guest_cpu_config;
  if (!isObject(config)) {
    complain(config === undefined ? "" : pointer, "a fingerprint holds an object `guest_cpu_config`");
    return fail();
  }
  const modifiers = readModifiers(config, pointer, complain);
  const features = readFeatures(config, pointer, complain);
  checkCapabilities(config, pointer, complain);
  if (!bare && text(top.kernel_version) === undefined)
    complain(
      "kernel_version" in top ? "/kernel_version" : "",
      "a fingerprint says the host's kernel as `kernel_version`",
    );
  if (found.length > 0) return fail();
  const open = modifiers.find((one) => one.open);
  if (open !== undefined) {
    complain(
      `${open.pointer}/bitmap`,
      "this is a CPU template, not a host: it leaves bits open (`x`), which a register that was read never has",
    );
    return fail();
  }
  if (!modifiers.some(({ id }) => id === systemId("ID_AA64PFR0_EL1"))) {
    complain(
      "",
      modifiers.length === 0
        ? "this is a CPU template, not a host: it asks for features and capabilities, and holds no register"
        : "ID_AA64PFR0_EL1 is missing, so this is a template or a stripped dump, not a host",
    );
    return fail();
  }
  const values = new Map<bigint, bigint | null>(modifiers.map(({ id, value }) => [id, value]));
  const used = wasUsed(values);
  const narrow = new Map([...values].filter(([id]) => (bitsOf(id) ?? 64) <= 64));
  const version = text(top.firecracker_version);
  const bios = [text(top.bios_version), text(top.bios_revision)].filter((one) => one !== undefined);
  return {
    readings: {
      form,
      release: bare ? undefined : text(top.kernel_version),
      registers: keptValues(withSkipped(narrow), used),
      listed: undefined,
      whole: true,
      features,
      recorder: bare ? "Firecracker's cpu-template-helper" : `Firecracker ${version ?? ""}`.trim(),
      description: bare
        ? "Registers of a Firecracker vCPU, from a dump of its cpu-template-helper"
        : `Registers of a Firecracker vCPU, from a fingerprint${bios.length === 0 ? "" : `; BIOS ${bios.join(", revision ")}`}`,
      notes: notesOf(used),
    },
  };
}

function place(
  source: string,
  found: readonly { readonly pointer: string; readonly message: string }[],
): readonly ProfileProblem[] {
  const located = locateJson(source);
  const locations: JsonLocations["byPointer"] = "byPointer" in located ? located.byPointer : new Map();
  return found.slice(0, MOST_PROBLEMS).map(({ pointer, message }) => {
    const at = locations.get(pointer)?.value ?? locations.get("")?.value ?? 0;
    return { message, instancePath: pointer, ...positionOf(source, at) };
  });
}
