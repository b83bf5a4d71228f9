/** What two host profiles say differently, fact by fact. */
import {
  capability,
  contractRegisters,
  describeOneReg,
  fieldMask,
  fieldOf,
  idRegister,
} from "../tables/index.ts";
import { hex, hexId } from "./answer.ts";
import { psciVersions } from "./facilities.ts";
import { judgeField } from "./field.ts";
import type { AttributeFile, Configuration, HostProfile } from "./profile.ts";

export type DifferenceKind =
  | "attribute"
  | "capability"
  | "configuration"
  | "device"
  | "field"
  | "listed"
  | "mask"
  | "psci"
  | "sweep"
  | "user"
  | "value"
  | "vector-lengths"
  | "verdict";

export interface Difference {
  readonly kind: DifferenceKind;
  /** The configuration in which it shows; undefined: of the whole host. */
  readonly configuration?: string;
  /** `ID_AA64PFR0_EL1.CSV2`, a capability's name, a ONE_REG id without a name. */
  readonly subject: string;
  /** What each says; `-`: that it has none. */
  readonly first: string;
  readonly second: string;
}

const NONE = "-";
type Report = (kind: DifferenceKind, subject: string, first: string, second: string) => void;

/** The table's name of a register by its ONE_REG id, else the id. */
const nameOf = (id: bigint): string => describeOneReg(id)?.name ?? hexId(id);

/** Fields of a register in which two values differ, and the rest of its bits as a whole. */
function compareValues(
  kind: "field" | "mask" | "user",
  id: bigint,
  first: bigint,
  second: bigint,
  report: Report,
): void {
  if (first === second) return;
  const name = nameOf(id);
  let left = first ^ second;
  for (const field of idRegister(name)?.fields ?? []) {
    const [was, is] = [fieldOf(first, field), fieldOf(second, field)];
    if (was !== is) report(kind, `${name}.${field.name}`, hex(was), hex(is));
    left &= ~fieldMask(field);
  }
  if (left === 0n) return;
  const whole = kind === "field" ? "value" : kind;
  report(whole, name, hex(first & left), hex(second & left));
}

function compareRegisters(first: Configuration, second: Configuration, report: Report): void {
  for (const id of new Set([...first.registers.keys(), ...second.registers.keys()])) {
    const [was, is] = [first.registers.get(id), second.registers.get(id)];
    if (was === undefined || is === undefined) {
      report("listed", nameOf(id), was === undefined ? NONE : "listed", is === undefined ? NONE : "listed");
    } else if (was !== null && is !== null) compareValues("field", id, was, is, report);
    // A value that the first does not keep says nothing of the host.
    else if (was !== null) report("value", nameOf(id), hex(was), "?");
  }
}

function compareMasks(first: Configuration, second: Configuration, report: Report): void {
  const [was, is] = [first.writable, second.writable];
  if (was === undefined || is === undefined) return;
  for (const id of new Set([...was.keys(), ...is.keys()]))
    compareValues("mask", id, was.get(id) ?? 0n, is.get(id) ?? 0n, report);
}

/** The PSCI versions that user space may choose. */
function comparePsci(first: HostProfile, second: HostProfile, report: Report): void {
  const [was, is] = [first, second].map((profile) => psciVersions(profile)?.names.join(" ") ?? NONE);
  if (was !== undefined && is !== undefined && was !== is) report("psci", "PSCI versions", was, is);
}

/** Answers to the values of a nibble, where both hosts were swept. */
function compareSweeps(first: Configuration, second: Configuration, report: Report): void {
  for (const [id, was] of first.sweeps) {
    const is = second.sweeps.get(id);
    for (const [nibble, answers] of was.entries()) {
      const other = is?.[nibble];
      if (other !== undefined && other !== answers)
        report("sweep", `${nameOf(id)} bits ${nibble * 4 + 3}:${nibble * 4}`, answers, other);
    }
  }
}

/** What the host's kernel shows its own user space. */
function compareUsers({ user: first }: HostProfile, { user: second }: HostProfile, report: Report): void {
  if (first === undefined || second === undefined) return;
  const words = Math.max(first.hwcap.length, second.hwcap.length);
  for (let word = 0; word < words; word++) {
    const [was, is] = [first.hwcap[word] ?? 0n, second.hwcap[word] ?? 0n];
    if (was !== is) report("user", `AT_HWCAP${word === 0 ? "" : word + 1}`, hex(was), hex(is));
  }
  for (const id of new Set([...first.registers.keys(), ...second.registers.keys()])) {
    const [was, is] = [first.registers.get(id) ?? 0n, second.registers.get(id) ?? 0n];
    compareValues("user", id, was, is, report);
  }
}

const FILES: readonly AttributeFile[] = ["vm", "vcpu", "gic"];

function attributesOf(one: Configuration): ReadonlySet<string> {
  return new Set(
    FILES.flatMap((file) =>
      [...(one.attributes?.[file] ?? [])].flatMap(([group, numbers]) =>
        numbers.map((number) => `${file} ${group}:${number}`),
      ),
    ),
  );
}

function compareSets(
  kind: "attribute" | "device",
  first: ReadonlySet<string> | undefined,
  second: ReadonlySet<string> | undefined,
  report: Report,
): void {
  if (first === undefined || second === undefined) return;
  for (const one of first) if (!second.has(one)) report(kind, one, "known", NONE);
  for (const one of second) if (!first.has(one)) report(kind, one, NONE, "known");
}

