/** Pages of ID-register fields. */
import {
  type ExprState,
  evaluate,
  type Feature,
  type Field,
  features,
  field,
  fieldKey,
  fieldMask,
  idRegister,
  idRegisters,
  kernelRules,
  mentioned,
  printExpr,
  type SafeKind,
  signedValue,
} from "../tables/index.ts";
import { fact, type Page, table } from "./page.ts";
import { bitRange, registerId, sourceWords, writableByKernel } from "./words.ts";

const safeWords: Readonly<Record<SafeKind, string>> = {
  lower: "lower: of two CPUs' values the smaller is safe",
  higher: "higher: of two CPUs' values the larger is safe",
  "higher-or-zero": "higher or zero: the larger is safe, but zero is above all",
  exact: "exact: two CPUs must agree, else the safe value shows",
};

/** Who decides the field in a guest. */
export function roleWords(of: Field): string {
  switch (of.role) {
    case "feature":
      return "feature: FEAT_ names and the baseline decide it (`with`, `without`, `field`)";
    case "facility":
      return `facility: the statement \`${of.facility ?? ""}\` decides it`;
    case "size":
      return "size: `field` or a named core decides it; an architecture version leaves it to the host";
    case "host":
      return "host: KVM shows the host's value and lets nobody change it";
    case "hidden":
      return of.hiddenSince === undefined
        ? "hidden: KVM shows zero to every guest"
        : `hidden: KVM shows zero to every guest from Linux ${of.hiddenSince}, the host's value before`;
    case "identity":
      return "identity: names the implementation (`midr`, `revidr`, `aidr`)";
    case "aarch32":
      return "aarch32: meaningful where EL0 can use AArch32; `field` or a named core decides it";
  }
}

/** Whether a feature is there when the field has a value and nothing else is known. */
function shownAt(feature: Feature, of: Field, value: number): boolean {
  if (feature.advertisedBy === undefined) return false;
  const state: ExprState = {
    arch: () => undefined,
    feature: () => undefined,
    field: (register, name) =>
      register === of.register && (name === of.name || name === of.linuxName) ? value : undefined,
  };
  return evaluate(feature.advertisedBy, state) === true;
}

const mentions = (feature: Feature, of: Field): boolean => {
  let found = false;
  if (feature.advertisedBy !== undefined)
    mentioned(feature.advertisedBy, {
      field: (register, name) => {
        if (register === of.register && (name === of.name || name === of.linuxName)) found = true;
      },
    });
  return found;
};

const mostValues = 64;

/** A value, its name, and the features that it is the first to show. */
function valueRows(of: Field, related: readonly Feature[]): readonly Readonly<Record<string, string>>[] {
  const all = Array.from({ length: 2 ** Math.min(of.width, 6) }, (_, value) => value);
  const ordered = all.sort((a, b) => signedValue(of, a) - signedValue(of, b));
  const seen = new Set<Feature>();
  return ordered.flatMap((value) => {
    const shown = related.filter((feature) => !seen.has(feature) && shownAt(feature, of, value));
    for (const feature of shown) seen.add(feature);
    const unit = of.unit?.codes[value];
    const name = of.values?.[value] ?? (unit === undefined ? undefined : `${unit} ${of.unit?.name ?? ""}`);
    if (name === undefined && (shown.length === 0 || ordered.length > mostValues)) return [];
    return [
      { value: String(value), name: name ?? "", features: shown.map((feature) => feature.name).join(", ") },
    ];
  });
}

export function fieldPage(of: Field): Page {
  const register = idRegister(of.register);
  const related = features().filter((feature) => mentions(feature, of));
  const rows = valueRows(of, related);
  const first = new Set(rows.flatMap((row) => (row.features ?? "").split(", ")));
  const partly = related.filter((feature) => !first.has(feature.name));
  const mask = fieldMask(of);
  return {
    kind: "field",
    name: fieldKey(of),
    title: `bits ${bitRange(of.lsb, of.width)} of ${of.register}`,
    facts: [
      fact(
        "register",
        "register",
        register === undefined ? of.register : `${of.register}, KVM id ${registerId(register.id)}`,
      ),
      fact("linuxName", "in Linux", of.linuxName),
      fact("bits", "bits", bitRange(of.lsb, of.width)),
      fact("order", "order", of.signed ? "signed: the top bit set orders below zero" : "unsigned"),
      fact("absent", "absent", `${of.absent} means that there is nothing`),
      fact("role", "decided by", roleWords(of)),
      fact(
        "safe",
        "KVM's safe",
        of.safe === undefined
          ? undefined
          : `${safeWords[of.safe]}${of.safeValue === undefined ? "" : ` (safe value ${of.safeValue})`}`,
      ),
      fact("cap", "capped", of.cap === undefined ? undefined : `KVM shows at most ${of.cap}`),
      fact(
        "declared",
        "known to",
        of.declared === undefined
          ? "no known kernel's table of features: KVM shows zero"
          : of.declared === kernelRules()[0]?.series
            ? "every kernel of the tables"
            : `Linux ${of.declared} and newer; older kernels show zero`,
      ),
      fact(
        "partOf",
        "takes part in",
        partly.map((feature) =>
          feature.advertisedBy === undefined
            ? feature.name
            : `${feature.name} (${printExpr(feature.advertisedBy)})`,
        ),
      ),
      fact("source", "source", sourceWords(of.source)),
    ],
    sections: [
      table(
        "values",
        "Values, and the features that each is the first to show",
        ["value", "name", "features"],
        rows,
      ),
      table(
        "writable",
        "Written by user space",
        ["kernels", "writable", "basis"],
        writableByKernel(of.register, mask),
      ),
    ],
  };
}

/** `REGISTER.FIELD` in Arm's or Linux' spelling; a field's name alone where only one register has it. */
export function fieldPages(subject: string): readonly Page[] {
  const dot = subject.indexOf(".");
  if (dot !== -1) {
    const found = field(subject.slice(0, dot), subject.slice(dot + 1));
    return found === undefined ? [] : [fieldPage(found)];
  }
  const named = idRegisters()
    .flatMap((register) => register.fields)
    .filter((one) => one.name === subject || one.linuxName === subject);
  const [only, ...others] = named;
  return only === undefined || others.length > 0 ? [] : [fieldPage(only)];
}

export const fieldNames = (): readonly string[] =>
  idRegisters().flatMap((register) => register.fields.map((one) => fieldKey(one)));
