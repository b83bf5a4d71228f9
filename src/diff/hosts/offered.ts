/** What KVM offers: capabilities, device types, vCPU configurations, calls, the list of registers. */
import { refusalFact } from "../../hosts/configuration.ts";
import { capabilitiesBy } from "../../hosts/origin.ts";
import type { Configuration, HostProfile } from "../../hosts/profile.ts";
import {
  capability,
  commonVcpuFeatures,
  describeOneReg,
  deviceType,
  features,
  fieldOf,
  vcpuFeature,
} from "../../tables/index.ts";
import { type Finding, finding, type Unsaid } from "../difference.ts";
import { partsOf, placeOf } from "../parts.ts";
import { hex, orderOf, ordinal } from "../words.ts";
import { type Family, familyReader } from "./families.ts";
import { configurationNames, isAssumed, type Pair, sameRequest } from "./pairs.ts";
import { shownState, shownWords, vectorLengthsOf } from "./shown.ts";

/** Whether the answers of KVM_CHECK_EXTENSION, and what goes with them, are the tables' on a recorded host. */
const isOfTables = (profile: HostProfile): boolean =>
  profile.origin === "recorded" && capabilitiesBy(profile) === "rule";

export function capabilityFindings(before: HostProfile, after: HostProfile): readonly Finding[] {
  const asked = (profile: HostProfile, number: number): boolean =>
    profile.highestCapability === undefined || number <= profile.highestCapability;
  const numbers = new Set([...before.capabilities.keys(), ...after.capabilities.keys()]);
  const assumed = isOfTables(before) || isOfTables(after);
  return [...numbers].flatMap((number) => {
    const [was, is] = [before.capabilities.get(number), after.capabilities.get(number)];
    if (was === is || !asked(before, number) || !asked(after, number)) return [];
    const row = capability(number);
    return [
      finding({
        group: "kvm",
        about: "capability",
        subject: row?.name ?? `capability ${number}`,
        title: row?.effect ?? "",
        before: was === undefined ? null : `answers ${was}`,
        after: is === undefined ? null : `answers ${is}`,
        assumed,
        at: ordinal(number),
      }),
    ];
  });
}

export function deviceFindings(before: HostProfile, after: HostProfile): readonly Finding[] {
  const [was, is] = [before.devices, after.devices];
  if (was === undefined || is === undefined) return [];
  return [...new Set([...was, ...is])]
    .filter((number) => was.includes(number) !== is.includes(number))
    .map((number) =>
      finding({
        group: "kvm",
        about: "device",
        subject: deviceType(number)?.name ?? `device type ${number}`,
        title: deviceType(number)?.effect ?? "",
        before: was.includes(number) ? "can be created" : null,
        after: is.includes(number) ? "can be created" : null,
        assumed: isOfTables(before) || isOfTables(after),
        at: ordinal(number),
      }),
    );
}

/** The features that a guest of a configuration is told of. */
function featuresOf(profile: HostProfile, configuration: Configuration | undefined): ReadonlySet<string> {
  if (configuration === undefined || configuration.refused !== undefined) return new Set();
  const state = shownState(profile, configuration);
  return new Set(
    features()
      .map(({ name }) => name)
      .filter((name) => state.feature(name) === true),
  );
}

/** What a configuration tells a guest of beyond `base`. */
function beyondBase(profile: HostProfile, configuration: Configuration): readonly string[] {
  const base = featuresOf(profile, profile.configurations.get("base"));
  return [...featuresOf(profile, configuration)].filter((name) => !base.has(name));
}

const plain = (configuration: Configuration): string => {
  const wide = vectorLengthsOf(configuration);
  return wide.length === 0 ? "works" : `works, SVE vector lengths ${wide.join(", ")} bits`;
};

/** What it is, in the words of the rows of what it asks for. */
function titleOf({ features: wanted, capabilities, devices }: Configuration): string {
  const own = wanted.filter((name) => !commonVcpuFeatures().ofEvery.has(name));
  return [
    ...own.map((name) => vcpuFeature(name)?.effect ?? ""),
    ...capabilities.map((number) => capability(number)?.effect ?? ""),
    ...(devices ?? []).map((number) => deviceType(number)?.effect ?? ""),
  ]
    .filter(Boolean)
    .join("; ");
}

const requestParts = ({ features: wanted, capabilities, devices }: Configuration): readonly string[] => [
  ...wanted.filter((one) => !commonVcpuFeatures().ofEvery.has(one)),
  ...capabilities.map((number) => capability(number)?.name ?? `capability ${number}`),
  ...(devices ?? []).map((number) => deviceType(number)?.name ?? `device type ${number}`),
];

