/** What an attribute's address leads to. */
import { type Answer, fails, ok } from "../answer.ts";

/** `none`: address 0, `nowhere`: an address without memory. KVM reads neither. */
export type Payload = Uint8Array | "none" | "nowhere";

/** get_user of an unsigned number. */
export function readNumber(payload: Payload, size: 4 | 8): Answer<bigint> {
  if (typeof payload === "string" || payload.length < size) return fails("EFAULT");
  let value = 0n;
  for (let at = size - 1; at >= 0; at--) value = (value << 8n) | BigInt(payload[at] ?? 0);
  return ok(value);
}

/** get_user of an `int`. */
export function readInt(payload: Payload): Answer<number> {
  const read = readNumber(payload, 4);
  return read.ok ? ok(Number(BigInt.asIntN(32, read.value))) : read;
}

/** put_user. */
export const numberBytes = (value: bigint, size: 4 | 8): Uint8Array =>
  Uint8Array.from({ length: size }, (_, at) => Number((value >> BigInt(8 * at)) & 0xffn));
