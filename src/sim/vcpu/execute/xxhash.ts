/**
 * XXH64 of four words without their length: the cipher of this engine's pointer authentication, an IMPLEMENTATION
 * DEFINED algorithm, the same as that of QEMU's CPUs.
 */

const SEED = 1n;
const PRIME_1 = 0x9e37_79b1_85eb_ca87n;
const PRIME_2 = 0xc2b2_ae3d_27d4_eb4fn;
const PRIME_3 = 0x1656_67b1_9e37_79f9n;
const PRIME_4 = 0x85eb_ca77_c2b2_ae63n;

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const rotate = (value: bigint, by: bigint): bigint => u64(value << by) | (value >> (64n - by));
const round = (lane: bigint, input: bigint): bigint =>
  u64(rotate(u64(lane + u64(input * PRIME_2)), 31n) * PRIME_1);
const merge = (hash: bigint, lane: bigint): bigint => u64((hash ^ round(0n, lane)) * PRIME_1 + PRIME_4);

/** Four 64-bit words to one. */
export function xxhash64(a: bigint, b: bigint, c: bigint, d: bigint): bigint {
  const one = round(u64(SEED + PRIME_1 + PRIME_2), a);
  const two = round(u64(SEED + PRIME_2), b);
  const three = round(SEED, c);
  const four = round(u64(SEED - PRIME_1), d);
  let hash = u64(rotate(one, 1n) + rotate(two, 7n) + rotate(three, 12n) + rotate(four, 18n));
  hash = merge(merge(merge(merge(hash, one), two), three), four);
  hash = u64((hash ^ (hash >> 33n)) * PRIME_2);
  hash = u64((hash ^ (hash >> 29n)) * PRIME_3);
  return hash ^ (hash >> 32n);
}
