/** The common CPU as a `cpu` block of the language. */
import { compile } from "../checker/compile.ts";
import { resolveCpu } from "../checker/cpu/resolve.ts";
import { type Cells, settingKey } from "../checker/cpu/state.ts";
import {
  type Baseline as BaselineStatement,
  type CpuStatements,
  noStatements,
  type Singles,
  type Stated,
} from "../checker/cpu/statements.ts";
import { format } from "../format.ts";
import {
  type Architecture,
  architectureWord,
  compareFieldValues,
  contractRegisters,
  cpuByMidr,
  type Feature,
  type Field,
  features,
  fieldKey,
  field as findField,
} from "../tables/index.ts";
import type { Baseline } from "./baseline.ts";
import { isFacilityName } from "./offer.ts";
import { listed } from "./values.ts";

const span = { file: { path: "", text: "" }, start: 0, end: 0 };
const stated = <T>(value: T): Stated<T> => ({ value, span, override: undefined });

const identity = [
  ["midr", "MIDR_EL1"],
  ["revidr", "REVIDR_EL1"],
  ["aidr", "AIDR_EL1"],
] as const;

const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** The whole value of a register all of whose fields are decided. */
function wholeValue(values: ReadonlyMap<string, bigint>, register: string): bigint | undefined {
  const fields = contractRegisters().find(({ name }) => name === register)?.fields ?? [];
  let whole = 0n;
  for (const field of fields) {
    const value = values.get(fieldKey(field));
    if (value === undefined) return undefined;
    whole |= value << BigInt(field.lsb);
  }
  return whole;
}

/** Whether a statement may not decide a field otherwise: what KVM should hide or switch off, and shows all the same. */
function mustStayOpen(field: Field, value: bigint, baseline: Baseline): boolean {
  if (field.role === "hidden") return value !== 0n;
  const off =
    field.facility !== undefined &&
    isFacilityName(field.facility) &&
    !baseline.facilities.includes(field.facility);
  return off && value !== BigInt(field.absent);
}

/** What every field is to be. */
function target(baseline: Baseline, given: ReadonlySet<string>): ReadonlyMap<string, bigint | "host"> {
  const wanted = new Map<string, bigint | "host">();
  for (const register of contractRegisters())
    for (const field of register.fields) {
      const key = fieldKey(field);
      const value = baseline.values.get(key);
      if (field.facility === "gic") continue;
      const open = value === undefined || given.has(key) || mustStayOpen(field, value, baseline);
      wanted.set(key, open ? "host" : value);
    }
  return wanted;
}

function singlesOf(baseline: Baseline, start: BaselineStatement, counters: number | undefined): Singles {
  const has = new Set(baseline.facilities);
  const midr = wholeValue(baseline.values, "MIDR_EL1");
  const revidr = wholeValue(baseline.values, "REVIDR_EL1");
  const aidr = wholeValue(baseline.values, "AIDR_EL1");
  const pmu = {
    version: undefined,
    counters: counters === undefined ? undefined : stated(counters),
    intid: undefined,
    events: [],
  };
  return {
    baseline: stated(start),
    ...(has.has("sve") ? { sve: stated(baseline.common.vectorLengths) } : {}),
    ...(has.has("pauth") ? { pauth: stated("on" as const) } : {}),
    ...(has.has("pmu") ? { pmu: stated(pmu) } : {}),
    ...(has.has("mte") ? { mte: stated({ level: undefined }) } : {}),
    ...(has.has("el2") ? { el2: stated("vhe" as const) } : {}),
    ...(midr === undefined ? {} : { midr: stated(midr) }),
    ...(revidr === undefined ? {} : { revidr: stated(revidr) }),
    ...(aidr === undefined ? {} : { aidr: stated(aidr) }),
  };
}

/** Features that take a baseline nearer to the target and put no field anywhere else than there. */
function featuresToState(
  cells: Cells,
  wanted: ReadonlyMap<string, bigint | "host">,
  architecture: Architecture,
): readonly Feature[] {
  return features().filter((feature) => {
    if (feature.facility !== undefined || feature.present.length === 0) return false;
    if (feature.since === null || !architecture.includes.includes(feature.since)) return false;
    if (architecture.prohibits.includes(feature.name)) return false;
    let nearer = false;
    for (const setting of feature.present) {
      const key = settingKey(setting);
      const field = findField(setting.reg, setting.field);
      const [now, then] = [cells.get(key)?.value, wanted.get(key)];
      if (field === undefined || field.role !== "feature") return false;
      if (now === undefined || now === "host" || then === undefined || then === "host") return false;
      const enough =
        setting.how === "eq"
          ? now === BigInt(setting.value)
          : compareFieldValues(field, Number(now), setting.value) >= 0;
      if (enough) continue;
      if (then !== BigInt(setting.value)) return false;
      nearer = true;
    }
    return nearer;
  });
}

