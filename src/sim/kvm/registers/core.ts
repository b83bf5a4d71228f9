/** The registers of `struct kvm_regs` (arch/arm64/kvm/guest.c: get_core_reg, set_core_reg). */
import { parseOneReg } from "../../../tables/index.ts";
import {
  readPc,
  readStackPointer,
  readX,
  type VcpuState,
  writePc,
  writeStackPointer,
  writeX,
  Z_BYTES,
} from "../../vcpu/state.ts";
import { type Answer, done, fails, ok } from "../answer.ts";
import type { Vcpu } from "../machine.ts";
import { hasFeature } from "./configuration.ts";
import { hostHasAarch32 } from "./host.ts";
import { keyOf, restOf, sizeOf } from "./ids.ts";
import { MODE, readPstate, writePstate } from "./pstate.ts";

/** Words of 32 bits in `struct kvm_regs`, by which ids count. */
const WORDS = 216;

interface Slot {
  readonly bytes: 4 | 8 | 16;
  readonly read: (state: VcpuState) => bigint;
  readonly write: (state: VcpuState, value: bigint) => void;
}

function system(name: string): Slot {
  const key = keyOf(parseOneReg(name) ?? 0n);
  return {
    bytes: 8,
    read: (state) => state.system.get(key) ?? 0n,
    write: (state, value) => state.system.set(key, value),
  };
}

const general = (n: number): Slot => ({
  bytes: 8,
  read: (state) => readX(state, n),
  write: (state, value) => writeX(state, n, value),
});

const stackPointer = (of: 0 | 1): Slot => ({
  bytes: 8,
  read: (state) => readStackPointer(state, of),
  write: (state, value) => writeStackPointer(state, of, value),
});

const vector = (n: number): Slot => ({
  bytes: 16,
  read: ({ z }) => readBytes(z, n * Z_BYTES, 16),
  write: ({ z }, value) => writeBytes(z, n * Z_BYTES, 16, value),
});

export function readBytes(from: Uint8Array, at: number, length: number): bigint {
  let value = 0n;
  for (let byte = length - 1; byte >= 0; byte--) value = (value << 8n) | BigInt(from[at + byte] ?? 0);
  return value;
}

export function writeBytes(to: Uint8Array, at: number, length: number, value: bigint): void {
  let left = value;
  for (let byte = 0; byte < length; byte++, left >>= 8n) to[at + byte] = Number(left & 0xffn);
}

const PSTATE = 66;
const VECTORS = 84;
const FPSR = 212;

/** By index in `struct kvm_regs`. */
const slots: ReadonlyMap<number, Slot> = new Map([
  ...Array.from({ length: 31 }, (_, n) => [2 * n, general(n)] as const),
  [62, stackPointer(0)],
  [64, { bytes: 8, read: readPc, write: writePc }],
  [PSTATE, { bytes: 8, read: readPstate, write: writePstate }],
  [68, stackPointer(1)],
  ...["ELR_EL1", "SPSR_EL1", "SPSR_abt", "SPSR_und", "SPSR_irq", "SPSR_fiq"].map(
    (name, at) => [70 + 2 * at, system(name)] as const,
  ),
  ...Array.from({ length: 32 }, (_, n) => [VECTORS + 4 * n, vector(n)] as const),
  [
    FPSR,
    {
      bytes: 4,
      read: ({ fpsr }) => BigInt(fpsr >>> 0),
      write: (state, value) => {
        state.fpsr = Number(value);
      },
    },
  ],
  [
    FPSR + 1,
    {
      bytes: 4,
      read: ({ fpcr }) => BigInt(fpcr >>> 0),
      write: (state, value) => {
        state.fpcr = Number(value);
      },
    },
  ],
] satisfies readonly (readonly [number, Slot])[]);

/** In KVM's order: beyond the structure, between its members, of another size. */
function slotOf(vcpu: Vcpu, id: bigint): Answer<Slot> {
  const index = restOf(id);
  if (index >= WORDS || index + Math.floor(sizeOf(id) / 4) >= WORDS) return fails("ENOENT");
  const slot = slots.get(index);
  if (slot === undefined || slot.bytes !== sizeOf(id)) return fails("EINVAL");
  return slot.bytes === 16 && hasFeature(vcpu.features, "SVE") ? fails("EINVAL") : ok(slot);
}

export function getCore(vcpu: Vcpu, id: bigint): Answer<bigint> {
  const slot = slotOf(vcpu, id);
  return slot.ok ? ok(slot.value.read(vcpu.state)) : slot;
}

/** M[4:0] of AArch32's modes but user mode, and of AArch64's with the least feature that they need. */
const aarch32Modes: ReadonlySet<bigint> = new Set([0x11n, 0x12n, 0x13n, 0x17n, 0x1bn]);
const aarch64Modes: ReadonlySet<bigint> = new Set([0x0n, 0x4n, 0x5n]);
const el2Modes: ReadonlySet<bigint> = new Set([0x8n, 0x9n]);
const USER = 0x10n;

function takesMode(vcpu: Vcpu, mode: bigint): boolean {
  const narrow = hasFeature(vcpu.features, "EL1_32BIT");
  if (mode === USER) return hostHasAarch32(vcpu.vm.kvm.profile);
  if (aarch32Modes.has(mode)) return narrow;
  if (el2Modes.has(mode)) return hasFeature(vcpu.features, "HAS_EL2") && !narrow;
  return aarch64Modes.has(mode) && !narrow;
}

/** In AArch32 X registers have 32 bits: all of them, or in user mode the first 15. */
function narrow(state: VcpuState): void {
  const pstate = readPstate(state);
  if ((pstate & 0x10n) === 0n) return;
  const count = pstate === USER || pstate === 0x1fn ? 15 : 31;
  for (let n = 0; n < count; n++) writeX(state, n, BigInt.asUintN(32, readX(state, n)));
  writePc(state, BigInt.asUintN(32, readPc(state)));
}

export function setCore(vcpu: Vcpu, id: bigint, value: bigint): Answer<undefined> {
  const slot = slotOf(vcpu, id);
  if (!slot.ok) return slot;
  if (restOf(id) === PSTATE && !takesMode(vcpu, value & MODE)) return fails("EINVAL");
  slot.value.write(vcpu.state, value);
  narrow(vcpu.state);
  return done;
}

/** Ids of the core registers that a vCPU has, 128-bit ones among them. */
export function coreIds(features: number | undefined): readonly bigint[] {
  const sve = hasFeature(features, "SVE");
  return [...slots]
    .filter(([, { bytes }]) => bytes !== 16 || !sve)
    .map(([index, { bytes }]) => 0x6000_0000_0010_0000n | (BigInt(Math.log2(bytes)) << 52n) | BigInt(index));
}
