/** Which of KVM's objects a file descriptor stands for, and what they share. */
import type { HostProfile } from "../../hosts/profile.ts";
import { once } from "../../tables/load.ts";
import { type Rule, ruleFor } from "../rules/kernel.ts";
import rulesText from "./data/rules-calls.json?raw";
import type { Device, Kvm, Vcpu, Vm } from "./machine.ts";

export const isVcpu = (on: Kvm | Vm | Vcpu | Device): on is Vcpu => "vm" in on && "state" in on;
export const isDevice = (on: Kvm | Vm | Vcpu | Device): on is Device => "vm" in on && "addresses" in on;
export const isVm = (on: Kvm | Vm | Vcpu | Device): on is Vm => "kvm" in on;

/** Numbers of device types. */
export const GIC_V2 = 5;
export const GIC_V3 = 7;
export const ITS = 8;
export const VFIO = 4;

/** What differs between kernels in KVM's calls, row by row. */
export const callRules = once((): readonly Rule<unknown>[] => {
  const file: { readonly rules: readonly Rule<unknown>[] } = JSON.parse(rulesText);
  return file.rules;
});

/** What was found for a host, by rule. */
const found = new WeakMap<HostProfile, Map<string, unknown>>();

/**
 * What the host's kernel does in one respect.
 *
 * @throws where no row has that name
 */
export function callRule<T>({ profile }: Kvm, name: string): T {
  const known = found.get(profile) ?? new Map<string, unknown>();
  if (!known.has(name)) {
    known.set(name, ruleFor(callRules(), name, profile.kernel.version));
    found.set(profile, known);
  }
  return known.get(name) as T;
}

/** The VM's interrupt controller in the kernel. */
export const gicOf = (vm: Vm): Device | undefined =>
  vm.devices.find(({ type }) => type === GIC_V2 || type === GIC_V3);

/** Whether a bit of a word is set, from 0 up; words may have more than 32. */
export const hasBit = (word: number, bit: number): boolean => Math.floor(word / 2 ** bit) % 2 === 1;
