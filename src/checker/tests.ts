/** `test` blocks: checked and kept with the contract; `src/sim/tests/` runs them. */
import type { TestContract, TestExpectation } from "../contract.ts";
import type { Atom } from "../parser/ast.ts";
import type { IdRegister } from "../tables/index.ts";
import { readLengths } from "./cpu/statements.ts";
import { type Matched, matchStatements, slotAtom } from "./forms.ts";
import { printRange, readFunctionIds } from "./guest/smccc.ts";
import { lookUp, type Scope } from "./names.ts";
import type { Report } from "./report.ts";
import { hex, readBounded, readFeature, readFieldValue, readRegisterOrField, wordText } from "./values.ts";

const maxU64 = (1n << 64n) - 1n;

type Verb = TestExpectation["verb"];

const fixedWord = (matched: Matched, words: readonly string[]): string | undefined =>
  words.find((word) => matched.words.has(word));

/** Value of a register: a number of 64 bits, or `host`. */
function readWhole(
  atoms: readonly Atom[],
  register: IdRegister,
  report: Report,
): bigint | "host" | undefined {
  const [atom, unit] = atoms;
  if (atom === undefined) return undefined;
  if (unit === undefined && wordText(atom) === "host") return "host";
  if (unit === undefined && atom.kind === "number")
    return readBounded(atom, register.name, 0n, maxU64, report, hex);
  const found = unit ?? atom;
  report.add("unknown-value-name", found.span, { field: register.name, name: wordText(found) });
  return undefined;
}

function readRead(matched: Matched, report: Report): Omit<TestExpectation, "verb" | "span"> | undefined {
  const found = readRegisterOrField(slotAtom(matched, "subject"), report);
  if (found === undefined) return undefined;
  const atoms = matched.slots.get("value") ?? [];
  const value =
    found.field === undefined
      ? readWhole(atoms, found.register, report)
      : readFieldValue(atoms, found.field, report);
  if (value === undefined) return undefined;
  const subject =
    found.field === undefined ? found.register.name : `${found.register.name}.${found.field.name}`;
  return { subject, expected: value === "host" ? "host" : hex(value) };
}

function readCall(matched: Matched, report: Report): Omit<TestExpectation, "verb" | "span"> | undefined {
  const ids = readFunctionIds(slotAtom(matched, "function"), matched.row.name, report);
  const [only] = ids;
  if (only === undefined) return undefined;
  const args = (matched.slots.get("arguments") ?? []).map((atom) =>
    readBounded(atom, "an argument of a call", 0n, maxU64, report, hex),
  );
  const known = args.filter((one) => one !== undefined);
  if (known.length < args.length) return undefined;
  const word = fixedWord(matched, ["forwarded", "denied", "waits", "system-event"]);
  const subject = ids.map(printRange).join(", ");
  const call = { functions: ids.map(({ first, last }) => ({ first, last })), args: known };
  if (word !== undefined) return { subject, expected: word, call };
  const result = slotAtom(matched, "result");
  if (result.kind === "word") {
    report.add("call-result-unknown", result.span, { result: wordText(result) });
    return undefined;
  }
  const value = readBounded(result, "what a call returns in x0", 0n, maxU64, report, hex);
  return value === undefined ? undefined : { subject, expected: hex(value), call };
}

/** Vector lengths as `sve lengths` takes them, ascending. */
function readVectors(matched: Matched, report: Report): Omit<TestExpectation, "verb" | "span"> | undefined {
  if (matched.words.has("none")) return { subject: "", expected: "none" };
  const lengths = readLengths(matched, "vectors =", report);
  return lengths === undefined ? undefined : { subject: "", expected: lengths.join(", ") };
}

function readMigrate(
  matched: Matched,
  scope: Scope,
  report: Report,
): Omit<TestExpectation, "verb" | "span"> | undefined {
  const from = lookUp(slotAtom(matched, "from"), ["host"], scope, report);
  const to = lookUp(slotAtom(matched, "to"), ["host"], scope, report);
  if (from === undefined || to === undefined) return undefined;
  return { subject: `${from.name} to ${to.name}`, expected: fixedWord(matched, ["safe", "unsafe"]) ?? "" };
}

function readExpectation(matched: Matched, scope: Scope, report: Report): TestExpectation | undefined {
  const verb = matched.row.name as Verb;
  const read = (): Omit<TestExpectation, "verb" | "span"> | undefined => {
    switch (verb) {
      case "read":
        return readRead(matched, report);
      case "execute": {
        const feature = readFeature(slotAtom(matched, "feature"), report);
        return feature === undefined
          ? undefined
          : { subject: feature.name, expected: fixedWord(matched, ["undefined", "works", "trapped"]) ?? "" };
      }
      case "hvc":
      case "smc":
        return readCall(matched, report);
      case "vectors":
        return readVectors(matched, report);
      case "migrate":
        return readMigrate(matched, scope, report);
    }
  };
  const found = read();
  return found === undefined ? undefined : { verb, span: matched.head, ...found };
}

export function readTests(scope: Scope, report: Report): readonly TestContract[] {
  const tests: TestContract[] = [];
  const titles = new Map<string, Matched>();
  for (const matched of scope.tests) {
    const guest = lookUp(slotAtom(matched, "guest"), ["guest"], scope, report);
    const title = slotAtom(matched, "title");
    const text = title.kind === "string" ? title.value : "";
    const expectations = matchStatements(matched.statement.block?.statements ?? [], "test", report)
      .map((one) => readExpectation(one, scope, report))
      .filter((one) => one !== undefined);
    if (expectations.length === 0 && (matched.statement.block?.statements.length ?? 0) === 0)
      report.add("test-empty", title.span, {});
    if (guest === undefined) continue;
    const key = `${guest.name}\0${text}`;
    const earlier = titles.get(key);
    if (earlier === undefined) titles.set(key, matched);
    else
      report.add(
        "test-repeated",
        title.span,
        { guest: guest.name, title: text },
        { related: [{ span: earlier.head, message: "first here" }] },
      );
    tests.push({ title: text, guest: guest.name, span: matched.head, expectations });
  }
  return tests;
}
