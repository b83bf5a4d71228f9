/** What is outside the core, and how core and world speak to each other. */
import type { Fate } from "../../tables/index.ts";
import type { Guest } from "../rules/guest.ts";
import type { Memory } from "./memory.ts";
import type { VcpuState } from "./state.ts";

/** A synchronous exception that an instruction takes. */
export interface Trap {
  /** Target level; undefined: by the architecture's routing (EL1, or EL2 in a nested guest where HCR_EL2 says so). */
  readonly level?: 1 | 2;
  /** ESR_ELx.EC. */
  readonly ec: number;
  /** ESR_ELx.ISS. */
  readonly iss: number;
  /** Faulting address, for FAR_ELx. */
  readonly far?: bigint;
  /** What stage 2 was asked for, for HPFAR_EL2. */
  readonly ipa?: bigint;
  /** The return address is the next instruction's (SVC, HVC, SMC). */
  readonly after?: true;
}

/** ESR_ELx.EC 0: UNDEFINED. */
export const UNDEFINED: Trap = { ec: 0, iss: 0 };

/** Why the core comes back to whoever runs it. PC is at the instruction that is next. */
export type Stop =
  /** A store without memory. */
  | { readonly kind: "mmio-write"; readonly address: bigint; readonly length: number; readonly value: bigint }
  /** A load without memory; `answer` ends it: it puts the bytes where the load wanted them. */
  | {
      readonly kind: "mmio-read";
      readonly address: bigint;
      readonly length: number;
      readonly answer: (value: bigint) => void;
    }
  | { readonly kind: "hypercall"; readonly nr: bigint; readonly flags: bigint }
  /** 1 shutdown, 2 reset, 4 suspend. */
  | { readonly kind: "system-event"; readonly type: number; readonly data: readonly bigint[] }
  /** The vCPU waits for an event, or has stopped itself. */
  | { readonly kind: "waits"; readonly why: "wfi" | "wfe" | "stopped" | "suspended" }
  | { readonly kind: "debug"; readonly esr: number }
  /** KVM_RUN fails, or returns with another reason. */
  | { readonly kind: "fails"; readonly errno: string }
  | { readonly kind: "exit"; readonly reason: number }
  /** HLT with an immediate that the runner asked for (semihosting). */
  | { readonly kind: "halt"; readonly immediate: number }
  /** So many instructions were executed as were allowed. */
  | { readonly kind: "budget" }
  /** The engine lacks it: never executed as something else. PC is at the instruction. */
  | { readonly kind: "lacks"; readonly word: number; readonly address: bigint; readonly what: string };

/** What becomes of an access to a system register or of a SYS instruction. */
export type Access =
  | { readonly kind: "done"; readonly value: bigint }
  | { readonly kind: "trap"; readonly trap: Trap }
  | { readonly kind: "stop"; readonly stop: Stop };

/** What KVM is to the core. */
export interface Hypervisor {
  /**
   * What becomes of an instruction that not every Armv8.0 CPU has, or that KVM traps, at the level at which the guest
   * is. The answer stays the same until `generation` changes.
   *
   * @param name of a row of `instructions.json` that stands for all instructions with the same fate (`LDADD` for LSE),
   *   a SYS instruction with `_` for each space, or `MRS_` and a register
   */
  fate(name: string): Fate;
  /**
   * Whether the CPU itself has no such instruction: it is UNDEFINED before any enable bit (CPACR_EL1, CPTR_EL2) is asked,
   * while what KVM takes from the guest is UNDEFINED after those. Absent: the CPU has all.
   */
  lacks?(name: string): boolean;
  /** Changes whenever `fate`, `guest` or `idRegister` may answer otherwise. */
  readonly generation: number;
  /** The guest that the vCPU belongs to: what its host's CPU has and what its ID registers say. */
  readonly guest: Guest;
  /** HVC or SMC: X0 to X3 are changed as it answers; a stop where it leaves the guest; a trap where it is one. */
  call(state: VcpuState, conduit: "hvc" | "smc", immediate: number): Stop | Trap | undefined;
  /** What an ID register reads for the guest. @param key `encodingKey` of a register of the ID space */
  idRegister(key: number): bigint | undefined;
  /** Length of the longest vector that the guest may use, in bytes; 0: no SVE. */
  readonly vectorBytes: number;
  /** Bit n: vectors may be (n + 1) * 16 bytes long; absent: every length up to the longest. */
  readonly vectorLengths?: number;
  /** Of the counters, in Hz. An instruction takes a nanosecond: the same each time. */
  readonly counterFrequency: bigint;
  /** What the virtual counter is behind a count that began with the VM. */
  readonly counterOffset: bigint;
  /** The same of the physical counter; absent: 0. */
  readonly physicalOffset?: bigint;
  /** Bits of a guest-physical address; an access beyond them aborts instead of going to user space. Absent: all. */
  readonly addressBits?: number;
  /** Immediates of HLT at which the core stops instead of taking the exception. */
  readonly halts?: ReadonlySet<number>;
}

/** A core with what is around it. */
export interface Core {
  readonly state: VcpuState;
  readonly memory: Memory;
  readonly hypervisor: Hypervisor;
}

/** A register's or SYS instruction's encoding as one number: bits 15:0 of its ONE_REG id. */
export const encodingKey = (of: {
  readonly op0: number;
  readonly op1: number;
  readonly crn: number;
  readonly crm: number;
  readonly op2: number;
}): number => (of.op0 << 14) | (of.op1 << 11) | (of.crn << 7) | (of.crm << 3) | of.op2;
