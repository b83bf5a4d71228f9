/** Instruction fetch: the page of code at the program counter. */
import type { Machine } from "./execute/machine.ts";
import { PAGE_BITS, type PhysicalPage, pageOf } from "./execute/space.ts";
import { FAULT, type StageTwoFault, translateWith } from "./execute/translate.ts";
import { readPc } from "./state.ts";

export type Fetched =
  | { readonly page: PhysicalPage; readonly guarded: boolean }
  /** `code`: IFSC. */
  | { readonly kind: "abort"; readonly code: number; readonly stageTwo?: StageTwoFault }
  | { readonly kind: "lacks"; readonly what: string };

/** Where no memory is, KVM gives the guest a synchronous external abort (`kvm_handle_guest_abort`). */
export function fetchPage(machine: Machine): Fetched {
  const { context } = machine;
  const found = translateWith(machine.core, context, {
    address: readPc(machine.state),
    kind: "fetch",
    el: context.el,
    pan: false,
  });
  if (found.kind === "fault") return { ...found, kind: "abort" };
  if (found.kind === "lacks") return found;
  const page = pageOf(machine.space, Number(found.physical >> BigInt(PAGE_BITS)));
  return page === undefined ? { kind: "abort", code: FAULT.external } : { page, guarded: found.guarded };
}
