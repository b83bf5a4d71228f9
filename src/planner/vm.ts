/** On the VM, before any vCPU exists: its creation, what the host must have, capabilities, filter, counter offset. */
import type { Contract } from "../contract.ts";
import type { Span } from "../diagnostics/span.ts";
import { deviceAttribute, capability as findCapability, vcpuFeature } from "../tables/index.ts";
import { counterOffset, smcccFilter } from "./payload.ts";
import type { Operation } from "./plan.ts";
import { ioctlOf, row, sinceOf } from "./rows.ts";

export function createVm(contract: Contract): readonly Operation[] {
  const { ipaBits } = contract;
  if (ipaBits === undefined) return [];
  return [
    {
      kind: "create-vm",
      phase: "create",
      ioctl: ioctlOf("KVM_CREATE_VM"),
      fd: "kvm",
      name: "KVM_VM_TYPE_ARM_IPA_SIZE",
      summary: `${ipaBits.value}-bit guest-physical addresses`,
      since: null,
      source: ipaBits.origin.span,
      type: BigInt(ipaBits.value),
    },
  ];
}

/** A capability that must answer at least `atLeast`. */
function check(name: string, span: Span, summary: string, atLeast = 1): Operation {
  const found = row(findCapability(name), name);
  return {
    kind: "check-extension",
    phase: "check",
    ioctl: ioctlOf("KVM_CHECK_EXTENSION"),
    fd: "vm",
    name: found.name,
    summary,
    since: sinceOf(found.since),
    source: span,
    capability: found.number,
    atLeast,
  };
}

export function checks(contract: Contract): readonly Operation[] {
  const operations: Operation[] = [];
  const add = (operation: Operation): void => {
    if (!operations.some((earlier) => earlier.name === operation.name)) operations.push(operation);
  };
  if (contract.ipaBits !== undefined)
    add(
      check(
        "KVM_CAP_ARM_VM_IPA_SIZE",
        contract.ipaBits.origin.span,
        "size of guest-physical addresses",
        contract.ipaBits.value,
      ),
    );
  for (const { value, origin } of contract.vcpuFeatures) {
    const feature = row(vcpuFeature(value), value);
    const needed = feature.capability === null ? undefined : findCapability(feature.capability);
    if (needed !== undefined) add(check(needed.name, origin.span, `vCPU feature ${feature.name}`));
  }
  for (const { value, origin, required } of contract.capabilities)
    if (required) add(check(value, origin.span, "is enabled below"));
  if (contract.stolenTime !== undefined)
    add(check("KVM_CAP_STEAL_TIME", contract.stolenTime.origin.span, "stolen time"));
  if (contract.counterOffset !== undefined)
    add(check("KVM_CAP_COUNTER_OFFSET", contract.counterOffset.origin.span, "counter offset"));
  return operations;
}

export function enableCapabilities(contract: Contract): readonly Operation[] {
  return contract.capabilities.map(({ value, origin, required }) => {
    const found = row(findCapability(value), value);
    return {
      kind: "enable-capability",
      phase: "vm",
      ioctl: ioctlOf("KVM_ENABLE_CAP"),
      fd: "vm",
      name: found.name,
      summary: found.effect,
      since: required ? sinceOf(found.since) : null,
      source: origin.span,
      capability: found.number,
      args: [],
      ifPresent: !required,
    };
  });
}

const filterActions = { handle: 0, deny: 1, forward: 2 } as const;
const hexId = (id: number): string => `0x${id.toString(16).padStart(8, "0")}`;

export function filters(contract: Contract): readonly Operation[] {
  const attribute = row(deviceAttribute("KVM_ARM_VM_SMCCC_FILTER"), "the SMCCC filter");
  return contract.filter.map(({ first, last, action, origin }) => ({
    kind: "set-device-attribute",
    phase: "vm",
    ioctl: ioctlOf("KVM_SET_DEVICE_ATTR"),
    fd: "vm",
    name: attribute.name,
    summary: `${action} ${first === last ? hexId(first) : `${hexId(first)} ..= ${hexId(last)}`}`,
    since: sinceOf(attribute.since),
    source: origin.span,
    group: attribute.group,
    attribute: attribute.attr,
    payload: smcccFilter(first, last - first + 1, filterActions[action]),
    perVcpu: 0n,
    firstVcpuOnly: false,
  }));
}

export function counterOffsets(contract: Contract): readonly Operation[] {
  const { counterOffset: stated } = contract;
  if (stated === undefined) return [];
  return [
    {
      kind: "set-counter-offset",
      phase: "vm",
      ioctl: ioctlOf("KVM_ARM_SET_COUNTER_OFFSET"),
      fd: "vm",
      name: "KVM_ARM_SET_COUNTER_OFFSET",
      summary: `virtual and physical counter ${stated.value} behind the host's`,
      since: sinceOf(row(findCapability("KVM_CAP_COUNTER_OFFSET"), "the counter offset").since),
      source: stated.origin.span,
      payload: counterOffset(stated.value),
    },
  ];
}
