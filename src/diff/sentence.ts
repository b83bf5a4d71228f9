/** One difference as a sentence. */
import { feature } from "../tables/index.ts";
import type { Difference, Reason } from "./difference.ts";

export type Sign = "+" | "-" | "~";

/** `+` something is there that was not, or more of it; `-` the other way round; `~` it is another. */
export function signOf({ before, after, writable, order, gained, lost }: Difference): Sign {
  if (before === null) return "+";
  if (after === null) return "-";
  if (writable !== null && writable.before !== writable.after) return writable.after ? "+" : "-";
  if (order !== null) return order === "more" ? "+" : "-";
  if (gained.length > 0 !== lost.length > 0) return gained.length > 0 ? "+" : "-";
  return "~";
}

const verb = (names: readonly string[], one: string, many: string): string =>
  `${names.join(", ")} ${names.length === 1 ? one : many}`;

/** With more features than this a row names them only. */
const mostTitles = 2;

/** `FEAT_A appears (SHA-512 instructions); FEAT_B, FEAT_C go away`; empty: none. */
export function featureWords({ gained, lost }: Pick<Difference, "gained" | "lost">): string {
  const few = gained.length + lost.length <= mostTitles;
  const titles = (names: readonly string[]): string => {
    const known = few ? names.flatMap((name) => feature(name)?.title ?? []) : [];
    return known.length === 0 ? "" : ` (${known.join("; ")})`;
  };
  return [
    ...(gained.length === 0 ? [] : [`${verb(gained, "appears", "appear")}${titles(gained)}`]),
    ...(lost.length === 0 ? [] : [`${verb(lost, "goes away", "go away")}${titles(lost)}`]),
  ].join("; ");
}

/** `; since linux 6.13: KVM implements PSCI 1.3`; empty: no table knows why. */
export const causeWords = ({ causes }: Pick<Difference, "causes">): string =>
  causes
    .map(({ since, backport, why }) => {
      const stable = backport === null ? "" : ` and in ${backport}.y`;
      return `; since linux ${since}${stable}: ${why}`;
    })
    .join("");

/** What is there or not, without more to say of it. */
const presence: Readonly<Partial<Record<Difference["about"], readonly [appeared: string, gone: string]>>> = {
  service: ["is now given", "is no longer given"],
  "settable-service": ["may now be given", "may no longer be given"],
  psci: ["may now be chosen", "may no longer be chosen"],
  attribute: ["appeared", "went away"],
  feature: ["is now asked for", "is no longer asked for"],
  device: ["can now be created", "can no longer be created"],
  ioctl: ["is now there", "is no longer there"],
  user: ["now set", "no longer set"],
  listed: ["is now listed", "is no longer listed"],
  host: ["is added", "is left out"],
  open: ["is now left to the host", "is no longer left to the host"],
};

function acceptsWords({ before, after, writable }: Difference): string {
  if (writable?.before === false && writable.after)
    return `can now be written: takes ${after}, before ${before} only`;
  if (writable?.before === true && !writable.after)
    return `can no longer be written: takes ${after} only, before ${before}`;
  return `takes ${after}, before ${before}`;
}

/** What a host answers, where 1 says no more than that it is there; or that a contract has it enabled. */
function capabilityWords({ before, after }: Difference): string {
  if (before !== null && after !== null) return `${before} → ${after}`;
  const words = before ?? after ?? "";
  const [, answer] = /^answers (.*)$/.exec(words) ?? [];
  const what = answer === undefined ? words : "there";
  const number = answer === undefined || answer === "1" ? "" : answer;
  if (before === null) return `is now ${what}${number === "" ? "" : `, answers ${number}`}`;
  return `is no longer ${what}${number === "" ? "" : `, answered ${number}`}`;
}

function stateWords(one: Difference): string {
  const { about, before, after } = one;
  if (about === "accepts") return acceptsWords(one);
  if (about === "capability") return capabilityWords(one);
  if (before === null) return presence[about]?.[0] ?? `added: ${after}`;
  if (after === null) return presence[about]?.[1] ?? `removed: ${before}`;
  return about === "order" ? `moved: ${before} → ${after}` : `${before} → ${after}`;
}

/** `[pmu, all]`; empty: it does not depend on a configuration. */
export const whereWords = ({ where }: Difference): string => (where === null ? "" : ` [${where.join(", ")}]`);

/** Without its sign. */
export function sentenceOf(one: Difference): string {
  const features = featureWords(one);
  const title = one.title === "" ? "" : ` (${one.title})`;
  const state = stateWords(one);
  return `${one.subject}${title} ${state}${features === "" ? "" : `: ${features}`}${causeWords(one)}${whereWords(one)}`;
}

/** A reason in a line: `web.guest:14:3 with FEAT_RAS`. */
export function reasonWords(reason: Reason): string {
  const { by, source, statement, because } = reason;
  if (by === "default") return `default of ${statement}`;
  return `${source} ${statement}${because === null ? "" : `, ${because}`}`;
}
