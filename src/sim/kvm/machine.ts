/** KVM's objects as file descriptors hold them: the VM, its vCPUs, its devices. Mutable, as the kernel's are. */
import type { HostProfile } from "../../hosts/profile.ts";
import type { EventRange, FilterRange } from "../rules/guest.ts";
import type { Memory } from "../vcpu/memory.ts";
import type { VcpuState } from "../vcpu/state.ts";

/** /dev/kvm of a host. */
export interface Kvm {
  readonly profile: HostProfile;
}

export interface Device {
  /** 5 GICv2, 7 GICv3, 8 ITS. */
  readonly type: number;
  /** Addresses set, by attribute of the address group. */
  readonly addresses: Map<number, bigint>;
  /** Other attributes set, by group and attribute: `group << 32n | attribute`. */
  readonly attributes: Map<bigint, bigint>;
  initialised: boolean;
}

export interface Vm {
  readonly kvm: Kvm;
  /** Machine type of KVM_CREATE_VM. */
  readonly type: bigint;
  readonly ipaBits: number;
  /** Capabilities that were enabled, by number. */
  readonly enabled: Set<number>;
  /** In order of creation, by id. */
  readonly vcpus: Map<number, Vcpu>;
  /** In order of creation. */
  readonly devices: Device[];
  readonly memory: Memory;
  /** As KVM was given them, in order; disjoint. */
  readonly filter: FilterRange[];
  /** ONE_REGs that are the VM's, by id: ID registers that were written, PSCI version, bitmaps, workarounds. */
  readonly registers: Map<bigint, bigint>;
  counterOffset: bigint | undefined;
  /** A vCPU has run. */
  ran: boolean;
  /** The vCPU features of the first vCPU that was initialised; all others must ask for the same. */
  features: number | undefined;
  /** INTIDs of timers by attribute number, once a vCPU or KVM has set them. */
  readonly timers: Map<number, number>;
  readonly pmu: { readonly events: EventRange[]; counters: number | undefined };
}

export interface Vcpu {
  readonly vm: Vm;
  readonly id: number;
  /** Order of creation, from 0. */
  readonly index: number;
  /** features[0] of KVM_ARM_VCPU_INIT; undefined: not initialised. */
  features: number | undefined;
  target: number | undefined;
  /** vCPU features that were finalised, by index. */
  readonly finalized: Set<number>;
  /** SVE vector lengths as KVM_REG_ARM64_SVE_VLS has them. */
  vectorLengths: bigint | undefined;
  /** 0 runnable, 5 stopped, 10 suspended. */
  mpState: number;
  ran: boolean;
  readonly state: VcpuState;
  readonly pmu: { initialised: boolean; irq: number | undefined };
  stolenTime: bigint | undefined;
  /** Pending exceptions, as KVM_GET_VCPU_EVENTS says them. */
  readonly events: {
    serrorPending: boolean;
    serrorHasEsr: boolean;
    serrorEsr: bigint;
    dataAbortPending: boolean;
  };
}
