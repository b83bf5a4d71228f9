/** What a command of the lab is. */
import type { Parts } from "./parts.ts";

export interface LabIo {
  /** Standard output: results. */
  out(text: string): void;
  /** Standard error: progress and complaints. */
  err(text: string): void;
}

export interface LabContext {
  readonly parts: Parts;
  readonly io: LabIo;
}

export interface LabOption {
  /** Without dashes. */
  readonly name: string;
  /** Name of its value in the help; absent: a switch. */
  readonly value?: string;
  /** May be given several times. */
  readonly repeatable?: true;
  /** One line for the help. */
  readonly title: string;
}

/** What was given behind a command's name. Options that were not given are absent. */
export interface Arguments {
  readonly operands: readonly string[];
  readonly flags: ReadonlySet<string>;
  /** Values in the order given. */
  readonly values: ReadonlyMap<string, readonly string[]>;
}

export interface LabCommand {
  readonly name: string;
  /** What stands behind the command's name: `KERNEL CPU PROGRAM [ARGUMENT…]`. */
  readonly usage: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Paragraphs for `--help`. */
  readonly description: readonly string[];
  readonly options: readonly LabOption[];
  /** How many operands it takes; `most` absent: none beyond `least`. */
  readonly least: number;
  readonly most?: number;
  /** Words behind the `least` first operands are the operands of something else: options among them are not ours. */
  readonly verbatim?: true;
  /**
   * @returns exit status: 0 good, 1 a difference or a failed check
   * @throws LabError for a missing part or a wrong value, which the caller turns into exit status 2
   */
  run(args: Arguments, context: LabContext): Promise<number>;
}
