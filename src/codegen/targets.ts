/** Every target. A new one is a folder beside these and a row here. */
import { cHeader } from "./c-header/target.ts";
import { oneReg } from "./one-reg/target.ts";
import { qemu } from "./qemu/target.ts";
import type { Target } from "./target.ts";

export const targets: readonly Target[] = [oneReg, cHeader, qemu];

export function findTarget(name: string): Target | undefined {
  return targets.find((target) => target.name === name);
}
