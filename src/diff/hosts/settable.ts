/** What a VMM may set: values of fields, masks, firmware, services, device attributes. */
import { shownRegister } from "../../hosts/field.ts";
import { bitmapBits, psciVersions } from "../../hosts/judge.ts";
import type { AttributeFile, Configuration, HostProfile, Verdict } from "../../hosts/profile.ts";
import {
  bitmapRegister,
  bitmapRegisters,
  describeOneReg,
  deviceAttributes,
  fieldMask,
  firmwareRegister,
  firmwareRegisters,
  gicGroup,
  idRegisterById,
  idRegisters,
  services,
  sveLengthsRegister,
} from "../../tables/index.ts";
import { type Finding, finding } from "../difference.ts";
import { type Part, partsOf, placeOf } from "../parts.ts";
import { firmwareWords, hex, ordinal, rangeWords } from "../words.ts";
import { type Acceptance, acceptanceOf } from "./acceptance.ts";
import type { Pair } from "./pairs.ts";

const attributeFiles: readonly AttributeFile[] = ["vm", "vcpu", "gic"];

const psciRegister = (): bigint | undefined => firmwareRegister("KVM_REG_ARM_PSCI_VERSION")?.id;

/** Registers whose values are judged part by part: all that are swept or masked, but for bitmaps and PSCI. */
function judgedRegisters({ before, after }: Pair): readonly bigint[] {
  const others = new Set([...bitmapRegisters().map(({ id }) => id), psciRegister()]);
  const ids = new Set([
    ...idRegisters().map(({ id }) => id),
    ...[before, after].flatMap((one) => [...one.sweeps.keys(), ...(one.writable?.keys() ?? [])]),
  ]);
  return [...ids].filter((id) => !others.has(id));
}

/** The value that KVM shows; undefined where the host lacks the register or keeps no value. */
function shownOf(profile: HostProfile, configuration: Configuration, id: bigint): bigint | undefined {
  const row = idRegisterById(id);
  if (row !== undefined) return shownRegister(profile, configuration, row).value;
  const value = configuration.registers.get(id);
  // One that is swept without being listed reads as zero.
  return value ?? (value === undefined && configuration.sweeps.has(id) ? 0n : undefined);
}

const words = ({ words, refusals }: Acceptance): string =>
  refusals === "" ? words : `${words} (${refusals})`;

const maskWords = (mask: bigint, part: Part): string => {
  const own = mask & fieldMask(part);
  return own === 0n ? "not writable" : own === fieldMask(part) ? "writable" : `writable under ${hex(own)}`;
};

/** Whether nothing that decides about a register differs: most of them, on two alike hosts. */
const sameFacts = ({ before, after }: Pair, id: bigint, was: bigint, is: bigint): boolean => {
  const [a, b] = [before.sweeps.get(id), after.sweeps.get(id)];
  const swept = a !== undefined && b !== undefined && a.every((nibble, at) => nibble === b[at]);
  return swept && was === is && before.writable?.get(id) === after.writable?.get(id);
};

/** Whether only guestc's tables say what a recorded host takes in a register. */
const isJudgedByTables = (profile: HostProfile, configuration: Configuration, id: bigint): boolean =>
  profile.origin === "recorded" &&
  ((!configuration.sweeps.has(id) && configuration.writable === undefined) ||
    profile.assumed?.registers.has(id) === true);

function partFinding(
  pair: Pair,
  hosts: readonly [HostProfile, HostProfile],
  id: bigint,
  [was, is]: readonly [bigint, bigint],
  part: Part,
): Finding | undefined {
  const a = acceptanceOf(hosts[0], pair.before, id, was, part);
  const b = acceptanceOf(hosts[1], pair.after, id, is, part);
  if (a === undefined || b === undefined) return undefined;
  const family = idRegisterById(id)?.name ?? describeOneReg(id)?.name ?? hex(id, 16);
  const assumed = isJudgedByTables(hosts[0], pair.before, id) || isJudgedByTables(hosts[1], pair.after, id);
  if (words(a) !== words(b)) {
    // The tables have no more to say of it than that the two show different values.
    if (assumed && a.shownOnly && b.shownOnly) return undefined;
    return finding({
      group: "vmm",
      about: "accepts",
      subject: part.name,
      before: words(a),
      after: words(b),
      family,
      assumed,
      writable: { before: !a.shownOnly, after: !b.shownOnly },
      follows: ((a.shownOnly && b.shownOnly) || (a.below && b.below)) && a.refusals === b.refusals,
      at: placeOf(id, part),
    });
  }
  if (pair.before.writable === undefined || pair.after.writable === undefined) return undefined;
  const [m, n] = [pair.before, pair.after].map((one) => maskWords(one.writable?.get(id) ?? 0n, part));
  if (m === n || m === undefined || n === undefined) return undefined;
  return finding({
    group: "vmm",
    about: "mask",
    subject: part.name,
    before: m,
    after: n,
    family,
    assumed,
    // The values taken are the same.
    follows: true,
    at: placeOf(id, part),
  });
}

function valueFindings(pair: Pair, before: HostProfile, after: HostProfile): readonly Finding[] {
  return judgedRegisters(pair).flatMap((id) => {
    const [was, is] = [shownOf(before, pair.before, id), shownOf(after, pair.after, id)];
    if (was === undefined || is === undefined || sameFacts(pair, id, was, is)) return [];
    const name = describeOneReg(id)?.name ?? hex(id, 16);
    return partsOf(id, name).flatMap((part) => partFinding(pair, [before, after], id, [was, is], part) ?? []);
  });
}

