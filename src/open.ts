/** What a contract leaves to the host: everything that `sealed` forbids, and that a plan tells its reader. */
import type { Contract } from "./contract.ts";
import { firmwareRegisters, idRegister } from "./tables/index.ts";

/** `REGISTER.FIELD` or a statement's name, in the order of the registers, then of the language. */
export function openChoices(contract: Contract): readonly string[] {
  const fields = contract.registers.flatMap((register) =>
    register.fields
      .filter((field) => field.value === "host")
      .map((field) => `${register.name}.${field.name}`),
  );
  const stated = new Set(contract.workarounds.map((one) => one.register));
  const workarounds = firmwareRegisters()
    .filter(({ holds, name }) => holds === "level" && !stated.has(name))
    .map(({ name }) => `workaround ${name.replace(/^KVM_REG_ARM_/, "")}`);
  return [
    ...fields,
    ...(contract.sveLengths?.value === "host" ? ["sve"] : []),
    ...(contract.pmu !== undefined && contract.pmu.counters === undefined ? ["pmu counters"] : []),
    // Without an allowed set PMCEID0_EL0 and PMCEID1_EL0 show whatever events the host's hardware has.
    ...(contract.pmu !== undefined && !contract.pmu.events.some((range) => range.action === "allow")
      ? ["pmu events"]
      : []),
    ...(contract.psci.value === "host" ? ["psci"] : []),
    ...(contract.gic === undefined ? ["gic"] : []),
    ...workarounds,
  ];
}

/** For people: fields by register, one line each; a register that is open as a whole by its name alone. */
export function openByRegister(choices: readonly string[]): readonly string[] {
  const groups = new Map<string, string[]>();
  for (const choice of choices) {
    const [register = choice, field] = choice.includes(" ") ? [choice] : choice.split(".");
    groups.set(register, [...(groups.get(register) ?? []), ...(field === undefined ? [] : [field])]);
  }
  return [...groups].map(([name, fields]) => {
    const whole = fields.length === 0 || fields.length === idRegister(name)?.fields.length;
    return whole ? name : `${name}: ${fields.join(", ")}`;
  });
}
