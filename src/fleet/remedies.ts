/**
 * What would give a field in conflict a common value: the first kernel from which on KVM lets it be written, asked of
 * the same rules as a derived host is.
 */
import type { Configuration, HostProfile } from "../hosts/profile.ts";
import {
  commonVcpuFeatures,
  compareVersions,
  type Field,
  fieldCalled,
  identityCapabilities,
  idRegister,
  kernelRules,
  registerOfKey,
  seriesOf,
} from "../tables/index.ts";
import type { Fleet, FleetClass } from "./classes.ts";
import { fieldSet } from "./host-offer.ts";
import { everything, intersect, listed, only, type ValueSet } from "./values.ts";
import { hostNames, some } from "./words.ts";

export interface Remedy {
  /** `REGISTER.FIELD`, in the order given. */
  readonly fields: readonly string[];
  /** The first series with which all hosts take a common value; undefined: no kernel of the tables does it. */
  readonly kernel: string | undefined;
  /** Whether that kernel shows the field as zero to every guest, rather than letting it be written. */
  readonly hides: boolean;
  /** Hosts that run an older kernel. */
  readonly hosts: Fleet;
  /** A sentence. */
  readonly words: string;
}

const capabilitiesOf = (kernel: string) =>
  identityCapabilities().filter(({ since }) => compareVersions(kernel, since) >= 0);

/** A host as it shows a register today, under another kernel: what is shown stays, what may be written is the rules'. */
function underKernel(
  id: bigint,
  shown: bigint,
  kernel: string,
): { readonly profile: HostProfile; readonly base: Configuration } {
  const base: Configuration = {
    name: "base",
    features: [...commonVcpuFeatures().ofEvery],
    capabilities: capabilitiesOf(kernel).map(({ number }) => number),
    refused: undefined,
    registers: new Map([[id, shown]]),
    writable: undefined,
    sweeps: new Map(),
  };
  const profile: HostProfile = {
    name: "",
    origin: "derived",
    kernel: { release: kernel, version: kernel },
    cpu: { name: "", platform: "" },
    capabilities: new Map(),
    configurations: new Map([["base", base]]),
  };
  return { profile, base };
}

/** Where a field's row names no kernel, all that its table was made from hide it: those from this one on. */
const hiddenFrom = "6.1";

function isHidden(field: Field | undefined, kernel: string): boolean {
  const since = field?.hiddenSince ?? (field?.role === "hidden" ? hiddenFrom : undefined);
  return since !== undefined && compareVersions(kernel, since) >= 0;
}

/** What fields may hold under other kernels; hosts that show the same are judged once. */
function judge(): (one: FleetClass, key: string, kernel: string) => ValueSet {
  const known = new Map<string, ValueSet>();
  return ({ offer }, key, kernel) => {
    // Of a host that does not tell, nothing speaks against any value.
    const own = offer.fields.get(key) ?? everything;
    if (compareVersions(offer.kernel, kernel) >= 0) return own;
    const field = fieldCalled(key);
    if (isHidden(field, kernel)) return only(0n);
    const register = idRegister(registerOfKey(key));
    const [shown] = listed(offer.shown.get(register?.name ?? "") ?? [], 1);
    if (register === undefined || field === undefined || shown === undefined) return own;
    const question = `${key} ${kernel} ${shown}`;
    const before = known.get(question);
    if (before !== undefined) return before;
    const { profile, base } = underKernel(register.id, shown, kernel);
    const set = fieldSet(profile, base, register, field) ?? own;
    known.set(question, set);
    return set;
  };
}

/** Whether some value is in all sets; asked one by one, for most are found out early. */
function isCommon(fleet: Fleet, set: (one: FleetClass) => ValueSet): boolean {
  let common: ValueSet | undefined;
  for (const one of fleet) {
    common = common === undefined ? set(one) : intersect(common, set(one));
    if (common.length === 0) return false;
  }
  return true;
}

function wordsFor({ fields, kernel, hides, hosts }: Omit<Remedy, "words">, fleet: Fleet): string {
  const registers = [...new Set(fields.map(registerOfKey))];
  const isIdentity = registers.every((name) =>
    idRegister(name)?.fields.every(({ role }) => role === "identity"),
  );
  const what = isIdentity ? some(registers) : some(fields);
  if (kernel === undefined)
    return `no kernel up to linux ${kernelRules().at(-1)?.series ?? ""} lets a VMM write ${what}`;
  const names = isIdentity ? capabilitiesOf(kernel).map(({ name }) => ` (${name})`) : [];
  const on = hosts.length === fleet.length ? "every host" : hostNames(hosts, 4);
  return `linux ${kernel} or later on ${on} ${hides ? `shows ${what} as zero` : `lets a VMM write ${what}${names.join("")}`}`;
}

/** Fields of one remedy together; what the oldest kernel mends first, what none mends last. */
export function remediesFor(fleet: Fleet, keys: readonly string[]): readonly Remedy[] {
  const kernels = fleet.map(({ offer }) => offer.kernel);
  const oldest = kernels.reduce((a, b) => (compareVersions(a, b) <= 0 ? a : b), kernels[0] ?? "");
  const series = [...new Set(kernelRules().map((row) => seriesOf(row.series)))].filter(
    (one) => compareVersions(one, oldest) > 0,
  );
  const groups = new Map<
    string,
    { readonly kernel: string | undefined; readonly hides: boolean; fields: string[] }
  >();
  const setUnder = judge();
  for (const key of keys) {
    const kernel = series.find((one) => isCommon(fleet, (each) => setUnder(each, key, one)));
    const hides = kernel !== undefined && isHidden(fieldCalled(key), kernel);
    const name = `${kernel ?? ""} ${hides}`;
    const group = groups.get(name) ?? { kernel, hides, fields: [] };
    group.fields.push(key);
    groups.set(name, group);
  }
  return [...groups.values()]
    .sort(
      (a, b) =>
        Number(a.kernel === undefined) - Number(b.kernel === undefined) ||
        compareVersions(a.kernel ?? "", b.kernel ?? "") ||
        Number(a.hides) - Number(b.hides),
    )
    .map((group) => {
      const { kernel } = group;
      const hosts =
        kernel === undefined ? [] : fleet.filter(({ offer }) => compareVersions(offer.kernel, kernel) < 0);
      const remedy = { ...group, hosts };
      return { ...remedy, words: wordsFor(remedy, fleet) };
    });
}
