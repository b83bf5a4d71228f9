/** Two contracts, by what they promise, with the statements that make the difference. */
import type { Contract, Decided, Origin } from "../../contract.ts";
import { formatLocation } from "../../diagnostics/span.ts";
import { capability, service, vcpuFeature } from "../../tables/index.ts";
import {
  type Diff,
  everywhere,
  type Finding,
  type FindingParts,
  finding,
  type Side,
  sortDifferences,
} from "../difference.ts";
import { hex, ordinal } from "../words.ts";
import { callFindings } from "./calls.ts";
import { reasonOf } from "./reason.ts";
import { registerFindings } from "./registers.ts";

/** Something that a contract may have once. */
interface Held {
  readonly words: string;
  readonly origin: Origin | undefined;
}

const held = <T>(one: Decided<T> | undefined, words: (value: T) => string): Held | undefined =>
  one === undefined ? undefined : { words: words(one.value), origin: one.origin };

function compare(
  parts: Pick<FindingParts, "group" | "about" | "subject"> & Partial<FindingParts>,
  was: Held | undefined,
  is: Held | undefined,
): readonly Finding[] {
  if (was?.words === is?.words) return [];
  const reason = (one: Held | undefined) => (one?.origin === undefined ? null : reasonOf(one.origin));
  return [
    finding({
      ...parts,
      before: was?.words ?? null,
      after: is?.words ?? null,
      reasons: { before: reason(was), after: reason(is) },
    }),
  ];
}

/** Things with names: what only one has, and what both have otherwise. */
function compareNamed<Row>(
  before: readonly Row[],
  after: readonly Row[],
  name: (row: Row) => string,
  look: (row: Row) => Held,
  parts: (name: string) => Pick<FindingParts, "group" | "about" | "subject"> & Partial<FindingParts>,
): readonly Finding[] {
  const [was, is] = [before, after].map((rows) => new Map(rows.map((row) => [name(row), row])));
  const names = new Set([...(was?.keys() ?? []), ...(is?.keys() ?? [])]);
  const own = (row: Row | undefined): Held | undefined => (row === undefined ? undefined : look(row));
  return [...names].flatMap((one) => compare(parts(one), own(was?.get(one)), own(is?.get(one))));
}

const lengths = (value: readonly number[] | "host"): string =>
  value === "host" ? "all that the host has" : `${value.join(", ")} bits`;

const choices = (before: Contract, after: Contract): readonly Finding[] => {
  const choice = (
    subject: string,
    look: (contract: Contract) => Held | undefined,
    group: "guest" | "vmm" = "guest",
  ): readonly Finding[] => compare({ group, about: "choice", subject }, look(before), look(after));
  const events = ({ pmu }: Contract): Held | undefined => {
    const [first] = pmu?.events ?? [];
    const words = pmu?.events.map(
      (one) =>
        `${one.action} ${one.first === one.last ? hex(one.first) : `${hex(one.first)} to ${hex(one.last)}`}`,
    );
    return first === undefined || words === undefined
      ? undefined
      : { words: words.join(", "), origin: first.origin };
  };
  return [
    ...compare(
      { group: "guest", about: "vectors", subject: "SVE vector lengths" },
      held(before.sveLengths, lengths),
      held(after.sveLengths, lengths),
    ),
    ...choice("PMU", ({ pmu }) => (pmu === undefined ? undefined : { words: "on", origin: pmu.origin })),
    ...choice("PMU counters", ({ pmu }) => held(pmu?.counters, String)),
    ...choice("PMU events", events),
    ...choice("PMU interrupt", ({ pmu }) => held(pmu?.intid, (intid) => `INTID ${intid}`)),
    ...choice("PSCI version", ({ psci }) =>
      held(psci, (version) => (version === "host" ? "the newest of the host" : version)),
    ),
    ...choice("stolen time", ({ stolenTime }) => held(stolenTime, (at) => `at ${hex(at)}`)),
    ...choice("counter offset", ({ counterOffset }) => held(counterOffset, (offset) => hex(offset))),
    ...choice("interrupt controller", ({ gic }) => held(gic, (kind) => kind), "vmm"),
    ...choice("vCPUs", ({ vcpus }) => held(vcpus, String), "vmm"),
    ...choice(
      "size of guest-physical addresses",
      ({ ipaBits }) => held(ipaBits, (bits) => `${bits} bits`),
      "vmm",
    ),
    ...choice("sealed", ({ sealed }) => (sealed ? { words: "yes", origin: undefined } : undefined)),
  ];
};

