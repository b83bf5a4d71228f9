/** A register of a guest, field by field, each with who decided it; host by host where that differs. */
import type { HostSet } from "../hosts.ts";
import type { OriginLine } from "./origin.ts";

/** What the whole register reads as. */
export interface WholeLine {
  /** 16 digits, or words where it has no value. */
  readonly text: string;
  readonly isValue: boolean;
  /** undefined: on all. */
  readonly hosts: HostSet | undefined;
}

export interface FieldLine {
  /** `63:60` */
  readonly bits: string;
  readonly name: string;
  /** A further value of the field before. */
  readonly again: boolean;
  readonly value: string;
  /** The value in words; empty: there are none. */
  readonly meaning: string;
  readonly features: readonly string[];
  /** undefined: on all. */
  readonly hosts: HostSet | undefined;
  readonly differs: boolean;
  readonly origin: OriginLine;
  /** A statement decided it, or it says that something is there. */
  readonly notable: boolean;
}

export type RegisterKind = "aarch64" | "aarch32";

export interface RegisterBlock {
  readonly name: string;
  /** ONE_REG id. */
  readonly id: string;
  readonly kind: RegisterKind;
  readonly whole: readonly WholeLine[];
  readonly fields: readonly FieldLine[];
  /** Has something that is worth a line where not all is shown. */
  readonly notable: boolean;
  readonly differs: boolean;
}

export const bitsOf = ({ lsb, width }: { readonly lsb: number; readonly width: number }): string =>
  width === 1 ? String(lsb) : `${lsb + width - 1}:${lsb}`;
