/** What a code generator is: a Plan and its Contract in, files or diagnostics out. */
import type { Contract } from "../contract.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Plan } from "../planner/plan.ts";
import type { Limit } from "./limits.ts";

export interface EmittedFile {
  /** File name without a folder. */
  readonly name: string;
  readonly text: string;
}

/**
 * `warnings` tell of defaults that nobody wrote and that the target cannot carry; what was written and
 * cannot be carried is an error, and then there is no file.
 */
export type Emission =
  | { readonly files: readonly EmittedFile[]; readonly warnings: readonly Diagnostic[] }
  | { readonly diagnostics: readonly Diagnostic[] };

export interface EmitOptions {
  /** One of the target's `formats`; its first where absent. */
  readonly format?: string;
}

export interface Target {
  readonly name: string;
  /** What comes out, in a few words. */
  readonly title: string;
  readonly formats: readonly { readonly name: string; readonly extension: string; readonly title: string }[];
  /** What it cannot carry. */
  readonly limits: readonly Limit[];
  /** Same plan, contract and options: same bytes. */
  emit(plan: Plan, contract: Contract, options?: EmitOptions): Emission;
}

/** The format that the options ask for; the target's first where they ask for none; undefined: it has no such. */
export function chosenFormat(
  target: Pick<Target, "formats">,
  options: EmitOptions,
): Target["formats"][number] | undefined {
  return options.format === undefined
    ? target.formats[0]
    : target.formats.find((format) => format.name === options.format);
}

/**
 * A guest's name as a file name: letters, digits, `-`, `_` and inner dots stay, every other character
 * becomes `%` and its code, so that two guests never share a file and none leaves its folder.
 */
export function fileNameFor(guest: string, extension: string): string {
  const safe = guest.replace(
    /^\.|[^A-Za-z0-9._-]/gu,
    (character) => `%${(character.codePointAt(0) ?? 0).toString(16)}`,
  );
  return `${safe}.${extension}`;
}
