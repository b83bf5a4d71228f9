/** Whether a host lets an ID register field hold a value, and what says so. */
import {
  compareFieldValues,
  compareVersions,
  type Field,
  fieldMask,
  fieldOf,
  field as findField,
  type IdRegister,
  idRegister,
  kernelRulesFor,
} from "../tables/index.ts";
import { hex, hexId } from "./answer.ts";
import { valueBy } from "./origin.ts";
import type { Configuration, HostProfile, Verdict } from "./profile.ts";
import { type SetRule, setRule } from "./set-rules.ts";

const errnoOf: Readonly<Record<string, string>> = { I: "EINVAL", N: "ENOENT", B: "EBUSY", P: "EPERM" };

/** op0 3, op1 0, CRn 0, CRm 1 to 7: what KVM allocates whole, reading zero where it knows nothing. */
function inFeatureIdSpace(register: IdRegister): boolean {
  return (
    register.op0 === 3 && register.op1 === 0 && register.crn === 0 && register.crm >= 1 && register.crm <= 7
  );
}

/** A register as KVM first shows it. */
export interface Shown {
  /** undefined: the host lacks the register, or its value was not kept. */
  readonly value: bigint | undefined;
  readonly missing: boolean;
  readonly by: "reading" | "rule";
  readonly fact: string;
}

export function shownRegister(
  profile: HostProfile,
  configuration: Configuration,
  register: IdRegister,
): Shown {
  const { name, id } = register;
  const where = `configuration \`${configuration.name}\``;
  const value = configuration.registers.get(id);
  const by = valueBy(profile, configuration, id);
  if (value === null)
    return { value: undefined, missing: false, by, fact: `the profile keeps no value of ${name}` };
  if (value !== undefined) {
    const fact =
      by === "reading"
        ? `KVM_GET_ONE_REG read ${hex(value, 16)} from ${name} in ${where}`
        : `guestc's tables derive ${hex(value, 16)} for ${name} on ${profile.cpu.name} with linux ${profile.kernel.version}`;
    return { value, missing: false, by, fact };
  }
  if (inFeatureIdSpace(register)) {
    return {
      value: 0n,
      missing: false,
      by,
      fact: `${name} is not in the register list of ${where} and reads as zero`,
    };
  }
  const fact = `${name} (${hexId(id)}) is not in the register list of ${where}: KVM_SET_ONE_REG answers ENOENT`;
  return { value: undefined, missing: true, by, fact };
}

/**
 * Whether KVM_SET_ONE_REG before the first run takes `value` in a field while the register's other fields
 * keep what KVM shows. `accepted` means that the field then reads back as written; `by` says whether this
 * host said so itself.
 *
 * @param register name as in the tables, e.g. `ID_AA64PFR0_EL1`
 * @param field name as in the tables, e.g. `EL0`
 * @param value unsigned value of the field
 */
export function judgeField(
  profile: HostProfile,
  configuration: Configuration,
  register: string,
  field: string,
  value: bigint,
): Verdict {
  const known = lookUp(register, field, value);
  if ("accepted" in known) return known;
  return judge(configuration, known, factsOf(profile, configuration, known), value);
}

/** As `judgeField`, without the host's sweeps: what its reading, its masks and the kernel's rules make of it. */
export function judgeFieldByRule(
  profile: HostProfile,
  configuration: Configuration,
  register: string,
  field: string,
  value: bigint,
): Verdict {
  const known = lookUp(register, field, value);
  if ("accepted" in known) return known;
  const { shown, rule } = factsOf(profile, configuration, known);
  return judgeByReading(known, shown, value) ?? judgeByMaskAndKind(rule(), known, shown, value);
}

/** The values of a field of at most 8 bits that the host accepts, ascending; undefined for wider ones. */
export function acceptedValues(
  profile: HostProfile,
  configuration: Configuration,
  register: string,
  field: string,
): readonly bigint[] | undefined {
  const known = lookUp(register, field, 0n);
  if ("accepted" in known || known.field.width > 8) return undefined;
  // What does not depend on the value is looked up once: a fleet asks for every value of every field.
  const facts = factsOf(profile, configuration, known);
  const values = Array.from({ length: 1 << known.field.width }, (_, value) => BigInt(value));
  return values.filter((value) => judge(configuration, known, facts, value).accepted);
}

