/** Descriptors of translation tables in guest-physical memory. */
import type { Core } from "../world.ts";
import { noteWrite, PAGE_BYTES, pageOf, spaceOf } from "./space.ts";

const PAGE = BigInt(PAGE_BYTES);
const BYTES = 8;

/** 8 bytes of a table; undefined: no memory there. */
export function readDescriptor(core: Core, address: bigint, bigEndian: boolean): bigint | undefined {
  const page = pageOf(spaceOf(core.memory), Number(address / PAGE));
  return page?.view.getBigUint64(Number(address % PAGE), !bigEndian);
}

/** What hardware changes of a descriptor: the access flag, and the dirty state. */
export function writeDescriptor(core: Core, address: bigint, value: bigint, bigEndian: boolean): void {
  const page = pageOf(spaceOf(core.memory), Number(address / PAGE));
  if (page === undefined || page.readOnly) return;
  const offset = Number(address % PAGE);
  page.view.setBigUint64(offset, value, !bigEndian);
  noteWrite(page, offset, BYTES);
}
