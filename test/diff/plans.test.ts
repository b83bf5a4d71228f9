/** Differences of plans: operations added, removed, changed, moved. */
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mirrored } from "../../src/diff/difference.ts";
import { diffDocument } from "../../src/diff/document.ts";
import { diffPlans } from "../../src/diff/plans/diff.ts";
import { type PlanDocument, readPlan } from "../../src/diff/plans/read.ts";
import { diffText } from "../../src/diff/text.ts";
import { findTarget, planFor } from "../../src/index.ts";
import { compileFile, compileText } from "../support/compile-text.ts";
import { golden } from "../support/golden.ts";

const validate = new Ajv2020({
  strict: true,
  strictRequired: false,
  strictTypes: false,
  allErrors: true,
}).compile(JSON.parse(readFileSync("schemas/diff.schema.json", "utf8")));

function planOf(guests: ReturnType<typeof compileFile>["guests"]): PlanDocument {
  const [guest] = guests;
  const emission = guest && findTarget("one-reg")?.emit(planFor(guest), guest);
  if (emission === undefined || !("files" in emission)) throw new Error("no plan");
  const read = readPlan(JSON.parse(emission.files[0]?.text ?? ""));
  if ("problem" in read) throw new Error(read.problem);
  return read.plan;
}

const names = ["confidential", "minimal", "nested", "portable-web", "qemu-vectors", "sealed", "sve-pauth"];
const plans = names.map((name) => planOf(compileFile(`examples/${name}.guest`).guests));
const sides = { before: "a.plan.json", after: "b.plan.json" };
const flipped = { before: sides.after, after: sides.before };
const anyPlan = fc.constantFrom(...plans);
/** A plan with its operations in another order. */
const shuffled = anyPlan.chain((plan) =>
  fc
    .shuffledSubarray([...plan.operations], { minLength: Math.max(0, plan.operations.length - 3) })
    .map((operations): PlanDocument => ({ ...plan, operations })),
);
const runs = { numRuns: 60 } as const;

describe("two plans", () => {
  it("that are the same differ in nothing", () => {
    for (const plan of plans) expect(diffPlans(plan, plan, sides).differences).toEqual([]);
  });

  it("the other way round is the mirror image, and the document keeps to its schema", () => {
    fc.assert(
      fc.property(fc.oneof(anyPlan, shuffled), fc.oneof(anyPlan, shuffled), (a, b) => {
        const diff = diffPlans(a, b, sides);
        expect(diffPlans(b, a, flipped)).toEqual(mirrored(diff));
        const document = JSON.parse(JSON.stringify(diffDocument(diff)));
        expect(validate(document), JSON.stringify(validate.errors?.slice(0, 3))).toBe(true);
      }),
      runs,
    );
  });

  it("an operation that is left out, and one that is moved, are told as that alone", () => {
    for (const plan of plans) {
      const [first, ...rest] = plan.operations;
      if (first === undefined || rest.length < 2) continue;
      const without = diffPlans(plan, { ...plan, operations: rest }, sides).differences;
      expect(without.map(({ about, after }) => [about, after])).toEqual([["operation", null]]);
      const last = diffPlans(plan, { ...plan, operations: [...rest, first] }, sides).differences;
      expect(last.map(({ about, before, after }) => [about, before, after])).toEqual([
        ["order", "operation 1", `operation ${plan.operations.length}`],
      ]);
    }
  });

  it("another source or summary of an operation is none", () => {
    for (const plan of plans) {
      const operations = plan.operations.map((one) => ({ ...one, source: "x.guest:9:9", summary: "" }));
      expect(diffPlans(plan, { ...plan, operations }, sides).differences).toEqual([]);
    }
  });

  it("a document that is no plan is refused with the place", () => {
    expect(readPlan({ schema: "guestc.plan/1" })).toMatchObject({
      problem: expect.stringContaining("no plan"),
    });
  });
});

describe("the words", () => {
  it("of a plan of an example that was edited", () => {
    const text = readFileSync("examples/portable-web.guest", "utf8");
    const edited = text
      .replace("FEAT_FP16, FEAT_DotProd", "FEAT_DotProd")
      .replace("midr     cortex-a76 r4p1", "midr     cortex-a76 r4p1\n  pmu      on")
      .replace("vcpus       4", "vcpus       2")
      .replace(
        "services    trng, pv-time\n  stolen-time at 0x4800_0000",
        "services    trng\n  smccc {\n    deny oem\n  }",
      );
    const before = planOf(compileText(text, "examples/portable-web.guest").guests);
    const after = planOf(compileText(edited, "examples/portable-web.guest").guests);
    const operations = [...after.operations];
    const last = operations.pop();
    const moved = last === undefined ? operations : [last, ...operations];
    golden(
      "test/golden/diff/portable-web.plan.txt",
      diffText(diffPlans(before, { ...after, operations: moved }, sides)),
    );
  });
});
