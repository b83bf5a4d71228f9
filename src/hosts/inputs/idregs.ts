/**
 * The file `idregs` that KVM keeps in debugfs for each VM (`/sys/kernel/debug/kvm/PID-FD/idregs`, linux 6.8 and later):
 * a line for each ID register, its name (`SYS_ID_AA64PFR0_EL1`, or `S3_0_0_3_3` where it has none) and its value in 16
 * hexadecimal digits. Form: Linux arch/arm64/kvm/sys_regs.c, idregs_debug_show().
 */
import { compareVersions, idRegister, sysregId, systemRegister } from "../../tables/index.ts";
import type { ProfileProblem } from "../read.ts";
import { keptValues, type ReadReadings } from "./readings.ts";
import { inputsTable, systemId } from "./table.ts";
import { type Line, linesOf, MOST_PROBLEMS, problemIn, saysNothing, shown } from "./text.ts";

const form = /^\s*([A-Za-z][A-Za-z0-9_]*)\s*:\s*([0-9A-Za-z]*)\s*$/;
const reserved = /^S([0-3])_([0-7])_(?:C)?(\d{1,2})_(?:C)?(\d{1,2})_([0-7])$/i;

/** Whether a line can only be one of an `idregs` file. */
export function isIdregsLine(text: string): boolean {
  return /^\s*(?:SYS_[A-Z0-9_]+|S3_\d_\d+_\d+_\d)\s*:\s/.test(text);
}

function idOfName(name: string): bigint | undefined {
  const [, op0, op1, crn, crm, op2] = (reserved.exec(name) ?? []).map(Number);
  if (op0 !== undefined && op1 !== undefined && crn !== undefined && crm !== undefined && op2 !== undefined)
    return crn > 15 || crm > 15 ? undefined : sysregId(op0, op1, crn, crm, op2);
  const plain = name.replace(/^SYS_/, "");
  return idRegister(plain) === undefined && systemRegister(plain) === undefined ? undefined : systemId(plain);
}

function readLine(line: Line, values: Map<bigint, bigint>): ProfileProblem | undefined {
  const [whole, name, digits] = form.exec(line.text) ?? [];
  if (whole === undefined || name === undefined || digits === undefined) {
    const at = line.text.search(/\S/);
    return problemIn(
      line,
      at,
      `expected a register's name, \`:\` and its value, found \`${shown(line.text)}\``,
    );
  }
  const at = line.text.indexOf(name);
  const id = idOfName(name);
  if (id === undefined) return problemIn(line, at, `\`${name}\` is no register that guestc knows`);
  if (!/^[0-9a-fA-F]{16}$/.test(digits)) {
    const message = `the value of ${name} is \`${digits}\`; expected 16 hexadecimal digits`;
    return problemIn(line, line.text.lastIndexOf(digits), message);
  }
  if (values.has(id)) return problemIn(line, at, `\`${name}\` stands twice`);
  values.set(id, BigInt(`0x${digits}`));
  return undefined;
}

/** @param text an `idregs` file; empty lines and `#` comments may stand in it */
export function readIdregs(text: string): ReadReadings {
  const values = new Map<bigint, bigint>();
  const problems: ProfileProblem[] = [];
  for (const line of linesOf(text)) {
    if (saysNothing(line)) continue;
    const problem = readLine(line, values);
    if (problem !== undefined) problems.push(problem);
  }
  if (problems.length > 0) return { problems: problems.slice(0, MOST_PROBLEMS) };
  if (!values.has(systemId("ID_AA64PFR0_EL1"))) {
    const message =
      "ID_AA64PFR0_EL1 is missing: the file has not been copied whole, or was read before the VM had a vCPU";
    return { problems: [{ message, instancePath: "", offset: 0, line: 1, column: 1 }] };
  }
  const proofs = inputsTable().idregs.filter(
    ({ register }) => register === undefined || values.has(systemId(register)),
  );
  const [newest] = [...proofs].sort((a, b) => compareVersions(b.since, a.since));
  return {
    readings: {
      form: "kvm-idregs",
      release: undefined,
      ...(newest === undefined
        ? {}
        : {
            atLeast: {
              series: newest.since,
              fact: `\`idregs\` ${newest.register === undefined ? "exists" : `has ${newest.register}`} since linux ${newest.since}`,
            },
          }),
      registers: keptValues(values, true),
      listed: undefined,
      whole: false,
      features: [],
      recorder: "KVM's debugfs file idregs",
      description: "ID registers of a live VM, from the debugfs file idregs",
      notes: [
        {
          id: "values-of-a-vm",
          what: "what KVM shows before a VMM writes: these are a live VM's values, after its VMM lowered what it wanted to",
          cost: "the host may offer more than is read here",
        },
        {
          id: "id-registers-alone",
          what: "registers other than ID registers",
          cost: "the register list, PSCI versions and services are those that guestc's tables have for the kernel",
        },
      ],
    },
  };
}
