/** The generator of recordings' scripts: the same bytes from the same seed, and what a script always asks. */
import { describe, expect, it } from "vitest";
import { excluded, mayAsk } from "../../lab/record/excluded.ts";
import { representatives } from "../../lab/record/families.ts";
import { defaultCases, defaultSeed, generate } from "../../lab/record/generate.ts";
import { randomFor, randomOf } from "../../lab/record/random.ts";
import { printScript } from "../../lab/record/record.ts";
import { volatileFile, volatileIds } from "../../lab/record/volatile.ts";
import { hvc, isCall, mrs, msr, readByMrs, smc, sys } from "../../lab/record/words.ts";
import type { ScriptCase, StepOf } from "../../src/recordings/index.ts";
import {
  idRegisters,
  instruction,
  instructions,
  smcccFunction,
  smcccFunctions,
  sysInstructions,
  systemRegister,
  systemRegisterAt,
  systemRegisters,
} from "../../src/tables/index.ts";

const plan = { seed: defaultSeed, cases: defaultCases, cpu: "max", nested: false };
const whole = generate(plan);
const nested = generate({ ...plan, nested: true });

type Kind = ScriptCase["steps"][number]["step"]["kind"];
const stepsOf = <K extends Kind>(cases: readonly ScriptCase[], kind: K): readonly StepOf<K>[] =>
  cases.flatMap(({ steps }) => steps.flatMap(({ step }) => (step.kind === kind ? [step as StepOf<K>] : [])));
const asked = stepsOf(whole, "ask");

describe("a script", () => {
  it("is the same from the same seed", () => {
    expect(printScript(generate(plan))).toBe(printScript(whole));
  });

  it("is another from another seed", () => {
    expect(printScript(generate({ ...plan, seed: 2 }))).not.toBe(printScript(whole));
  });

  it("holds as many random sequences as wanted", () => {
    const random = generate({ ...plan, cases: 7 }).filter(({ title }) => title.startsWith("at random, "));
    expect(random).toHaveLength(7);
  });

  it("asks other CPUs the same boundaries and less of the rest", () => {
    const other = generate({ ...plan, cpu: "cortex-a72" });
    const another = generate({ ...plan, cpu: "cortex-a53" });
    const texts = new Set(
      whole.map((one) =>
        JSON.stringify(one, (_, value) => (typeof value === "bigint" ? `${value}n` : value)),
      ),
    );
    for (const one of other)
      expect(
        texts.has(JSON.stringify(one, (_, value) => (typeof value === "bigint" ? `${value}n` : value))),
      ).toBe(true);
    expect(other.length).toBeLessThan(whole.length);
    expect(other.map(({ title }) => title)).not.toEqual(another.map(({ title }) => title));
    expect(other.some(({ title }) => title === "filter, intersecting")).toBe(true);
  });

  it("has no two cases with one title", () => {
    for (const cases of [whole, nested]) {
      const titles = cases.map(({ title }) => title);
      expect(titles.filter((title, at) => titles.indexOf(title) !== at)).toEqual([]);
    }
  });

  it("has no text that the form could not tell apart", () => {
    for (const { title, steps } of [...whole, ...nested])
      for (const text of [title, ...steps.flatMap(({ note }) => note ?? [])])
        expect(text).not.toMatch(/ [=;] |\n/);
  });

  it("asks nothing before a run", () => {
    for (const { title, steps } of [...whole, ...nested])
      steps.forEach(({ step }, at) => {
        const before = steps[at - 1]?.step.kind;
        if (step.kind === "ask") expect(before === "ask" || before === "run", title).toBe(true);
      });
  });

  it("asks no guest that begins in AArch32", () => {
    const EL1_32BIT = 2;
    for (const { title, steps } of whole) {
      const inits = steps.flatMap(({ step }) => (step.kind === "init" ? [step.features[0] ?? 0] : []));
      if (inits.some((word) => (word & EL1_32BIT) !== 0) && inits.every((word) => (word & EL1_32BIT) !== 0))
        expect(
          steps.some(({ step }) => step.kind === "run"),
          title,
        ).toBe(false);
    }
  });
});

