/** MRS of every system register at EL1 and EL0, MSR of those that leave the agent alive, and encodings of none. */
import type { ScriptCase, ScriptStep } from "../../../src/recordings/index.ts";
import {
  featuresOfFacility,
  mentioned,
  type SystemRegister,
  systemRegisterAt,
  systemRegisters,
} from "../../../src/tables/index.ts";
import {
  ask,
  caseOf,
  device,
  EVERYTHING,
  finalize,
  initPmu,
  little,
  machine,
  offer,
  offered,
  run,
  setAttribute,
  vcpu,
  vm,
} from "../build.ts";
import { valueToWrite } from "../excluded.ts";
import { representatives } from "../families.ts";
import type { Random } from "../random.ts";
import { mrs, msr } from "../words.ts";

const ONES = 0xffff_ffff_ffff_ffffn;
/** So many registers are written on one machine, so that what one does to the next stays within sight. */
const WRITTEN_TOGETHER = 32;
const READ_TOGETHER = 160;
const GIC_V3 = 7;

/** One of the registers that share an encoding. */
const distinct = (): readonly SystemRegister[] =>
  systemRegisters().filter((row) => systemRegisterAt(row) === row);

const chunks = <T>(all: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, at) => all.slice(at * size, (at + 1) * size));

const isGic = ({ name }: SystemRegister): boolean => name.startsWith("ICC_");

const read = (level: number, row: SystemRegister): ScriptStep => ask(level, mrs(row), [], row.name);

/** Registers of EL2 and EL3 are UNDEFINED at EL1 wherever they are not redirected; at EL0 all but a few are. */
function reads(random: Random): readonly ScriptStep[] {
  return distinct()
    .filter(({ access }) => access !== "wo")
    .flatMap((row) => [read(1, row), ...(row.minEL === "EL0" || random.once(10) ? [read(0, row)] : [])]);
}

/** Registers that a guest has only with a facility. */
function ofFacilities(): readonly SystemRegister[] {
  const names = new Set(["pmu", "sve", "pauth", "mte"].flatMap(featuresOfFacility).map(({ name }) => name));
  return distinct().filter(({ access, gate }) => {
    if (access === "wo" || gate === undefined) return false;
    let found = false;
    mentioned(gate, { feature: (name) => (found ||= names.has(name)), field: () => undefined });
    return found;
  });
}

/** The space in which an encoding that names nothing reads as zero, and its neighbours. */
function idSpace(): readonly ScriptStep[] {
  return [0, 1, 3].flatMap((op1) =>
    Array.from({ length: 64 }, (_, at) => ({ op0: 3, op1, crn: 0, crm: at >> 3, op2: at & 7 }))
      .filter(({ op1: one, crm }) => one === 0 || crm === 0)
      .flatMap((encoding) => [ask(1, mrs(encoding)), ask(0, mrs(encoding))]),
  );
}

const anywhere = (random: Random): readonly ScriptStep[] =>
  Array.from({ length: 120 }, () => {
    const encoding = {
      op0: 2 + random.below(2),
      op1: random.below(8),
      crn: random.below(16),
      crm: random.below(16),
      op2: random.below(8),
    };
    return { encoding, level: random.once(4) ? 0 : 1, row: systemRegisterAt(encoding) };
  })
    .filter(({ row }) => row === undefined)
    .map(({ encoding, level }) => ask(level, mrs(encoding)));

/** All ones, what is left of them, zero. */
function writes(level: number, row: SystemRegister): readonly ScriptStep[] {
  const value = valueToWrite(row.name, ONES);
  if (value === undefined) return [];
  const back = row.access === "wo" ? [] : [ask(level, mrs(row), [], row.name)];
  return [ask(level, msr(row), [value], row.name), ...back, ask(level, msr(row), [0n], row.name)];
}

function written(): readonly ScriptCase[] {
  const rows = distinct().filter((row) => valueToWrite(row.name, ONES) !== undefined);
  const own = representatives(
    rows.filter(({ minEL, access }) => access !== "ro" && (minEL === "EL0" || minEL === "EL1")),
  );
  const readOnly = representatives(rows.filter(({ minEL, access }) => access === "ro" && minEL !== "EL3"));
  return [
    ...chunks(own, WRITTEN_TOGETHER).map((chunk, at) =>
      caseOf(
        `written by the guest, ${at}`,
        offered(EVERYTHING),
        run(),
        chunk.flatMap((row) => writes(1, row)),
      ),
    ),
    caseOf(
      "written at EL0",
      offered(EVERYTHING),
      run(),
      own.filter(({ minEL }) => minEL === "EL0").flatMap((row) => writes(0, row)),
    ),
    caseOf(
      "read-only registers, written",
      machine(),
      run(),
      readOnly.map((row) => ask(1, msr(row), [0n], row.name)),
    ),
  ];
}

/** The registers of the interrupt controller's interface, in guests that have one. */
function gic(): readonly ScriptCase[] {
  const rows = distinct().filter(isGic);
  const target = `device${GIC_V3}`;
  return [
    caseOf(
      "registers of a GICv3",
      vm(),
      vcpu(),
      offer(EVERYTHING),
      finalize(),
      device(GIC_V3),
      setAttribute(target, 0, 2, little(0x800_0000n, 8)),
      setAttribute(target, 0, 3, little(0x80a_0000n, 8)),
      setAttribute(target, 4, 0, "none"),
      setAttribute("cpu0", 0, 0, little(23n, 4), "PMU_V3_IRQ"),
      initPmu(),
      run(),
      rows.filter(({ access }) => access !== "wo").map((row) => read(1, row)),
      rows.filter(({ access }) => access !== "ro").flatMap((row) => writes(1, row)),
    ),
  ];
}

export function systemRegisterCases(random: Random): readonly ScriptCase[] {
  return [
    ...chunks(reads(random), READ_TOGETHER).map((chunk, at) =>
      caseOf(`system registers, ${at}`, offered(EVERYTHING), run(), chunk),
    ),
    caseOf(
      "system registers without facilities",
      machine(),
      run(),
      representatives(ofFacilities()).map((row) => read(1, row)),
    ),
    caseOf("the ID space", offered(EVERYTHING), run(), idSpace()),
    caseOf("encodings of no register", offered(EVERYTHING), run(), anywhere(random)),
    ...gic(),
    ...written(),
  ];
}
