/** VMs with vCPUs on shipped hosts, without memory or devices, for the tests of ONE_REG. */
import type { Vcpu, Vm } from "../../../src/sim/kvm/machine.ts";
import { finalizeRegisters, getRegister, resetVcpuRegisters } from "../../../src/sim/kvm/registers/index.ts";
import { createVcpu, createVm } from "../../../src/sim/kvm/vm.ts";
import { parseOneReg, vcpuFeature } from "../../../src/tables/index.ts";
import { shipped } from "../../hosts/shipped.ts";

export const idOf = (name: string): bigint => {
  const id = parseOneReg(name);
  if (id === undefined) throw new Error(`no register is called ${name}`);
  return id;
};

export function word(...names: readonly string[]): number {
  return names.reduce((bits, name) => bits | (1 << (vcpuFeature(name)?.index ?? 0)), 0);
}

export function vmOn(host: string): Vm {
  const made = createVm({ profile: shipped(host) }, 0n);
  if (!made.ok) throw new Error(`KVM_CREATE_VM: ${made.errno}`);
  return made.value;
}

/** Not initialised. */
export function rawVcpu(vm: Vm, id = vm.vcpus.size): Vcpu {
  const made = createVcpu(vm, id);
  if (!made.ok) throw new Error(`KVM_CREATE_VCPU: ${made.errno}`);
  return made.value;
}

/** With PSCI_0_2 and these features; initialised, not finalised. */
export function vcpuOf(vm: Vm, ...names: readonly string[]): Vcpu {
  const vcpu = rawVcpu(vm);
  vcpu.features = word("PSCI_0_2", ...names);
  vm.features ??= vcpu.features;
  resetVcpuRegisters(vcpu);
  return vcpu;
}

export function finalized(vcpu: Vcpu): Vcpu {
  vcpu.finalized.add(vcpuFeature("SVE")?.index ?? 0);
  finalizeRegisters(vcpu);
  return vcpu;
}

/** As after a KVM_RUN of one of the VM's vCPUs. */
export function ran(vcpu: Vcpu): Vcpu {
  vcpu.ran = true;
  vcpu.vm.ran = true;
  return vcpu;
}

/** The value of a register, or the errno. */
export function read(vcpu: Vcpu, register: string | bigint): bigint | string {
  const answer = getRegister(vcpu, typeof register === "bigint" ? register : idOf(register));
  return answer.ok ? answer.value : answer.errno;
}
