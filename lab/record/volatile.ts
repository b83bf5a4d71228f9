/** Values that differ from run to run on one machine; `data/volatile.json` says why. */
import type { Answer, AnsweredStep, Changed, ScriptStep } from "../../src/recordings/index.ts";
import { instruction, type SystemRegister, smcccFunction, systemRegister } from "../../src/tables/index.ts";
import { idOf } from "./build.ts";
import text from "./data/volatile.json?raw";
import { isCall, mrs, msr, readByMrs, targetOf } from "./words.ts";

interface VolatileFile {
  readonly registers: readonly { readonly names: readonly string[]; readonly why: string }[];
  readonly reads: readonly { readonly names: readonly string[]; readonly why: string }[];
  readonly outcomes: readonly { readonly names: readonly string[]; readonly why: string }[];
  readonly calls: readonly {
    readonly names: readonly string[];
    readonly x: readonly number[];
    readonly why: string;
  }[];
  readonly instructions: readonly {
    readonly names: readonly string[];
    readonly x: readonly number[];
    readonly why: string;
  }[];
}

export const volatileFile: VolatileFile = JSON.parse(text);

/** Registers whose values KVM_GET_ONE_REG gives differently each time. */
export const volatileIds: readonly bigint[] = [
  ...new Set(volatileFile.registers.flatMap(({ names }) => names.map(idOf))),
];

const rowOf = (name: string): SystemRegister => {
  const row = systemRegister(name);
  if (row === undefined) throw new Error(`no system register is called ${name}`);
  return row;
};

/** Words of MRS, with X0 as target, of registers that change by themselves. */
const volatileReads: ReadonlySet<number> = new Set(
  volatileFile.reads.flatMap(({ names }) => names.map((name) => mrs(rowOf(name)))),
);

/** Words of MRS and MSR of X0 that are executed at one time and UNDEFINED at another. */
const volatileOutcomes: ReadonlySet<number> = new Set(
  volatileFile.outcomes.flatMap(({ names }) => names.map(rowOf).flatMap((row) => [mrs(row), msr(row)])),
);

const volatileCalls: ReadonlyMap<bigint, readonly number[]> = new Map(
  volatileFile.calls.flatMap(({ names, x }) =>
    names.flatMap((name) => (smcccFunction(name)?.ids ?? []).map((id) => [BigInt(id), x] as const)),
  ),
);

const volatileInstructions: ReadonlyMap<number, readonly number[]> = new Map(
  volatileFile.instructions.flatMap(({ names, x }) =>
    names.map((name) => {
      const row = instruction(name);
      if (row === undefined) throw new Error(`no instruction is called ${name}`);
      return [row.word, x] as const;
    }),
  ),
);

/** SMCCC return codes go down to this one. */
const LOWEST_CODE = -8n;

/** A call that failed gives nothing that changes. */
const failed = (changed: Changed): boolean =>
  changed.some(({ x, value }) => {
    if (x !== 0 || value === "any") return false;
    const code = BigInt.asIntN(64, value);
    return LOWEST_CODE <= code && code < 0n;
  });

/** Which of X0 to X3 the question changes as it likes. */
function volatileRegisters({ step }: ScriptStep, changed: Changed): readonly number[] {
  if (step.kind !== "ask") return [];
  const word = step.instruction;
  if (readByMrs(word) !== undefined) return volatileReads.has((word & ~0x1f) >>> 0) ? [targetOf(word)] : [];
  if (isCall(word)) return failed(changed) ? [] : (volatileCalls.get((step.x[0] ?? 0n) & 0xffff_ffffn) ?? []);
  return volatileInstructions.get(word) ?? [];
}

/** Whether it depends on time if the instruction is executed; at EL0 it is UNDEFINED or it is not. */
const isLoose = ({ step }: ScriptStep): boolean =>
  step.kind === "ask" && step.level > 0 && volatileOutcomes.has(step.instruction);

/** The answer with a star for each value that is not the same twice. */
export function settled(answered: AnsweredStep): Answer {
  const { answer } = answered;
  if (answer.kind !== "guest") return answer;
  if (isLoose(answered) && answer.end.kind !== "unanswered") return { ...answer, end: { kind: "any" } };
  if (answer.end.kind !== "done") return answer;
  const loose = volatileRegisters(answered, answer.end.changed);
  if (loose.length === 0) return answer;
  const kept = answer.end.changed.filter(({ x }) => !loose.includes(x));
  const changed = [...kept, ...loose.map((x) => ({ x, value: "any" as const }))].sort((a, b) => a.x - b.x);
  return { ...answer, end: { kind: "done", changed } };
}
