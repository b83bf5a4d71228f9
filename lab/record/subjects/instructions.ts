/** SYS instructions and instructions that a feature gates: as the guest is, with FP closed, and with the feature hidden. */
import type { ScriptCase, ScriptStep } from "../../../src/recordings/index.ts";
import {
  feature,
  field,
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
  step,
  vcpu,
  vm,
} from "../build.ts";
import { mayAsk, mayAskSys } from "../excluded.ts";
import type { Random } from "../random.ts";
import { msr, SCRATCH, sys } from "../words.ts";

const MTE = 205;

/** The address of the scratch page; TLBI reads zero out of it all the same, for it only drops translations. */
const argument = (name: string): readonly bigint[] => (name.startsWith("TLBI") ? [] : [SCRATCH]);

const sysStep =
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
function all(rows: readonly Instruction[]): readonly ScriptStep[] {
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

/**
 * Hides, field by field, what gates instructions: the fields of the features that a gate names become what means
 * "nothing here", then the instruction is executed.
 */
function hidden(): readonly ScriptCase[] {
  const names = new Set<string>();
  for (const { gate } of [...instructions(), ...sysInstructions()]) {
    if (gate !== undefined) mentioned(gate, { feature: (name) => names.add(name), field: () => undefined });
  }
  return [...names].sort().flatMap((name) => {
    const settings = (feature(name)?.absent ?? []).flatMap(({ reg, field: of }) => {
      const row = field(reg, of);
      return row === undefined ? [] : [row];
    });
    const gated = instructions().filter(({ gate }) => gate !== undefined && namesIn(gate).includes(name));
    const gatedSys = sysInstructions()
      .filter(({ gate, name: of }) => gate !== undefined && mayAskSys(of) && namesIn(gate).includes(name))
      .filter(({ op1 }) => op1 !== 6);
    if (settings.length === 0 || gated.length + gatedSys.length === 0) return [];
    return [
      caseOf(
        `${name} hidden`,
        offered(EVERYTHING),
        settings.map(({ register, lsb, width, absent, name: of }) => hide(register, lsb, width, absent, of)),
        settings.map(({ register }) => get(idOf(register))),
        run(),
        preparations(),
        all(gated),
        gatedSys.slice(0, 12).map(sysStep(1)),
        settings.flatMap(({ register }) => {
          const of = systemRegister(register);
          return of === undefined ? [] : [ask(1, (msr(of) | 0x20_0000) >>> 0, [], register)];
        }),
      ),
    ];
  });
}

function namesIn(gate: NonNullable<Instruction["gate"]>): readonly string[] {
  const names: string[] = [];
  mentioned(gate, { feature: (name) => names.push(name), field: () => undefined });
  return names;
}

/** Writes one field and leaves it so. */
const hide = (register: string, lsb: number, width: number, value: number, of: string): ScriptStep =>
  step({ kind: "put", vcpu: 0, id: idOf(register), lsb, width, value: BigInt(value) }, `${register}.${of}`);

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
    caseOf("instructions", offered(EVERYTHING), run(), preparations(), all(instructions())),
    caseOf(
      "instructions without facilities",
      machine(),
      run(),
      preparations(),
      all(
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
      all(
        instructions().filter(
          ({ gate }) => gate !== undefined && namesIn(gate).some((name) => name.includes("MTE")),
        ),
      ),
    ),
    caseOf("FP, SVE and SME closed by CPACR_EL1", offered(EVERYTHING), run(), closed(), all(gated)),
    caseOf("FP closed by CPACR_EL1 without facilities", machine(), run(), closed(), all(gated)),
    caseOf("no instructions", machine(), run(), unallocated(random)),
    ...hidden(),
  ];
}