/** A whole value that was tried, in words. */
function triedWords(id: bigint, value: bigint): string {
  const name = describeOneReg(id)?.name ?? hex(id, 16);
  if (id !== sveLengthsRegister().id) {
    return `${firmwareRegisters().some((one) => one.id === id) ? "" : `${name} `}${firmwareWords(id, value)}`;
  }
  const lengths = Array.from({ length: 512 }, (_, bit) => bit).filter((bit) => (value >> BigInt(bit)) & 1n);
  return lengths.length === 0
    ? "no SVE vector length"
    : `SVE vector lengths ${lengths.map((bit) => (bit + 1) * 128).join(", ")}`;
}

function triedFindings({ before, after }: Pair): readonly Finding[] {
  return [...(before.tried ?? [])].flatMap(([id, answers]) =>
    [...answers].flatMap(([value, was]) => {
      const is = after.tried?.get(id)?.get(value);
      // PSCI versions with a name are told by `psciFindings`.
      const named = id === psciRegister() && firmwareWords(id, value).includes(".");
      if (is === undefined || was === is || named) return [];
      return [
        finding({
          group: "vmm",
          about: "tried",
          subject: triedWords(id, value),
          before: was,
          after: is,
          at: `${ordinal(id)} ${value.toString(16).padStart(128, "0")}`,
        }),
      ];
    }),
  );
}

/** The attributes of a group that only one of the two knows, each with a row by its name, the others as numbers. */
function groupFindings(
  file: AttributeFile,
  group: number,
  numbers: readonly number[],
  known: Pick<Finding, "before" | "after">,
): readonly Finding[] {
  const rows =
    file === "gic" ? [] : deviceAttributes().filter((one) => one.fd === file && one.group === group);
  const place = `${attributeFiles.indexOf(file)} ${ordinal(group)}`;
  const shared = { group: "vmm", about: "attribute", ...known } as const;
  const named = numbers.flatMap((number) => {
    const name = rows.find((one) => one.attr === number)?.name;
    return name === undefined
      ? []
      : [finding({ ...shared, subject: name, at: `${place} ${ordinal(number)}` })];
  });
  const others = numbers.filter((number) => !rows.some((one) => one.attr === number)).map(BigInt);
  if (others.length === 0) return named;
  const name = (file === "gic" ? gicGroup(group)?.name : undefined) ?? `group ${group} of the ${file}`;
  const attributes = `${others.length === 1 ? "attribute" : "attributes"} ${rangeWords(others)}`;
  return [...named, finding({ ...shared, subject: `${name} ${attributes}`, at: `${place} ~` })];
}

function attributeFindings({ before, after }: Pair): readonly Finding[] {
  return attributeFiles.flatMap((file) => {
    const [was, is] = [before.attributes?.[file], after.attributes?.[file]];
    if (was === undefined || is === undefined) return [];
    return [...new Set([...was.keys(), ...is.keys()])].flatMap((group) => {
      const [a, b] = [was.get(group) ?? [], is.get(group) ?? []];
      const only = (own: readonly number[], other: readonly number[]) =>
        own.filter((one) => !other.includes(one));
      return [
        ...groupFindings(file, group, only(a, b), { before: "known", after: null }),
        ...groupFindings(file, group, only(b, a), { before: null, after: "known" }),
      ];
    });
  });
}

export const settableFindings =
  (before: HostProfile, after: HostProfile) =>
  (pair: Pair): readonly Finding[] => [
    ...valueFindings(pair, before, after),
    ...triedFindings(pair),
    ...attributeFindings(pair),
  ];

const isRule = (profile: HostProfile, by: Verdict["by"] | undefined): boolean =>
  profile.origin === "recorded" && by === "rule";

/** PSCI versions that may be chosen; the same in every configuration. */
export function psciFindings(before: HostProfile, after: HostProfile): readonly Finding[] {
  const [a, b] = [psciVersions(before), psciVersions(after)];
  if (a === undefined || b === undefined) return [];
  const [was, is] = [a.names, b.names];
  const assumed = isRule(before, a.by) || isRule(after, b.by);
  return [...new Set([...was, ...is])]
    .filter((name) => was.includes(name) !== is.includes(name))
    .map((name) =>
      finding({
        group: "vmm",
        about: "psci",
        subject: `PSCI ${name}`,
        before: was.includes(name) ? "may be chosen" : null,
        after: is.includes(name) ? "may be chosen" : null,
        assumed,
      }),
    );
}

/** Bits of the hypercall bitmaps that may be set; the same in every configuration. */
export function settableServiceFindings(before: HostProfile, after: HostProfile): readonly Finding[] {
  return bitmapRegisters().flatMap(({ name, id }) => {
    const [first, second] = [bitmapBits(before, name), bitmapBits(after, name)];
    const [was, is] = [first?.known ?? 0n, second?.known ?? 0n];
    return Array.from({ length: 64 }, (_, bit) => bit).flatMap((bit) => {
      const [a, b] = [was, is].map((bits) => ((bits >> BigInt(bit)) & 1n) === 1n);
      if (a === b) return [];
      const service = services().find((one) => one.register === name && one.bit === bit);
      return [
        finding({
          group: "vmm",
          about: "settable-service",
          subject: service === undefined ? `${name} bit ${bit}` : `service ${service.name}`,
          title: service?.title ?? "",
          before: a ? "may be given" : null,
          after: b ? "may be given" : null,
          assumed: isRule(before, first?.by) || isRule(after, second?.by),
          at: `${ordinal(bitmapRegister(name)?.id ?? id)} ${ordinal(bit)}`,
        }),
      ];
    });
  });
}
