/** What is said of a core that the tables do not have. */
import { didYouMean } from "../diagnostics/suggest.ts";
import { cpus } from "../tables/index.ts";

export interface UnknownCore {
  /** What may have been meant. */
  readonly near: readonly string[];
  /** Of which hosts can be derived: those whose names begin with the same word, else all. */
  readonly known: readonly string[];
}

/** @param name what no core is called */
export function unknownCore(name: string): UnknownCore {
  const all = cpus().flatMap((core) => (core.registers === null ? [] : [core.name]));
  const family = /^[A-Za-z]+/.exec(name)?.[0].toLowerCase() ?? "";
  const alike = all.filter((known) => known.startsWith(`${family}-`));
  return { near: didYouMean(name, all), known: alike.length === 0 ? all : alike };
}
