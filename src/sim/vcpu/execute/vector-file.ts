/** Vector registers as loads and stores of single registers and pairs see them. */
import { Z_BYTES } from "../state.ts";
import { loadBytes, readView, storeBytes, writeView } from "./access.ts";
import { type Answer, type Machine, NEXT } from "./machine.ts";

const V_BYTES = 16;
const Z_WORDS = Z_BYTES / 4;
const IN_PAGE = 0xfff;

/** Zero above the bytes that a load has written. */
export function clearRest({ state, core }: Machine, register: number, written: number): void {
  const end = Math.max(core.hypervisor.vectorBytes, V_BYTES);
  const base = register * Z_BYTES;
  if (written < end) state.z.fill(0, base + written, base + end);
}

/**
 * Loads a vector register, or its lower part.
 *
 * @param bytes 1, 2, 4, 8 or 16
 * @param alignment what the address has to be a multiple of where accesses have to be aligned
 */
export function loadVector(
  machine: Machine,
  low: number,
  high: number,
  register: number,
  bytes: number,
  alignment: number,
): Answer {
  const view = bytes < 4 ? undefined : readView(machine, low, high, bytes, alignment);
  if (view === undefined) {
    const answer = loadBytes(
      machine,
      low,
      high,
      machine.state.z,
      register * Z_BYTES,
      bytes,
      bytes,
      alignment,
    );
    if (answer === NEXT) clearRest(machine, register, bytes);
    return answer;
  }
  const { z } = machine;
  const at = register * Z_WORDS;
  const offset = low & IN_PAGE;
  z[at] = view.getInt32(offset, true);
  z[at + 1] = bytes > 4 ? view.getInt32(offset + 4, true) : 0;
  z[at + 2] = bytes > 8 ? view.getInt32(offset + 8, true) : 0;
  z[at + 3] = bytes > 8 ? view.getInt32(offset + 12, true) : 0;
  if (machine.core.hypervisor.vectorBytes > V_BYTES) clearRest(machine, register, V_BYTES);
  return NEXT;
}

/** Stores a vector register's lower bytes. */
export function storeVector(
  machine: Machine,
  low: number,
  high: number,
  register: number,
  bytes: number,
  alignment: number,
): Answer {
  const view = bytes < 4 ? undefined : writeView(machine, low, high, bytes, alignment);
  if (view === undefined)
    return storeBytes(machine, low, high, machine.state.z, register * Z_BYTES, bytes, bytes, alignment);
  const { z } = machine;
  const at = register * Z_WORDS;
  const offset = low & IN_PAGE;
  view.setInt32(offset, z[at] ?? 0, true);
  if (bytes > 4) view.setInt32(offset + 4, z[at + 1] ?? 0, true);
  if (bytes > 8) {
    view.setInt32(offset + 8, z[at + 2] ?? 0, true);
    view.setInt32(offset + 12, z[at + 3] ?? 0, true);
  }
  return NEXT;
}
