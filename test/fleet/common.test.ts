/** `baseline common of FLEET`: the same CPU as `guestc baseline` finds, in the language. */
import { describe, expect, it } from "vitest";
import type { Contract } from "../../src/contract.ts";
import { baselineOf, usualFacilities } from "../../src/fleet/baseline.ts";
import { guestText } from "../../src/fleet/guest-text.ts";
import { compile, planFor } from "../../src/index.ts";
import { compileText, describeDiagnostic } from "../support/compile-text.ts";
import { fleetOf } from "./support.ts";

const fleets: readonly (readonly string[])[] = [
  ["neoverse-n1.linux-6.18", "cortex-a76.linux-7.2"],
  ["neoverse-n1.linux-6.1", "neoverse-n1.linux-7.2"],
  ["neoverse-v1.linux-6.18", "neoverse-n2.linux-7.2"],
  ["a64fx.linux-6.18", "a64fx.linux-7.2"],
  ["cortex-a53.linux-6.19", "cortex-a57.linux-7.3", "cortex-a72.linux-7.0"],
];

const switches: Readonly<Record<string, (lengths: readonly number[]) => string>> = {
  sve: (lengths) => `sve lengths ${lengths.join(", ")}`,
  pauth: () => "pauth on",
  pmu: () => "pmu on",
};

/** A program with the fleet and one guest on it. */
function program(names: readonly string[], cpu: readonly string[], guest: readonly string[] = []): string {
  return [
    "edition 2026",
    ...names.map((name, at) => `host h${at} { profile "hosts/${name}.json" }`),
    `fleet all { hosts ${names.map((_, at) => `h${at}`).join(", ")} }`,
    `cpu common {\n baseline common of all\n ${cpu.join("\n ")}\n}`,
    `guest g {\n cpu common\n runs-on all\n ${guest.join("\n ")}\n}`,
  ].join("\n");
}

function only(guests: readonly Contract[]): Contract {
  const [guest] = guests;
  if (guest === undefined) throw new Error("no guest");
  return guest;
}

const decided = ({ registers }: Contract): ReadonlyMap<string, bigint | "host"> =>
  new Map(
    registers.flatMap(({ name, fields }) => fields.map((field) => [`${name}.${field.name}`, field.value])),
  );

describe("the common CPU in the language", () => {
  it.each(fleets.map((names) => [names] as const))("%j: is that of `guestc baseline`", (names) => {
    const baseline = baselineOf(fleetOf(...names), usualFacilities);
    if (baseline === undefined) throw new Error("an empty fleet");
    const { text, left } = guestText(baseline, "common", []);
    const loader = { read: () => undefined, inside: () => false };
    const pasted = only(
      compile({ path: "a.guest", text: `${text}\nguest g {\n  cpu common\n}\n` }, loader).guests,
    );
    const cpu = baseline.facilities.map((name) => switches[name]?.(baseline.common.vectorLengths) ?? "");
    const stated = compileText(program(names, cpu));
    const told = stated.diagnostics.filter(({ slug }) => slug !== "hosts-differ");
    expect(told.map(describeDiagnostic)).toEqual([]);
    const block = decided(pasted);
    const differing = [...decided(only(stated.guests))].filter(([key, value]) => block.get(key) !== value);
    // What every host shows alike, and no statement may decide, a fleet's baseline promises all the same.
    for (const [key, value] of differing) {
      expect(block.get(key)).toBe("host");
      expect(left.includes(key) || baseline.values.get(key) === value).toBe(true);
    }
  });

  it("says which host limits a value", () => {
    const { guests } = compileText(program(["neoverse-n1.linux-6.18", "cortex-a76.linux-7.2"], []));
    const register = only(guests).registers.find(({ name }) => name === "ID_AA64MMFR0_EL1");
    expect(register?.fields.find(({ name }) => name === "PARange")?.origin).toMatchObject({
      kind: "baseline",
      baseline: "common of all",
      fleet: "all",
      because: "limited by h1",
    });
    const write = planFor(only(guests)).operations.find(({ name }) => name === "ID_AA64MMFR0_EL1");
    expect(write?.summary).toContain("PARange limited by h1");
  });

  it("makes a sealed guest that leaves nothing open, identity included", () => {
    const sealed = [
      "psci 1.1",
      "gic v3",
      "workaround SMCCC_ARCH_WORKAROUND_1 = not-required",
      "workaround SMCCC_ARCH_WORKAROUND_2 = not-available",
      "workaround SMCCC_ARCH_WORKAROUND_3 = available",
      "sealed",
    ];
    const names = ["neoverse-n1.linux-6.18", "cortex-a76.linux-7.2"];
    const { guests, diagnostics } = compileText(program(names, [], sealed));
    expect(diagnostics.map(describeDiagnostic)).toEqual([]);
    const guest = only(guests);
    expect([...decided(guest).values()]).not.toContain("host");
    // Different cores: KVM must be told that the identity is written.
    expect(guest.capabilities.map(({ value }) => value)).toEqual(["KVM_CAP_ARM_WRITABLE_IMP_ID_REGS"]);
    const open = compileText(program(names, ["midr host"], sealed));
    expect(open.diagnostics.map(({ slug }) => slug)).toContain("sealed-open");
  });
});
