/**
 * Loads and stores of the guest: translated, checked, and in the guest's byte order.
 *
 * Addresses and values are halves, signed 32-bit numbers; sizes and lengths are bytes. Every function answers NEXT
 * when it is done; any other answer is the op's own answer too: `if (answer !== NEXT) return answer;`. Where there is
 * no memory, the answer is the STOP of an access that KVM cannot emulate (see `noMemory`), and `machine.missing` is
 * the address; an op whose access KVM can emulate answers with `deviceLoad` or `deviceStore` instead.
 */
import type { Level } from "../state.ts";
import { dataAbort, translationAbort, WALK } from "./aborts.ts";
import {
  type Answer,
  BUFFER_BITS,
  contextIndex,
  type Machine,
  NEXT,
  RAISE,
  raise,
  STOP,
  STOP_AFTER,
  stopWith,
  type Translation,
  type TranslationBuffer,
} from "./machine.ts";
import { noteWrite, PAGE_BITS, PAGE_BYTES, pageOf } from "./space.ts";
import { checkTags, mayCheckTags } from "./tags.ts";
import { type AccessKind, FAULT, translateWith } from "./translate.ts";

const IN_PAGE = PAGE_BYTES - 1;
const PAGE_MASK = ~IN_PAGE;
const INDEX = (1 << BUFFER_BITS) - 1;

const join = (low: number, high: number): bigint => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);

export { dataAbort, instructionAbort, maintenanceAbort, stackAlignment } from "./aborts.ts";

/** The rights with which LDTR and STTR go about: EL0's, unless PSTATE.UAO or the level say otherwise. */
export function unprivilegedLevel(machine: Machine): Level {
  const { el, regime } = machine.context;
  const { uao } = machine.state.pstate;
  if (uao === 1 || (el === 2 && regime.name !== "el2-host")) return el;
  return 0;
}

/** Where the last `find` found what it looked for. */
interface Found {
  page: Translation["page"] | undefined;
  offset: number;
  /** Its tags have to be compared with the address's. */
  checked: boolean;
}

/** The buffer of accesses with the rights of a level: that in use, or EL0's. */
function bufferFor(machine: Machine, kind: AccessKind, el: Level): TranslationBuffer {
  if (el === machine.context.el) return kind === "write" ? machine.writes : machine.reads;
  const buffers = machine.buffers[0];
  if (buffers === undefined) return [];
  buffers.used = true;
  return kind === "write" ? buffers.writes : buffers.reads;
}

/** Translations of a kind of access beside those in the buffers; undefined: none are kept for the level. */
function moreFor(machine: Machine, kind: AccessKind, el: Level): Map<number, Translation> | undefined {
  const buffers = machine.buffers[el === machine.context.el ? contextIndex(machine.state) : 0];
  return kind === "write" ? buffers?.moreWrites : buffers?.moreReads;
}

/** So many translations are kept beside those in the buffers. */
const MOST = 1 << 16;

/** Number of a virtual page: 52 bits, which a double holds. */
const pageNumber = (low: number, high: number): number => (high >>> 0) * 2 ** 20 + (low >>> PAGE_BITS);

function keep(machine: Machine, kind: AccessKind, el: Level, translation: Translation): void {
  bufferFor(machine, kind, el)[(translation.low >>> PAGE_BITS) & INDEX] = translation;
  const more = moreFor(machine, kind, el);
  if (more === undefined) return;
  if (more.size >= MOST) more.clear();
  more.set(pageNumber(translation.low, translation.high), translation);
}

