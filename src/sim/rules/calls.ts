/** What becomes of a hypercall. */
import {
  bitmapRegister,
  compareVersions,
  service as findService,
  firmwareRegister,
  reservedFilterRanges,
  type SmcccAnswer,
  type SmcccFunction,
  type SmcccValue,
  smcCalls,
  smcccFunction,
} from "../../tables/index.ts";
import { all, type CallOutcome, type Expected, known, open } from "./expected.ts";
import { type Guest, holds, inRange } from "./guest.ts";
import { actionAt } from "./ranges.ts";

export type Conduit = "hvc" | "smc";

const NOT_SUPPORTED = 0xffff_ffff_ffff_ffffn;

const answers = (...x: readonly (bigint | "any")[]): CallOutcome => ({
  kind: "answers",
  x: [0, 1, 2, 3].map((at) => x[at] ?? 0n),
});

/** What the filter does with a function id. */
function filterAction(guest: Guest, id: number): "handle" | "deny" | "forward" {
  if (reservedFilterRanges().some(({ first, last }) => first <= id && id <= last)) return "handle";
  return actionAt(guest.filter, id);
}

/** The value of a firmware or bitmap register in the guest; undefined: the host lacks it, null: unknown. */
function firmwareValue(guest: Guest, name: string): bigint | null | undefined {
  const id = (firmwareRegister(name) ?? bitmapRegister(name))?.id;
  return id === undefined ? undefined : guest.registers.get(id);
}

/** The guest's PSCI version, `1.1`. */
function psciVersion(guest: Guest): string | undefined {
  const value = firmwareValue(guest, "KVM_REG_ARM_PSCI_VERSION");
  return typeof value === "bigint" ? `${value >> 16n}.${value & 0xffffn}` : undefined;
}

function psciAtLeast(guest: Guest, version: string): boolean | undefined {
  const found = psciVersion(guest);
  return found === undefined ? undefined : compareVersions(found, version) >= 0;
}

function psciAtMost(guest: Guest, version: string): boolean | undefined {
  const found = psciVersion(guest);
  return found === undefined ? undefined : compareVersions(found, version) <= 0;
}

function mayUse(guest: Guest, name: string): boolean | undefined {
  const row = findService(name);
  if (row === undefined) return false;
  const value = firmwareValue(guest, row.register);
  if (value === undefined) return false;
  return value === null ? undefined : ((value >> BigInt(row.bit)) & 1n) === 1n;
}

/** What a call's arguments are to KVM. */
export function argumentsOf(row: SmcccFunction, id: number, args: readonly bigint[]): readonly bigint[] {
  const narrow = row.argumentBits === 32 || (row.argumentBits === "of-call" && (id & 0x4000_0000) === 0);
  return [0, 1, 2].map((at) => {
    const value = args[at] ?? 0n;
    return narrow ? BigInt.asUintN(32, value) : value;
  });
}

/** MPIDR_EL1's affinity fields. */
const AFFINITY = 0xff_00ff_ffffn;
const AFFINITY_BITS = 8n;
const LEVEL_3_AT = 32n;

/** vCPU n as KVM numbers it: 16 of them share the second level. */
const affinityOf = (vcpu: number): bigint => BigInt((vcpu & 0xf) | ((vcpu >> 4) << 8));

/** Of the vCPUs that an affinity at a level names: whether the caller, the first, is among them, or only others. */
function targetOf(guest: Guest, affinity: bigint, level: bigint): "running" | "off" | "none" {
  if (guest.target !== undefined) return guest.target(affinity, level);
  if ((affinity & ~AFFINITY) !== 0n || level > 3n) return "none";
  const ignored = level === 3n ? LEVEL_3_AT : level * AFFINITY_BITS;
  const mask = AFFINITY & ~((1n << ignored) - 1n);
  const vcpus = guest.vcpus;
  for (let vcpu = 0; vcpu < vcpus; vcpu++)
    if ((affinityOf(vcpu) & mask) === (affinity & mask)) return vcpu === 0 ? "running" : "off";
  return "none";
}

function fits(
  guest: Guest,
  row: SmcccAnswer,
  id: number,
  [x1 = 0n, x2 = 0n]: readonly bigint[],
): boolean | undefined {
  const isOne = (value: bigint, among: SmcccAnswer["x1"]): boolean =>
    among === undefined || among.some((one) => (typeof one === "bigint" ? one === value : value >= one.from));
  return all([
    row.ids === undefined || row.ids.includes(id),
    isOne(x1, row.x1),
    isOne(x2, row.x2),
    ...holds(guest, row),
    row.psci === undefined || psciAtLeast(guest, row.psci),
    row.capability === undefined || guest.capabilities.has(row.capability),
    row.service === undefined || mayUse(guest, row.service),
    row.stolenTime === undefined || guest.stolenTime !== undefined,
    row.target === undefined || row.target === targetOf(guest, x1, row.atLevel === true ? x2 : 0n),
  ]);
}

