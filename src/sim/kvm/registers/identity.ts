/** ID registers: what they hold, and what KVM_SET_ONE_REG makes of a value (set_id_reg, arm64_check_features). */
import { judgeField, judgeFieldByRule, writableMask } from "../../../hosts/field.ts";
import type { Configuration, HostProfile, Sweep } from "../../../hosts/profile.ts";
import { setRule } from "../../../hosts/set-rules.ts";
import { fieldMask, fieldOf, type IdRegister, idRegisterById } from "../../../tables/index.ts";
import { type Answer, done, type Errno, fails, ok } from "../answer.ts";
import type { Vm } from "../machine.ts";
import { behaviourOf } from "./behaviour.ts";
import { configurationOfVm } from "./configuration.ts";
import { registersOf } from "./listed.ts";
import { registerRule } from "./rules.ts";

/** As KVM first shows it; a register of the ID space that is not listed reads zero. */
export function freshIdentity(vm: Vm, id: bigint): bigint {
  return registersOf(vm).get(id) ?? 0n;
}

export const heldIdentity = (vm: Vm, id: bigint): bigint => vm.registers.get(id) ?? freshIdentity(vm, id);

const letters: Readonly<Record<string, Errno>> = { I: "EINVAL", N: "ENOENT", B: "EBUSY", P: "EPERM" };
const ACCEPTED = ".";
const ALTERED = "x";

const nibbles = Array.from({ length: 16 }, (_, n) => BigInt(4 * n));

/** The sweep's answer to a value where nothing but one nibble changes; undefined: more changes, or there is no sweep. */
function letterOf(sweep: Sweep | undefined, fresh: bigint, value: bigint): string | undefined {
  const changed = nibbles.filter((at) => ((fresh ^ value) & (0xfn << at)) !== 0n);
  const [only, ...more] = changed;
  if (only === undefined || more.length > 0) return undefined;
  return sweep?.[Number(only) / 4]?.charAt(Number((value >> only) & 0xfn));
}

interface Judged {
  readonly errno?: Errno;
  /** Bits that KVM takes and keeps as 0. */
  readonly dropped: bigint;
}

const refused = (errno: Errno): Judged => ({ errno, dropped: 0n });
const taken: Judged = { dropped: 0n };

function judgeOne(
  profile: HostProfile,
  configuration: Configuration,
  register: IdRegister,
  fresh: bigint,
  value: bigint,
  name: string,
  mask: bigint,
): Judged {
  const sweep = configuration.sweeps.get(register.id);
  const letter = letterOf(sweep, fresh, (fresh & ~mask) | (value & mask));
  if (letter === ACCEPTED) return taken;
  if (letter === ALTERED) return { dropped: mask };
  if (letter !== undefined) return refused(letters[letter] ?? "EINVAL");
  const of = register.fields.find((one) => one.name === name);
  if (of === undefined) return refused("EINVAL");
  const judge = sweep === undefined ? judgeFieldByRule : judgeField;
  const { accepted } = judge(profile, configuration, register.name, name, fieldOf(value, of));
  return accepted ? taken : refused("EINVAL");
}

/** What KVM refuses itself, whatever the register holds: in a set function of its own, before it looks at anything else. */
function isRefusedAnyway(vm: Vm, register: IdRegister, value: bigint): boolean {
  const { profile } = vm.kvm;
  const own = behaviourOf(profile, register.id).refuses ?? [];
  return register.fields.some((of) => {
    const held = Number(fieldOf(value, of));
    const rule = setRule(profile, configurationOfVm(vm), register, of.name);
    return (
      rule?.refuses.includes(held) === true ||
      own.some(({ field, values }) => field === of.name && values.includes(held))
    );
  });
}

/** Each field by itself against the fresh value: KVM's limits are the host's, not what was written last. */
function judge(vm: Vm, register: IdRegister, value: bigint): Judged {
  const { profile } = vm.kvm;
  const configuration = configurationOfVm(vm);
  const fresh = freshIdentity(vm, register.id);
  let others = fresh ^ value;
  let dropped = 0n;
  for (const of of register.fields) {
    const mask = fieldMask(of);
    if (((fresh ^ value) & mask) === 0n) continue;
    others &= ~mask;
    const one = judgeOne(profile, configuration, register, fresh, value, of.name, mask);
    if (one.errno !== undefined) return one;
    dropped |= one.dropped;
  }
  for (const at of nibbles) {
    const mask = others & (0xfn << at);
    if (mask === 0n) continue;
    const letter = letterOf(configuration.sweeps.get(register.id), fresh, fresh ^ mask) ?? "I";
    if (letter === ALTERED) dropped |= mask;
    else if (letter !== ACCEPTED) return refused(letters[letter] ?? "EINVAL");
  }
  return { dropped };
}

/** A register of the ID space that the tables do not know has no field. */
const rowOf = (id: bigint): IdRegister =>
  idRegisterById(id) ?? {
    name: "",
    kind: "aarch64-id",
    op0: 3,
    op1: 0,
    crn: 0,
    crm: 0,
    op2: 0,
    id,
    fields: [],
    contract: false,
    source: "",
  };

export function setIdentity(vm: Vm, id: bigint, value: bigint): Answer<undefined> {
  const register = rowOf(id);
  const judged = judge(vm, register, value);
  const kept = value & ~judged.dropped;
  const freeze = registerRule<Errno | null>(vm.kvm, "identity.after-first-run");
  if (vm.ran && freeze !== null) {
    if (isRefusedAnyway(vm, register, kept)) return fails(judged.errno ?? "EINVAL");
    return kept === heldIdentity(vm, id) ? done : fails(freeze);
  }
  if (judged.errno !== undefined) return fails(judged.errno);
  vm.registers.set(id, kept);
  return done;
}

/** KVM_CAP_ARM_WRITABLE_IMP_ID_REGS. */
const WRITABLE_IDENTITY = 239;

/** MIDR_EL1, REVIDR_EL1 and AIDR_EL1 (set_imp_id_reg): what they are, unless the capability opens them. */
export function setImplementation(vm: Vm, id: bigint, value: bigint): Answer<undefined> {
  if (value === heldIdentity(vm, id)) return done;
  if (!vm.enabled.has(WRITABLE_IDENTITY)) return fails("EINVAL");
  if (vm.ran) return fails("EBUSY");
  const { mask } = writableMask(vm.kvm.profile, configurationOfVm(vm), rowOf(id));
  if ((value & ~mask) !== 0n) return fails("EINVAL");
  vm.registers.set(id, value);
  return ok(undefined);
}
