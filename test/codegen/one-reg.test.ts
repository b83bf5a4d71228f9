/** The plan as JSON, YAML and table. */
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { oneReg } from "../../src/codegen/one-reg/target.ts";
import { validate as generatedValidate } from "../../src/generated/plan-validator.js";
import type { Operation, Plan } from "../../src/planner/plan.ts";
import {
  emulatedContract,
  emulatedPlan,
  fullContract,
  fullPlan,
  hostilePlan,
  hostileTexts,
} from "./plans.ts";

const schema: unknown = JSON.parse(
  readFileSync(new URL("../../schemas/plan.schema.json", import.meta.url), "utf8"),
);
const ajv = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false, allErrors: true });
const validate = ajv.compile(schema as object);

function text(plan: Plan, format: string): string {
  const emission = oneReg.emit(plan, fullContract, { format });
  if ("diagnostics" in emission) throw new Error("the target wrote nothing");
  return emission.files[0]?.text ?? "";
}

interface Document {
  guest: string;
  operations: Record<string, unknown>[];
}

const json = (plan: Plan): Document => JSON.parse(text(plan, "json")) as Document;

function operation(document: Document, kind: string): Record<string, unknown> {
  const found = document.operations.find((candidate) => candidate.kind === kind);
  if (found === undefined) throw new Error(`no operation of kind ${kind}`);
  return found;
}

const kinds: readonly Operation["kind"][] = [
  "create-vm",
  "check-extension",
  "enable-capability",
  "set-counter-offset",
  "vcpu-init",
  "vcpu-finalize",
  "set-register",
  "clear-unknown-bitmaps",
  "set-device-attribute",
  "verify-register",
];

describe("one-reg", () => {
  it("has every kind of operation in the plan under test", () => {
    expect([...new Set(fullPlan.operations.map(({ kind }) => kind))].sort()).toEqual([...kinds].sort());
  });

  it("keeps to its schema", () => {
    for (const plan of [
      fullPlan,
      emulatedPlan,
      ...hostileTexts.map((hostile) => hostilePlan("h", hostile)),
    ]) {
      const document = json(plan);
      expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
      expect(generatedValidate(document)).toBe(true);
    }
  });

  it.each(kinds)("refuses a %s with a key too many, too few or mistyped", (kind) => {
    const keys = Object.keys(operation(json(fullPlan), kind));
    for (const key of keys) {
      if (key === "since" || key === "perVcpu") continue;
      const without = json(fullPlan);
      delete operation(without, kind)[key];
      // A device attribute's payload may be absent where its layout is unknown; the bytes may not.
      if (!(kind === "set-device-attribute" && key === "payload"))
        expect(validate(without), `${kind} without ${key}`).toBe(false);
      const mistyped = json(fullPlan);
      operation(mistyped, kind)[key] = 7.5;
      expect(validate(mistyped), `${kind} with a number for ${key}`).toBe(false);
    }
    const more = json(fullPlan);
    operation(more, kind).extra = "0x0";
    expect(validate(more)).toBe(false);
  });

  it.each([
    ["set-register", "id", "0x603000000013c02"],
    ["set-register", "id", "0x603000000013C020"],
    ["set-register", "value", "0x0"],
    ["set-register", "mask", "240"],
    ["vcpu-init", "nr", "0x4020AEAE"],
    ["set-counter-offset", "bytes", "0"],
    ["create-vm", "source", "guests/full.guest"],
  ])("refuses %s with %s %s", (kind, key, value) => {
    const document = json(fullPlan);
    operation(document, kind)[key] = value;
    expect(validate(document)).toBe(false);
    expect(generatedValidate(document)).toBe(false);
  });

  it("says the same in YAML, every scalar that was a string still one", () => {
    for (const plan of [
      fullPlan,
      hostilePlan("no", "on"),
      hostilePlan("y", "0x10"),
      hostilePlan("n", "a: b # c\n- d"),
    ])
      expect(parse(text(plan, "yaml"))).toEqual(json(plan));
  });

  it("writes registers as wide as they are and payloads as the kernel reads them", () => {
    const { operations } = json(fullPlan);
    const named = (name: string): Record<string, unknown>[] => operations.filter((one) => one.name === name);
    expect(named("KVM_REG_ARM64_SVE_VLS")[0]).toMatchObject({
      value: `0x${"3".padStart(128, "0")}`,
      mask: `0x${"f".repeat(128)}`,
    });
    expect(named("KVM_REG_ARM_PSCI_VERSION")[0]).toMatchObject({
      id: "0x6030000000140000",
      value: "0x0000000000010001",
    });
    expect(named("KVM_ARM_VM_SMCCC_FILTER").map(({ payload, bytes }) => [payload, bytes])).toEqual([
      [
        { base: "0xc3000000", nr_functions: "0x00010000", action: "deny" },
        `000000c300000100${"01".padEnd(32, "0")}`,
      ],
      [
        { base: "0xc6000100", nr_functions: "0x00000100", action: "forward" },
        `000100c600010000${"02".padEnd(32, "0")}`,
      ],
    ]);
    expect(named("KVM_ARM_VCPU_PMU_V3_INIT")[0]).not.toHaveProperty("bytes");
    expect(named("KVM_ARM_VCPU_PVTIME_IPA")[0]).toMatchObject({
      perVcpu: "0x40",
      payload: { value: "0x0000000048000000" },
      bytes: "0000004800000000",
    });
  });

  it("tells the VMM what it has to do itself", () => {
    expect(json(fullPlan)).toMatchObject({ vmm: { gic: "v3", vcpus: 2, ipaBits: 40 } });
    const emission = oneReg.emit(emulatedPlan, { ...emulatedContract, gic: undefined, vcpus: undefined });
    expect("files" in emission && JSON.parse(emission.files[0]?.text ?? "")).toMatchObject({ vmm: {} });
  });

  it("has one row an operation in the table, without control characters", () => {
    for (const plan of [fullPlan, ...hostileTexts.map((hostile) => hostilePlan("h", hostile))]) {
      const table = text(plan, "table");
      expect(table).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
      expect(table.split("\n").filter((line) => / {2}(kvm|vm|vcpu) +KVM_/.test(line))).toHaveLength(
        plan.operations.length,
      );
    }
  });

  it("writes the same bytes for the same plan", () => {
    for (const { name } of oneReg.formats)
      expect(text(fullPlan, name)).toBe(text(structuredClone(fullPlan), name));
  });

  it("does not know other formats", () => {
    expect(() => oneReg.emit(fullPlan, fullContract, { format: "toml" })).toThrow(RangeError);
  });
});
