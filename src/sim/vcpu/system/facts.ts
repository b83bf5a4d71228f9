/** What the machine below the guest has, remembered as long as it stays the same. */
import { type Expr, evaluate } from "../../../tables/index.ts";
import type { Core, Hypervisor } from "../world.ts";

/** Something worked out from a guest, valid until the hypervisor's generation changes. */
export function perGeneration<T>(compute: (hypervisor: Hypervisor) => T): (core: Core) => T {
  const kept = new WeakMap<Hypervisor, { readonly generation: number; readonly value: T }>();
  return ({ hypervisor }) => {
    const found = kept.get(hypervisor);
    if (found?.generation === hypervisor.generation) return found.value;
    const value = compute(hypervisor);
    kept.set(hypervisor, { generation: hypervisor.generation, value });
    return value;
  };
}

const featuresOf = perGeneration((): Map<string, boolean> => new Map());

/** Whether the CPU has a feature, whatever the guest is told; what nobody knows of it counts as absent. */
export function cpuHas(core: Core, feature: string): boolean {
  const known = featuresOf(core);
  const found = known.get(feature);
  if (found !== undefined) return found;
  const value = core.hypervisor.guest.host.feature(feature) === true;
  known.set(feature, value);
  return value;
}

/** Whether an expression holds for the CPU; what nobody knows counts as absent. */
export const cpuFits = (hypervisor: Hypervisor, expr: Expr): boolean =>
  evaluate(expr, hypervisor.guest.host) === true;

/** Whether an expression holds for what the guest's ID registers say. */
export const guestFits = (hypervisor: Hypervisor, expr: Expr): boolean =>
  evaluate(expr, hypervisor.guest.view) === true;
