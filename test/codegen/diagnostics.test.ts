/** The samples of the GC08xx rows, built for the target that gives them. */
import { describe, expect, it } from "vitest";
import { qemu } from "../../src/codegen/qemu/target.ts";
import { targets } from "../../src/codegen/targets.ts";
import type { Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import { findDiagnostic } from "../../src/diagnostics/registry.ts";
import { spanText } from "../../src/diagnostics/span.ts";
import { planFor } from "../../src/index.ts";
import { compileText } from "../support/compile-text.ts";

function sample(code: string, which: "wrong" | "right"): string {
  const found = findDiagnostic(code);
  if (found === undefined) throw new Error(`no diagnostic ${code}`);
  return found.row.page()[which];
}

/** What the target says of every guest in the text, which itself has no faults. */
function said(text: string, target = qemu): readonly Diagnostic[] {
  const { guests, diagnostics } = compileText(text);
  expect(diagnostics).toEqual([]);
  expect(guests.length).toBeGreaterThan(0);
  return guests.flatMap((contract) => {
    const emission = target.emit(planFor(contract), contract);
    return "diagnostics" in emission ? emission.diagnostics : emission.warnings;
  });
}

const codes = (found: readonly Diagnostic[]): string[] => found.map(({ code }) => code);

describe("GC0801", () => {
  it("is what its wrong sample gives, at the statement", () => {
    const found = said(sample("GC0801", "wrong"));
    expect(codes(found)).toEqual(["GC0801"]);
    expect(found[0]?.message).toBe("target `qemu` cannot carry ID_AA64ISAR0_EL1.RNDR = 0x0");
    expect(found.map(({ span, label }) => [spanText(span), label])).toEqual([["FEAT_RNG", "promised here"]]);
  });

  it("is not given by its right sample", () => {
    expect(codes(said(sample("GC0801", "right")))).not.toContain("GC0801");
  });
});

describe("GC0802", () => {
  it("is what its wrong sample gives", () => {
    const found = said(sample("GC0802", "wrong"));
    expect(codes(found)).toEqual(["GC0802"]);
    expect(found[0]?.message).toContain("KVM_REG_ARM_STD_BMAP = 0x0");
  });

  it("is left with newer kernels alone in its right sample, and with nothing for other targets", () => {
    const text = sample("GC0802", "right");
    expect(said(text).map(({ message }) => message)).toEqual([
      "target `qemu` leaves open what guestc decides by default: services of newer kernels denied",
    ]);
    for (const target of targets) if (target !== qemu) expect(said(text, target)).toEqual([]);
  });
});
