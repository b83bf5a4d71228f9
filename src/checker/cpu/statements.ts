/** What the statements of a `cpu` block say, before any table is asked what follows from it. */
import type { Fix } from "../../diagnostics/diagnostic.ts";
import type { Span } from "../../diagnostics/span.ts";
import { didYouMean } from "../../diagnostics/suggest.ts";
import type { CommonCpu } from "../../fleet/common.ts";
import type { Atom } from "../../parser/ast.ts";
import {
  type Architecture,
  features as allFeatures,
  architectureByWord,
  architectures,
  architectureWord,
  type Cpu,
  cpus,
  type Feature,
  type Field,
  fieldKey,
  cpu as findCpu,
} from "../../tables/index.ts";
import { coresLike, readCore } from "../cores.ts";
import { type Matched, matchStatements, replaceFix, slotAtom } from "../forms.ts";
import type { Report } from "../report.ts";
import {
  hex,
  readBounded,
  readFeature,
  readField,
  readFieldValue,
  readInteger,
  wordText,
} from "../values.ts";

/** Something a statement says, and where. */
export interface Stated<T> {
  readonly value: T;
  readonly span: Span;
  /** The word `override` in front of it. */
  readonly override: Span | undefined;
  /** For one item of a list: the whole statement, and whether it has no other item. */
  readonly within?: { readonly statement: Span; readonly alone: boolean };
}

export type Baseline =
  | { readonly kind: "architecture"; readonly architecture: Architecture }
  | { readonly kind: "core"; readonly core: Cpu }
  | { readonly kind: "host" }
  /** What the hosts of a fleet have in common; without `cpu` until it has been computed, or where it cannot be. */
  | { readonly kind: "common"; readonly fleet: Atom; readonly cpu?: CommonCpu };

export interface EventRange {
  readonly first: number;
  readonly last: number;
  readonly action: "allow" | "deny";
  readonly span: Span;
}

export interface PmuStatement {
  readonly version: Stated<Feature> | undefined;
  readonly counters: Stated<number> | undefined;
  readonly intid: Stated<number> | undefined;
  readonly events: readonly EventRange[];
}

export interface MteStatement {
  readonly level: Stated<Feature> | undefined;
}

export interface FeatureStatement {
  readonly feature: Feature;
  readonly present: boolean;
}

export interface FieldStatement {
  readonly field: Field;
  readonly value: bigint | "host";
}

/** Statements that stand at most once in a model, by name. */
export interface Singles {
  readonly baseline?: Stated<Baseline>;
  readonly sve?: Stated<readonly number[] | "off" | "host">;
  readonly pauth?: Stated<"off" | "on">;
  readonly pmu?: Stated<PmuStatement | "off">;
  readonly mte?: Stated<MteStatement | "off">;
  readonly el1?: Stated<"aarch64" | "aarch32">;
  readonly el2?: Stated<"off" | "vhe" | "nvhe">;
  readonly midr?: Stated<bigint | "host">;
  readonly revidr?: Stated<bigint | "host">;
  readonly aidr?: Stated<bigint | "host">;
}

export interface CpuStatements {
  readonly singles: Singles;
  readonly features: ReadonlyMap<string, Stated<FeatureStatement>>;
  readonly fields: ReadonlyMap<string, Stated<FieldStatement>>;
}

export const noStatements: CpuStatements = { singles: {}, features: new Map(), fields: new Map() };

const maxU64 = (1n << 64n) - 1n;

