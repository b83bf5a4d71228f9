/** Statements of the program that would make a migration safe, where the tables can tell. */
import type { Contract } from "../contract.ts";
import { configurationFor } from "../hosts/configuration.ts";
import {
  acceptedValues,
  bitmapBits,
  capabilityAnswer,
  judgeField,
  psciVersions,
  sveLengths,
} from "../hosts/judge.ts";
import type { Configuration, HostProfile } from "../hosts/profile.ts";
import {
  bitmapRegister,
  capability,
  compareFieldValues,
  cpuByMidr,
  type ExprState,
  evaluate,
  type Feature,
  type Field,
  featuresNaming,
  featuresOfFacility,
  fieldKey,
  fieldMask,
  registerState,
  reservedFilterRanges,
  services,
  smcccFunction,
  valueName,
} from "../tables/index.ts";
import { type StatementRow, statementRow } from "./changes.ts";
import { hex } from "./words.ts";

/** Between which hosts, and what the guest saw on the first. */
export interface Between {
  readonly contract: Contract;
  readonly from: HostProfile;
  readonly to: HostProfile;
  /** Values of the ID registers by name, as the guest read them before it was moved. */
  readonly seen: Readonly<Record<string, bigint>>;
}

const lesser = (...values: readonly bigint[]): bigint => values.toSorted((a, b) => (a < b ? -1 : 1))[0] ?? 0n;

/** What the guest's ID registers said on the host that it leaves. */
export const stateBefore = ({ seen }: Between): ExprState => registerState(seen, "");

/** What a host shows a vCPU of the guest. */
export function configuration({ contract }: Between, profile: HostProfile): Configuration {
  return configurationFor(
    profile,
    contract.vcpuFeatures.map(({ value }) => value),
    contract.capabilities.flatMap(({ value }) => capability(value)?.number ?? []),
  ).configuration;
}

/** The highest value, in the field's order and no higher than the present one, that both hosts accept. */
function commonValue(between: Between, field: Field, before: bigint): bigint | undefined {
  const of = (profile: HostProfile): readonly bigint[] =>
    acceptedValues(profile, configuration(between, profile), field.register, field.name) ?? [];
  const there = new Set(of(between.to));
  const order = (a: bigint, b: bigint): number => compareFieldValues(field, Number(a), Number(b));
  const both = of(between.from).filter((value) => there.has(value));
  const below = both.filter((value) => order(value, before) <= 0).toSorted((a, b) => order(b, a));
  return below[0] ?? both.toSorted(order)[0];
}

/** Whether the other host's KVM takes a value in a field. */
export const accepts = (between: Between, field: Field, value: bigint): boolean =>
  judgeField(between.to, configuration(between, between.to), field.register, field.name, value).accepted;

/** Features that the guest was told of, and is not with this value. */
function lostWith(between: Between, field: Field, value: bigint): readonly Feature[] {
  const { seen } = between;
  const whole = seen[field.register] ?? 0n;
  const changed = (whole & ~fieldMask(field)) | (value << BigInt(field.lsb));
  const [before, after] = [seen, { ...seen, [field.register]: changed }].map((of) => registerState(of, ""));
  return featuresNaming([fieldKey(field)]).filter(
    ({ advertisedBy }) =>
      advertisedBy !== undefined &&
      before !== undefined &&
      after !== undefined &&
      evaluate(advertisedBy, before) === true &&
      evaluate(advertisedBy, after) === false,
  );
}

function valueWords(field: Field, value: bigint): string {
  const unit = field.unit?.codes[Number(value)];
  if (field.unit !== undefined && unit !== undefined) return `${unit} ${field.unit.name}`;
  return value < 10n ? String(value) : hex(value);
}

function coreWords(midr: bigint): string {
  const core = cpuByMidr(midr);
  const part = (at: bigint): bigint => (midr >> at) & 0xfn;
  return core === undefined ? hex(midr) : `${core.name} r${part(20n)}p${part(0n)}`;
}

