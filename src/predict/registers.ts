/** What the guest reads from ID registers. */
import { type IdRegister, idRegisters, registerValues } from "../tables/index.ts";
import { all, type Expected, known, open, type RegisterOutcome } from "./expected.ts";
import { type Guest, holds } from "./guest.ts";
import { fateOf } from "./instructions.ts";
import { readOf } from "./questions.ts";

/** What the tables say of a register's value; undefined: nothing. */
function tableValue(guest: Guest, register: IdRegister): Expected<RegisterOutcome> | undefined {
  for (const row of registerValues()) {
    if (row.register !== register.name || row.field !== undefined) continue;
    const answer = all([...holds(guest, row), (row.at === "EL2") === (guest.level === 2)]);
    const because = `${row.why} (${row.source})`;
    if (answer === true) return known(row.value, because);
    if (answer === undefined) return open(`not known whether it holds: ${because}`);
  }
  return undefined;
}

function heldValue(guest: Guest, register: IdRegister): Expected<RegisterOutcome> {
  const fromTable = tableValue(guest, register);
  if (fromTable !== undefined) return fromTable;
  const value = guest.registers.get(register.id);
  if (typeof value === "bigint")
    return known(value, `KVM holds it so in configuration \`${guest.configuration.name}\`, after the plan`);
  return open(
    value === null
      ? "the profile keeps no value of it"
      : `it is not among the registers of configuration \`${guest.configuration.name}\``,
  );
}

/** Every ID register by name, in the order of the table. */
export function registerOutcomes(guest: Guest): ReadonlyMap<string, Expected<RegisterOutcome>> {
  const outcomes = new Map<string, Expected<RegisterOutcome>>();
  for (const register of idRegisters()) {
    const fate = fateOf(guest, readOf(register.name));
    if (!fate.known) outcomes.set(register.name, fate);
    else if (fate.value === "executes") outcomes.set(register.name, heldValue(guest, register));
    else outcomes.set(register.name, known(fate.value, fate.because));
  }
  return outcomes;
}
