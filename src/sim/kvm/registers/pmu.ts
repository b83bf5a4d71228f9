/** How many counters the VM's PMU has, and PMCR_EL0 (arch/arm64/kvm/sys_regs.c: get_pmcr, set_pmcr). */
import { configurationFor } from "../../../hosts/configuration.ts";
import { parseOneReg } from "../../../tables/index.ts";
import type { Vcpu, Vm } from "../machine.ts";
import { hasFeature } from "./configuration.ts";
import { hostHasAarch32 } from "./host.ts";
import { heldIdentity } from "./identity.ts";
import { keyOf } from "./ids.ts";
import { registersOf } from "./listed.ts";
import { registerRule } from "./rules.ts";

const PMCR = parseOneReg("PMCR_EL0") ?? 0n;
/** PMCR_EL0.N, LC, and what of the rest user space may write. */
const N_AT = 11n;
const N = 0x1fn;
const LC = 1n << 6n;
const WRITABLE = 0xffn;
/** PMCR_EL0.P and C, which reset counters and are not kept; LP, which long counters have. */
const RESET_EVENTS = 1n << 1n;
const RESET_CYCLES = 1n << 2n;
const LONG = 1n << 7n;
/** ID_AA64DFR0_EL1.PMUVer of the first PMU with long counters. */
const V3P5 = 6n;
const CYCLES = 1n << 31n;

const countIn = (value: bigint | null | undefined): number => Number(((value ?? 0n) >> N_AT) & N);

/** As many as the host has. */
function hostCounters(vm: Vm): number {
  const { configuration } = configurationFor(vm.kvm.profile, ["PSCI_0_2", "PMU_V3"], []);
  return countIn(configuration.registers.get(PMCR));
}

/** PMCR_EL0.N of the VM's guests. */
export function counters(vm: Vm): number {
  if (vm.pmu.counters !== undefined) return vm.pmu.counters;
  if (vm.pmu.unit !== undefined) return hostCounters(vm);
  return countIn(registersOf(vm).get(PMCR));
}

/** A bit for each counter, and that of cycles. */
export const counterMask = (vm: Vm): bigint => ((1n << BigInt(counters(vm))) - 1n) | CYCLES;

export const withCounters = (vm: Vm, value: bigint): bigint =>
  (value & ~(N << N_AT)) | (BigInt(counters(vm)) << N_AT);

/** What PMCR_EL0 keeps of a value but N: a guest that has no AArch32 counts cycles in 64 bits. */
export const keptControl = (vm: Vm, value: bigint): bigint =>
  (value & WRITABLE) | (hostHasAarch32(vm.kvm.profile) ? 0n : LC);

/** What PMCR_EL0 holds after a value is written; N, if the host has so many, is the VM's from then on, and the guest reads it. */
export function keepControl(vcpu: Vcpu, value: bigint): bigint {
  const { vm } = vcpu;
  const asked = countIn(value);
  if (!vm.ran && !hasFeature(vcpu.features, "HAS_EL2") && asked <= hostCounters(vm)) vm.pmu.counters = asked;
  return withCounters(vm, keptControl(vm, value));
}

const DFR0 = parseOneReg("ID_AA64DFR0_EL1") ?? 0n;
const PMU_VERSION_AT = 8n;
const key = (name: string): number => keyOf(parseOneReg(name) ?? 0n);
const EVENT_COUNTERS = Array.from({ length: 31 }, (_, n) => key(`PMEVCNTR${n}_EL0`));
const CYCLE_COUNTER = key("PMCCNTR_EL0");

/** What KVM does about PMCR_EL0 before the guest first runs (kvm_pmu_handle_pmcr): resets what it asks for, once. */
export function startPmu({ vm, state }: Vcpu): void {
  if (registerRule<"control" | "nothing">(vm.kvm, "pmu.first-run") === "nothing") return;
  const control = state.system.get(keyOf(PMCR)) ?? 0n;
  if ((control & RESET_CYCLES) !== 0n) state.system.set(CYCLE_COUNTER, 0n);
  if ((control & RESET_EVENTS) !== 0n)
    for (const counter of EVENT_COUNTERS.slice(0, counters(vm))) state.system.set(counter, 0n);
  const long = ((heldIdentity(vm, DFR0) >> PMU_VERSION_AT) & 0xfn) >= V3P5;
  const mayBeLong = registerRule<boolean>(vm.kvm, "pmu.long-counters");
  const dropped = RESET_EVENTS | RESET_CYCLES | (mayBeLong && !long ? LONG : 0n);
  state.system.set(keyOf(PMCR), control & ~dropped);
}
