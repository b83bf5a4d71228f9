/** What the checker says of a host, against what the host's recording says of the plan. */
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { compile } from "../../src/checker/compile.ts";
import { configurationOf } from "../../src/checker/hosts/check.ts";
import { configurationFor } from "../../src/hosts/configuration.ts";
import { acceptedValues } from "../../src/hosts/judge.ts";
import type { HostProfile } from "../../src/hosts/profile.ts";
import { plan } from "../../src/planner/planner.ts";
import { contractRegisters, type Field } from "../../src/tables/index.ts";
import { baseline, statements } from "../checker/arbitrary.ts";
import { allBaselines, cpuText } from "../checker/support.ts";
import { shipped, shippedNames, spread } from "../hosts/shipped.ts";
import { projectLoader } from "../support/compile-text.ts";
import { play } from "./recorded-kvm.ts";

// Random programs take their time on a loaded machine.
vi.setConfig({ testTimeout: 120_000 });

/** Diagnostics that are about fields; others are about calls that the recording does not play. */
const aboutFields = new Set(["host-refuses-field"]);

interface Judged {
  readonly refusedByChecker: boolean;
  readonly otherErrors: boolean;
  readonly refused: readonly string[];
  readonly unknown: readonly string[];
}

function judge(text: string, path: string, host: HostProfile): readonly Judged[] {
  const alone = compile({ path, text: text.replace(/^\s*runs-on.*$/gm, "") }, projectLoader, {
    hosts: [host],
  });
  return alone.guests.map((contract) => {
    const errors = alone.diagnostics.filter(
      (one) => one.severity === "error" && one.message.includes(`\`${host.name}\``),
    );
    const configuration = configurationOf(contract, host);
    const { refused, unknown } = play(plan(contract), configuration);
    return {
      refusedByChecker: errors.some((one) => aboutFields.has(one.slug)),
      otherErrors: errors.some((one) => !aboutFields.has(one.slug)),
      refused,
      unknown,
    };
  });
}

function expectAgreement(judged: readonly Judged[], what: string): void {
  for (const { refusedByChecker, otherErrors, refused, unknown } of judged) {
    if (otherErrors) continue;
    if (refusedByChecker) expect([...refused, ...unknown], `${what}: the checker refuses`).not.toEqual([]);
    else expect(refused, `${what}: the checker finds nothing`).toEqual([]);
  }
}

/** Whether the language lets a statement give the field this value: not what a facility decides, nor an unnamed code. */
const mayBeWritten = (field: Field, value: bigint): boolean =>
  field.role !== "facility" &&
  field.role !== "hidden" &&
  (field.values === undefined || field.values[Number(value)] !== undefined);

describe.each(shippedNames)("%s", (name) => {
  const host = shipped(name);
  // The others differ from these in what one kernel does on another CPU; fewer programs do for them.
  const numRuns = spread.has(name) ? 40 : 5;

  it.each(readdirSync("examples").filter((file) => file.endsWith(".guest")))(
    "agrees with the checker on %s",
    (file) => {
      const judged = judge(readFileSync(`examples/${file}`, "utf8"), `examples/${file}`, host);
      expect(judged.length).toBeGreaterThan(0);
      expectAgreement(judged, file);
    },
  );

  const baselines = allBaselines.filter(
    (one) => spread.has(name) || one === host.cpu.name || one === "armv8.2-a",
  );

  it("agrees with the checker on baselines", () => {
    for (const base of baselines)
      for (const gic of ["", "gic v3", "gic none"])
        expectAgreement(
          judge(`${cpuText(`baseline ${base}`)}guest g {\n  cpu c\n  ${gic}\n}\n`, "sample.guest", host),
          `${base} ${gic}`,
        );
  });

  it("takes what the checker accepts, field by field and together", () => {
    const { configuration } = configurationFor(host, ["PSCI_0_2"], []);
    const choices = contractRegisters().flatMap((register) =>
      register.fields.flatMap((field) => {
        const values = acceptedValues(host, configuration, register.name, field.name) ?? [];
        const known = values.filter((value) => mayBeWritten(field, value));
        return known.length < 2
          ? []
          : [known.map((value) => `field ${register.name}.${field.name} = ${value}`)];
      }),
    );
    if (choices.length === 0) {
      expect(host.kernel.version.startsWith("6.1."), "only before 6.2 nothing can be written").toBe(true);
      return;
    }
    let accepted = 0;
    const some = fc
      .subarray(choices, { minLength: 1, maxLength: Math.min(12, choices.length) })
      .chain((fields) => fc.tuple(...fields.map((values) => fc.constantFrom(...values))));
    fc.assert(
      fc.property(some, (block) => {
        const text = `${cpuText("baseline host", ...block)}guest g {\n  cpu c\n}\n`;
        const judged = judge(text, "sample.guest", host);
        expectAgreement(judged, text);
        accepted += judged.filter((one) => !one.refusedByChecker && !one.otherErrors).length;
      }),
      { numRuns },
    );
    expect(accepted).toBeGreaterThan(numRuns / 4);
  });

  it("agrees with the checker on random models", () => {
    fc.assert(
      fc.property(baseline, statements, (base, block) => {
        const text = `${cpuText(base, ...block)}guest g {\n  cpu c\n}\n`;
        expectAgreement(judge(text, "sample.guest", host), text);
      }),
      { numRuns },
    );
  });
});
