/**
 * The class of a host, as cheaply as it can be had. What costs milliseconds is done once for equal facts:
 *
 *   a line or file whose decisive bytes were seen (all but names, descriptions, counts): its class is known by their hash;
 *   else it is parsed, and a host whose facts were seen in another form is known by the hash of its facts;
 *   else what it offers is computed, and equal offers are one class.
 *
 * A path that stood in an earlier line is not read again, so that a file that changes meanwhile is taken as it was first.
 */
import { createHash } from "node:crypto";
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { basename, isAbsolute, join } from "node:path";
import type { FleetTally, TalliedClass } from "../../fleet/classes.ts";
import { factsText } from "../../fleet/facts.ts";
import { offerOf } from "../../fleet/host-offer.ts";
import { columnOf, type HostSource, lookOverLine, readLine } from "../../fleet/inventory/line.ts";
import {
  labelsOf,
  membersOf,
  type Source,
  type Span,
  trimmed,
  without,
} from "../../fleet/inventory/outline.ts";
import { deriveHost } from "../../hosts/derive.ts";
import { type Given, type InputProblem, readHostInput } from "../../hosts/inputs/read.ts";
import type { HostProfile } from "../../hosts/profile.ts";
import { cpu as findCpu } from "../../tables/index.ts";
import { unknownCore } from "../cores.ts";
import { systemReason, UsageError } from "../errors.ts";
import { lstatOf, shownPath } from "../files.ts";
import { profilePath } from "../hosts.ts";
import { sourceOf } from "./lines.ts";
import { recent } from "./recent.ts";

/** A host that is in a class. */
export interface Classified {
  readonly tallied: TalliedClass;
  readonly name: string;
  readonly count: number;
}

/** Why there is no host. */
export interface Unclassified {
  readonly message: string;
  /** Of the file that was read; one-based, columns in UTF-16 units. */
  readonly line?: number;
  readonly column?: number;
}

/** What is kept of a host that was seen: its class, and its name where the line does not give it one. */
interface Seen {
  readonly tallied: TalliedClass;
  readonly name: string;
}
type Known = Seen | { readonly problem: Unclassified };

/** Lines, files and facts that are remembered: each kind some megabytes at most. */
const remembered = 1 << 14;
const longestFile = 1 << 26;
/** Decisive bytes up to this length are their own key. */
const shortKey = 256;

function keyOf(source: Source, parts: readonly Span[]): string {
  const { bytes } = source;
  let length = 0;
  for (const { from, to } of parts) length += to - from;
  if (length <= shortKey && Buffer.isBuffer(bytes)) {
    let key = "";
    for (const { from, to } of parts) key += `${bytes.toString("latin1", from, to)}\0`;
    return key;
  }
  const hash = createHash("sha256");
  for (const [at, { from, to }] of parts.entries()) {
    // Stands in no JSON text, so that parts are not taken for one another.
    if (at > 0) hash.update("\0");
    hash.update(bytes.subarray(from, to));
  }
  return hash.digest("base64");
}

/** The first of a file's problems: one that is wrong once is wrong in more places. */
function firstOf(path: string, [problem]: readonly InputProblem[]): Unclassified {
  if (problem === undefined) return { message: "is no profile" };
  const { line, column, lacks } = problem;
  const remedy = lacks === "kernel" ? '; an inventory\'s line can say it: `"kernel": "6.18"`' : "";
  const message = problem.message.replace(`${path} is`, "is") + remedy;
  return line === undefined || column === undefined ? { message } : { message, line, column };
}

/** A path as messages call it; an absolute one as it was written. */
const told = (path: string): string => (isAbsolute(path) ? path : shownPath(path));

/**
 * What a host is called that a file describes. Many files may give their hosts the same name, that of the core and the
 * kernel: unless the file is called so, the path stands beside. It must not depend on other files, which another part
 * of the fleet may have.
 */
export const fileName = (name: string, path: string): string =>
  basename(path) === `${name}.json` ? name : `${name} (${told(path)})`;

