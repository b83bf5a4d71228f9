/** What a contract leaves to the host: everything that `sealed` forbids. */
import type { Contract } from "../../contract.ts";
import { firmwareRegisters } from "../../tables/index.ts";
import type { Report } from "../report.ts";

/** `REGISTER.FIELD` or a statement's name, in the order of the registers, then of the language. */
export function openChoices(contract: Contract): readonly string[] {
  const fields = contract.registers.flatMap((register) =>
    register.fields
      .filter((field) => field.value === "host")
      .map((field) => `${register.name}.${field.name}`),
  );
  const stated = new Set(contract.workarounds.map((one) => one.register));
  const workarounds = firmwareRegisters()
    .map((one) => one.name)
    .filter((name) => name.includes("WORKAROUND") && !stated.has(name))
    .map((name) => `workaround ${name.replace(/^KVM_REG_ARM_/, "")}`);
  return [
    ...fields,
    ...(contract.sveLengths?.value === "host" ? ["sve"] : []),
    ...(contract.pmu !== undefined && contract.pmu.counters === undefined ? ["pmu counters"] : []),
    ...(contract.psci.value === "host" ? ["psci"] : []),
    ...(contract.gic === undefined ? ["gic"] : []),
    ...workarounds,
  ];
}

/** Open fields of one register belong in one line. */
function byRegister(choices: readonly string[]): readonly string[] {
  const groups = new Map<string, string[]>();
  for (const choice of choices) {
    const [register = choice, field] = choice.includes(" ") ? [choice] : choice.split(".");
    groups.set(register, [...(groups.get(register) ?? []), ...(field === undefined ? [] : [field])]);
  }
  return [...groups].map(([register, fields]) =>
    fields.length === 0 ? `\`${register}\`` : `${register}: ${fields.join(", ")}`,
  );
}

export function checkSealed(contract: Contract, report: Report): void {
  if (!contract.sealed) return;
  const open = openChoices(contract);
  if (open.length === 0) return;
  const groups = byRegister(open);
  const shown = groups.slice(0, 12);
  const rest = groups.length - shown.length;
  report.add(
    "sealed-open",
    contract.span,
    { guest: contract.guest, count: open.length },
    {
      notes: [...shown, ...(rest > 0 ? [`and ${rest} more registers`] : [])],
      help: [
        "decide them with `field REGISTER.FIELD = VALUE` and the statements named, or take `baseline CORE`, which decides every field that the core's manual gives",
      ],
    },
  );
}
