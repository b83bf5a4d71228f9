/**
 * Translation of virtual addresses: stage 1 of the EL1&0, EL2 and EL2&0 regimes (Arm ARM, D8), with 4, 16 and 64 KiB
 * granules.
 */
import type { Level } from "../state.ts";
import type { Core } from "../world.ts";
import { bit, type Context, type Regime } from "./context.ts";
import { readDescriptor, writeDescriptor } from "./descriptors.ts";
import { intermediate } from "./stage-two.ts";
import { walkAbort } from "./walk-abort.ts";

export type AccessKind = "read" | "write" | "fetch";

export interface Request {
  readonly address: bigint;
  readonly kind: AccessKind;
  /** The level with whose rights the access is made: 0 for LDTR and STTR too. */
  readonly el: Level;
  /** PSTATE.PAN counts. */
  readonly pan: boolean;
}

/** DFSC or IFSC without the level. */
export const FAULT = {
  addressSize: 0x00,
  translation: 0x04,
  accessFlag: 0x08,
  permission: 0x0c,
  external: 0x10,
  alignment: 0x21,
} as const;

/** What EL2 is told of a fault of stage 2. */
export interface StageTwoFault {
  readonly ipa: bigint;
  /** It was a table of stage 1 that was looked for. */
  readonly walk: boolean;
}

export type Translated =
  | {
      readonly kind: "address";
      readonly physical: bigint;
      /** The memory's attributes as in MAIR_ELx; 0: Device-nGnRnE. */
      readonly attributes: number;
      /** Shareability as in a descriptor. */
      readonly shareability: number;
      /** The page is guarded: branches land on BTI only. */
      readonly guarded: boolean;
    }
  /** A fault with its status code. */
  | { readonly kind: "fault"; readonly code: number; readonly stageTwo?: StageTwoFault }
  | { readonly kind: "lacks"; readonly what: string };

/** Status codes of level -1, which do not follow from the others' by adding. */
const LEVEL_MINUS_1: Readonly<Record<number, number>> = {
  [FAULT.addressSize]: 0x29,
  [FAULT.translation]: 0x2b,
};

const fault = (base: number, level: number): Translated => ({
  kind: "fault",
  code: level < 0 ? (LEVEL_MINUS_1[base] ?? base) : base + level,
});

/** Bits that ID_AA64MMFR0_EL1.PARange and TCR_ELx.IPS stand for. */
const SIZES = [32, 36, 40, 42, 44, 48, 52, 56];

interface Range {
  readonly base: bigint;
  readonly size: number;
  readonly granule: number;
  readonly ignoreTop: boolean;
  readonly ignoreTopForCode: boolean;
  readonly disabled: boolean;
  readonly hierarchyOff: boolean;
  readonly noEl0: boolean;
  readonly upper: boolean;
}

const field = (value: bigint, at: number, width: number): number =>
  Number(BigInt.asUintN(width, value >> BigInt(at)));

/** Bits of an address within a granule, by TG0 and TG1. */
const GRANULE_0 = [12, 16, 14, 12];
const GRANULE_1 = [12, 14, 12, 16];

function rangeOf({ tcr, ttbr0, ttbr1, twoRanges }: Regime, address: bigint): Range {
  if (!twoRanges)
    return {
      base: ttbr0,
      size: 64 - field(tcr, 0, 6),
      granule: GRANULE_0[field(tcr, 14, 2)] ?? 12,
      ignoreTop: bit(tcr, 20),
      ignoreTopForCode: !bit(tcr, 29),
      disabled: false,
      hierarchyOff: bit(tcr, 24),
      noEl0: false,
      upper: false,
    };
  return bit(address, 55)
    ? {
        base: ttbr1,
        size: 64 - field(tcr, 16, 6),
        granule: GRANULE_1[field(tcr, 30, 2)] ?? 12,
        ignoreTop: bit(tcr, 38),
        ignoreTopForCode: !bit(tcr, 52),
        disabled: bit(tcr, 23),
        hierarchyOff: bit(tcr, 42),
        noEl0: bit(tcr, 56),
        upper: true,
      }
    : {
        base: ttbr0,
        size: 64 - field(tcr, 0, 6),
        granule: GRANULE_0[field(tcr, 14, 2)] ?? 12,
        ignoreTop: bit(tcr, 37),
        ignoreTopForCode: !bit(tcr, 51),
        disabled: bit(tcr, 7),
        hierarchyOff: bit(tcr, 41),
        noEl0: bit(tcr, 55),
        upper: false,
      };
}

/** Whether the top byte of an address is no part of it: TBI and TBID. */
export function ignoresTopByte(regime: Regime, address: bigint, fetch: boolean): boolean {
  const range = rangeOf(regime, address);
  return range.ignoreTop && (!fetch || range.ignoreTopForCode);
}

