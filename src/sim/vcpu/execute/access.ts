/**
 * Loads and stores of the guest: translated, checked, and in the guest's byte order.
 *
 * Addresses and values are halves, signed 32-bit numbers; sizes and lengths are bytes. Every function answers NEXT
 * when it is done; any other answer is the op's own answer too: `if (answer !== NEXT) return answer;`. Where there is
 * no memory, the answer is the STOP of an access that KVM cannot emulate, and `machine.missing` is the address; an op
 * whose access KVM can emulate answers with `deviceLoad` or `deviceStore` instead.
 */
import type { Level } from "../state.ts";
import { IN_PAGE, INDEX, locate, one, PAGE_MASK, two } from "./locate.ts";
import { type Answer, type Machine, NEXT } from "./machine.ts";
import { noteWrite, PAGE_BITS, PAGE_BYTES } from "./space.ts";

export { dataAbort, instructionAbort, maintenanceAbort, stackAlignment } from "./aborts.ts";
export { loadBytes, loadBytesAs, readView, storeBytes, storeBytesAs, writeView } from "./bytes.ts";
export { described, deviceLoad, deviceStore, isDevice } from "./device.ts";
export { addressAbove, physicalAddress, unprivilegedLevel } from "./locate.ts";

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