const requestWords = (one: Configuration): string => {
  const parts = requestParts(one);
  return parts.length === 0 ? `configuration ${one.name}` : `configuration ${one.name} (${parts.join(", ")})`;
};

const stateWords = (one: Configuration): string | null =>
  one.refused === undefined ? plain(one) : (refusalFact(one).split(" for ")[0] ?? "refused");

/** That `base` was made with other features on the two hosts, where it is compared nevertheless. */
export function requestFindings({ name, before, after }: Pair): readonly Finding[] {
  if (sameRequest(before, after)) return [];
  const asks = (one: Configuration): string => requestParts(one).join(", ") || "no further feature";
  return [
    finding({
      group: "kvm",
      about: "configuration",
      subject: `configuration ${name} was made with`,
      before: asks(before),
      after: asks(after),
    }),
  ];
}

export function configurationFindings(before: HostProfile, after: HostProfile): readonly Finding[] {
  return configurationNames(before, after).flatMap((name) => {
    const [was, is] = [before.configurations.get(name), after.configurations.get(name)];
    if (was === undefined || is === undefined || !sameRequest(was, is)) return [];
    // Both work: what differs is told by what it shows.
    if (was.refused === undefined && is.refused === undefined) return [];
    const [a, b] = [stateWords(was), stateWords(is)];
    if (a === b) return [];
    return [
      finding({
        group: "kvm",
        about: "configuration",
        subject: requestWords(was),
        title: titleOf(was),
        before: a,
        after: b,
        gained: is.refused === undefined ? beyondBase(after, is) : [],
        lost: was.refused === undefined ? beyondBase(before, was) : [],
        assumed: isAssumed(before, was) || isAssumed(after, is),
        order: was.refused === undefined ? "less" : is.refused === undefined ? "more" : null,
        // Neither can be had.
        follows: was.refused !== undefined && is.refused !== undefined,
        at: name === "base" ? "" : name,
      }),
    ];
  });
}

export const callFindings =
  (before: HostProfile, after: HostProfile) =>
  (pair: Pair): readonly Finding[] => {
    // Files of other programs do not say whether the call is there.
    if (before.assumed !== undefined || after.assumed !== undefined) return [];
    const [was, is] = [pair.before.writable !== undefined, pair.after.writable !== undefined];
    if (was === is) return [];
    return [
      finding({
        group: "kvm",
        about: "ioctl",
        subject: "KVM_ARM_GET_REG_WRITABLE_MASKS",
        title: "which bits of ID registers user space may write",
        before: was ? "answers" : null,
        after: is ? "answers" : null,
      }),
    ];
  };

/** How many registers of each family a list has. */
function countFamilies(
  { registers }: Configuration,
  familyOf: (id: bigint) => Family,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const id of registers.keys()) {
    const { many } = familyOf(id);
    counts.set(many, (counts.get(many) ?? 0) + 1);
  }
  return counts;
}

/** The length of KVM_GET_REG_LIST where both know it, else what is listed of registers that a profile holds. */
function lengthFinding({ before, after }: Pair, assumed: boolean): readonly Finding[] {
  const whole = before.listed !== undefined && after.listed !== undefined;
  const [was, is] = [before, after].map((one) => (whole ? one.listed : undefined) ?? one.registers.size);
  if (was === is) return [];
  return [
    finding({
      group: "kvm",
      about: "count",
      subject: whole
        ? "length of the register list"
        : "length of the register list (registers of up to 64 bits)",
      before: String(was),
      after: String(is),
      assumed,
    }),
  ];
}

export function listFindings(first: HostProfile, second: HostProfile): (pair: Pair) => readonly Finding[] {
  const familyOf = familyReader();
  return (pair) => {
    const { before, after } = pair;
    const [was, is] = [before.registers, after.registers];
    const changed = [...new Set([...was.keys(), ...is.keys()])].filter((id) => was.has(id) !== is.has(id));
    if (changed.length === 0 && before.listed === after.listed) return [];
    const counts = { before: countFamilies(before, familyOf), after: countFamilies(after, familyOf) };
    const assumed = first.assumed?.list === true || second.assumed?.list === true;
    const narrow = changed.map((id) => {
      const { many, counted } = familyOf(id);
      return finding({
        group: "kvm",
        about: "listed",
        subject: describeOneReg(id)?.name ?? hex(id, 16),
        before: was.has(id) ? "listed" : null,
        after: is.has(id) ? "listed" : null,
        family: many,
        totals:
          counted === true
            ? { before: counts.before.get(many) ?? 0, after: counts.after.get(many) ?? 0 }
            : null,
        assumed,
        at: ordinal(id),
      });
    });
    const [a, b] = [before, after].map((one) =>
      one.listed === undefined ? undefined : one.listed - one.registers.size,
    );
    const wide =
      a === undefined || b === undefined || a === b
        ? []
        : [
            finding({
              group: "kvm",
              about: "count",
              subject: "listed registers wider than 64 bits",
              before: String(a),
              after: String(b),
              assumed,
            }),
          ];
    return [...narrow, ...wide, ...lengthFinding(pair, assumed)];
  };
}

