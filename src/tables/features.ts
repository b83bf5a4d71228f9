/** Features and architecture versions; `data/features.json`, `data/architectures.json`. */
import architecturesText from "./data/architectures.json?raw";
import featuresText from "./data/features.json?raw";
import { parseExpr } from "./expr.ts";
import { indexed, lazyRows, once } from "./load.ts";
import { contractRegisters, field, fieldKey, idRegister } from "./registers.ts";
import type { Architecture, Expr, Feature, FieldSetting, Twin } from "./types.ts";

/**
 * `shown`: where the feature is advertised. Where it is one comparison or a conjunction of comparisons,
 * `present` and `absent` follow from it; otherwise the row states them, as comparisons: `>=` (at least),
 * `<` (below) or `==` (exactly).
 */
interface FeatureRow {
  readonly name: string;
  readonly title: string;
  readonly since: string | null;
  /** Absent: as `since`. */
  readonly introduced?: string | null;
  readonly mandatory?: string;
  readonly shown?: string;
  readonly when?: string;
  readonly present?: readonly string[];
  readonly absent?: readonly string[];
  readonly absentAll?: true;
  readonly twins?: readonly { readonly when: string; readonly fields: string }[];
  /** The AArch32 registers' conjunction. */
  readonly aarch32?: string;
  readonly limits?: string;
  readonly assumed?: true;
  readonly requires?: readonly string[];
  readonly excludes?: readonly string[];
  readonly hwcap?: string;
  readonly cpuinfo?: string;
  /** Absent: the file's. */
  readonly source?: string;
}

function settingOf(expr: Expr): FieldSetting {
  if (!("reg" in expr) || typeof expr.value !== "number") throw new Error("a setting is one comparison");
  const { reg, value } = expr;
  return {
    reg,
    field: field(reg, expr.field)?.name ?? expr.field,
    value,
    how: expr.op === "==" ? "eq" : "min",
  };
}

/** The comparisons of a conjunction; undefined for any other expression. */
function conjunction(expr: Expr): readonly Expr[] | undefined {
  const parts = "all" in expr ? expr.all : [expr];
  return parts.every((part) => "reg" in part && (part.op === ">=" || part.op === "==")) ? parts : undefined;
}

const settings = (texts: readonly string[]): readonly FieldSetting[] =>
  texts.map((text) => settingOf(parseExpr(text)));
const conjunctionSettings = (text: string | undefined): readonly FieldSetting[] =>
  text === undefined ? [] : (conjunction(parseExpr(text)) ?? []).map(settingOf);

/** Settings count where a contract decides all their registers. */
function decidable(found: readonly FieldSetting[]): readonly FieldSetting[] {
  return found.every(({ reg }) => idRegister(reg)?.contract === true) ? found : [];
}

/** The facility that all fields of a feature share; none where KVM hides one of them. */
function facilityOf(found: readonly FieldSetting[]): string | undefined {
  const fields = found.map((one) => field(one.reg, one.field));
  const [first] = fields;
  const shared = fields.every((one) => one?.role === "facility" && one.facility === first?.facility);
  return shared ? first?.facility : undefined;
}

/** What a row's texts say, read when first asked for: most features are never looked at in one run. */
interface Parsed {
  shown?: { readonly expr: Expr | undefined };
  advertisedBy?: { readonly expr: Expr | undefined };
  present?: readonly FieldSetting[];
  absent?: readonly FieldSetting[];
  presentAArch32?: readonly FieldSetting[];
  twins?: readonly Twin[];
  facility?: { readonly name: string | undefined };
}

const parseOptional = (text: string | undefined): Expr | undefined =>
  text === undefined ? undefined : parseExpr(text);

function shownBy(row: FeatureRow, parsed: Parsed): Expr | undefined {
  parsed.shown ??= { expr: parseOptional(row.shown) };
  return parsed.shown.expr;
}