interface Written {
  readonly lines: readonly string[];
  readonly statements: number;
}

function write(
  baseline: Baseline,
  start: BaselineStatement,
  given: ReadonlySet<string>,
  unstated: ReadonlySet<string>,
): Written | undefined {
  const { counters } = baseline.common;
  const differ = counters !== undefined && counters.least !== counters.most;
  const singles = singlesOf(baseline, start, differ ? counters.least : undefined);
  const wanted = target(baseline, given);
  const bare: CpuStatements = { ...noStatements, singles };
  const first = resolveCpu(bare, span);
  if (first === undefined) return undefined;
  const architecture = first.architecture ?? baseline.architecture;
  const chosen = featuresToState(first.cells, wanted, architecture).filter(({ name }) => !unstated.has(name));
  const withFeatures: CpuStatements = {
    ...bare,
    features: new Map(chosen.map((feature) => [feature.name, stated({ feature, present: true })])),
  };
  const cells = resolveCpu(withFeatures, span)?.cells ?? first.cells;
  const fields = [...wanted].filter(([key, value]) => cells.get(key)?.value !== value);
  const word = start.kind === "core" ? start.core.name : architectureWord(baseline.architecture.name);
  const lines = [
    `baseline ${word}`,
    ...(chosen.length === 0 ? [] : [`with ${chosen.map(({ name }) => name).join(", ")}`]),
    ...(singles.sve === undefined ? [] : [`sve lengths ${baseline.common.vectorLengths.join(", ")}`]),
    ...(singles.pauth === undefined ? [] : ["pauth on"]),
    ...(singles.pmu === undefined ? [] : [differ ? `pmu on {\n counters ${counters.least}\n}` : "pmu on"]),
    ...(singles.mte === undefined ? [] : ["mte on"]),
    ...(singles.el2 === undefined ? [] : ["el2 vhe"]),
    ...fields.map(([key, value]) => `field ${key} = ${value === "host" ? "host" : hex(value)}`),
    ...identity.flatMap(([statement, register]) => {
      const value = wholeValue(baseline.values, register);
      return value === undefined ? [] : [`${statement} ${hex(value)}`];
    }),
  ];
  return { lines, statements: lines.length + chosen.length };
}

/** The architecture version and the cores of the fleet; whichever leaves least to say is taken. */
function starts(baseline: Baseline): readonly BaselineStatement[] {
  const cores = listed(baseline.common.shown.get("MIDR_EL1") ?? [], 64)
    .map(cpuByMidr)
    .filter((core) => core !== undefined && core.registers !== null);
  return [
    { kind: "architecture", architecture: baseline.architecture },
    ...[...new Set(cores)].flatMap((core): readonly BaselineStatement[] =>
      core === undefined ? [] : [{ kind: "core", core }],
    ),
  ];
}

const noFiles = { read: () => undefined, inside: () => false };

export interface GuestText {
  /** A whole file with one `cpu` block. */
  readonly text: string;
  /**
   * Fields that every host shows in a way that the architecture's rules forbid, so that no statement may decide
   * them: they are left to the host.
   */
  readonly left: readonly string[];
}

/**
 * The `cpu` block, in the canonical form, as a file of its own. Fields in conflict are left to the host.
 *
 * @param name of the `cpu` block
 * @param remarks lines of its documentation
 */
export function guestText(baseline: Baseline, name: string, remarks: readonly string[]): GuestText {
  const given = new Set<string>(baseline.alike);
  const unstated = new Set<string>();
  for (;;) {
    const written = starts(baseline)
      .map((start) => write(baseline, start, given, unstated))
      .filter((one) => one !== undefined)
      .reduce((a, b) => (b.statements < a.statements ? b : a));
    const raw = [
      "edition 2026",
      "",
      ...remarks.map((line) => `/// ${line}`),
      `cpu ${name} {`,
      ...written.lines,
      "}",
      "",
    ].join("\n");
    const source = { path: `${name}.guest`, text: raw };
    const culprits = compile(source, noFiles)
      .diagnostics.filter(({ severity }) => severity === "error")
      .map((one) => raw.slice(one.span.start, one.span.end));
    const before = given.size + unstated.size;
    for (const words of culprits) {
      const key = /^field (\S+)/.exec(words)?.[1];
      if (key !== undefined) given.add(key);
      else if (words.startsWith("FEAT_")) unstated.add(words);
    }
    if (given.size + unstated.size > before) continue;
    const formatted = format(source);
    return { text: "text" in formatted ? formatted.text : raw, left: [...given] };
  }
}