/** What the host's kernel shows its own user space. */
export function userFindings(before: HostProfile, after: HostProfile): readonly Finding[] {
  const [was, is] = [before.user, after.user];
  if (was === undefined || is === undefined) return [];
  const words = Array.from({ length: Math.max(was.hwcap.length, is.hwcap.length) }, (_, at) => at);
  const hwcaps = words.flatMap((at) => {
    const [a, b] = [was.hwcap[at] ?? 0n, is.hwcap[at] ?? 0n];
    const one = (own: bigint, known: Pick<Finding, "before" | "after">): readonly Finding[] => {
      const bits = Array.from({ length: 64 }, (_, bit) => BigInt(bit)).filter((bit) => (own >> bit) & 1n);
      if (bits.length === 0) return [];
      return [
        finding({
          group: "kvm",
          about: "user",
          subject: `AT_HWCAP${at === 0 ? "" : at + 1} ${bits.length === 1 ? "bit" : "bits"} ${bits.join(", ")}`,
          title: "in the host's own user space",
          ...known,
          at: `1 ${at}`,
        }),
      ];
    };
    return [...one(a & ~b, { before: "set", after: null }), ...one(b & ~a, { before: null, after: "set" })];
  });
  const ids = new Set([...was.registers.keys(), ...is.registers.keys()]);
  const fields = [...ids].flatMap((id) =>
    partsOf(id, describeOneReg(id)?.name ?? hex(id, 16)).flatMap((part) => {
      const [a, b] = [was, is].map((one) => fieldOf(one.registers.get(id) ?? 0n, part));
      if (a === undefined || b === undefined || a === b) return [];
      return [
        finding({
          group: "kvm",
          about: "user",
          subject: part.name,
          title: "in the host's own user space",
          order: orderOf(part.field, a, b),
          family: describeOneReg(id)?.name ?? hex(id, 16),
          before: shownWords(part, was.registers.get(id) ?? 0n),
          after: shownWords(part, is.registers.get(id) ?? 0n),
          at: `0 ${placeOf(id, part)}`,
        }),
      ];
    }),
  );
  return [...fields, ...hwcaps];
}

/** What only one of the two says. */
export function unsaidOf(before: HostProfile, after: HostProfile): readonly Unsaid[] {
  const sides = [
    { by: "before", own: before, other: after },
    { by: "after", own: after, other: before },
  ] as const;
  const found = sides.flatMap(({ by, own, other }): readonly Unsaid[] => {
    const only = (what: string, mine: unknown, theirs: unknown): readonly Unsaid[] =>
      mine !== undefined && theirs === undefined ? [{ what, by }] : [];
    const shared = [...own.configurations].flatMap(([name, mine]) => {
      const theirs = other.configurations.get(name);
      if (isAssumed(own, mine) || (theirs !== undefined && isAssumed(other, theirs))) return [];
      if (theirs === undefined) return [{ what: `configuration ${name}`, by }];
      if (!sameRequest(mine, theirs)) return [{ what: `configuration ${name} as it was recorded`, by }];
      if (mine.refused !== undefined || theirs.refused !== undefined) return [];
      const swept = (one: Configuration): true | undefined => (one.sweeps.size > 0 ? true : undefined);
      return [
        ...only(`sweeps of configuration ${name}`, swept(mine), swept(theirs)),
        ...only(`whole values tried in configuration ${name}`, mine.tried, theirs.tried),
        ...only(`device attributes in configuration ${name}`, mine.attributes, theirs.attributes),
      ];
    });
    const asked = own.highestCapability ?? 0;
    const theirs = other.highestCapability;
    return [
      ...shared,
      ...only("device types", isOfTables(own) ? undefined : own.devices, other.devices),
      ...only("what the host's own user space sees", own.user, other.user),
      ...(theirs !== undefined && asked > theirs ? [{ what: `capabilities above ${theirs}`, by }] : []),
    ];
  });
  return found.sort((a, b) => (a.what < b.what ? -1 : a.what > b.what ? 1 : a.by < b.by ? -1 : 1));
}
