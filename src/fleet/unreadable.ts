/** Hosts of a fleet that could not be read. */

/** Where a host stands, and why it is none. */
export interface UnreadableHost {
  readonly file: string;
  /** One-based; undefined: the file is the host. */
  readonly line: number | undefined;
  /** One-based, in UTF-16 units. */
  readonly column: number | undefined;
  readonly message: string;
}

export interface UnreadableHosts {
  /** How many lines or files. */
  readonly count: number;
  /** The first of them, in order of file, line and message. */
  readonly first: readonly UnreadableHost[];
}

/** How many are told; the others are counted. */
export const unreadableKept = 20;

export const noneUnreadable: UnreadableHosts = { count: 0, first: [] };

function compare(a: UnreadableHost, b: UnreadableHost): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  const lines = (a.line ?? 0) - (b.line ?? 0);
  return lines !== 0 ? lines : a.message < b.message ? -1 : 1;
}

/** In any order the same. */
export function mergeUnreadable(all: readonly UnreadableHosts[]): UnreadableHosts {
  return {
    count: all.reduce((sum, { count }) => sum + count, 0),
    first: all
      .flatMap(({ first }) => first)
      .sort(compare)
      .slice(0, unreadableKept),
  };
}

/** `inventory.ndjson:7:9: …`. */
export function unreadableLine({ file, line, column, message }: UnreadableHost): string {
  const place = [file, ...(line === undefined ? [] : [line, column ?? 1])].join(":");
  return `${place}: ${message}`;
}
