/** The guest's performance monitors. */
import { idRegister } from "../tables/index.ts";
import type { Guest } from "./guest.ts";

const N_SHIFT = 11n;
const N_MASK = 0x1fn;

/** How many event counters the guest has; undefined: not known, 0: no PMU. */
export function pmuCounters(guest: Guest): number | undefined {
  const { contract, registers } = guest;
  if (contract.pmu === undefined) return 0;
  if (contract.pmu.counters !== undefined) return contract.pmu.counters.value;
  const id = idRegister("PMCR_EL0")?.id;
  const value = id === undefined ? undefined : registers.get(id);
  return typeof value === "bigint" ? Number((value >> N_SHIFT) & N_MASK) : undefined;
}
