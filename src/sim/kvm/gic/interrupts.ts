/** Interrupt numbers, and who has one for itself. */
import { type Answer, done, fails } from "../answer.ts";
import type { Vcpu, Vm } from "../machine.ts";
import { gicOf } from "../objects.ts";

/** Software generated interrupts are below, private peripheral ones from here on. */
const FIRST_PPI = 16;
/** Shared peripheral interrupts. */
export const FIRST_SPI = 32;
const LAST_SPI = 1019;

export const isPpi = (intid: number): boolean => intid >= FIRST_PPI && intid < FIRST_SPI;
export const isSpi = (intid: number): boolean => intid >= FIRST_SPI && intid <= LAST_SPI;

/** vgic_valid_spi: one that the VM's GIC has. */
export const hasSpi = (vm: Vm, intid: number): boolean =>
  intid >= FIRST_SPI && intid < FIRST_SPI + (gicOf(vm)?.spis ?? 0);

/**
 * Gives an interrupt to one part of the vCPU alone (kvm_vgic_set_owner).
 *
 * @param owner its name; a shared interrupt's should name the vCPU too
 */
export function ownInterrupt(vcpu: Vcpu, intid: number, owner: string): Answer<undefined> {
  const gic = gicOf(vcpu.vm);
  if (gic?.initialised !== true) return fails("EAGAIN");
  if (!isPpi(intid) && !hasSpi(vcpu.vm, intid)) return fails("EINVAL");
  const key = isPpi(intid) ? `${vcpu.index}, ${intid}` : `0, ${intid}`;
  const held = gic.owners.get(key);
  if (held !== undefined && held !== owner) return fails("EEXIST");
  gic.owners.set(key, owner);
  return done;
}
