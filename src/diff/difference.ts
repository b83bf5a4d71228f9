/** What two things of one kind say differently: plain data, from which text and document are made. */

/** Under which heading a difference stands. */
export type Group = "guest" | "vmm" | "kvm" | "hosts" | "tests" | "plan";

/** What a difference is about; decides the words and the order within a group. */
const abouts = [
  "field",
  "register",
  "firmware",
  "service",
  "call",
  "vectors",
  "choice",
  "accepts",
  "mask",
  "psci",
  "settable-service",
  "tried",
  "attribute",
  "feature",
  "capability",
  "configuration",
  "device",
  "ioctl",
  "count",
  "listed",
  "user",
  "host",
  "test",
  "operation",
  "order",
  "open",
] as const;
type About = (typeof abouts)[number];

/** Why a contract has a value, as its file says it. */
export interface Reason {
  readonly by: "statement" | "baseline" | "derived" | "default";
  /** file:line:column. */
  readonly source: string;
  /** The statement, on one line; of a default its name. */
  readonly statement: string;
  /** Of what follows from another decision: the rule. */
  readonly because: string | null;
}

/** What a kernel does otherwise from some release on, worded so that it holds in both directions. */
export interface Cause {
  /** The release from which it does, as tables write it: `6.12`. */
  readonly since: string;
  /** The stable series before that release whose later releases do it too, where the newer kernel is of one: `6.1`. */
  readonly backport: string | null;
  readonly why: string;
  /** Key into `sources.json`, or a place in Linux' sources. */
  readonly source: string;
}

/**
 * One thing that the two say differently. Its mirror image has `before` and `after`, `gained` and `lost`, reasons
 * and what is writable exchanged, `order` turned round, and is else the same.
 */
export interface Difference {
  readonly group: Group;
  readonly about: About;
  /** In the words of the tables: `ID_AA64PFR0_EL1.SVE`, `KVM_CAP_ARM_MTE`. */
  readonly subject: string;
  /** What it is in words of the tables, the same for both: a title, an effect; empty: nothing is known. */
  readonly title: string;
  /** In words; null: it is not there. */
  readonly before: string | null;
  readonly after: string | null;
  /**
   * Whether the second offers more or less by it, in the order in which Linux combines the values of a field that has
   * one: a signed field's 0xf is below 0. null: neither, the two are different.
   */
  readonly order: "more" | "less" | null;
  /** Names of the features that only the second has by it, and only the first. */
  readonly gained: readonly string[];
  readonly lost: readonly string[];
  /** The configurations of the host's vCPU in which it is so; null: in all that were compared. */
  readonly where: readonly string[] | null;
  /** What rows are told together where not all are told: the register of a mask, the owner of a list's register. */
  readonly family: string;
  /** How many of the family each has, where rows of a family are counted. */
  readonly totals: { readonly before: number; readonly after: number } | null;
  /** What the two kernels do differently and makes the difference, as far as a table knows it. */
  readonly causes: readonly Cause[];
  /** Of at least one host nobody read it: guestc's tables say it. */
  readonly assumed: boolean;
  /** It follows from another difference, or nothing comes of it: told with `--all` only. */
  readonly follows: boolean;
  readonly reasons: { readonly before: Reason | null; readonly after: Reason | null } | null;
  /** Of values that a host takes: whether it takes any but the one that it shows. */
  readonly writable: { readonly before: boolean; readonly after: boolean } | null;
  /** Orders the rows of one kind. */
  readonly at: string;
}

/** One that does not depend on a configuration. */
export type Finding = Omit<Difference, "where">;

/** Something that only one of the two says, so that nobody can compare it. */
export interface Unsaid {
  readonly what: string;
  /** Which of the two says it. */
  readonly by: "before" | "after";
}

/** What the heading says of one side. */
export interface Side {
  readonly name: string;
  /** In the order in which they are told; never counted as differences. */
  readonly facts: readonly (readonly [key: string, value: string])[];
}

export interface Diff {
  readonly kind: "hosts" | "contracts" | "plans";
  readonly before: Side;
  readonly after: Side;
  /** Sorted by group, kind, place. */
  readonly differences: readonly Difference[];
  /** As `differences`, of what at least one of the hosts was not asked: guestc's tables say it. Not counted. */
  readonly assumed: readonly Difference[];
  /** What one has to know of the comparison as a whole. */
  readonly notes: readonly string[];
  readonly unsaid: readonly Unsaid[];
}

/** A finding with what most do not have left out. */
export type FindingParts = Pick<Finding, "group" | "about" | "subject" | "before" | "after"> &
  Partial<Finding>;

export const finding = (parts: FindingParts): Finding => ({
  title: "",
  order: null,
  gained: [],
  lost: [],
  family: "",
  totals: null,
  causes: [],
  assumed: false,
  follows: false,
  reasons: null,
  writable: null,
  at: parts.subject,
  ...parts,
});

export const everywhere = (one: Finding): Difference => ({ ...one, where: null });

const groupOrder: readonly Group[] = ["guest", "vmm", "kvm", "hosts", "tests", "plan"];

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The order is that of the things, not of their values: the mirror image has the same. */
export function sortDifferences(differences: readonly Difference[]): readonly Difference[] {
  const places = (one: Difference): string => (one.where ?? []).join(" ");
  return [...differences].sort(
    (a, b) =>
      groupOrder.indexOf(a.group) - groupOrder.indexOf(b.group) ||
      abouts.indexOf(a.about) - abouts.indexOf(b.about) ||
      compareText(a.at, b.at) ||
      compareText(a.subject, b.subject) ||
      compareText(places(a), places(b)),
  );
}

const swapped = <T>(pair: { readonly before: T; readonly after: T } | null) =>
  pair && { before: pair.after, after: pair.before };

const turned = { more: "less", less: "more" } as const;

const mirroredDifference = (one: Difference): Difference => ({
  ...one,
  before: one.after,
  after: one.before,
  order: one.order && turned[one.order],
  gained: one.lost,
  lost: one.gained,
  totals: swapped(one.totals),
  writable: swapped(one.writable),
  reasons: swapped(one.reasons),
});

/** The difference that the other way round would be told. */
export const mirrored = (diff: Diff): Diff => ({
  ...diff,
  before: diff.after,
  after: diff.before,
  differences: diff.differences.map(mirroredDifference),
  assumed: diff.assumed.map(mirroredDifference),
  unsaid: diff.unsaid.map((one) => ({ ...one, by: one.by === "before" ? "after" : "before" })),
});