interface Known {
  readonly register: IdRegister;
  readonly field: Field;
  /** `REGISTER.FIELD`. */
  readonly name: string;
}

function lookUp(register: string, field: string, value: bigint): Known | Verdict {
  const row = idRegister(register);
  const fieldRow = findField(register, field);
  const name = `${register}.${field}`;
  const refuse = (fact: string): Verdict => ({ accepted: false, by: "rule", fact, shown: undefined });
  if (row === undefined || fieldRow === undefined) return refuse(`guestc's tables know no field ${name}`);
  if (value < 0n || value >> BigInt(fieldRow.width) !== 0n) {
    return refuse(`${name} has ${fieldRow.width} bits, too few for ${hex(value)}`);
  }
  return { register: row, field: fieldRow, name };
}

/** What holds for all values of a field. */
interface FieldFacts {
  readonly shown: Shown;
  /** Computed when it is first asked for. */
  readonly rule: () => FieldRule;
}

function factsOf(profile: HostProfile, configuration: Configuration, known: Known): FieldFacts {
  let rule: FieldRule | undefined;
  return {
    shown: shownRegister(profile, configuration, known.register),
    rule: () => {
      rule ??= fieldRule(profile, configuration, known);
      return rule;
    },
  };
}

function judge(
  configuration: Configuration,
  known: Known,
  { shown, rule }: FieldFacts,
  value: bigint,
): Verdict {
  return (
    judgeByReading(known, shown, value) ??
    judgeBySweep(configuration, known, shown, value) ??
    judgeByMaskAndKind(rule(), known, shown, value)
  );
}

function judgeByReading({ field, name }: Known, shown: Shown, value: bigint): Verdict | undefined {
  if (shown.missing) return { accepted: false, by: shown.by, fact: shown.fact, shown: undefined };
  if (shown.value === undefined) return undefined;
  const present = fieldOf(shown.value, field);
  if (present !== value) return undefined;
  return {
    accepted: true,
    by: shown.by,
    fact: `${name} is ${hex(value)} already: ${shown.fact}`,
    shown: present,
  };
}

function judgeBySweep(
  configuration: Configuration,
  { register, field, name }: Known,
  shown: Shown,
  value: bigint,
): Verdict | undefined {
  const sweep = configuration.sweeps.get(register.id);
  if (sweep === undefined || shown.value === undefined) return undefined;
  const wanted = (shown.value & ~fieldMask(field)) | (value << BigInt(field.lsb));
  const changed: { answer: string; nibble: number; to: number }[] = [];
  for (let nibble = field.lsb >> 2; nibble <= (field.lsb + field.width - 1) >> 2; nibble++) {
    const to = Number((wanted >> BigInt(nibble * 4)) & 0xfn);
    if (to === Number((shown.value >> BigInt(nibble * 4)) & 0xfn)) continue;
    changed.push({ answer: sweep[nibble]?.charAt(to) ?? "I", nibble, to });
  }
  const present = fieldOf(shown.value, field);
  const where = `when this host was swept (configuration \`${configuration.name}\`)`;
  const [first] = changed;
  if (first === undefined) return undefined;
  if (changed.length > 1) {
    // The sweep moved one nibble at a time. Refused apart says nothing about together, where values order.
    if (!changed.every(({ answer }) => answer === ".")) return undefined;
    const fact = `KVM_SET_ONE_REG accepted each nibble of ${name} = ${hex(value)} by itself ${where}`;
    return { accepted: true, by: "sweep", fact, shown: present };
  }
  if (first.answer === ".") {
    const fact = `KVM_SET_ONE_REG accepted ${name} = ${hex(value)} ${where}`;
    return { accepted: true, by: "sweep", fact, shown: present };
  }
  const fact =
    first.answer === "x"
      ? `KVM_SET_ONE_REG took ${name} = ${hex(value)}, but the register did not read back so, ${where}`
      : `KVM_SET_ONE_REG answered ${errnoOf[first.answer] ?? "an error"} for ${name} = ${hex(value)} ${where}`;
  return { accepted: false, by: "sweep", fact, shown: present };
}

