/** Differences of contracts: complete, each way the same, with the statements that make them. */
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Contract } from "../../src/contract.ts";
import { diffContracts } from "../../src/diff/contracts/diff.ts";
import { mirrored } from "../../src/diff/difference.ts";
import { diffDocument } from "../../src/diff/document.ts";
import { diffText } from "../../src/diff/text.ts";
import { baseline, runs, statements } from "../checker/arbitrary.ts";
import { compileFile, compileText } from "../support/compile-text.ts";
import { golden } from "../support/golden.ts";

const validate = new Ajv2020({
  strict: true,
  strictRequired: false,
  strictTypes: false,
  allErrors: true,
}).compile(JSON.parse(readFileSync("schemas/diff.schema.json", "utf8")));

function only(guests: readonly Contract[]): Contract {
  const [guest] = guests;
  if (guest === undefined) throw new Error("no guest");
  return guest;
}

const examples = [
  "confidential",
  "minimal",
  "nested",
  "portable-web",
  "qemu-vectors",
  "sealed",
  "sve-pauth",
].map((name) => only(compileFile(`examples/${name}.guest`).guests));
const example = fc.constantFrom(...examples);

/** CPU models of all kinds; one that has errors still has a contract where the checker makes one. */
const model = fc
  .tuple(baseline, statements)
  .map(([first, rest]) => {
    const text = `edition 2026\n\ncpu c {\n  ${[first, ...rest].join("\n  ")}\n}\n\nguest g {\n  cpu c\n}\n`;
    return compileText(text).guests[0];
  })
  .filter((guest) => guest !== undefined);

describe("two contracts", () => {
  it.each(examples.map((one) => [one.guest, one] as const))("%s and itself differ in nothing", (_, guest) => {
    expect(diffContracts(guest, guest).differences).toEqual([]);
  });

  it("the other way round is the mirror image, and the document keeps to its schema", () => {
    fc.assert(
      fc.property(fc.oneof(example, model), fc.oneof(example, model), (a, b) => {
        const diff = diffContracts(a, b);
        expect(diffContracts(b, a)).toEqual(mirrored(diff));
        const document = JSON.parse(JSON.stringify(diffDocument(diff)));
        expect(validate(document), JSON.stringify(validate.errors?.slice(0, 3))).toBe(true);
      }),
      runs,
    );
  });

  it("every field with another value is named with who decided it, and no other", () => {
    fc.assert(
      fc.property(model, model, (a, b) => {
        const told = new Set(
          diffContracts(a, b)
            .differences.filter(({ about, reasons }) => about === "field" && reasons?.before && reasons.after)
            .map(({ subject }) => subject),
        );
        const expected = a.registers.flatMap(({ name, fields }) => {
          const others = b.registers.find((one) => one.name === name)?.fields ?? [];
          return fields
            .filter((field) => others.some((one) => one.name === field.name && one.value !== field.value))
            .map((field) => `${name}.${field.name}`);
        });
        expect([...told].sort()).toEqual(expected.sort());
      }),
      runs,
    );
  });

  it("says of every function id that another action is taken", () => {
    const guest = (rules: string): Contract =>
      only(
        compileText(
          `edition 2026\ncpu c { baseline host }\nguest g {\n  cpu c\n  smccc {\n${rules}\n  }\n}\n`,
        ).guests,
      );
    const [before, after] = [
      guest("deny oem fast32"),
      guest("deny 0x8300_0000 ..= 0x8300_00ff\n forward sip fast32"),
    ];
    const calls = diffContracts(before, after).differences.filter(({ about }) => about === "call");
    expect(calls.map(({ subject, before: was, after: is }) => [subject, was, is])).toEqual([
      ["calls 0x82000000 to 0x8200ffff", "handle", "forward"],
      ["calls 0x83000100 to 0x8300ffff", "deny", "handle"],
    ]);
  });
});

describe("the words", () => {
  it("of an example that was edited", () => {
    const text = readFileSync("examples/portable-web.guest", "utf8");
    const changes: readonly (readonly [string, string])[] = [
      ["FEAT_FP16, FEAT_DotProd", "FEAT_DotProd"],
      ["midr     cortex-a76 r4p1", "midr     cortex-a76 r4p1\n  pmu      on"],
      ["PARange = 40 bits", "PARange = 44 bits"],
      ["hosts n1-618, a76-72", "hosts n1-618"],
      ["vcpus       4", "vcpus       2"],
      [
        "services    trng, pv-time\n  stolen-time at 0x4800_0000",
        "services    trng\n  smccc {\n    deny oem\n  }",
      ],
      ["ID_AA64PFR0_EL1.SVE = 0", "ID_AA64PFR0_EL1.SVE = 1"],
    ];
    const edited = changes.reduce((before, [from, to]) => {
      expect(before).toContain(from);
      return before.replace(from, to);
    }, text);
    const [before, after] = [
      only(compileText(text, "examples/portable-web.guest").guests),
      only(compileText(edited, "examples/edited.guest").guests),
    ];
    golden("test/golden/diff/portable-web.edited.txt", diffText(diffContracts(before, after)));
  });
});
