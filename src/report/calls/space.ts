/**
 * The space of SMCCC function ids as windows that can be drawn to scale: one for each owner and calling convention.
 * Of a fast call's id bits 23:16 are zero, so that an owning entity has 65,536 functions (Arm DEN 0028).
 */
import {
  type SmcccConvention,
  smcccConventions,
  smcccOwners,
  smcccYieldingRanges,
} from "../../tables/index.ts";

export const FUNCTIONS = 0x1_0000;
const ENTITY = 0x100_0000;
const ENTITIES = 64;

/** Consecutive ids, drawn one after the other. */
export interface Piece {
  readonly first: number;
  readonly last: number;
}

export interface Window {
  /** `standard-secure`; of entities without an owner `others`. */
  readonly owner: string;
  readonly title: string;
  /** `fast32` … */
  readonly convention: string;
  readonly pieces: readonly Piece[];
}

export const sizeOf = ({ pieces }: Window): number =>
  pieces.reduce((sum, { first, last }) => sum + last - first + 1, 0);

/** How far from the window's start an id lies; undefined: it is not in it. */
export function offsetIn({ pieces }: Window, id: number): number | undefined {
  let before = 0;
  for (const { first, last } of pieces) {
    if (first <= id && id <= last) return before + id - first;
    before += last - first + 1;
  }
  return undefined;
}

interface Entities {
  readonly owner: string;
  readonly title: string;
  readonly entities: readonly number[];
}

/** The owners with a name, and the entity numbers that nobody owns together. */
function owners(): readonly Entities[] {
  const named = smcccOwners().map(({ name, title, first, last }) => ({
    owner: name,
    title,
    entities: Array.from({ length: last - first + 1 }, (_, n) => first + n),
  }));
  const taken = new Set(named.flatMap(({ entities }) => entities));
  const free = Array.from({ length: ENTITIES }, (_, n) => n).filter((n) => !taken.has(n));
  const at = named.findIndex(({ entities }) => (entities[0] ?? 0) > (free[0] ?? ENTITIES));
  const others = {
    owner: "others",
    title: `entities ${free[0]} to ${free.at(-1)}: nobody's`,
    entities: free,
  };
  return [...named.slice(0, at), others, ...named.slice(at)];
}

const isFast = ({ fast }: SmcccConvention): boolean => fast;

/** A row for each owner with a window for each fast convention, in the order of the tables. */
export function fastRows(): readonly {
  readonly owner: string;
  readonly title: string;
  readonly windows: readonly Window[];
}[] {
  return owners().map(({ owner, title, entities }) => ({
    owner,
    title,
    windows: smcccConventions()
      .filter(isFast)
      .map(({ name, base }) => ({
        owner,
        title,
        convention: name,
        pieces: entities.map((entity) => ({
          first: base + entity * ENTITY,
          last: base + entity * ENTITY + FUNCTIONS - 1,
        })),
      })),
  }));
}

/** Ids with bit 31 clear are not divided by owner: a window for each use. */
export const yieldingWindows = (): readonly Window[] =>
  smcccYieldingRanges().map(({ first, last, why }) => ({
    owner: "yielding",
    title: why,
    convention: "yielding",
    pieces: [{ first, last }],
  }));
