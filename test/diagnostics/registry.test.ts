/** Every row of the registry is proved by its own samples. */
import { describe, expect, it } from "vitest";
import { type DiagnosticRow, registry, retired } from "../../src/diagnostics/registry.ts";
import { compileText, describeDiagnostic } from "../support/compile-text.ts";

const rows: readonly (readonly [string, DiagnosticRow])[] = Object.entries(registry);

/** Diagnostics that a target or `guestc test` gives, not the checker; their tests build or run the sample. */
const given = (code: string): boolean => code.startsWith("GC08") || code.startsWith("GC09");

describe("the registry", () => {
  it("gives each code once, and none that is retired", () => {
    const codes = rows.map(([, row]) => row.code);
    expect(new Set(codes).size).toBe(codes.length);
    expect(codes.filter((code) => retired.includes(code))).toEqual([]);
  });

  it("writes messages in one style: lower case first, no full stop", () => {
    for (const [slug, { message, page }] of rows) {
      expect(message, slug).not.toMatch(/\.$/);
      expect(message, slug).toMatch(/^[`"{a-z]|^(KVM|MIDR_EL1|CPU|INTID|SVE)/);
      expect(page().explain, slug).toMatch(/\.$/);
    }
  });

  describe.each(rows.filter(([, row]) => !given(row.code)))("%s", (slug, row) => {
    it("is what its wrong sample gives, and nothing else", () => {
      const found = compileText(row.page().wrong).diagnostics;
      expect(new Set(found.map((one) => one.slug)), found.map(describeDiagnostic).join("\n")).toEqual(
        new Set([slug]),
      );
    });

    it("is not given by its right sample", () => {
      const found = compileText(row.page().right).diagnostics;
      const errors = found.filter((one) => one.severity === "error" || one.slug === slug);
      expect(errors.map(describeDiagnostic)).toEqual([]);
    });
  });
});
