/** CCSIDR_EL1 for each value of CSSELR_EL1 (arch/arm64/kvm/sys_regs.c: demux_c15_get, set_ccsidr). */
import { type Answer, done, fails, ok } from "../answer.ts";
import type { Vcpu } from "../machine.ts";
import { configurationOfVm } from "./configuration.ts";
import { hostCacheField } from "./host.ts";
import { truncated } from "./ids.ts";
import { registerRule } from "./rules.ts";

/** CCSIDR_EL1.LineSize, bits 2:0: binary logarithm of the bytes, less 4. */
const LINE_SIZE = 7n;
/** CSSELR_EL1.InD: an instruction cache. */
const INSTRUCTION = 1n;

/** The line that the host's caches have at least, as the logarithm of its bytes. */
function shortestLine(vcpu: Vcpu, selector: bigint): bigint {
  const name = (selector & INSTRUCTION) === 0n ? "DminLine" : "IminLine";
  return hostCacheField(vcpu.vm.kvm.profile, name) + 2n;
}

function fresh(vcpu: Vcpu, id: bigint): bigint | undefined {
  const value = configurationOfVm(vcpu.vm).registers.get(id);
  return value === null ? shortestLine(vcpu, id) - 4n : value;
}

export function getDemux(vcpu: Vcpu, id: bigint): Answer<bigint> {
  const value = fresh(vcpu, id);
  return value === undefined ? fails("ENOENT") : ok(vcpu.state.caches.get(Number(id & 0xffn)) ?? value);
}

export function setDemux(vcpu: Vcpu, id: bigint, whole: bigint): Answer<undefined> {
  const held = getDemux(vcpu, id);
  if (!held.ok) return held;
  const value = truncated(id, whole);
  if (registerRule<"invariant" | "kept">(vcpu.vm.kvm, "ccsidr") === "invariant")
    return value === held.value ? done : fails("EINVAL");
  if ((value & LINE_SIZE) + 4n < shortestLine(vcpu, id)) return fails("EINVAL");
  vcpu.state.caches.set(Number(id & 0xffn), value);
  return done;
}
