/**
 * One line of an inventory (`schemas/inventory-line.schema.json`): a path; or a host's profile or another file's text as
 * it is; or an object that names the host, says where its facts are and how many such hosts there are.
 */
import { didYouMean } from "../../diagnostics/suggest.ts";
import { firecrackerForm } from "../../hosts/inputs/firecracker.ts";
import type { Given } from "../../hosts/inputs/read.ts";
import { locateJson } from "../../hosts/json-locations.ts";
import {
  labelsOf,
  type Member,
  membersOf,
  type Source,
  type Span,
  trimmed,
  valueIn,
  without,
} from "./outline.ts";

/** Where a host's facts come from. */
export type HostSource =
  | { readonly kind: "path"; readonly path: string; readonly given: Given }
  /** The text of a profile, or of another program's JSON file, and the zero-based UTF-16 column where it begins. */
  | { readonly kind: "inline"; readonly text: string; readonly column: number; readonly given: Given }
  /** From the tables. */
  | { readonly kind: "derived"; readonly cpu: string; readonly kernel: string };

/** What is wrong with a line, and the zero-based UTF-16 column at which. */
interface LineProblem {
  readonly message: string;
  readonly column: number;
}

interface LineLook {
  /** The line without blanks around it; empty: it says nothing. */
  readonly span: Span;
  /** By the line itself. */
  readonly name: string | undefined;
  /** By a profile in the line. */
  readonly profileName: string | undefined;
  readonly count: number;
  /** What of the line decides which facts the host has: lines with equal parts are about equal hosts. */
  readonly decisive: readonly Span[];
  /** Of the facts' place in the line. */
  readonly host: Span;
}

const mostHosts = 1_000_000_000;
const longestName = 256;

const isName = (value: unknown): value is string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a name with one would garble every table.
  typeof value === "string" && value.length <= longestName && /^[^\u0000-\u001f\u007f]+$/.test(value);

/** No system has a file whose name has a NUL. */
const isPath = (value: unknown): value is string =>
  typeof value === "string" && value !== "" && !value.includes("\0");

const isCount = (value: unknown): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= mostHosts;

/** Members of an object that says where a host's facts are; a profile says `cpu` as an object, and has no `host`. */
function isEntry({ bytes }: Source, members: readonly Member[]): boolean {
  return members.some(({ key, value }) => key === "host" || (key === "cpu" && bytes[value.from] === 0x22));
}

/** A line of which all decides. */
const wholeLine = (span: Span): LineLook => ({
  span,
  name: undefined,
  profileName: undefined,
  count: 1,
  decisive: [span],
  host: span,
});

/**
 * What can be told of a line without reading what is in it; undefined: the line has to be read, and is wrong most
 * likely.
 */
export function lookOverLine(source: Source, line: Span): LineLook | undefined {
  const span = trimmed(source, line);
  if (span.from === span.to || source.bytes[span.from] === 0x22) return wholeLine(span);
  const members = membersOf(source, span, "host");
  if (members === undefined) return undefined;
  if (!isEntry(source, members)) {
    const labels = labelsOf(source, members);
    const whole = wholeLine(span);
    return labels === undefined
      ? whole
      : { ...whole, profileName: labels.name, decisive: without(span, labels.spans) };
  }
  let name: Member | undefined;
  let count: Member | undefined;
  let host: Member | undefined;
  for (const one of members) {
    // One that stands twice is refused where the line is read.
    if (one.key === "name" && name === undefined) name = one;
    else if (one.key === "count" && count === undefined) count = one;
    else if (one.key === "host" && host === undefined) host = one;
    else if (one.key === "name" || one.key === "count" || one.key === "host") return undefined;
  }
  const nameValue = name === undefined ? undefined : valueIn(source, name.value);
  const countValue = count === undefined ? 1 : valueIn(source, count.value);
  if ((name !== undefined && !isName(nameValue)) || !isCount(countValue)) return undefined;
  const labels = host?.members === undefined ? undefined : labelsOf(source, host.members);
  const aside: Span[] = labels === undefined ? [] : [...labels.spans];
  if (name !== undefined) aside.push(name.value);
  if (count !== undefined) aside.push(count.value);
  if (aside.length > 1) aside.sort((a, b) => a.from - b.from);
  return {
    span,
    name: isName(nameValue) ? nameValue : undefined,
    profileName: labels?.name,
    count: countValue,
    decisive: without(span, aside),
    host: host?.value ?? span,
  };
}

