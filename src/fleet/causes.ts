/** Why a fleet has no common guest, by kind of conflict, and what would mend each. */
import { compareVersions, contractRegisters, type Field, fieldCalled, fieldKey } from "../tables/index.ts";
import type { Baseline } from "./baseline.ts";
import { aarch32Switch, isOfAArch32 } from "./choose.ts";
import type { Fleet } from "./classes.ts";
import { type Conflict, conflictsOver } from "./conflicts.ts";
import { leastToLeaveOut } from "./least.ts";
import { poolsOf } from "./pools.ts";
import { byPreference } from "./preference.ts";
import { type Remedy, remediesFor } from "./remedies.ts";
import { listed, size, union, type ValueSet } from "./values.ts";

export type CauseKind =
  /** MIDR_EL1 and its like name the CPU. */
  | "identity"
  /** EL0 has AArch32 here, and not there. */
  | "aarch32"
  /** On some host the field has the value that it shows, and no other. */
  | "unwritable"
  /** Every host takes several values, and none that all take. */
  | "apart";

export interface Cause {
  readonly kind: CauseKind;
  readonly conflicts: readonly Conflict[];
  readonly remedies: readonly Remedy[];
}

/** In the order in which a reader wants them. */
const causeKinds: readonly CauseKind[] = ["aarch32", "unwritable", "apart", "identity"];

function kindOf(field: Field, fleet: Fleet, el0: string | undefined): CauseKind {
  if (field.role === "identity") return "identity";
  const key = fieldKey(field);
  if (key === el0 || isOfAArch32(field)) return "aarch32";
  return fleet.some(({ offer }) => size(offer.fields.get(key) ?? []) === 1n) ? "unwritable" : "apart";
}

export function causesOf({ fleet, open }: Baseline): readonly Cause[] {
  const el0 = aarch32Switch()?.key;
  const keys = new Map<CauseKind, string[]>();
  for (const field of contractRegisters().flatMap((register) => register.fields)) {
    if (open.get(fieldKey(field)) !== "conflict") continue;
    const kind = kindOf(field, fleet, el0);
    keys.set(kind, [...(keys.get(kind) ?? []), fieldKey(field)]);
  }
  return causeKinds.flatMap((kind): readonly Cause[] => {
    const own = keys.get(kind) ?? [];
    // Without AArch32 at EL0 its registers do not count: what gives a common EL0 mends them.
    const first = kind === "aarch32" && el0 !== undefined && own.includes(el0) ? [el0] : own;
    return own.length === 0
      ? []
      : [{ kind, conflicts: conflictsOver(fleet, own), remedies: remediesFor(fleet, first) }];
  });
}

/**
 * The value that all hosts would take if it could be written: of what they take the poorest, by the field's kind.
 * undefined: the field has no order.
 */
export function poorest(key: string, fleet: Fleet): bigint | undefined {
  const field = fieldCalled(key);
  if (field?.safe === undefined) return undefined;
  const richest = fleet.flatMap(({ offer }) => byPreference(field, offer.fields.get(key) ?? []).slice(0, 1));
  const all = richest.reduce<ValueSet>((set, value) => union(set, [[value, value]]), []);
  if (field.safe === "exact" && listed(all).length > 1) return BigInt(field.safeValue ?? field.absent);
  return byPreference(field, all).at(-1);
}

export interface Way {
  readonly leaveOut: Fleet;
  readonly pools: readonly Fleet[];
}

/** Ways to have a common guest after all. */
interface Ways {
  /** The fewest hosts to leave out, and pools that have a common guest each. */
  readonly strict: Way;
  /** The same where each host may show its own identity; undefined: the identity is not what they differ in. */
  readonly ownIdentity: Way | undefined;
  /** The same where every host runs the kernel that mends what a kernel mends; undefined: none does. */
  readonly newerKernel: (Way & { readonly kernel: string }) | undefined;
}

function newerKernel(
  baseline: Baseline,
  causes: readonly Cause[],
  wayWithin: (within: ReadonlySet<string>) => Way,
): Ways["newerKernel"] {
  const mended = causes.flatMap(({ kind, conflicts, remedies }) => {
    const helping = remedies.filter(({ kernel }) => kernel !== undefined);
    // A common EL0 mends all of AArch32.
    const all = kind === "aarch32" && helping.length === remedies.length;
    const fields = conflicts.flatMap((one) => one.fields.map(({ field }) => field));
    return helping.map((remedy) => ({ kernel: remedy.kernel ?? "", fields: all ? fields : remedy.fields }));
  });
  if (mended.length === 0) return undefined;
  const gone = new Set(mended.flatMap(({ fields }) => fields));
  const left = [...baseline.open].filter(([key, why]) => why === "conflict" && !gone.has(key));
  const kernel = mended.map((one) => one.kernel).reduce((a, b) => (compareVersions(a, b) >= 0 ? a : b));
  return { kernel, ...wayWithin(new Set(left.map(([key]) => key))) };
}

export function waysOf(baseline: Baseline, causes: readonly Cause[]): Ways {
  const { fleet, open, leaveOut } = baseline;
  const wayWithin = (within: ReadonlySet<string>): Way => ({
    leaveOut: leastToLeaveOut(fleet, within),
    pools: poolsOf(fleet, within),
  });
  const rows = contractRegisters().flatMap((register) => register.fields);
  const inConflict = rows.filter((field) => open.get(fieldKey(field)) === "conflict");
  const isOfIdentity = inConflict.some(({ role }) => role === "identity");
  const others = new Set(rows.filter(({ role }) => role !== "identity").map(fieldKey));
  return {
    strict: { leaveOut, pools: poolsOf(fleet) },
    ownIdentity: isOfIdentity ? wayWithin(others) : undefined,
    newerKernel: newerKernel(baseline, causes, wayWithin),
  };
}
