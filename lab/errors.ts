/** What ends a lab command with a message for people. */

/**
 * Something that the lab needs is missing, or a machine did not do what it should. The message is one line; where a
 * command brings what is missing, it names it.
 */
export class LabError extends Error {
  /** Further lines, each its own remark. */
  readonly help: readonly string[];
  constructor(message: string, help: readonly string[] = []) {
    super(message);
    this.name = "LabError";
    this.help = help;
  }
}

/** A failed system call as a message for people; anything else is thrown again, as it is a fault of ours. */
export function systemError(what: string, error: unknown): LabError {
  if (error instanceof LabError) return error;
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") throw error;
  return new LabError(`${what}: ${error.message.replace(/^[A-Z0-9]+: |, \w+( '.*')?$/g, "")}`);
}
