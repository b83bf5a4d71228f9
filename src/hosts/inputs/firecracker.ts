/**
 * Firecracker's JSON: fingerprints (facts of the host, and `guest_cpu_config`) and bare CPU configurations as its
 * cpu-template-helper dumps them. Form: Firecracker src/cpu-template-helper/src/fingerprint/dump.rs and
 * template/dump/aarch64.rs.
 *
 * The values are what KVM_GET_ONE_REG read from a vCPU of Firecracker's, so KVM's guest values: fields that KVM hides
 * are hidden here too.
 */
import { compareVersions, vcpuFeatures } from "../../tables/index.ts";
import {
  type Complain,
  type FeatureWord,
  type Found,
  isObject,
  placed,
  readCapabilities,
  readFeatureWords,
  readModifiers,
} from "./firecracker-json.ts";
import { bitsOf, type InputNote, keptValues, type ReadReadings, wasUsed } from "./readings.ts";
import { inputsTable, systemId } from "./table.ts";

const configKeys = ["kvm_capabilities", "vcpu_features", "reg_modifiers"] as const;

/** Whether a parsed JSON value is Firecracker's, and which. */
export function firecrackerForm(
  value: unknown,
): "firecracker-fingerprint" | "firecracker-cpu-config" | undefined {
  if (!isObject(value) || "schema" in value) return undefined;
  if ("guest_cpu_config" in value || "firecracker_version" in value) return "firecracker-fingerprint";
  return configKeys.some((key) => key in value) ? "firecracker-cpu-config" : undefined;
}

/** vCPU features whose bit a dump sets; bits by index of `struct kvm_vcpu_init`. */
const featuresIn = (words: readonly FeatureWord[]): readonly string[] =>
  words.flatMap((word) =>
    vcpuFeatures()
      .filter(({ index }) => Math.floor(index / 32) === word.index && (word.value >> BigInt(index % 32)) & 1n)
      .map(({ name }) => name),
  );

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
function notesOf(used: boolean, release: string | undefined): readonly InputNote[] {
  const kernel = /^\d+\.\d+/.exec(release ?? "")?.[0];
  const written = inputsTable()
    .fingerprintWrites.filter(({ since }) => kernel !== undefined && compareVersions(kernel, since) >= 0)
    .map(({ register }) => register);
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
    ...(written.length === 0
      ? []
      : [
          {
            id: "written-by-firecracker",
            what: `whether ${written.join(", ")} is KVM's own value: newer releases of Firecracker write the host's caches into it`,
            cost: "it is taken for what KVM shows",
          },
        ]),
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
  const found: Found[] = [];
  const complain: Complain = (pointer, message) => {
    found.push({ pointer, message });
    return undefined;
  };
  const fail = (): ReadReadings => ({ problems: placed(source, found) });
  const failAsTemplate = (): ReadReadings => ({
    problems: placed(source, found).map((one) => ({ ...one, isTemplate: true })),
  });
  const top = isObject(json) ? json : {};
  const bare = form === "firecracker-cpu-config";
  const pointer = bare ? "" : "/guest_cpu_config";
  const config = bare ? top : top.guest_cpu_config;
  if (!isObject(config)) {
    complain(config === undefined ? "" : pointer, "a fingerprint holds an object `guest_cpu_config`");
    return fail();
  }
  const modifiers = readModifiers(config, pointer, complain);
  const features = featuresIn(readFeatureWords(config, pointer, complain));
  readCapabilities(config, pointer, complain);
  if (!bare && text(top.kernel_version) === undefined)
    complain(
      "kernel_version" in top ? "/kernel_version" : "",
      "a fingerprint says the host's kernel as `kernel_version`",
    );
  if (found.length > 0) return fail();
  const open = modifiers.find(
    ({ bits, filter }) => filter % (1n << BigInt(bits)) !== (1n << BigInt(bits)) - 1n,
  );
  if (open !== undefined) {
    complain(
      `${open.pointer}/bitmap`,
      "this is a CPU template, not a host: it leaves bits open (`x`), which a register that was read never has",
    );
    return failAsTemplate();
  }
  if (!modifiers.some(({ id }) => id === systemId("ID_AA64PFR0_EL1"))) {
    complain(
      "",
      modifiers.length === 0
        ? "this is a CPU template, not a host: it asks for features and capabilities, and holds no register"
        : "ID_AA64PFR0_EL1 is missing, so this is a template or a stripped dump, not a host",
    );
    return failAsTemplate();
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
      notes: notesOf(used, bare ? undefined : text(top.kernel_version)),
    },
  };
}
