/** What a VMM adds to KVM's own rules when it restores a vCPU; `data/vmms.json`. */
import type { OneRegClass } from "../tables/index.ts";
import { once } from "../tables/load.ts";
import text from "./data/vmms.json?raw";

/** How a VMM compares the source's list of registers with the destination's before it sets anything. */
interface ListRule {
  /** Whether the source's may be the longer one. */
  readonly longer: boolean;
  /**
   * Whether registers are looked at that come behind the destination's last one. QEMU's loop (cpu_post_load) ended with the
   * destination's list.
   */
  readonly tail: boolean;
  /** Registers that the destination may lack; with `value`, only where they hold that. */
  readonly tolerates: readonly { readonly register: string; readonly value?: string }[];
}

export interface Vmm {
  /** The word of `--vmm`. */
  readonly name: string;
  readonly title: string;
  /** In which order it sets registers: KVM's, or by number, and then those that go beside the list. */
  readonly order: "list" | "number";
  /** Absent: it compares nothing. */
  readonly list?: ListRule;
  /** Classes of registers that it carries in another way than by the list. */
  readonly otherwise: readonly OneRegClass[];
  /** Key into `sources.json`. */
  readonly source: string;
}

/** In the order in which they are offered; the first is what holds where none is named. */
export const vmms = once((): readonly Vmm[] => {
  const file: { readonly vmms: readonly Vmm[] } = JSON.parse(text);
  return file.vmms;
});

/** By name; undefined: there is none of that name. */
export const vmm = (name: string): Vmm | undefined => vmms().find((row) => row.name === name);
