/** What a CPU template writes to an ID register, field by field: which of it KVM refuses to hold, and unless what. */
import {
  compareVersions,
  fieldMask,
  fieldOf,
  capability as findCapability,
  type IdRegister,
  kernelRules,
  seriesOf,
} from "../../tables/index.ts";
import { capabilityAnswer } from "../facilities.ts";
import { judgeField, judgeFieldByRule } from "../field.ts";
import type { Modifier } from "./firecracker-json.ts";
import { inputsTable } from "./table.ts";
import { apply, type Ground, hex, type Refusal } from "./template-write.ts";

/** The first series behind the host's whose rules take a field's value. */
function takenSince(
  { profile, configuration }: Ground,
  register: IdRegister,
  field: string,
  value: bigint,
): string | undefined {
  // Masks of the host's own kernel say nothing of another one.
  const own = { ...configuration, writable: undefined };
  const later = kernelRules()
    .map((row) => seriesOf(row.series))
    .filter((series) => compareVersions(series, seriesOf(profile.kernel.version)) > 0);
  return later.find((version) => {
    const host = { ...profile, kernel: { release: version, version } };
    return judgeFieldByRule(host, own, register.name, field, value).accepted;
  });
}

/** The capability with which KVM takes a field's value, where the host has it and some Firecracker enables it. */
function takenWith(
  { profile, configuration }: Ground,
  register: IdRegister,
  field: string,
  value: bigint,
): string | undefined {
  for (const { capability: name, by } of inputsTable().templateCapabilities) {
    const number = findCapability(name)?.number;
    if (number === undefined || capabilityAnswer(profile, number).value === 0) continue;
    const own = { ...configuration, capabilities: [...configuration.capabilities, number] };
    if (judgeFieldByRule(profile, own, register.name, field, value).accepted)
      return `it enables ${name}, as ${by} does`;
  }
  return undefined;
}

interface RefusedField {
  /** `FIELD 1 → 0`. */
  readonly change: string;
  readonly fact: string;
  /** As in `Refusal`. */
  readonly unless: string | undefined;
}

/** One refusal for fields that belong together: KVM answers once for a register. */
function fieldRefusal(
  register: IdRegister,
  pointer: string,
  fields: readonly RefusedField[],
): readonly Refusal[] {
  const [first] = fields;
  if (first === undefined) return [];
  return [
    {
      pointer,
      message: `KVM refuses ${register.name} with ${fields.map(({ change }) => change).join(", ")}: ${first.fact}`,
      ...(first.unless === undefined ? {} : { unless: first.unless }),
    },
  ];
}

/** The fields of an ID register that KVM refuses to hold what a template writes. */
export function refusedFields(
  ground: Ground,
  register: IdRegister,
  before: bigint,
  modifier: Modifier,
): readonly Refusal[] {
  const { profile, configuration } = ground;
  const after = apply(before, modifier);
  const pointer = `${modifier.pointer}/bitmap`;
  const refused: RefusedField[] = [];
  for (const field of register.fields) {
    const [was, value] = [fieldOf(before, field), fieldOf(after, field)];
    if (value === was) continue;
    const { accepted, by, fact } = judgeField(profile, configuration, register.name, field.name, value);
    if (accepted) continue;
    const since = by === "rule" ? takenSince(ground, register, field.name, value) : undefined;
    const unless =
      takenWith(ground, register, field.name, value) ??
      (since === undefined
        ? undefined
        : `the host's kernel has a backport of linux ${since}, which takes that`);
    refused.push({ change: `${field.name} ${hex(was)} → ${hex(value)}`, fact, unless });
  }
  const known = register.fields.reduce((bits, field) => bits | fieldMask(field), 0n);
  const strange = (before ^ after) & ~known;
  return [
    ...[...new Set(refused.map((one) => one.unless))].flatMap((unless) =>
      fieldRefusal(
        register,
        pointer,
        refused.filter((one) => one.unless === unless),
      ),
    ),
    ...(strange === 0n
      ? []
      : [
          {
            pointer,
            message: `KVM refuses it: the bits ${hex(strange)} of ${register.name} are in no field`,
          },
        ]),
  ];
}
