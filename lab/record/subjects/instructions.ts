/** SYS instructions and instructions that a feature gates: as the guest is, without facilities, and with FP closed. */
import type { ScriptCase, ScriptStep } from "../../../src/recordings/index.ts";
import {
  type Instruction,
  instructions,
  mentioned,
  sysInstructions,
  systemRegister,
} from "../../../src/tables/index.ts";
import {
  ask,
  caseOf,
  EVERYTHING,
  enable,
  finalize,
  get,
  idOf,
  initPmu,
  machine,
  offer,
  offered,
  run,
  vcpu,
  vm,
} from "../build.ts";
import { mayAsk, mayAskSys } from "../excluded.ts";
import type { Random } from "../random.ts";
import { msr, SCRATCH, sys } from "../words.ts";

const MTE = 205;

/** The address of the scratch page; TLBI reads zero out of it all the same, for it only drops translations. */
const argument = (name: string): readonly bigint[] => (name.startsWith("TLBI") ? [] : [SCRATCH]);

export const sysStep =
  (level: number) =>
  (row: ReturnType<typeof sysInstructions>[number]): ScriptStep =>
    ask(level, sys(row, row.takesRegister ? 0 : 31), row.takesRegister ? argument(row.name) : [], row.name);

const asked = (row: Instruction, level: number): ScriptStep =>
  ask(
    level,
    row.word,
    row.x.map((value) => (value === "scratch" ? SCRATCH : value)),
    row.name,
  );

const isRead = (row: Instruction): boolean => row.preparation !== true && mayAsk(row.name);

/** Every instruction at each of its levels; what must be executed before it stands before. */
export function everyLevel(rows: readonly Instruction[]): readonly ScriptStep[] {
  return rows.filter(isRead).flatMap((row) =>
    row.levels.flatMap((level) => [
      ...row.after.flatMap((name) =>
        instructions()
          .filter((other) => other.name === name && other.preparation !== true)
          .map((other) => asked(other, 1)),
      ),
      asked(row, level),
    ]),
  );
}

const preparations = (): readonly ScriptStep[] =>
  instructions()
    .filter(({ preparation }) => preparation === true)
    .map((row) => asked(row, 1));

/** CPACR_EL1 with every trap set. */
const closed = (): ScriptStep => {
  const cpacr = systemRegister("CPACR_EL1");
  if (cpacr === undefined) throw new Error("the tables have no CPACR_EL1");
  return ask(1, msr(cpacr), [0n], "CPACR_EL1");
};

/** The features that a gate names. */
export function namesIn(gate: NonNullable<Instruction["gate"]>): readonly string[] {
  const names: string[] = [];
  mentioned(gate, { feature: (name) => names.push(name), field: () => undefined });
  return names;
}

/** Words of no instruction that the tables know: most are UNDEFINED. */
const unallocated = (random: Random): readonly ScriptStep[] =>
  Array.from({ length: 40 }, () => ask(random.below(2), random.below(0x1_0000), [], "udf"));

export function instructionCases(random: Random): readonly ScriptCase[] {
  const rows = sysInstructions().filter(({ name }) => mayAskSys(name));
  const gated = instructions().filter(({ after }) => after.includes("enable-fp"));
  return [
    caseOf(
      "SYS instructions",
      offered(EVERYTHING),
      run(),
      rows.flatMap((row) => [sysStep(1)(row), ...(random.once(3) ? [sysStep(0)(row)] : [])]),
    ),
    caseOf("instructions", offered(EVERYTHING), run(), preparations(), everyLevel(instructions())),
    caseOf(
      "instructions without facilities",
      machine(),
      run(),
      preparations(),
      everyLevel(
        instructions().filter(
          ({ gate }) => gate !== undefined && /SVE|SME|PAuth|MTE/.test(namesIn(gate).join(" ")),
        ),
      ),
    ),
    caseOf(
      "instructions with MTE",
      vm(),
      enable(MTE, []),
      vcpu(),
      offer(EVERYTHING),
      finalize(),
      initPmu(),
      get(idOf("ID_AA64PFR1_EL1")),
      run(),
      preparations(),
      everyLevel(
        instructions().filter(
          ({ gate }) => gate !== undefined && namesIn(gate).some((name) => name.includes("MTE")),
        ),
      ),
    ),
    caseOf("FP, SVE and SME closed by CPACR_EL1", offered(EVERYTHING), run(), closed(), everyLevel(gated)),
    caseOf("FP closed by CPACR_EL1 without facilities", machine(), run(), closed(), everyLevel(gated)),
    caseOf("no instructions", machine(), run(), unallocated(random)),
  ];
}
