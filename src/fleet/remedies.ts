/**
 * What would give a field in conflict a common value: the first kernel from which on KVM lets it be written, asked of
 * the same rules as a derived host is.
 */
import type { Configuration, HostProfile } from "../hosts/profile.ts";
import {
  capabilities,
  compareVersions,
  field as findField,
  idRegister,
  kernelRules,
  seriesOf,
} from "../tables/index.ts";
import type { Fleet, FleetClass } from "./classes.ts";
import { fieldSet } from "./host-offer.ts";
import { intersect, listed, type ValueSet } from "./values.ts";
import { hostNames, some } from "./words.ts";

export interface Remedy {
  /** `REGISTER.FIELD`, in the order given. */
  readonly fields: readonly string[];
  /** The first series with which all hosts take a common value; undefined: no kernel of the tables does it. */
  readonly kernel: string | undefined;
  /** Hosts that run an older kernel. */
  readonly hosts: Fleet;
  /** A sentence. */
  readonly words: string;
}

/** Capabilities with which a kernel lets the identity be written. */
const identityCapabilities = (kernel: string) =>
  capabilities().filter(
    ({ statements, optional, since }) =>
      statements?.includes("midr") === true && optional === true && compareVersions(kernel, since) >= 0,
  );

/** A host as it shows itself today, under another kernel: what is shown stays, what may be written is the rules'. */
function underKernel({ offer }: FleetClass, kernel: string): HostProfile & { readonly base: Configuration } {
  const base: Configuration = {
    name: "base",
    features: ["PSCI_0_2"],
    capabilities: identityCapabilities(kernel).map(({ number }) => number),
    refused: undefined,
    registers: new Map(
      [...offer.shown].flatMap(([name, set]): readonly (readonly [bigint, bigint])[] => {
        const id = idRegister(name)?.id;
        const [value] = listed(set, 1);
        return id === undefined || value === undefined ? [] : [[id, value]];
      }),
    ),
    writable: undefined,
    sweeps: new Map(),
  };
  return {
    name: "",
    origin: "derived",
    kernel: { release: kernel, version: kernel },
    cpu: { name: "", platform: "" },
    capabilities: new Map(),
    configurations: new Map([["base", base]]),
    base,
  };
}

function setUnder(one: FleetClass, key: string, kernel: string): ValueSet {
  const own = one.offer.fields.get(key) ?? [];
  if (compareVersions(one.offer.kernel, kernel) >= 0) return own;
  const [registerName = "", name = ""] = key.split(".");
  const [register, field] = [idRegister(registerName), findField(registerName, name)];
  if (register === undefined || field === undefined) return own;
  const profile = underKernel(one, kernel);
  return fieldSet(profile, profile.base, register, field) ?? own;
}

const isCommon = (sets: readonly ValueSet[]): boolean =>
  sets.reduce<ValueSet | undefined>((a, b) => (a === undefined ? b : intersect(a, b)), undefined)?.length !==
  0;

function wordsFor(fields: readonly string[], kernel: string | undefined, hosts: Fleet): string {
  const registers = [...new Set(fields.map((key) => key.split(".")[0] ?? ""))];
  const isIdentity = registers.every((name) =>
    idRegister(name)?.fields.every(({ role }) => role === "identity"),
  );
  const what = isIdentity ? some(registers) : some(fields);
  if (kernel === undefined)
    return `no kernel up to linux ${kernelRules().at(-1)?.series ?? ""} lets a VMM write ${what}`;
  const means = isIdentity
    ? identityCapabilities(kernel)
        .map(({ name }) => ` (${name})`)
        .join("")
    : "";
  return `linux ${kernel} or later on ${hostNames(hosts, 4)} lets a VMM write ${what}${means}`;
}

/** Fields of one remedy together; what the oldest kernel mends first, what none mends last. */
export function remediesFor(fleet: Fleet, keys: readonly string[]): readonly Remedy[] {
  const oldest = fleet
    .map(({ offer }) => offer.kernel)
    .reduce((a, b) => (compareVersions(a, b) <= 0 ? a : b), "999");
  const series = [...new Set(kernelRules().map((row) => seriesOf(row.series)))].filter(
    (one) => compareVersions(one, oldest) > 0,
  );
  const byKernel = new Map<string, string[]>();
  for (const key of keys) {
    const kernel = series.find((one) => isCommon(fleet.map((each) => setUnder(each, key, one))));
    byKernel.set(kernel ?? "", [...(byKernel.get(kernel ?? "") ?? []), key]);
  }
  return [...byKernel]
    .sort(([a], [b]) => Number(a === "") - Number(b === "") || compareVersions(a, b))
    .map(([version, fields]) => {
      const kernel = version === "" ? undefined : version;
      const hosts =
        kernel === undefined ? [] : fleet.filter(({ offer }) => compareVersions(offer.kernel, kernel) < 0);
      return { fields, kernel, hosts, words: wordsFor(fields, kernel, hosts) };
    });
}
