/**
 * What a guest is promised, fully resolved. Pure data: knows no syntax and no ioctl. Every value keeps
 * the reason for which it stands there.
 */
import type { Span } from "./diagnostics/span.ts";

/** Why a value is what it is: the statement that wrote it, or the row or default that filled it in. */
export type Origin =
  | { readonly kind: "statement"; readonly span: Span }
  /** Decided by a baseline (architecture version or named CPU); `span` is the `baseline` statement. */
  | {
      readonly kind: "baseline";
      readonly span: Span;
      readonly baseline: string;
      /** Of `baseline common of`: the fleet, and why its hosts have no more in common than this value. */
      readonly fleet?: string;
      readonly because?: string;
    }
  /** Follows from another decision by a table row, e.g. an AArch32 twin or a facility switched off. */
  | { readonly kind: "derived"; readonly span: Span; readonly because: string }
  /** The language's documented default for an absent statement; `span` is the block that lacks it. */
  | { readonly kind: "default"; readonly span: Span; readonly statement: string };

/** A value with the reason for it. */
export interface Decided<T> {
  readonly value: T;
  readonly origin: Origin;
}

export interface FieldContract {
  readonly name: string;
  readonly lsb: number;
  readonly width: number;
  /** Unsigned value of the field, or "host": left to whatever the host shows. */
  readonly value: bigint | "host";
  readonly origin: Origin;
}

export interface RegisterContract {
  readonly name: string;
  /** KVM ONE_REG id. */
  readonly id: bigint;
  readonly fields: readonly FieldContract[];
}

/** Inclusive range of 32-bit SMCCC function ids. */
export interface FilterRange {
  readonly first: number;
  readonly last: number;
  readonly action: "handle" | "deny" | "forward";
  readonly origin: Origin;
}

export interface PmuEventRange {
  readonly first: number;
  readonly last: number;
  readonly action: "allow" | "deny";
  readonly origin: Origin;
}

export interface PmuContract {
  readonly origin: Origin;
  /** Number of event counters; undefined: as many as the host has. */
  readonly counters: Decided<number> | undefined;
  /** GIC INTID of the overflow interrupt; undefined: the VMM's choice (or none without an in-kernel GIC). */
  readonly intid: Decided<number> | undefined;
  readonly events: readonly PmuEventRange[];
}

export interface TestExpectation {
  readonly verb: "read" | "execute" | "hvc" | "smc" | "vectors" | "migrate";
  /** Resolved subject: register or `REG.FIELD`, feature, function ids in hex, `A to B`; empty for `vectors`. */
  readonly subject: string;
  /** A number in hex, a list of lengths (`128, 256`), or the word of the statement. */
  readonly expected: string;
  readonly span: Span;
  /** Of `hvc` and `smc`: function ids, inclusive, and x1 and on. */
  readonly call?: {
    readonly functions: readonly { readonly first: number; readonly last: number }[];
    readonly args: readonly bigint[];
  };
}

export interface TestContract {
  readonly title: string;
  readonly guest: string;
  readonly span: Span;
  readonly expectations: readonly TestExpectation[];
}

/** The name of a vCPU feature, firmware register, service or timer as its table spells it. */
type TableName = string;

export interface Contract {
  readonly arch: "arm64";
  readonly guest: string;
  /** Its `///` comments, one string a line. */
  readonly documentation: readonly string[];
  readonly span: Span;
  readonly sealed: boolean;
  readonly cpu: string;
  /** In order of id. Holds every contract register of the tables. */
  readonly registers: readonly RegisterContract[];
  readonly vcpuFeatures: readonly Decided<TableName>[];
  /**
   * VM capabilities to enable: table name of the capability. One that is not `required` is enabled where the
   * host has it: the guest sees what is promised either way, or the plan's verification fails.
   */
  readonly capabilities: readonly (Decided<TableName> & { readonly required: boolean })[];
  /** Vector lengths in bits, ascending; "host": all that the host has; undefined: no SVE. */
  readonly sveLengths: Decided<readonly number[] | "host"> | undefined;
  readonly pmu: PmuContract | undefined;
  /** PSCI version name ("1.1"), or "host": the newest that the kernel knows. */
  readonly psci: Decided<TableName | "host">;
  /** Every known bitmap register with the value that the allowed services give it. */
  readonly bitmaps: readonly {
    readonly register: TableName;
    readonly value: bigint;
    readonly origin: Origin;
  }[];
  readonly services: readonly Decided<TableName>[];
  /** Sorted by first id, disjoint. */
  readonly filter: readonly FilterRange[];
  /** Firmware workaround registers that the guest relies on: name and value name. */
  readonly workarounds: readonly {
    readonly register: TableName;
    readonly level: string;
    readonly origin: Origin;
  }[];
  /** GIC INTIDs of the timers: "virtual" | "physical" | "hyp-virtual" | "hyp-physical". */
  readonly timers: readonly { readonly timer: TableName; readonly intid: number; readonly origin: Origin }[];
  /** Guest-physical address of vCPU 0's stolen-time record; vCPU n's lies 64·n bytes above. */
  readonly stolenTime: Decided<bigint> | undefined;
  readonly counterOffset: Decided<bigint> | undefined;
  readonly ipaBits: Decided<number> | undefined;
  readonly gic: Decided<"v3" | "v2" | "none"> | undefined;
  readonly vcpus: Decided<number> | undefined;
  /** Names of the hosts that it runs on. */
  readonly hosts: readonly Decided<string>[];
  readonly tests: readonly TestContract[];
}
