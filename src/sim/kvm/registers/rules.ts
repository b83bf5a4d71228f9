/** What differs between kernels in ONE_REG, row by row. */

import { compareVersions, type KernelRange, seriesOf } from "../../../tables/index.ts";
import { once } from "../../../tables/load.ts";
import { type Rule, ruleFor } from "../../rules/kernel.ts";
import rulesText from "../data/rules-registers.json?raw";
import type { Kvm } from "../machine.ts";

export const registerRules = once((): readonly Rule<unknown>[] => {
  const file: { readonly rules: readonly Rule<unknown>[] } = JSON.parse(rulesText);
  return file.rules;
});

/** @throws where no row has that name */
export function registerRule<T>(kvm: Kvm, name: string): T {
  return ruleFor(registerRules() as readonly Rule<T>[], name, kvm.profile.kernel.version);
}

/**
 * Whether a row counts for a kernel. Bounds are series, or stable releases where a change came in the middle of one.
 *
 * @param version `6.13.11`
 */
export function covers({ since, until }: KernelRange, version: string): boolean {
  const order = (bound: string): number =>
    compareVersions(bound === seriesOf(bound) ? seriesOf(version) : version, bound);
  return (since === undefined || order(since) >= 0) && (until === undefined || order(until) <= 0);
}
