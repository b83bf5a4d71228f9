/** How many counters the VM's PMU has, and PMCR_EL0 (arch/arm64/kvm/sys_regs.c: get_pmcr, set_pmcr). */
import { configurationFor } from "../../../hosts/configuration.ts";
import { parseOneReg } from "../../../tables/index.ts";
import type { Vcpu, Vm } from "../machine.ts";
import { configurationOfVm, hasFeature } from "./configuration.ts";
import { hostHasAarch32 } from "./host.ts";

const PMCR = parseOneReg("PMCR_EL0") ?? 0n;
/** PMCR_EL0.N, LC, and what of the rest user space may write. */
const N_AT = 11n;
const N = 0x1fn;
const LC = 1n << 6n;
const WRITABLE = 0xffn;
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
  return countIn(configurationOfVm(vm).registers.get(PMCR));
}

/** A bit for each counter, and that of cycles. */
export const counterMask = (vm: Vm): bigint => ((1n << BigInt(counters(vm))) - 1n) | CYCLES;

export const withCounters = (vm: Vm, value: bigint): bigint =>
  (value & ~(N << N_AT)) | (BigInt(counters(vm)) << N_AT);

/** What PMCR_EL0 keeps of a value; N, if the host has so many, is the VM's from then on. */
export function keepControl(vcpu: Vcpu, value: bigint): bigint {
  const { vm } = vcpu;
  const asked = countIn(value);
  if (!vm.ran && !hasFeature(vcpu.features, "HAS_EL2") && asked <= hostCounters(vm)) vm.pmu.counters = asked;
  return (value & WRITABLE) | (hostHasAarch32(vm.kvm.profile) ? 0n : LC);
}