/** A file's problem told elsewhere. */
const withPlace = (path: string, { message, line, column }: Unclassified): string =>
  `${line === undefined ? path : `${path}:${line}:${column}`}: ${message}`;

export interface Classifier {
  /**
   * Reads lines of an inventory; of a blank one it gives undefined.
   *
   * @param folder what paths in it are relative to
   */
  readonly inventory: (
    folder: string,
  ) => (source: Source, line: Span) => Classified | Unclassified | undefined;
  /** The host of a file. */
  readonly file: (path: string) => Classified | Unclassified;
  readonly profile: (profile: HostProfile, name: string) => Classified | Unclassified;
}

/** A reader of whole files into one buffer, which grows to the largest: a million files leave no garbage. */
function wholeFiles(): (path: string) => Buffer {
  let buffer = Buffer.allocUnsafe(1 << 16);
  return (path) => {
    const descriptor = openSync(path, "r");
    try {
      for (let length = 0; ; ) {
        const got = readSync(descriptor, buffer, length, buffer.length - length, null);
        if (got === 0) return buffer.subarray(0, length);
        length += got;
        if (length === buffer.length) buffer = Buffer.concat([buffer], length * 2);
      }
    } finally {
      closeSync(descriptor);
    }
  };
}

/** @param tally where classes are kept; counting is the caller's affair */
export function classifier(tally: FleetTally): Classifier {
  const readWhole = wholeFiles();
  const files = recent<Seen>(remembered);
  const facts = recent<TalliedClass>(remembered);

  const classOfProfile = (profile: HostProfile): TalliedClass | undefined => {
    const key = createHash("sha256").update(factsText(profile)).digest("base64");
    const known = facts.get(key);
    if (known !== undefined) return known;
    const offer = offerOf(profile);
    if (offer === undefined) return undefined;
    const tallied = tally.classFor(offer);
    facts.set(key, tallied);
    return tallied;
  };
  const knownProfile = (profile: HostProfile): Known => {
    const tallied = classOfProfile(profile);
    return tallied === undefined
      ? { problem: { message: `host \`${profile.name}\` has no vCPU configuration that works` } }
      : { tallied, name: profile.name };
  };

  /** Bytes of a file, by path, else by the name of a shipped profile; they are valid until the next one is read. */
  const readFile = (given: string): { readonly bytes: Buffer } | { readonly problem: Unclassified } => {
    try {
      const stat = statSync(given, { throwIfNoEntry: false });
      if (stat?.isFile() === false)
        return { problem: { message: stat.isDirectory() ? "is a directory" : "is no regular file" } };
      if ((stat?.size ?? 0) > longestFile)
        return { problem: { message: `is longer than ${longestFile >> 20} MB: no host's file is` } };
      return { bytes: readWhole(stat === undefined ? profilePath(given) : given) };
    } catch (error) {
      return { problem: { message: error instanceof UsageError ? error.message : systemReason(error) } };
    }
  };

  const fileClass = (given: string, more: Given): Known => {
    const file = readFile(given);
    if ("problem" in file) return file;
    const { bytes } = file;
    const path = told(given);
    const source = sourceOf(bytes);
    const span = trimmed(source, { from: 0, to: bytes.length });
    const members = membersOf(source, span);
    const labels = members === undefined ? undefined : labelsOf(source, members);
    const decisive = without(span, labels?.spans ?? []);
    const key = `${more.kernel ?? ""}\0${more.cpu ?? ""}\0${keyOf(source, decisive)}`;
    const known = files.get(key);
    if (known !== undefined) return { ...known, name: labels?.name ?? known.name };
    const text = bytes.includes(0) ? undefined : source.text({ from: 0, to: bytes.length });
    if (text === undefined) return { problem: { message: "is no UTF-8 text" } };
    const read = readHostInput(text.startsWith("\ufeff") ? text.slice(1) : text, path, more);
    if ("problems" in read) return { problem: firstOf(path, read.problems) };
    const found = knownProfile(read.profile);
    if (!("problem" in found)) files.set(key, found);
    return found;
  };

  const derivedClass = (host: HostSource & { kind: "derived" }): Known => {
    const core = findCpu(host.cpu);
    if (core === undefined) {
      const { near, known } = unknownCore(host.cpu);
      const [first] = near;
      const hint =
        first === undefined ? `cores that can be derived: ${known.join(", ")}` : `did you mean \`${first}\`?`;
      return { problem: { message: `no core is called \`${host.cpu}\`; ${hint}` } };
    }
    const made = deriveHost(`${core.name}.linux-${host.kernel}`, core, host.kernel);
    return "problem" in made ? { problem: { message: made.problem } } : knownProfile(made);
  };

  const inlineClass = (host: HostSource & { kind: "inline" }): Known => {
    const read = readHostInput(host.text, "the profile", host.given);
    if ("profile" in read) return knownProfile(read.profile);
    const first = firstOf("the profile", read.problems);
    return { problem: { message: first.message, column: host.column + (first.column ?? 1) } };
  };

  const pathClass = ({ path, given }: HostSource & { kind: "path" }, folder: string): Known => {
    const own = isAbsolute(path) ? path : join(folder, path);
    const isName = !/[/\\]|\.json$/.test(path) && lstatOf(own) === undefined;
    const known = fileClass(isName ? path : own, given);
    if (!("problem" in known)) return { ...known, name: path };
    const { message } = known.problem;
    return { problem: { message: isName ? message : withPlace(told(own), known.problem) } };
  };

  const lineReader = (folder: string): ReturnType<Classifier["inventory"]> => {
    const lines = recent<Known>(remembered);

    /** What is known of a line without reading it: its host, or what to remember it by; undefined: it is blank. */
    const recall = (
      source: Source,
      line: Span,
    ): Classified | Unclassified | { readonly key: string | undefined } | undefined => {
      const look = lookOverLine(source, line);
      if (look === undefined) return { key: undefined };
      if (look.span.from === look.span.to) return undefined;
      const key = keyOf(source, look.decisive);
      const known = lines.get(key);
      if (known === undefined) return { key };
      if ("problem" in known) return { column: columnOf(source, line, look.host.from) + 1, ...known.problem };
      return {
        tallied: known.tallied,
        name: look.name ?? look.profileName ?? known.name,
        count: look.count,
      };
    };

    /** Reads a line and remembers it; what is wrong where it is not to be remembered. */
    const learn = (source: Source, line: Span, key: string | undefined): Unclassified | undefined => {
      const host = readLine(source, line);
      if ("message" in host) return { message: host.message, column: host.column + 1 };
      if (key === undefined) throw new Error("a line that cannot be looked over is read");
      if (host.kind !== "inline") {
        lines.set(key, host.kind === "path" ? pathClass(host, folder) : derivedClass(host));
        return undefined;
      }
      const known = inlineClass(host);
      // Where it is wrong depends on the line's names.
      if ("problem" in known) return known.problem;
      lines.set(key, known);
      return undefined;
    };

    return (source, line) => {
      const found = recall(source, line);
      if (found === undefined || !("key" in found)) return found;
      // Nothing of the look is held meanwhile: V8 takes what survives here for long-lived, and makes it so for every line.
      const problem = learn(source, line, found.key);
      if (problem !== undefined) return problem;
      const known = recall(source, line);
      if (known !== undefined && "key" in known) throw new Error("a line is forgotten at once");
      return known;
    };
  };

  return {
    inventory: lineReader,
    file(path) {
      const known = fileClass(path, {});
      if ("problem" in known) return known.problem;
      return { tallied: known.tallied, name: fileName(known.name, path), count: 1 };
    },
    profile(profile, name) {
      const known = knownProfile(profile);
      return "problem" in known ? known.problem : { tallied: known.tallied, name, count: 1 };
    },
  };
}
