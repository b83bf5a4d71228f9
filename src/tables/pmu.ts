/** The one number that all ask of the performance monitors' registers. */
import { fieldOf } from "./bits.ts";
import { field, idRegister } from "./registers.ts";

/**
 * How many event counters a vCPU has: PMCR_EL0.N. undefined: these registers do not tell.
 *
 * @param registers values by ONE_REG id
 */
export function eventCounters(registers: ReadonlyMap<bigint, unknown>): number | undefined {
  const id = idRegister("PMCR_EL0")?.id;
  const count = field("PMCR_EL0", "N");
  const value = id === undefined ? undefined : registers.get(id);
  return count === undefined || typeof value !== "bigint" ? undefined : Number(fieldOf(value, count));
}
