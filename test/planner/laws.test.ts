/** What holds of every plan, whatever the contract is. */
import { readdirSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import type { Contract } from "../../src/contract.ts";
import type { Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import type { Operation, Plan } from "../../src/planner/plan.ts";
import { phases } from "../../src/planner/plan.ts";
import { plan } from "../../src/planner/planner.ts";
import {
  bitmapRegisters,
  capabilities,
  deviceAttributes,
  firmwareRegisters,
  vcpuFeatures,
} from "../../src/tables/index.ts";
import { baseline, statements } from "../checker/arbitrary.ts";
import { contractOf, cpuText } from "../checker/support.ts";
import { compileFile, compileText } from "../support/compile-text.ts";

// Random programs take their time on a loaded machine.
vi.setConfig({ testTimeout: 120_000 });

const guestLines: readonly (readonly string[])[] = [
  ["psci 0.1", "psci 0.2", "psci 1.0", "psci 1.1", "psci 1.3", "psci host"],
  [
    "services none",
    "services trng",
    "services kvm-features, ptp",
    "services trng, kvm-features, discover-impl-ver",
  ],
  ["smccc { deny oem fast64; forward vendor-hyp fast32 0x40 ..= 0x5f }", "smccc { deny PSCI_CPU_ON }"],
  ["capability system-suspend", "capability nisv-to-user, system-suspend"],
  ["stolen-time at 0x4800_0000"],
  ["counter-offset 0x1_0000"],
  ["ipa 40 bits", "ipa 52 bits"],
  ["gic v3", "gic v2", "gic none"],
  ["vcpus 1", "vcpus 16"],
  ["timer virtual intid 20"],
  ["timer hyp-physical intid 21"],
  ["workaround SMCCC_ARCH_WORKAROUND_1 = available"],
  ["sealed"],
];
const guestBlock = fc
  .subarray([...guestLines])
  .chain((lines) => fc.tuple(...lines.map((one) => fc.constantFrom(...one))));
const pmuBlock = fc.constantFrom(
  "",
  "pmu on { intid 23; counters 4; deny events 0x13, 0x20 ..= 0x3f; allow events 0 ..= 0x1ff }",
  "pmu on { allow events 0 ..= 0xffff }",
  "pmu on { counters 0 }",
);

const program = fc.tuple(baseline, statements, pmuBlock, guestBlock).map(([base, block, pmu, guest]) => {
  const own = pmu === "" ? block : [...block.filter((one) => !one.startsWith("pmu")), pmu];
  return `${cpuText(base, ...own)}guest g {\n  cpu c\n${guest.map((one) => `  ${one}\n`).join("")}}\n`;
});

function eachPlan(check: (plan: Plan, contract: Contract, found: readonly Diagnostic[]) => void): void {
  for (const file of readdirSync("examples").filter((name) => name.endsWith(".guest"))) {
    const { guests, diagnostics } = compileFile(`examples/${file}`);
    for (const contract of guests) check(plan(contract), contract, diagnostics);
  }
  fc.assert(
    fc.property(program, (text) => {
      const { guests, diagnostics } = compileText(text);
      expect(guests).toHaveLength(1);
      for (const contract of guests) check(plan(contract), contract, diagnostics);
    }),
    { numRuns: 60 },
  );
}

const ofKind = <Kind extends Operation["kind"]>(
  { operations }: Plan,
  kind: Kind,
): readonly Extract<Operation, { kind: Kind }>[] =>
  operations.filter((one): one is Extract<Operation, { kind: Kind }> => one.kind === kind);

const indexOf = ({ operations }: Plan, test: (one: Operation) => boolean): number =>
  operations.findIndex(test);

describe("the order", () => {
  it("follows the phases", () => {
    eachPlan(({ operations }) => {
      const ranks = operations.map((one) => phases.indexOf(one.phase));
      expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
    });
  });

  it("puts the filter and capabilities before the first vCPU, vector lengths between INIT and FINALIZE", () => {
    eachPlan((made) => {
      const init = indexOf(made, (one) => one.kind === "vcpu-init");
      expect(ofKind(made, "vcpu-init")).toHaveLength(1);
      made.operations.forEach((one, at) => {
        if (one.kind === "enable-capability" || one.kind === "set-counter-offset" || one.fd === "vm")
          expect(at, one.name).toBeLessThan(init);
        if (one.kind === "set-register" && one.bits === 512) {
          expect(at).toBeGreaterThan(init);
          expect(at).toBeLessThan(indexOf(made, (other) => other.kind === "vcpu-finalize"));
        }
        if (one.kind === "verify-register") expect(at).toBeGreaterThan(init);
      });
      for (const { capability, phase } of ofKind(made, "enable-capability")) {
        const row = capabilities().find((one) => one.number === capability);
        if (row?.beforeVcpus === true) expect(phase).toBe("vm");
      }
    });
  });

  it("makes the PMU's interrupt, counters and filter before its INIT, and the last two on one vCPU only", () => {
    const rank = ["IRQ", "SET_NR_COUNTERS", "FILTER", "INIT"];
    eachPlan((made, contract) => {
      const attributes = ofKind(made, "set-device-attribute").filter((one) =>
        one.name.startsWith("KVM_ARM_VCPU_PMU_V3_"),
      );
      const ranks = attributes.map((one) => rank.indexOf(one.name.slice("KVM_ARM_VCPU_PMU_V3_".length)));
      expect(ranks).not.toContain(-1);
      expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
      for (const one of attributes)
        expect(one.firstVcpuOnly, one.name).toBe(/SET_NR_COUNTERS|FILTER/.test(one.name));
      expect(attributes.filter((one) => one.name.endsWith("_INIT"))).toHaveLength(
        contract.pmu === undefined ? 0 : 1,
      );
    });
  });
});

describe("registers", () => {
  it("are each set once, with every decided field, and read back", () => {
    eachPlan((made, contract) => {
      const sets = ofKind(made, "set-register").filter((one) => one.phase === "registers");
      const verifies = ofKind(made, "verify-register");
      expect(new Set(sets.map((one) => one.id)).size).toBe(sets.length);
      for (const register of contract.registers) {
        const mine = sets.filter((one) => one.id === register.id);
        const back = verifies.filter((one) => one.id === register.id);
        const decided = register.fields.filter((one) => one.value !== "host");
        expect([mine.length, back.length]).toEqual(decided.length > 0 ? [1, 1] : [0, 0]);
        for (const operation of [...mine, ...back]) {
          let mask = 0n;
          for (const { lsb, width, value } of decided) {
            const bits = (1n << BigInt(width)) - 1n;
            mask |= bits << BigInt(lsb);
            expect((operation.value >> BigInt(lsb)) & bits, `${register.name}`).toBe(value);
          }
          expect(operation.mask, `nothing open in ${register.name}`).toBe(mask);
          expect(operation.value & ~operation.mask).toBe(0n);
          expect(operation.absentIsFine).toBe(operation.value === 0n);
        }
      }
    });
  });

  it("name every bitmap that the tables know, and clear the others", () => {
    eachPlan((made, contract) => {
      const known = bitmapRegisters().map((one) => one.id);
      const [clear, ...more] = ofKind(made, "clear-unknown-bitmaps");
      expect(more).toEqual([]);
      expect(clear?.known).toEqual(known);
      for (const { name, id } of bitmapRegisters()) {
        const set = ofKind(made, "set-register").filter((one) => one.id === id);
        expect(set).toHaveLength(1);
        expect(set[0]?.value).toBe(contract.bitmaps.find((one) => one.register === name)?.value);
        expect(set[0]?.absentIsFine).toBe(set[0]?.value === 0n);
      }
    });
  });

  it("state the PSCI version and workarounds that the contract states", () => {
    eachPlan((made, contract) => {
      const firmware = firmwareRegisters();
      const psci = firmware.find((one) => one.name === "KVM_REG_ARM_PSCI_VERSION");
      const set = ofKind(made, "set-register").find((one) => one.id === psci?.id);
      expect(set?.value).toBe(contract.psci.value === "host" ? undefined : psci?.values[contract.psci.value]);
      // KVM refuses 0.1 on a vCPU with PSCI_0_2, and every other version on one without.
      const feature = contract.vcpuFeatures.some((one) => one.value === "PSCI_0_2");
      expect(feature).toBe(contract.psci.value !== "0.1");
    });
  });
});

describe("what KVM is told", () => {
  it("is what the contract says, byte for byte", () => {
    eachPlan((made, contract) => {
      const view = (bytes: Uint8Array): DataView =>
        new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const named = (name: string) => ofKind(made, "set-device-attribute").filter((one) => one.name === name);
      expect(
        named("KVM_ARM_VM_SMCCC_FILTER").map(({ payload }) => {
          expect(payload).toHaveLength(24);
          expect([...payload.subarray(9)]).toEqual(new Array(15).fill(0));
          const first = view(payload).getUint32(0, true);
          const last = first + view(payload).getUint32(4, true) - 1;
          return { first, last, action: (["handle", "deny", "forward"] as const)[payload[8] ?? 9] };
        }),
      ).toEqual(contract.filter.map(({ first, last, action }) => ({ first, last, action })));
      const events = named("KVM_ARM_VCPU_PMU_V3_FILTER").map(({ payload }) => {
        expect(payload).toHaveLength(8);
        expect([...payload.subarray(5)]).toEqual([0, 0, 0]);
        const count = view(payload).getUint16(2, true);
        expect(count).toBeGreaterThan(0);
        return { first: view(payload).getUint16(0, true), count, deny: payload[4] === 1 };
      });
      // The first entry decides about all events without one: `allow` must come first.
      expect(events.map((one) => one.deny)).toEqual(
        events.map((one) => one.deny).toSorted((a, b) => Number(a) - Number(b)),
      );
      for (const deny of [false, true]) {
        const covered = (ranges: readonly { first: number; last: number }[]): number =>
          ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
        const asked = (contract.pmu?.events ?? []).filter((one) => (one.action === "deny") === deny);
        expect(events.filter((one) => one.deny === deny).reduce((sum, one) => sum + one.count, 0)).toBe(
          covered(asked),
        );
      }
      for (const { payload, perVcpu } of named("KVM_ARM_VCPU_PVTIME_IPA")) {
        expect(view(payload).getBigUint64(0, true)).toBe(contract.stolenTime?.value);
        expect(perVcpu).toBe(64n);
      }
      for (const { payload } of ofKind(made, "set-counter-offset")) {
        expect(payload).toHaveLength(16);
        expect(view(payload).getBigUint64(0, true)).toBe(contract.counterOffset?.value);
        expect(view(payload).getBigUint64(8, true)).toBe(0n);
      }
      const [init] = ofKind(made, "vcpu-init");
      const asked = vcpuFeatures().filter((one) =>
        contract.vcpuFeatures.some(({ value }) => value === one.name),
      );
      expect(init?.features).toBe(asked.reduce((bits, one) => bits + 2 ** one.index, 0));
      for (const row of asked)
        for (const need of row.needs) expect(asked.map((one) => one.name)).toContain(need);
      const lengths = ofKind(made, "set-register").find((one) => one.bits === 512);
      const wanted = contract.sveLengths?.value;
      expect(lengths?.value).toBe(
        wanted === undefined || wanted === "host"
          ? undefined
          : wanted.reduce((bits, one) => bits | (1n << BigInt(one / 128 - 1)), 0n),
      );
      expect(ofKind(made, "create-vm").map((one) => Number(one.type))).toEqual(
        contract.ipaBits === undefined ? [] : [contract.ipaBits.value],
      );
    });
  });

  it("carries the release that has it", () => {
    eachPlan((made) => {
      for (const one of made.operations) {
        const rows: readonly { name: string; since: string }[] =
          one.kind === "set-device-attribute"
            ? deviceAttributes()
            : one.kind === "check-extension" || one.kind === "enable-capability"
              ? capabilities()
              : [];
        const row = rows.find(({ name }) => name === one.name);
        if (row === undefined) continue;
        const optional = one.kind === "enable-capability" && one.ifPresent;
        const old = /^[0-5]\.|^6\.[01]$/.test(row.since);
        expect(one.since, one.name).toBe(optional || old ? null : row.since);
      }
    });
  });
});

describe("provenance", () => {
  it("every operation comes from a place in the user's file", () => {
    eachPlan(({ operations }, contract) => {
      for (const { name, source } of operations) {
        expect(source.file, name).toBe(contract.span.file);
        expect(source.end, name).toBeGreaterThan(source.start);
        expect(source.end, name).toBeLessThanOrEqual(source.file.text.length);
      }
    });
  });

  it("the same text gives the same plan", () => {
    const printed = (made: Plan): string =>
      JSON.stringify(made, (key, value: unknown) =>
        key === "file" ? "" : typeof value === "bigint" ? `${value}n` : value,
      );
    fc.assert(
      fc.property(program, (text) => {
        expect(printed(plan(contractOf(text)))).toBe(printed(plan(contractOf(text))));
      }),
      { numRuns: 30 },
    );
  });
});

it("the newest of several vCPU features tells when KVM_ARM_VCPU_INIT takes them", () => {
  const made = plan(contractOf(`${cpuText("baseline host", "el2 nvhe", "sve host")}guest g {\n  cpu c\n}\n`));
  expect(ofKind(made, "vcpu-init")[0]?.since).toBe("6.16");
});
