/** What the bytes of an ioctl's payload mean: layouts of the kernel's structures, by call and attribute. */
import type { Operation } from "../planner/plan.ts";
import { hexadecimal } from "./hexadecimal.ts";

interface Member {
  readonly name: string;
  readonly offset: number;
  /** Bytes; little-endian. */
  readonly size: 1 | 2 | 4 | 8;
  /** Names of values. */
  readonly values?: readonly string[];
}

interface Layout {
  readonly size: number;
  readonly members: readonly Member[];
}

const number = (size: 4 | 8): Layout => ({ size, members: [{ name: "value", offset: 0, size }] });

/** `struct kvm_smccc_filter` (Linux, arch/arm64/include/uapi/asm/kvm.h); 15 bytes of padding follow. */
const smcccFilter: Layout = {
  size: 24,
  members: [
    { name: "base", offset: 0, size: 4 },
    { name: "nr_functions", offset: 4, size: 4 },
    { name: "action", offset: 8, size: 1, values: ["handle", "deny", "forward"] },
  ],
};

/** `struct kvm_pmu_event_filter` (the same header); 3 bytes of padding follow. */
const pmuEventFilter: Layout = {
  size: 8,
  members: [
    { name: "base_event", offset: 0, size: 2 },
    { name: "nevents", offset: 2, size: 2 },
    { name: "action", offset: 4, size: 1, values: ["allow", "deny"] },
  ],
};

/** `struct kvm_arm_counter_offset` (the same header). */
const counterOffset: Layout = {
  size: 16,
  members: [
    { name: "counter_offset", offset: 0, size: 8 },
    { name: "reserved", offset: 8, size: 8 },
  ],
};

/** By descriptor, group and attribute (Linux, Documentation/virt/kvm/devices/vm.rst and vcpu.rst). */
const attributeLayouts: Readonly<Record<string, Layout>> = {
  "vm 0 0": smcccFilter,
  "vcpu 0 0": number(4),
  "vcpu 0 2": pmuEventFilter,
  "vcpu 0 3": number(4),
  "vcpu 0 4": number(4),
  "vcpu 1 0": number(4),
  "vcpu 1 1": number(4),
  "vcpu 1 2": number(4),
  "vcpu 1 3": number(4),
  "vcpu 2 0": number(8),
};

function read(bytes: Uint8Array, layout: Layout): Record<string, string> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const members: Record<string, string> = {};
  for (const { name, offset, size, values } of layout.members) {
    let value = 0n;
    for (let byte = size - 1; byte >= 0; byte--) value = (value << 8n) | BigInt(view.getUint8(offset + byte));
    members[name] = values?.[Number(value)] ?? hexadecimal(value, size * 2);
  }
  return members;
}

/**
 * The members of an operation's payload as text: numbers in hexadecimal, actions by name. Undefined
 * where there is no payload, or its layout is unknown (then the bytes have to do).
 */
export function payloadMembers(operation: Operation): Readonly<Record<string, string>> | undefined {
  const [bytes, layout] =
    operation.kind === "set-counter-offset"
      ? [operation.payload, counterOffset]
      : operation.kind === "set-device-attribute"
        ? [operation.payload, attributeLayouts[`${operation.fd} ${operation.group} ${operation.attribute}`]]
        : [undefined, undefined];
  if (bytes === undefined || layout === undefined || bytes.length !== layout.size) return undefined;
  return read(bytes, layout);
}

/** The payload's bytes; undefined for operations that have none. */
export function payloadBytes(operation: Operation): Uint8Array | undefined {
  if (operation.kind !== "set-counter-offset" && operation.kind !== "set-device-attribute") return undefined;
  return operation.payload.length === 0 ? undefined : operation.payload;
}
