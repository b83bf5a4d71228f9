/** The `smccc` block: ranges of function ids and what happens to them before KVM looks. */
import type { FilterRange, Origin } from "../../contract.ts";
import type { Span } from "../../diagnostics/span.ts";
import { didYouMean } from "../../diagnostics/suggest.ts";
import type { Atom } from "../../parser/ast.ts";
import {
  reservedFilterRanges,
  type Service,
  smcccConventions,
  smcccFunction,
  smcccFunctions,
  smcccOwners,
} from "../../tables/index.ts";
import { readRange } from "../cpu/statements.ts";
import { type Matched, matchStatements, replaceFix, slotAtom } from "../forms.ts";
import type { Report } from "../report.ts";
import { readInteger, wordText } from "../values.ts";

const hexId = (id: number): string => `0x${id.toString(16).padStart(8, "0")}`;
export const printRange = (range: { first: number; last: number }): string =>
  range.first === range.last ? hexId(range.first) : `${hexId(range.first)} ..= ${hexId(range.last)}`;

interface Ids {
  readonly first: number;
  readonly last: number;
  readonly span: Span;
}

const maxId = 0xffff_ffffn;

const quoted = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(", ");

/** Functions of the same family: `PSCI_CPU_OFF`, `PSCI_CPU_ON` for `PSCI_CPU_ONN`. */
function functionsLike(name: string): readonly string[] {
  const family = /^(?:[A-Za-z0-9]+_)+/.exec(name)?.[0].toUpperCase();
  if (family === undefined) return [];
  return smcccFunctions()
    .map((one) => one.name)
    .filter((known) => known.startsWith(family));
}

function reportUnknownFunction(atom: Atom, known: readonly string[], report: Report): void {
  const name = wordText(atom);
  const [first] = didYouMean(name, known);
  const like = functionsLike(name);
  const help =
    like.length > 0
      ? `functions that begin so are ${quoted(like)}`
      : `owners are ${quoted(smcccOwners().map((one) => one.name))}; functions have names such as \`PSCI_CPU_ON\` or ids such as \`0x8400_0003\``;
  report.add(
    "unknown-function",
    atom.span,
    { name },
    first === undefined
      ? { help: [help] }
      : { label: `did you mean \`${first}\`?`, fixes: [replaceFix(atom.span, first)] },
  );
}

/** A function by name or id, or a range of ids. A name may stand for two ids (SMC32 and SMC64). */
export function readFunctionIds(atom: Atom, statement: string, report: Report): readonly Ids[] {
  const text = wordText(atom);
  if (smcccOwners().some((one) => one.name === text)) {
    const help = [`an owner stands alone or before a convention: \`${statement} ${text}\``];
    report.add(
      "unexpected-argument",
      atom.span,
      { statement, found: text },
      statement === "hvc" || statement === "smc" ? {} : { help },
    );
    return [];
  }
  if (atom.kind === "word") {
    const found = smcccFunction(atom.text);
    if (found !== undefined) return found.ids.map((id) => ({ first: id, last: id, span: atom.span }));
    const functions = smcccFunctions().map((one) => one.name);
    reportUnknownFunction(atom, [...functions, ...smcccOwners().map((one) => one.name)], report);
    return [];
  }
  if (atom.kind === "range" && !atom.inclusive) {
    const first = readInteger(atom.from, report);
    const end = readInteger(atom.to, report);
    if (first !== undefined && end !== undefined && end > first && end === maxId + 1n)
      return [{ first: Number(first), last: Number(maxId), span: atom.span }];
  }
  const range = readRange(atom, report);
  if (range === undefined) return [];
  if (range.last > maxId) {
    report.add("function-id-too-large", atom.span, { id: `0x${range.last.toString(16)}` });
    return [];
  }
  return [{ first: Number(range.first), last: Number(range.last), span: atom.span }];
}

