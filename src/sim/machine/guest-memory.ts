/** A guest's memory by virtual addresses, as the instruction at hand would see it. */
import { contextOf } from "../vcpu/execute/context.ts";
import { translateWith } from "../vcpu/execute/translate.ts";
import type { Region } from "../vcpu/memory.ts";
import type { Core } from "../vcpu/world.ts";
import type { GuestMemory } from "./semihosting.ts";

/** Translations hold for so many bytes at least. */
const PAGE = 0x1000n;

interface Place {
  readonly region: Region;
  readonly offset: number;
}

/** Where a byte lies; undefined: no memory is there, or the guest may not reach it. */
function placeOf(core: Core, address: bigint, kind: "read" | "write"): Place | undefined {
  const { el } = core.state.pstate;
  const found = translateWith(core, contextOf(core), { address, kind, el, pan: false });
  if (found.kind !== "address") return undefined;
  const { physical } = found;
  const region = core.memory.regions.find(
    (one) => physical >= one.address && physical < one.address + BigInt(one.bytes.length),
  );
  return region === undefined || (kind === "write" && region.readOnly)
    ? undefined
    : { region, offset: Number(physical - region.address) };
}

/** Calls `take` for each piece of a range that lies together; false: a part of it cannot be reached. */
function pieces(
  core: Core,
  address: bigint,
  length: number,
  kind: "read" | "write",
  take: (place: Place, at: number, count: number) => void,
): boolean {
  for (let at = 0; at < length; ) {
    const here = BigInt.asUintN(64, address + BigInt(at));
    const place = placeOf(core, here, kind);
    if (place === undefined) return false;
    const toPage = Number(PAGE - (here % PAGE));
    const count = Math.min(length - at, toPage, place.region.bytes.length - place.offset);
    take(place, at, count);
    at += count;
  }
  return true;
}

export function guestMemory(core: Core): GuestMemory {
  return {
    read(address, length) {
      const bytes = new Uint8Array(length);
      const whole = pieces(core, address, length, "read", ({ region, offset }, at, count) =>
        bytes.set(region.bytes.subarray(offset, offset + count), at),
      );
      return whole ? bytes : undefined;
    },
    write(address, bytes) {
      const whole = pieces(core, address, bytes.length, "write", ({ region, offset }, at, count) =>
        region.bytes.set(bytes.subarray(at, at + count), offset),
      );
      core.memory.generation++;
      return whole;
    },
  };
}