/** The writable mask that holds for a register, and who says so: a profile without masks has those of its kernel. */
export function writableMask(
  profile: HostProfile,
  configuration: Configuration,
  register: IdRegister,
): { readonly mask: bigint; readonly recorded: boolean; readonly source: string } {
  if (configuration.writable !== undefined && profile.origin === "recorded") {
    const mask = configuration.writable.get(register.id) ?? 0n;
    return { mask, recorded: true, source: "KVM_ARM_GET_REG_WRITABLE_MASKS of this host" };
  }
  const rules = kernelRulesFor(profile.kernel.version);
  const mask = configuration.writable?.get(register.id) ?? rules?.writable[register.name] ?? 0n;
  const source =
    rules === undefined
      ? `no table row for linux ${profile.kernel.version}`
      : `the table row for linux ${rules.series} (${rules.basis}, ${rules.source})`;
  return { mask, recorded: false, source };
}

/** What the writable mask, the kernel's table and its set rules say of a field. */
interface FieldRule {
  readonly mask: bigint;
  readonly recorded: boolean;
  readonly source: string;
  readonly rule: SetRule | undefined;
  /** Which values pass, in the kernel's words. */
  readonly kind: SetRule["kind"];
  /** The field as the kernel orders its values. */
  readonly ordered: Field;
  /** Kernel and sources in words. */
  readonly table: string;
}

function fieldRule(
  profile: HostProfile,
  configuration: Configuration,
  { register, field, name }: Known,
): FieldRule {
  const { version } = profile.kernel;
  const rule = setRule(profile, configuration, register, field.name);
  const declared = field.declared !== undefined && compareVersions(version, field.declared) >= 0;
  return {
    ...writableMask(profile, configuration, register),
    rule,
    kind: rule?.kind ?? (declared ? field.safe : undefined),
    ordered: rule?.signed === undefined ? field : { ...field, signed: rule.signed },
    table: `linux ${version}, ${[`table row ${name}: ${field.source}`, ...(rule?.sources ?? [])].join("; ")}`,
  };
}

function judgeByMaskAndKind(
  { mask, recorded, source, rule, kind, ordered, table }: FieldRule,
  { register, field, name }: Known,
  shown: Shown,
  value: bigint,
): Verdict {
  const present = shown.value === undefined ? undefined : fieldOf(shown.value, field);
  const shows = present === undefined ? "" : `; KVM shows ${hex(present)}`;
  const any = rule !== undefined && (rule.any & fieldMask(field)) === fieldMask(field);
  if (!any && (mask & fieldMask(field)) !== fieldMask(field)) {
    const fact = `${name} is not writable: mask ${hex(mask, 16)} of ${register.name}, ${source}${shows}`;
    return { accepted: false, by: recorded ? "reading" : "rule", fact, shown: present };
  }
  const verdict = (accepted: boolean, why: string): Verdict => ({
    accepted,
    by: "rule",
    fact: `${name} = ${hex(value)}: ${why} (${table}; mask ${hex(mask, 16)}, ${source})${shows}`,
    shown: present,
  });
  if (rule?.fixed === true) return verdict(false, "the register keeps what it shows");
  if (rule?.refuses.includes(Number(value))) return verdict(false, "KVM refuses this value");
  if (any) return verdict(true, "KVM takes any value here");
  if (present === undefined) return verdict(false, "the value that limits it is not known");
  const order = compareFieldValues(ordered, Number(value), Number(present));
  switch (kind) {
    case "lower":
      return verdict(order <= 0, `KVM takes ${hex(present)} and what orders below it`);
    case "higher":
      return verdict(order >= 0, `KVM takes ${hex(present)} and what orders above it`);
    case "higher-or-zero":
      return verdict(
        value === 0n || (present !== 0n && order >= 0),
        present === 0n ? "KVM takes 0 only" : `KVM takes 0, ${hex(present)} and what orders above it`,
      );
    case "exact": {
      const safe = BigInt(field.safeValue ?? 0);
      return verdict(value === safe, `KVM takes ${hex(present)} and ${hex(safe)} only`);
    }
    case undefined:
      return verdict(
        false,
        `Linux' feature table does not declare the field, so only ${hex(present)} passes`,
      );
  }
}