/** Ids of an owner, a convention and function numbers: `vendor-hyp fast64 0x40 ..= 0x5f`. */
function readOwnerIds(matched: Matched, report: Report): readonly Ids[] {
  const owners = smcccOwners();
  const ownerAtom = slotAtom(matched, "owner");
  const owner = owners.find((one) => one.name === wordText(ownerAtom));
  if (owner === undefined) {
    reportUnknownFunction(
      ownerAtom,
      owners.map((one) => one.name),
      report,
    );
    return [];
  }
  const conventionAtom = matched.slots.get("convention")?.[0];
  const all = smcccConventions();
  const conventions =
    conventionAtom === undefined
      ? all.filter((one) => one.fast)
      : all.filter((one) => one.name === wordText(conventionAtom));
  if (conventionAtom !== undefined && conventions.length === 0) {
    const [first] = didYouMean(
      wordText(conventionAtom),
      all.map((one) => one.name),
    );
    report.add(
      "unknown-convention",
      conventionAtom.span,
      { name: wordText(conventionAtom) },
      {
        help: [`conventions are ${all.map((one) => `\`${one.name}\``).join(", ")}`],
        ...(first === undefined
          ? {}
          : { label: `did you mean \`${first}\`?`, fixes: [replaceFix(conventionAtom.span, first)] }),
      },
    );
    return [];
  }
  const numbers: { first: number; last: number; span: Span }[] = [];
  for (const atom of matched.slots.get("numbers") ?? []) {
    const range = readRange(atom, report);
    if (range === undefined) return [];
    if (range.last > 0xffffn) {
      report.add("number-out-of-range", atom.span, {
        what: "a function number",
        value: `0x${range.last.toString(16)}`,
        least: "0x0",
        most: "0xffff",
      });
      return [];
    }
    numbers.push({ first: Number(range.first), last: Number(range.last), span: atom.span });
  }
  if (numbers.length === 0) numbers.push({ first: 0, last: 0xffff, span: matched.head });
  const ranges: Ids[] = [];
  for (const convention of conventions)
    for (let number = owner.first; number <= owner.last; number++)
      for (const { first, last, span } of numbers) {
        // An owner's calls are 2^16 ids from `bits 31:24`. Bits 23:16 must be zero (SMCCC, DEN0028), and an id in
        // which they are not belongs to no owner: KVM denies it unless an entry by ids says otherwise.
        const base = convention.base + number * 0x100_0000;
        ranges.push({ first: base + first, last: base + last, span });
      }
  return ranges;
}

function overlaps(a: { first: number; last: number }, b: { first: number; last: number }): boolean {
  return a.first <= b.last && b.first <= a.last;
}

function checkReserved(range: Ids, report: Report): boolean {
  const reserved = reservedFilterRanges().find((one) => overlaps(range, one));
  if (reserved === undefined) return true;
  report.add(
    "filter-reserved",
    range.span,
    { range: printRange(range), reserved: printRange(reserved) },
    {
      notes: [`KVM reserves it with the first filter (${reserved.why}) and answers EEXIST`],
    },
  );
  return false;
}

/** An exception is made by a hole in the larger entry, as the filter has no order. */
function withoutPart(outer: FilterRange, inner: FilterRange): string {
  const rest = [
    { first: outer.first, last: inner.first - 1 },
    { first: inner.last + 1, last: outer.last },
  ].filter(({ first, last }) => first <= last);
  return `leave a hole for it: \`${outer.action} ${rest.map(printRange).join(", ")}\``;
}

function checkAgainst(
  range: FilterRange & { span: Span },
  earlier: FilterRange & { span: Span },
  report: Report,
): void {
  const related = [{ span: earlier.span, message: `${earlier.action} ${printRange(earlier)}` }];
  const inside = earlier.first <= range.first && range.last <= earlier.last;
  const holds = range.first <= earlier.first && earlier.last <= range.last;
  if (earlier.action === range.action && (inside || holds)) {
    const [inner, outer] = inside ? [range, earlier] : [earlier, range];
    report.add(
      "filter-unreachable",
      inner.span,
      { range: printRange(inner) },
      {
        related: [{ span: outer.span, message: `${outer.action} ${printRange(outer)} holds all of it` }],
        notes: ["KVM refuses the second of two intersecting ranges with EEXIST"],
      },
    );
  } else {
    const from = Math.max(range.first, earlier.first);
    const to = Math.min(range.last, earlier.last);
    report.add(
      "filter-overlap",
      range.span,
      { shared: printRange({ first: from, last: to }) },
      {
        related,
        notes: ["KVM refuses the second of two intersecting ranges with EEXIST"],
        help: inside === holds ? [] : [inside ? withoutPart(earlier, range) : withoutPart(range, earlier)],
      },
    );
  }
}

