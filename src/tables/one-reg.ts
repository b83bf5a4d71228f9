/** KVM ONE_REG ids of arm64 by class, size and name; `data/core-registers.json`. */
import text from "./data/core-registers.json?raw";
import { genericName, inIdSpace, sysregEncoding, sysregId } from "./encoding.ts";
import { bitmapRegisters, firmwareRegisters } from "./kvm.ts";
import { indexed, once } from "./load.ts";
import { idRegister, idRegisterById } from "./registers.ts";
import { systemRegister, systemRegisterAt } from "./system-registers.ts";

/** Bits 27:16 of an id. */
const classes = { core: 0x10n, demux: 0x11n, sysreg: 0x13n, fw: 0x14n, sve: 0x15n, bitmap: 0x16n } as const;

export type OneRegClass = keyof typeof classes;

export interface OneReg {
  readonly id: bigint;
  readonly class: OneRegClass;
  /** Width of the register. */
  readonly bits: number;
  readonly name: string;
  /** Whether the tables know the register; otherwise `name` only spells its number. */
  readonly known: boolean;
  /** Where the id's encoding names another register than the one that it stands for: that one. */
  readonly standsFor?: string;
}

const ARM64 = 0x60n << 56n;
/** Bits 55:52: log2 of the size in bytes. */
const sizeCode = (bits: number): bigint => BigInt(Math.log2(bits / 8)) << 52n;
const idOf = (kind: OneRegClass, bits: number, index: number): bigint =>
  ARM64 | sizeCode(bits) | (classes[kind] << 16n) | BigInt(index);

interface CoreFile {
  /** Name, index (offset in `struct kvm_regs` divided by 4), width in bits. */
  readonly core: readonly (readonly [string, number, number])[];
  /** `is`: the register that the id stands for. */
  readonly timers: readonly { readonly name: string; readonly is: string; readonly id: string }[];
}

const file = once((): CoreFile => JSON.parse(text));

/** KVM_REG_ARM64_SVE_VLS: bit n of 512 stands for a vector length of (n + 1) · 128 bits. */
export function sveLengthsRegister(): { readonly name: string; readonly id: bigint; readonly bits: number } {
  return { name: "KVM_REG_ARM64_SVE_VLS", id: idOf("sve", 512, 0xffff), bits: 512 };
}

type Named = Omit<OneReg, "known">;

/** z0 to z31, p0 to p15, ffr (slice 0, the only one) and the vector lengths. */
const sveRegisters = once((): readonly Named[] => {
  const range = (count: number, base: number, bits: number, letter: string): Named[] =>
    Array.from({ length: count }, (_, n) => ({
      id: idOf("sve", bits, base + (n << 5)),
      class: "sve",
      bits,
      name: `${letter}${n}`,
    }));
  return [
    ...range(32, 0, 2048, "z"),
    ...range(16, 0x400, 256, "p"),
    { id: idOf("sve", 256, 0x600), class: "sve", bits: 256, name: "ffr" },
    { ...sveLengthsRegister(), class: "sve" },
  ];
});

/** CCSIDR_EL1 for every value of CSSELR_EL1 that KVM lists. */
const demuxRegisters = once((): readonly Named[] =>
  Array.from({ length: 14 }, (_, n) => ({
    id: idOf("demux", 32, n),
    class: "demux",
    bits: 32,
    name: `CCSIDR_EL1[${n}]`,
  })),
);

const named = once((): readonly Named[] => [
  ...file().core.map(
    ([name, index, bits]): Named => ({ id: idOf("core", bits, index), class: "core", bits, name }),
  ),
  ...demuxRegisters(),
  ...sveRegisters(),
  ...firmwareRegisters().map(({ id, name }): Named => ({ id, class: "fw", bits: 64, name })),
  ...bitmapRegisters().map(({ id, name }): Named => ({ id, class: "bitmap", bits: 64, name })),
  ...file().timers.map(
    ({ id, name, is }): Named => ({ id: BigInt(id), class: "sysreg", bits: 64, name, standsFor: is }),
  ),
]);

const byId = indexed(named, (row) => [row.id]);
const byName = indexed(named, (row) => [row.name.toLowerCase()]);

function describeSysreg(id: bigint): OneReg {
  const encoding = sysregEncoding(id);
  const name = idRegisterById(id)?.name ?? systemRegisterAt(encoding)?.name;
  const generic = genericName(encoding);
  const reserved = name === undefined && inIdSpace(encoding);
  return { id, class: "sysreg", bits: 64, name: name ?? generic, known: name !== undefined || reserved };
}

/**
 * What a ONE_REG id stands for.
 *
 * @returns undefined where it is no arm64 id, or of no class that KVM has
 */
export function describeOneReg(id: bigint): OneReg | undefined {
  if (id >> 56n !== 0x60n) return undefined;
  const found = byId(id);
  if (found !== undefined) return { ...found, known: true };
  const number = (id >> 16n) & 0xfffn;
  const kind = (Object.keys(classes) as OneRegClass[]).find((one) => classes[one] === number);
  const bits = 8 << Number((id >> 52n) & 15n);
  if (kind === undefined || bits > 2048 || (id & 0x000f_ffff_f000_0000n) !== 0n) return undefined;
  if (kind === "sysreg" && bits === 64) return describeSysreg(id);
  return { id, class: kind, bits, name: `${kind} 0x${(id & 0xffffn).toString(16)}`, known: false };
}

const generic = /^s([0-3])_([0-7])_c(\d{1,2})_c(\d{1,2})_([0-7])$/i;

/**
 * Reads an id: hexadecimal digits after `0x`, or the name of a register of any class (`ID_AA64PFR0_EL1`,
 * `x0`, `z3`, `CCSIDR_EL1[2]`, `KVM_REG_ARM_STD_BMAP`, `S3_0_C0_C4_0`).
 */
export function parseOneReg(word: string): bigint | undefined {
  if (/^0x[0-9a-f_]+$/i.test(word)) return describeOneReg(BigInt(word.replaceAll("_", "")))?.id;
  const encoding = idRegister(word) ?? systemRegister(word);
  if (encoding !== undefined)
    return sysregId(encoding.op0, encoding.op1, encoding.crn, encoding.crm, encoding.op2);
  const [, op0, op1, crn, crm, op2] = (generic.exec(word) ?? []).map(Number);
  if (op0 === undefined || op1 === undefined || crn === undefined || crm === undefined || op2 === undefined)
    return byName(word.toLowerCase())?.id;
  return crn > 15 || crm > 15 ? undefined : sysregId(op0, op1, crn, crm, op2);
}
