/**
 * Where the values of a JSON text stand. `JSON.parse` says neither that nor, in every engine, where a
 * syntax error is, and it lets the last of two equal keys win silently. Read only when something is wrong.
 */

export interface Location {
  /** Offset of the key's opening quote; undefined for array items and the root. */
  readonly key: number | undefined;
  /** Offset of the value's first character. */
  readonly value: number;
}

export interface JsonProblem {
  readonly message: string;
  readonly offset: number;
}

export interface JsonLocations {
  /** By JSON pointer; the root is the empty string. */
  readonly byPointer: ReadonlyMap<string, Location>;
  /** Keys that stand twice in one object: the pointer, and the offset of the later key. */
  readonly duplicates: readonly { readonly pointer: string; readonly offset: number }[];
}

const DEEPEST = 64;

/** JSON pointer escape (RFC 6901). */
export function pointerToken(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** Reads a text by RFC 8259, no more and no less. */
export function locateJson(text: string): JsonLocations | { readonly problem: JsonProblem } {
  const byPointer = new Map<string, Location>();
  const duplicates: { pointer: string; offset: number }[] = [];
  let at = 0;
  let problem: JsonProblem | undefined;

  const found = (): string => {
    if (at >= text.length) return "the end of the text";
    const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
    if (character === "\uFEFF") return "a byte order mark";
    return /[\p{C}\p{Z}]/u.test(character) ? `U+${code}` : `\`${character}\``;
  };
  const fail = (message: string, offset = at): false => {
    problem ??= { message, offset };
    return false;
  };
  const skipSpace = (): void => {
    while (at < text.length && " \t\n\r".includes(text.charAt(at))) at++;
  };

  const string = (): string | undefined => {
    const start = at;
    at++;
    for (;;) {
      const character = text.charAt(at);
      if (character === "") {
        fail("the string that begins here has no closing quote", start);
        return undefined;
      }
      if (character === '"') break;
      if (character < " ") {
        fail(
          character === "\n" || character === "\r"
            ? "the string that begins here has no closing quote on its line"
            : `${found()} may not stand in a string; write it as an escape`,
          character === "\n" || character === "\r" ? start : at,
        );
        return undefined;
      }
      if (character === "\\") {
        const sequence = /^\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.exec(text.slice(at, at + 6));
        if (sequence === null) {
          fail('unknown escape; JSON knows \\" \\\\ \\/ \\b \\f \\n \\r \\t and \\uXXXX');
          return undefined;
        }
        at += sequence[0].length;
      } else at++;
    }
    at++;
    const value: unknown = JSON.parse(text.slice(start, at));
    return typeof value === "string" ? value : undefined;
  };

  const object = (pointer: string, depth: number): boolean => {
    const seen = new Set<string>();
    at++;
    skipSpace();
    if (text.charAt(at) === "}") {
      at++;
      return true;
    }
    for (;;) {
      skipSpace();
      const keyAt = at;
      if (text.charAt(at) !== '"') {
        return fail(
          text.charAt(at) === "}"
            ? "a comma stands before the closing `}`"
            : `expected a key in double quotes, found ${found()}`,
        );
      }
      const key = string();
      if (key === undefined) return false;
      const child = `${pointer}/${pointerToken(key)}`;
      if (seen.has(key)) duplicates.push({ pointer: child, offset: keyAt });
      seen.add(key);
      skipSpace();
      if (text.charAt(at) !== ":") return fail(`expected \`:\` behind the key, found ${found()}`);
      at++;
      skipSpace();
      if (!byPointer.has(child)) byPointer.set(child, { key: keyAt, value: at });
      if (!value(child, depth)) return false;
      skipSpace();
      const next = text.charAt(at);
      if (next === "}") {
        at++;
        return true;
      }
      if (next !== ",") return fail(`expected \`,\` or \`}\`, found ${found()}`);
      at++;
    }
  };

  const array = (pointer: string, depth: number): boolean => {
    at++;
    skipSpace();
    if (text.charAt(at) === "]") {
      at++;
      return true;
    }
    for (let index = 0; ; index++) {
      skipSpace();
      if (text.charAt(at) === "]") return fail("a comma stands before the closing `]`");
      const child = `${pointer}/${index}`;
      byPointer.set(child, { key: undefined, value: at });
      if (!value(child, depth)) return false;
      skipSpace();
      const next = text.charAt(at);
      if (next === "]") {
        at++;
        return true;
      }
      if (next !== ",") return fail(`expected \`,\` or \`]\`, found ${found()}`);
      at++;
    }
  };

  const value = (pointer: string, depth: number): boolean => {
    const first = text.charAt(at);
    if (depth >= DEEPEST && (first === "{" || first === "["))
      return fail(`nested more than ${DEEPEST} levels deep`);
    if (first === "{") return object(pointer, depth + 1);
    if (first === "[") return array(pointer, depth + 1);
    if (first === '"') return string() !== undefined;
    const word = /^(?:true|false|null)(?![A-Za-z0-9_])/.exec(text.slice(at, at + 6));
    const number = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![A-Za-z0-9_.])/.exec(
      text.slice(at, at + 400),
    );
    const scalar = word ?? number;
    if (scalar === null) return fail(`expected a value, found ${found()}`);
    at += scalar[0].length;
    return true;
  };

  skipSpace();
  byPointer.set("", { key: undefined, value: at });
  if (value("", 0)) {
    skipSpace();
    if (at < text.length) fail(`expected the end of the text, found ${found()}`);
  }
  return problem === undefined ? { byPointer, duplicates } : { problem };
}

/**
 * Whether an object of the text may hold a key twice: there are more keys in it than in what `JSON.parse`
 * made of it. A string that contains `":` counts as one too many, so `true` asks for a closer look.
 */
export function mayHaveDuplicateKeys(text: string, parsed: unknown): boolean {
  const written = text.match(/"[ \t\r\n]*:/g)?.length ?? 0;
  const count = (value: unknown): number => {
    if (typeof value !== "object" || value === null) return 0;
    const parts = Object.values(value);
    return (
      (Array.isArray(value) ? 0 : parts.length) + parts.reduce<number>((sum, part) => sum + count(part), 0)
    );
  };
  return written !== count(parsed);
}
