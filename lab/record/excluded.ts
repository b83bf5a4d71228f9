/** What is not asked, because no answer would come back or none that is the same twice; `data/excluded.json`. */
import text from "./data/excluded.json?raw";

interface ExcludedFile {
  readonly writes: readonly { readonly registers: readonly string[]; readonly why: string }[];
  readonly values: readonly {
    readonly registers: readonly string[];
    readonly value: string;
    readonly why: string;
  }[];
  readonly sysInstructions: readonly { readonly names: readonly string[]; readonly why: string }[];
  readonly sysInstructionsAtEl2: readonly { readonly names: readonly string[]; readonly why: string }[];
  readonly instructions: readonly { readonly names: readonly string[]; readonly why: string }[];
}

export const excluded: ExcludedFile = JSON.parse(text);

/** What is written to a register instead of `usual`; undefined: nothing is. */
export function valueToWrite(name: string, usual: bigint): bigint | undefined {
  if (excluded.writes.some(({ registers }) => registers.includes(name))) return undefined;
  const special = excluded.values.find(({ registers }) => registers.includes(name));
  return special === undefined ? usual : BigInt(special.value);
}

export const mayAskSys = (name: string): boolean =>
  !excluded.sysInstructions.some(({ names }) => names.includes(name));

export const mayAskSysAtEl2 = (name: string): boolean =>
  mayAskSys(name) && !excluded.sysInstructionsAtEl2.some(({ names }) => names.includes(name));

export const mayAsk = (name: string): boolean =>
  !excluded.instructions.some(({ names }) => names.includes(name));
