/**
 * KVM as a host profile recorded it: takes or refuses KVM_SET_ONE_REG nibble by nibble, as the sweep says, with
 * nothing of `judge.ts`. A register that nobody swept takes what it shows and nothing else is known of it.
 */
import type { Configuration } from "../../src/hosts/profile.ts";
import type { Operation, Plan } from "../../src/planner/plan.ts";

/** KVM_REG_ARM_FW: PSCI version and workaround levels. They have an order of their own, no sweep by nibble. */
const isFirmware = (id: bigint): boolean => (id >> 16n) % 0x1000n === 0x14n;

/** op0 3, op1 0, CRn 0, CRm 0 to 7: KVM keeps them all, reading zero where it knows nothing. */
const isIdRegister = (id: bigint): boolean => id >= 0x6030_0000_0013_c000n && id <= 0x6030_0000_0013_c03fn;

export interface Outcome {
  /** What KVM answered otherwise than with success, in words. */
  readonly refused: readonly string[];
  /** Changes of which the recording says nothing. */
  readonly unknown: readonly string[];
  readonly made: number;
}

export function play(plan: Plan, configuration: Configuration): Outcome {
  const refused: string[] = [];
  const unknown: string[] = [];
  const registers = new Map<bigint, bigint | undefined>();
  for (const [id, value] of configuration.registers) registers.set(id, value ?? undefined);
  let made = 0;

  const current = (id: bigint): bigint | undefined =>
    registers.get(id) ?? (isIdRegister(id) ? 0n : undefined);
  const listed = (id: bigint): boolean => registers.has(id) || isIdRegister(id);

  const set = (operation: Extract<Operation, { kind: "set-register" }>): void => {
    const { id, name, mask, value } = operation;
    if (!listed(id)) {
      if (!operation.absentIsFine) refused.push(`${name}: ENOENT`);
      return;
    }
    const before = current(id);
    if (before === undefined) {
      unknown.push(`${name}: its value was not kept`);
      return;
    }
    const after = (before & ~mask) | value;
    if (isFirmware(id)) {
      const enough =
        name === "KVM_REG_ARM_PSCI_VERSION" ? after <= before : (after & 0xfn) <= (before & 0xfn);
      if (!enough) refused.push(`${name}: EINVAL`);
      if (name === "KVM_REG_ARM_PSCI_VERSION") registers.set(id, after);
      return;
    }
    const sweep = configuration.sweeps.get(id);
    let kept = after;
    for (let nibble = 0n; nibble < 16n; nibble++) {
      const to = Number((after >> (nibble * 4n)) & 0xfn);
      if (to === Number((before >> (nibble * 4n)) & 0xfn)) continue;
      const answer = sweep?.[Number(nibble)]?.charAt(to);
      if (answer === undefined) {
        const mask = configuration.writable?.get(id);
        const what = `${name} bits ${nibble * 4n + 3n}:${nibble * 4n} to ${to}`;
        if (mask !== undefined && (mask >> (nibble * 4n)) % 16n === 0n) refused.push(`${what}: not writable`);
        else unknown.push(what);
      } else if (answer === "x")
        kept = (kept & ~(0xfn << (nibble * 4n))) | (before & (0xfn << (nibble * 4n)));
      else if (answer !== ".")
        refused.push(`${name} bits ${nibble * 4n + 3n}:${nibble * 4n} to ${to}: ${answer}`);
    }
    registers.set(id, kept);
  };

  for (const operation of plan.operations) {
    made++;
    if (operation.kind === "set-register" && operation.bits === 64) set(operation);
    if (operation.kind === "verify-register" && operation.bits === 64) {
      const found = current(operation.id);
      if (found === undefined) {
        if (!operation.absentIsFine && !listed(operation.id))
          refused.push(`${operation.name}: nothing to verify`);
        continue;
      }
      const seen = found & operation.mask;
      const holds = operation.compare === "equal" ? seen === operation.value : seen >= operation.value;
      if (!holds)
        refused.push(
          `${operation.name}: reads 0x${seen.toString(16)}, not 0x${operation.value.toString(16)}`,
        );
    }
  }
  return { refused, unknown, made };
}
