/** KVM's objects as file descriptors hold them: the VM, its vCPUs, its devices. Mutable, as the kernel's are. */
import type { HostProfile } from "../../hosts/profile.ts";
import type { EventRange, FilterRange } from "../rules/guest.ts";
import type { Memory } from "../vcpu/memory.ts";
import type { VcpuState } from "../vcpu/state.ts";

/** /dev/kvm of a host. */
export interface Kvm {
  readonly profile: HostProfile;
}

/** Guest-physical addresses for the redistributors of a GICv3. */
export interface RedistributorRegion {
  readonly index: number;
  readonly base: bigint;
  /** How many it has room for; 0: one for each vCPU, however many they become. */
  readonly count: number;
  /** How many vCPUs have theirs here. */
  used: number;
}

export interface Device {
  readonly vm: Vm;
  /** 5 GICv2, 7 GICv3, 8 ITS. */
  readonly type: number;
  /** Addresses set, by attribute of the address group. */
  readonly addresses: Map<number, bigint>;
  /** Other attributes set, by group and attribute: `group << 32n | attribute`. */
  readonly attributes: Map<bigint, bigint>;
  initialised: boolean;
  /** Shared peripheral interrupts of a GIC; 0: not yet chosen. */
  spis: number;
  /** Of a GICv3, in order of index. */
  readonly redistributors: RedistributorRegion[];
  /** vCPUs, by index, that have their redistributor, with the index of its region. */
  readonly placed: Map<number, number>;
  /** Who has an interrupt of a GIC for itself, by `vCPU index, INTID`; a shared one's vCPU is 0. */
  readonly owners: Map<string, string>;
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
  /** Slots with their dirty pages logged. */
  readonly logged: Set<number>;
  /** By first function id, disjoint; see `filter.ts`. */
  readonly filter: FilterRange[];
  /** ONE_REGs that are the VM's, by id: ID registers that were written, PSCI version, bitmaps, workarounds. */
  readonly registers: Map<bigint, bigint>;
  counterOffset: bigint | undefined;
  /** A vCPU has run. */
  ran: boolean;
  /** Immediates of HLT at which its vCPUs come back to whoever runs them, instead of taking the exception. */
  readonly halts: Set<number>;
  /** KVM gave the VM up: every call on it, its vCPUs and its devices answers EIO. */
  dead: boolean;
  /** The most vCPUs that it may have. */
  mostVcpus: number;
  /** KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE. */
  splitChunk: bigint;
  /** The vCPU features of the first vCPU that was initialised; all others must ask for the same. */
  features: number | undefined;
  /** What register width the first init asked for, where vCPUs have features of their own. */
  width: 32 | 64 | undefined;
  /** INTIDs of timers by attribute number, where user space has set them. */
  readonly timers: Map<number, number>;
  /** A vCPU has run beside a GIC: the INTIDs of the timers stay. */
  timersFixed: boolean;
  readonly pmu: {
    readonly events: EventRange[];
    counters: number | undefined;
    /** The host's PMU by its perf type; undefined: none is chosen. */
    unit: number | undefined;
  };
}

/** KVM_MP_STATE_RUNNABLE and KVM_MP_STATE_STOPPED. */
export const RUNNABLE = 0;
export const STOPPED = 5;

export interface Vcpu {
  readonly vm: Vm;
  readonly id: number;
  /** Order of creation, from 0. */
  readonly index: number;
  /** The features that it has, as in features[0] of KVM_ARM_VCPU_INIT; undefined: not initialised. */
  features: number | undefined;
  target: number | undefined;
  /**
   * Where vCPUs have features of their own: those that KVM_ARM_VCPU_INIT asked for, and those that a refused one has
   * left behind for the next.
   */
  asked: number;
  /** Features that the vCPU has although the KVM_ARM_VCPU_INIT that gave them was refused. */
  kept: number;
  /** vCPU features that were finalised, by index. */
  readonly finalized: Set<number>;
  /** SVE vector lengths as KVM_REG_ARM64_SVE_VLS has them. */
  vectorLengths: bigint | undefined;
  /** 0 runnable, 5 stopped, 10 suspended. */
  mpState: number;
  ran: boolean;
  /** Its timers have got what they need for a first run, even where something else kept it from running. */
  timersReady: boolean;
  /** INTIDs of its timers by attribute number, where user space has set them. */
  readonly timers: Map<number, number>;
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
