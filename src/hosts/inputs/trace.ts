/**
 * KVM_GET_ONE_REG in a trace of a VMM's calls, a call a line, as strace prints it where it is taught the structure, or as
 * a program of bpftrace's may: `ioctl(14, KVM_GET_ONE_REG, {id=0x…, addr=0x… -> 0x…}) = 0`,
 * `KVM_GET_ONE_REG id=0x… value=0x… ret=0`. strace by itself prints an address and no id, which tells nothing.
 */
import { describeOneReg } from "../../tables/index.ts";
import type { ProfileProblem } from "../read.ts";
import { bitsOf, type ReadReadings } from "./readings.ts";
import { readingsOf } from "./register-values.ts";
import { type Line, linesOf, MOST_PROBLEMS, problemIn } from "./text.ts";

const call = /\bKVM_(GET|SET)_ONE_REG\b/;
const idAt = /\bid\s*[=:]\s*(0x[0-9a-fA-F]+)/;
const valueAt =
  /\b(?:value|val|data)\s*[=:]\s*(?:\[\s*)?(0x[0-9a-fA-F]+|\d+)|\baddr\s*[=:]\s*(?:0x[0-9a-fA-F]+)?\s*(?:->|=>|\[)\s*(0x[0-9a-fA-F]+)/;
const failed = /=\s*-\d+|\bret\s*[=:]\s*-\d+/;

/** Whether a text has such calls with their registers' ids. */
export const isTrace = (text: string): boolean =>
  linesOf(text).some((line) => call.test(line.text) && idAt.test(line.text));

interface Call {
  readonly get: boolean;
  readonly id: bigint;
  /** undefined: the call failed, or its value was not printed. */
  readonly value: bigint | undefined;
}

function readCall(line: Line): Call | ProfileProblem | undefined {
  const { text } = line;
  const [, verb] = call.exec(text) ?? [];
  const [, digits] = idAt.exec(text) ?? [];
  if (verb === undefined || digits === undefined) return undefined;
  const id = BigInt(digits);
  const bits = bitsOf(id);
  if (bits === undefined) return problemIn(line, text.indexOf(digits), `${digits} is no ONE_REG id of arm64`);
  const found = valueAt.exec(text);
  const number = found?.[1] ?? found?.[2];
  const value = number === undefined || failed.test(text) ? undefined : BigInt(number);
  if (value !== undefined && value >> BigInt(bits) !== 0n)
    return problemIn(
      line,
      text.lastIndexOf(number ?? ""),
      `${number} does not fit into the register's ${bits} bits`,
    );
  return { get: verb === "GET", id, value };
}

/** What a VMM read before it wrote: the first value of each register. */
export function readTrace(text: string): ReadReadings {
  const values = new Map<bigint, bigint | null>();
  const problems: ProfileProblem[] = [];
  const written = new Set<bigint>();
  for (const line of linesOf(text)) {
    const read = readCall(line);
    if (read === undefined) continue;
    if ("message" in read) problems.push(read);
    else if (!read.get) written.add(read.id);
    else if (!written.has(read.id) && read.value !== undefined && !values.has(read.id))
      values.set(read.id, read.value);
  }
  if (problems.length > 0) return { problems: problems.slice(0, MOST_PROBLEMS) };
  const late = [...written].filter((id) => !values.has(id)).map((id) => describeOneReg(id)?.name ?? "");
  return readingsOf(values, {
    form: "kvm-trace",
    description: "Registers of a vCPU, from a trace of KVM_GET_ONE_REG",
    notes:
      late.length === 0
        ? []
        : [
            {
              id: "written-first",
              what: `${late.length === 1 ? "a register" : `${late.length} registers`} that the VMM wrote before it read ${late.length === 1 ? "it" : "them"}`,
              cost: "what it read then is no fact of the host and is left out",
            },
          ],
  });
}
