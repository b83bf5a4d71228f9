/** The vCPU features of a CPU template's guests, which Firecracker puts into KVM_ARM_VCPU_INIT. */
import { commonVcpuFeatures, vcpuFeatures } from "../../tables/index.ts";
import { supportsVcpuFeature } from "../facilities.ts";
import type { HostProfile } from "../profile.ts";
import type { FeatureWord } from "./firecracker-json.ts";
import { inputsTable } from "./table.ts";
import { apply, type Refusal } from "./template-write.ts";

interface Wanted {
  readonly names: readonly string[];
  readonly refusals: readonly Refusal[];
}

/** The vCPU features of the template's guests, and those that Firecracker or KVM refuses. */
export function templateFeatures(profile: HostProfile, words: readonly FeatureWord[]): Wanted {
  const rows = vcpuFeatures();
  const { ofEvery } = commonVcpuFeatures();
  const asked = new Map<number, bigint>();
  for (const { name, index } of rows) {
    if (!ofEvery.has(name)) continue;
    const word = Math.floor(index / 32);
    asked.set(word, (asked.get(word) ?? 0n) | (1n << BigInt(index % 32)));
  }
  const refusals: Refusal[] = [];
  for (const word of words) asked.set(word.index, apply(asked.get(word.index) ?? 0n, word));
  const pointerOf = (index: number): string =>
    `${words.findLast((word) => word.index === Math.floor(index / 32))?.pointer ?? ""}/bitmap`;
  const names: string[] = [];
  for (const [word, bits] of asked)
    for (let bit = 0; bit < 32; bit++) {
      if (((bits >> BigInt(bit)) & 1n) === 0n) continue;
      const index = word * 32 + bit;
      const name = rows.find((row) => row.index === index)?.name;
      const pointer = pointerOf(index);
      if (name === undefined) {
        refusals.push({
          pointer,
          message: `there is no vCPU feature ${index}: KVM_ARM_VCPU_INIT answers ENOENT`,
        });
        continue;
      }
      names.push(name);
      const unfit = inputsTable().templateRefusals.find(({ feature }) => feature === name);
      if (unfit !== undefined) {
        refusals.push({
          pointer,
          message: `${name} is asked for, which Firecracker refuses: ${unfit.why}`,
        });
        continue;
      }
      const answer = ofEvery.has(name) ? undefined : supportsVcpuFeature(profile, name);
      if (answer?.value === false)
        refusals.push({
          pointer,
          message: `${name} is asked for, and the host does not have it: ${answer.fact}`,
        });
    }
  for (const { name, index } of rows)
    if (ofEvery.has(name) && !names.includes(name))
      refusals.push({
        pointer: pointerOf(index),
        message: `${name} is taken away; what a guest without it is shown, guestc does not know`,
      });
  return { names, refusals };
}