/** Finds the page of an access that does not leave it, and keeps the translation. */
function find(machine: Machine, low: number, high: number, kind: AccessKind, el: Level, into: Found): Answer {
  const { context, state } = machine;
  const kept = moreFor(machine, kind, el)?.get(pageNumber(low, high));
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

const one: Found = { page: undefined, offset: 0, checked: false };
const two: Found = { page: undefined, offset: 0, checked: false };

function lacking(machine: Machine, what: string): Answer {
  return stopWith(machine, { kind: "lacks", word: 0, address: 0n, what });
}

/**
 * An access without memory that KVM is given no syndrome for: of pairs, with writeback, of vectors, exclusive, atomic.
 * KVM_RUN fails with ENOSYS (`io_mem_abort` in arch/arm64/kvm/mmio.c).
 */
const noMemory = (machine: Machine): Answer => stopWith(machine, { kind: "fails", errno: "ENOSYS" });

/** Adds to an address. */
const carried = (low: number, high: number, by: number): number =>
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
function locate(
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
    if (machine.missing !== undefined) return noMemory(machine);
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

const scratch = new Uint8Array(16);
const scratchView = new DataView(scratch.buffer);

function slowLoad(machine: Machine, low: number, high: number, size: number, el: Level): Answer {
  const answer = locate(machine, low, high, size, size, "read", el);
  if (answer !== NEXT) return answer;
  const { little } = machine;
  const { page, offset } = one;
  const inside = page !== undefined && offset + size <= PAGE_BYTES;
  if (!inside) gather(size);
  const view = inside ? page.view : scratchView;
  const at = inside ? offset : 0;
  machine.high = 0;
  if (size === 8) {
    machine.low = view.getInt32(little ? at : at + 4, little);
    machine.high = view.getInt32(little ? at + 4 : at, little);
  } else if (size === 4) machine.low = view.getInt32(at, little);
  else machine.low = size === 2 ? view.getUint16(at, little) : view.getUint8(at);
  return NEXT;
}

/** Bytes of what `locate` found, into `scratch`. */
function gather(size: number): void {
  for (let i = 0; i < size; i++) {
    const at = one.offset + i;
    scratch[i] = (at < PAGE_BYTES ? one.page?.bytes[at] : two.page?.bytes[at - PAGE_BYTES]) ?? 0;
  }
}

/** `scratch` to where `locate` found room. */
function scatter(size: number): void {
  const here = Math.min(size, PAGE_BYTES - one.offset);
  if (one.page !== undefined) {
    one.page.bytes.set(scratch.subarray(0, here), one.offset);
    noteWrite(one.page, one.offset, here);
  }
  if (two.page !== undefined && here < size) {
    two.page.bytes.set(scratch.subarray(here, size), 0);
    noteWrite(two.page, 0, size - here);
  }
}

function slowStore(
  machine: Machine,
  low: number,
  high: number,
  size: number,
  valueLow: number,
  valueHigh: number,
  el: Level,
): Answer {
  const answer = locate(machine, low, high, size, size, "write", el);
  if (answer !== NEXT) return answer;
  const { little } = machine;
  const { page, offset } = one;
  const inside = page !== undefined && offset + size <= PAGE_BYTES;
  const view = inside ? page.view : scratchView;
  const at = inside ? offset : 0;
  if (size === 8) {
    view.setInt32(little ? at : at + 4, valueLow, little);
    view.setInt32(little ? at + 4 : at, valueHigh, little);
  } else if (size === 4) view.setInt32(at, valueLow, little);
  else if (size === 2) view.setInt16(at, valueLow, little);
  else view.setInt8(at, valueLow);
  if (inside) noteWrite(page, offset, size);
  else scatter(size);
  return NEXT;
}

/** Reads 8 bytes into `machine.low` and `machine.high`. */
export function load64(machine: Machine, low: number, high: number): Answer {
  const found = machine.reads[(low >>> PAGE_BITS) & INDEX];
  if (found !== undefined && found.low === (low & PAGE_MASK) && found.high === high) {
    const offset = low & IN_PAGE;
    if ((low & 7) === 0 || (machine.strict === 0 && offset <= PAGE_BYTES - 8)) {
      if (machine.little) {
        machine.low = found.view.getInt32(offset, true);
        machine.high = found.view.getInt32(offset + 4, true);
      } else {
        machine.high = found.view.getInt32(offset, false);
        machine.low = found.view.getInt32(offset + 4, false);
      }
      return NEXT;
    }
  }
  return slowLoad(machine, low, high, 8, machine.context.el);
}

/** Reads 4 bytes into `machine.low`; `machine.high` is 0. */
export function load32(machine: Machine, low: number, high: number): Answer {
  const found = machine.reads[(low >>> PAGE_BITS) & INDEX];
  if (found !== undefined && found.low === (low & PAGE_MASK) && found.high === high) {
    const offset = low & IN_PAGE;
    if ((low & 3) === 0 || (machine.strict === 0 && offset <= PAGE_BYTES - 4)) {
      machine.low = found.view.getInt32(offset, machine.little);
      machine.high = 0;
      return NEXT;
    }
  }
  return slowLoad(machine, low, high, 4, machine.context.el);
}

/** Reads 2 bytes into `machine.low`, zero-extended; `machine.high` is 0. */
export function load16(machine: Machine, low: number, high: number): Answer {
  const found = machine.reads[(low >>> PAGE_BITS) & INDEX];
  if (found !== undefined && found.low === (low & PAGE_MASK) && found.high === high) {
    const offset = low & IN_PAGE;
    if ((low & 1) === 0 || (machine.strict === 0 && offset <= PAGE_BYTES - 2)) {
      machine.low = found.view.getUint16(offset, machine.little);
      machine.high = 0;
      return NEXT;
    }
  }
  return slowLoad(machine, low, high, 2, machine.context.el);
}

/** Reads a byte into `machine.low`, zero-extended; `machine.high` is 0. */
export function load8(machine: Machine, low: number, high: number): Answer {
  const found = machine.reads[(low >>> PAGE_BITS) & INDEX];
  if (found !== undefined && found.low === (low & PAGE_MASK) && found.high === high) {
    machine.low = found.view.getUint8(low & IN_PAGE);
    machine.high = 0;
    return NEXT;
  }
  return slowLoad(machine, low, high, 1, machine.context.el);
}

export function store64(
  machine: Machine,
  low: number,
  high: number,
  valueLow: number,
  valueHigh: number,
): Answer {
  const found = machine.writes[(low >>> PAGE_BITS) & INDEX];
  if (found !== undefined && found.low === (low & PAGE_MASK) && found.high === high) {
    const offset = low & IN_PAGE;
    if ((low & 7) === 0 || (machine.strict === 0 && offset <= PAGE_BYTES - 8)) {
      if (machine.little) {
        found.view.setInt32(offset, valueLow, true);
        found.view.setInt32(offset + 4, valueHigh, true);
      } else {
        found.view.setInt32(offset, valueHigh, false);
        found.view.setInt32(offset + 4, valueLow, false);
      }
      if (found.lines[offset >> 6] !== 0 || found.lines[(offset + 7) >> 6] !== 0)
        noteWrite(found.page, offset, 8);
      return NEXT;
    }
  }
  return slowStore(machine, low, high, 8, valueLow, valueHigh, machine.context.el);
}

export function store32(machine: Machine, low: number, high: number, value: number): Answer {
  const found = machine.writes[(low >>> PAGE_BITS) & INDEX];
  if (found !== undefined && found.low === (low & PAGE_MASK) && found.high === high) {
    const offset = low & IN_PAGE;
    if ((low & 3) === 0 || (machine.strict === 0 && offset <= PAGE_BYTES - 4)) {
      found.view.setInt32(offset, value, machine.little);
      if (found.lines[offset >> 6] !== 0 || found.lines[(offset + 3) >> 6] !== 0)
        noteWrite(found.page, offset, 4);
      return NEXT;
    }
  }
  return slowStore(machine, low, high, 4, value, 0, machine.context.el);
}

export function store16(machine: Machine, low: number, high: number, value: number): Answer {
  const found = machine.writes[(low >>> PAGE_BITS) & INDEX];
  if (found !== undefined && found.low === (low & PAGE_MASK) && found.high === high) {
    const offset = low & IN_PAGE;
    if ((low & 1) === 0 || (machine.strict === 0 && offset <= PAGE_BYTES - 2)) {
      found.view.setInt16(offset, value, machine.little);
      if (found.lines[offset >> 6] !== 0 || found.lines[(offset + 1) >> 6] !== 0)
        noteWrite(found.page, offset, 2);
      return NEXT;
    }
  }
  return slowStore(machine, low, high, 2, value, 0, machine.context.el);
}

export function store8(machine: Machine, low: number, high: number, value: number): Answer {
  const found = machine.writes[(low >>> PAGE_BITS) & INDEX];
  if (found !== undefined && found.low === (low & PAGE_MASK) && found.high === high) {
    const offset = low & IN_PAGE;
    found.view.setInt8(offset, value);
    if (found.lines[offset >> 6] !== 0) noteWrite(found.page, offset, 1);
    return NEXT;
  }
  return slowStore(machine, low, high, 1, value, 0, machine.context.el);
}

export type Size = 1 | 2 | 4 | 8;

/** Reads `size` bytes, zero-extended. */
export function load(machine: Machine, low: number, high: number, size: Size): Answer {
  switch (size) {
    case 1:
      return load8(machine, low, high);
    case 2:
      return load16(machine, low, high);
    case 4:
      return load32(machine, low, high);
    case 8:
      return load64(machine, low, high);
  }
}

export function store(
  machine: Machine,
  low: number,
  high: number,
  size: Size,
  valueLow: number,
  valueHigh: number,
): Answer {
  switch (size) {
    case 1:
      return store8(machine, low, high, valueLow);
    case 2:
      return store16(machine, low, high, valueLow);
    case 4:
      return store32(machine, low, high, valueLow);
    case 8:
      return store64(machine, low, high, valueLow, valueHigh);
  }
}

/** As `load`, with the rights of another level. */
export const loadAs = (machine: Machine, low: number, high: number, size: Size, el: Level): Answer =>
  slowLoad(machine, low, high, size, el);

/** As `store`, with the rights of another level. */
export const storeAs = (
  machine: Machine,
  low: number,
  high: number,
  size: Size,
  valueLow: number,
  valueHigh: number,
  el: Level,
): Answer => slowStore(machine, low, high, size, valueLow, valueHigh, el);

/** Whether a translation has the whole of a little-endian access that may be made. */
const reaches = (
  machine: Machine,
  { low: page, high: upper }: Translation,
  low: number,
  high: number,
  length: number,
  alignment: number,
): boolean =>
  page === (low & PAGE_MASK) &&
  upper === high &&
  machine.little &&
  (low & IN_PAGE) + length <= PAGE_BYTES &&
  (machine.strict === 0 || (low & (alignment - 1)) === 0);

/** The page of a load that `reaches`, to be read at the address's offset; undefined: it needs the long way. */
export function readView(
  machine: Machine,
  low: number,
  high: number,
  length: number,
  alignment: number,
): DataView | undefined {
  const known = machine.reads[(low >>> PAGE_BITS) & INDEX];
  return known !== undefined && reaches(machine, known, low, high, length, alignment)
    ? known.view
    : undefined;
}

/** As `readView` for a store, which is noted: the caller writes all of it. */
export function writeView(
  machine: Machine,
  low: number,
  high: number,
  length: number,
  alignment: number,
): DataView | undefined {
  const known = machine.writes[(low >>> PAGE_BITS) & INDEX];
  if (known === undefined || !reaches(machine, known, low, high, length, alignment)) return undefined;
  const offset = low & IN_PAGE;
  if (known.lines[offset >> 6] !== 0 || known.lines[(offset + length - 1) >> 6] !== 0)
    noteWrite(known.page, offset, length);
  return known.view;
}

/** Longest copy that is faster byte by byte than by the arrays' own means. */
const SHORT = 48;

function copyBytes(from: Uint8Array, at: number, to: Uint8Array, into: number, length: number): void {
  if (length > SHORT) to.set(from.subarray(at, at + length), into);
  else for (let i = 0; i < length; i++) to[into + i] = from[at + i] ?? 0;
}

/**
 * Reads `length` bytes of elements of `element` bytes to `into[at…]`, each turned to little-endian order, as vector
 * registers hold them.
 *
 * @param alignment what the address has to be a multiple of where accesses have to be aligned
 */
export function loadBytes(
  machine: Machine,
  low: number,
  high: number,
  into: Uint8Array,
  at: number,
  length: number,
  element: number,
  alignment = element,
): Answer {
  const known = machine.reads[(low >>> PAGE_BITS) & INDEX];
  if (known !== undefined && reaches(machine, known, low, high, length, alignment)) {
    copyBytes(known.page.bytes, low & IN_PAGE, into, at, length);
    return NEXT;
  }
  for (let done = 0; done < length; ) {
    const here = (low + done) | 0;
    const above = carried(low, high, done);
    const room = Math.min(length - done, PAGE_BYTES - (here & IN_PAGE));
    const answer = locate(machine, here, above, room, done === 0 ? alignment : 1, "read", machine.context.el);
    if (answer !== NEXT) return answer;
    if (one.page !== undefined) into.set(one.page.bytes.subarray(one.offset, one.offset + room), at + done);
    done += room;
  }
  if (!machine.little) turn(into, at, length, element);
  return NEXT;
}

/** As `loadBytes`, the other way. Nothing is written where any byte of it faults. */
export function storeBytes(
  machine: Machine,
  low: number,
  high: number,
  from: Uint8Array,
  at: number,
  length: number,
  element: number,
  alignment = element,
): Answer {
  const known = machine.writes[(low >>> PAGE_BITS) & INDEX];
  if (known !== undefined && reaches(machine, known, low, high, length, alignment)) {
    const offset = low & IN_PAGE;
    copyBytes(from, at, known.page.bytes, offset, length);
    noteWrite(known.page, offset, length);
    return NEXT;
  }
  const last = length - 1;
  if ((low & IN_PAGE) + last >= PAGE_BYTES) {
    const answer = locate(
      machine,
      (low + last) | 0,
      carried(low, high, last),
      1,
      1,
      "write",
      machine.context.el,
    );
    if (answer !== NEXT) {
      const first = locate(machine, low, high, 1, alignment, "write", machine.context.el);
      return first === NEXT
        ? locate(
            machine,
            (low + last) & PAGE_MASK,
            carried(low, high, last),
            1,
            1,
            "write",
            machine.context.el,
          )
        : first;
    }
  }
  let source = from.subarray(at, at + length);
  if (!machine.little && element > 1) {
    source = source.slice();
    turn(source, 0, length, element);
  }
  for (let done = 0; done < length; ) {
    const here = (low + done) | 0;
    const room = Math.min(length - done, PAGE_BYTES - (here & IN_PAGE));
    const above = carried(low, high, done);
    const answer = locate(
      machine,
      here,
      above,
      room,
      done === 0 ? alignment : 1,
      "write",
      machine.context.el,
    );
    if (answer !== NEXT) return answer;
    if (one.page !== undefined) {
      one.page.bytes.set(source.subarray(done, done + room), one.offset);
      noteWrite(one.page, one.offset, room);
    }
    done += room;
  }
  return NEXT;
}

/** Reads bytes within a page with the rights of a level. */
export function loadBytesAs(
  machine: Machine,
  low: number,
  high: number,
  into: Uint8Array,
  length: number,
  el: Level,
): Answer {
  const answer = locate(machine, low, high, length, 1, "read", el);
  if (answer === NEXT && one.page !== undefined)
    into.set(one.page.bytes.subarray(one.offset, one.offset + length));
  return answer;
}

/** Writes bytes within a page with the rights of a level. */
export function storeBytesAs(
  machine: Machine,
  low: number,
  high: number,
  from: Uint8Array,
  length: number,
  el: Level,
): Answer {
  const answer = locate(machine, low, high, length, 1, "write", el);
  if (answer === NEXT && one.page !== undefined) {
    one.page.bytes.set(from.subarray(0, length), one.offset);
    noteWrite(one.page, one.offset, length);
  }
  return answer;
}

/** Turns the bytes of each element round. */
function turn(bytes: Uint8Array, at: number, length: number, element: number): void {
  for (let from = at; from < at + length; from += element) bytes.subarray(from, from + element).reverse();
}

const SYNDROME_VALID = 1 << 24;
const SIZE_AT = 22;
const SIGN_EXTENDED = 1 << 21;
const REGISTER_AT = 16;
const SIXTY_FOUR = 1 << 15;
const ACQUIRE_RELEASE = 1 << 14;

/** What a syndrome says of a load or store of one register without writeback. */
export interface Transfer {
  readonly size: Size;
  readonly signed: 0 | 32 | 64;
  /** Index of the register; what is no general-purpose register is number 31. */
  readonly t: number;
  readonly ordered?: boolean;
}

/** The answer of an access that has failed, with the syndrome that stage 2 adds to an abort (ISV). */
export function described(machine: Machine, answer: Answer, { size, signed, t, ordered }: Transfer): Answer {
  const { trap } = machine;
  if (answer !== RAISE || trap.ipa === undefined || (trap.iss & WALK) !== 0) return answer;
  machine.trap = {
    ...trap,
    iss:
      trap.iss |
      SYNDROME_VALID |
      (Math.log2(size) << SIZE_AT) |
      (signed === 0 ? 0 : SIGN_EXTENDED) |
      (Math.min(t, 31) << REGISTER_AT) |
      (size === 8 || signed === 64 ? SIXTY_FOUR : 0) |
      (ordered === true ? ACQUIRE_RELEASE : 0),
  };
  return answer;
}

/** The address of a load or store that a device has to answer; whether the last one was such. */
export const isDevice = (machine: Machine, answer: Answer): boolean =>
  answer === STOP && machine.missing !== undefined && two.page === undefined;

/** A load of one general-purpose register from a device: `put` ends it with the value. */
export function deviceLoad(machine: Machine, size: Size, put: (value: bigint) => void): Answer {
  const address = machine.missing ?? 0n;
  machine.stop = {
    kind: "mmio-read",
    address,
    length: size,
    answer: (value) => put(machine.little ? BigInt.asUintN(8 * size, value) : turned(value, size)),
  };
  return STOP_AFTER;
}

/** A store of one general-purpose register to a device. */
export function deviceStore(machine: Machine, size: Size, valueLow: number, valueHigh: number): Answer {
  const value = BigInt.asUintN(8 * size, join(valueLow, valueHigh));
  machine.stop = {
    kind: "mmio-write",
    address: machine.missing ?? 0n,
    length: size,
    value: machine.little ? value : turned(value, size),
  };
  return STOP_AFTER;
}

/** The bytes of a value in the other order. */
function turned(value: bigint, size: Size): bigint {
  scratchView.setBigUint64(0, value, true);
  scratch.subarray(0, size).reverse();
  scratch.fill(0, size, 8);
  return scratchView.getBigUint64(0, true);
}