/** The settings of a row whose `shown` is a conjunction. */
function shownSettings(row: FeatureRow, parsed: Parsed): readonly FieldSetting[] {
  const shown = shownBy(row, parsed);
  return shown === undefined ? [] : (conjunction(shown) ?? []).map(settingOf);
}

function presentOf(row: FeatureRow, parsed: Parsed): readonly FieldSetting[] {
  return decidable(row.present === undefined ? shownSettings(row, parsed) : settings(row.present));
}

function absentOf(row: FeatureRow, parsed: Parsed): readonly FieldSetting[] {
  if (row.absent !== undefined) return decidable(settings(row.absent));
  return decidable(shownSettings(row, parsed).map((one) => ({ ...one, how: "min" })));
}

function advertisedBy(row: FeatureRow, parsed: Parsed): Expr | undefined {
  const shown = shownBy(row, parsed);
  return shown === undefined || row.when === undefined ? shown : { all: [parseExpr(row.when), shown] };
}

function readFeature(row: FeatureRow, source: string): Feature {
  const parsed: Parsed = {};
  return {
    name: row.name,
    title: row.title,
    since: row.since,
    introducedIn: row.introduced === undefined ? row.since : row.introduced,
    mandatoryFrom: row.mandatory ?? null,
    get present() {
      parsed.present ??= presentOf(row, parsed);
      return parsed.present;
    },
    get absent() {
      parsed.absent ??= absentOf(row, parsed);
      return parsed.absent;
    },
    absentAll: row.absentAll,
    get presentAArch32() {
      parsed.presentAArch32 ??= conjunctionSettings(row.aarch32);
      return parsed.presentAArch32;
    },
    get twins() {
      parsed.twins ??= (row.twins ?? []).map((twin) => ({
        when: parseExpr(twin.when),
        settings: conjunctionSettings(twin.fields),
      }));
      return parsed.twins;
    },
    get when() {
      return parseOptional(row.when);
    },
    get advertisedBy() {
      parsed.advertisedBy ??= { expr: advertisedBy(row, parsed) };
      return parsed.advertisedBy.expr;
    },
    limits: row.limits,
    ...(row.assumed === undefined ? {} : { assumed: row.assumed }),
    requires: row.requires ?? [],
    excludes: row.excludes ?? [],
    get facility() {
      parsed.facility ??= { name: facilityOf([...this.present, ...this.absent]) };
      return parsed.facility.name;
    },
    hwcap: row.hwcap,
    cpuinfo: row.cpuinfo,
    source: row.source ?? source,
  };
}

const rows = once(() => lazyRows<FeatureRow>(String(featuresText), "name"));
const positions = once(() => new Map(rows().keys.map((name, position) => [name, position])));
const made: (Feature | undefined)[] = [];

function featureAt(position: number): Feature | undefined {
  const row = rows().at(position);
  if (row === undefined) return undefined;
  made[position] ??= readFeature(row, rows().header("source"));
  return made[position];
}

/** Every FEAT_ name, in order of name. Parses them all: where a few are meant, ask for those. */
export const features = once((): readonly Feature[] =>
  rows()
    .keys.map((_, position) => featureAt(position))
    .filter((one) => one !== undefined),
);

/** Every FEAT_ name, without parsing anything. */
export function featureNames(): readonly string[] {
  return rows().keys;
}

/** The features that one of these fields (`REGISTER.FIELD`) takes part in; the others are not even parsed. */
export function featuresNaming(fields: Iterable<string>): readonly Feature[] {
  const found = new Set<number>();
  for (const key of fields) for (const at of rows().naming(key)) found.add(at);
  return [...found]
    .sort((a, b) => a - b)
    .map(featureAt)
    .filter((one) => one !== undefined);
}

/** The features that further fields repeat where a condition holds. */
export const featuresWithTwins = once((): readonly Feature[] =>
  rows()
    .keys.map((_, at) => (rows().textAt(at).includes('"twins"') ? featureAt(at) : undefined))
    .filter((one) => one !== undefined),
);

