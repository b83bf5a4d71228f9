/** Vector registers as loads and stores of single registers and pairs see them. */
import { Z_BYTES } from "../state.ts";
import type { Machine } from "./machine.ts";

const V_BYTES = 16;

/** Zero above the bytes that a load has written. */
export function clearRest({ state, core }: Machine, register: number, written: number): void {
  const end = Math.max(core.hypervisor.vectorBytes, V_BYTES);
  const base = register * Z_BYTES;
  if (written < end) state.z.fill(0, base + written, base + end);
}
