/** What a vCPU is: its features, vector lengths, finalisation. */
import type { Contract } from "../contract.ts";
import { compareVersions, sveLengthsRegister, vcpuFeature } from "../tables/index.ts";
import type { Operation } from "./plan.ts";
import { ioctlOf, row, sinceOf } from "./rows.ts";

export function initVcpu(contract: Contract): readonly Operation[] {
  const rows = contract.vcpuFeatures.map(({ value }) => row(vcpuFeature(value), value));
  const newest = rows
    .map((feature) => sinceOf(feature.since))
    .filter((since) => since !== null)
    .reduce<string | null>((a, b) => (a === null || compareVersions(a, b) < 0 ? b : a), null);
  const init: Operation = {
    kind: "vcpu-init",
    phase: "init",
    ioctl: ioctlOf("KVM_ARM_VCPU_INIT"),
    fd: "vcpu",
    name: rows.length === 0 ? "no features" : rows.map((feature) => feature.name).join(" | "),
    summary: "vCPU features; one set for the whole VM",
    since: newest,
    source: contract.span,
    features: rows.reduce((bits, feature) => bits | (1 << feature.index), 0),
  };
  const finalize = contract.vcpuFeatures.flatMap(({ value, origin }): Operation[] => {
    const feature = row(vcpuFeature(value), value);
    if (!feature.finalize) return [];
    return [
      {
        kind: "vcpu-finalize",
        phase: "finalize",
        ioctl: ioctlOf("KVM_ARM_VCPU_FINALIZE"),
        fd: "vcpu",
        name: feature.name,
        summary: "fixes the vector lengths",
        since: sinceOf(feature.since),
        source: origin.span,
        feature: feature.index,
      },
    ];
  });
  return [init, ...finalize];
}

/** KVM_REG_ARM64_SVE_VLS: bit n of the 512 stands for a vector length of (n + 1) · 128 bits. */
export function vectorLengths(contract: Contract): readonly Operation[] {
  const { sveLengths } = contract;
  if (sveLengths === undefined || sveLengths.value === "host") return [];
  const value = sveLengths.value.reduce((bits, length) => bits | (1n << BigInt(length / 128 - 1)), 0n);
  const register = sveLengthsRegister();
  return [
    {
      kind: "set-register",
      phase: "lengths",
      ioctl: ioctlOf("KVM_SET_ONE_REG"),
      fd: "vcpu",
      name: register.name,
      summary: `${sveLengths.value.join(", ")} bits`,
      since: null,
      source: sveLengths.origin.span,
      id: register.id,
      bits: register.bits,
      mask: (1n << BigInt(register.bits)) - 1n,
      value,
      absentIsFine: false,
    },
  ];
}
