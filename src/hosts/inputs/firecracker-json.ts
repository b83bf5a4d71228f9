/**
 * The parts of which Firecracker's JSON is made: register modifiers, vCPU features, capabilities. Form: Firecracker
 * src/vmm/src/cpu_config/templates.rs (RegisterValueFilter, KvmCapability), templates_serde.rs and
 * aarch64/custom_cpu_template.rs: in a bitmap `0` and `1` are bits, `x` and what is left out at the left are bits that
 * a template leaves alone, `_` is nothing.
 */
import { type JsonLocations, locateJson } from "../json-locations.ts";
import { type ProfileProblem, positionOf } from "../read.ts";
import { bitsOf } from "./readings.ts";
import { MOST_PROBLEMS, shown } from "./text.ts";

export type Json = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Remembers a problem at a JSON pointer. */
export type Complain = (pointer: string, message: string) => undefined;

export interface Bitmap {
  /** Bits that are decided. */
  readonly filter: bigint;
  /** What they become; 0 in all others. */
  readonly value: bigint;
}

export interface Modifier extends Bitmap {
  readonly id: bigint;
  /** Bits of the register. */
  readonly bits: number;
  readonly pointer: string;
}

export interface FeatureWord extends Bitmap {
  /** Index in `struct kvm_vcpu_init`'s `features`. */
  readonly index: number;
  readonly pointer: string;
}

export interface CapabilityEntry {
  readonly number: number;
  /** `!N`: Firecracker is to do without it. */
  readonly removed: boolean;
  readonly pointer: string;
}

/** undefined: it is no bitmap of at most `most` bits. */
function bitmapOf(text: string, most: number): Bitmap | undefined {
  const digits = text.replace(/^0b/, "").replaceAll("_", "");
  if (!/^[01x]+$/.test(digits) || digits.length > most) return undefined;
  return {
    filter: BigInt(`0b${digits.replaceAll("0", "1").replaceAll("x", "0")}`),
    value: BigInt(`0b${digits.replaceAll("x", "0")}`),
  };
}

/** Firecracker keeps register values in so many bits. */
const WIDEST = 128;

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
  const read = bitmapOf(bitmap, WIDEST);
  if (read === undefined) {
    return complain(
      `${pointer}/bitmap`,
      `\`${shown(bitmap)}\` is no bitmap: up to ${WIDEST} of \`0\`, \`1\` and \`x\``,
    );
  }
  if (read.value >> BigInt(bits) !== 0n) {
    return complain(`${pointer}/bitmap`, `the bitmap does not fit into the ${bits} bits of ${addr}`);
  }
  return { id, bits, pointer, ...read };
}

/** The list under `key`; empty where there is none. */
function listOf(config: Json, key: string, pointer: string, complain: Complain): readonly unknown[] {
  const { [key]: entries = [] } = config;
  if (Array.isArray(entries)) return entries;
  complain(`${pointer}/${key}`, `\`${key}\` is a list`);
  return [];
}

export function readModifiers(config: Json, pointer: string, complain: Complain): readonly Modifier[] {
  const seen = new Set<bigint>();
  return listOf(config, "reg_modifiers", pointer, complain).flatMap((entry, at) => {
    const modifier = readModifier(entry, `${pointer}/reg_modifiers/${at}`, complain);
    if (modifier === undefined) return [];
    if (seen.has(modifier.id)) complain(`${modifier.pointer}/addr`, "this register stands twice");
    seen.add(modifier.id);
    return [modifier];
  });
}

export function readFeatureWords(config: Json, pointer: string, complain: Complain): readonly FeatureWord[] {
  return listOf(config, "vcpu_features", pointer, complain).flatMap((entry, at) => {
    const where = `${pointer}/vcpu_features/${at}`;
    if (!isObject(entry) || typeof entry.index !== "number" || typeof entry.bitmap !== "string") {
      complain(where, "expected an object with a number `index` and a string `bitmap`");
      return [];
    }
    const bitmap = bitmapOf(entry.bitmap, 32);
    if (bitmap === undefined) {
      const message = `\`${shown(entry.bitmap)}\` is no bitmap: up to 32 of \`0\`, \`1\` and \`x\``;
      complain(`${where}/bitmap`, message);
      return [];
    }
    return [{ index: entry.index, pointer: where, ...bitmap }];
  });
}

export function readCapabilities(
  config: Json,
  pointer: string,
  complain: Complain,
): readonly CapabilityEntry[] {
  return listOf(config, "kvm_capabilities", pointer, complain).flatMap((entry, at) => {
    const where = `${pointer}/kvm_capabilities/${at}`;
    const [, removed, digits] = typeof entry === "string" ? (/^(!?)(\d{1,10})$/.exec(entry) ?? []) : [];
    if (digits === undefined) {
      complain(where, "a capability is its number as a string, with `!` where it is taken away");
      return [];
    }
    return [{ number: Number(digits), removed: removed === "!", pointer: where }];
  });
}

export interface Found {
  readonly pointer: string;
  readonly message: string;
}

/** Problems with the places of their values in the text. */
export function placed(source: string, found: readonly Found[]): readonly ProfileProblem[] {
  const located = locateJson(source);
  const locations: JsonLocations["byPointer"] = "byPointer" in located ? located.byPointer : new Map();
  return found.slice(0, MOST_PROBLEMS).map(({ pointer, message }) => {
    const at = locations.get(pointer)?.value ?? locations.get("")?.value ?? 0;
    return { message, instancePath: pointer, ...positionOf(source, at) };
  });
}
