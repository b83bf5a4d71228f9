/** The common CPU as `baseline common of` takes it: for every field its value, and why that one. */
import { type Architecture, contractRegisters, fieldKey } from "../tables/index.ts";
import type { Baseline } from "./baseline.ts";
import type { OpenBecause } from "./choose.ts";
import { limitsOf } from "./limits.ts";
import type { FacilityName } from "./offer.ts";
import { hostNames } from "./words.ts";

interface CommonField {
  /** "host": no value suits every host, or some host does not tell. */
  readonly value: bigint | "host";
  /** For people: `limited by n1-lts`; undefined: nothing limits it, every host has it so. */
  readonly because: string | undefined;
}

export interface CommonCpu {
  readonly architecture: Architecture;
  /** Those that are switched on. */
  readonly facilities: readonly FacilityName[];
  /** By `REGISTER.FIELD`; those of the interrupt controller are missing, a guest's own statement decides them. */
  readonly fields: ReadonlyMap<string, CommonField>;
  /** Ids of the architecture's rules that these values break, with nothing to mend them. */
  readonly exceptions: readonly string[];
}

const openWords: Readonly<Record<OpenBecause, string>> = {
  conflict: "no value suits every host",
  unknown: "not every host tells its value",
  aarch32: "it means nothing where EL0 has no AArch32",
};

export function commonCpu(baseline: Baseline): CommonCpu {
  const because = new Map<string, string>();
  for (const { field, by } of limitsOf(baseline))
    if (by.length > 0) because.set(fieldKey(field), `limited by ${hostNames(by)}`);
  for (const { field, rule } of baseline.lowered) because.set(field, `lowered: ${rule}`);
  const fields = new Map<string, CommonField>();
  for (const field of contractRegisters().flatMap((register) => register.fields)) {
    if (field.facility === "gic") continue;
    const key = fieldKey(field);
    const value = baseline.values.get(key);
    const open = baseline.open.get(key);
    fields.set(
      key,
      value === undefined
        ? { value: "host", because: openWords[open ?? "unknown"] }
        : { value, because: because.get(key) },
    );
  }
  return {
    architecture: baseline.architecture,
    facilities: baseline.facilities,
    fields,
    exceptions: baseline.broken.map(({ id }) => id),
  };
}
