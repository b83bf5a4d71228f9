/** The hosts of a report, numbered, and sets of them in few words. */
import type { HostProfile } from "../hosts/profile.ts";
import type { ReportSubject } from "./subject.ts";
import { count, shown } from "./words.ts";

export interface HostRow {
  /** From 1 on. */
  readonly number: number;
  readonly name: string;
  readonly cpu: string;
  /** `6.18.15` */
  readonly kernel: string;
  readonly release: string;
  readonly platform: string;
  /** `recorded`, `derived` … */
  readonly origin: string;
}

export interface NumberedHost {
  readonly row: HostRow;
  /** As the program or the command line calls it. */
  readonly name: string;
  readonly profile: HostProfile;
}

/** All hosts of all guests, each once, in the order in which guests name them. */
export function numberedHosts({ guests }: ReportSubject): readonly NumberedHost[] {
  const found = new Map<string, NumberedHost>();
  for (const { name, profile } of guests.flatMap(({ hosts }) => hosts)) {
    if (found.has(name)) continue;
    const row: HostRow = {
      number: found.size + 1,
      name: shown(name),
      cpu: shown(profile.cpu.name),
      kernel: shown(profile.kernel.version),
      release: shown(profile.kernel.release),
      platform: shown(profile.cpu.platform ?? ""),
      origin: profile.origin,
    };
    found.set(name, { row, name, profile });
  }
  return [...found.values()];
}

export interface HostSet {
  /** `n1, v1`; of many `5 hosts: 1–4, 7`. */
  readonly text: string;
  /** All names. */
  readonly names: string;
}

/** `1–4, 7` */
export function ranges(numbers: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const one of numbers.toSorted((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && one === last[1] + 1) last[1] = one;
    else runs.push([one, one]);
  }
  return runs
    .map(([first, last]) =>
      first === last ? String(first) : `${first}${last === first + 1 ? ", " : "–"}${last}`,
    )
    .join(", ");
}

/** So long may a list of names be before numbers stand for them. */
const longestNames = 48;

export function hostSet(rows: readonly HostRow[]): HostSet {
  const names = rows.map(({ name }) => name).join(", ");
  const text =
    names.length <= longestNames
      ? names
      : `${count(rows.length, "host")}: ${ranges(rows.map((row) => row.number))}`;
  return { text, names };
}

/** What is the same on several hosts. */
export interface Variant<Value> {
  readonly value: Value;
  readonly hosts: readonly HostRow[];
}

/** The different values that hosts have, in the order in which they first appear. */
export function variants<Value>(
  values: readonly (readonly [HostRow, Value])[],
  key: (value: Value) => string,
): readonly Variant<Value>[] {
  const found = new Map<string, { readonly value: Value; readonly hosts: HostRow[] }>();
  for (const [row, value] of values) {
    const text = key(value);
    const known = found.get(text);
    if (known === undefined) found.set(text, { value, hosts: [row] });
    else known.hosts.push(row);
  }
  return [...found.values()];
}
