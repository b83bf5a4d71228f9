/** Loads and stores of general and vector registers, all ways of addressing. */
import type { Random } from "../../record/random.ts";
import { movk, movz } from "../assemble.ts";
import { type AccessTo, classOf, type InstructionClass } from "../class.ts";
import type { Fields } from "../layout.ts";

const row = classOf.bind(undefined, "memory");

const signed = (value: number | undefined, bits: number): number => {
  const bare = value ?? 0;
  return bare >= 2 ** (bits - 1) ? bare - 2 ** bits : bare;
};
/** Bytes of an access whose width is in `size`, and for a vector register also in the upper bit of `opc`. */
const bytesOf = (f: Fields): number => (f.v === 1 && (f.opc ?? 0) >= 2 ? 16 : 1 << (f.size ?? 0));
/** Which widths and kinds there are; PRFM among them. */
const singleExists = (f: Fields): boolean =>
  f.v === 1 ? (f.opc ?? 0) < 2 || f.size === 0 : !((f.size ?? 0) >= 2 && f.opc === 3);
const isPrefetch = (f: Fields): boolean => f.v === 0 && f.size === 3 && f.opc === 2;
/** A base register that is written, and is also the one that is loaded or stored: UNPREDICTABLE. */
const ownBase = (f: Fields): boolean => f.v === 0 && f.rn !== 31 && (f.rt === f.rn || f.rt2 === f.rn);

/** An index register and its contents; what of it counts is a small number. */
function indexed(f: Fields, random: Random): AccessTo {
  const bytes = bytesOf(f);
  const scale = f.s === 1 ? Math.log2(bytes) : 0;
  const register = f.rm ?? 0;
  const option = f.option ?? 0;
  // UXTW takes no negative number: 0 to 31 there.
  const number = option === 2 ? random.below(32) : random.below(64) - 32;
  if (register === 31) return { offset: 0, bytes };
  const low = BigInt.asUintN(32, BigInt(number));
  const wide = option === 3 || option === 7;
  const high = wide ? BigInt.asUintN(32, BigInt(number) >> 32n) : BigInt(random.word());
  const all = (high << 32n) | low;
  const before = [0, 16, 32, 48].map((shift) => {
    const half = Number((all >> BigInt(shift)) & 0xffffn);
    return shift === 0 ? movz(register, half) : movk(register, half, shift);
  });
  return { offset: number * 2 ** scale, bytes, before };
}

const pairBytes = (f: Fields): number => {
  if (f.v === 1) return 4 << (f.opc ?? 0);
  return f.opc === 2 ? 8 : 4;
};
const pairExists = (f: Fields): boolean => {
  if (f.opc === 3) return false;
  if (f.v === 0 && f.opc === 1 && (f.l === 0 || f.mode === 0)) return false;
  if (f.l === 1 && f.rt === f.rt2) return false;
  return !((f.mode === 1 || f.mode === 3) && ownBase(f));
};

/** Offsets of mode: 0 no allocate, 1 post-index, 2 offset, 3 pre-index. */
const pairAccess = (f: Fields): AccessTo => {
  const bytes = pairBytes(f);
  return { offset: f.mode === 1 ? 0 : signed(f.imm7, 7) * bytes, bytes: 2 * bytes };
};

export const memory: readonly InstructionClass[] = [
  row("load-store-unsigned", "size:2 111 v 01 opc:2 imm12:12 rn:5 rt:5", {
    tells: "v size opc",
    where: singleExists,
    memory: (f) => ({ offset: (f.imm12 ?? 0) * bytesOf(f), bytes: bytesOf(f) }),
    weight: 2,
  }),
  row("load-store-unscaled", "size:2 111 v 00 opc:2 0 imm9:9 00 rn:5 rt:5", {
    tells: "v size opc",
    where: singleExists,
    memory: (f) => ({ offset: signed(f.imm9, 9), bytes: bytesOf(f) }),
    weight: 2,
  }),
  row("load-store-post", "size:2 111 v 00 opc:2 0 imm9:9 01 rn:5 rt:5", {
    tells: "v size opc",
    where: (f) => singleExists(f) && !isPrefetch(f) && !ownBase(f),
    memory: (f) => ({ offset: 0, bytes: bytesOf(f) }),
    weight: 2,
  }),
  row("load-store-pre", "size:2 111 v 00 opc:2 0 imm9:9 11 rn:5 rt:5", {
    tells: "v size opc",
    where: (f) => singleExists(f) && !isPrefetch(f) && !ownBase(f),
    memory: (f) => ({ offset: signed(f.imm9, 9), bytes: bytesOf(f) }),
    weight: 2,
  }),
  row("load-store-unprivileged", "size:2 111000 opc:2 0 imm9:9 10 rn:5 rt:5", {
    tells: "size opc",
    where: (f) => singleExists({ ...f, v: 0 }) && !isPrefetch({ ...f, v: 0 }),
    memory: (f) => ({ offset: signed(f.imm9, 9), bytes: 1 << (f.size ?? 0) }),
  }),
  row("load-store-register", "size:2 111 v 00 opc:2 1 rm:5 option:3 s 10 rn:5 rt:5", {
    tells: "v size opc option s",
    where: (f) => singleExists(f) && ((f.option ?? 0) & 2) !== 0 && f.rm !== f.rn,
    memory: indexed,
    weight: 3,
  }),
  row("load-store-pair", "opc:2 101 v 0 mode:2 l imm7:7 rt2:5 rn:5 rt:5", {
    tells: "v opc mode l",
    where: pairExists,
    memory: pairAccess,
    weight: 3,
  }),
  // Reads the code around itself.
  row("load-literal", "opc:2 011 v 00 sign:15 imm4:4 rt:5", {
    tells: "v opc",
    where: (f) => (f.sign === 0 || f.sign === 0x7fff) && !(f.v === 1 && f.opc === 3),
  }),
  row("load-store-release-unscaled", "size:2 011001 opc:2 0 imm9:9 00 rn:5 rt:5", {
    tells: "size opc",
    where: (f) => (f.size ?? 0) < 2 || !(f.opc === 3 || (f.size === 3 && f.opc === 2)),
    memory: (f) => ({ offset: signed(f.imm9, 9), bytes: 1 << (f.size ?? 0), align: 1 << (f.size ?? 0) }),
  }),
];
