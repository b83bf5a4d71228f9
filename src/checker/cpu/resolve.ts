/**
 * From what a `cpu` block states to a value for every field of the guest's ID registers: baseline first,
 * then facilities, features and raw fields, then what follows from them. Each value keeps its origin.
 */
import type { Origin, RegisterContract } from "../../contract.ts";
import type { Span } from "../../diagnostics/span.ts";
import {
  type Architecture,
  constraintsOf,
  contractRegisters,
  type Expr,
  evaluate,
  type Feature,
  type Field,
  features,
  featuresOfFacility,
  featuresWithTwins,
  fieldKey,
  fieldOf,
  fieldRules,
  architecture as findArchitecture,
  feature as findFeature,
  kvmCap,
} from "../../tables/index.ts";
import { wordText } from "../values.ts";
import { type Cells, constraintState, makeAbsent, makePresent, settingKey, stateOf } from "./state.ts";
import type { Baseline, CpuStatements, FeatureStatement, Stated } from "./statements.ts";

export interface ResolvedCpu {
  readonly cells: Cells;
  /** Cells as the baseline and the facilities leave them, before features and fields are stated. */
  readonly before: Cells;
  /** The version that lints and `arch` rules refer to. */
  readonly architecture: Architecture | undefined;
  readonly baseline: Baseline;
}

export type Facility = "sve" | "pauth" | "pmu" | "mte" | "el2";

/** Whether a facility is switched on, and what says so. */
export interface FacilitySwitch {
  readonly on: boolean;
  readonly origin: Origin;
}

export const facilities: readonly Facility[] = ["sve", "pauth", "pmu", "mte", "el2"];

export const isFacility = (name: string | undefined): name is Facility =>
  facilities.some((facility) => facility === name);

export function facilitySwitch(statements: CpuStatements, facility: Facility, cpuSpan: Span): FacilitySwitch {
  const stated = statements.singles[facility];
  return stated === undefined
    ? { on: false, origin: { kind: "default", span: cpuSpan, statement: facility } }
    : { on: stated.value !== "off", origin: { kind: "statement", span: stated.span } };
}

/**
 * A field that kernels before `hiddenSince` show as the host has it, in a model that takes everything from the
 * host: nobody asked for it to be absent.
 */
const leaks = (field: Field, which: { readonly origin: Origin }, baseline: Baseline): boolean =>
  field.hiddenSince !== undefined && baseline.kind === "host" && which.origin.kind === "default";

/** What a baseline says of one field before any statement. */
function baselineValue(field: Field, baseline: Baseline): bigint | "host" {
  if (baseline.kind === "host") return "host";
  if (baseline.kind === "common") return baseline.cpu?.fields.get(fieldKey(field))?.value ?? "host";
  if (field.role === "hidden") return 0n;
  if (field.role === "identity" || field.facility === "gic") return "host";
  if (baseline.kind === "architecture") return field.role === "feature" ? BigInt(field.absent) : "host";
  const register = baseline.core.registers?.[field.register];
  if (register === undefined) return field.role === "feature" ? BigInt(field.absent) : "host";
  const value = fieldOf(register, field);
  const cap = kvmCap(field);
  return cap !== undefined && value > BigInt(cap) ? BigInt(cap) : value;
}

function baselineName(baseline: Baseline): string {
  switch (baseline.kind) {
    case "host":
      return "host";
    case "core":
      return baseline.core.name;
    case "architecture":
      return baseline.architecture.name;
    case "common":
      return `common of ${wordText(baseline.fleet)}`;
  }
}

/** Of a field that a fleet's common CPU decides: which hosts limit it. */
function commonOrigin(field: Field, baseline: Baseline, origin: Origin): Origin | undefined {
  if (baseline.kind !== "common") return undefined;
  const common = baseline.cpu?.fields.get(fieldKey(field));
  if (common === undefined) return undefined;
  const because = common.because === undefined ? {} : { because: common.because };
  return {
    kind: "baseline",
    span: origin.span,
    baseline: baselineName(baseline),
    fleet: wordText(baseline.fleet),
    ...because,
  };
}

function baselineCells(baseline: Baseline, span: Span): Cells {
  const cells: Cells = new Map();
  const origin: Origin = { kind: "baseline", span, baseline: baselineName(baseline) };
  for (const register of contractRegisters()) {
    for (const field of register.fields) {
      const hidden: Origin = {
        kind: "derived",
        span,
        because: `KVM shows zero to every guest (${field.source})`,
      };
      cells.set(fieldKey(field), {
        field,
        value: baselineValue(field, baseline),
        origin: commonOrigin(field, baseline, origin) ?? (field.role === "hidden" ? hidden : origin),
      });
    }
  }
  if (baseline.kind === "architecture")
    for (const name of baseline.architecture.mandatory) offer(cells, name, baseline.architecture, origin);
  return cells;
}

