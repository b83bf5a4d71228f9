/** Exceptions of the architecture that the machine below does not take. */
import { once } from "../../../tables/load.ts";
import { perGeneration } from "../system/facts.ts";
import text from "./data/aborts.json?raw";

interface Leniency {
  readonly abort: string;
  readonly platform: string;
}

const rows = once(
  (): readonly Leniency[] => (JSON.parse(text) as { readonly leaves: readonly Leniency[] }).leaves,
);

const leftOut = perGeneration(
  ({ guest }): ReadonlySet<string> =>
    new Set(
      rows()
        .filter(({ platform }) => guest.profile.cpu.platform.includes(platform))
        .map(({ abort }) => abort),
    ),
);

/** Whether DC ZVA may zero Device memory, which all is while the MMU is off. */
export const zeroesDeviceMemory = (core: Parameters<typeof leftOut>[0]): boolean =>
  leftOut(core).has("zeroing-device-memory");

/** Whether FMMLA of doubles is executed, as nothing, where vectors are shorter than it needs. */
export const ignoresShortMatrices = (core: Parameters<typeof leftOut>[0]): boolean =>
  leftOut(core).has("matrix-of-short-vectors");

/** Whether permutations of 128 bits are executed where vectors are shorter than they need. */
export const permutesShortVectors = (core: Parameters<typeof leftOut>[0]): boolean =>
  leftOut(core).has("permutation-of-short-vectors");