function readBaseline(matched: Matched, report: Report): Baseline | undefined {
  if (matched.words.has("host")) return { kind: "host" };
  if (matched.words.has("common")) return { kind: "common", fleet: slotAtom(matched, "fleet") };
  const atom = slotAtom(matched, "of");
  const architecture = architectureByWord(wordText(atom));
  if (architecture !== undefined) return { kind: "architecture", architecture };
  const core = findCpu(wordText(atom));
  if (core === undefined) {
    const known = [
      ...architectures().map((one) => architectureWord(one.name)),
      ...cpus().map((one) => one.name),
    ];
    // A version with another number is another version, not a slip of the fingers.
    const digits = (text: string): string => text.replace(/\D/g, "").padEnd(2, "0");
    const version = /^armv?\d/i.test(wordText(atom));
    const [first] = didYouMean(wordText(atom), known).filter(
      (one) => !version || digits(one) === digits(wordText(atom)),
    );
    const family = version
      ? architectures().map((one) => architectureWord(one.name))
      : coresLike(wordText(atom));
    report.add(
      "unknown-baseline",
      atom.span,
      { name: wordText(atom) },
      {
        ...(first === undefined
          ? {}
          : { label: `did you mean \`${first}\`?`, fixes: [replaceFix(atom.span, first)] }),
        help:
          first === undefined
            ? [
                "a baseline is an architecture version (`armv8.2-a`), a core (`neoverse-n1`), `common of FLEET` or `host`",
                ...(family.length === 0 ? [] : [`known are ${family.map((one) => `\`${one}\``).join(", ")}`]),
              ]
            : [],
      },
    );
    return undefined;
  }
  if (core.registers === null) {
    report.add("core-without-values", atom.span, { core: core.name });
    return undefined;
  }
  return { kind: "core", core };
}

/**
 * SVE vector lengths in bits, ascending.
 *
 * @param words of the statement in front of the lengths
 */
export function readLengths(matched: Matched, words: string, report: Report): readonly number[] | undefined {
  const lengths: number[] = [];
  for (const atom of matched.slots.get("lengths") ?? []) {
    const value = readInteger(atom, report);
    if (value === undefined) return undefined;
    if (value < 128n || value > 2048n || value % 128n !== 0n) {
      const bits = value * 8n;
      report.add(
        "sve-length-invalid",
        atom.span,
        { length: value },
        {
          help: ["lengths are in bits: multiples of 128, from 128 to 2048"],
          fixes:
            bits % 128n === 0n && bits <= 2048n && value > 0n ? [replaceFix(atom.span, String(bits))] : [],
        },
      );
      return undefined;
    }
    if (lengths.includes(Number(value))) {
      report.add("sve-length-repeated", atom.span, { length: value });
      return undefined;
    }
    lengths.push(Number(value));
  }
  lengths.sort((a, b) => a - b);
  const longest = lengths.at(-1) ?? 128;
  const missing: number[] = [];
  for (let power = 128; power < longest; power *= 2) if (!lengths.includes(power)) missing.push(power);
  if (missing.length > 0) {
    const all = [...lengths, ...missing].sort((a, b) => a - b).join(", ");
    report.add(
      "sve-length-missing",
      matched.head,
      { missing: missing.join(", "), longest },
      {
        fixes: [replaceFix(matched.head, `${words} ${all}`)],
      },
    );
    return undefined;
  }
  return lengths;
}

/** First and last of a number or a range, in order; an empty range is reported. */
export function readRange(atom: Atom, report: Report): { first: bigint; last: bigint } | undefined {
  if (atom.kind !== "range") {
    const value = readInteger(atom, report);
    return value === undefined ? undefined : { first: value, last: value };
  }
  const first = readInteger(atom.from, report);
  const end = readInteger(atom.to, report);
  if (first === undefined || end === undefined) return undefined;
  const last = atom.inclusive ? end : end - 1n;
  if (last < first) {
    report.add("range-empty", atom.span, { first: hex(first), last: hex(end) });
    return undefined;
  }
  return { first, last };
}

function readEvents(matched: Matched, action: "allow" | "deny", report: Report): readonly EventRange[] {
  const ranges: EventRange[] = [];
  for (const atom of matched.slots.get("events") ?? []) {
    const range = readRange(atom, report);
    if (range === undefined) continue;
    if (range.last > 0xffffn) {
      report.add("number-out-of-range", atom.span, {
        what: "a PMU event",
        value: hex(range.last),
        least: "0x0",
        most: "0xffff",
      });
      continue;
    }
    ranges.push({ first: Number(range.first), last: Number(range.last), action, span: atom.span });
  }
  return ranges;
}

function checkEventOverlaps(events: readonly EventRange[], report: Report): void {
  events.forEach((range, index) => {
    const earlier = events
      .slice(0, index)
      .find(
        (other) => other.action === range.action && other.first <= range.last && range.first <= other.last,
      );
    if (earlier !== undefined)
      report.add(
        "pmu-events-overlap",
        range.span,
        { action: range.action },
        { related: [{ span: earlier.span, message: "overlaps this range" }] },
      );
  });
}

/** A `deny` that touches no `allow`, where there is one. */
function checkIdleDenials(events: readonly EventRange[], report: Report): void {
  const allowed = events.filter((range) => range.action === "allow");
  const [first] = allowed;
  if (first === undefined) return;
  for (const { action, first: from, last: to, span } of events)
    if (action === "deny" && !allowed.some((other) => other.first <= to && from <= other.last))
      report.add(
        "pmu-deny-idle",
        span,
        {},
        { related: [{ span: first.span, message: "only what is allowed may be counted" }] },
      );
}

const levelOf = (matched: Matched, facility: string, report: Report): Stated<Feature> | undefined => {
  const atom = matched.slots.get("feature")?.[0];
  if (atom === undefined) return undefined;
  const feature = readFeature(atom, report);
  if (feature === undefined) return undefined;
  if (feature.facility !== facility || feature.present.length === 0) {
    const known = allFeatures().filter((one) => one.facility === facility && one.present.length > 0);
    report.add(
      "not-a-level",
      atom.span,
      { feature: feature.name, facility, word: matched.row.name },
      { help: [`write one of ${known.map((one) => `\`${one.name}\``).join(", ")}`] },
    );
    return undefined;
  }
  return { value: feature, span: matched.head, override: undefined };
};

function readPmu(matched: Matched, report: Report): PmuStatement {
  let version: Stated<Feature> | undefined;
  let counters: Stated<number> | undefined;
  let intid: Stated<number> | undefined;
  const events: EventRange[] = [];
  for (const inner of matchStatements(matched.statement.block?.statements ?? [], "pmu", report)) {
    const stated = <T>(value: T): Stated<T> => ({ value, span: inner.head, override: undefined });
    switch (inner.row.name) {
      case "version":
        version = levelOf(inner, "pmu", report);
        break;
      case "counters": {
        const count = readBounded(slotAtom(inner, "count"), "the number of event counters", 0n, 31n, report);
        if (count !== undefined) counters = stated(Number(count));
        break;
      }
      case "intid": {
        const value = readBounded(slotAtom(inner, "intid"), "the INTID of a PPI", 16n, 31n, report);
        if (value !== undefined) intid = stated(Number(value));
        break;
      }
      case "allow":
      case "deny":
        events.push(...readEvents(inner, inner.row.name, report));
        break;
    }
  }
  checkEventOverlaps(events, report);
  checkIdleDenials(events, report);
  return { version, counters, intid, events };
}

function readMte(matched: Matched, report: Report): MteStatement {
  const inner = matchStatements(matched.statement.block?.statements ?? [], "mte", report);
  const level = inner.find((one) => one.row.name === "level");
  return { level: level === undefined ? undefined : levelOf(level, "mte", report) };
}

/** MIDR_EL1 of a core at a revision, `r3p1`: Variant (23:20) is the r, Revision (3:0) the p. */
function readMidr(matched: Matched, report: Report): bigint | "host" | undefined {
  if (matched.words.has("host")) return "host";
  const number = matched.slots.get("value")?.[0];
  if (number !== undefined) return readBounded(number, "MIDR_EL1", 0n, 0xffff_ffffn, report, hex);
  const core = readCore(slotAtom(matched, "core"), report);
  const revisionAtom = slotAtom(matched, "revision");
  const revision = /^r(\d+)p(\d+)$/.exec(wordText(revisionAtom));
  const [variant, patch] = [BigInt(revision?.[1] ?? -1), BigInt(revision?.[2] ?? -1)];
  if (variant < 0n || variant > 15n || patch > 15n) {
    report.add("revision-malformed", revisionAtom.span, { found: wordText(revisionAtom) });
    return undefined;
  }
  if (core === undefined) return undefined;
  if (core.midr === null) {
    report.add("core-without-midr", slotAtom(matched, "core").span, { core: core.name });
    return undefined;
  }
  return (core.midr & 0xff0f_fff0n) | (variant << 20n) | patch;
}

function readIdentity(matched: Matched, register: string, report: Report): bigint | "host" | undefined {
  const number = matched.slots.get("value")?.[0];
  return number === undefined ? "host" : readBounded(number, register, 0n, maxU64, report, hex);
}

const firstWord = <const T extends string>(matched: Matched, words: readonly T[]): T | undefined =>
  words.find((word) => matched.words.has(word));

/** Readers of the statements that stand at most once. */
const singleReaders: {
  readonly [Name in keyof Singles]-?: (
    matched: Matched,
    report: Report,
  ) => NonNullable<Singles[Name]>["value"] | undefined;
} = {
  baseline: readBaseline,
  sve: (matched, report) =>
    firstWord(matched, ["off", "host"]) ?? readLengths(matched, "sve lengths", report),
  pauth: (matched) => firstWord(matched, ["off", "on"]),
  pmu: (matched, report) => firstWord(matched, ["off"]) ?? readPmu(matched, report),
  mte: (matched, report) => firstWord(matched, ["off"]) ?? readMte(matched, report),
  el1: (matched) => firstWord(matched, ["aarch64", "aarch32"]),
  el2: (matched) => firstWord(matched, ["off", "vhe", "nvhe"]),
  midr: readMidr,
  revidr: (matched, report) => readIdentity(matched, "REVIDR_EL1", report),
  aidr: (matched, report) => readIdentity(matched, "AIDR_EL1", report),
};

const isSingle = (name: string): name is keyof Singles => Object.hasOwn(singleReaders, name);

/** Reads one block. What is wrong is reported and left out. */
export function readCpuStatements(block: readonly Matched[], report: Report): CpuStatements {
  const singles: Record<string, Stated<unknown>> = {};
  const features = new Map<string, Stated<FeatureStatement>>();
  const fields = new Map<string, Stated<FieldStatement>>();
  for (const matched of block) {
    const { name } = matched.row;
    const override = matched.override?.span;
    if (isSingle(name)) {
      const value = singleReaders[name](matched, report);
      if (value !== undefined) singles[name] = { value, span: matched.head, override };
    } else if (name === "with" || name === "without") {
      const atoms = matched.slots.get("features") ?? [];
      const within = { statement: matched.head, alone: atoms.length === 1 };
      for (const atom of atoms) {
        const feature = readFeature(atom, report);
        if (feature === undefined) continue;
        const stated = { value: { feature, present: name === "with" }, span: atom.span, override, within };
        const earlier = features.get(feature.name);
        if (earlier === undefined) features.set(feature.name, stated);
        else
          report.add(
            earlier.value.present === stated.value.present ? "feature-repeated" : "feature-contradicted",
            atom.span,
            { feature: feature.name },
            {
              related: [
                {
                  span: earlier.span,
                  message:
                    earlier.value.present === stated.value.present
                      ? "first stated here"
                      : `stated \`${earlier.value.present ? "with" : "without"}\` here`,
                },
              ],
            },
          );
      }
    } else if (name === "field") {
      const field = readField(slotAtom(matched, "field"), report);
      if (field === undefined) continue;
      const value = readFieldValue(matched.slots.get("value") ?? [], field, report);
      if (value === undefined) continue;
      const key = fieldKey(field);
      const earlier = fields.get(key);
      if (earlier === undefined) fields.set(key, { value: { field, value }, span: matched.head, override });
      else
        report.add(
          "field-repeated",
          matched.head,
          { field: key },
          { related: [{ span: earlier.span, message: "first decided here" }] },
        );
    }
  }
  return { singles, features, fields };
}