const named = (before: Contract, after: Contract): readonly Finding[] => [
  ...compareNamed(
    before.services,
    after.services,
    ({ value }) => value,
    ({ origin }) => ({ words: "given", origin }),
    (name) => ({
      group: "guest",
      about: "service",
      subject: `service ${name}`,
      title: service(name)?.title ?? "",
    }),
  ),
  ...compareNamed(
    before.workarounds,
    after.workarounds,
    ({ register }) => register,
    ({ level, origin }) => ({ words: level, origin }),
    (subject) => ({ group: "guest", about: "firmware", subject }),
  ),
  ...compareNamed(
    before.timers,
    after.timers,
    ({ timer }) => timer,
    ({ intid, origin }) => ({ words: `INTID ${intid}`, origin }),
    (name) => ({ group: "guest", about: "choice", subject: `${name} timer` }),
  ),
  ...compareNamed(
    before.vcpuFeatures,
    after.vcpuFeatures,
    ({ value }) => value,
    ({ origin }) => ({ words: "asked for", origin }),
    (name) => ({
      group: "vmm",
      about: "feature",
      subject: `vCPU feature ${name}`,
      title: vcpuFeature(name)?.effect ?? "",
    }),
  ),
  ...compareNamed(
    before.capabilities,
    after.capabilities,
    ({ value }) => value,
    ({ required, origin }) => ({ words: required ? "enabled" : "enabled where the host has it", origin }),
    (name) => ({ group: "vmm", about: "capability", subject: name, title: capability(name)?.effect ?? "" }),
  ),
  ...compareNamed(
    before.hosts,
    after.hosts,
    ({ value }) => value,
    ({ origin }) => ({ words: "may run there", origin }),
    (name) => ({ group: "hosts", about: "host", subject: `host ${name}` }),
  ),
];

/** An expectation that is stated twice is numbered, so that each has its partner. */
function expectations({ tests }: Contract): readonly { readonly name: string; readonly look: Held }[] {
  const seen = new Map<string, number>();
  return tests.flatMap(({ title, expectations: own }) =>
    own.map(({ verb, subject, expected, span, call }) => {
      const args = call?.args.map((one) => hex(one)).join(", ") ?? "";
      const plain = [`test "${title}": ${verb}`, subject, args].filter(Boolean).join(" ");
      const count = (seen.get(plain) ?? 0) + 1;
      seen.set(plain, count);
      return {
        name: count === 1 ? plain : `${plain} (${ordinal(count).replace(/^0+/, "")})`,
        look: { words: expected, origin: { kind: "statement", span } as const },
      };
    }),
  );
}

const sideOf = (contract: Contract): Side => ({
  name: contract.guest,
  facts: [
    ["source", formatLocation(contract.span)],
    ["cpu", `cpu ${contract.cpu}`],
  ],
});

/**
 * What two contracts promise differently. The same value by another statement is no difference; names, comments and
 * places in the file are none either.
 */
export function diffContracts(before: Contract, after: Contract): Diff {
  const findings = [
    ...registerFindings(before, after),
    ...callFindings(before, after),
    ...choices(before, after),
    ...named(before, after),
    ...compareNamed(
      expectations(before),
      expectations(after),
      ({ name }) => name,
      ({ look }) => look,
      (subject) => ({ group: "tests", about: "test", subject }),
    ),
  ];
  return {
    kind: "contracts",
    before: sideOf(before),
    after: sideOf(after),
    differences: sortDifferences(findings.map(everywhere)),
    assumed: [],
    notes: [],
    unsaid: [],
  };
}
