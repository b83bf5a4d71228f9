/** One line of a dump: a register by id or name, and the text of its value. */
import { describeOneReg, parseOneReg, sysregId } from "../../tables/index.ts";
import type { ProfileProblem } from "../read.ts";
import { bitsOf } from "./readings.ts";
import { type Line, problemIn, shown } from "./text.ts";

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

/** Before the register: a counter in brackets, a verb, `id=`, `reg`, a quotation mark. */
const prefix =
  /^\s*(?:\[\s*\d+\]|\d{1,5}[:.)])?\s*(?:(?:read|write|get|set)\s+)?(?:(?:id|reg|addr)\b\s*[=:]?\s*)?["']?/i;
const separator = /^["'\s=:,;(>|-]*(?:(?:val|value)\b\s*[=:]?\s*)?["']?/i;
const closing = /^["'\s),;]*(?:(?:\/\*|\/\/|#).*)?$/;

/** Whether a line begins as those of a list do. */
export function isRegisterLine(text: string): boolean {
  return registerAt(text.slice(prefix.exec(text)?.[0].length ?? 0)) !== undefined;
}

/** Titles of columns, such as a table begins with: `id,value`. */
export const isHeading = (text: string): boolean =>
  /^\s*["']?(?:id|reg|register|addr|address|name)["']?\s*[,;\t|]\s*["'\w ,;|\t]*$/i.test(text);

export interface ReadLine {
  readonly line: Line;
  readonly id: bigint;
  /** Where the register stands, from 0. */
  readonly start: number;
  /** Digits of the value as they stand there, from `at` on; undefined: the register is listed alone. */
  readonly value: { readonly digits: string; readonly at: number } | undefined;
}

/** @param line neither empty nor a comment */
export function readLine(line: Line): ReadLine | ProfileProblem {
  const { text } = line;
  const start = prefix.exec(text)?.[0].length ?? 0;
  const register = registerAt(text.slice(start));
  if (register === undefined)
    return problemIn(line, start, `expected a register's id or name, found \`${shown(text.slice(start))}\``);
  if ("wrong" in register) return problemIn(line, start, register.wrong);
  const { id } = register;
  let at = start + register.end;
  at += separator.exec(text.slice(at))?.[0].length ?? 0;
  // `0x603000000013c020 ID_AA64PFR0_EL1 = …`, or the id behind the name: the same once more.
  const again = /^(?:0x6[0-9a-fA-F]{15}(?![0-9a-fA-F])|[A-Za-z_][A-Za-z0-9_[\]]*)/.exec(text.slice(at))?.[0];
  if (again !== undefined && !/^[0-9a-f]+$/i.test(again)) {
    const named = again.startsWith("0x") ? BigInt(again) : parseOneReg(again.replace(/^SYS_/, ""));
    const isValue = again.startsWith("0x") && (bitsOf(BigInt(again)) === undefined || named !== id);
    if (!isValue) {
      if (named !== undefined && named !== id && describeOneReg(id)?.name !== again) {
        const message = `\`${again}\` is not the register ${text.slice(start, start + register.end)}`;
        return problemIn(line, at, message);
      }
      at += again.length;
      at += separator.exec(text.slice(at))?.[0].length ?? 0;
    }
  }
  if (closing.test(text.slice(at))) return { line, id, start, value: undefined };
  const digits = /^[0-9A-Za-z_]+/.exec(text.slice(at))?.[0] ?? "";
  if (!/^(?:0x)?[0-9a-f_]*[0-9a-f]$/i.test(digits)) {
    const message = `\`${shown(text.slice(at))}\` is no value; expected hexadecimal digits, with or without \`0x\`, or a decimal number`;
    return problemIn(line, at, message);
  }
  // Behind the value a name, or what became of it, or a comment may stand.
  const rest = text.slice(at + digits.length);
  if (!closing.test(rest) && !/^["'\s),;]*\(?[A-Za-z_][A-Za-z0-9_[\] ]*\)?["'\s,;]*$/.test(rest))
    return problemIn(line, at + digits.length, `unexpected \`${shown(rest)}\` behind the value`);
  return { line, id, start, value: { digits: digits.replaceAll("_", ""), at } };
}