/** Gives a mandatory feature its lowest level. Some exist at level zero (FEAT_BBM): what holds already stays. */
function offer(cells: Cells, name: string, architecture: Architecture, origin: Origin): void {
  const feature = findFeature(name);
  const settings = feature?.present ?? [];
  const decidable = settings.every((setting) => cells.get(settingKey(setting))?.field.role === "feature");
  if (decidable && stateOf(cells, architecture).feature(name) !== true) makePresent(cells, settings, origin);
}

/** What a version makes mandatory only beside something else, which the facilities have brought by now. */
function offerConditional(cells: Cells, architecture: Architecture, span: Span): void {
  const origin: Origin = { kind: "baseline", span, baseline: architecture.name };
  for (const { feature, when } of architecture.mandatoryIf) {
    const state = stateOf(cells, architecture);
    const given = (name: string): boolean | undefined =>
      state.feature(name) ?? (findFeature(name)?.assumed === true ? true : undefined);
    if (evaluate(when, { ...state, feature: given }) === true) offer(cells, feature, architecture, origin);
  }
}

/** Off clears a facility's fields; on leaves them to the host, but for the level that the statement names. */
function applyFacilities(cells: Cells, statements: CpuStatements, baseline: Baseline, cpuSpan: Span): void {
  const on = new Map(
    facilities.map((facility) => [facility as string, facilitySwitch(statements, facility, cpuSpan)]),
  );
  for (const [key, cell] of cells) {
    const which = cell.field.facility === undefined ? undefined : on.get(cell.field.facility);
    if (which === undefined) continue;
    // What a fleet has in common has been computed with the facilities; what its hosts cannot hide is told as it is.
    if (baseline.kind === "common" && (which.on || which.origin.kind === "default")) {
      if (!which.on && cell.value === BigInt(cell.field.absent))
        cells.set(key, { ...cell, origin: which.origin });
      continue;
    }
    cells.set(key, {
      ...cell,
      value: which.on || leaks(cell.field, which, baseline) ? "host" : BigInt(cell.field.absent),
      origin: which.origin,
    });
  }
  for (const { feature, span } of facilityFeatures(statements)) {
    // A level that is named is neither more nor less, whatever the hosts have in common.
    if (baseline.kind === "common") leaveOpen(cells, feature);
    makePresent(cells, feature.present, { kind: "statement", span });
  }
}

function leaveOpen(cells: Cells, feature: Feature): void {
  for (const setting of feature.present) {
    const cell = cells.get(settingKey(setting));
    if (cell?.field.facility !== undefined) cells.set(settingKey(setting), { ...cell, value: "host" });
  }
}

/** The features that facility statements promise: their base feature, and the level that they name. */
export function facilityFeatures(
  statements: CpuStatements,
): readonly { readonly feature: Feature; readonly span: Span }[] {
  const { sve, pmu, mte, el1, el2 } = statements.singles;
  const promised: { feature: Feature; span: Span }[] = [];
  const promise = (feature: Feature | undefined, span: Span): void => {
    if (feature !== undefined) promised.push({ feature, span });
  };
  if (sve !== undefined && sve.value !== "off") promise(findFeature("FEAT_SVE"), sve.span);
  if (el2 !== undefined && el2.value !== "off") promise(findFeature("FEAT_EL2"), el2.span);
  if (el1?.value === "aarch32")
    for (const name of ["FEAT_AA32EL0", "FEAT_AA32EL1"]) promise(findFeature(name), el1.span);
  for (const facility of [
    pmu?.value === "off" ? undefined : pmu?.value.version,
    mte?.value === "off" ? undefined : mte?.value.level,
  ])
    if (facility !== undefined) promise(facility.value, facility.span);
  return promised;
}

/** The features that a conjunction asks for; undefined for any other expression. */
export function featuresAskedFor(expr: Expr): readonly string[] | undefined {
  const parts = "all" in expr ? expr.all : [expr];
  const names = parts.map((part) => ("feat" in part ? part.feat : undefined));
  return names.every((name) => name !== undefined) ? names : undefined;
}

