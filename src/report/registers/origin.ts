/** Who decided something, as the page prints it. */
import type { Origin } from "../../contract.ts";
import { type By, byHost, byKvm, byOrigin, type Decider } from "../../sim/view/decider.ts";
import { type Place, placeOf, shown } from "../words.ts";

export interface OriginLine {
  readonly by: By;
  /** The kind in one word. */
  readonly word: string;
  readonly place: Place | undefined;
  /** The baseline's name, the rule, the absent statement, the fact; empty: nothing to add. */
  readonly why: string;
}

export const originWords: Readonly<Record<By, string>> = {
  statement: "statement",
  baseline: "baseline",
  derived: "rule",
  default: "default",
  host: "host",
  kvm: "KVM",
};

/** The table's source is the document's affair; a cell has no room for it. */
const withoutSource = (why: string): string => why.replace(/ \([a-z0-9.-]+\)$/, "");

export function originLine({ by, span, why }: Decider, path: string): OriginLine {
  return {
    by,
    word: originWords[by],
    place: span === undefined || by === "default" || by === "host" ? undefined : placeOf(span, path),
    why: shown(withoutSource(why)),
  };
}

/** Of what the contract leaves open: the host. */
export const contractOrigin = (origin: Origin, isOpen: boolean, path: string): OriginLine =>
  originLine(isOpen ? byHost(origin) : byOrigin(origin), path);

export { byKvm };
