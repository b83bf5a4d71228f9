/** What a VMM adds to KVM's own rules when it restores a vCPU; `data/vmms.json`. */
import type { OneRegClass } from "../tables/index.ts";
import text from "./data/vmms.json?raw";

export interface Vmm {
  /** The word of `--vmm`. */
  readonly name: string;
  readonly title: string;
  /**
   * What it asks of the two register lists before it sets anything. `contained`: the source's may not be longer, nor hold
   * a register that the destination's lacks (QEMU: target/arm/machine.c, the length of `cpreg_vmstate_indexes` and
   * cpu_post_load).
   */
  readonly list: "any" | "contained";
  /** Classes of registers that it carries in another way than by the list. */
  readonly otherwise: readonly OneRegClass[];
  /** Key into `sources.json`. */
  readonly source: string;
}

let rows: readonly Vmm[] | undefined;

/** In the order in which they are offered; the first is what holds where none is named. */
export function vmms(): readonly Vmm[] {
  if (rows === undefined) {
    const file: { readonly vmms: readonly Vmm[] } = JSON.parse(text);
    rows = file.vmms;
  }
  return rows;
}

/** By name; undefined: there is none of that name. */
export const vmm = (name: string): Vmm | undefined => vmms().find((row) => row.name === name);
