/** Why two kernels make a difference, where a table knows it. */
import { deriveTable } from "../../hosts/derive.ts";
import type { HostProfile } from "../../hosts/profile.ts";
import {
  bitmapRegister,
  compareVersions,
  fieldCalled,
  kernelRules,
  seriesOf,
  services,
  type Version,
} from "../../tables/index.ts";
import { once } from "../../tables/load.ts";
import text from "../data/kernels.json?raw";
import type { Cause, Difference } from "../difference.ts";
import { valueWords } from "../words.ts";
import { families } from "./families.ts";

interface KernelRow {
  readonly since: Version;
  readonly stable?: readonly Version[];
  readonly fields?: readonly string[];
  readonly registers?: readonly string[];
  readonly family?: string;
  readonly listed?: boolean;
  readonly shows?: number;
  readonly why: string;
  readonly source: string;
}

/** The rows of `kernels.json`. */
export const kernelRows = once((): readonly KernelRow[] => {
  const file: { readonly rows: readonly KernelRow[] } = JSON.parse(text);
  return file.rows;
});

/** The releases that two hosts run, the older one first. */
interface Kernels {
  readonly older: Version;
  readonly newer: Version;
  /** Which of the two hosts has the newer one. */
  readonly side: "before" | "after";
}

/** The oldest kernel of the tables: a row that begins with it says nothing of those before. */
function oldestKernel(): Version {
  const [first] = kernelRules();
  if (first === undefined) throw new Error("the tables have rules of kernels");
  return first.series;
}

const between = ({ older, newer }: Kernels, since: Version): boolean =>
  compareVersions(older, since) < 0 && compareVersions(newer, since) >= 0;

/** Whether a change that reached stable series may have come in between. */
const mayLieBetween = (kernels: Kernels, { since, stable = [] }: KernelRow): boolean =>
  between(kernels, since) ||
  (compareVersions(kernels.older, since) < 0 && stable.includes(seriesOf(kernels.newer)));

const registerOf = (subject: string): string => subject.split(/[.[ ]/)[0] ?? subject;

function isAbout(row: KernelRow, one: Difference, { side }: Kernels): boolean {
  const newer = one[side];
  if ((one.about === "listed") !== (row.listed !== undefined)) return false;
  if (row.listed !== undefined && row.listed !== (newer !== null)) return false;
  if (row.family !== undefined) {
    return families().some(({ key, many }) => key === row.family && many === one.family);
  }
  if (row.registers !== undefined) return row.registers.includes(registerOf(one.subject));
  if (row.fields?.includes(one.subject) !== true) return false;
  return row.shows === undefined || newer === valueWords(fieldCalled(one.subject), BigInt(row.shows));
}

/** What the rules by which profiles are derived say of a field. */
function byLimits(one: Difference, kernels: Kernels): readonly Cause[] {
  const field = fieldCalled(one.subject);
  if (field === undefined) return [];
  const { register, name } = field;
  const none = valueWords(field, 0n);
  const causes = deriveTable().limits.flatMap((row): readonly Cause[] => {
    const { since, source } = row;
    if (row.register !== register || since === undefined || !between(kernels, since)) return [];
    if (row.fields?.includes(name) === false || row.except?.includes(name) === true) return [];
    if (row.action === "zero" && one[kernels.side] === none)
      return [{ since, backport: null, why: "KVM hides it from guests", source }];
    return [];
  });
  const { declared, source } = field;
  if (declared === undefined || compareVersions(declared, oldestKernel()) <= 0 || !between(kernels, declared))
    return causes;
  return one[kernels.side === "after" ? "before" : "after"] === none
    ? [...causes, { since: declared, backport: null, why: "Linux knows the field, and KVM shows it", source }]
    : causes;
}

/** The release of the row that names a thing. */
function byRow({ about, subject }: Difference, kernels: Kernels): readonly Cause[] {
  const row =
    about === "listed"
      ? bitmapRegister(subject)
      : services().find(({ name }) => about === "settable-service" && subject === `service ${name}`);
  return row === undefined || compareVersions(row.since, oldestKernel()) <= 0 || !between(kernels, row.since)
    ? []
    : [
        {
          since: row.since,
          backport: null,
          why: "user space chooses whether a guest has it",
          source: row.source,
        },
      ];
}

/** What KVM shows, lists or takes otherwise; the rest of a profile is offered and not explained. */
const explained = new Set(["field", "register", "firmware", "listed", "settable-service"]);

const ofTheCore = new Set(["field", "register"]);

function causesOf(one: Difference, kernels: Kernels): readonly Cause[] {
  if (!explained.has(one.about)) return [];
  const told = kernelRows()
    .filter((row) => mayLieBetween(kernels, row) && isAbout(row, one, kernels))
    .map((row): Cause => {
      const { since, why, source } = row;
      return { since, backport: between(kernels, since) ? null : seriesOf(kernels.newer), why, source };
    });
  if (told.length > 0) return told;
  return one.about === "field" ? byLimits(one, kernels) : byRow(one, kernels);
}

/**
 * The differences with what the two kernels do otherwise. Values of different cores differ for themselves: of them only
 * what does not depend on the core is explained.
 */
export function withCauses(
  before: HostProfile,
  after: HostProfile,
): (differences: readonly Difference[]) => readonly Difference[] {
  const [a, b] = [before.kernel.version, after.kernel.version];
  const order = compareVersions(a, b);
  if (order === 0) return (differences) => differences;
  const kernels: Kernels =
    order < 0 ? { older: a, newer: b, side: "after" } : { older: b, newer: a, side: "before" };
  const sameCore = before.cpu.name === after.cpu.name;
  return (differences) =>
    differences.map((one) =>
      sameCore || !ofTheCore.has(one.about) ? { ...one, causes: causesOf(one, kernels) } : one,
    );
}
