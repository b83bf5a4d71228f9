/** Random CPU models: statements that are well-formed, whatever they mean together. */
import fc from "fast-check";
import { contractRegisters, type Field, features } from "../../src/tables/index.ts";
import { allBaselines } from "./support.ts";

const fields: readonly Field[] = contractRegisters().flatMap((register) => register.fields);

function fieldStatement(field: Field, value: number): string {
  const codes = Object.keys(field.values ?? {});
  const known = codes.length > 1 ? codes[value % codes.length] : undefined;
  const most = 2n ** BigInt(field.width);
  const text = value % 7 === 0 ? "host" : (known ?? String(BigInt(value) % most));
  return `field ${field.register}.${field.name} = ${text}`;
}

const facilities: readonly (readonly string[])[] = [
  ["sve off", "sve host", "sve lengths 128", "sve lengths 128, 256, 512"],
  ["pauth off", "pauth on"],
  ["pmu off", "pmu on", "pmu on { counters 6; version FEAT_PMUv3p4 }", "pmu on { allow events 0 ..= 0x3f }"],
  ["mte off", "mte on", "mte on { level FEAT_MTE2 }"],
  ["el1 aarch64", "el1 aarch32"],
  ["el2 off", "el2 vhe", "el2 nvhe"],
  ["midr host", "midr neoverse-n1 r3p1", "midr 0x410fd0c0"],
  ["revidr 0"],
];

const featureStatement = fc
  .tuple(fc.constantFrom(...features().map((one) => one.name)), fc.boolean())
  .map(([name, present]) => `${present ? "with" : "without"} ${name}`);

const anyField = fc
  .tuple(fc.constantFrom(...fields), fc.nat({ max: 65_535 }))
  .map(([field, value]) => fieldStatement(field, value));

export const baseline = fc.constantFrom(...allBaselines).map((name) => `baseline ${name}`);

/** What a statement decides, so that no two of a block decide the same. */
const subjectOf = (statement: string): string => {
  const [word = "", subject = ""] = statement.split(" ");
  if (word === "without") return `with ${subject}`;
  return word === "with" || word === "field" ? `${word} ${subject}` : word;
};

/** Statements without a baseline, each subject once. */
export const statements = fc.uniqueArray(
  fc.oneof(
    { weight: 4, arbitrary: featureStatement },
    { weight: 2, arbitrary: anyField },
    { weight: 2, arbitrary: fc.constantFrom(...facilities.flat()) },
  ),
  { maxLength: 12, selector: subjectOf },
);

export const runs = { numRuns: 150 } as const;
