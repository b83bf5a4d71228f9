/**
 * A look at the outside of a JSON object's bytes: where its members stand, without reading what is in them. Two lines
 * that differ in nothing but a host's name are told to be the same at the cost of passing over the bytes.
 */

/** A part of the bytes: from, and where it has ended. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Bytes, and how they are read as text: this room runs where there is no decoder of its own. */
export interface Source {
  readonly bytes: Uint8Array;
  /** The UTF-8 text of a part; undefined: it is none. */
  readonly text: (span: Span) => string | undefined;
}

export interface Member {
  readonly key: string;
  /** Of the value, without blanks around it. */
  readonly value: Span;
  /** Of a value that is an object, its own members; where they were asked for. */
  readonly members: readonly Member[] | undefined;
}

const quote = 0x22;
const backslash = 0x5c;

const isBlank = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;

function skipBlanks(bytes: Uint8Array, at: number, end: number): number {
  let next = at;
  while (next < end && isBlank(bytes[next])) next++;
  return next;
}

/** Where a string that begins at `at` has ended; -1: nowhere. */
function stringEnd(bytes: Uint8Array, at: number, end: number): number {
  for (let next = at + 1; next < end; next++) {
    const byte = bytes[next];
    if (byte === quote) return next + 1;
    if (byte === backslash) next++;
  }
  return -1;
}

/** Where a value that begins at `at` has ended; -1: nowhere. */
function valueEnd(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at] === quote) return stringEnd(bytes, at, end);
  let depth = 0;
  for (let next = at; next < end; next++) {
    const byte = bytes[next];
    if (byte === quote) {
      next = stringEnd(bytes, next, end) - 1;
      if (next < 0) return -1;
    } else if (byte === 0x7b || byte === 0x5b) depth++;
    else if (byte === 0x7d || byte === 0x5d) {
      // The bracket around a number or a word.
      if (depth === 0) return next;
      depth--;
      if (depth === 0) return next + 1;
    } else if (depth === 0 && (byte === 0x2c || isBlank(byte))) return next;
  }
  return -1;
}

/** Whether a string's bytes are its characters: none of them is escaped, or would have to be. */
function isPlain(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const byte = bytes[at];
    if (byte === undefined || byte < 0x20 || byte === quote || byte === backslash) return false;
  }
  return true;
}

/** The JSON value in a part of the bytes; undefined: it is none. */
export function valueIn(source: Source, span: Span): unknown {
  const { bytes } = source;
  const { from, to } = span;
  // Most are names: not worth a parser.
  const quoted = to - from >= 2 && bytes[from] === quote && bytes[to - 1] === quote;
  if (quoted && isPlain(bytes, from + 1, to - 1)) return source.text({ from: from + 1, to: to - 1 });
  try {
    return JSON.parse(source.text(span) ?? "");
  } catch {
    return undefined;
  }
}

function read(
  source: Source,
  { from, to: end }: Span,
  inner: string | undefined,
): { readonly members: readonly Member[]; readonly to: number } | undefined {
  const { bytes } = source;
  if (bytes[from] !== 0x7b) return undefined;
  const members: Member[] = [];
  let at = skipBlanks(bytes, from + 1, end);
  if (bytes[at] === 0x7d && at < end) return { members, to: at + 1 };
  for (;;) {
    const keyEnd = bytes[at] === quote ? stringEnd(bytes, at, end) : -1;
    const key = keyEnd === -1 ? undefined : valueIn(source, { from: at, to: keyEnd });
    if (typeof key !== "string") return undefined;
    at = skipBlanks(bytes, keyEnd, end);
    if (at >= end || bytes[at] !== 0x3a) return undefined;
    at = skipBlanks(bytes, at + 1, end);
    const within = key === inner ? read(source, { from: at, to: end }, undefined) : undefined;
    const to = within?.to ?? valueEnd(bytes, at, end);
    if (to === -1 || to === at) return undefined;
    members.push({ key, value: { from: at, to }, members: within?.members });
    at = skipBlanks(bytes, to, end);
    if (at >= end) return undefined;
    if (bytes[at] === 0x7d) return { members, to: at + 1 };
    if (bytes[at] !== 0x2c) return undefined;
    at = skipBlanks(bytes, at + 1, end);
  }
}

/**
 * The members of an object that fills a part of the bytes; undefined: it is none, or not well enough formed to be looked
 * over. What is in the values is not looked at, so that members are found in texts that are no JSON, too.
 *
 * @param inner the member whose members are wanted as well, when its value is an object
 */
export function membersOf(source: Source, span: Span, inner?: string): readonly Member[] | undefined {
  const found = read(source, span, inner);
  return found?.to === span.to ? found.members : undefined;
}

/** A part of the bytes without the blanks around it. */
export function trimmed({ bytes }: Source, { from, to }: Span): Span {
  let end = to;
  while (end > from && isBlank(bytes[end - 1])) end--;
  return { from: skipBlanks(bytes, from, end), to: end };
}

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._+-]*$/;

/**
 * What of a profile only labels it: its name and description, where they are as a profile may have them. Whoever reads
 * the profile may leave these out of account and still has all that it says of the host.
 */
export function labelsOf(
  source: Source,
  members: readonly Member[],
): { readonly name: string; readonly spans: readonly Span[] } | undefined {
  const all = (key: string): readonly Member[] => members.filter((one) => one.key === key);
  const [schemas, names, descriptions] = [all("schema"), all("name"), all("description")];
  const [name] = names;
  const [description] = descriptions;
  if (schemas.length !== 1 || name === undefined || names.length !== 1 || descriptions.length > 1)
    return undefined;
  const text = valueIn(source, name.value);
  if (typeof text !== "string" || !namePattern.test(text)) return undefined;
  if (description === undefined) return { name: text, spans: [name.value] };
  if (typeof valueIn(source, description.value) !== "string") return undefined;
  const spans = [name.value, description.value];
  return { name: text, spans: spans.sort((a, b) => a.from - b.from) };
}

/** A part of the bytes without the parts in it, which are in order: what is left, and empty parts for what is not. */
export function without({ from, to }: Span, parts: readonly Span[]): readonly Span[] {
  const left: Span[] = [];
  let at = from;
  for (const part of parts) {
    left.push({ from: at, to: part.from });
    at = part.to;
  }
  return [...left, { from: at, to }];
}
