/** One difference as a sentence. */
import type { Difference, Reason } from "./difference.ts";

/** `+` something is there that was not, `-` the other way round, `~` it is another. */
export function signOf({ before, after, writable }: Difference): "+" | "-" | "~" {
  if (before === null) return "+";
  if (after === null) return "-";
  if (writable !== null && writable.before !== writable.after) return writable.after ? "+" : "-";
  return "~";
}

const verb = (names: readonly string[], one: string, many: string): string =>
  `${names.join(", ")} ${names.length === 1 ? one : many}`;

/** `FEAT_A appears; FEAT_B, FEAT_C are gone`; empty: none. */
const featureWords = ({ gained, lost }: Difference): string =>
  [
    ...(gained.length === 0 ? [] : [verb(gained, "appears", "appear")]),
    ...(lost.length === 0 ? [] : [verb(lost, "is gone", "are gone")]),
  ].join("; ");

/** What is there or not, without more to say of it. */
const presence: Readonly<Partial<Record<Difference["about"], readonly [appeared: string, gone: string]>>> = {
  service: ["is now given", "is no longer given"],
  "settable-service": ["may now be given", "may no longer be given"],
  psci: ["may now be chosen", "may no longer be chosen"],
  attribute: ["appeared", "is gone"],
  feature: ["is now asked for", "is no longer asked for"],
  device: ["can now be created", "can no longer be created"],
  ioctl: ["appeared", "is gone"],
  user: ["appeared", "is gone"],
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

function stateWords(one: Difference): string {
  const { about, before, after } = one;
  if (about === "accepts") return acceptsWords(one);
  const isOperation = about === "operation";
  if (before === null) return presence[about]?.[0] ?? `${isOperation ? "added" : "appeared"}: ${after}`;
  if (after === null) return presence[about]?.[1] ?? `${isOperation ? "removed" : "is gone"}: ${before}`;
  return about === "order" ? `moved: ${before} → ${after}` : `${before} → ${after}`;
}

/** `[pmu, all]`; empty: it does not depend on a configuration. */
export const whereWords = ({ where }: Difference): string => (where === null ? "" : ` [${where.join(", ")}]`);

/** Without its sign. */
export function sentenceOf(one: Difference): string {
  const features = featureWords(one);
  const title = one.title === "" ? "" : ` (${one.title})`;
  const state = stateWords(one);
  return `${one.subject}${title} ${state}${features === "" ? "" : `: ${features}`}${whereWords(one)}`;
}

/** A reason in a line: `web.guest:14:3 with FEAT_RAS`. */
export function reasonWords(reason: Reason | null): string {
  if (reason === null) return "nothing";
  const { by, source, statement, because } = reason;
  if (by === "default") return `default of ${statement}`;
  return `${source} ${statement}${because === null ? "" : `, ${because}`}`;
}
