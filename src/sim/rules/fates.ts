/** What becomes of an instruction that the guest executes. */
import {
  type Encoding,
  type Expr,
  evaluate,
  type Fate,
  genericName,
  idRegisters,
  inIdSpace,
  instructions,
  sysInstructions,
  systemRegisters,
  type Trap,
  traps,
} from "../../tables/index.ts";
import { all, type Expected, known, not, open } from "./expected.ts";
import { type Guest, holds } from "./guest.ts";
import { pmuCounters } from "./pmu.ts";
import { nameOfSys, readOf } from "./questions.ts";

/** What the architecture says of it. */
interface Subject {
  readonly name: string;
  readonly gate: Expr | undefined;
  /** Lowest exception level at which it ever works. */
  readonly minLevel: number;
  /** No CPU executes it. */
  readonly never: boolean;
  readonly encoding: Encoding | undefined;
  /** Of a write: the read for which most rows stand too. */
  readonly read?: string;
}

const levelOf = { EL0: 0, EL1: 1, EL2: 2, EL3: 3 } as const;
/** By op1 of a SYS instruction. */
const levelOfOp1: Readonly<Record<number, number>> = { 3: 0, 4: 2, 5: 2, 6: 3, 7: 3 };

/** The name of a write of a system register. */
const writeOf = (register: string): string => `MSR_${register}`;

let index: ReadonlyMap<string, Subject> | undefined;

function subjects(): ReadonlyMap<string, Subject> {
  if (index !== undefined) return index;
  const map = new Map<string, Subject>();
  for (const row of instructions())
    map.set(row.name, {
      name: row.name,
      gate: row.gate,
      minLevel: 0,
      never: row.undefined === true,
      encoding: undefined,
    });
  for (const row of sysInstructions())
    map.set(nameOfSys(row.name), {
      name: nameOfSys(row.name),
      gate: row.gate,
      minLevel: levelOfOp1[row.op1] ?? 1,
      never: false,
      encoding: undefined,
    });
  for (const row of [
    ...idRegisters().map((one) => ({ ...one, minEL: "EL1" as const, gate: undefined })),
    ...systemRegisters(),
  ])
    map.set(readOf(row.name), {
      name: readOf(row.name),
      gate: row.gate,
      minLevel: levelOf[row.minEL],
      never: false,
      encoding: row,
    });
  for (const { name, gate, minEL, access, ...row } of systemRegisters())
    if (access !== "ro" && !map.has(writeOf(name)))
      map.set(writeOf(name), {
        name: writeOf(name),
        gate,
        minLevel: levelOf[minEL],
        never: false,
        encoding: row,
        read: readOf(name),
      });
  index = map;
  return map;
}

/** Whether a row holds for the guest; undefined: not known. */
function applies(guest: Guest, trap: Trap, name: string): boolean | undefined {
  const { vcpuFeatures, capabilities } = guest;
  return all([
    ...holds(guest, trap),
    trap.unlessFeature === undefined || !vcpuFeatures.has(trap.unlessFeature),
    trap.withFeature === undefined || vcpuFeatures.has(trap.withFeature),
    trap.unlessCapability === undefined || !capabilities.has(trap.unlessCapability),
    trap.beyondCounters === undefined || beyondCounters(guest, name),
  ]);
}

/** Whether the number in a counter's name is beyond the counters of the guest's PMU. */
function beyondCounters(guest: Guest, name: string): boolean | undefined {
  const number = Number(/(\d+)_EL\d$/.exec(name)?.[1]);
  const counters = pmuCounters(guest);
  return counters === undefined ? undefined : number >= counters;
}

/**
 * What becomes of an instruction at the level at which the guest begins, or at EL0.
 *
 * @param asked the name under which `questions` asks it, or `MSR_` and a register
 */
export function fateOf(guest: Guest, asked: string): Expected<Fate> {
  const subject = subjects().get(asked.replace(/@EL0$/, ""));
  if (subject?.encoding !== undefined && asked.endsWith("@EL0"))
    return open("accesses from EL0 depend on what EL1 has set");
  if (subject === undefined) return open(`the tables know no instruction ${asked}`);
  const { gate, minLevel, never, encoding } = subject;
  if (never) return known("undefined", "no CPU executes it");
  if (minLevel > guest.level) return known("undefined", `it works at EL${minLevel} and above only`);
  const idSpace = encoding !== undefined && inIdSpace(encoding);
  const has = gate === undefined || idSpace ? true : evaluate(gate, guest.host);
  const reasons = new Map<Fate | "open", string>();
  const decided = decide(guest, subject, has, reasons);
  if (!decided) {
    if (has !== false)
      reasons.set(
        "executes",
        encoding === undefined || gate !== undefined
          ? "the CPU has it and KVM does not trap it"
          : `every CPU has ${genericName(encoding)}`,
      );
    if (has !== true) reasons.set("undefined", "the CPU lacks it");
  } else if (has === undefined) {
    // Where the CPU may lack it, it is UNDEFINED before KVM is asked.
    reasons.set("undefined", reasons.get("undefined") ?? "the CPU may lack it");
  }
  const [first, second] = [...reasons];
  if (first === undefined) return open("no rule speaks of it");
  if (first[0] === "open") return open(first[1]);
  if (second === undefined) return known(first[0], first[1]);
  // Rows come in the order in which KVM and the CPU decide: the first that may hold is the likeliest. What neither KVM
  // shows of a CPU nor the tables have of it the CPU rather lacks.
  const unheard = !decided && has === undefined;
  return {
    known: false,
    because: [...reasons].map(([fate, why]) => `${fate}: ${why}`).join("; "),
    likely: unheard ? "undefined" : first[0],
  };
}

/** Whether the CPU has no such instruction, whatever KVM does; what nobody knows counts as there. */
export function cpuLacks(guest: Guest, asked: string): boolean {
  const subject = subjects().get(asked.replace(/@EL0$/, ""));
  if (subject === undefined) return false;
  return subject.never || (subject.gate !== undefined && evaluate(subject.gate, guest.host) === false);
}

/** Collects the fates that rows allow; true: one of them holds for certain. */
function decide(
  guest: Guest,
  { name, read }: Subject,
  has: boolean | undefined,
  reasons: Map<Fate | "open", string>,
): boolean {
  for (const trap of traps()) {
    // What KVM traps when it is read it traps when it is written, unless a row before says otherwise.
    if (!trap.matches(name) && (read === undefined || !trap.matches(read))) continue;
    const there = trap.absent === true ? not(has) : has !== false;
    const answer = all([there, applies(guest, trap, name)]);
    if (answer === false) continue;
    if (!reasons.has(trap.fate)) reasons.set(trap.fate, `${trap.why} (${trap.source})`);
    if (answer === true) return true;
  }
  return false;
}
