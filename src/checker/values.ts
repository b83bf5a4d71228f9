/** Reads single arguments: numbers, field values, features, fields. Each reports what is wrong and then answers undefined. */
import type { Details } from "../diagnostics/diagnostic.ts";
import type { Span } from "../diagnostics/span.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { Atom, Word } from "../parser/ast.ts";
import { isNumber, parseInteger, parseVersion } from "../parser/numbers.ts";
import {
  contractRegisters,
  type Feature,
  type Field,
  featureAliases,
  features,
  fieldKey,
  feature as findFeature,
  field as findField,
  type IdRegister,
  idRegister,
  idRegisters,
  systemRegister,
} from "../tables/index.ts";
import { replaceFix } from "./forms.ts";
import type { Report } from "./report.ts";

export const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

export function wordText(atom: Atom): string {
  return atom.kind === "word" ? atom.text : "";
}

/** A whole number. The parser has already refused malformed ones; versions (`1.1`) are refused here. */
export function readInteger(atom: Atom, report: Report): bigint | undefined {
  if (atom.kind !== "number") return undefined;
  const value = parseInteger(atom.text);
  if (value === undefined && parseVersion(atom.text) !== undefined && atom.text.includes("."))
    report.add("whole-number-expected", atom.span, { found: atom.text });
  return value;
}

/** A whole number between two bounds, both in. `what` names it in the message. */
export function readBounded(
  atom: Atom,
  what: string,
  least: bigint,
  most: bigint,
  report: Report,
  print: (value: bigint) => string = String,
): bigint | undefined {
  const value = readInteger(atom, report);
  if (value === undefined) return undefined;
  if (value >= least && value <= most) return value;
  report.add("number-out-of-range", atom.span, {
    what,
    value: print(value),
    least: print(least),
    most: print(most),
  });
  return undefined;
}

/** A number with its unit behind it, as `40 bits`. */
export function readBits(
  atoms: readonly Atom[],
  what: string,
  least: bigint,
  most: bigint,
  report: Report,
): number | undefined {
  const [number, unit] = atoms;
  if (number === undefined || (number.kind === "number" && !isNumber(number.text))) return undefined;
  if (unit === undefined) {
    report.add(
      "unit-missing",
      number.span,
      { unit: "bits" },
      {
        fixes: [
          {
            title: "add the unit",
            confidence: "safe",
            edits: [{ span: { ...number.span, start: number.span.end }, text: " bits" }],
          },
        ],
      },
    );
    return undefined;
  }
  if (wordText(unit) !== "bits") {
    report.add(
      "unit-unknown",
      unit.span,
      { unit: wordText(unit), expected: "bits" },
      { fixes: [replaceFix(unit.span, "bits")] },
    );
    return undefined;
  }
  const value = readBounded(number, what, least, most, report);
  return value === undefined ? undefined : Number(value);
}

export function readFeature(atom: Atom, report: Report): Feature | undefined {
  const name = wordText(atom);
  const found = findFeature(name);
  if (found !== undefined) return found;
  const alias = featureAliases().get(name.toLowerCase());
  const suggestions =
    alias === undefined
      ? didYouMean(
          name,
          features().map((one) => one.name),
        )
      : [alias];
  const [first] = suggestions;
  report.add(
    "unknown-feature",
    atom.span,
    { name },
    {
      ...(first === undefined
        ? {}
        : { label: `did you mean ${suggestions.map((one) => `\`${one}\``).join(" or ")}?` }),
      fixes: first === undefined ? [] : [replaceFix(atom.span, first)],
    },
  );
  return undefined;
}

function reportUnknownRegister(name: string, span: Span, report: Report): void {
  if (systemRegister(name) !== undefined) {
    report.add(
      "unknown-register",
      span,
      { name },
      { label: "a system register, but none that identifies a CPU" },
    );
    return;
  }
  const known = idRegisters().map((one) => one.name);
  const suggestions = didYouMean(name, known);
  const [first] = suggestions.length > 0 ? suggestions : didYouMean(`${name}_EL1`, known);
  report.add(
    "unknown-register",
    span,
    { name },
    first === undefined ? {} : { label: `did you mean \`${first}\`?`, fixes: [replaceFix(span, first)] },
  );
}