function byRow(
  row: StatementRow,
  between: Between,
  register: string,
  values: readonly [bigint, bigint],
): readonly string[] {
  const number = row.capability === undefined ? undefined : capability(row.capability)?.number;
  const offered = ({ from, to }: Between): boolean =>
    number === undefined || [from, to].every((profile) => capabilityAnswer(profile, number).value > 0);
  if (row.capability !== undefined && !offered(between)) return [];
  const [before, after] = values;
  const value = row.register === undefined ? lesser(before, after) : (between.seen[register] ?? before);
  const words = row.decimal === true ? String(value) : hex(value);
  return [row.statement.replace("{value}", words).replace("{core}", coreWords(value))];
}

/** Of a facility: another version of it that both hosts have, else to do without. */
function facilityRemedy(between: Between, field: Field, before: bigint): readonly string[] {
  const facility = field.facility ?? "";
  const off = `${facility} off`;
  const common = commonValue(between, field, before);
  if (common === undefined || common === BigInt(field.absent)) return [off];
  const version = featuresOfFacility(facility).find(({ present }) =>
    present.some(
      (one) => one.reg === field.register && one.field === field.name && BigInt(one.value) === common,
    ),
  );
  if (version === undefined || facility !== "pmu") return [off];
  return [`pmu on { version ${version.name} }`, off];
}

/**
 * What would make a field read the same on both hosts.
 *
 * @param before as the guest read it
 * @param after as it reads on the other host
 */
export function fieldRemedies(
  between: Between,
  field: Field,
  before: bigint,
  after: bigint,
): readonly string[] {
  const row = statementRow(field.register, field.name);
  if (row !== undefined) return byRow(row, between, field.register, [before, after]);
  if (field.facility !== undefined) return facilityRemedy(between, field, before);
  const common = commonValue(between, field, before);
  if (common === undefined) return [];
  const lost = lostWith(between, field, common);
  const stated = `field ${field.register}.${field.name} = ${valueWords(field, common)}`;
  return lost.length > 0 && field.role === "feature"
    ? [`without ${lost.map(({ name }) => name).join(", ")}`]
    : [stated];
}

/** The newest PSCI version that both kernels have. */
export function psciRemedy({ from, to }: Between): readonly string[] {
  const there = psciVersions(to)?.names ?? [];
  const newest = psciVersions(from)
    ?.names.filter((name) => there.includes(name))
    .at(-1);
  return newest === undefined ? [] : [`psci ${newest}`];
}

/** The guest's services without those that the other host's kernel does not have. */
export function serviceRemedy({ contract, to }: Between, register: string, bits: bigint): readonly string[] {
  const known = bitmapBits(to, register)?.known ?? 0n;
  if (bitmapRegister(register) === undefined) return [];
  const lacking = services()
    .filter((one) => one.register === register && ((bits & ~known) >> BigInt(one.bit)) & 1n)
    .map(({ name }) => name);
  if (lacking.length === 0) return [];
  const kept = contract.services.map(({ value }) => value).filter((name) => !lacking.includes(name));
  return [`services ${kept.length === 0 ? "none" : kept.join(", ")}`];
}

/** The vector lengths that both hosts have. */
export function lengthsRemedy({ from, to }: Between): readonly string[] {
  const there = sveLengths(to)?.value ?? [];
  const common = (sveLengths(from)?.value ?? []).filter((length) => there.includes(length));
  return common.length === 0 ? ["sve off"] : [`sve lengths ${common.join(", ")}`];
}

/** To do without the features that a register or an instruction needs, of those that the guest was told of. */
export function withoutRemedy(between: Between, features: readonly string[]): readonly string[] {
  const state = stateBefore(between);
  const told = features.filter((name) => state.feature(name) === true);
  return told.map((name) => `without ${name}`);
}

/** A call that neither service nor version decides is denied by the filter. */
export function callRemedy(id: number): readonly string[] {
  if (reservedFilterRanges().some(({ first, last }) => first <= id && id <= last)) return [];
  return [`smccc { deny ${smcccFunction(id)?.name ?? `0x${id.toString(16)}`} }`];
}

/** A field's value in words; undefined: only its number. */
export const meaning = (field: Field, value: bigint): string | undefined => {
  const unit = field.unit?.codes[Number(value)];
  if (field.unit !== undefined && unit !== undefined) return `${unit} ${field.unit.name}`;
  return field.width > 32 ? undefined : valueName(field, Number(value));
};
