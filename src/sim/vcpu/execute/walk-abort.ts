/** What KVM makes of a stage-1 table that lies where no memory is. */
import { type Rule, ruleFor } from "../../rules/kernel.ts";
import { perGeneration } from "../system/facts.ts";
import type { Core } from "../world.ts";
import text from "./data/aborts.json?raw";

let rows: readonly Rule<boolean>[] | undefined;

const saysLevel = perGeneration(({ guest }) => {
  rows ??= (JSON.parse(text) as { readonly rules: readonly Rule<boolean>[] }).rules;
  return ruleFor(rows, "walk-abort-level", guest.profile.kernel.version);
});

const EXTERNAL = 0x10;
const EXTERNAL_ON_WALK = 0x14;

/** Status code of the abort; KVM's own, since it is KVM that gives it to the guest. */
export const walkAbort = (core: Core, level: number): number =>
  saysLevel(core) ? EXTERNAL_ON_WALK + level : EXTERNAL;
