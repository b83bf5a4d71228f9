/** Runs of bytes between guest memory and vector registers or buffers. */
import type { Level } from "../state.ts";
import { carried, IN_PAGE, INDEX, locate, one, PAGE_MASK } from "./locate.ts";
import { type Answer, type Machine, NEXT, type Translation } from "./machine.ts";
import { noteWrite, PAGE_BITS, PAGE_BYTES } from "./space.ts";

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
