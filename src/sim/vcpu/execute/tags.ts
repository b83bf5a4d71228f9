/** Allocation tags of memory (FEAT_MTE2): four bits for 16 bytes, kept where a region's memory may have them. */
import { translationAbort } from "./access.ts";
import { bit } from "./context.ts";
import { type Answer, type Machine, NEXT, raise } from "./machine.ts";
import { PAGE_BYTES, regionOfPage, type Space } from "./space.ts";
import { translateWith } from "./translate.ts";

const GRANULE_BITS = 4;
const GRANULE = 1 << GRANULE_BITS;

/** MAIR_ELx attributes of Tagged Normal memory. */
const TAGGED = 0xf0;

const SCTLR_ATA0 = 42;
const SCTLR_ATA = 43;

/** Whether the level may access tags: where not, they read as zero and are not written. */
export const tagsAllowed = ({ context }: Machine): boolean =>
  bit(context.regime.sctlr, context.el === 0 ? SCTLR_ATA0 : SCTLR_ATA);

/** The tags of a region; made on the first write. */
function tagsOf(space: Space, physical: bigint, make: boolean): { tags: Uint8Array; at: number } | undefined {
  const number = Number(physical / BigInt(PAGE_BYTES));
  const found = regionOfPage(space, number);
  if (found === undefined) return undefined;
  const at = (found.offset + Number(physical % BigInt(PAGE_BYTES))) / GRANULE;
  const known = space.tags.get(found.region);
  if (known !== undefined) return { tags: known, at: Math.floor(at) };
  if (!make) return undefined;
  const tags = new Uint8Array(Math.ceil(found.region.bytes.length / GRANULE));
  space.tags.set(found.region, tags);
  return { tags, at: Math.floor(at) };
}

const join = (low: number, high: number): bigint => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);

/** Sets the tags of `length` bytes, 16 bytes at least. */
export function setTags(machine: Machine, low: number, high: number, length: number, tag: number): Answer {
  const start = join(low, high) & ~BigInt(GRANULE - 1);
  for (let done = 0; done < length; done += GRANULE) {
    const address = BigInt.asUintN(64, start + BigInt(done));
    const found = translateWith(machine.core, machine.context, {
      address,
      kind: "write",
      el: machine.context.el,
      pan: machine.state.pstate.pan === 1 && machine.context.el !== 0,
    });
    if (found.kind === "lacks") {
      machine.stop = { kind: "lacks", word: 0, address: 0n, what: found.what };
      return 3;
    }
    if (found.kind === "fault")
      return raise(
        machine,
        translationAbort(
          machine,
          Number(BigInt.asIntN(32, address)),
          Number(BigInt.asIntN(32, address >> 32n)),
          found,
          true,
        ),
      );
    if (found.attributes !== TAGGED || !tagsAllowed(machine)) continue;
    const place = tagsOf(machine.space, found.physical, true);
    if (place !== undefined) place.tags[place.at] = tag;
  }
  return NEXT;
}

/** The tag of an address, into `machine.low`. */
export function readTag(machine: Machine, low: number, high: number): Answer {
  const found = translateWith(machine.core, machine.context, {
    address: join(low, high) & ~BigInt(GRANULE - 1),
    kind: "read",
    el: machine.context.el,
    pan: machine.state.pstate.pan === 1 && machine.context.el !== 0,
  });
  machine.low = 0;
  if (found.kind === "lacks") {
    machine.stop = { kind: "lacks", word: 0, address: 0n, what: found.what };
    return 3;
  }
  if (found.kind === "fault")
    return raise(machine, translationAbort(machine, low & ~(GRANULE - 1), high, found, false));
  if (found.attributes !== TAGGED || !tagsAllowed(machine)) return NEXT;
  const place = tagsOf(machine.space, found.physical, false);
  machine.low = place === undefined ? 0 : (place.tags[place.at] ?? 0);
  return NEXT;
}
