/** The targets of KVM_ARM_VCPU_INIT: KVM_ARM_TARGET_*. */
import { once } from "../../tables/load.ts";
import targetsText from "./data/targets.json?raw";
import type { Kvm } from "./machine.ts";
import { callRule } from "./objects.ts";

interface TargetsFile {
  readonly generic: number;
  readonly targets: readonly { readonly cpu: string; readonly midr: string; readonly target: number }[];
}

const file = once((): TargetsFile => JSON.parse(targetsText));

/** MIDR_EL1: implementer, architecture and part number. */
const IMPLEMENTER_AND_PART = 0xff0f_fff0n;

/** What the host's CPU is among the targets (kvm_target_cpu): by its MIDR_EL1, else by its name. */
export function targetOf({ profile: { cpu } }: Kvm): number {
  const isThis = ({ cpu: name, midr }: TargetsFile["targets"][number]): boolean =>
    cpu.midr === undefined ? name === cpu.name : BigInt(midr) === (cpu.midr & IMPLEMENTER_AND_PART);
  return file().targets.find(isThis)?.target ?? file().generic;
}

/** What KVM_ARM_PREFERRED_TARGET says. */
export const preferredTargetOf = (kvm: Kvm): number =>
  callRule<"generic" | "own">(kvm, "target.preferred") === "own" ? targetOf(kvm) : file().generic;

/** Whether KVM_ARM_VCPU_INIT takes a target. */
export const acceptsTarget = (kvm: Kvm, target: number): boolean =>
  target === targetOf(kvm) || (target === file().generic && callRule<boolean>(kvm, "target.generic"));
