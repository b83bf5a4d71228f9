/** The words of scripts: steps as short functions, and machines that many cases begin with. */
import type { ScriptCase, ScriptStep, Step } from "../../src/recordings/index.ts";
import { describeOneReg, parseOneReg, sveLengthsRegister, vcpuFeatures } from "../../src/tables/index.ts";

export type Steps = readonly ScriptStep[];

export const step = (of: Step, note?: string): ScriptStep =>
  note === undefined ? { step: of } : { step: of, note };

export const caseOf = (title: string, ...parts: readonly (ScriptStep | Steps)[]): ScriptCase => ({
  title,
  steps: parts.flatMap((part) => ("step" in part ? [part] : part)),
});

/** Bits of vCPU features by their names in the tables. */
export function features(...names: readonly string[]): number {
  return names.reduce((sum, name) => {
    const found = vcpuFeatures().find((row) => row.name === name);
    if (found === undefined) throw new Error(`no vCPU feature is called ${name}`);
    return sum + 2 ** found.index;
  }, 0);
}

/** The id of a register that the tables name. */
export function idOf(name: string): bigint {
  const id = parseOneReg(name);
  if (id === undefined) throw new Error(`no register is called ${name}`);
  return id;
}

/** A register's name where the tables know it. */
const nameOf = (id: bigint): string | undefined => {
  const found = describeOneReg(id);
  return found?.known === true ? (found.standsFor ?? found.name) : undefined;
};

export const PSCI = features("PSCI_0_2");
export const SVE_FEATURE = 4;
/** What a guest has where the host has it, without EL2. */
export const EVERYTHING = features("PSCI_0_2", "PMU_V3", "SVE", "PTRAUTH_ADDRESS", "PTRAUTH_GENERIC");

export const vm = (type = 0n): ScriptStep => step({ kind: "vm", type });
export const vcpu = (id = 0): ScriptStep => step({ kind: "vcpu", id });
export const init = (word: number, on = 0): ScriptStep =>
  step({ kind: "init", vcpu: on, target: "preferred", features: [word] });
export const finalize = (feature = SVE_FEATURE, on = 0): ScriptStep =>
  step({ kind: "finalize", vcpu: on, feature });

/** Initialises with those of the features that the host has. */
export function offer(word: number, on = 0): ScriptStep {
  const capabilities = vcpuFeatures()
    .filter(({ index }) => ((word >>> index) & 1) === 1)
    .map(({ capability }) => capability ?? 0);
  return step({ kind: "offer", vcpu: on, features: word, capabilities });
}

const PMU_FEATURE = 3;
const has = (word: number, feature: number): boolean => ((word >>> feature) & 1) === 1;

/** A VM with one vCPU, initialised with these features, SVE finalised. */
export const machine = (word = PSCI): Steps => [
  vm(),
  vcpu(),
  init(word),
  ...(has(word, SVE_FEATURE) ? [finalize()] : []),
];

/** KVM_ARM_VCPU_PMU_V3_INIT: without it a vCPU with a PMU does not run. */
export const initPmu = (on = 0): ScriptStep =>
  step({ kind: "set-attribute", on: `cpu${on}`, group: 0, attribute: 1, payload: "none" }, "PMU_V3_INIT");

/** A VM with one vCPU that has those of the features that the host has, ready to run. */
export const offered = (word = EVERYTHING): Steps => [
  vm(),
  vcpu(),
  offer(word),
  ...(has(word, SVE_FEATURE) ? [finalize()] : []),
  ...(has(word, PMU_FEATURE) ? [initPmu()] : []),
];

export const get = (id: bigint, on = 0): ScriptStep => step({ kind: "get", vcpu: on, id }, nameOf(id));
export const set = (id: bigint, value: bigint, on = 0): ScriptStep =>
  step({ kind: "set", vcpu: on, id, value }, nameOf(id));
export const list = (on = 0): ScriptStep => step({ kind: "list", vcpu: on });
export const dump = (on = 0): ScriptStep => step({ kind: "dump", vcpu: on });
export const check = (capability: number, on: "kvm" | "vm" = "vm"): ScriptStep =>
  step({ kind: "check", on, capability });
export const enable = (capability: number, args: readonly bigint[] = [], flags = 0): ScriptStep =>
  step({ kind: "enable", capability, flags, arguments: args });
export const memory = (slot: number, address: bigint, size: bigint, flags = 0): ScriptStep =>
  step({ kind: "memory", slot, flags, address, size });
export const device = (type: number, flags = 0): ScriptStep => step({ kind: "device", type, flags });

/** The bits of SVE_VLS for vector lengths in bits. */
export const lengths = (...bits: readonly number[]): bigint =>
  bits.reduce((sum, length) => sum | (1n << BigInt(length / 128 - 1)), 0n);
export const setLengths = (value: bigint): ScriptStep => set(sveLengthsRegister().id, value);

/** Changes a field and puts back what was there. */
export const attempt = (
  id: bigint,
  lsb: number,
  width: number,
  how: "=" | "+" | "-",
  operand: bigint,
  note = nameOf(id),
): ScriptStep => step({ kind: "try", vcpu: 0, id, lsb, width, change: { how, operand } }, note);

/** Bytes of a little-endian number. */
export const little = (value: bigint, size: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, at) => Number((value >> BigInt(8 * at)) & 0xffn));

export const setAttribute = (
  on: string,
  group: number,
  attribute: number,
  payload: Uint8Array | "none" | "nowhere",
  note?: string,
): ScriptStep => step({ kind: "set-attribute", on, group, attribute, payload }, note);
export const getAttribute = (on: string, group: number, attribute: number, size: number): ScriptStep =>
  step({ kind: "get-attribute", on, group, attribute, size });
export const hasAttribute = (on: string, group: number, attribute: number, note?: string): ScriptStep =>
  step({ kind: "has-attribute", on, group, attribute }, note);

export const ALLOW = 0;
export const DENY = 1;
export const FORWARD = 2;
export const filter = (
  base: number,
  functions: number,
  action: number,
  pad: readonly number[] = [],
): ScriptStep => step({ kind: "filter", base: base >>> 0, functions: functions >>> 0, action, pad });

export const run = (on = 0): ScriptStep => step({ kind: "run", vcpu: on });

/** A question; trailing zeros of X0 to X3 are left out. */
export function ask(
  level: number,
  instruction: number,
  x: readonly bigint[] = [],
  note?: string,
): ScriptStep {
  const last = x.findLastIndex((value) => value !== 0n);
  return step({ kind: "ask", level, instruction: instruction >>> 0, x: x.slice(0, last + 1) }, note);
}
