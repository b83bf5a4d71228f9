/** The SMCCC filters of two contracts, range by range. */
import type { Contract, FilterRange } from "../../contract.ts";
import { describeSmcccId, smcccFunction } from "../../tables/index.ts";
import { type Finding, finding, type Reason } from "../difference.ts";
import { hex, ordinal } from "../words.ts";
import { reasonOf } from "./reason.ts";

interface Stretch {
  readonly first: number;
  last: number;
  readonly before: FilterRange | undefined;
  readonly after: FilterRange | undefined;
}

const at = (ranges: readonly FilterRange[], id: number): FilterRange | undefined =>
  ranges.find(({ first, last }) => first <= id && id <= last);

/** The function ids that both treat alike throughout, neighbours of one cause joined. */
function stretches(before: readonly FilterRange[], after: readonly FilterRange[]): readonly Stretch[] {
  const starts = new Set([...before, ...after].flatMap(({ first, last }) => [first, last + 1]));
  const ordered = [...starts].sort((a, b) => a - b);
  const found: Stretch[] = [];
  for (const [index, first] of ordered.entries()) {
    const next = ordered[index + 1];
    if (next === undefined) break;
    const [was, is] = [at(before, first), at(after, first)];
    if (was?.action === is?.action) continue;
    const previous = found.at(-1);
    if (previous?.last === first - 1 && previous.before === was && previous.after === is)
      previous.last = next - 1;
    else found.push({ first, last: next - 1, before: was, after: is });
  }
  return found;
}

function callWords(first: number, last: number): string {
  const name = first === last ? smcccFunction(first)?.name : undefined;
  const ids = first === last ? hex(first, 8) : `${hex(first, 8)} to ${hex(last, 8)}`;
  return name === undefined ? `calls ${ids}` : `${name} (${ids})`;
}

function ownerWords(first: number, last: number): string {
  const [a, b] = [describeSmcccId(first), describeSmcccId(last)];
  return a?.owner !== undefined && a.owner === b?.owner && a.convention === b.convention
    ? `${a.owner.name} ${a.convention.name}`
    : "";
}

/** Without a range KVM handles a call. */
const actionWords = (range: FilterRange | undefined): string => range?.action ?? "handle";
const reason = (range: FilterRange | undefined): Reason | null =>
  range === undefined ? null : reasonOf(range.origin);

export function callFindings(before: Contract, after: Contract): readonly Finding[] {
  return stretches(before.filter, after.filter)
    .filter((one) => actionWords(one.before) !== actionWords(one.after))
    .map(({ first, last, before: was, after: is }) =>
      finding({
        group: "guest",
        about: "call",
        subject: callWords(first, last),
        title: ownerWords(first, last),
        before: actionWords(was),
        after: actionWords(is),
        reasons: { before: reason(was), after: reason(is) },
        at: ordinal(first),
      }),
    );
}
