/** PSTATE as KVM holds it: in the form of an SPSR, with whatever user space wrote. */
import { changeLevel, type Level, type VcpuState } from "../../vcpu/state.ts";

/** M[4]: AArch32. */
const AARCH32 = 0x10n;
export const MODE = 0x1fn;

/** Single bits of PSTATE that the core models, by their bit in an SPSR of AArch64. */
const flags = [
  ["allint", 13],
  ["ssbs", 12],
  ["il", 20],
  ["ss", 21],
  ["pan", 22],
  ["uao", 23],
  ["dit", 24],
  ["tco", 25],
] as const;

const modelled =
  0xf000_0000n | 0x3c0n | 0xc00n | 0xdn | flags.reduce((mask, [, bit]) => mask | (1n << BigInt(bit)), 0n);

export function readPstate({ pstate, nzcv, pstateRest }: VcpuState): bigint {
  const own = (pstateRest & AARCH32) === 0n ? BigInt((pstate.el << 2) | pstate.sp) : 0n;
  const bits = flags.reduce((value, [name, bit]) => value | (BigInt(pstate[name]) << BigInt(bit)), 0n);
  return (
    pstateRest |
    own |
    bits |
    (BigInt(nzcv) << 28n) |
    (BigInt(pstate.daif) << 6n) |
    (BigInt(pstate.btype) << 10n)
  );
}

/** In AArch32 nothing but the mode, the flags and the masks are where AArch64 has them, so all of it is kept aside. */
export function writePstate(state: VcpuState, value: bigint): void {
  const { pstate } = state;
  const wide = (value & AARCH32) !== 0n;
  const known = wide ? 0n : value;
  state.pstateRest = value & ~(wide ? 0n : modelled);
  state.nzcv = Number((known >> 28n) & 0xfn);
  pstate.daif = Number((known >> 6n) & 0xfn);
  pstate.btype = Number((known >> 10n) & 3n);
  for (const [name, bit] of flags) pstate[name] = ((known >> BigInt(bit)) & 1n) === 0n ? 0 : 1;
  if (!wide) changeLevel(state, levels[Number((value >> 2n) & 3n)] ?? 1, (value & 1n) === 0n ? 0 : 1);
}

const levels: readonly Level[] = [0, 1, 2];
