/** Reads host profiles from their JSON form: syntax, schema, meaning, in this order. */

import { didYouMean } from "../diagnostics/suggest.ts";
import { validate } from "../generated/host-profile-validator.js";
import { cpuByMidr, sveLengthsRegister } from "../tables/index.ts";

import { type JsonLocations, locateJson, mayHaveDuplicateKeys, pointerToken } from "./json-locations.ts";
import type { AttributeFile, Configuration, HostProfile, RefusedStep, Sweep } from "./profile.ts";
import { describeSchemaErrors } from "./schema-problems.ts";
import { parseSweep } from "./sweep.ts";

export interface ProfileProblem {
  /** A sentence that says what was expected and what was found. */
  readonly message: string;
  /** JSON pointer of the value that it is about; the empty string is the whole profile. */
  readonly instancePath: string;
  /** UTF-16 offset in the text, and the same as one-based line and column. */
  readonly offset?: number;
  readonly line?: number;
  readonly column?: number;
}

export type ReadProfile =
  | { readonly profile: HostProfile }
  | { readonly problems: readonly ProfileProblem[] };

/** The JSON form as `schemas/host-profile.schema.json` describes it. */
interface ProfileJson {
  readonly name: string;
  readonly description?: string;
  readonly origin: HostProfile["origin"];
  readonly recorder?: string;
  readonly kernel: HostProfile["kernel"];
  readonly cpu: { readonly name?: string; readonly midr?: string; readonly platform: string };
  readonly capabilities: Readonly<Record<string, number>>;
  readonly highestCapability?: number;
  readonly devices?: readonly number[];
  readonly user?: { readonly hwcap: readonly string[]; readonly registers: Readonly<Record<string, string>> };
  readonly assumed?: {
    readonly capabilities?: boolean;
    readonly list?: boolean;
    readonly configurations?: readonly string[];
    readonly registers?: readonly string[];
  };
  readonly configurations: Readonly<Record<string, ConfigurationJson>>;
}

interface ConfigurationJson {
  readonly inherits?: string;
  readonly features: readonly string[];
  readonly capabilities: readonly number[];
  readonly devices?: readonly number[];
  readonly refused?: { readonly step: RefusedStep; readonly errno: string };
  readonly listed?: number;
  readonly vectorLengths?: readonly number[];
  readonly registers?: Readonly<Record<string, string | null>>;
  readonly writable?: Readonly<Record<string, string>> | null;
  readonly sweeps?: Readonly<Record<string, string>> | null;
  readonly tried?: Readonly<Record<string, TriedJson>>;
  readonly attributes?: Readonly<Partial<Record<AttributeFile, readonly string[]>>>;
  readonly removed?: Readonly<Partial<Record<Section, readonly string[]>>>;
}

/** Answer to the values that got it. */
type TriedJson = Readonly<Record<string, readonly string[]>>;

/** What a configuration says by register, and may take away from what it inherits. */
type Section = "registers" | "writable" | "sweeps" | "tried";

interface Found {
  readonly message: string;
  readonly instancePath: string;
  readonly atKey?: boolean;
}

/**
 * A profile from its text, or everything that is wrong with it.
 *
 * @param text the JSON text; no byte order mark
 * @param path what the messages call the file; it is not opened
 */
export function readHostProfile(text: string, path: string): ReadProfile {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    const located = locateJson(text);
    const problem =
      "problem" in located
        ? located.problem
        : { message: error instanceof Error ? error.message : String(error), offset: 0 };
    const message = `${path} is not JSON: ${problem.message}`;
    return { problems: [{ message, instancePath: "", ...positionOf(text, problem.offset) }] };
  }
  const duplicates = duplicateKeys(text, parsed);
  if (duplicates.length > 0) return { problems: duplicates };
  if (!validate(parsed))
    return { problems: place(text, describeSchemaErrors(validate.errors ?? [], parsed)) };
  // The validator has proved the shape.
  const json = parsed as ProfileJson;
  const found: Found[] = [];
  const profile = resolve(json, found);
  return found.length === 0 ? { profile } : { problems: place(text, found) };
}

/** Keys that stand twice in one object of a JSON text; `parsed` is what the text was parsed into. */
export function duplicateKeys(text: string, parsed: unknown): readonly ProfileProblem[] {
  if (!mayHaveDuplicateKeys(text, parsed)) return [];
  const located = locateJson(text);
  if (!("duplicates" in located)) return [];
  return located.duplicates.map(({ pointer, offset }) => ({
    message: `\`${keyOf(pointer)}\` stands twice in the same object`,
    instancePath: pointer,
    ...positionOf(text, offset),
  }));
}