/** Bits of a virtual address that are translated, in the range in which it lies. */
export const inputSize = (regime: Regime, address: bigint): number => rangeOf(regime, address).size;

const SCTLR_WXN = 19;
const SCTLR_SPAN_EPAN = 57;
const SCTLR_EE = 25;
const TCR_HA = 39;
const TCR_HD = 40;
const TCR_EL2_HA = 21;
const TCR_EL2_HD = 22;
const TCR_DS = 59;
const TCR_EL2_DS = 32;
const TCR2_PIE = 1;
const TCR2_D128 = 5;
const AF = 1n << 10n;
const READ_ONLY = 1n << 7n;
const DBM = 51;

interface Rights {
  readonly read: boolean;
  readonly write: boolean;
  readonly execute: boolean;
}

/** Direct permissions of a leaf descriptor, with what the tables above it take away. */
function rightsOf(regime: Regime, request: Request, leaf: bigint, tables: bigint, readOnly: boolean): Rights {
  const wxn = bit(regime.sctlr, SCTLR_WXN);
  const writable = !readOnly && !bit(tables, 62);
  if (!regime.twoRanges) {
    const never = bit(leaf, 54) || bit(tables, 60) || (wxn && writable);
    return { read: true, write: writable, execute: !never };
  }
  const forUser = bit(leaf, 6) && !bit(tables, 61);
  const userNever = bit(leaf, 54) || bit(tables, 60);
  const privilegedNever = bit(leaf, 53) || bit(tables, 59);
  if (request.el === 0) {
    const write = forUser && writable;
    return { read: forUser, write, execute: forUser && !userNever && !(wxn && write) };
  }
  const barred = request.pan && (forUser || (bit(regime.sctlr, SCTLR_SPAN_EPAN) && !userNever));
  return {
    read: !barred,
    write: writable && !barred,
    execute: !privilegedNever && !(forUser && writable) && !(wxn && writable),
  };
}

/** Output address of a descriptor, its low bits below `from` cleared. */
function outputOf(descriptor: bigint, granule: number, from: number, large: boolean): bigint {
  const plain = ((descriptor & 0xffff_ffff_f000n) >> BigInt(from)) << BigInt(from);
  if (granule === 16) return plain | (((descriptor >> 12n) & 0xfn) << 48n);
  if (!large) return plain;
  return (
    (((descriptor & 0x3_ffff_ffff_f000n) >> BigInt(from)) << BigInt(from)) |
    (((descriptor >> 8n) & 3n) << 50n)
  );
}

/** MAIR_ELx attributes of Normal Write-Back memory. */
const WRITE_BACK = 0xff;

/** Stage 1 with the MMU off: addresses are physical, data is Device-nGnRnE unless HCR_EL2.DC says otherwise. */
function flat(core: Core, context: Context, request: Request): Translated {
  const { regime } = context;
  let address = request.address;
  if (ignoresTopByte(regime, address, request.kind === "fetch")) address = BigInt.asUintN(56, address);
  const bits = SIZES[physicalRange(core)] ?? 48;
  if (address >> BigInt(bits) !== 0n) return fault(FAULT.addressSize, 0);
  const cached = request.kind === "fetch" && bit(regime.sctlr, 12);
  return {
    kind: "address",
    physical: address,
    attributes: context.defaultCacheable ? WRITE_BACK : request.kind === "fetch" ? (cached ? 0xaa : 0x44) : 0,
    shareability: 2,
    guarded: false,
  };
}

/** ID_AA64MMFR0_EL1, by encoding. */
const MMFR0 = (3 << 14) | (7 << 3);

const physicalRange = (core: Core): number => Number((core.hypervisor.idRegister(MMFR0) ?? 5n) & 0xfn);

/** @param context of the level whose regime translates */
export function translateWith(core: Core, context: Context, request: Request): Translated {
  const found = stageOne(core, context, request);
  if (context.stageTwo === undefined || found.kind !== "address") return found;
  const { physical } = found;
  const behind = intermediate(core, context.stageTwo, physical, request.kind, request.el);
  if (behind.kind === "fault") return { ...behind, stageTwo: { ipa: physical, walk: false } };
  return { ...found, physical: behind.physical, ...(behind.device ? { attributes: 0 } : {}) };
}

