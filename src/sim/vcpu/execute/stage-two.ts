/** Stage 2 of a guest that has an EL2 of its own and runs guests there (Arm ARM, D8.2 and D8.4). */
import type { Level } from "../state.ts";
import { cpuHas } from "../system/facts.ts";
import type { Core } from "../world.ts";
import { bit, type StageTwo, systemValue } from "./context.ts";
import { readDescriptor, writeDescriptor } from "./descriptors.ts";
import type { AccessKind } from "./translate.ts";
import { walkAbort } from "./walk-abort.ts";

export type Intermediate =
  | { readonly kind: "address"; readonly physical: bigint; readonly device: boolean }
  | { readonly kind: "fault"; readonly code: number };

const fault = (base: number, level: number): Intermediate => ({ kind: "fault", code: base + level });

const TRANSLATION = 0x04;
const ACCESS_FLAG = 0x08;
const PERMISSION = 0x0c;
const ADDRESS_SIZE = 0x00;

const field = (value: bigint, at: number, width: number): number =>
  Number(BigInt.asUintN(width, value >> BigInt(at)));

/** Bits of a granule by VTCR_EL2.TG0, and the level at which a walk begins by SL0. */
const GRANULES = [12, 16, 14, 12];
const FIRST_4K = [2, 1, 0, 3];
const FIRST_LARGE = [3, 2, 1, 0];
/** Output sizes by VTCR_EL2.PS. */
const SIZES = [32, 36, 40, 42, 44, 48, 52, 56];

const HA = 21;
const HD = 22;
const AF = 1n << 10n;
const WRITABLE = 1n << 7n;
const READABLE = 6;
const DBM = 51;
const SCTLR_EE = 25;

/** Whether XN[1:0] lets a level execute; without FEAT_XNX only bit 54 counts. */
function executes(core: Core, descriptor: bigint, el: Level): boolean {
  if (!cpuHas(core, "FEAT_XNX")) return !bit(descriptor, 54);
  switch (field(descriptor, 53, 2)) {
    case 0:
      return true;
    case 1:
      return el === 0;
    case 2:
      return false;
    default:
      return el !== 0;
  }
}

/** @param ipa the address that stage 1 has given */
export function intermediate(
  core: Core,
  { vtcr, vttbr }: StageTwo,
  ipa: bigint,
  kind: AccessKind,
  el: Level,
): Intermediate {
  const bigEndian = bit(systemValue(core, "SCTLR_EL2"), SCTLR_EE);
  const size = 64 - field(vtcr, 0, 6);
  const granule = GRANULES[field(vtcr, 14, 2)] ?? 12;
  const stride = granule - 3;
  let level = (granule === 12 ? FIRST_4K : FIRST_LARGE)[field(vtcr, 6, 2)] ?? 0;
  const outputBits = BigInt(SIZES[field(vtcr, 16, 3)] ?? 48);
  if (size < 12 + 3 || size > 52 || ipa >> BigInt(size) !== 0n) return fault(TRANSLATION, 0);
  let table = vttbr & 0xffff_ffff_fffen;
  let first = true;
  for (;;) {
    const shift = granule + stride * (3 - level);
    // The first table may be several side by side.
    const width = first ? size - shift : stride;
    if (width <= 0 || (first && width > stride + 4)) return fault(TRANSLATION, level);
    first = false;
    const index = BigInt.asUintN(width, ipa >> BigInt(shift));
    const aligned = (table >> BigInt(width + 3)) << BigInt(width + 3);
    const at = aligned + index * 8n;
    const descriptor = readDescriptor(core, at, bigEndian);
    if (descriptor === undefined) return { kind: "fault", code: walkAbort(core, level) };
    const isTable = bit(descriptor, 1);
    const blocks = granule === 12 ? level >= 1 : level >= 2;
    if (!bit(descriptor, 0) || (level === 3 ? !isTable : !isTable && !blocks))
      return fault(TRANSLATION, level);
    if (level < 3 && isTable) {
      table = ((descriptor & 0xffff_ffff_f000n) >> BigInt(granule)) << BigInt(granule);
      if (table >> outputBits !== 0n) return fault(ADDRESS_SIZE, level);
      level++;
      continue;
    }
    const base = ((descriptor & 0xffff_ffff_f000n) >> BigInt(shift)) << BigInt(shift);
    if (base >> outputBits !== 0n) return fault(ADDRESS_SIZE, level);
    let updated = descriptor;
    if ((descriptor & AF) === 0n) {
      if (!bit(vtcr, HA)) return fault(ACCESS_FLAG, level);
      updated |= AF;
    }
    if (kind === "write" && bit(vtcr, HD) && bit(descriptor, DBM)) updated |= WRITABLE;
    const allowed =
      kind === "write"
        ? (updated & WRITABLE) !== 0n
        : bit(descriptor, READABLE) && (kind === "read" || executes(core, descriptor, el));
    if (!allowed) return fault(PERMISSION, level);
    if (updated !== descriptor) writeDescriptor(core, at, updated, bigEndian);
    return {
      kind: "address",
      physical: base | BigInt.asUintN(shift, ipa),
      device: field(descriptor, 4, 2) === 0,
    };
  }
}
