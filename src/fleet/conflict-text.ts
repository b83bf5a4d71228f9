/** What stands against a common guest, in words: each kind of conflict with its cause and remedy, then the ways out. */
import { identityRegisters } from "../checker/cpu/resolve.ts";
import { printFieldValue } from "../checker/values.ts";
import { cpuByMidr, fieldCalled, registerOfKey } from "../tables/index.ts";
import type { Baseline } from "./baseline.ts";
import { type Cause, type CauseKind, causesOf, poorest, type Way, waysOf } from "./causes.ts";
import { className, type Fleet, type FleetClass } from "./classes.ts";
import { type Conflict, untold } from "./conflicts.ts";
import { listed, parseSet, size } from "./values.ts";
import { columns, hostNames, hostsOf, plural } from "./words.ts";

/** How many fields of a conflict and how many of its sides are shown. */
const mostFields = 12;
const mostSides = 5;
/** How many ways of splitting the hosts are shown of one kind. */
const mostSplits = 5;
/** How many classes are named of those to leave out. */
const mostLeft = 8;

const because: Readonly<Record<CauseKind, string>> = {
  identity: "which CPU it is: KVM on some host lets no VMM write it",
  aarch32: "AArch32 at EL0, and its registers",
  unwritable: "fields that KVM on some host lets no VMM write, and in which the hosts differ",
  apart: "fields that can be written, but no value is taken by every host",
};

/** A set of values in words: `0 (NI) or 2 (IMP)`. */
function setWords(key: string, text: string): string {
  const field = fieldCalled(key);
  if (text === untold) return "not known";
  const set = parseSet(text) ?? [];
  if (set.length === 0) return "nothing";
  if (field !== undefined && size(set) === 1n << BigInt(field.width)) return "any value";
  if (size(set) <= 2n)
    return listed(set)
      .map((value) => printFieldValue(field, value))
      .join(" or ");
  return text.replaceAll("-", " to ").replaceAll(",", ", ");
}

const sideName = (at: number): string => `[${at + 1}]`;

/** `neoverse-n1 r3p1`, by MIDR_EL1; empty where the core is not known. */
function coreOf(classes: Fleet): string {
  const [midr] = listed(classes[0]?.offer.shown.get("MIDR_EL1") ?? [], 1);
  const core = midr === undefined ? undefined : cpuByMidr(midr);
  if (midr === undefined || core === undefined) return "";
  return ` (${core.name} r${(midr >> 20n) & 0xfn}p${midr & 0xfn})`;
}

/** Identity register by register: what each side shows. */
function identityRows(
  { fields, sides }: Conflict,
  byId: ReadonlyMap<string, FleetClass>,
): readonly string[][] {
  const registers = [...new Set(fields.map(({ field }) => registerOfKey(field)))];
  return registers.map((register) => [
    register,
    ...sides.slice(0, mostSides).map((ids) => {
      const [value] = listed(byId.get(ids[0] ?? "")?.offer.shown.get(register) ?? [], 1);
      return value === undefined ? "not told" : `0x${value.toString(16)}`;
    }),
  ]);
}

function fieldRows({ fields, sides }: Conflict, fleet: Fleet): readonly string[][] {
  return fields.slice(0, mostFields).map(({ field: key, takes }) => {
    const field = fieldCalled(key);
    const low = poorest(key, fleet);
    return [
      key,
      ...takes.slice(0, Math.min(sides.length, mostSides)).map((text) => setWords(key, text)),
      low === undefined ? "" : printFieldValue(field, low),
    ];
  });
}

