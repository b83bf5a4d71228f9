/** What else is to be said of a CPU model: statements that cannot be kept, say nothing new, or promise too much. */

import { spanText } from "../../diagnostics/span.ts";
import {
  cpuByMidr,
  cpuHas,
  evaluate,
  type Feature,
  featuresWithHwcap,
  feature as findFeature,
  field as findField,
} from "../../tables/index.ts";
import { hasErrorAt, type Report } from "../report.ts";
import { printFieldValue } from "../values.ts";
import { facilityUsage, reportNeed } from "./needs.ts";
import { facilities, facilityFeatures, identityRegisters, isFacility, type ResolvedCpu } from "./resolve.ts";
import { settingKey, stateOf } from "./state.ts";
import type { CpuStatements, FeatureStatement, FieldStatement, Singles, Stated } from "./statements.ts";

type StatedFeature = Stated<FeatureStatement>;

/** Whether `with` and `without` can decide a feature; reports where they cannot. */
function isDecidable({ value: { feature, present }, span }: StatedFeature, report: Report): boolean {
  if (feature.facility !== undefined) {
    const level = feature.facility === "pmu" ? "version" : "level";
    const isSwitch = !["pmu", "mte"].includes(feature.facility) || feature.present.length === 0;
    const help = !present
      ? `\`${feature.facility} off\``
      : isSwitch
        ? facilityUsage(feature.facility)
        : `\`${feature.facility} on { ${level} ${feature.name} }\``;
    report.add(
      "feature-of-facility",
      span,
      { feature: feature.name, facility: feature.facility },
      { help: [`write ${help}`] },
    );
    return false;
  }
  if (feature.present.length === 0) {
    report.add("feature-without-field", span, { feature: feature.name });
    return false;
  }
  const hidden = feature.present
    .map((setting) => findField(setting.reg, setting.field))
    .find((field) => field?.role === "hidden");
  if (present && hidden !== undefined) {
    report.add(
      "feature-never-offered",
      span,
      { feature: feature.name },
      {
        notes: [
          `KVM shows ${hidden.register}.${hidden.name} as zero to every guest${hidden.hiddenSince === undefined ? "" : ` since linux ${hidden.hiddenSince}`} (${hidden.source})`,
        ],
      },
    );
    return false;
  }
  return true;
}

/** Whether a `field` statement can decide its field beside these facilities; reports where it cannot. */
function isDecidableField(
  key: string,
  { value: { field, value }, span }: Stated<FieldStatement>,
  singles: Singles,
  report: Report,
): boolean {
  if (field.role === "hidden" && value !== 0n && value !== "host") {
    report.add(
      "field-never-offered",
      span,
      { field: key },
      { notes: [`KVM shows it as zero to every guest (${field.source})`] },
    );
    return false;
  }
  const stated = facilitiesOf(singles).get(field.facility ?? "");
  const off = stated === undefined || stated.value === "off";
  if (
    field.role !== "facility" ||
    !isFacility(field.facility) ||
    !off ||
    value === BigInt(field.absent) ||
    value === "host"
  )
    return true;
  report.add(
    "field-of-facility",
    span,
    { field: key, facility: field.facility },
    {
      ...(stated === undefined ? {} : { related: [{ span: stated.span, message: "switched off here" }] }),
    },
  );
  return false;
}

const facilitiesOf = (singles: Singles): ReadonlyMap<string, Stated<unknown> | undefined> =>
  new Map(facilities.map((facility) => [facility, singles[facility]]));

/** Inherited fields without those of a facility that the heir switches off, which are reported. */
export function decidableInherited(
  statements: CpuStatements,
  own: CpuStatements,
  report: Report,
): CpuStatements {
  const fields = [...statements.fields].filter(
    ([key, stated]) => own.fields.has(key) || isDecidableField(key, stated, statements.singles, report),
  );
  return { ...statements, fields: new Map(fields) };
}

