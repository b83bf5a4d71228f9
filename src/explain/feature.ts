/** Pages of FEAT_ names. */
import {
  architectures,
  type Constraint,
  capability,
  constraints,
  constraintsOf,
  cpus,
  type Feature,
  type FieldSetting,
  feature,
  features,
  field,
  fieldMask,
  fieldRules,
  printExpr,
  valueName,
  vcpuFeatures,
} from "../tables/index.ts";
import { fact, type Page, table } from "./page.ts";
import { archWords, sourceWords, writableByKernel } from "./words.ts";

function settingWords({ reg, field: name, value, how }: FieldSetting, present: boolean): string {
  const of = field(reg, name);
  // "below 1 (IMP)" would say what is absent as if it were there.
  const word = of === undefined || (!present && how === "min") ? undefined : valueName(of, value);
  const sign = how === "eq" ? "=" : present ? "at least" : "below";
  return `${reg}.${name} ${sign} ${value}${word === undefined ? "" : ` (${word})`}`;
}

function ruleWords(rule: Constraint): string {
  const sign = rule.kind === "iff" ? "exactly where" : "requires";
  const when = rule.when === undefined ? "" : `, demanded where ${printExpr(rule.when)}`;
  return `${printExpr(rule.if)} ${sign} ${printExpr(rule.then)}${when}`;
}

/** What KVM makes of it: which kernels let user space decide its fields. */
function kvmWords(of: Feature): readonly string[] {
  const settings = of.present.length > 0 ? of.present : of.absent;
  const decided = settings.flatMap(({ reg, field: name }) => {
    const found = field(reg, name);
    if (found === undefined) return [];
    if (found.role === "hidden") return [`${reg}.${name} is hidden from guests`];
    if (found.role === "host") return [`${reg}.${name} is the host's`];
    const mask = fieldMask(found);
    const runs = writableByKernel(reg, mask)
      .filter(({ writable }) => writable !== "no")
      .map(({ kernels }) => kernels);
    return [
      runs.length === 0
        ? `no known kernel lets user space write ${reg}.${name}`
        : `user space writes ${reg}.${name} on Linux: ${runs.join("; ")}`,
    ];
  });
  const switches = vcpuFeatures()
    .filter((row) => of.facility !== undefined && row.name.toLowerCase().startsWith(of.facility))
    .map((row) => {
      const cap = row.capability === null ? undefined : capability(row.capability)?.name;
      return `vCPU feature ${row.name}${cap === undefined ? "" : ` (${cap})`}`;
    });
  return [...decided, ...switches];
}

export function featurePage(of: Feature): Page {
  const needs = constraintsOf(of.name, "requires");
  const requiredBy = features()
    .filter((other) => other.requires.includes(of.name))
    .map(({ name }) => name);
  const excludedBy = features()
    .filter((other) => other.excludes.includes(of.name))
    .map(({ name }) => name);
  const lints = [...constraints("mandatory"), ...constraints("since")].filter(
    (rule) => rule.owner === of.name,
  );
  const places = new Set(of.present.map(({ reg, field: name }) => `${reg}.${name}`));
  const rules = fieldRules().filter((row) => [...places].some((place) => mentionsPlace(row.rule, place)));
  const mandatory = architectures().find((arch) => arch.mandatory.includes(of.name));
  return {
    kind: "feature",
    name: of.name,
    title: of.title,
    facts: [
      fact("since", "since", archWords(of.since)),
      fact("introduced", "introduced", of.introducedIn === of.since ? undefined : archWords(of.introducedIn)),
      fact(
        "mandatory",
        "mandatory",
        of.mandatoryFrom === null
          ? (archWords(mandatory?.name ?? null) ?? "never")
          : `from ${archWords(of.mandatoryFrom)}`,
      ),
      fact(
        "advertisedBy",
        "shown by",
        of.advertisedBy === undefined ? "no field" : printExpr(of.advertisedBy),
      ),
      fact(
        "present",
        "with it",
        of.present.map((one) => settingWords(one, true)),
      ),
      fact(
        "absent",
        "without it",
        of.absentAll === true
          ? of.absent.map((one) => settingWords(one, false))
          : of.absent.map((one) => settingWords(one, false)).join(", or "),
      ),
      fact(
        "aarch32",
        "in AArch32",
        of.presentAArch32.map((one) => settingWords(one, true)),
      ),
      fact("limits", "limits", of.limits),
      fact(
        "decidedBy",
        "decided by",
        of.facility === undefined
          ? of.present.length === 0
            ? "no statement"
            : "`with`, `without`"
          : `the statement \`${of.facility}\``,
      ),
      fact("requires", "requires", of.requires),
      fact("requiredBy", "required by", requiredBy),
      fact("excludes", "excludes", [...new Set([...of.excludes, ...excludedBy])]),
      fact("hwcap", "hwcap", of.hwcap),
      fact("cpuinfo", "/proc/cpuinfo", of.cpuinfo),
      fact("kvm", "in KVM", kvmWords(of).join(". ")),
      fact(
        "cores",
        "cores",
        cpus()
          .filter((core) => core.features.includes(of.name))
          .map(({ name }) => name),
      ),
      fact("source", "source", sourceWords(of.source)),
    ],
    sections: [
      table(
        "rules",
        "Rules, errors when broken",
        ["id", "rule"],
        [
          ...needs.map((rule) => ({ id: rule.id, rule: ruleWords(rule) })),
          ...rules.map((row) => ({ id: row.id, rule: row.why })),
        ],
      ),
      table(
        "lints",
        "Rules of versions, warnings when broken",
        ["id", "rule"],
        lints.map((rule) => ({ id: rule.id, rule: ruleWords(rule) })),
      ),
    ],
  };
}

/** Whether a rule over fields speaks of `REGISTER.FIELD`. */
function mentionsPlace(rule: object, place: string): boolean {
  const [reg, name] = place.split(".");
  const visit = (value: unknown): boolean => {
    if (typeof value !== "object" || value === null) return false;
    if ("reg" in value && "field" in value && value.reg === reg && value.field === name) return true;
    return Object.values(value).some(visit);
  };
  return visit(rule);
}

export function featurePages(name: string): readonly Page[] {
  const found = feature(name);
  return found === undefined ? [] : [featurePage(found)];
}

export const featureNames = (): readonly string[] => features().map(({ name }) => name);