/** A child's statement against its parent's: `override` where it replaces one, and only there. */
function checkOverride(
  what: string,
  child: Stated<unknown>,
  parent: Stated<unknown> | undefined,
  report: Report,
): void {
  if (parent !== undefined && child.override === undefined) {
    const { statement, alone } = child.within ?? { statement: child.span, alone: true };
    const fix: Fix = {
      title: "write `override` in front",
      confidence: "unsafe",
      edits: [{ span: { ...statement, end: statement.start }, text: "override " }],
    };
    report.add(
      "override-missing",
      child.span,
      { what },
      {
        related: [{ span: parent.span, message: "the parent states it here" }],
        ...(alone
          ? { fixes: [fix] }
          : { help: [`state ${what} on a line of its own, with \`override\` in front`] }),
      },
    );
  } else if (parent === undefined && child.override !== undefined) {
    const whole = { ...child.override, end: child.override.end + 1 };
    report.add(
      "override-needless",
      child.override,
      { what },
      {
        fixes: [{ title: "remove `override`", confidence: "safe", edits: [{ span: whole, text: "" }] }],
      },
    );
  }
}

/** A child over its parent, statement by statement. */
export function inherit(parent: CpuStatements, child: CpuStatements, report: Report): CpuStatements {
  const inheritedSingles: Readonly<Record<string, Stated<unknown> | undefined>> = { ...parent.singles };
  for (const [name, stated] of Object.entries(child.singles))
    checkOverride(`\`${name}\``, stated, inheritedSingles[name], report);
  for (const [name, stated] of child.features) {
    const inherited = parent.features.get(name);
    if (
      inherited !== undefined &&
      stated.override === undefined &&
      inherited.value.present === stated.value.present
    )
      report.add(
        "feature-repeated",
        stated.span,
        { feature: name },
        { related: [{ span: inherited.span, message: "the parent states it here" }] },
      );
    else checkOverride(`\`${name}\``, stated, inherited, report);
  }
  for (const [key, stated] of child.fields)
    checkOverride(`\`${key}\``, stated, parent.fields.get(key), report);
  return {
    singles: { ...parent.singles, ...child.singles },
    features: new Map([...parent.features, ...child.features]),
    fields: new Map([...parent.fields, ...child.fields]),
  };
}
