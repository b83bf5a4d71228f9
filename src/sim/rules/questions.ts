/** Everything that a guest may be asked about what it sees. */
import {
  type Encoding,
  idRegisters,
  instructions,
  smcccConventions,
  smcccFunctions,
  smcccOwners,
  sysInstructions,
  systemRegisters,
} from "../../tables/index.ts";

export type Question =
  /** `mrs x0, NAME` at the level at which the guest begins: EL1, EL2 in a nested guest. */
  | { readonly kind: "register"; readonly name: string; readonly word: number }
  /** The function id in W0, the arguments in X1 and on; by HVC and by SMC. */
  | { readonly kind: "call"; readonly functionId: number; readonly args: readonly bigint[] }
  /** One instruction at EL0, or at the level at which the guest begins. */
  | {
      readonly kind: "instruction";
      /** Name of a row of the instructions' table, `MRS_` and a register, or a SYS instruction with `_` for each space; `@EL0` behind it. */
      readonly name: string;
      readonly level: 0 | 1;
      readonly word: number;
      /** X0 and on; `scratch`: the address of writable memory. */
      readonly x: readonly (bigint | "scratch")[];
    };

const MRS = 0xd530_0000;
const SYS = 0xd508_0000;
const SYSL = 0xd528_0000;
const ZERO_REGISTER = 31;

const operands = ({ op0, op1, crn, crm, op2 }: Encoding): number =>
  ((op0 & 1) << 19) | (op1 << 16) | (crn << 12) | (crm << 8) | (op2 << 5);

/** The instruction word of `mrs x0, …`. */
const mrs = (encoding: Encoding): number => (MRS | operands(encoding)) >>> 0;

/** The instruction word of `sys …, x0`, or without a register, or of `sysl x0, …`. */
const sys = (encoding: Encoding, base: number, takesRegister: boolean): number =>
  (base | operands(encoding) | (takesRegister ? 0 : ZERO_REGISTER)) >>> 0;

/** The name under which a read of a system register is asked as an instruction. */
export const readOf = (register: string): string => `MRS_${register}`;

/** The name under which a SYS instruction is asked. */
export const nameOfSys = (name: string): string => name.replaceAll(" ", "_");

/** Reads that take an interrupt as well. */
const acknowledges = /^ICC_(NM)?IAR\d*_EL1$/;
/** SYS instructions on memory where the address is to be writable memory, for the rest zero will do. */
const onMemory = /^(DC|IC) \w*(VA|PAE?|PAPA)/;
/** SYSL: they bring a value instead of taking one. */
const bringsValue = /^GCS(POPM|SS2)$/;
/** They write whole blocks, which takes memory that is mapped as Normal. */
const writesBlocks = /^DC G?Z?VA$/;

function registerQuestions(): readonly Question[] {
  return idRegisters().map((row) => ({ kind: "register", name: row.name, word: mrs(row) }));
}

/** Numbers of functions that nobody has, and the ends of the ranges that KVM knows. */
const numbersToTry = [0x0, 0x1f, 0x20, 0x4f, 0x100, 0xffff];

function callQuestions(): readonly Question[] {
  const known = smcccFunctions().flatMap(({ ids, tries }) => ids.map((id) => ({ id, tries })));
  const ids = known.map(({ id }) => id);
  const asked: { readonly functionId: number; readonly args: readonly bigint[] }[] = [];
  for (const { id, tries } of known) {
    const sets = tries === "functions" ? [...ids, 0xffff_ffff].map((one) => [BigInt(one)]) : tries;
    for (const args of sets) asked.push({ functionId: id, args });
  }
  const strangers = smcccConventions().flatMap(({ base }) =>
    smcccOwners().flatMap(({ first }) =>
      numbersToTry.map((number) => (base + first * 0x100_0000 + number) >>> 0),
    ),
  );
  for (const functionId of new Set(strangers))
    if (!ids.includes(functionId)) asked.push({ functionId, args: [] });
  return asked.map((one) => ({ kind: "call", ...one }));
}

function instructionQuestions(): readonly Question[] {
  const listed = instructions().flatMap(({ name, word, x, levels }): readonly Question[] =>
    levels.map((level) => ({
      kind: "instruction",
      name: level === 0 ? `${name}@EL0` : name,
      level,
      word,
      x,
    })),
  );
  const ids = new Set(idRegisters().map((row) => row.name));
  const reads = systemRegisters()
    .filter((row) => row.access !== "wo" && !ids.has(row.name) && !acknowledges.test(row.name))
    .map(
      (row): Question => ({ kind: "instruction", name: readOf(row.name), level: 1, word: mrs(row), x: [] }),
    );
  const operations = sysInstructions()
    .filter((row) => !writesBlocks.test(row.name))
    .map(
      (row): Question => ({
        kind: "instruction",
        name: nameOfSys(row.name),
        level: 1,
        word: sys(row, bringsValue.test(row.name) ? SYSL : SYS, row.takesRegister),
        x: onMemory.test(row.name) ? ["scratch"] : [],
      }),
    );
  return [...listed, ...reads, ...operations];
}

/**
 * All questions, in an order in which they can be asked of one vCPU: what prepares an instruction stands
 * before it, and no answer changes a later one.
 */
export function questions(): readonly Question[] {
  return [...registerQuestions(), ...callQuestions(), ...instructionQuestions()];
}

const hex = (value: bigint | number, digits = 1): string => `0x${value.toString(16).padStart(digits, "0")}`;

/** A question as a line of a question file. */
export function printQuestion(question: Question): string {
  switch (question.kind) {
    case "register":
      return `register ${question.name} ${hex(question.word, 8)}`;
    case "call":
      return ["call", hex(question.functionId, 8), ...question.args.map((value) => hex(value))].join(" ");
    case "instruction": {
      const { name, level, word, x } = question;
      const args = x.map((value) => (value === "scratch" ? value : hex(value)));
      return ["instruction", name, level, hex(word, 8), ...args].join(" ");
    }
  }
}

/** A question file: one question a line. */
export function printQuestions(asked: readonly Question[]): string {
  return `${asked.map(printQuestion).join("\n")}\n`;
}
