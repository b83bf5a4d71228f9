/** Where rows come from; `data/sources.json`. */
import text from "./data/sources.json?raw";
import { once } from "./load.ts";
import type { Source } from "./types.ts";

/** Every source by its key. */
export const sources = once((): Readonly<Record<string, Source>> => JSON.parse(text));

/** What a row's `source` stands for. */
export function source(key: string): Source | undefined {
  return Object.hasOwn(sources(), key) ? sources()[key] : undefined;
}
