/** Statements that would help, put into a program. */
import { describe, expect, it } from "vitest";
import { amended } from "../../src/migrate/amend.ts";
import { compileText } from "../support/compile-text.ts";

const program = (cpu: string, guest: string): string =>
  `edition 2026\n\ncpu c {\n${cpu}\n}\n\nguest g {\n  cpu c\n${guest}\n}\n`;
const amend = (cpu: string, guest: string, ...statements: readonly string[]): string =>
  amended({ path: "sample.guest", text: program(cpu, guest) }, "g", statements)?.text ?? "none";

describe("a program with further statements", () => {
  it("has those of the CPU in its block and those of the guest in its own", () => {
    const text = amend("  baseline host", "  psci host", "without FEAT_LSE", "gic v3");
    expect(text).toBe(program("  baseline host\n\nwithout FEAT_LSE", "  psci host\n\ngic v3"));
    expect(compileText(text).diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  });

  it("replaces what says otherwise, and stands beside what does not", () => {
    const cpu = "  baseline host\n  field CLIDR_EL1.ICB = 1\n  field CLIDR_EL1.LoC = 1\n  pmu on";
    const text = amend(cpu, "  psci host", "field CLIDR_EL1.ICB = 2", "pmu off", "psci 1.0");
    expect(text).toBe(
      program(
        "  baseline host\n  field CLIDR_EL1.ICB = 2\n  field CLIDR_EL1.LoC = 1\n  pmu off",
        "  psci 1.0",
      ),
    );
  });

  it("puts entries into a filter that is there", () => {
    const text = amend("  baseline host", "  psci host\n  smccc { deny oem }", "smccc { deny PSCI_VERSION }");
    expect(text).toContain("smccc { deny oem \ndeny PSCI_VERSION\n}");
  });

  it("is none where the guest or its CPU is another file's", () => {
    const source = { path: "sample.guest", text: 'edition 2026\nuse "c.guest"\nguest g {\n  cpu c\n}\n' };
    expect(amended(source, "g", ["without FEAT_LSE"])).toBeUndefined();
    expect(amended(source, "h", ["psci 1.0"])).toBeUndefined();
    expect(amended(source, "g", ["psci 1.0"])?.text).toContain("psci 1.0");
  });
});