/**
 * What the features of a facility require comes with it: no host that has FEAT_SVE lacks FEAT_FCMA. A
 * `without` takes it away again, and is reported.
 */
function bringRequirements(
  cells: Cells,
  statements: CpuStatements,
  architecture: Architecture | undefined,
): void {
  for (const facility of facilities) {
    const stated = statements.singles[facility];
    if (stated === undefined || stated.value === "off") continue;
    for (const feature of featuresOfFacility(facility))
      bringRequirementsOf(feature, cells, stated.span, architecture);
  }
}

function bringRequirementsOf(
  feature: Feature,
  cells: Cells,
  span: Span,
  architecture: Architecture | undefined,
): void {
  if (stateOf(cells, architecture).feature(feature.name) !== true) return;
  for (const rule of constraintsOf(feature.name, "requires")) {
    const isOwn = rule.kind === "implies" && rule.when === undefined && "feat" in rule.if;
    if (!isOwn || rule.if.feat !== feature.name) continue;
    for (const name of featuresAskedFor(rule.then) ?? []) {
      const needed = findFeature(name);
      if (needed?.facility !== undefined || stateOf(cells, architecture).feature(name) !== false) continue;
      const because = `${feature.name} requires ${name} (rule ${rule.id})`;
      makePresent(cells, needed?.present ?? [], { kind: "derived", span, because });
    }
  }
}

const isStated = (origin: Origin): boolean => origin.kind === "statement";

/** Registers that a rule makes zero (ID_AA64ZFR0_EL1 without SVE): what the baseline put there goes. */
function clearByRule(cells: Cells, architecture: Architecture | undefined, span: Span): void {
  for (const { rule, why } of fieldRules()) {
    if (!("if" in rule) || !("regIsZero" in rule.then)) continue;
    if (evaluate(rule.if, stateOf(cells, architecture)) !== true) continue;
    for (const [key, cell] of cells)
      if (cell.field.register === rule.then.regIsZero && !isStated(cell.origin) && cell.value !== 0n)
        cells.set(key, { ...cell, value: 0n, origin: { kind: "derived", span, because: why } });
  }
}

/** Features that the baseline brought and that need one which is gone go with it, one after another. */
function dropDependents(
  cells: Cells,
  statements: CpuStatements,
  architecture: Architecture | undefined,
  span: Span,
): void {
  const candidates = features().filter(
    (feature) => feature.absent.length > 0 && !statements.features.has(feature.name),
  );
  for (let changed = true; changed; ) {
    changed = false;
    const state = constraintState(cells, architecture);
    for (const feature of candidates) {
      if (state.feature(feature.name) !== true) continue;
      const broken = constraintsOf(feature.name).find(
        (rule) =>
          rule.class === "requires" &&
          rule.kind === "implies" &&
          "feat" in rule.if &&
          evaluate(rule.if, state) === true &&
          evaluate(rule.then, state) === false,
      );
      const stated = feature.absent.some((setting) =>
        isStated(cells.get(settingKey(setting))?.origin ?? { kind: "statement", span }),
      );
      if (broken === undefined || stated) continue;
      makeAbsent(cells, feature, architecture, {
        kind: "derived",
        span,
        because: `${feature.name} needs what is absent (rule ${broken.id})`,
      });
      changed = true;
      break;
    }
  }
}

/** Feature statements by name, so that their order in the file has no meaning. */
const inOrder = (statements: CpuStatements): readonly Stated<FeatureStatement>[] =>
  [...statements.features.values()].sort((a, b) => (a.value.feature.name < b.value.feature.name ? -1 : 1));

function applyFeatures(
  cells: Cells,
  statements: CpuStatements,
  architecture: Architecture | undefined,
): void {
  const stated = inOrder(statements);
  for (const { value, span } of stated)
    if (!value.present) makeAbsent(cells, value.feature, architecture, { kind: "statement", span });
  for (const { value, span } of stated)
    if (value.present) makePresent(cells, value.feature.present, { kind: "statement", span });
}

/** The AArch32 registers repeat some features; where EL0 can use AArch32 they follow, unless a statement decides them. */
function applyAArch32Twins(
  cells: Cells,
  statements: CpuStatements,
  architecture: Architecture | undefined,
): void {
  if (stateOf(cells, architecture).feature("FEAT_AA32EL0") !== true) return;
  const stated = inOrder(statements);
  for (const present of [false, true])
    for (const { value, span } of stated) {
      if (value.present !== present) continue;
      const { feature } = value;
      const origin: Origin = { kind: "derived", span, because: `AArch32 view of ${feature.name}` };
      const settings = feature.presentAArch32.filter((one) => !statements.fields.has(settingKey(one)));
      if (present) makePresent(cells, settings, origin);
      else makeAbsent(cells, { ...feature, absent: settings, absentAll: true }, architecture, origin);
    }
}