/** Where a range belongs among sorted, disjoint ones: behind all that end before it. */
function placeOf(range: { readonly first: number }, kept: readonly { readonly last: number }[]): number {
  let low = 0;
  let high = kept.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((kept[middle]?.last ?? 0) < range.first) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The filter of a guest: sorted, disjoint. What is wrong is reported and left out. */
export function readFilter(block: Matched | undefined, report: Report): readonly FilterRange[] {
  const kept: (FilterRange & { span: Span })[] = [];
  for (const matched of matchStatements(block?.statement.block?.statements ?? [], "smccc", report)) {
    const action = matched.row.name as FilterRange["action"];
    if (action === "handle") report.add("filter-handle", matched.head, {});
    const ids = matched.slots.has("owner")
      ? readOwnerIds(matched, report)
      : (matched.slots.get("ids") ?? []).flatMap((atom) => readFunctionIds(atom, action, report));
    const origin: Origin = { kind: "statement", span: matched.head };
    for (const one of ids) {
      if (!checkReserved(one, report)) continue;
      const range = { first: one.first, last: one.last, span: one.span, action, origin };
      const place = placeOf(range, kept);
      const next = kept[place];
      if (next === undefined || !overlaps(next, range)) kept.splice(place, 0, range);
      else checkAgainst(range, next, report);
    }
  }
  return kept.map(({ first, last, action, origin }) => ({ first, last, action, origin }));
}

function fallsTo(id: number, filter: readonly FilterRange[]): FilterRange | undefined {
  const range = filter[placeOf({ first: id }, filter)];
  return range !== undefined && range.first <= id ? range : undefined;
}

/** A service that is allowed and whose calls a filter takes away, wholly or in part. */
export function checkShadowed(
  allowed: readonly { readonly service: Service; readonly span: Span }[],
  filter: readonly FilterRange[],
  report: Report,
): void {
  for (const { service, span } of allowed) {
    const taken = service.functions
      .map((id) => fallsTo(id, filter))
      .filter((range) => range !== undefined && range.action !== "handle");
    const [first] = taken;
    if (first === undefined || service.forwardOnly === true) continue;
    report.add(
      "service-shadowed",
      span,
      { service: service.name, action: first.action === "deny" ? "denies" : "forwards" },
      {
        related: [{ span: first.origin.span, message: `${first.action} ${printRange(first)}` }],
        notes: [
          `the filter acts before the service bitmap: ${taken.length} of ${service.functions.length} calls never reach KVM's service`,
        ],
      },
    );
  }
}

/** Services without a handler in the kernel need a filter that forwards their calls. */
export function checkForwardOnly(
  allowed: readonly { readonly service: Service; readonly span: Span }[],
  filter: readonly FilterRange[],
  report: Report,
): void {
  for (const { service, span } of allowed) {
    if (service.forwardOnly !== true) continue;
    const unanswered = service.functions.filter((id) => fallsTo(id, filter)?.action !== "forward");
    if (unanswered.length > 0)
      report.add(
        "service-unanswered",
        span,
        { service: service.name, functions: unanswered.map(hexId).join(", ") },
        {
          help: [
            `add \`forward ${unanswered.map(hexId).join(", ")}\` to the \`smccc\` block and answer the calls in user space`,
          ],
        },
      );
  }
}

/** A filter that takes PSCI CPU_ON from a guest with more than one vCPU. */
export function checkCpuOn(filter: readonly FilterRange[], vcpus: number | undefined, report: Report): void {
  if (vcpus === 1) return;
  const cpuOn = smcccFunction("PSCI_CPU_ON");
  const taken = cpuOn?.ids.map((id) => fallsTo(id, filter)).find((range) => range?.action === "deny");
  if (taken === undefined) return;
  report.add(
    "filter-takes-cpu-on",
    taken.origin.span,
    { vcpus: vcpus === undefined ? "perhaps several" : String(vcpus) },
    {
      help: vcpus === undefined ? ["state `vcpus 1` if the guest has one vCPU only"] : [],
      notes: [`${printRange(taken)} holds PSCI_CPU_ON`],
    },
  );
}
