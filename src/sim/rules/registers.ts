/** What the guest reads from ID registers. */
import { cpu, type IdRegister, idRegisters, type RegisterValue, registerValues } from "../../tables/index.ts";
import { all, type Expected, known, open, type RegisterOutcome } from "./expected.ts";
import { fateOf } from "./fates.ts";
import { type Guest, holds } from "./guest.ts";
import { filterMask } from "./pmu.ts";
import { readOf } from "./questions.ts";

/** The row that speaks of a register's value; undefined: none does, `unknown`: one may. */
function rowOf(guest: Guest, register: IdRegister): RegisterValue | "unknown" | undefined {
  for (const row of registerValues()) {
    if (row.register !== register.name) continue;
    const { configuration, registers } = guest;
    const answer = all([
      ...holds(guest, row),
      row.unchanged === undefined || configuration.registers.get(register.id) === registers.get(register.id),
    ]);
    if (answer !== false) return answer === true ? row : "unknown";
  }
  return undefined;
}

function heldValue(guest: Guest, register: IdRegister): Expected<bigint> {
  const value = guest.registers.get(register.id);
  if (typeof value === "bigint")
    return known(value, `KVM holds it so in configuration \`${guest.configuration.name}\`, after the plan`);
  return open(
    value === null
      ? "the profile keeps no value of it"
      : `it is not among the registers of configuration \`${guest.configuration.name}\``,
  );
}

function cpuValue(guest: Guest, register: IdRegister): Expected<bigint> {
  const core = cpu(guest.profile.cpu.name);
  const value = core?.registers?.[register.name];
  return value === undefined
    ? open(`the tables do not have it of ${guest.profile.cpu.name}`)
    : known(value, `the table of CPUs has it of ${guest.profile.cpu.name}`);
}

function valueOfRegister(guest: Guest, register: IdRegister): Expected<RegisterOutcome> {
  const row = rowOf(guest, register);
  if (row === undefined) return heldValue(guest, register);
  if (row === "unknown") return open("not known whether KVM changes it");
  const because = `${row.why} (${row.source})`;
  if (row.value === "any") return known("any", because);
  if (typeof row.value === "bigint") return known(row.value & filterMask(guest, register.name), because);
  const found = row.value === "cpu" ? cpuValue(guest, register) : heldValue(guest, register);
  return found.known ? known(found.value & ~row.clear, because) : found;
}

/** What the guest reads from one ID register. */
export function registerOutcome(guest: Guest, register: IdRegister): Expected<RegisterOutcome> {
  const fate = fateOf(guest, readOf(register.name));
  if (!fate.known) return open(fate.because);
  return fate.value === "executes" ? valueOfRegister(guest, register) : known(fate.value, fate.because);
}

/** Every ID register by name, in the order of the table. */
export function registerOutcomes(guest: Guest): ReadonlyMap<string, Expected<RegisterOutcome>> {
  return new Map(idRegisters().map((register) => [register.name, registerOutcome(guest, register)]));
}
