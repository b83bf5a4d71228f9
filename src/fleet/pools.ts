/** A fleet without a common guest as pools that have one each. */
import type { Fleet } from "./classes.ts";
import { leastToLeaveOut } from "./least.ts";

/**
 * Pools of hosts that have a common guest: the largest that there is, then the largest of the rest, and so on.
 *
 * @param within the fields that need a common value, `REGISTER.FIELD`; all where it is absent
 * @param most how many are looked for; hosts that are in none of them are left out
 */
export function poolsOf(fleet: Fleet, within?: ReadonlySet<string>, most = 8): readonly Fleet[] {
  const pools: Fleet[] = [];
  let rest = fleet;
  while (rest.length > 0 && pools.length < most) {
    const left = new Set(leastToLeaveOut(rest, within).map(({ id }) => id));
    pools.push(rest.filter(({ id }) => !left.has(id)));
    rest = rest.filter(({ id }) => left.has(id));
  }
  return pools;
}
