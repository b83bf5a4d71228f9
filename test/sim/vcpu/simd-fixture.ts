/** One vector instruction by itself, over registers that a test sets. */
import { runCore } from "../../../src/sim/vcpu/engine.ts";
import { Z_BYTES } from "../../../src/sim/vcpu/state.ts";
import type { Core, Stop } from "../../../src/sim/vcpu/world.ts";
import { CPACR_EL1, coreWith, type Options } from "./core-fixture.ts";

export interface Before {
  /** Registers as 128 bits, or more where vectors are longer. */
  readonly v?: Readonly<Record<number, bigint>>;
  readonly p?: Readonly<Record<number, bigint>>;
  readonly ffr?: bigint;
  readonly x?: Readonly<Record<number, bigint>>;
  readonly nzcv?: number;
  readonly fpcr?: number;
  readonly fpsr?: number;
  /** Bytes of the longest vector; 0: no SVE. */
  readonly length?: number;
  readonly fate?: NonNullable<Options["fate"]>;
}

export interface After {
  readonly core: Core;
  readonly stop: Stop;
  readonly nzcv: number;
  readonly fpsr: number;
  v(n: number): bigint;
  p(n: number): bigint;
  x(n: number): bigint;
  /** Bytes of memory from RAM on. */
  readonly bytes: Uint8Array;
}

const ZCR_EL1 = 0xc090;
const P_BYTES = 32;

function put(bytes: Uint8Array, at: number, value: bigint): void {
  for (let i = 0, rest = value; rest !== 0n; i++, rest >>= 8n) bytes[at + i] = Number(rest & 0xffn);
}

const take = (bytes: Uint8Array, at: number, length: number): bigint =>
  bytes.subarray(at, at + length).reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);

/** Executes words, each once, with CPACR_EL1 open and vectors as long as they can be. */
export function vectors(words: readonly number[], before: Before = {}): After {
  const { length = 0 } = before;
  const { core, x, bytes } = coreWith({
    words,
    ...(before.x === undefined ? {} : { x: before.x }),
    ...(before.fate === undefined ? {} : { fate: before.fate }),
  });
  const { state } = core;
  const own = { ...core, hypervisor: { ...core.hypervisor, vectorBytes: length } };
  state.system.set(CPACR_EL1, 0x333_0000n);
  state.system.set(ZCR_EL1, 15n);
  for (const [n, value] of Object.entries(before.v ?? {})) put(state.z, Number(n) * Z_BYTES, value);
  for (const [n, value] of Object.entries(before.p ?? {})) put(state.p, Number(n) * P_BYTES, value);
  put(state.ffr, 0, before.ffr ?? 0n);
  state.nzcv = before.nzcv ?? 0;
  state.fpcr = before.fpcr ?? 0;
  state.fpsr = before.fpsr ?? 0;
  const stop = runCore(own, words.length);
  const width = Math.max(length, 16);
  return {
    core: own,
    stop,
    nzcv: state.nzcv,
    fpsr: state.fpsr,
    v: (n) => take(state.z, n * Z_BYTES, width),
    p: (n) => take(state.p, n * P_BYTES, width / 8),
    x,
    bytes,
  };
}

/** Lanes as one register, the first lane lowest. */
export const lanes = (width: number, values: readonly (bigint | number)[]): bigint =>
  values.reduceRight<bigint>(
    (all, value) => (all << BigInt(width)) | BigInt.asUintN(width, BigInt(value)),
    0n,
  );

/** Bytes as one register, in their order in memory. */
export const fromHex = (text: string): bigint => {
  const bytes = text.replace(/\s/g, "").match(/../g) ?? [];
  return lanes(
    8,
    bytes.map((byte) => Number.parseInt(byte, 16)),
  );
};

export const bitsOf = (value: number): bigint => {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0);
};

export const singleBits = (value: number): bigint => {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  return BigInt(view.getUint32(0));
};
