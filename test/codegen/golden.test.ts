/** What the targets write for plans made by hand, byte by byte (`npx vitest -u` rewrites the files). */
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { findTarget } from "../../src/codegen/targets.ts";
import { emulatedContract, emulatedPlan, fullContract, fullPlan } from "./plans.ts";

const folder = fileURLToPath(new URL("../golden/codegen/", import.meta.url));

const cases = [
  { target: "one-reg", format: "json", plan: fullPlan, contract: fullContract },
  { target: "one-reg", format: "yaml", plan: fullPlan, contract: fullContract },
  { target: "one-reg", format: "table", plan: fullPlan, contract: fullContract },
  { target: "c-header", format: "header", plan: fullPlan, contract: fullContract },
  { target: "qemu", format: "args", plan: emulatedPlan, contract: emulatedContract },
  { target: "qemu", format: "json", plan: emulatedPlan, contract: emulatedContract },
] as const;

describe("golden files", () => {
  it.each(cases)("$target as $format", async ({ target, format, plan, contract }) => {
    const emission = findTarget(target)?.emit(plan, contract, { format });
    if (emission === undefined || "diagnostics" in emission) throw new Error("the target wrote nothing");
    expect(emission.files).toHaveLength(1);
    for (const { name, text } of emission.files) await expect(text).toMatchFileSnapshot(folder + name);
  });
});
