/** Answers of KVM_CHECK_EXTENSION on a derived host. */
import {
  capabilities as allCapabilities,
  compareVersions,
  fieldOf,
  field as findField,
} from "../../tables/index.ts";
import { type CapabilityRule, deriveTable, fieldsReach, holdsFor, type Machine } from "./table.ts";

function fieldAnswer(machine: Machine, { answer, atMost = [] }: CapabilityRule): number {
  const field = answer && findField(answer.register, answer.field);
  const register = answer && machine.values[answer.register];
  if (field === undefined || register === undefined) return 0;
  const told = field.unit?.codes[Number(fieldOf(register, field))] ?? 0;
  return atMost
    .filter((row) => holdsFor(machine.kernelVersion, row))
    .filter((row) => row.unless === undefined || !fieldsReach(machine, row.unless))
    .reduce((least, row) => Math.min(least, row.value), told);
}

function ruledAnswer(machine: Machine, works: (feature: string) => boolean, rule: CapabilityRule): number {
  if (rule.vcpuFeature !== undefined) return works(rule.vcpuFeature) ? 1 : 0;
  if (rule.never === true || !holdsFor(machine.kernelVersion, rule)) return 0;
  if (rule.value !== undefined) return rule.value;
  if (rule.answer !== undefined) return fieldAnswer(machine, rule);
  const needs = rule.needs ?? [];
  return fieldsReach(machine, rule.fields) && needs.every((one) => machine.cpu.features.includes(one))
    ? 1
    : 0;
}

/**
 * By number, ascending; what answers 0 is left out.
 *
 * @param works whether KVM_ARM_VCPU_INIT takes a vCPU feature
 */
export function deriveCapabilities(
  machine: Machine,
  works: (feature: string) => boolean,
): ReadonlyMap<number, number> {
  const answers = new Map<number, number>();
  const rules = deriveTable().capabilities;
  for (const capability of allCapabilities()) {
    if (compareVersions(machine.kernelVersion, capability.since) < 0) continue;
    const rule = rules.find(
      (one) =>
        one.capability === capability.number &&
        (one.until === undefined || holdsFor(machine.kernelVersion, { until: one.until })),
    );
    const answer = rule === undefined ? 1 : ruledAnswer(machine, works, rule);
    if (answer > 0) answers.set(capability.number, answer);
  }
  return new Map([...answers].sort(([a], [b]) => a - b));
}
