import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { stateOf } from "../../src/checker/cpu/state.ts";

import type { Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import { spanText } from "../../src/diagnostics/span.ts";
import { plan } from "../../src/planner/planner.ts";
import { compileText } from "../support/compile-text.ts";
import { baseline, runs, statements } from "./arbitrary.ts";
import { type CheckedModel, cpuText, modelOf } from "./support.ts";

// Random programs take their time on a loaded machine.
vi.setConfig({ testTimeout: 120_000 });

const values = ({ resolved }: CheckedModel): readonly string[] =>
  [...resolved.cells].map(([key, cell]) => `${key}=${cell.value}`).sort();
const saying = (found: readonly Diagnostic[]): readonly string[] =>
  [...new Set(found.map((one) => `${one.code} ${one.message} at ${spanText(one.span)}`))].sort();

describe("any set of statements", () => {
  it("gives a contract and a plan, never an exception", () => {
    fc.assert(
      fc.property(baseline, statements, (base, block) => {
        const { guests } = compileText(`${cpuText(base, ...block)}guest g {\n  cpu c\n  psci 1.1\n}\n`);
        for (const guest of guests) expect(plan(guest).operations.length).toBeGreaterThan(0);
        expect(guests).toHaveLength(1);
      }),
      runs,
    );
  });

  it("has each stated feature as stated, or says why not", () => {
    const excuses = [
      "feature-undone",
      "feature-of-facility",
      "feature-without-field",
      "feature-never-offered",
      "constraint-broken",
    ];
    fc.assert(
      fc.property(baseline, statements, (base, block) => {
        const { model, resolved, diagnostics } = modelOf(cpuText(base, ...block));
        const state = stateOf(resolved.cells, resolved.architecture);
        for (const [name, { value, span }] of model.statements.features) {
          if (diagnostics.some((one) => excuses.includes(one.slug) && one.span.start === span.start))
            continue;
          expect([name, !value.present]).not.toEqual([name, state.feature(name)]);
        }
      }),
      runs,
    );
  });

  it("means the same in any order", () => {
    fc.assert(
      fc.property(
        baseline,
        statements.chain((block) =>
          fc.tuple(fc.constant(block), fc.shuffledSubarray(block, { minLength: block.length })),
        ),
        (base, [block, shuffled]) => {
          const one = modelOf(cpuText(base, ...block));
          const other = modelOf(cpuText(...shuffled, base));
          expect(values(other)).toEqual(values(one));
          expect(saying(other.diagnostics)).toEqual(saying(one.diagnostics));
        },
      ),
      runs,
    );
  });

  it("means the same when a parent states a part of it", () => {
    fc.assert(
      fc.property(baseline, statements, fc.nat({ max: 12 }), (base, block, cut) => {
        const flat = modelOf(cpuText(base, ...block));
        // A parent that is wrong by itself is reported and mended: nothing can be said of its heirs.
        fc.pre(
          modelOf(cpuText(base, ...block.slice(0, cut))).diagnostics.every((one) => one.severity !== "error"),
        );
        const parent = [base, ...block.slice(0, cut)].map((one) => `  ${one}\n`).join("");
        const child = block
          .slice(cut)
          .map((one) => `  ${one}\n`)
          .join("");
        const heir = modelOf(`edition 2026\ncpu p {\n${parent}}\ncpu c extends p {\n${child}}\n`);
        expect(values(heir)).toEqual(values(flat));
        const errors = (found: readonly Diagnostic[]): readonly string[] =>
          saying(found.filter((one) => one.severity === "error"));
        for (const error of errors(flat.diagnostics)) expect(errors(heir.diagnostics)).toContain(error);
      }),
      runs,
    );
  });

  it("`override` of what nobody states changes nothing and is reported", () => {
    fc.assert(
      fc.property(baseline, statements, (base, block) => {
        const plain = modelOf(cpuText(base, ...block));
        const overriding = modelOf(cpuText(base, ...block.map((one) => `override ${one}`)));
        expect(values(overriding)).toEqual(values(plain));
        const needless = overriding.diagnostics.filter((one) => one.slug === "override-needless");
        const kept = plain.model.statements;
        const { baseline: _, ...singles } = kept.singles;
        expect(needless).toHaveLength(Object.keys(singles).length + kept.features.size + kept.fields.size);
      }),
      runs,
    );
  });

  it("is mended by each smallest mend that a message names", () => {
    let mends = 0;
    fc.assert(
      fc.property(baseline, statements, (base, block) => {
        const { diagnostics } = modelOf(cpuText(base, ...block));
        for (const found of diagnostics.filter((one) => one.slug === "constraint-broken"))
          for (const help of found.help)
            for (const way of help.replace("the smallest mend: ", "").split(/,? or /)) {
              const changes = [...way.matchAll(/(remove |replace )?`([^`]+)`/g)].map(([, remove, text]) => ({
                text: text ?? "",
                remove: remove !== undefined,
              }));
              const about = (statement: string): string =>
                statement.split(" ")[statement.startsWith("with") ? 1 : 0] ?? "";
              const changed = changes.map(({ text }) => about(text));
              const kept = block.filter((one) => !changed.includes(about(one)));
              const added = changes.filter(({ remove }) => !remove).map(({ text }) => text);
              const after = modelOf(cpuText(base, ...kept, ...added));
              expect(after.diagnostics.map((one) => one.message)).not.toContain(found.message);
              mends++;
            }
      }),
      { numRuns: 400 },
    );
    expect(mends).toBeGreaterThan(20);
  });
});