/** Whether a register is in both as it is in both parents, so that the parents' comparison has said all. */
function asInParent(
  id: bigint,
  [first, second]: readonly [Configuration, Configuration],
  [mother, father]: readonly [Configuration, Configuration],
): boolean {
  const same = (a: Configuration, b: Configuration): boolean =>
    a === b ||
    (a.registers.get(id) === b.registers.get(id) &&
      a.writable?.get(id) === b.writable?.get(id) &&
      a.sweeps.get(id)?.join() === b.sweeps.get(id)?.join());
  return same(first, mother) && same(second, father);
}

interface Side {
  readonly profile: HostProfile;
  readonly configuration: Configuration;
  readonly base: Configuration;
}

/** Values that one host takes and the other refuses, in fields that both show alike. */
function compareVerdicts(one: Side, other: Side, report: Report): void {
  for (const register of contractRegisters()) {
    const { configuration: first } = one;
    const { configuration: second } = other;
    const isBase = first === one.base;
    if (!isBase && asInParent(register.id, [first, second], [one.base, other.base])) continue;
    for (const field of register.fields) {
      const last = 1n << BigInt(Math.min(field.width, 4));
      const taken: bigint[] = [];
      const refused: bigint[] = [];
      for (let value = 0n; value < last; value++) {
        const was = judgeField(one.profile, first, register.name, field.name, value);
        const is = judgeField(other.profile, second, register.name, field.name, value);
        if (was.shown === undefined || was.shown !== is.shown || was.accepted === is.accepted) continue;
        (was.accepted ? taken : refused).push(value);
      }
      const subject = `${register.name}.${field.name}`;
      if (taken.length > 0)
        report("verdict", `${subject} = ${taken.map(hex1).join(",")}`, "takes", "refuses");
      if (refused.length > 0)
        report("verdict", `${subject} = ${refused.map(hex1).join(",")}`, "refuses", "takes");
    }
  }
}

const hex1 = (value: bigint): string => value.toString(16);

const state = (one: Configuration | undefined): string =>
  one === undefined ? NONE : one.refused === undefined ? "works" : `${one.refused.step} ${one.refused.errno}`;

/**
 * Each fact that two profiles tell differently. What only one of them can tell (sweeps, what the host's own user
 * space sees, lists of attributes) is no difference; a value that the second does not know is.
 *
 * @returns differences of the host, then configuration by configuration in the first's order
 */
export function compareProfiles(first: HostProfile, second: HostProfile): readonly Difference[] {
  const differences: Difference[] = [];
  const whole: Report = (kind, subject, was, is) =>
    differences.push({ kind, subject, first: was, second: is });
  for (const number of new Set([...first.capabilities.keys(), ...second.capabilities.keys()])) {
    const [was, is] = [first.capabilities.get(number) ?? 0, second.capabilities.get(number) ?? 0];
    if (was !== is) whole("capability", capability(number)?.name ?? String(number), `${was}`, `${is}`);
  }
  const asText = (profile: HostProfile) => profile.devices && new Set(profile.devices.map(String));
  compareSets("device", asText(first), asText(second), whole);
  comparePsci(first, second, whole);
  compareUsers(first, second, whole);
  const bases = [first.configurations.get("base"), second.configurations.get("base")];
  for (const name of new Set([...first.configurations.keys(), ...second.configurations.keys()])) {
    const report: Report = (kind, subject, was, is) =>
      differences.push({ kind, configuration: name, subject, first: was, second: is });
    const [was, is] = [first.configurations.get(name), second.configurations.get(name)];
    if (state(was) !== state(is)) {
      report("configuration", name, state(was), state(is));
      continue;
    }
    if (was === undefined || is === undefined || was.refused !== undefined) continue;
    compareRegisters(was, is, report);
    compareMasks(was, is, report);
    compareSweeps(was, is, report);
    if (was.vectorLengths !== undefined && is.vectorLengths !== undefined) {
      const [own, other] = [was.vectorLengths.join(), is.vectorLengths.join()];
      if (own !== other) report("vector-lengths", "SVE", own, other);
    }
    if (was.attributes !== undefined && is.attributes !== undefined)
      compareSets("attribute", attributesOf(was), attributesOf(is), report);
    compareVerdicts(
      { profile: first, configuration: was, base: bases[0] ?? was },
      { profile: second, configuration: is, base: bases[1] ?? is },
      report,
    );
  }
  return differences;
}

/** One difference wherever it occurs. */
export interface SharedDifference {
  readonly kind: DifferenceKind;
  readonly subject: string;
  readonly first: string;
  readonly second: string;
  /** Pairs of profiles that have it, by name, in the order given. */
  readonly pairs: readonly string[];
  /** Configurations that show it in at least one pair; empty: of the whole host. */
  readonly configurations: readonly string[];
}

/** The differences of many pairs, each fact once, in alphabetical order of kind, subject and values. */
export function groupDifferences(
  pairs: Iterable<readonly [name: string, differences: readonly Difference[]]>,
): readonly SharedDifference[] {
  const found = new Map<
    string,
    { readonly one: Difference; readonly pairs: Set<string>; readonly configurations: Set<string> }
  >();
  for (const [name, differences] of pairs) {
    for (const one of differences) {
      const key = [one.kind, one.subject, one.first, one.second].join("\t");
      const row = found.get(key) ?? { one, pairs: new Set(), configurations: new Set() };
      row.pairs.add(name);
      if (one.configuration !== undefined) row.configurations.add(one.configuration);
      found.set(key, row);
    }
  }
  return [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([
        ,
        {
          one: { kind, subject, first, second },
          pairs: names,
          configurations,
        },
      ]) => ({
        kind,
        subject,
        first,
        second,
        pairs: [...names],
        configurations: [...configurations],
      }),
    );
}