/** Own statements without those that cannot be decided this way, which are reported. */
export function decidable(own: CpuStatements, inherited: Singles, report: Report): CpuStatements {
  const singles = { ...inherited, ...own.singles };
  return {
    ...own,
    features: new Map([...own.features].filter(([, stated]) => isDecidable(stated, report))),
    fields: new Map(
      [...own.fields].filter(([key, stated]) => isDecidableField(key, stated, singles, report)),
    ),
  };
}

/** A statement that another statement undoes: `with FEAT_LSE` beside `field ID_AA64ISAR0_EL1.Atomic = 0`. */
function checkKept(
  { value: { feature, present }, span }: StatedFeature,
  resolved: ResolvedCpu,
  report: Report,
): boolean {
  const holds = stateOf(resolved.cells, resolved.architecture).feature(feature.name);
  if (holds === undefined || holds === present) return false;
  const state = stateOf(resolved.cells, resolved.architecture);
  const settings = [...feature.present, ...feature.absent];
  const cell = settings
    .map((setting) => resolved.cells.get(settingKey(setting)))
    .find(
      (one) =>
        one?.origin.kind === "statement" &&
        (one.origin.span.start !== span.start || one.origin.span.file !== span.file),
    );
  if (cell === undefined && present && reportNeed(feature, span, state, report)) return true;
  // A feature in a list is named with its verb; a facility's level (`level FEAT_MTE3`) stands for itself.
  const text = spanText(span).replace(/\s+/g, " ");
  const statement = text === feature.name ? `${present ? "with" : "without"} ${text}` : text;
  report.add(
    "feature-undone",
    span,
    { statement, feature: feature.name, state: present ? "absent" : "present" },
    {
      related:
        cell === undefined
          ? []
          : [
              {
                span: cell.origin.span,
                message: `decides ${cell.field.register}.${cell.field.name} = ${printFieldValue(cell.field, cell.value)}`,
              },
            ],
    },
  );
  return true;
}

function checkNeeded(
  { value: { feature, present }, span, override }: StatedFeature,
  resolved: ResolvedCpu,
  report: Report,
): void {
  const before = stateOf(resolved.before, resolved.architecture).feature(feature.name);
  if (override === undefined && before === present && !hasErrorAt(report, span))
    report.add("needless-feature", span, {
      word: present ? "with" : "without",
      feature: feature.name,
      state: present ? "there" : "absent",
    });
}

const isMandatory = (feature: Feature, resolved: ResolvedCpu): boolean => {
  const { architecture } = resolved;
  if (architecture === undefined) return false;
  if (architecture.mandatory.includes(feature.name)) return true;
  const state = stateOf(resolved.cells, architecture);
  return architecture.mandatoryIf.some(
    (rule) => rule.feature === feature.name && evaluate(rule.when, state) === true,
  );
};

function checkVersion(
  { value: { feature, present }, span }: StatedFeature,
  resolved: ResolvedCpu,
  report: Report,
): void {
  const { architecture } = resolved;
  if (architecture === undefined) return;
  if (!present && isMandatory(feature, resolved))
    report.add("mandatory-feature-absent", span, { feature: feature.name, architecture: architecture.name });
  if (present && architecture.prohibits.includes(feature.name))
    report.add("feature-prohibited", span, { feature: feature.name, architecture: architecture.name });
  else if (present && feature.since !== null && !architecture.includes.includes(feature.since))
    report.add("feature-newer-than-baseline", span, {
      feature: feature.name,
      since: feature.since,
      architecture: architecture.name,
    });
}

