/** What else is to be said of a CPU model: statements that cannot be kept, say nothing new, or promise too much. */
import { cpus, type Feature, feature as findFeature, evaluate } from "../../tables/index.ts";
import type { Report } from "../report.ts";
import { printFieldValue } from "../values.ts";
import type { ResolvedCpu } from "./resolve.ts";
import { settingKey, stateOf } from "./state.ts";
import type { CpuStatements, FeatureStatement, Stated } from "./statements.ts";

type StatedFeature = Stated<FeatureStatement>;

/** Features that `with` and `without` cannot decide. True when one was reported. */
function checkDecidable({ value: { feature, present }, span }: StatedFeature, resolved: ResolvedCpu, report: Report): boolean {
  if (feature.facility !== undefined) {
    const level = feature.facility === "pmu" ? "version" : "level";
    const isSwitch = !["pmu", "mte"].includes(feature.facility) || feature.present.length === 0;
    const help = !present ? `${feature.facility} off` : isSwitch ? `${feature.facility} …` : `${feature.facility} on { ${level} ${feature.name} }`;
    report.add("feature-of-facility", span, { feature: feature.name, facility: feature.facility }, { help: [`write \`${help}\``] });
    return true;
  }
  if (feature.present.length === 0) {
    report.add("feature-without-field", span, { feature: feature.name });
    return true;
  }
  const hidden = feature.present.map((setting) => resolved.cells.get(settingKey(setting))?.field).find((field) => field?.role === "hidden");
  if (present && hidden !== undefined) {
    report.add("feature-never-offered", span, { feature: feature.name }, {
      notes: [`KVM shows ${hidden.register}.${hidden.name} as zero to every guest${hidden.hiddenSince === undefined ? "" : ` since linux ${hidden.hiddenSince}`} (${hidden.source})`],
    });
    return true;
  }
  return false;
}

/** A statement that another statement undoes: `with FEAT_LSE` beside `field ID_AA64ISAR0_EL1.Atomic = 0`. */
function checkKept({ value: { feature, present }, span }: StatedFeature, resolved: ResolvedCpu, report: Report): boolean {
  const holds = stateOf(resolved.cells, resolved.architecture).feature(feature.name);
  if (holds === undefined || holds === present) return false;
  const settings = [...feature.present, ...feature.absent];
  const cell = settings
    .map((setting) => resolved.cells.get(settingKey(setting)))
    .find((one) => one?.origin.kind === "statement" && (one.origin.span.start !== span.start || one.origin.span.file !== span.file));
  report.add("feature-undone", span, { feature: feature.name, state: present ? "absent" : "present" }, {
    related: cell === undefined ? [] : [{ span: cell.origin.span, message: `decides ${cell.field.register}.${cell.field.name} = ${printFieldValue(cell.field, cell.value)}` }],
  });
  return true;
}

function checkNeeded({ value: { feature, present }, span, override }: StatedFeature, resolved: ResolvedCpu, report: Report): void {
  const before = stateOf(resolved.before, resolved.architecture).feature(feature.name);
  if (override === undefined && before === present)
    report.add("needless-feature", span, { word: present ? "with" : "without", feature: feature.name, state: present ? "there" : "absent" });
}

const isMandatory = (feature: Feature, resolved: ResolvedCpu): boolean => {
  const { architecture } = resolved;
  if (architecture === undefined) return false;
  if (architecture.mandatory.includes(feature.name)) return true;
  const state = stateOf(resolved.cells, architecture);
  return architecture.mandatoryIf.some((rule) => rule.feature === feature.name && evaluate(rule.when, state) === true);
};

function checkVersion({ value: { feature, present }, span }: StatedFeature, resolved: ResolvedCpu, report: Report): void {
  const { architecture } = resolved;
  if (architecture === undefined) return;
  if (!present && isMandatory(feature, resolved))
    report.add("mandatory-feature-absent", span, { feature: feature.name, architecture: architecture.name });
  if (present && feature.since !== null && !architecture.includes.includes(feature.since))
    report.add("feature-newer-than-baseline", span, { feature: feature.name, since: feature.since, architecture: architecture.name });
}

function checkFields(resolved: ResolvedCpu, statements: CpuStatements, report: Report): void {
  for (const [key, { value, span, override }] of statements.fields) {
    const { field } = value;
    if (field.role === "hidden" && value.value !== 0n && value.value !== "host") {
      report.add("field-never-offered", span, { field: key }, { notes: [`KVM shows it as zero to every guest (${field.source})`] });
      continue;
    }
    if (field.role === "facility" && field.facility !== undefined && field.facility !== "gic") {
      const stated = statements.singles[field.facility as "sve"];
      const off = stated === undefined || stated.value === "off";
      if (off && value.value !== BigInt(field.absent) && value.value !== "host") {
        report.add("field-of-facility", span, { field: key, facility: field.facility }, {
          ...(stated === undefined ? {} : { related: [{ span: stated.span, message: "switched off here" }] }),
        });
        continue;
      }
    }
    const before = resolved.before.get(key);
    if (override === undefined && before !== undefined && before.value === value.value && before.origin.kind === "baseline")
      report.add("needless-field", span, { field: key, value: printFieldValue(field, value.value) });
  }
}

function checkCombinations(statements: CpuStatements, report: Report): void {
  const { el1, el2, mte } = statements.singles;
  if (el1?.value !== "aarch32") return;
  for (const [name, other] of [["el2", el2] as const, ["mte", mte] as const])
    if (other !== undefined && other.value !== "off")
      report.add("aarch32-excludes", el1.span, { facility: name }, { related: [{ span: other.span, message: "switched on here" }] });
}

/** The identity of a core whose features the guest does not all have: software that asks MIDR first is led astray. */
function checkIdentity(resolved: ResolvedCpu, statements: CpuStatements, report: Report): void {
  const { midr } = statements.singles;
  if (midr === undefined || midr.value === "host") return;
  const partOf = (value: bigint): bigint => value & 0xff00_fff0n;
  const wanted = partOf(midr.value);
  const core = cpus().find((one) => one.midr !== null && partOf(one.midr) === wanted);
  if (core === undefined) return;
  const state = stateOf(resolved.cells, resolved.architecture);
  const missing = core.features.filter((name) => findFeature(name)?.hwcap !== undefined && state.feature(name) === false);
  if (missing.length === 0) return;
  const named = missing.slice(0, 6).join(", ") + (missing.length > 6 ? ` and ${missing.length - 6} more` : "");
  const related = missing
    .flatMap((name) => findFeature(name)?.present.slice(0, 1) ?? [])
    .map((setting) => resolved.cells.get(settingKey(setting)))
    .filter((cell) => cell !== undefined && cell.origin.kind === "statement")
    .map((cell) => cell?.origin.span)
    .filter((span) => span !== undefined);
  const [first] = related;
  report.add("identity-promises-more", midr.span, { core: core.name, features: named }, {
    ...(first === undefined ? {} : { related: [{ span: first, message: "taken away here" }] }),
  });
}

/** In the order in which a reader wants them: what cannot be kept first, then what is odd. */
export function lintCpu(resolved: ResolvedCpu, statements: CpuStatements, own: CpuStatements, report: Report): void {
  for (const stated of own.features.values()) {
    if (checkDecidable(stated, resolved, report)) continue;
    if (checkKept(stated, resolved, report)) continue;
    checkNeeded(stated, resolved, report);
    checkVersion(stated, resolved, report);
  }
  checkFields(resolved, { ...own, singles: statements.singles }, report);
  checkCombinations(statements, report);
  checkIdentity(resolved, statements, report);
}

