/** What differs between kernels in ONE_REG, row by row. */
import { once } from "../../../tables/load.ts";
import rulesText from "../data/rules-registers.json?raw";
import type { Kvm } from "../machine.ts";
import { type Rule, ruleFor } from "../rules.ts";

export const registerRules = once((): readonly Rule<unknown>[] => {
  const file: { readonly rules: readonly Rule<unknown>[] } = JSON.parse(rulesText);
  return file.rules;
});

/** @throws where no row has that name */
export function registerRule<T>(kvm: Kvm, name: string): T {
  return ruleFor(registerRules() as readonly Rule<T>[], name, kvm.profile.kernel.version);
}
