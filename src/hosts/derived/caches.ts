/** What KVM shows of a machine's caches. */
import { field, fieldMask, fieldOf, parseOneReg } from "../../tables/index.ts";
import { holdsFor, type Machine } from "./table.ts";

/** Since 6.3 KVM makes up CLIDR_EL1 and CCSIDR_EL1 from CTR_EL0: reset_clidr(), get_ccsidr(). */
const MADE_UP = { since: "6.3" };

function get(register: string, name: string, value: bigint): bigint {
  const of = field(register, name);
  if (of === undefined) throw new Error(`no field ${register}.${name}`);
  return fieldOf(value, of);
}

function put(register: string, name: string, value: bigint): bigint {
  const of = field(register, name);
  if (of === undefined) throw new Error(`no field ${register}.${name}`);
  return (value << BigInt(of.lsb)) & fieldMask(of);
}

/**
 * CTR_EL0 as Linux takes it: IDC where CLIDR_EL1 leaves nothing to clean to the point of unification
 * (read_cpuid_effective_cachetype() in arch/arm64/kernel/cpufeature.c).
 */
export function effectiveCtr({ values }: Machine): bigint | undefined {
  const [ctr, clidr] = [values.CTR_EL0, values.CLIDR_EL1];
  if (ctr === undefined || clidr === undefined) return ctr;
  const level = (name: string): bigint => get("CLIDR_EL1", name, clidr);
  const clean = level("LoC") === 0n || (level("LoUIS") === 0n && level("LoUU") === 0n);
  return clean ? ctr | put("CTR_EL0", "IDC", 1n) : ctr;
}

/** Ctype of CLIDR_EL1: bits for an instruction and a data cache, or one for both. */
const INSTRUCTION = 1n;
const DATA = 2n;
const UNIFIED = 4n;

/** CLIDR_EL1 of a fresh vCPU; undefined: not known. */
export function shownClidr(machine: Machine): bigint | undefined {
  if (!holdsFor(machine.kernelVersion, MADE_UP)) return machine.values.CLIDR_EL1;
  const ctr = effectiveCtr(machine);
  if (ctr === undefined) return undefined;
  const dic = get("CTR_EL0", "DIC", ctr) === 1n;
  const idc = get("CTR_EL0", "IDC", ctr) === 1n;
  const level = idc && !dic ? 2n : 1n;
  const data = put("CLIDR_EL1", `Ctype${level}`, idc ? UNIFIED : DATA);
  const clean = idc ? 0n : put("CLIDR_EL1", "LoUU", 1n) | put("CLIDR_EL1", "LoUIS", 1n);
  const invalidate = dic ? 0n : put("CLIDR_EL1", "Ctype1", INSTRUCTION);
  return data | clean | invalidate | put("CLIDR_EL1", "LoC", level);
}

/** Whether a value of CSSELR_EL1 selects a cache that CLIDR_EL1 has (is_valid_cache() of Linux 6.1). */
function exists(clidr: bigint, selected: number): boolean {
  const type = (clidr >> BigInt(3 * (selected >> 1))) & 7n;
  const instruction = selected % 2 === 1;
  return type === 3n || (instruction ? type === 1n : type === 2n || type === 4n);
}

/** CCSIDR_EL1 for the values of CSSELR_EL1 that KVM lists, by ONE_REG id; null: not known. */
export function shownCcsidr(machine: Machine): ReadonlyMap<bigint, bigint | null> {
  const result = new Map<bigint, bigint | null>();
  const madeUp = holdsFor(machine.kernelVersion, MADE_UP);
  const ctr = effectiveCtr(machine);
  const clidr = machine.values.CLIDR_EL1;
  for (let selected = 0; selected < 14; selected++) {
    const id = parseOneReg(`CCSIDR_EL1[${selected}]`);
    if (id === undefined) throw new Error("no name of CCSIDR_EL1");
    if (!madeUp) {
      if (clidr !== undefined && exists(clidr, selected)) result.set(id, null);
      continue;
    }
    // One set, one way; LineSize is log2(bytes) - 4, and CTR_EL0 counts words.
    const line = ctr && get("CTR_EL0", selected % 2 === 1 ? "IminLine" : "DminLine", ctr);
    // No cache has lines shorter than 16 bytes, which CCSIDR_EL1 cannot say.
    result.set(id, line === undefined || line < 2n ? null : line - 2n);
  }
  return result;
}