const entryKeys = ["name", "host", "kernel", "cpu", "count"];

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The UTF-16 column of a byte. */
export const columnOf = (source: Source, line: Span, at: number): number =>
  source.text({ from: line.from, to: at })?.length ?? 0;

/** A member's problem, by what it should be. */
function wrongMember(key: string, value: unknown): string | undefined {
  if (key === "name")
    return isName(value)
      ? undefined
      : `\`name\` is a text of 1 to ${longestName} characters, none of them a control character`;
  if (key === "count")
    return isCount(value) ? undefined : "`count` is how many such hosts there are: a whole number from 1 on";
  if (key === "cpu") return typeof value === "string" ? undefined : '`cpu` is a core\'s name: "neoverse-v1"';
  if (key === "kernel")
    return typeof value === "string" ? undefined : '`kernel` is a version as a text: "6.18"';
  if (key === "host")
    return isObject(value) || isPath(value) ? undefined : "`host` is a path, or a profile as an object";
  const [near] = didYouMean(key, entryKeys);
  return `\`${key}\` is no member of a host's line${near === undefined ? `; it has ${entryKeys.join(", ")}` : `; did you mean \`${near}\`?`}`;
}

/**
 * Reads a line.
 *
 * @param line the line's bytes without its end
 */
export function readLine(source: Source, line: Span): HostSource | LineProblem {
  const span = trimmed(source, line);
  const text = source.text(line);
  if (text === undefined) return { message: "is no UTF-8 text", column: 0 };
  const start = columnOf(source, line, span.from);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const located = locateJson(text);
    const [message, column] =
      "problem" in located ? [`: ${located.problem.message}`, located.problem.offset] : ["", start];
    return { message: `is no JSON${message}`, column };
  }
  if (typeof value === "string")
    return isPath(value)
      ? { kind: "path", path: value, given: {} }
      : { message: value === "" ? "is an empty path" : "is no path: it has a NUL in it", column: start };
  const members = membersOf(source, span);
  if (!isObject(value) || members === undefined)
    return {
      message: "is no host: a line is a path in double quotes, or an object",
      column: start,
    };
  if (!isEntry(source, members)) {
    if ("schema" in value || firecrackerForm(value) !== undefined)
      return { kind: "inline", text: text.trim(), column: start, given: {} };
    return {
      message: "says no host: expected `host`, or `cpu` and `kernel`, or a host's profile",
      column: start,
    };
  }
  const seen = new Set<string>();
  for (const { key, value: at } of members) {
    const twice = seen.has(key) ? `\`${key}\` stands twice` : undefined;
    const message = twice ?? wrongMember(key, value[key]);
    if (message !== undefined) return { message, column: columnOf(source, line, at.from) };
    seen.add(key);
  }
  const { host, cpu, kernel } = value;
  if (host === undefined) {
    if (typeof cpu === "string" && typeof kernel === "string") return { kind: "derived", cpu, kernel };
    return { message: 'a core without a profile needs its `kernel`: "6.18"', column: start };
  }
  const given = {
    ...(typeof kernel === "string" ? { kernel } : {}),
    ...(typeof cpu === "string" ? { cpu } : {}),
  };
  if (typeof host === "string") return { kind: "path", path: host, given };
  const at = members.find(({ key }) => key === "host")?.value ?? span;
  return { kind: "inline", text: source.text(at) ?? "", column: columnOf(source, line, at.from), given };
}

/** Whether a text whose first line this is, is an inventory rather than one host's file. */
export function beginsInventory(first: string, hasMore: boolean): boolean {
  const text = first.trim();
  if (text.startsWith('"')) return true;
  if (!text.startsWith("{") || !text.endsWith("}")) return false;
  if (hasMore) return true;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) && ("host" in value || typeof value.cpu === "string");
  } catch {
    return false;
  }
}