/** The places of `REG` and `FIELD` in a dotted word. */
function splitWord(word: Word): {
  register: string;
  field: string | undefined;
  registerSpan: Span;
  fieldSpan: Span;
} {
  const dot = word.text.indexOf(".");
  const cut = dot === -1 ? word.text.length : dot;
  return {
    register: word.text.slice(0, cut),
    field: dot === -1 ? undefined : word.text.slice(dot + 1),
    registerSpan: { ...word.span, end: word.span.start + cut },
    fieldSpan: { ...word.span, start: word.span.start + Math.min(cut + 1, word.text.length) },
  };
}

/** `REGISTER` or `REGISTER.FIELD`. */
export function readRegisterOrField(
  atom: Atom,
  report: Report,
): { register: IdRegister; field: Field | undefined } | undefined {
  if (atom.kind !== "word") return undefined;
  const parts = splitWord(atom);
  const register = idRegister(parts.register);
  if (register === undefined) {
    reportUnknownRegister(parts.register, parts.registerSpan, report);
    return undefined;
  }
  if (parts.field === undefined) return { register, field: undefined };
  const found = findField(register.name, parts.field);
  if (found !== undefined) return { register, field: found };
  reportUnknownField(register, parts.field, parts, report);
  return undefined;
}

/** The field may be misspelt, or it may be another register's. */
function reportUnknownField(
  register: IdRegister,
  name: string,
  { registerSpan, fieldSpan }: { registerSpan: Span; fieldSpan: Span },
  report: Report,
): void {
  const known = register.fields.map((one) => one.name);
  // AArch32 registers repeat fields of AArch64 ones: those of the kind that was written come first.
  const kind = register.name.slice(0, "ID_AA64".length);
  const owners = contractRegisters()
    .filter((one) => findField(one.name, name) !== undefined)
    .sort((a, b) => Number(b.name.startsWith(kind)) - Number(a.name.startsWith(kind)));
  const [owner] = owners;
  const [first] = didYouMean(name, known);
  const at = { register: register.name, name };
  if (owner !== undefined && owners.length <= 3)
    report.add("unknown-field", fieldSpan, at, {
      label: `did you mean ${owners.map((one) => `\`${one.name}.${name}\``).join(" or ")}?`,
      fixes: [replaceFix(registerSpan, owner.name)],
    });
  else if (first !== undefined)
    report.add("unknown-field", fieldSpan, at, {
      label: `did you mean \`${first}\`?`,
      fixes: [replaceFix(fieldSpan, first)],
    });
  else
    report.add("unknown-field", fieldSpan, at, {
      help: known.length === 0 ? [] : [`its fields are ${known.join(", ")}`],
    });
}

/** A field that a contract can decide. */
export function readField(atom: Atom, report: Report): Field | undefined {
  const found = readRegisterOrField(atom, report);
  if (found === undefined) return undefined;
  if (found.field === undefined) {
    report.add(
      "field-expected",
      atom.span,
      { register: found.register.name },
      {
        help: [`its fields are ${found.register.fields.map((one) => one.name).join(", ")}`],
      },
    );
    return undefined;
  }
  if (!contractRegisters().includes(found.register)) {
    report.add("register-not-in-contract", atom.span, { register: found.register.name });
    return undefined;
  }
  return found.field;
}

const inUnit = (field: Field, code: number): string | undefined => {
  const quantity = field.unit?.codes[code];
  return quantity === undefined ? undefined : `${quantity} ${field.unit?.name}`;
};

/** A number that is no code of the field but one of its quantities: the unit was forgotten. */
function asQuantity(number: bigint, field: Field, span: Span): Details {
  const meant = Object.values(field.unit?.codes ?? {}).some((quantity) => BigInt(quantity) === number);
  return meant && field.unit !== undefined
    ? { fixes: [replaceFix(span, `${number} ${field.unit.name}`)] }
    : {};
}