function keyOf(pointer: string): string {
  return pointer
    .slice(pointer.lastIndexOf("/") + 1)
    .replaceAll("~1", "/")
    .replaceAll("~0", "~");
}

/** The one-based line and column of a UTF-16 offset. */
export function positionOf(text: string, offset: number): { offset: number; line: number; column: number } {
  const before = text.slice(0, offset);
  return { offset, line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
}

function place(text: string, found: readonly Found[]): ProfileProblem[] {
  const located = locateJson(text);
  const locations: JsonLocations["byPointer"] = "byPointer" in located ? located.byPointer : new Map();
  // A parent that does not resolve is met by each of its heirs.
  const distinct = new Map(found.map((one) => [`${one.instancePath}\n${one.message}`, one]));
  return [...distinct.values()].map(({ message, instancePath, atKey }) => {
    const location = locations.get(instancePath);
    const offset = atKey ? (location?.key ?? location?.value) : location?.value;
    return { message, instancePath, ...(offset === undefined ? {} : positionOf(text, offset)) };
  });
}

function resolve(json: ProfileJson, found: Found[]): HostProfile {
  const { release, version } = json.kernel;
  if (!release.startsWith(version) || /^[0-9]/.test(release.slice(version.length))) {
    const message = `\`version\` is \`${version}\`; expected the leading numbers of the release \`${release}\``;
    found.push({ message, instancePath: "/kernel/version" });
  }
  const capabilities = Object.entries(json.capabilities).map(
    ([key, answer]) => [Number(key), answer] as const,
  );
  const configurations = new Map<string, Configuration>();
  for (const name of Object.keys(json.configurations)) {
    const configuration = resolveConfiguration(json, name, configurations, [], found);
    if (configuration !== undefined) configurations.set(name, configuration);
  }
  const base = json.configurations.base;
  if (base?.refused !== undefined) {
    const message = "the configuration `base` was refused; a profile needs one that works";
    found.push({ message, instancePath: "/configurations/base/refused", atKey: true });
  }
  if (base !== undefined && base.inherits !== undefined) {
    const message = "the configuration `base` stands for itself and inherits from no other";
    found.push({ message, instancePath: "/configurations/base/inherits", atKey: true });
  }
  for (const [at, name] of (json.assumed?.configurations ?? []).entries()) {
    if (json.configurations[name] !== undefined) continue;
    const message = `there is no configuration \`${name}\` that could be assumed`;
    found.push({ message, instancePath: `/assumed/configurations/${at}` });
  }
  return {
    name: json.name,
    ...(json.description === undefined ? {} : { description: json.description }),
    origin: json.origin,
    ...(json.recorder === undefined ? {} : { recorder: json.recorder }),
    kernel: json.kernel,
    cpu: cpuOf(json.cpu),
    capabilities: new Map(capabilities.sort(([a], [b]) => a - b)),
    ...(json.highestCapability === undefined ? {} : { highestCapability: json.highestCapability }),
    ...(json.devices === undefined ? {} : { devices: json.devices }),
    ...(json.user === undefined ? {} : { user: userOf(json.user) }),
    ...(json.assumed === undefined ? {} : { assumed: assumedOf(json.assumed) }),
    // In the order of the file, although resolving may have met an heir before its parent.
    configurations: new Map(
      Object.keys(json.configurations).flatMap((name) => {
        const configuration = configurations.get(name);
        return configuration === undefined ? [] : [[name, configuration] as const];
      }),
    ),
  };
}

function cpuOf({ name, midr: text, platform }: ProfileJson["cpu"]): HostProfile["cpu"] {
  if (text === undefined) return { name: name ?? "", platform };
  const midr = BigInt(text);
  return { name: name ?? cpuByMidr(midr)?.name ?? unnamedCpu(midr), midr, platform };
}

/** `midr-410fd0c1`: what a CPU is called that nobody named and the CPU table does not know. */
function unnamedCpu(midr: bigint): string {
  return `midr-${midr.toString(16).padStart(8, "0")}`;
}

function userOf({ hwcap, registers }: NonNullable<ProfileJson["user"]>): NonNullable<HostProfile["user"]> {
  const values = new Map(Object.entries(registers).map(([id, value]) => [BigInt(id), BigInt(value)]));
  return { hwcap: hwcap.map(BigInt), registers: ascending(values) };
}

function assumedOf(json: NonNullable<ProfileJson["assumed"]>): NonNullable<HostProfile["assumed"]> {
  return {
    capabilities: json.capabilities === true,
    list: json.list === true,
    configurations: new Set(json.configurations),
    registers: new Set(json.registers?.map(BigInt)),
  };
}

function triedOf(json: TriedJson): ReadonlyMap<bigint, string> {
  return ascending(
    new Map(
      Object.entries(json).flatMap(([answer, values]) =>
        values.map((value) => [BigInt(value), answer] as const),
      ),
    ),
  );
}

function attributesOf(json: NonNullable<ConfigurationJson["attributes"]>): Configuration["attributes"] {
  const groups = (texts: readonly string[]): ReadonlyMap<number, readonly number[]> =>
    new Map(
      texts.map((text) => {
        const [group = "", list = ""] = text.split(":");
        return [Number(group), numbersIn(list)];
      }),
    );
  return {
    ...(json.vm === undefined ? {} : { vm: groups(json.vm) }),
    ...(json.vcpu === undefined ? {} : { vcpu: groups(json.vcpu) }),
    ...(json.gic === undefined ? {} : { gic: groups(json.gic) }),
  };
}

/** `0,2-5`: numbers and ranges with both ends. */
function numbersIn(list: string): readonly number[] {
  return list.split(",").flatMap((item) => {
    const [first = "", last = first] = item.split("-");
    return Array.from({ length: Number(last) - Number(first) + 1 }, (_, at) => Number(first) + at);
  });
}

/** Resolves parents first; `heirs` are the configurations that wait for this one. */
function resolveConfiguration(
  json: ProfileJson,
  name: string,
  done: Map<string, Configuration>,
  heirs: readonly string[],
  found: Found[],
): Configuration | undefined {
  const known = done.get(name);
  const own = json.configurations[name];
  if (known !== undefined || own === undefined) return known;
  const pointer = `/configurations/${pointerToken(name)}`;
  const head = {
    name,
    features: own.features,
    capabilities: own.capabilities,
    ...(own.devices === undefined ? {} : { devices: own.devices }),
  };
  if (own.refused !== undefined) {
    return { ...head, refused: own.refused, registers: new Map(), writable: undefined, sweeps: new Map() };
  }
  let parent: Configuration | undefined;
  if (own.inherits !== undefined) {
    const complain = (message: string): undefined => {
      found.push({ message, instancePath: `${pointer}/inherits` });
      return undefined;
    };
    const line = [...heirs, name];
    if (line.includes(own.inherits)) {
      return complain(`\`${name}\` inherits from itself: ${[...line, own.inherits].join(" → ")}`);
    }
    if (json.configurations[own.inherits] === undefined) {
      const [near] = didYouMean(own.inherits, Object.keys(json.configurations));
      const hint = near === undefined ? "" : `; did you mean \`${near}\`?`;
      return complain(`\`${name}\` inherits from \`${own.inherits}\`, which is not in this profile${hint}`);
    }
    parent = resolveConfiguration(json, own.inherits, done, line, found);
    // Its own problem has been reported.
    if (parent === undefined) return undefined;
    if (parent.refused !== undefined) {
      return complain(`\`${name}\` inherits from \`${own.inherits}\`, which was refused and has no readings`);
    }
    done.set(own.inherits, parent);
  } else if (own.registers === undefined) {
    found.push({ message: `\`${name}\` inherits nothing, so it needs \`registers\``, instancePath: pointer });
    return undefined;
  }

  const removed = (what: Section, has: (id: bigint) => boolean): bigint[] =>
    (own.removed?.[what] ?? []).map((text, at) => {
      const id = BigInt(text);
      const there = own[what]?.[text] !== undefined;
      if (there || !has(id)) {
        const reason = there ? `\`${what}\` here has it` : `\`${own.inherits}\` does not have it`;
        found.push({
          message: `${text} cannot be removed: ${reason}`,
          instancePath: `${pointer}/removed/${what}/${at}`,
        });
      }
      return id;
    });

  const registers = new Map(parent?.registers);
  for (const id of removed("registers", (one) => registers.has(one))) registers.delete(id);
  for (const [id, value] of Object.entries(own.registers ?? {})) {
    registers.set(BigInt(id), value === null ? null : BigInt(value));
  }

  let writable: Map<bigint, bigint> | undefined;
  if (own.writable !== null && (own.writable !== undefined || parent?.writable !== undefined)) {
    writable = new Map(parent?.writable);
  }
  for (const id of removed("writable", (one) => writable?.has(one) === true)) writable?.delete(id);
  for (const [id, mask] of Object.entries(own.writable ?? {})) writable?.set(BigInt(id), BigInt(mask));

  // The texts are inherited, not what they stood for: an omitted nibble means this configuration's reading.
  const texts = new Map(
    own.sweeps === null ? undefined : parent === undefined ? undefined : sweepTexts.get(parent),
  );
  for (const id of removed("sweeps", (one) => texts.has(one))) texts.delete(id);
  for (const [id, text] of Object.entries(own.sweeps ?? {})) texts.set(BigInt(id), text);
  const sweeps = new Map<bigint, Sweep>();
  for (const [id, text] of texts) {
    const reading = registers.get(id);
    const inherited = parent?.sweeps.get(id);
    // Most of them: the same text over the same reading.
    if (
      inherited !== undefined &&
      own.sweeps?.[hexOf(id)] === undefined &&
      reading === parent?.registers.get(id)
    ) {
      sweeps.set(id, inherited);
      continue;
    }
    const hex = hexOf(id);
    const at = { instancePath: `${pointer}/sweeps/${hex}` };
    if (reading === null) {
      found.push({ message: `${hex} has a sweep, so its reading may not be null`, ...at });
      continue;
    }
    const sweep = parseSweep(text, reading ?? 0n);
    if ("problem" in sweep) found.push({ message: `the sweep of ${hex}: ${sweep.problem}`, ...at });
    else sweeps.set(id, sweep);
  }
  const tried = new Map(parent?.tried);
  for (const id of removed("tried", (one) => tried.has(one))) tried.delete(id);
  for (const [id, answers] of Object.entries(own.tried ?? {})) tried.set(BigInt(id), triedOf(answers));
  const lengths = own.vectorLengths ?? parent?.vectorLengths;
  // What an heir neither names nor changes has been reported of its parent.
  const bitmap = hexOf(sveLengthsRegister().id);
  if (own.vectorLengths !== undefined) checkLengths(lengths, registers, `${pointer}/vectorLengths`, found);
  else if (own.registers?.[bitmap] !== undefined) {
    checkLengths(lengths, registers, `${pointer}/registers/${bitmap}`, found);
  }
  const attributes = own.attributes === undefined ? parent?.attributes : attributesOf(own.attributes);

  const configuration: Configuration = {
    ...head,
    refused: undefined,
    ...(own.listed === undefined ? {} : { listed: own.listed }),
    registers: ascending(registers),
    writable: writable && ascending(writable),
    sweeps: ascending(sweeps),
    ...(lengths === undefined ? {} : { vectorLengths: lengths }),
    ...(tried.size === 0 ? {} : { tried: ascending(tried) }),
    ...(attributes === undefined ? {} : { attributes }),
  };
  sweepTexts.set(configuration, texts);
  return configuration;
}

/** The lengths in words and the register must say the same. */
function checkLengths(
  lengths: readonly number[] | undefined,
  registers: ReadonlyMap<bigint, bigint | null>,
  instancePath: string,
  found: Found[],
): void {
  if (lengths === undefined) return;
  const bitmap = lengths.reduce((bits, length) => bits | (1n << BigInt(length / 128 - 1)), 0n);
  const { id, name } = sveLengthsRegister();
  const reading = registers.get(id);
  if (reading === bitmap) return;
  const shown = typeof reading === "bigint" ? `reads ${hexOf(reading)}` : "has no value";
  found.push({ message: `these lengths are ${hexOf(bitmap)} in ${name}, which ${shown}`, instancePath });
}

/** The written sweeps of what has been resolved, for its heirs. */
const sweepTexts = new WeakMap<Configuration, ReadonlyMap<bigint, string>>();

function hexOf(id: bigint): string {
  return `0x${id.toString(16).padStart(16, "0")}`;
}

/** Files are written in order, so that most maps need no sorting. */
function ascending<Value>(map: Map<bigint, Value>): Map<bigint, Value> {
  let last = -1n;
  for (const id of map.keys()) {
    if (id < last) return new Map([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
    last = id;
  }
  return map;
}