describe("what every script asks", () => {
  it("each system register by MRS at EL1", () => {
    const words = new Set(asked.filter(({ level }) => level === 1).map(({ instruction: word }) => word));
    const missing = systemRegisters().filter((row) => row.access !== "wo" && !words.has(mrs(row)));
    expect(missing.map(({ name }) => name)).toEqual([]);
  });

  it("each encoding of the ID space at EL1 and EL0", () => {
    for (const level of [0, 1])
      for (let at = 0; at < 64; at++) {
        const word = mrs({ op0: 3, op1: 0, crn: 0, crm: at >> 3, op2: at & 7 });
        expect(
          asked.some((one) => one.level === level && one.instruction === word),
          `${level} ${at}`,
        ).toBe(true);
      }
  });

  it("each SYS instruction, but for those that are left out with a reason", () => {
    const words = new Set(asked.map(({ instruction: word }) => word));
    const left = new Set(excluded.sysInstructions.flatMap(({ names }) => names));
    const missing = sysInstructions().filter(
      (row) => !words.has(sys(row, row.takesRegister ? 0 : 31)) && !left.has(row.name),
    );
    expect(missing.map(({ name }) => name)).toEqual([]);
  });

  it("each instruction of the tables at each of its levels", () => {
    const missing = instructions()
      .filter(({ name, preparation }) => preparation !== true && mayAsk(name))
      .flatMap(({ name, word, levels }) =>
        levels
          .filter((level) => !asked.some((one) => one.level === level && one.instruction === word))
          .map((level) => `${name} at EL${level}`),
      );
    expect(missing).toEqual([]);
  });

  it("each known function by HVC and by SMC", () => {
    const missing = smcccFunctions().flatMap(({ name, ids }) =>
      ids
        .flatMap((id) =>
          [hvc(), smc()]
            .filter((word) => !asked.some(({ instruction: of, x }) => of === word && x[0] === BigInt(id)))
            .filter((word) => word === hvc() || !/CPU_(OFF|SUSPEND)/.test(name)),
        )
        .map(() => name),
    );
    expect(missing).toEqual([]);
  });

  it("each field of an ID register that a contract decides, up, down, none and most", () => {
    const tries = stepsOf(whole, "try");
    const missing = idRegisters()
      .filter(({ contract }) => contract)
      .flatMap(({ id, name, fields }) =>
        fields.flatMap(({ lsb, width, name: field }) =>
          [`+1`, `-1`, `=0`, `=${(1n << BigInt(width)) - 1n}`]
            .filter(
              (how) =>
                !tries.some(
                  (one) =>
                    one.id === id &&
                    one.lsb === lsb &&
                    one.width === width &&
                    `${one.change.how}${one.change.operand}` === how,
                ),
            )
            .map((how) => `${name}.${field} ${how}`),
        ),
      );
    expect(missing).toEqual([]);
  });

  it("writes none of the registers that are left out", () => {
    const words = new Set(
      excluded.writes.flatMap(({ registers }) =>
        registers.flatMap((name) => {
          const row = systemRegister(name);
          return row === undefined ? [] : [msr(row)];
        }),
      ),
    );
    expect(asked.filter(({ instruction: word }) => words.has(word))).toEqual([]);
  });
});

describe("data of the recorder", () => {
  it("names what the tables know, with reasons", () => {
    const rows = [...excluded.writes, ...excluded.values].flatMap(({ registers }) => registers);
    expect(rows.filter((name) => systemRegister(name) === undefined)).toEqual([]);
    const sysNames = new Set(sysInstructions().map(({ name }) => name));
    const left = [...excluded.sysInstructions, ...excluded.sysInstructionsAtEl2].flatMap(
      ({ names }) => names,
    );
    expect(left.filter((name) => !sysNames.has(name))).toEqual([]);
    expect(
      excluded.instructions.flatMap(({ names }) => names).filter((name) => instruction(name) === undefined),
    ).toEqual([]);
    expect(
      volatileFile.calls.flatMap(({ names }) => names).filter((name) => smcccFunction(name) === undefined),
    ).toEqual([]);
    expect(volatileIds.length).toBeGreaterThan(0);
    const reasons = [...Object.values(excluded), ...Object.values(volatileFile)].flat().map(({ why }) => why);
    expect(reasons.filter((why) => why.length < 6)).toEqual([]);
  });
});

describe("words of instructions", () => {
  it("are those of the assembler", () => {
    const midr = { op0: 3, op1: 0, crn: 0, crm: 0, op2: 0 };
    expect(mrs(midr)).toBe(0xd538_0000);
    expect(msr({ op0: 3, op1: 0, crn: 1, crm: 0, op2: 2 })).toBe(0xd518_1040);
    expect(sys({ op0: 1, op1: 0, crn: 8, crm: 7, op2: 0 }, 31)).toBe(0xd508_871f);
    expect([hvc(), smc(), hvc(1), smc(0xffff)]).toEqual([0xd400_0002, 0xd400_0003, 0xd400_0022, 0xd41f_ffe3]);
  });

  it("are taken apart as they were put together", () => {
    for (const row of systemRegisters().filter((one) => systemRegisterAt(one) === one))
      expect(systemRegisterAt(readByMrs(mrs(row)) ?? { op0: 0, op1: 0, crn: 0, crm: 0, op2: 0 })).toBe(row);
    expect(
      [hvc(3), smc(7), mrs({ op0: 3, op1: 0, crn: 0, crm: 0, op2: 0 }), 0xd400_0001].map(isCall),
    ).toEqual([true, true, false, false]);
  });
});

describe("random numbers", () => {
  it("repeat with the seed and differ by subject", () => {
    const some = (random: ReturnType<typeof randomOf>): readonly number[] =>
      Array.from({ length: 5 }, () => random.word());
    expect(some(randomOf(7))).toEqual(some(randomOf(7)));
    expect(some(randomFor(7, "a"))).not.toEqual(some(randomFor(7, "b")));
    expect(new Set(some(randomOf(0))).size).toBe(5);
  });

  it("stay within their bounds and reach them", () => {
    const random = randomOf(1);
    const drawn = Array.from({ length: 2000 }, () => random.below(5));
    expect([...new Set(drawn)].sort()).toEqual([0, 1, 2, 3, 4]);
  });
});

describe("families of registers", () => {
  it("are told by their numbers, and not by their exception level", () => {
    const rows = ["A0_EL1", "A1_EL1", "A2_EL1", "A3_EL1", "A1_EL2", "B_EL1"].map((name) => ({ name }));
    expect(representatives(rows).map(({ name }) => name)).toEqual([
      "A0_EL1",
      "A1_EL1",
      "A3_EL1",
      "A1_EL2",
      "B_EL1",
    ]);
  });
});
