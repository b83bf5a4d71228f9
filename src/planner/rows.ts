/** What every part of the planner asks of the tables. */
import { compareVersions, ioctl as findIoctl } from "../tables/index.ts";

/** A row that the tables must have; its absence is a fault of the tables, which their tests would find. */
export function row<T>(found: T | undefined, what: string): T {
  if (found === undefined) throw new Error(`the tables lack ${what}`);
  return found;
}

/** An ioctl by name, with its number. */
export const ioctlOf = (name: string): { name: string; nr: number } => {
  const found = row(findIoctl(name), name);
  return { name: found.name, nr: found.nr };
};

/** 6.1 is the oldest kernel that guestc describes, so an older `since` says nothing. */
export const sinceOf = (version: string): string | null =>
  compareVersions(version, "6.1") <= 0 ? null : version;

/** Every bit of a 64-bit register. */
export const all64 = (1n << 64n) - 1n;
