/**
 * Dumps of KVM_GET_REG_LIST as text, a register a line: an id, or a register's name, and what KVM_GET_ONE_REG read.
 * Ids are hexadecimal (`0x603000000013c020`, `603000000013c020`), as KVM's own test prints them
 * (`ARM64_SYS_REG(3, 0, 0, 4, 0)`, `KVM_REG_ARM64 | … | KVM_REG_ARM_FW_REG(0)`: Linux tools/testing/selftests/kvm,
 * get-reg-list), or names. Between the two: space, `=`, `:`, `,`, `->` or parentheses
 * (`0x603000000013c020(0x…)`).
 */
import { describeOneReg, idRegister, parseOneReg, sveLengthsRegister, sysregId } from "../../tables/index.ts";
import type { ProfileProblem } from "../read.ts";
import { bitsOf, type InputNote, keptValues, type ReadReadings, wasUsed } from "./readings.ts";
import { systemId } from "./table.ts";
import { type Line, linesOf, MOST_PROBLEMS, problemIn, saysNothing, shown } from "./text.ts";

interface Found {
  readonly id: bigint;
  /** Behind the id. */
  readonly end: number;
}

const hexId = /^(0x[0-9a-fA-F]+|6[0-9a-fA-F]{15})(?![0-9A-Za-z_])/;
const sysreg = /^ARM64_SYS_REG\(\s*([^)]*)\)/;
const macro =
  /^KVM_REG_ARM64\s*\|\s*(?:KVM_REG_SIZE_(U\d+)\s*\|\s*)?(?:KVM_REG_[A-Z0-9_]+\s*\|\s*)?([A-Z0-9_]+)\(([^)]*)\)/;
const word = /^[A-Za-z_][A-Za-z0-9_]*(?:\[\d+\])?/;

/** `regs.regs[3]` of `struct kvm_regs` to the register's name in the tables. */
function coreName(member: string): string {
  return member
    .replace(/^regs\.regs\[(\d+)\]$/, "x$1")
    .replace(/^fp_regs\.vregs\[(\d+)\]$/, "v$1")
    .replace(/^regs\.sp$/, "sp_el0")
    .replace(/^(?:regs|fp_regs)\./, "")
    .replace(
      /^spsr\[(\d)\]$/,
      (_, n: string) => ["spsr_el1", "spsr_abt", "spsr_und", "spsr_irq", "spsr_fiq"][Number(n)] ?? n,
    );
}

function idOfMacro(name: string, argument: string): bigint | undefined {
  const number = /^\s*(\d+)\s*$/.exec(argument)?.[1];
  switch (name) {
    case "KVM_REG_ARM_CORE_REG":
      return parseOneReg(coreName(argument.trim()));
    case "KVM_REG_ARM_FW_REG":
      return number === undefined ? undefined : 0x6030_0000_0014_0000n + BigInt(number);
    case "KVM_REG_ARM_FW_FEAT_BMAP_REG":
      return number === undefined ? undefined : 0x6030_0000_0016_0000n + BigInt(number);
    default:
      return undefined;
  }
}

/** The register that a text begins with; what is wrong with it; undefined: it begins with none. */
function registerAt(text: string): Found | { readonly wrong: string } | undefined {
  const hex = hexId.exec(text)?.[1];
  if (hex !== undefined) {
    const id = BigInt(hex.startsWith("0x") ? hex : `0x${hex}`);
    return bitsOf(id) === undefined ? { wrong: `${hex} is no ONE_REG id of arm64` } : { id, end: hex.length };
  }
  const [encoded, operands] = sysreg.exec(text) ?? [];
  if (encoded !== undefined && operands !== undefined) {
    const numbers = operands.split(",").map(Number);
    const [op0 = 0, op1 = 0, crn = 0, crm = 0, op2 = 0] = numbers;
    const fits = [4, 8, 16, 16, 8].every((limit, at) => {
      const number = numbers[at];
      return number !== undefined && Number.isInteger(number) && number >= 0 && number < limit;
    });
    return numbers.length === 5 && fits
      ? { id: sysregId(op0, op1, crn, crm, op2), end: encoded.length }
      : { wrong: `${encoded} names no system register: expected op0, op1, CRn, CRm, op2` };
  }
  const [whole, , name, argument] = macro.exec(text) ?? [];
  if (whole !== undefined && name !== undefined && argument !== undefined) {
    const id = idOfMacro(name, argument);
    return id === undefined
      ? { wrong: `\`${whole}\` names no register that guestc knows` }
      : { id, end: whole.length };
  }
  const called = word.exec(text)?.[0];
  const id = called === undefined ? undefined : parseOneReg(called.replace(/^SYS_/, ""));
  return called === undefined || id === undefined ? undefined : { id, end: called.length };
}

