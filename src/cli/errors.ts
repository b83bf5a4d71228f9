/** What ends a command other than its own result. */

/** The command line is wrong, or a file cannot be read or written: exit 2. Its message is for the user. */
export class UsageError extends Error {
  /** Further lines, each its own remark. */
  readonly help: readonly string[];
  constructor(message: string, help: readonly string[] = []) {
    super(message);
    this.help = help;
  }
}

/** Several as one, each with its remarks below; what was said once is not said again. */
export function joinedErrors(errors: readonly [UsageError, ...UsageError[]]): UsageError {
  const said = new Set<string>();
  const isNew = (line: string): boolean => {
    const known = said.has(line);
    said.add(line);
    return !known;
  };
  const distinct = errors.filter(({ message }) => isNew(message));
  if (distinct.length === 1) return errors[0];
  return new UsageError(
    `${distinct.length} files or hosts cannot be read`,
    distinct.flatMap(({ message, help }) => [message, ...help.filter(isNew).map((line) => `  ${line}`)]),
  );
}

/**
 * Reads what the command line names, one after another, so that whoever slipped twice is told both.
 *
 * @throws UsageError that tells all that cannot be read
 */
export async function readEach<Given, Found>(
  given: readonly Given[],
  read: (one: Given) => Found | Promise<Found>,
): Promise<readonly Found[]> {
  const found: Found[] = [];
  const errors: UsageError[] = [];
  for (const one of given) {
    try {
      found.push(await read(one));
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      errors.push(error);
    }
  }
  const [first, ...others] = errors;
  if (first !== undefined) throw joinedErrors([first, ...others]);
  return found;
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  EISDIR: "is a directory",
  ENOTDIR: "a part of the path is no directory",
  EACCES: "permission denied",
  EPERM: "not permitted",
  EROFS: "the file system is read-only",
  ENOSPC: "no space left",
  ELOOP: "too many symbolic links",
  ENAMETOOLONG: "the name is too long",
  EMFILE: "too many open files",
  EEXIST: "exists already",
};

/** Why a system call failed, in a user's words; anything else is thrown again, as it is a fault of ours. */
export function systemReason(error: unknown): string {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") throw error;
  return reasons[error.code] ?? error.code;
}

/** The same with what it was about. */
export function systemError(what: string, error: unknown): UsageError {
  return new UsageError(`${what}: ${systemReason(error)}`);
}

/** Frames of the stack shown to somebody who will report them. */
const shownFrames = 6;

/** A fault of the compiler, as a text that says what to do with it. */
export function internalErrorReport(error: unknown, version: string, argv: readonly string[]): string {
  const name = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const frames = stack
    .split("\n")
    .filter((line) => /^\s+at /.test(line) && !line.includes("node:internal"))
    .slice(0, shownFrames)
    // Folders of the user's machine say nothing about the fault.
    .map((line) => `  ${line.trim().replace(/[^\s()]*[/\\]([^/\\\s()]+)/g, "$1")}`);
  return [
    `guestc: internal error: ${name}`,
    "This is a fault in guestc, not in your file. Please report it with the file and the lines below.",
    `  guestc ${version}, Node ${process.version}, ${process.platform} ${process.arch}`,
    `  arguments: ${JSON.stringify(argv)}`,
    ...frames,
    "",
  ].join("\n");
}
