/** Allocation tags of memory (FEAT_MTE2): four bits for 16 bytes, kept where a region's memory may have them. */
import { encodingKey } from "../world.ts";
import { dataAbort, translationAbort } from "./aborts.ts";
import { bit } from "./context.ts";
import { type Answer, type Machine, NEXT, raise } from "./machine.ts";
import { PAGE_BYTES, type PhysicalPage, regionOfPage, type Space } from "./space.ts";
import { ignoresTopByte, translateWith } from "./translate.ts";

const GRANULE_BITS = 4;
const GRANULE = 1 << GRANULE_BITS;

/** MAIR_ELx attributes of Tagged Normal memory. */
const TAGGED = 0xf0;

const SCTLR_ATA0 = 42;
const SCTLR_ATA = 43;

/** Whether the VM's memory has tags. */
export const hasTags = ({ core }: Machine): boolean =>
  core.hypervisor.guest.capabilities.has("KVM_CAP_ARM_MTE");

/** Does something whose accesses are not compared with tags. */
export function withoutChecks(machine: Machine, access: () => Answer): Answer {
  machine.untagged = true;
  const answer = access();
  machine.untagged = false;
  return answer;
}

/** Whether the level may access tags: where not, they read as zero and are not written. KVM decides for the VM. */
export const tagsAllowed = (machine: Machine): boolean => {
  const { context } = machine;
  return hasTags(machine) && bit(context.regime.sctlr, context.el === 0 ? SCTLR_ATA0 : SCTLR_ATA);
};

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

/** SCTLR_ELx.TCF0 and TCF: what becomes of an access whose tag does not match. */
const SCTLR_TCF0 = 38;
const SCTLR_TCF = 40;
const IGNORED = 0;
const SYNCHRONOUS = 1;
const ASYMMETRIC = 3;

const checkMode = ({ context: { regime, el } }: Machine): number =>
  Number((regime.sctlr >> BigInt(el === 0 ? SCTLR_TCF0 : SCTLR_TCF)) & 3n);

/** Whether accesses to memory with these attributes may be checked: such pages are looked at with each access. */
export const mayCheckTags = (machine: Machine, attributes: number): boolean =>
  attributes === TAGGED && checkMode(machine) !== IGNORED && tagsAllowed(machine);

/** TCR_ELx.TCMA for the lower and the upper range: tag 0, or 15, matches all. */
const TCMA0 = 57;
const TCMA1 = 58;
const TCMA_EL2 = 30;

/** DFSC of a tag check fault. */
const TAG_CHECK = 0x11;
const TFSR_EL1 = encodingKey({ op0: 3, op1: 0, crn: 5, crm: 6, op2: 0 });
const TFSRE0_EL1 = encodingKey({ op0: 3, op1: 0, crn: 5, crm: 6, op2: 1 });
const TFSR_EL2 = encodingKey({ op0: 3, op1: 4, crn: 5, crm: 6, op2: 0 });

/** Whether the tag in an address counts. */
function isChecked(machine: Machine, address: bigint): boolean {
  const { regime } = machine.context;
  if (machine.state.pstate.tco === 1 || machine.untagged || !ignoresTopByte(regime, address, false))
    return false;
  const upper = regime.twoRanges && bit(address, 55);
  const matchAll = bit(regime.tcr, regime.twoRanges ? (upper ? TCMA1 : TCMA0) : TCMA_EL2);
  return !matchAll || ((address >> 56n) & 0xfn) !== (upper ? 0xfn : 0n);
}

/**
 * Compares the tag of an address with those of the memory that it leads to, within a page.
 *
 * @param offset within the page
 * @returns RAISE for a synchronous fault
 */
export function checkTags(
  machine: Machine,
  low: number,
  high: number,
  page: PhysicalPage,
  offset: number,
  length: number,
  write: boolean,
): Answer {
  const address = join(low, high);
  if (!isChecked(machine, address)) return NEXT;
  const wanted = Number((address >> 56n) & 0xfn);
  const place = tagsOf(machine.space, BigInt(page.number) * BigInt(PAGE_BYTES), false);
  const first = offset >> GRANULE_BITS;
  const last = (offset + length - 1) >> GRANULE_BITS;
  for (let granule = first; granule <= last; granule++) {
    const tag = place === undefined ? 0 : (place.tags[place.at + granule] ?? 0);
    if (tag === wanted) continue;
    const mode = checkMode(machine);
    if (mode === SYNCHRONOUS || (mode === ASYMMETRIC && !write))
      return raise(machine, dataAbort(machine, low, high, TAG_CHECK, write));
    const { el } = machine.context;
    const key = el === 0 ? TFSRE0_EL1 : el === 1 ? TFSR_EL1 : TFSR_EL2;
    const { system } = machine.state;
    system.set(key, (system.get(key) ?? 0n) | (bit(address, 55) ? 2n : 1n));
    return NEXT;
  }
  return NEXT;
}

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