/** The features that Linux tells programs of; those that a program can ask for. */
export const featuresWithHwcap = once((): readonly Feature[] =>
  rows()
    .keys.map((_, at) => (rows().textAt(at).includes('"hwcap"') ? featureAt(at) : undefined))
    .filter((one) => one !== undefined),
);

/** The features that a facility's statement switches. */
export function featuresOfFacility(facility: string): readonly Feature[] {
  const fields = contractRegisters().flatMap((register) => register.fields);
  const keys = fields.filter((one) => one.facility === facility).map((one) => fieldKey(one));
  return featuresNaming(keys).filter((feature) => feature.facility === facility);
}

/** By its exact name, `FEAT_SVE2`. */
export function feature(name: string): Feature | undefined {
  const position = positions().get(name);
  return position === undefined ? undefined : featureAt(position);
}

/**
 * Other words for features, in lower case: the name without `FEAT_`, hwcap names, words of /proc/cpuinfo.
 * For suggestions only.
 */
export const featureAliases = once((): ReadonlyMap<string, string> => {
  const aliases = new Map<string, string>();
  const add = (alias: string | undefined, name: string): void => {
    if (alias !== undefined && !aliases.has(alias.toLowerCase())) aliases.set(alias.toLowerCase(), name);
  };
  for (const { name } of features()) {
    add(name, name);
    add(name.slice("FEAT_".length), name);
  }
  for (const { name, hwcap, cpuinfo } of features()) {
    add(hwcap, name);
    add(cpuinfo, name);
  }
  return aliases;
});

interface ArchitectureRow {
  readonly name: string;
  /** All versions that it includes but itself. */
  readonly includes: readonly string[];
  /** What it adds to the versions that it includes. */
  readonly mandatory?: readonly string[];
  readonly mandatoryIf?: readonly (readonly [feature: string, when: string])[];
  readonly prohibits?: readonly string[];
}

/** All versions, oldest first within v8 and v9. */
export const architectures = once((): readonly Architecture[] => {
  const file: { readonly source: string; readonly architectures: readonly ArchitectureRow[] } =
    JSON.parse(architecturesText);
  const rows = new Map(file.architectures.map((row) => [row.name, row]));
  return file.architectures.map((row) => {
    const included = [...row.includes.map((name) => rows.get(name)), row].filter((one) => one !== undefined);
    const gather = (pick: (one: ArchitectureRow) => readonly string[] | undefined): readonly string[] => [
      ...new Set(included.flatMap((one) => pick(one) ?? [])),
    ];
    const conditions = once(() =>
      included
        .flatMap((one) => one.mandatoryIf ?? [])
        .map(([name, when]) => ({ feature: name, when: parseExpr(when) })),
    );
    return {
      name: row.name,
      includes: [...row.includes, row.name],
      mandatory: gather((one) => one.mandatory),
      get mandatoryIf() {
        return conditions();
      },
      prohibits: gather((one) => one.prohibits),
      source: file.source,
    };
  });
});

/** By name, `v8.2`. */
export const architecture: (name: string) => Architecture | undefined = indexed(architectures, (row) => [
  row.name,
]);

/** The language's word for a version: `v8.2` is `armv8.2-a`. */
export function architectureWord(name: string): string {
  return `arm${name}-a`;
}

/** By the language's word, `armv8.2-a`. */
export const architectureByWord: (word: string) => Architecture | undefined = indexed(
  architectures,
  (row) => [architectureWord(row.name)],
);

/** Whether `version` includes `other`: negative where it is older, 0 where equal; undefined where neither includes the other. */
export function compareArch(version: string, other: string): -1 | 0 | 1 | undefined {
  if (version === other) return 0;
  if (architecture(version)?.includes.includes(other)) return 1;
  return architecture(other)?.includes.includes(version) ? -1 : undefined;
}
