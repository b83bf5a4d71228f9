/** Register numbers of encodings as indices of the register file (`state.x`). */
import { SINK, SP, ZERO } from "../state.ts";

/** A source: 31 reads zero. */
export const source = (n: number): number => (n === 31 ? ZERO : n);

/** A destination: 31 goes nowhere. */
export const target = (d: number): number => (d === 31 ? SINK : d);

/** Source or destination: 31 is the stack pointer. */
export const orStack = (n: number): number => (n === 31 ? SP : n);

/** @param width bits of the field, 1 to 31 */
export const signed = (value: number, width: number): number => (value << (32 - width)) >> (32 - width);
