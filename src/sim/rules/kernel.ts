/** What differs between kernels, as rows: see `data/rules-*.json`. */
import { compareVersions, type KernelRange, seriesOf } from "../../tables/index.ts";

/** What KVM does in one respect, from one kernel to another. */
export interface Rule<T> extends KernelRange {
  readonly rule: string;
  readonly value: T;
  readonly why: string;
  /** Key into `sources.json`. */
  readonly source: string;
}

/**
 * The rule that holds on a kernel: the first row with its name whose range the kernel is in. Between two kernels that
 * somebody looked at, where the rule changed, the older one's holds.
 *
 * @param kernel release or series
 * @throws where the rows leave the kernel out: they are to have a row for every kernel
 */
export function ruleFor<T>(rows: readonly Rule<T>[], rule: string, kernel: string): T {
  const series = seriesOf(kernel);
  const named = rows.filter((row) => row.rule === rule);
  const fits = ({ since, until }: KernelRange): boolean =>
    (since === undefined || compareVersions(series, since) >= 0) &&
    (until === undefined || compareVersions(series, until) <= 0);
  const older = named.filter(({ until }) => until !== undefined && compareVersions(series, until) > 0);
  const found = named.find(fits) ?? older.at(-1) ?? named[0];
  if (found === undefined) throw new Error(`no rule is called ${rule}`);
  return found.value;
}