/**
 * Fields that repeat a feature elsewhere follow it, unless a statement decides them: ID_AA64ZFR0_EL1.BF16 repeats
 * ID_AA64ISAR1_EL1.BF16 where SVE exists.
 */
function applyTwins(
  cells: Cells,
  statements: CpuStatements,
  architecture: Architecture | undefined,
  baselineSpan: Span,
): void {
  for (const feature of featuresWithTwins()) {
    const state = stateOf(cells, architecture);
    const present = state.feature(feature.name);
    if (present === undefined) continue;
    const span = statements.features.get(feature.name)?.span ?? baselineSpan;
    const origin: Origin = { kind: "derived", span, because: `repeats ${feature.name}` };
    for (const twin of feature.twins) {
      const settings = twin.settings.filter((setting) => !statements.fields.has(settingKey(setting)));
      if (evaluate(twin.when, state) !== true) continue;
      if (present) makePresent(cells, settings, origin);
      else makeAbsent(cells, { ...feature, absent: settings, absentAll: true }, architecture, origin);
    }
  }
}

function applyFields(cells: Cells, statements: CpuStatements): void {
  for (const [key, { value, span }] of statements.fields) {
    const cell = cells.get(key);
    if (cell !== undefined)
      cells.set(key, { ...cell, value: value.value, origin: { kind: "statement", span } });
  }
}

/** The registers that name the implementation, with the statements that decide each as a whole. */
export const identityRegisters = [
  { statement: "midr", register: "MIDR_EL1" },
  { statement: "revidr", register: "REVIDR_EL1" },
  { statement: "aidr", register: "AIDR_EL1" },
] as const;

/** MIDR_EL1 and its like are stated as a whole and decided field by field. */
function applyIdentity(cells: Cells, statements: CpuStatements): void {
  for (const { statement, register } of identityRegisters) {
    const stated = statements.singles[statement];
    if (stated === undefined) continue;
    for (const [key, cell] of cells) {
      if (cell.field.register !== register) continue;
      const value = stated.value === "host" ? "host" : fieldOf(stated.value, cell.field);
      cells.set(key, { ...cell, value, origin: { kind: "statement", span: stated.span } });
    }
  }
}

function architectureOf(baseline: Baseline): Architecture | undefined {
  switch (baseline.kind) {
    case "host":
      return undefined;
    case "core":
      return findArchitecture(baseline.core.arch);
    case "architecture":
      return baseline.architecture;
    case "common":
      return baseline.cpu?.architecture;
  }
}

/** Undefined where there is no baseline, or its values are not known. */
export function resolveCpu(statements: CpuStatements, cpuSpan: Span): ResolvedCpu | undefined {
  const stated = statements.singles.baseline;
  if (stated === undefined) return undefined;
  const baseline = stated.value;
  if (baseline.kind === "common" && baseline.cpu === undefined) return undefined;
  const architecture = architectureOf(baseline);
  const cells = baselineCells(baseline, stated.span);
  applyFacilities(cells, statements, baseline, cpuSpan);
  if (baseline.kind === "architecture") offerConditional(cells, baseline.architecture, stated.span);
  bringRequirements(cells, statements, architecture);
  clearByRule(cells, architecture, stated.span);
  if (baseline.kind === "core") dropDependents(cells, statements, architecture, stated.span);
  const before: Cells = new Map(cells);
  applyFeatures(cells, statements, architecture);
  applyFields(cells, statements);
  applyTwins(cells, statements, architecture, stated.span);
  applyAArch32Twins(cells, statements, architecture);
  applyIdentity(cells, statements);
  return { cells, before, architecture, baseline };
}

/** Cells as the contract holds them: every register in order of id, its fields from the top. */
export function registerContracts(cells: Cells): readonly RegisterContract[] {
  return contractRegisters().map((register) => ({
    name: register.name,
    id: register.id,
    fields: register.fields.map((field) => {
      const cell = cells.get(fieldKey(field));
      if (cell === undefined) throw new Error(`no cell for ${fieldKey(field)}`);
      return { name: field.name, lsb: field.lsb, width: field.width, value: cell.value, origin: cell.origin };
    }),
  }));
}
