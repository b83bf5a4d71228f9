/** What a foreign file says of a host, before guestc's tables fill in the rest. */
import { describeOneReg, idRegister } from "../../tables/index.ts";
import type { ProfileProblem } from "../read.ts";
import { inBlock, inputsTable } from "./table.ts";

/** The forms in which a host may be described, by the name that documents give them. */
export type InputForm =
  | "guestc-profile"
  | "firecracker-fingerprint"
  | "firecracker-cpu-config"
  | "kvm-idregs"
  | "kvm-register-list"
  | "kvm-trace"
  | "kvm-capture";

/** Something that a file does not say, or says in a way that one has to know. */
export interface InputNote {
  readonly id: string;
  readonly what: string;
  /** What guestc does without it. */
  readonly cost: string;
}

export interface Readings {
  readonly form: Exclude<InputForm, "guestc-profile">;
  /** `uname -r`; undefined: the file does not say. */
  readonly release: string | undefined;
  /** The oldest series whose own text makes such a file, with the fact that says so. */
  readonly atLeast?: { readonly series: string; readonly fact: string };
  /** By ONE_REG id, without registers wider than 64 bits; null: listed, without a value that says anything of the host. */
  readonly registers: ReadonlyMap<bigint, bigint | null>;
  /** Length of KVM_GET_REG_LIST, wider registers included; undefined: the file is no whole list. */
  readonly listed: number | undefined;
  /** Whether every register of a vCPU is there, of up to 64 bits at least. */
  readonly whole: boolean;
  /** No value was printed of any register that identifies a CPU: the tables say them for the core that is given. */
  readonly valueless?: true;
  /** vCPU features that the file itself names. */
  readonly features: readonly string[];
  readonly recorder: string | undefined;
  readonly description: string;
  readonly notes: readonly InputNote[];
}

/** What is wrong with a text; with `lacks`, a fact that it does not have and the user may add. */
export interface InputProblem extends ProfileProblem {
  readonly lacks?: "kernel" | "cpu";
  /** A fact that is missing too, without which a profile can be made that says less. */
  readonly alsoUnknown?: "cpu";
  /** It is a CPU template, which changes a host and is none. */
  readonly isTemplate?: true;
}

export type ReadReadings = { readonly readings: Readings } | { readonly problems: readonly InputProblem[] };

/** KVM fills registers that are UNKNOWN at reset with this, cut down to the bits that they have. */
const POISON = 0x1de7_ec7e_dbad_c0den;

function isPoison(value: bigint): boolean {
  return (value & ~POISON) === 0n && (value & 0xffffn) === (POISON & 0xffffn);
}

/** Whether a register says something of the host on a vCPU that has already been used. */
function outlivesUse(id: bigint): boolean {
  const found = describeOneReg(id);
  if (found === undefined) return false;
  return found.class === "sysreg" ? idRegister(found.name) !== undefined : found.class !== "core";
}

/**
 * The values that say something of the host, by the rule of guestc's own probe: no core registers, counters
 * and timers, and no poison. Where the vCPU was used, only what identifies it.
 */
export function keptValues(
  values: ReadonlyMap<bigint, bigint | null>,
  used: boolean,
): ReadonlyMap<bigint, bigint | null> {
  const { state } = inputsTable();
  return new Map(
    [...values]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([id, value]) => {
        const dropped =
          value === null ||
          isPoison(value) ||
          state.some((block) => inBlock(block, id)) ||
          (used && !outlivesUse(id));
        return [id, dropped ? null : value];
      }),
  );
}

const FIRST_CORE = 0x6030_0000_0010_0000n;

/** Whether general registers other than x0, which holds the boot argument, have been written: the vCPU has run. */
export function wasUsed(values: ReadonlyMap<bigint, bigint | null>): boolean {
  return Array.from({ length: 30 }, (_, n) => values.get(FIRST_CORE + BigInt(2 * (n + 1)))).some(
    (value) => typeof value === "bigint" && value !== 0n,
  );
}

/** Bits of a register by its id; undefined: no ONE_REG id of arm64. */
export function bitsOf(id: bigint): number | undefined {
  return describeOneReg(id)?.bits;
}
