/** The rows about system registers, held against the tables of registers and against every shipped host. */
import { describe, expect, it } from "vitest";
import { fateOf } from "../../../src/sim/rules/fates.ts";
import { behaviours, behavioursOf } from "../../../src/sim/vcpu/system/behaviour.ts";
import { fixedBitRows } from "../../../src/sim/vcpu/system/fixed-bits.ts";
import { keyOf, readable, writable } from "../../../src/sim/vcpu/system/names.ts";
import { viewNames, views } from "../../../src/sim/vcpu/system/views.ts";
import { idRegisters, source, systemRegisters } from "../../../src/tables/index.ts";
import { spread } from "../../hosts/shipped.ts";
import { running } from "./system-machine.ts";

const rows = behaviours();
const registers = [...new Set([...systemRegisters(), ...idRegisters()].map(({ name }) => name))];

describe("rows of behaviour", () => {
  it.each(rows.map((row) => [row.what.join(" "), row] as const))(
    "%s: about registers, by views that exist",
    (_, row) => {
      for (const what of row.what) {
        const pattern = new RegExp(`^${what.replaceAll("*", "\\w*")}$`);
        expect(
          registers.filter((name) => pattern.test(name)),
          what,
        ).not.toEqual([]);
      }
      if (row.view !== undefined) expect(viewNames).toContain(row.view);
      if (row.alias !== undefined) expect(() => keyOf(row.alias ?? "")).not.toThrow();
      if (row.of !== undefined) expect(() => keyOf(row.of ?? "")).not.toThrow();
      for (const [name] of row.open ?? []) expect(() => keyOf(name.replace(/^not /, ""))).not.toThrow();
      expect(source(row.source), row.source).toBeDefined();
      const does = [row.view, row.alias, row.constant, row.undefined].filter((one) => one !== undefined);
      expect(does.length).toBeLessThanOrEqual(1);
    },
  );

  it("each decide about a register: none is hidden by those before it", () => {
    const unconditional = (row: (typeof rows)[number]): boolean =>
      [
        row.since,
        row.until,
        row.platform,
        row.where,
        row.guest,
        row.at,
        row.level,
        row.access,
        row.hostCounters,
      ].every((condition) => condition === undefined);
    for (const row of rows) {
      const reached = registers.some((name) => {
        const own = behavioursOf(name);
        const at = own.indexOf(row);
        return at >= 0 && own.slice(0, at).every((before) => !unconditional(before));
      });
      expect(reached, row.what.join(" ")).toBe(true);
    }
  });

  it("say of no register that is only read how it is written, nor the other way round", () => {
    for (const { name, access } of systemRegisters()) {
      const own = behavioursOf(name);
      if (access === "ro")
        expect(
          own.filter((row) => row.access === "write"),
          name,
        ).toEqual([]);
      for (const row of own) {
        if (row.view === undefined) continue;
        const view = views[row.view];
        if (access !== "wo" && row.access !== "write")
          expect(view.read, `${name} by ${row.view}`).toBeDefined();
      }
    }
  });
});

/** Guests that reach as many registers as any. */
const kinds: readonly (readonly string[])[] = [[], ["PMU_V3"], ["HAS_EL2", "PMU_V3"]];

describe("every register that a guest can reach", () => {
  it.each(
    [...spread].flatMap((host) =>
      kinds
        .filter((kind) => kind.includes("HAS_EL2") === host.includes("nested"))
        .map((kind) => [host, kind] as const),
    ),
  )("has its behaviour on %s with %j", (host, kind) => {
    const { guest } = running(host, ...kind).hypervisor;
    const missing = [
      ...[...readable().values()].map(({ name }) => ({ name, fate: `MRS_${name}`, access: "read" as const })),
      ...[...writable().values()].map(({ name }) => ({
        name,
        fate: `MSR_${name}`,
        access: "write" as const,
      })),
    ].filter(({ name, fate, access }) => {
      const expected = fateOf(guest, fate);
      if (!expected.known || expected.value !== "executes") return false;
      return !behavioursOf(name).some((row) => row.access === undefined || row.access === access);
    });
    expect(missing.map(({ fate }) => fate)).toEqual([]);
  });
});

describe("fixed bits", () => {
  it("are zero or one, never both, without conditions", () => {
    for (const { register, zero, one } of fixedBitRows()) {
      const always = (bits: typeof zero): bigint =>
        bits.filter(({ unless }) => unless === undefined).reduce((sum, { bits: own }) => sum | own, 0n);
      expect(always(zero) & always(one), register).toBe(0n);
    }
  });
});
