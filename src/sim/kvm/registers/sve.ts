/** Z, P and FFR in slices, and the vector lengths (arch/arm64/kvm/guest.c: get_sve_reg, set_sve_vls). */
import { sveLengths } from "../../../hosts/facilities.ts";
import type { HostProfile } from "../../../hosts/profile.ts";
import { sveLengthsRegister, vcpuFeature } from "../../../tables/index.ts";
import { P_BYTES, type VcpuState, Z_BYTES } from "../../vcpu/state.ts";
import { type Answer, done, fails, ok } from "../answer.ts";
import type { Vcpu } from "../machine.ts";
import { hasFeature } from "./configuration.ts";
import { readBytes, writeBytes } from "./core.ts";

const LENGTHS = sveLengthsRegister().id;
const Z = 0x6080_0000_0015_0000n;
const P = 0x6050_0000_0015_0400n;
/** Bits 4:0 of an id: the slice; of a register of 2048 bits there is one. */
const SLICES = 32n;

/** P16 is FFR. */
const PREDICATES = 17n;
const VECTORS = 32n;

/** What KVM offers before user space takes some away; bit n: (n + 1) * 128 bits. */
function hostLengths(profile: HostProfile): bigint {
  const lengths = sveLengths(profile)?.value ?? [];
  return lengths.reduce((mask, length) => mask | (1n << BigInt(length / 128 - 1)), 0n);
}

/** Of the longest vector, in units of 128 bits. */
export const longest = (lengths: bigint): number => (lengths === 0n ? 0 : lengths.toString(2).length);

const lengthsOf = (vcpu: Vcpu): bigint => vcpu.vectorLengths ?? hostLengths(vcpu.vm.kvm.profile);

const isSveFinalized = (vcpu: Vcpu): boolean => vcpu.finalized.has(vcpuFeature("SVE")?.index ?? -1);

interface Place {
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly length: number;
}

function placeOf(vcpu: Vcpu, id: bigint): Answer<Place> {
  const ofVector = id >= Z && id < Z + VECTORS * SLICES;
  const ofPredicate = id >= P && id < P + PREDICATES * SLICES;
  if (!ofVector && !ofPredicate) return fails("EINVAL");
  if (!hasFeature(vcpu.features, "SVE") || (id & (SLICES - 1n)) !== 0n) return fails("ENOENT");
  const n = Number((id - (ofVector ? Z : P)) / SLICES);
  if (!isSveFinalized(vcpu)) return fails("EPERM");
  return ok(ofVector ? vectorPlace(vcpu, n) : predicatePlace(vcpu.state, n, longest(lengthsOf(vcpu))));
}

const vectorPlace = (vcpu: Vcpu, n: number): Place => ({
  bytes: vcpu.state.z,
  at: n * Z_BYTES,
  length: longest(lengthsOf(vcpu)) * 16,
});

const predicatePlace = (state: VcpuState, n: number, quadwords: number): Place =>
  n === 16
    ? { bytes: state.ffr, at: 0, length: quadwords * 2 }
    : { bytes: state.p, at: n * P_BYTES, length: quadwords * 2 };

export function getSve(vcpu: Vcpu, id: bigint): Answer<bigint> {
  if (id === LENGTHS) return hasFeature(vcpu.features, "SVE") ? ok(lengthsOf(vcpu)) : fails("ENOENT");
  const place = placeOf(vcpu, id);
  return place.ok ? ok(readBytes(place.value.bytes, place.value.at, place.value.length)) : place;
}

export function setSve(vcpu: Vcpu, id: bigint, value: bigint): Answer<undefined> {
  if (id === LENGTHS) return setLengths(vcpu, value);
  const place = placeOf(vcpu, id);
  if (!place.ok) return place;
  // What is beyond the longest vector is not there, and dropped.
  writeBytes(place.value.bytes, place.value.at, place.value.length, value);
  return done;
}

/** Up to the longest that is asked for, exactly what the host has. */
function setLengths(vcpu: Vcpu, value: bigint): Answer<undefined> {
  if (!hasFeature(vcpu.features, "SVE")) return fails("ENOENT");
  if (isSveFinalized(vcpu)) return fails("EPERM");
  const offered = hostLengths(vcpu.vm.kvm.profile);
  const upTo = (1n << BigInt(longest(value))) - 1n;
  if (value === 0n || longest(value) > longest(offered) || value !== (offered & upTo)) return fails("EINVAL");
  vcpu.vectorLengths = value;
  return done;
}

/** Ids of a vCPU with SVE; without it none. */
export function sveIds(features: number | undefined): readonly bigint[] {
  if (!hasFeature(features, "SVE")) return [];
  const range = (first: bigint, count: bigint): readonly bigint[] =>
    Array.from({ length: Number(count) }, (_, n) => first + BigInt(n) * SLICES);
  return [...range(Z, VECTORS), ...range(P, PREDICATES), LENGTHS];
}

/** Fresh vectors, as KVM_ARM_VCPU_INIT leaves them; the lengths only where they are not finalised. */
export function resetVectors(vcpu: Vcpu): void {
  const { state } = vcpu;
  for (const bytes of [state.z, state.p, state.ffr]) bytes.fill(0);
  state.fpsr = 0;
  state.fpcr = 0;
  if (!hasFeature(vcpu.features, "SVE")) vcpu.vectorLengths = undefined;
  else if (!isSveFinalized(vcpu)) vcpu.vectorLengths = hostLengths(vcpu.vm.kvm.profile);
}