function checkFields(
  resolved: ResolvedCpu,
  own: CpuStatements,
  statements: CpuStatements,
  report: Report,
): void {
  // A field beside a feature that it takes part in is that feature's affair: see `feature-undone`.
  const ofFeatures = new Set(
    [...statements.features.values()].flatMap(({ value }) =>
      [
        ...value.feature.present,
        ...value.feature.absent,
        ...value.feature.presentAArch32,
        ...value.feature.twins.flatMap((twin) => twin.settings),
      ].map(settingKey),
    ),
  );
  for (const [key, { value, span, override }] of own.fields) {
    const { field } = value;
    const before = resolved.before.get(key);
    if (ofFeatures.has(key)) continue;
    if (
      override === undefined &&
      before !== undefined &&
      before.value === value.value &&
      before.origin.kind === "baseline" &&
      // To leave open what a fleet's hosts do not agree on is a decision.
      !(before.origin.fleet !== undefined && value.value === "host") &&
      !hasErrorAt(report, span)
    )
      report.add("needless-field", span, { field: key, value: printFieldValue(field, value.value) });
  }
}

function checkCombinations(statements: CpuStatements, report: Report): void {
  const { el1, el2, mte } = statements.singles;
  if (el1?.value !== "aarch32") return;
  for (const [name, other] of [["el2", el2] as const, ["mte", mte] as const])
    if (other !== undefined && other.value !== "off")
      report.add(
        "aarch32-excludes",
        el1.span,
        { facility: name },
        { related: [{ span: other.span, message: "switched on here" }] },
      );
}

/** A field of a register that another statement decides as a whole. */
function checkIdentityFields(statements: CpuStatements, report: Report): void {
  for (const { statement, register } of identityRegisters) {
    const whole = statements.singles[statement];
    if (whole === undefined) continue;
    for (const [key, { value, span }] of statements.fields)
      if (value.field.register === register)
        report.add(
          "field-repeated",
          span,
          { field: key },
          { related: [{ span: whole.span, message: `\`${statement}\` decides all of ${register}` }] },
        );
  }
}

/** The identity of a core whose features the guest does not all have: software that asks MIDR first is led astray. */
function checkIdentity(resolved: ResolvedCpu, statements: CpuStatements, report: Report): void {
  const { midr } = statements.singles;
  if (midr === undefined || midr.value === "host") return;
  const core = cpuByMidr(midr.value);
  if (core === undefined) return;
  const state = stateOf(resolved.cells, resolved.architecture);
  const missing = featuresWithHwcap()
    .map((feature) => feature.name)
    .filter((name) => state.feature(name) === false && cpuHas(core, name));
  if (missing.length === 0) return;
  const named =
    missing.slice(0, 6).join(", ") + (missing.length > 6 ? ` and ${missing.length - 6} more` : "");
  const related = missing
    .flatMap((name) => findFeature(name)?.present.slice(0, 1) ?? [])
    .map((setting) => resolved.cells.get(settingKey(setting)))
    .filter((cell) => cell !== undefined && cell.origin.kind === "statement")
    .map((cell) => cell?.origin.span)
    .filter((span) => span !== undefined);
  const [first] = related;
  report.add(
    "identity-promises-more",
    midr.span,
    { core: core.name, features: named },
    {
      ...(first === undefined ? {} : { related: [{ span: first, message: "taken away here" }] }),
    },
  );
}

/** In the order in which a reader wants them: what cannot be kept first, then what is odd. */
export function lintCpu(
  resolved: ResolvedCpu,
  statements: CpuStatements,
  own: CpuStatements,
  report: Report,
): void {
  for (const stated of own.features.values()) {
    if (checkKept(stated, resolved, report)) continue;
    checkNeeded(stated, resolved, report);
    checkVersion(stated, resolved, report);
  }
  // What a parent states holds for its heirs too; what it has been told already is not said twice.
  for (const [name, stated] of statements.features)
    if (!own.features.has(name)) checkKept(stated, resolved, report);
  for (const { feature, span } of facilityFeatures(statements))
    checkKept({ value: { feature, present: true }, span, override: undefined }, resolved, report);
  checkFields(resolved, own, statements, report);
  checkIdentityFields(statements, report);
  checkCombinations(statements, report);
  checkIdentity(resolved, statements, report);
}