function splitLines(cause: Cause, conflict: Conflict, fleet: Fleet): readonly string[] {
  const byId = new Map(fleet.map((one) => [one.id, one]));
  const { fields, sides } = conflict;
  const heads = sides.slice(0, mostSides).map((_, at) => sideName(at));
  const isIdentity = cause.kind === "identity";
  const rows = isIdentity
    ? [["register", ...heads], ...identityRows(conflict, byId)]
    : [["field", ...heads, "common if it could be written"], ...fieldRows(conflict, fleet)];
  const more = isIdentity ? 0 : fields.length - mostFields;
  const hidden = sides.slice(mostSides).flatMap((ids) => ids.flatMap((id) => byId.get(id) ?? []));
  return [
    ...columns(rows, "    "),
    ...(more > 0 ? [`    and ${plural(more, "more field")} that split the hosts in the same way`] : []),
    ...sides.slice(0, mostSides).map((ids, at) => {
      const classes = ids.flatMap((id) => byId.get(id) ?? []);
      return `      ${sideName(at)} ${hostNames(classes)}${isIdentity && classes.length === 1 ? coreOf(classes) : ""}`;
    }),
    ...(hidden.length > 0 ? [`      and ${plural(hostsOf(hidden), "host")} otherwise`] : []),
  ];
}

function causeLines(cause: Cause, baseline: Baseline): readonly string[] {
  const { kind, conflicts, remedies } = cause;
  const registers = new Set(
    conflicts.flatMap(({ fields }) => fields.map(({ field }) => registerOfKey(field))),
  );
  const own = identityRegisters
    .filter(({ register }) => registers.has(register))
    .map(({ statement }) => `\`${statement} host\``);
  // What splits the hosts alike in many fields says most.
  const first = [...conflicts].sort((a, b) => b.fields.length - a.fields.length).slice(0, mostSplits);
  const shown = new Set(first);
  const others = conflicts
    .filter((one) => !shown.has(one))
    .reduce((sum, { fields }) => sum + fields.length, 0);
  return [
    "",
    `  ${because[kind]}`,
    ...first.flatMap((conflict) => splitLines(cause, conflict, baseline.fleet)),
    ...(others > 0 ? [`    and ${plural(others, "field")} that split the hosts in other ways`] : []),
    ...remedies.map(({ words }) =>
      `    remedy: ${words}`.replace("remedy: no kernel", "no remedy: no kernel"),
    ),
    ...(kind === "identity"
      ? [`    or let each host show its own: ${own.join(", ")} in the \`cpu\` block`]
      : []),
  ];
}

const sameHosts = (a: Fleet, b: Fleet): boolean =>
  a.length === b.length && a.every(({ id }) => b.some((other) => other.id === id));

function wayLines(words: string, { leaveOut, pools }: Way, fleet: Fleet): readonly string[] {
  const hosts = hostsOf(fleet);
  const left = hostsOf(leaveOut);
  if (left === 0) return ["", `${words}all hosts have one`];
  const placed = pools.reduce((sum, pool) => sum + hostsOf(pool), 0);
  const more = leaveOut.length - mostLeft;
  return [
    "",
    `${words}without ${plural(left, "host")} the ${hosts - left === 1 ? "other has" : "others have"} one`,
    ...leaveOut.slice(0, mostLeft).map((one) => `  ${className(one)}`),
    ...(more > 0 ? [`  and the hosts of ${more} more ${more === 1 ? "class" : "classes"}`] : []),
    ...(pools.length > 1
      ? [
          "  pools that have one each",
          ...pools.map((pool) => `    ${plural(hostsOf(pool), "host")}: ${hostNames(pool)}`),
        ]
      : []),
    ...(placed < hosts ? [`    and ${plural(hosts - placed, "host")} in smaller ones`] : []),
  ];
}

/** Empty where the fleet has a common guest. */
export function conflictLines(baseline: Baseline): readonly string[] {
  if (baseline.conflicts.length === 0) return [];
  const { fleet } = baseline;
  const causes = causesOf(baseline);
  const { strict, ownIdentity, newerKernel } = waysOf(baseline, causes);
  const changes = (way: Way): boolean => !sameHosts(way.leaveOut, strict.leaveOut);
  return [
    "",
    "no common guest",
    ...causes.flatMap((cause) => causeLines(cause, baseline)),
    ...wayLines("", strict, fleet),
    ...(ownIdentity !== undefined && changes(ownIdentity)
      ? wayLines("where each host may show its own identity: ", ownIdentity, fleet)
      : []),
    ...(newerKernel === undefined || !changes(newerKernel)
      ? []
      : wayLines(`with linux ${newerKernel.kernel} or later on every host: `, newerKernel, fleet)),
  ];
}