/** A word of an answer; undefined: not known. */
function wordOf(guest: Guest, value: SmcccValue): bigint | "any" | undefined {
  if (typeof value === "bigint" || value === "any") return value;
  if (value === "psci-version") return firmwareValue(guest, "KVM_REG_ARM_PSCI_VERSION") ?? undefined;
  if (value === "stolen-time") return guest.stolenTime;
  const found = firmwareValue(guest, value.register);
  return found === null ? undefined : (found ?? 0n);
}

function outcomeOf(guest: Guest, row: SmcccAnswer, source: string): Expected<CallOutcome> {
  const because = `the table's row (${source})`;
  if (row.open !== undefined) return open(row.open);
  if (row.exit !== undefined) return known({ kind: "exits", exit: row.exit }, because);
  if (row.waits === true) return known({ kind: "waits" }, because);
  if (row.firmware !== undefined) {
    const shown = guest.configuration.registers.get(firmwareRegister(row.firmware)?.id ?? 0n);
    const x0 = typeof shown === "bigint" ? row.levels?.[Number(shown & 0xfn)] : undefined;
    return x0 === undefined
      ? open(`the profile does not say the level of ${row.firmware}`)
      : known(answers(x0), `the host shows level ${shown} in ${row.firmware}`);
  }
  const x = (row.x ?? []).map((value) => wordOf(guest, value));
  const complete = x.filter((value) => value !== undefined);
  return complete.length === x.length
    ? known(answers(...complete), because)
    : open("it answers what a register holds, and the profile does not say that");
}

/** What KVM answers to a call that it handles itself. */
function handled(guest: Guest, id: number, args: readonly bigint[]): Expected<CallOutcome> {
  const row = smcccFunction(id);
  if (row === undefined || row.gate === "none")
    return known(answers(NOT_SUPPORTED), "KVM has no handler for it");
  const { gate, source } = row;
  const gateOpen = all([
    gate.startsWith("service ") ? mayUse(guest, gate.slice("service ".length)) : gate !== "el2",
    ...holds(guest, row.since === undefined ? {} : { since: row.since }),
    row.psci === undefined || psciAtLeast(guest, row.psci),
    row.psciUntil === undefined || psciAtMost(guest, row.psciUntil),
  ]);
  if (gateOpen === undefined) return open("the profile does not say whether the guest may use it");
  if (!gateOpen) return known(answers(NOT_SUPPORTED), "the guest's configuration or kernel does not have it");
  const given = argumentsOf(row, id, args);
  for (const answer of row.answers) {
    const fit = fits(guest, answer, id, given);
    if (fit === undefined) return open("nothing says which of its answers it gives here");
    if (fit) return outcomeOf(guest, answer, source);
  }
  return known(answers(NOT_SUPPORTED), `KVM answers -1 (${source})`);
}

/**
 * What becomes of a call from the level at which the guest begins.
 *
 * @param functionId W0
 * @param args X1 and on; those that are not given are 0
 */
export function callOutcome(
  guest: Guest,
  functionId: number,
  args: readonly bigint[],
  conduit: Conduit,
): Expected<CallOutcome> {
  const id = functionId >>> 0;
  if (conduit === "hvc" && smcccFunction(id)?.gate === "el2")
    return known(
      answers(0n, 0n, args[1] ?? 0n, args[2] ?? 0n),
      "answered at EL2, ahead of filter and bitmaps",
    );
  if (conduit === "hvc" && guest.level === 2)
    return known({ kind: "taken", level: 2 }, "an HVC of a guest with an EL2 of its own goes there");
  const isCall = conduit === "hvc" || inRange(guest.profile.kernel.version, smcCalls());
  if (isCall === undefined) return open("not known whether this kernel answers an SMC");
  if (!isCall) {
    const [x1 = 0n, x2 = 0n, x3 = 0n] = args;
    return known(answers(NOT_SUPPORTED, x1, x2, x3), `before linux ${smcCalls().since} KVM answers no SMC`);
  }
  switch (filterAction(guest, id)) {
    case "deny":
      return known(answers(NOT_SUPPORTED), "the filter denies it");
    case "forward":
      return known({ kind: "exits", exit: "hypercall" }, "the filter hands it to user space");
    case "handle":
      return handled(guest, id, args);
  }
}
