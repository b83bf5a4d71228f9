/**
 * Dumps of KVM_GET_REG_LIST as text, a register a line: an id, or a register's name, and what KVM_GET_ONE_REG read.
 * Ids are hexadecimal (`0x603000000013c020`, `603000000013c020`), as KVM's own test prints them
 * (`ARM64_SYS_REG(3, 0, 0, 4, 0)`, `KVM_REG_ARM64 | … | KVM_REG_ARM_FW_REG(0)`: Linux tools/testing/selftests/kvm,
 * get-reg-list), or names. Between the two: space, `=`, `:`, `,`, `;`, `->` or parentheses
 * (`0x603000000013c020(0x…)`).
 */
import { describeOneReg } from "../../tables/index.ts";
import type { ProfileProblem } from "../read.ts";
import { bitsOf, type ReadReadings } from "./readings.ts";
import { isHeading, type ReadLine, readLine } from "./register-line.ts";
import { readingsOf } from "./register-values.ts";
import { linesOf, MOST_PROBLEMS, problemIn, saysNothing } from "./text.ts";

/**
 * How digits without `0x` are meant, which one value alone does not tell: hexadecimal where any has a letter, or all of
 * them are as long as a register; else decimal.
 */
function baseOf(lines: readonly ReadLine[]): 10 | 16 {
  const bare = lines.flatMap(({ value }) =>
    value === undefined || value.digits.startsWith("0x") ? [] : [value.digits],
  );
  return bare.some((digits) => /[a-f]/i.test(digits)) || bare.every((digits) => digits.length % 16 === 0)
    ? 16
    : 10;
}

/** The value of a line; a problem where it does not fit. */
function numberIn({ id, line, value }: ReadLine, base: 10 | 16): bigint | null | ProfileProblem {
  if (value === undefined) return null;
  const { digits, at } = value;
  const number = BigInt(digits.startsWith("0x") || base === 10 ? digits : `0x${digits}`);
  const bits = bitsOf(id) ?? 64;
  return number >> BigInt(bits) === 0n
    ? number
    : problemIn(line, at, `${digits} does not fit into the register's ${bits} bits`);
}

/** @param text a dump; empty lines and comments (`#`, `//`, `;`) may stand in it */
export function readRegisterList(text: string): ReadReadings {
  const values = new Map<bigint, bigint | null>();
  const problems: ProfileProblem[] = [];
  const lines: ReadLine[] = [];
  const said = linesOf(text).filter((line) => !saysNothing(line));
  for (const [at, line] of said.entries()) {
    if (at === 0 && isHeading(line.text)) continue;
    const read = readLine(line);
    if ("message" in read) problems.push(read);
    else lines.push(read);
  }
  const base = baseOf(lines);
  for (const read of lines) {
    const value = numberIn(read, base);
    if (typeof value === "object" && value !== null) problems.push(value);
    else if (values.has(read.id)) {
      const name = describeOneReg(read.id)?.name ?? "the register";
      problems.push(problemIn(read.line, read.start, `${name} stands twice`));
    } else values.set(read.id, value);
  }
  problems.sort((a, b) => (a.offset ?? 0) - (b.offset ?? 0));
  if (problems.length > 0) return { problems: problems.slice(0, MOST_PROBLEMS) };
  return readingsOf(values, {
    form: "kvm-register-list",
    description: "Registers of a vCPU, from a dump of KVM_GET_REG_LIST and KVM_GET_ONE_REG",
  });
}
