/**
 * Finds the memory of an access: its translation, kept for the next time, its alignment and its tags. Where there is
 * no memory, the answer is the STOP of an access that KVM cannot emulate (see `noMemory`), and `machine.missing` is
 * the address.
 */
import type { Level } from "../state.ts";
import { dataAbort, translationAbort } from "./aborts.ts";
import { bit } from "./context.ts";
import {
  type Answer,
  BUFFER_BITS,
  buffersAt,
  contextIndex,
  type Machine,
  NEXT,
  NO_TRANSLATION,
  raise,
  stopWith,
  type Translation,
  type TranslationBuffer,
  unprivilegedIndex,
} from "./machine.ts";
import { PAGE_BITS, PAGE_BYTES, pageOf, shareOf } from "./space.ts";
import { checkTags, mayCheckTags } from "./tags.ts";
import { type AccessKind, FAULT, translateWith } from "./translate.ts";

export const IN_PAGE = PAGE_BYTES - 1;
export const PAGE_MASK = ~IN_PAGE;
/** Bits of a virtual page's number that choose an entry of a buffer. */
export const INDEX = (1 << BUFFER_BITS) - 1;

const join = (low: number, high: number): bigint => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);

const HCR_TGE = 27;

/** The rights with which LDTR and STTR go about: EL0's, unless PSTATE.UAO or the level say otherwise. */
export function unprivilegedLevel(machine: Machine): Level {
  const { el, regime, hcr } = machine.context;
  if (machine.state.pstate.uao === 1) return el;
  return el === 2 && !(regime.name === "el2-host" && bit(hcr, HCR_TGE)) ? el : 0;
}

/** Where the last `find` found what it looked for. */
export interface Found {
  page: Translation["page"] | undefined;
  offset: number;
  /** Its tags have to be compared with the address's. */
  checked: boolean;
}

/** The buffer of accesses with the rights of a level: that in use, or EL0 from above. */
function bufferFor(machine: Machine, kind: AccessKind, el: Level): TranslationBuffer {
  if (el === machine.context.el) return kind === "write" ? machine.writes : machine.reads;
  const buffers = buffersAt(machine, unprivilegedIndex(machine.state));
  return kind === "write" ? buffers.writes : buffers.reads;
}

/** Translations of a kind of access beside those in the buffers. */
function moreFor(machine: Machine, kind: AccessKind, el: Level): Map<number, Translation> {
  const index = el === machine.context.el ? contextIndex : unprivilegedIndex;
  const buffers = buffersAt(machine, index(machine.state));
  return kind === "write" ? buffers.moreWrites : buffers.moreReads;
}

/** So many translations are kept beside those in the buffers, of all cores; and of one of many. */
const MOST = 1 << 16;
const LEAST = 1 << 11;

/** Number of a virtual page: 52 bits, which a double holds. */
const pageNumber = (low: number, high: number): number => (high >>> 0) * 2 ** 20 + (low >>> PAGE_BITS);

function keep(machine: Machine, kind: AccessKind, el: Level, translation: Translation): void {
  const buffer = bufferFor(machine, kind, el);
  const more = moreFor(machine, kind, el);
  if (more.size >= shareOf(machine.space, MOST, LEAST)) {
    more.clear();
    buffer.fill(NO_TRANSLATION);
  }
  buffer[(translation.low >>> PAGE_BITS) & INDEX] = translation;
  more.set(pageNumber(translation.low, translation.high), translation);
}

/** Finds the page of an access that does not leave it, and keeps the translation. */
function find(machine: Machine, low: number, high: number, kind: AccessKind, el: Level, into: Found): Answer {
  const { context, state } = machine;
  const kept = moreFor(machine, kind, el).get(pageNumber(low, high));
  if (kept !== undefined) {
    bufferFor(machine, kind, el)[(low >>> PAGE_BITS) & INDEX] = kept;
    into.page = kept.page;
    into.offset = low & IN_PAGE;
    into.checked = false;
    return NEXT;
  }
  const found = translateWith(machine.core, context, {
    address: join(low, high),
    kind,
    el,
    pan: el !== 0 && el === context.el && state.pstate.pan === 1,
  });
  if (found.kind === "lacks") return lacking(machine, found.what);
  if (found.kind === "fault")
    return raise(machine, translationAbort(machine, low, high, found, kind === "write"));
  const { physical, attributes } = found;
  const page = pageOf(machine.space, Number(physical >> BigInt(PAGE_BITS)));
  into.checked = false;
  into.page = page;
  into.offset = Number(physical & BigInt(IN_PAGE));
  if (page === undefined || (kind === "write" && page.readOnly)) {
    const { addressBits } = machine.core.hypervisor;
    if (addressBits !== undefined && physical >> BigInt(addressBits) !== 0n)
      return raise(machine, dataAbort(machine, low, high, FAULT.external, false));
    into.page = undefined;
    machine.missing = physical;
    return NEXT;
  }
  const device = attributes < 0x10;
  into.checked = mayCheckTags(machine, attributes);
  if (into.checked) return NEXT;
  if (!device || machine.strict !== 0) {
    keep(machine, kind, el, { low: low & PAGE_MASK, high, page, view: page.view, lines: page.lines });
  } else if (device) deviceOnly = true;
  return NEXT;
}

