/** What `guestc view` says of the examples: true to the prediction, complete, and who decided it. */
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { spanText } from "../../../src/diagnostics/span.ts";
import { plan } from "../../../src/planner/planner.ts";
import { predict, questions } from "../../../src/predict/index.ts";
import { type Answerer, callsSeen } from "../../../src/sim/view/calls.ts";
import { viewDocument } from "../../../src/sim/view/document.ts";
import { commonFate } from "../../../src/sim/view/instructions.ts";
import { viewText } from "../../../src/sim/view/table.ts";
import { type GuestView, guestView, type SeenGuest } from "../../../src/sim/view/view.ts";
import { fieldOf } from "../../../src/tables/index.ts";
import { shipped } from "../../hosts/shipped.ts";
import { examples, planned } from "../../predict/support.ts";
import { golden } from "../../support/golden.ts";

const schema: object = JSON.parse(readFileSync("schemas/view.schema.json", "utf8"));
const validate = new Ajv2020({
  strict: true,
  strictRequired: false,
  strictTypes: false,
  allErrors: true,
}).compile(schema);

function look(example: string, host: string): GuestView {
  const found = examples.find(({ name }) => name === example);
  if (found === undefined) throw new Error(`no example ${example}`);
  return guestView({ ...found, hostName: host, profile: shipped(host) });
}

function seen(view: GuestView): SeenGuest {
  if (view.outcome.kind === "refused") throw new Error(view.outcome.why);
  return view.outcome;
}

const field = (view: SeenGuest, register: string, name: string) =>
  view.registers.find((one) => one.register.name === register)?.fields.find((one) => one.field.name === name);

const hosts = ["neoverse-n1.linux-6.1", "neoverse-n1.linux-6.18", "max.linux-7.2", "max-nested.linux-7.2"];

describe("every example on hosts of all kinds", () => {
  it.each(examples.flatMap(({ name }) => hosts.map((host) => [name, host] as const)))(
    "%s on %s: the document keeps to the schema, the table to its width",
    (name, host) => {
      const view = look(name, host);
      const document = JSON.parse(JSON.stringify(viewDocument(view)));
      expect(validate(document), JSON.stringify(validate.errors?.slice(0, 3))).toBe(true);
      for (const width of [72, 100, 120])
        for (const all of [false, true]) {
          const lines = viewText(view, { width, all }).split("\n");
          const wide = lines.filter((line) => line.length > width);
          expect(wide).toEqual([]);
          expect(lines.filter((line) => /\s$/.test(line))).toEqual([]);
        }
    },
  );
});

describe("the table", () => {
  it.each([
    ["portable-web", "neoverse-n1.linux-6.18"],
    ["confidential", "neoverse-n1.linux-6.12"],
    ["confidential", "neoverse-n1.linux-6.1"],
    ["sve-pauth", "max.linux-6.12"],
    ["nested", "max-nested.linux-7.2"],
  ])("of %s on %s is as the golden file has it", (name, host) => {
    golden(`test/golden/view/${name}.${host}.txt`, viewText(look(name, host)));
  });
});

describe("registers", () => {
  it("hold in each field the bits of what the guest reads", () => {
    for (const host of hosts)
      for (const { register, outcome, fields } of seen(look("minimal", host)).registers) {
        if (!outcome.known || typeof outcome.value !== "bigint") expect(fields).toEqual([]);
        else
          for (const one of fields) expect(one.value, register.name).toBe(fieldOf(outcome.value, one.field));
      }
  });

  it("name the statement, the baseline, the default and the host that decided", () => {
    const view = seen(look("portable-web", "neoverse-n1.linux-6.18"));
    const by = (register: string, name: string): readonly (string | undefined)[] => {
      const found = field(view, register, name)?.decided;
      return [found?.by, found?.span && spanText(found.span), found?.why];
    };
    expect(by("ID_AA64ISAR0_EL1", "DP")).toEqual(["statement", "FEAT_DotProd", ""]);
    expect(by("ID_AA64ISAR0_EL1", "Atomic")).toEqual(["baseline", "baseline armv8.2-a", "armv8.2-a"]);
    expect(by("ID_AA64PFR0_EL1", "SVE")[0]).toBe("default");
    expect(by("ID_AA64MMFR1_EL1", "VH")).toEqual(["host", "baseline armv8.2-a", ""]);
  });

  it("say what a value means and which features it shows", () => {
    const view = seen(look("portable-web", "neoverse-n1.linux-6.18"));
    expect(field(view, "ID_AA64ISAR0_EL1", "AES")).toMatchObject({
      meaning: "PMULL",
      features: ["FEAT_AES", "FEAT_PMULL"],
    });
    expect(field(view, "ID_AA64MMFR0_EL1", "PARange")?.meaning).toBe("40 bits");
  });
});

