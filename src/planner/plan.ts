/**
 * The Plan: the ordered KVM operations that establish a contract. The one thing that emitters print
 * and the simulator executes. All numbers are exact; `source` says which statement asked for it.
 */
import type { Span } from "../diagnostics/span.ts";

/**
 * When an operation may run, in this order. What stands between two stages is the VMM's own work.
 *
 * - `create`: KVM_CREATE_VM itself (skipped by a VMM that has its VM already).
 * - `check`: capabilities that the host must have; changes nothing.
 * - `vm`: on the VM, before any vCPU exists.
 * - `init`: on each vCPU, KVM_ARM_VCPU_INIT.
 * - `lengths`: on each vCPU, SVE vector lengths; between INIT and FINALIZE.
 * - `finalize`: on each vCPU, KVM_ARM_VCPU_FINALIZE.
 * - `registers`: ID registers, firmware registers, hypercall bitmaps; before the first run. A guest with a GICv3
 *   has its device created (not yet initialised) before: from linux 6.18 on KVM shows the GIC field only then.
 * - `devices`: after the in-kernel GIC is initialised and memory is there: PMU, timers, stolen time.
 * - `verify`: read back what the contract promises; before the first run.
 */
export const phases = [
  "create",
  "check",
  "vm",
  "init",
  "lengths",
  "finalize",
  "registers",
  "devices",
  "verify",
] as const;
export type Phase = (typeof phases)[number];

interface OperationBase {
  readonly phase: Phase;
  readonly ioctl: { readonly name: string; readonly nr: number };
  /** On which file descriptor. Operations on `vcpu` are made on every vCPU. */
  readonly fd: "kvm" | "vm" | "vcpu";
  /** What is set, in the kernel's words: a register, capability, attribute or feature. */
  readonly name: string;
  /** For people: which fields, services or ranges. */
  readonly summary: string;
  /** First mainline kernel that has the call and its subject; null: every kernel from 6.1. */
  readonly since: string | null;
  readonly source: Span;
}

/** KVM_CREATE_VM with a machine type (IPA size in bits 7:0, 0 = 40 bits). */
export interface CreateVm extends OperationBase {
  readonly kind: "create-vm";
  readonly type: bigint;
}

/** KVM_CHECK_EXTENSION: the answer must be at least `atLeast`. */
export interface CheckExtension extends OperationBase {
  readonly kind: "check-extension";
  readonly capability: number;
  readonly atLeast: number;
}

/** KVM_ENABLE_CAP, flags 0, args all zero but as given. */
export interface EnableCapability extends OperationBase {
  readonly kind: "enable-capability";
  readonly capability: number;
  readonly args: readonly bigint[];
  /** Skipped where KVM_CHECK_EXTENSION answers 0: a host may satisfy the contract without it. */
  readonly ifPresent: boolean;
}

/** KVM_ARM_SET_COUNTER_OFFSET. Payload: u64 offset, u64 reserved 0. */
export interface SetCounterOffset extends OperationBase {
  readonly kind: "set-counter-offset";
  readonly payload: Uint8Array;
}

/** KVM_ARM_VCPU_INIT with the preferred target; the VMM adds POWER_OFF for a secondary vCPU. */
export interface VcpuInit extends OperationBase {
  readonly kind: "vcpu-init";
  /** features[0]. */
  readonly features: number;
}

/** KVM_ARM_VCPU_FINALIZE of one feature index. */
export interface VcpuFinalize extends OperationBase {
  readonly kind: "vcpu-finalize";
  readonly feature: number;
}

/**
 * KVM_SET_ONE_REG. Bits in `mask` get `value`; with a full mask the register is written as is, otherwise
 * it is read first and the other bits keep what KVM put there.
 */
export interface SetRegister extends OperationBase {
  readonly kind: "set-register";
  readonly id: bigint;
  /** Register width in bits: 64 or 512. */
  readonly bits: number;
  readonly mask: bigint;
  readonly value: bigint;
  /** A kernel without the register (ENOENT) satisfies the operation, because the value says "nothing here". */
  readonly absentIsFine: boolean;
}

/** Every bitmap register in KVM_GET_REG_LIST that is not in `known` is set to zero. */
export interface ClearUnknownBitmaps extends OperationBase {
  readonly kind: "clear-unknown-bitmaps";
  readonly known: readonly bigint[];
}

/** KVM_SET_DEVICE_ATTR, flags 0. */
export interface SetDeviceAttribute extends OperationBase {
  readonly kind: "set-device-attribute";
  readonly group: number;
  readonly attribute: number;
  /** Little-endian bytes at `addr`; empty: no payload (addr 0). */
  readonly payload: Uint8Array;
  /** The payload is a u64 to which this times the vCPU's number is added (stolen time: 64). */
  readonly perVcpu: bigint;
  /** KVM keeps it for the whole VM and refuses or doubles it on a second vCPU: made on vCPU 0 only. */
  readonly firstVcpuOnly: boolean;
}

/** KVM_GET_ONE_REG: `(register & mask)` must equal `value` (`equal`) or be at least it (`at-least`). */
export interface VerifyRegister extends OperationBase {
  readonly kind: "verify-register";
  readonly id: bigint;
  readonly bits: number;
  readonly mask: bigint;
  readonly value: bigint;
  readonly compare: "equal" | "at-least";
  readonly absentIsFine: boolean;
}

export type Operation =
  | CreateVm
  | CheckExtension
  | EnableCapability
  | SetCounterOffset
  | VcpuInit
  | VcpuFinalize
  | SetRegister
  | ClearUnknownBitmaps
  | SetDeviceAttribute
  | VerifyRegister;

export interface Plan {
  readonly arch: "arm64";
  readonly guest: string;
  readonly documentation: readonly string[];
  /** Sorted by phase. */
  readonly operations: readonly Operation[];
  /** Fields and choices that the contract leaves to the host, as `REGISTER.FIELD` or a statement's name. */
  readonly open: readonly string[];
}