/** Whether the last `find` came upon Device memory while unaligned accesses are else let through. */
let deviceOnly = false;

/** Where an access begins, and where it goes on in the next page, as `locate` has found it. */
export const one: Found = { page: undefined, offset: 0, checked: false };
export const two: Found = { page: undefined, offset: 0, checked: false };

function lacking(machine: Machine, what: string): Answer {
  return stopWith(machine, { kind: "lacks", word: 0, address: 0n, what });
}

/**
 * An access without memory that KVM is given no syndrome for: of pairs, with writeback, of vectors, exclusive, atomic.
 * KVM_RUN fails with ENOSYS (`io_mem_abort` in arch/arm64/kvm/mmio.c).
 */
const noMemory = (machine: Machine): Answer => stopWith(machine, { kind: "fails", errno: "ENOSYS" });

/** Adds to an address. */
export const carried = (low: number, high: number, by: number): number =>
  (high + ((low + by) >>> 0 < low >>> 0 ? 1 : 0)) | 0;

/** The upper half of an address so many bytes further, or with a negative number, before. */
export const addressAbove = (low: number, high: number, by: number): number => {
  const sum = (low + by) >>> 0;
  if (by < 0) return (high - (sum > low >>> 0 ? 1 : 0)) | 0;
  return (high + (sum < low >>> 0 ? 1 : 0)) | 0;
};

/** Physical address of what has just been read. */
export function physicalAddress(machine: Machine, low: number, high: number): bigint {
  const found = machine.reads[(low >>> PAGE_BITS) & INDEX];
  if (found !== undefined && found.low === (low & PAGE_MASK) && found.high === high)
    return BigInt(found.page.number) * BigInt(PAGE_BYTES) + BigInt(low & IN_PAGE);
  const answer = find(machine, low, high, "read", machine.context.el, one);
  return answer === NEXT && one.page !== undefined
    ? BigInt(one.page.number) * BigInt(PAGE_BYTES) + BigInt(one.offset)
    : -1n;
}

/** Finds an access of up to 8 bytes in `one`, and what of it is on the next page in `two`. */
export function locate(
  machine: Machine,
  low: number,
  high: number,
  size: number,
  alignment: number,
  kind: AccessKind,
  el: Level,
): Answer {
  machine.missing = undefined;
  const unaligned = (low & (alignment - 1)) !== 0;
  if (unaligned && machine.strict !== 0)
    return raise(machine, dataAbort(machine, low, high, FAULT.alignment, kind === "write"));
  const known = bufferFor(machine, kind, el)[(low >>> PAGE_BITS) & INDEX];
  if (
    known !== undefined &&
    known.low === (low & PAGE_MASK) &&
    known.high === high &&
    (low & IN_PAGE) + size <= PAGE_BYTES
  ) {
    one.page = known.page;
    one.offset = low & IN_PAGE;
    one.checked = false;
    two.page = undefined;
    two.checked = false;
    return NEXT;
  }
  deviceOnly = false;
  const answer = find(machine, low, high, kind, el, one);
  if (answer !== NEXT) return answer;
  two.page = undefined;
  two.checked = false;
  if ((low & IN_PAGE) + size > PAGE_BYTES) {
    const nextLow = (low | IN_PAGE) + 1;
    const next = find(machine, nextLow | 0, carried(low | IN_PAGE, high, 1), kind, el, two);
    if (next !== NEXT) return next;
    if (machine.missing !== undefined) {
      // In two pages it is no access that a device answers.
      machine.missing = undefined;
      return noMemory(machine);
    }
  }
  if (deviceOnly && unaligned)
    return raise(machine, dataAbort(machine, low, high, FAULT.alignment, kind === "write"));
  if (machine.missing !== undefined) return noMemory(machine);
  return one.checked || two.checked ? compareTags(machine, low, high, size, kind === "write") : NEXT;
}

/** Compares the tags of what `locate` has found. */
function compareTags(machine: Machine, low: number, high: number, size: number, write: boolean): Answer {
  const here = Math.min(size, PAGE_BYTES - one.offset);
  if (one.page !== undefined && one.checked) {
    const answer = checkTags(machine, low, high, one.page, one.offset, here, write);
    if (answer !== NEXT) return answer;
  }
  if (two.page === undefined || !two.checked || here === size) return NEXT;
  return checkTags(machine, (low + here) | 0, carried(low, high, here), two.page, 0, size - here, write);
}