/** Before the register: a counter in brackets, `id=`, `reg`. */
const prefix = /^\s*(?:\[\s*\d+\]|\d+[:.)])?\s*(?:(?:id|reg|addr)\b\s*[=:]?\s*)?/i;
const separator = /^[\s=:,(>|-]*(?:(?:val|value)\b\s*[=:]?\s*)?/i;
const closing = /^[\s),;]*(?:(?:\/\*|\/\/|#).*)?$/;

/** Whether a line begins as those of a list do. */
export function isRegisterLine(text: string): boolean {
  return registerAt(text.slice(prefix.exec(text)?.[0].length ?? 0)) !== undefined;
}

/** `0x2a` and 16 digits are hexadecimal, other digits decimal. */
function numberOf(digits: string): bigint | undefined {
  if (/^0x[0-9a-f]+$/i.test(digits)) return BigInt(digits);
  if (/^[0-9a-f]{16}$/i.test(digits) || /^[0-9a-f]{32,}$/i.test(digits)) return BigInt(`0x${digits}`);
  return /^\d+$/.test(digits) ? BigInt(digits) : undefined;
}

function readLine(line: Line, values: Map<bigint, bigint | null>): ProfileProblem | undefined {
  const { text } = line;
  let at = prefix.exec(text)?.[0].length ?? 0;
  const register = registerAt(text.slice(at));
  if (register === undefined)
    return problemIn(line, at, `expected a register's id or name, found \`${shown(text.slice(at))}\``);
  if ("wrong" in register) return problemIn(line, at, register.wrong);
  const { id } = register;
  const start = at;
  at += register.end;
  at += separator.exec(text.slice(at))?.[0].length ?? 0;
  // `0x603000000013c020 ID_AA64PFR0_EL1 = …`: the name once more.
  const again = /^[A-Za-z_][A-Za-z0-9_[\]]*/.exec(text.slice(at))?.[0];
  if (again !== undefined && !/^[0-9a-f]+$/i.test(again)) {
    const named = parseOneReg(again.replace(/^SYS_/, ""));
    if (named !== undefined && named !== id && describeOneReg(id)?.name !== again) {
      return problemIn(
        line,
        at,
        `\`${again}\` is not the register ${text.slice(start, start + register.end)}`,
      );
    }
    at += again.length;
    at += separator.exec(text.slice(at))?.[0].length ?? 0;
  }
  if (values.has(id))
    return problemIn(line, start, `${describeOneReg(id)?.name ?? "the register"} stands twice`);
  if (closing.test(text.slice(at))) {
    values.set(id, null);
    return undefined;
  }
  const digits = /^[0-9A-Za-z]+/.exec(text.slice(at))?.[0] ?? "";
  const value = numberOf(digits);
  if (value === undefined) {
    const message = `\`${shown(text.slice(at))}\` is no value; expected \`0x\` and hexadecimal digits, 16 digits, or a decimal number`;
    return problemIn(line, at, message);
  }
  const bits = bitsOf(id) ?? 64;
  if (value >> BigInt(bits) !== 0n)
    return problemIn(line, at, `${digits} does not fit into the register's ${bits} bits`);
  values.set(id, value);
  // Behind the value a name or a comment may stand.
  const rest = text.slice(at + digits.length);
  if (closing.test(rest) || /^[\s),;]*\(?[A-Za-z_][A-Za-z0-9_[\]]*\)?[\s,;]*$/.test(rest)) return undefined;
  return problemIn(line, at + digits.length, `unexpected \`${shown(rest)}\` behind the value`);
}

/** A list of KVM's is longer than any choice of registers. */
const LEAST_LIST = 150;

/** @param text a dump; empty lines and comments (`#`, `//`, `;`) may stand in it */
export function readRegisterList(text: string): ReadReadings {
  const values = new Map<bigint, bigint | null>();
  const problems: ProfileProblem[] = [];
  for (const line of linesOf(text)) {
    if (saysNothing(line)) continue;
    const problem = readLine(line, values);
    if (problem !== undefined) problems.push(problem);
  }
  if (problems.length > 0) return { problems: problems.slice(0, MOST_PROBLEMS) };
  const identity = [...values].filter(([id]) => idRegister(describeOneReg(id)?.name ?? "") !== undefined);
  if (!values.has(systemId("ID_AA64PFR0_EL1")) || identity.every(([, value]) => value === null)) {
    const message = values.has(systemId("ID_AA64PFR0_EL1"))
      ? "it lists ids without values; a host is described by what KVM_GET_ONE_REG read from them"
      : "ID_AA64PFR0_EL1 is missing, which every arm64 KVM lists";
    return { problems: [{ message, instancePath: "", offset: 0, line: 1, column: 1 }] };
  }
  const whole = values.size >= LEAST_LIST;
  const used = wasUsed(values);
  const lengths = sveLengthsRegister();
  const narrow = new Map<bigint, bigint | null>();
  for (const [id, value] of values) {
    if ((bitsOf(id) ?? 64) <= 64) narrow.set(id, value);
    else if (id === lengths.id) narrow.set(id, value === null ? null : value & 0xffff_ffff_ffff_ffffn);
  }
  const notes: InputNote[] = [];
  if (used) {
    notes.push({
      id: "values-of-a-vm",
      what: "what KVM shows before a VMM writes: general registers hold values, so the vCPU had been used",
      cost: "the host may offer more than is read here, and only registers that identify a CPU keep their values",
    });
  }
  if (!whole) {
    notes.push({
      id: "list-in-part",
      what: `the whole register list: ${values.size} registers are fewer than any KVM lists`,
      cost: "the rest, PSCI versions and services are those that guestc's tables have for the kernel",
    });
  }
  return {
    readings: {
      form: "kvm-register-list",
      release: undefined,
      registers: keptValues(narrow, used),
      listed: whole ? values.size : undefined,
      whole,
      features: [],
      recorder: undefined,
      description: "Registers of a vCPU, from a dump of KVM_GET_REG_LIST and KVM_GET_ONE_REG",
      notes,
    },
  };
}
