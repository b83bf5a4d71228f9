import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { printQuestion, printQuestions, questions } from "../../src/predict/index.ts";
import {
  idRegisters,
  registerValues,
  smcccFunctions,
  systemRegisters,
  traps,
} from "../../src/tables/index.ts";
import { repeated } from "../tables/data.ts";

const asked = questions();
const names = asked.flatMap((one) => (one.kind === "call" ? [] : [one.name]));

describe("questions", () => {
  it("are what examples/vmm/questions.txt says", () => {
    expect(readFileSync("examples/vmm/questions.txt", "utf8")).toBe(printQuestions(asked));
  });

  it("are asked once each", () => {
    expect(repeated(names)).toEqual([]);
    expect(repeated(asked.map(printQuestion))).toEqual([]);
  });

  it("have one line each, of words without spaces", () => {
    for (const name of names) expect(name).toMatch(/^[\w@-]+$/);
  });

  it("prepare an instruction before it is tried", () => {
    const order = new Map(names.map((name, at) => [name, at]));
    const at = (name: string): number => order.get(name) ?? Number.POSITIVE_INFINITY;
    expect(at("enable-fp")).toBeLessThan(at("FADD_D@EL0"));
    expect(at("enable-fp")).toBeLessThan(at("ADD_Z"));
  });

  it("are about every ID register and every known function", () => {
    const registers = asked.filter((one) => one.kind === "register").map((one) => one.name);
    expect(registers).toEqual(idRegisters().map((row) => row.name));
    const functions = new Set(asked.flatMap((one) => (one.kind === "call" ? [one.functionId] : [])));
    for (const { ids } of smcccFunctions()) for (const id of ids) expect(functions).toContain(id);
  });

  it("acknowledge no interrupt and switch no vCPU on", () => {
    expect(names.filter((name) => /IAR/.test(name) && name.startsWith("MRS_ICC"))).toEqual([]);
    const others = asked.filter(
      (one) => one.kind === "call" && [0x8400_0003, 0xc400_0003].includes(one.functionId),
    );
    expect(others.length).toBeGreaterThan(0);
    for (const one of others)
      if (one.kind === "call") expect(one.args[0] === 0n || (one.args[0] ?? 0n) > 0xffffn).toBe(true);
  });
});

describe("rows about instructions and registers", () => {
  const subjects = [
    ...names.map((name) => name.replace(/@EL0$/, "")),
    ...idRegisters().map((row) => `MRS_${row.name}`),
    // Nobody is asked to write, or to acknowledge an interrupt: the simulator's guests do.
    ...systemRegisters()
      .filter(({ access }) => access !== "ro")
      .map((row) => `MSR_${row.name}`),
    "MRS_ICC_NMIAR1_EL1",
  ];

  it.each(traps().flatMap((row) => row.what))("%s is about something that can be asked", (pattern) => {
    const [row] = traps().filter((one) => one.what.includes(pattern));
    expect(row).toBeDefined();
    const matcher = new RegExp(`^${pattern.replaceAll("*", ".*")}$`);
    expect(subjects.filter((name) => matcher.test(name))).not.toEqual([]);
    for (const name of subjects.filter((one) => matcher.test(one))) expect(row?.matches(name)).toBe(true);
  });

  it("give values to registers of the tables", () => {
    const known = new Set(idRegisters().map((row) => row.name));
    expect(registerValues().filter((row) => !known.has(row.register))).toEqual([]);
  });
});
