/** A contract as a list of declarations, the units that a target carries or not. */
import type { Contract, Decided, Origin } from "../contract.ts";
import { hexadecimal } from "./hexadecimal.ts";

/** The kinds of declarations. */
export const parts = [
  "field",
  "sve",
  "pauth",
  "pmu",
  "pmu-counters",
  "pmu-intid",
  "pmu-events",
  "mte",
  "el1",
  "el2",
  "psci",
  "bitmap",
  "unknown-bitmaps",
  "filter",
  "capability",
  "workaround",
  "timer",
  "stolen-time",
  "counter-offset",
  "ipa",
  "gic",
  "vcpus",
] as const;
export type Part = (typeof parts)[number];

export interface Declaration {
  readonly part: Part;
  /** What it is about: `ID_AA64PFR0_EL1.SVE`, `KVM_REG_ARM_STD_BMAP`, `virtual`; a part without several has its own name. */
  readonly subject: string;
  /** Numbers in hexadecimal for fields and registers, otherwise as the language writes them. */
  readonly value: string;
  readonly origin: Origin;
}

/** Capabilities that a facility's own statement enables. */
const facilityCapabilities: Readonly<Record<string, Part>> = { KVM_CAP_ARM_MTE: "mte" };

/** Every decision of the contract; what it leaves to the host is none. */
export function declarations(contract: Contract): Declaration[] {
  const byDefault = (statement: string): Origin => ({ kind: "default", span: contract.span, statement });
  const feature = (name: string): Decided<string> | undefined =>
    contract.vcpuFeatures.find((decided) => decided.value === name);
  const all: Declaration[] = [];
  const add = (part: Part, value: string, origin: Origin | undefined, subject: string = part): void => {
    all.push({ part, subject, value, origin: origin ?? byDefault(part) });
  };

  for (const register of contract.registers)
    for (const field of register.fields)
      if (field.value !== "host")
        add("field", hexadecimal(field.value), field.origin, `${register.name}.${field.name}`);

  const { sveLengths, pmu } = contract;
  add(
    "sve",
    sveLengths === undefined ? "off" : sveLengths.value === "host" ? "host" : sveLengths.value.join(", "),
    sveLengths?.origin ?? feature("SVE")?.origin,
  );
  const pauth = feature("PTRAUTH_ADDRESS");
  add("pauth", pauth === undefined ? "off" : "on", pauth?.origin);
  add("pmu", pmu === undefined ? "off" : "on", pmu?.origin);
  if (pmu?.counters !== undefined) add("pmu-counters", String(pmu.counters.value), pmu.counters.origin);
  if (pmu?.intid !== undefined) add("pmu-intid", String(pmu.intid.value), pmu.intid.origin);
  for (const range of pmu?.events ?? [])
    add(
      "pmu-events",
      `${range.action} ${hexadecimal(range.first)} ..= ${hexadecimal(range.last)}`,
      range.origin,
    );
  const mte = contract.capabilities.find((decided) => facilityCapabilities[decided.value] === "mte");
  add("mte", mte === undefined ? "off" : "on", mte?.origin);
  const aarch32 = feature("EL1_32BIT");
  add("el1", aarch32 === undefined ? "aarch64" : "aarch32", aarch32?.origin);
  const el2 = feature("HAS_EL2");
  const nvhe = feature("HAS_EL2_E2H0");
  add("el2", nvhe !== undefined ? "nvhe" : el2 !== undefined ? "vhe" : "off", nvhe?.origin ?? el2?.origin);

  if (contract.psci.value !== "host") add("psci", contract.psci.value, contract.psci.origin);
  for (const bitmap of contract.bitmaps)
    add("bitmap", hexadecimal(bitmap.value), bitmap.origin, bitmap.register);
  add("unknown-bitmaps", "denied", undefined);
  for (const range of contract.filter)
    add(
      "filter",
      `${range.action} ${hexadecimal(range.first, 8)} ..= ${hexadecimal(range.last, 8)}`,
      range.origin,
    );
  // One that is not required only serves registers, which are declarations of their own.
  for (const capability of contract.capabilities)
    if (facilityCapabilities[capability.value] === undefined && capability.required)
      add("capability", "on", capability.origin, capability.value);
  for (const workaround of contract.workarounds)
    add("workaround", workaround.level, workaround.origin, workaround.register);
  for (const timer of contract.timers) add("timer", String(timer.intid), timer.origin, timer.timer);
  if (contract.stolenTime !== undefined)
    add("stolen-time", hexadecimal(contract.stolenTime.value), contract.stolenTime.origin);
  if (contract.counterOffset !== undefined)
    add("counter-offset", hexadecimal(contract.counterOffset.value), contract.counterOffset.origin);
  if (contract.ipaBits !== undefined) add("ipa", String(contract.ipaBits.value), contract.ipaBits.origin);
  if (contract.gic !== undefined) add("gic", contract.gic.value, contract.gic.origin);
  if (contract.vcpus !== undefined) add("vcpus", String(contract.vcpus.value), contract.vcpus.origin);
  return all;
}
