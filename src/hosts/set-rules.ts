/** KVM's exceptions to "writable mask and feature table decide", by kernel; see `data/set-rules.json`. */
import {
  compareVersions,
  fieldOf,
  field as findField,
  type IdRegister,
  idRegister,
  type SafeKind,
} from "../tables/index.ts";
import text from "./data/set-rules.json?raw";
import type { Configuration, HostProfile } from "./profile.ts";

interface Row {
  readonly register?: string;
  readonly registerKind?: IdRegister["kind"];
  readonly field?: string;
  readonly where?: { readonly register: string; readonly field: string; readonly below: number };
  readonly fixed?: boolean;
  readonly since: string;
  readonly until?: string;
  readonly feature?: string;
  readonly capability?: number;
  readonly kind?: SafeKind;
  readonly signed?: boolean;
  readonly refuses?: readonly number[];
  readonly any?: boolean;
  readonly mask?: string;
  readonly source: string;
}

/** What the rows that fit say together. */
export interface SetRule {
  readonly kind: SafeKind | undefined;
  readonly signed: boolean | undefined;
  readonly refuses: readonly number[];
  /** Bits of the register that take any value. */
  readonly any: bigint;
  /** Nothing but what the register shows. */
  readonly fixed: boolean;
  readonly sources: readonly string[];
}

let rows: readonly Row[] | undefined;

/** All rows, in the file's order. */
export function setRuleRows(): readonly Row[] {
  const parsed: { readonly rows: readonly Row[] } = rows === undefined ? JSON.parse(text) : { rows };
  rows = parsed.rows;
  return rows;
}

/** The leading `major.minor`. */
function seriesOf(version: string): string {
  return version.split(".").slice(0, 2).join(".");
}

/** Asked of `base`: what the host has, also where a vCPU feature takes it from the guest. */
function showsBelow(profile: HostProfile, where: NonNullable<Row["where"]>): boolean {
  const id = idRegister(where.register)?.id;
  const field = findField(where.register, where.field);
  const value = id === undefined ? undefined : profile.configurations.get("base")?.registers.get(id);
  if (field === undefined || typeof value !== "bigint") return false;
  return Number(fieldOf(value, field)) < where.below;
}

/** The rule for a register's field on a kernel; undefined where mask and table decide alone. */
export function setRule(
  profile: HostProfile,
  configuration: Configuration,
  register: IdRegister,
  field: string,
): SetRule | undefined {
  const series = seriesOf(profile.kernel.version);
  const fitting = setRuleRows().filter(
    (row) =>
      (row.register === undefined || row.register === register.name) &&
      (row.registerKind === undefined || row.registerKind === register.kind) &&
      (row.where === undefined || showsBelow(profile, row.where)) &&
      (row.field === undefined || row.field === field) &&
      compareVersions(series, row.since) >= 0 &&
      (row.until === undefined || compareVersions(series, row.until) <= 0) &&
      (row.feature === undefined || configuration.features.includes(row.feature)) &&
      (row.capability === undefined || configuration.capabilities.includes(row.capability)),
  );
  if (fitting.length === 0) return undefined;
  return fitting.reduce<SetRule>(
    (rule, row) => ({
      kind: row.kind ?? rule.kind,
      signed: row.signed ?? rule.signed,
      refuses: [...new Set([...rule.refuses, ...(row.refuses ?? [])])],
      fixed: row.fixed ?? rule.fixed,
      any: row.any === true ? BigInt(row.mask ?? "0x0") : rule.any,
      sources: [...rule.sources, row.source],
    }),
    { kind: undefined, signed: undefined, refuses: [], fixed: false, any: 0n, sources: [] },
  );
}
