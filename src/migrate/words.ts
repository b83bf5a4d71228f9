/** Numbers and registers as facts name them. */
import { describeOneReg } from "../tables/index.ts";

/** `0x1f`. */
export const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** A register by its ONE_REG id: its name in the tables, else the id. */
export const nameOf = (id: bigint): string => describeOneReg(id)?.name ?? hex(id);

/** Each text once, in the order in which it comes first. */
export const distinct = (texts: readonly string[]): readonly string[] => [...new Set(texts)];