/** Every value that a field can have, as a user may write it. */
function writableValues(field: Field): string {
  const codes = new Set(
    [...Object.keys(field.values ?? {}), ...Object.keys(field.unit?.codes ?? {})].map(Number),
  );
  return [...codes]
    .sort((a, b) => a - b)
    .map((code) => {
      const words = [field.values?.[code], inUnit(field, code)].filter((one) => one !== undefined);
      return words.length === 0 ? String(code) : `${code} (${words.join(", ")})`;
    })
    .join(", ");
}

/** Unsigned value of a field from a number, a value's name, a quantity with its unit, or `host`. */
export function readFieldValue(
  atoms: readonly Atom[],
  field: Field,
  report: Report,
): bigint | "host" | undefined {
  const [atom, unit] = atoms;
  if (atom === undefined) return undefined;
  const name = fieldKey(field);
  const help =
    field.values === undefined && field.unit === undefined ? [] : [`it can be ${writableValues(field)}`];
  if (atom.kind === "word") {
    if (atom.text === "host") return "host";
    const known = Object.entries(field.values ?? {});
    const hit = known.find(([, valueName]) => valueName.toLowerCase() === atom.text.toLowerCase());
    if (hit !== undefined) return BigInt(hit[0]);
    const [first] = didYouMean(
      atom.text,
      known.map(([, valueName]) => valueName),
    );
    report.add(
      "unknown-value-name",
      atom.span,
      { field: name, name: atom.text },
      {
        help,
        ...(first === undefined
          ? {}
          : { label: `did you mean \`${first}\`?`, fixes: [replaceFix(atom.span, first)] }),
      },
    );
    return undefined;
  }
  const number = readInteger(atom, report);
  if (number === undefined) return undefined;
  if (unit !== undefined) return readQuantity(number, unit, atom, field, help, report);
  const limit = 1n << BigInt(field.width);
  if (number >= limit) {
    report.add(
      "value-too-wide",
      atom.span,
      { field: name, value: hex(number), width: field.width, most: hex(limit - 1n) },
      asQuantity(number, field, atom.span),
    );
    return undefined;
  }
  const enumerated = field.values !== undefined && Object.keys(field.values).length > 1;
  if (
    enumerated &&
    field.values?.[Number(number)] === undefined &&
    field.unit?.codes[Number(number)] === undefined
  ) {
    report.add(
      "value-not-in-enumeration",
      atom.span,
      { field: name, value: hex(number) },
      { help, ...asQuantity(number, field, atom.span) },
    );
    return undefined;
  }
  return number;
}

function readQuantity(
  number: bigint,
  unit: Atom,
  atom: Atom,
  field: Field,
  help: readonly string[],
  report: Report,
): bigint | undefined {
  const name = fieldKey(field);
  if (field.unit === undefined || wordText(unit) !== field.unit.name) {
    report.add(
      "unit-unknown",
      unit.span,
      { unit: wordText(unit), expected: field.unit?.name ?? `a plain number for \`${name}\`` },
      field.unit === undefined ? {} : { fixes: [replaceFix(unit.span, field.unit.name)] },
    );
    return undefined;
  }
  const code = Object.entries(field.unit.codes).find(([, quantity]) => BigInt(quantity) === number);
  if (code !== undefined) return BigInt(code[0]);
  report.add(
    "quantity-without-code",
    atom.span,
    { field: name, quantity: `${number} ${field.unit.name}` },
    { help },
  );
  return undefined;
}

/** `0x0d (IMP)`: a field's value for people. */
export function printFieldValue(field: Field | undefined, value: bigint | "host"): string {
  if (value === "host") return "left to the host";
  if (field === undefined) return hex(value);
  const words = [field.values?.[Number(value)], inUnit(field, Number(value))].filter(
    (one) => one !== undefined,
  );
  return words.length === 0 ? String(value) : `${value} (${words.join(", ")})`;
}
