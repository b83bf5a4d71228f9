/** CLIDR_EL1, and CCSIDR_EL1 for each value of CSSELR_EL1 (arch/arm64/kvm/sys_regs.c: reset_clidr, set_clidr, demux_c15_get, set_ccsidr). */
import { type Answer, done, fails, ok } from "../answer.ts";
import type { Vcpu, Vm } from "../machine.ts";
import { hostCacheField } from "./host.ts";
import { registersOf } from "./listed.ts";
import { registerRule } from "./rules.ts";

/** CCSIDR_EL1.LineSize, bits 2:0: binary logarithm of the bytes, less 4. */
const LINE_SIZE = 7n;
/** CSSELR_EL1.InD: an instruction cache. */
const INSTRUCTION = 1n;

/** The shortest line that CCSIDR_EL1 can say, as the logarithm of its bytes. */
const LEAST_LINE = 4n;

/** The line that the host's caches have at least, as the logarithm of its bytes; nothing of a CTR_EL0 that is not known. */
function shortestLine(vcpu: Vcpu, selector: bigint): bigint {
  const name = (selector & INSTRUCTION) === 0n ? "DminLine" : "IminLine";
  const line = hostCacheField(vcpu.vm.kvm.profile, name) + 2n;
  return line < LEAST_LINE ? LEAST_LINE : line;
}

function fresh(vcpu: Vcpu, id: bigint): bigint | undefined {
  const value = registersOf(vcpu.vm).get(id);
  return value === null ? shortestLine(vcpu, id) - LEAST_LINE : value;
}

export function getDemux(vcpu: Vcpu, id: bigint): Answer<bigint> {
  const value = fresh(vcpu, id);
  return value === undefined ? fails("ENOENT") : ok(vcpu.state.caches.get(Number(id & 0xffn)) ?? value);
}

export function setDemux(vcpu: Vcpu, id: bigint, value: bigint): Answer<undefined> {
  const held = getDemux(vcpu, id);
  if (!held.ok) return held;
  if (registerRule<"invariant" | "kept">(vcpu.vm.kvm, "ccsidr") === "invariant")
    return value === held.value ? done : fails("EINVAL");
  if ((value & LINE_SIZE) + LEAST_LINE < shortestLine(vcpu, id)) return fails("EINVAL");
  vcpu.state.caches.set(Number(id & 0xffn), value);
  return done;
}

/** What of CLIDR_EL1 is no field. */
const CLIDR_RES0 = ~((1n << 47n) - 1n);
const LEVEL = 7n;
const LOUIS_AT = 21n;
const LOC_AT = 24n;
const LOUU_AT = 27n;

/** Levels without need to clean them are taken only where the host's caches are so (CTR_EL0.IDC). */
export function isCacheLevels(vm: Vm, value: bigint): boolean {
  const at = (lsb: bigint): bigint => (value >> lsb) & LEVEL;
  const noCleaning = at(LOC_AT) === 0n || (at(LOUIS_AT) === 0n && at(LOUU_AT) === 0n);
  const hostNeedsNone = hostCacheField(vm.kvm.profile, "IDC") === 1n;
  return (value & CLIDR_RES0) === 0n && (!noCleaning || hostNeedsNone);
}

/** CLIDR_EL1.Ctype1: an instruction cache, a data cache; Ctype of a cache for both. */
const HAS_INSTRUCTIONS = 1n;
const HAS_DATA = 2n;
const UNIFIED = 4n;
const CTYPE_BITS = 3n;

/** The fewest caches with which a guest does what the host's caches need. */
export function freshCacheLevels(vm: Vm): bigint {
  const clean = hostCacheField(vm.kvm.profile, "IDC") === 1n;
  const coherent = hostCacheField(vm.kvm.profile, "DIC") === 1n;
  const last = clean && !coherent ? 2n : 1n;
  const data = clean ? UNIFIED << (CTYPE_BITS * (last - 1n)) : HAS_DATA | (1n << LOUU_AT) | (1n << LOUIS_AT);
  return data | (coherent ? 0n : HAS_INSTRUCTIONS) | (last << LOC_AT);
}