describe("calls", () => {
  /** What each answerer must come to. */
  const comesTo: Readonly<Partial<Record<Answerer, RegExp>>> = {
    filter: /^-1$/,
    bitmap: /^-1$/,
    nobody: /^-1$/,
    "no-smc": /^-1$/,
    el2: /^0$/,
    "user-space": /^hypercall$/,
    "guest-el2": /^taken$/,
  };

  it("come to what their answerer gives, on every example and host", () => {
    const met = new Set<Answerer>();
    for (const { contract, plan: operations } of examples)
      for (const host of hosts) {
        const profile = shipped(host);
        const prediction = predict(contract, operations, profile);
        if (prediction.kind === "refused") continue;
        for (const { id, args, hvc, smc } of callsSeen(contract, profile, prediction.view, questions()))
          for (const { by, outcome } of [hvc, smc]) {
            met.add(by);
            const expected = comesTo[by];
            if (expected === undefined || !outcome.known) continue;
            const { value } = outcome;
            const said =
              value.kind === "answers"
                ? String(value.x[0] === "any" ? "any" : BigInt.asIntN(64, value.x[0] ?? 0n))
                : value.kind === "exits"
                  ? value.exit
                  : value.kind;
            expect(said, `${host} 0x${id.toString(16)} ${args} ${by}`).toMatch(expected);
          }
      }
    expect([...met].sort()).toEqual([...Object.keys(comesTo), "kvm"].sort());
  });

  it("name the statement that is responsible", () => {
    const view = look("confidential", "neoverse-n1.linux-6.12");
    const statement = (id: number): string | undefined => {
      const origin = seen(view).calls.find((one) => one.id === id)?.hvc.origin;
      return origin?.kind === "statement" ? spanText(origin.span).replace(/ +/g, " ") : origin?.kind;
    };
    expect(statement(0x8600_0000)).toBe("forward vendor-hyp fast32");
    expect(statement(0x8400_0012)).toBe("deny PSCI_SYSTEM_RESET2");
    expect(statement(0x8400_0050)).toBe("trng");
    expect(statement(0xc500_0020)).toBe("services trng");
    expect(statement(0x8400_0000)).toBe("psci 1.1");
  });
});

describe("instructions", () => {
  it("tell of a feature by those that need it alone", () => {
    const view = seen(look("portable-web", "neoverse-n1.linux-6.18"));
    const of = (name: string) => view.features.find(({ feature }) => feature === name);
    expect(of("FEAT_LSE")?.shown).toBe(true);
    for (const name of ["FEAT_LSE", "FEAT_DPB"]) {
      const found = of(name);
      expect(found && commonFate(found), name).toBe("executes");
    }
    expect(of("FEAT_DPB")?.further.map(({ name }) => name)).toContain("DC_CGVAP");
    const sve = of("FEAT_SVE");
    expect(sve && commonFate(sve)).toBe("undefined");
  });
});

describe("a guest that KVM refuses", () => {
  it("is told with the operation, the errno, the fact and the statement", () => {
    const view = look("confidential", "neoverse-n1.linux-6.1");
    const { outcome } = view;
    if (outcome.kind !== "refused") throw new Error("runs");
    expect(outcome.operation.name).toBe("KVM_ARM_VM_SMCCC_FILTER");
    expect(outcome.errno).toBe("EINVAL");
    expect(spanText(outcome.span).replace(/ +/g, " ")).toBe("deny sip");
  });

  it("is told so where a value cannot be had", () => {
    const sample = planned("baseline host\nfield ID_AA64MMFR1_EL1.VH = 0", "");
    const profile = shipped("neoverse-n1.linux-6.12");
    const view = guestView({
      contract: sample.contract,
      plan: plan(sample.contract),
      hostName: "n1",
      profile,
    });
    expect(view.outcome).toMatchObject({ kind: "refused", errno: "EINVAL" });
    expect(viewText(view)).toContain("asked for by  sample.guest:4:1");
  });
});