/** Stage 1 alone; its tables are found by way of stage 2 where there is one. */
export function stageOne(core: Core, context: Context, request: Request): Translated {
  const { regime } = context;
  if (!context.mmu) return flat(core, context, request);
  if (bit(regime.tcr2, TCR2_PIE)) return { kind: "lacks", what: "permission indirection (TCR2_ELx.PIE)" };
  if (bit(regime.tcr2, TCR2_D128)) return { kind: "lacks", what: "128-bit descriptors (TCR2_ELx.D128)" };
  const range = rangeOf(regime, request.address);
  const { granule, size } = range;
  const single = !regime.twoRanges;
  const large = granule !== 16 && bit(regime.tcr, single ? TCR_EL2_DS : TCR_DS);
  const top = range.ignoreTop && (request.kind !== "fetch" || range.ignoreTopForCode) ? 56 : 64;
  const upperBits = BigInt.asUintN(top - Math.min(size, top), request.address >> BigInt(size));
  const expected = range.upper ? (1n << BigInt(top - Math.min(size, top))) - 1n : 0n;
  const smallest = granule === 16 ? 17 : 16;
  if (size < smallest || size > (large || granule === 16 ? 52 : 48) || upperBits !== expected)
    return fault(FAULT.translation, 0);
  if (range.disabled || (range.noEl0 && request.el === 0)) return fault(FAULT.translation, 0);
  return walk(core, context, request, range, large);
}

/** Whether a descriptor that ends the walk early is allowed at a level. */
const blockAllowed = (granule: number, level: number, large: boolean): boolean =>
  granule === 12 ? level >= (large ? 0 : 1) : level >= (granule === 16 || large ? 1 : 2);

/** Where a stage-1 table is: its address goes through stage 2 itself. */
function tableAddress(core: Core, context: Context, ipa: bigint): bigint | Translated {
  if (context.stageTwo === undefined) return ipa;
  const found = intermediate(core, context.stageTwo, ipa, "read", 1);
  return found.kind === "fault" ? { ...found, stageTwo: { ipa, walk: true } } : found.physical;
}

function walk(core: Core, context: Context, request: Request, range: Range, large: boolean): Translated {
  const { regime } = context;
  const bigEndian = bit(regime.sctlr, SCTLR_EE);
  const { granule, size } = range;
  const stride = granule - 3;
  const single = !regime.twoRanges;
  const ips = regime.twoRanges ? field(regime.tcr, 32, 3) : field(regime.tcr, 16, 3);
  const outputBits = BigInt(SIZES[Math.min(ips, physicalRange(core))] ?? 48);
  let level = 4 - Math.ceil((size - granule) / stride);
  const address = BigInt.asUintN(size, request.address);
  let table = range.base & 0xffff_ffff_fffen;
  if (granule === 16 || large) table = (table & ~0x3fn) | (((range.base >> 2n) & 0xfn) << 48n);
  if (table >> outputBits !== 0n) return fault(FAULT.addressSize, 0);
  let tables = 0n;
  let first = true;
  for (;;) {
    const shift = granule + stride * (3 - level);
    const bits = first ? size - shift : stride;
    first = false;
    const index = BigInt.asUintN(bits, address >> BigInt(shift));
    const aligned = (table >> BigInt(Math.min(bits + 3, granule))) << BigInt(Math.min(bits + 3, granule));
    const at = tableAddress(core, context, aligned + index * 8n);
    if (typeof at !== "bigint") return at;
    const descriptor = readDescriptor(core, at, bigEndian);
    if (descriptor === undefined) return { kind: "fault", code: walkAbort(core, level) };
    const isTable = bit(descriptor, 1);
    if (!bit(descriptor, 0) || (level === 3 ? !isTable : !isTable && !blockAllowed(granule, level, large)))
      return fault(FAULT.translation, level);
    if (level < 3 && isTable) {
      table = outputOf(descriptor, granule, granule, large);
      if (table >> outputBits !== 0n) return fault(FAULT.addressSize, level);
      if (!range.hierarchyOff) tables |= descriptor;
      level++;
      continue;
    }
    const base = outputOf(descriptor, granule, shift, large);
    if (base >> outputBits !== 0n) return fault(FAULT.addressSize, level);
    let updated = descriptor;
    if ((updated & AF) === 0n) {
      if (!bit(regime.tcr, single ? TCR_EL2_HA : TCR_HA)) return fault(FAULT.accessFlag, level);
      updated |= AF;
    }
    let readOnly = (descriptor & READ_ONLY) !== 0n;
    const byHardware = bit(regime.tcr, single ? TCR_EL2_HD : TCR_HD) && bit(descriptor, DBM);
    if (readOnly && byHardware && request.kind === "write") readOnly = false;
    const rights = rightsOf(regime, request, descriptor, tables, readOnly);
    const allowed =
      request.kind === "read" ? rights.read : request.kind === "write" ? rights.write : rights.execute;
    if (!allowed) return fault(FAULT.permission, level);
    if (!readOnly) updated &= ~READ_ONLY;
    if (updated !== descriptor) writeDescriptor(core, at, updated, bigEndian);
    return {
      kind: "address",
      physical: base | BigInt.asUintN(shift, address),
      attributes: field(regime.mair, 8 * field(descriptor, 2, 3), 8),
      shareability: large ? field(regime.tcr, range.upper ? 28 : 12, 2) : field(descriptor, 8, 2),
      guarded: bit(descriptor, 50),
    };
  }
}
