/** Two plans: operations added, removed, changed, moved, in the words of the plan. */
import { bitmapRegisters, fieldOf, firmwareRegisters, services } from "../../tables/index.ts";
import { type Diff, everywhere, type Finding, finding, type Side, sortDifferences } from "../difference.ts";
import { partsOf } from "../parts.ts";
import { firmwareWords, hex, ordinal, valueWords } from "../words.ts";
import { contentOf, type Matched, matchOperations, movedOperations, subjectOf } from "./match.ts";
import type { PlanDocument, PlanOperation, PlanValue } from "./read.ts";

const phases = ["create", "check", "vm", "init", "lengths", "finalize", "registers", "devices", "verify"];

const subject = ({ phase, ioctl, name }: PlanOperation): string => `${phase}: ${ioctl} ${name}`;

const number = (value: PlanValue | undefined): bigint | undefined =>
  typeof value === "string" && value.startsWith("0x") ? BigInt(value) : undefined;

/** Services of a bitmap register, the level of a firmware register, else fields. */
function valuesOf(
  id: bigint,
  name: string,
  mask: bigint,
  value: bigint,
): readonly (readonly [string, string])[] {
  const firmware = firmwareRegisters().find((one) => one.id === id);
  if (firmware !== undefined) return [["value", firmwareWords(id, value)]];
  if (bitmapRegisters().some((one) => one.id === id)) {
    const bits = Array.from({ length: 64 }, (_, bit) => bit).filter((bit) => (value >> BigInt(bit)) & 1n);
    const given = bits.map(
      (bit) => services().find((one) => one.register === name && one.bit === bit)?.name ?? `bit ${bit}`,
    );
    return [["services", given.length === 0 ? "none" : given.join(" ")]];
  }
  return partsOf(id, name)
    .filter((part) => fieldOf(mask, part) !== 0n)
    .map((part) => {
      const own = fieldOf(mask, part);
      const whole = own === (1n << BigInt(part.width)) - 1n;
      const words = valueWords(part.field, fieldOf(value, part));
      return [part.name.slice(name.length + 1), whole ? words : `${words} under mask ${hex(own)}`];
    });
}

/** What an operation sets or reads back in a register of 64 bits; undefined: it is about none. */
function fieldsOf(operation: PlanOperation): ReadonlyMap<string, string> | undefined {
  const [id, mask, value] = [operation.id, operation.mask, operation.value].map(number);
  if (id === undefined || mask === undefined || value === undefined || operation.bits !== 64)
    return undefined;
  return new Map(valuesOf(id, operation.name, mask, value));
}

/** What an operation says beside its subject and its fields, each value by its key's path. */
function settingsOf(operation: PlanOperation): ReadonlyMap<string, string> {
  const told = ["phase", "kind", "ioctl", "nr", "fd", "name", "summary", "since", "source", "id", "bits"];
  const asFields = fieldsOf(operation) === undefined ? [] : ["mask", "value"];
  // The bytes are the payload once more.
  const twice = operation.payload === undefined ? [] : ["bytes"];
  const left = new Set([...told, ...asFields, ...twice]);
  const found = new Map<string, string>();
  const walk = (path: string, value: PlanValue): void => {
    if (typeof value !== "object") found.set(path, String(value));
    else if (Array.isArray(value)) found.set(path, value.map(String).join(", "));
    else for (const [key, own] of Object.entries(value)) walk(key, own);
  };
  for (const [key, value] of Object.entries(operation)) if (!left.has(key)) walk(key, value);
  return found;
}

const wordsOf = (values: ReadonlyMap<string, string>): string =>
  [...values].map(([key, value]) => `${key} ${value}`).join(", ");

/** Settings that the name tells already. */
const inName = new Set(["capability", "group", "attribute", "target"]);

/** An operation as a whole; what is not so is not told. */
function operationWords(operation: PlanOperation): string {
  const fields = fieldsOf(operation);
  const settings = new Map(
    [...settingsOf(operation)].filter(([key, value]) => !inName.has(key) && value !== "false"),
  );
  // A register's summary is its fields once more.
  const what = fields === undefined ? operation.summary : wordsOf(fields);
  return [what, wordsOf(settings)].filter(Boolean).join(fields === undefined ? ": " : "; ");
}

const place = (operation: PlanOperation): string =>
  `${ordinal(phases.indexOf(operation.phase))} ${subjectOf(operation)} ${contentOf(operation)}`;

const lesser = (a: string, b: string): string => [a, b].sort()[0] ?? a;

function onlyOne(operation: PlanOperation, side: "before" | "after"): Finding {
  const words = operationWords(operation);
  return finding({
    group: "plan",
    about: "operation",
    subject: subject(operation),
    before: side === "before" ? words : null,
    after: side === "after" ? words : null,
    family: operation.source,
    at: place(operation),
  });
}

/** The entries in which two maps differ, each map's own. */
function differing(was: ReadonlyMap<string, string>, is: ReadonlyMap<string, string>) {
  const keys = [...new Set([...was.keys(), ...is.keys()])]
    .sort()
    .filter((key) => was.get(key) !== is.get(key));
  const pick = (from: ReadonlyMap<string, string>): string =>
    keys.map((key) => `${key} ${from.get(key) ?? "not set"}`).join(", ");
  return { before: pick(was), after: pick(is) };
}

function changedFinding({ before, after }: Matched): readonly Finding[] {
  if (contentOf(before) === contentOf(after)) return [];
  const all = (one: PlanOperation) => new Map([...(fieldsOf(one) ?? []), ...settingsOf(one)]);
  const changed = differing(all(before), all(after));
  // What neither fields nor settings tell, such as bytes without a known layout.
  const told = changed.before !== changed.after;
  const words = told ? changed : { before: operationWords(before), after: operationWords(after) };
  // What has a register, capability or attribute has its name; else the name is what is set.
  const renamed = before.name !== after.name;
  return [
    finding({
      group: "plan",
      about: "operation",
      subject: renamed ? `${before.phase}: ${before.ioctl}` : subject(before),
      before: renamed ? `${before.name}: ${words.before}` : words.before,
      after: renamed ? `${after.name}: ${words.after}` : words.after,
      at: lesser(place(before), place(after)),
    }),
  ];
}

function movedFinding(matched: readonly Matched[]): readonly Finding[] {
  return movedOperations(matched).map(({ before, after, from, to }) => {
    return finding({
      group: "plan",
      about: "order",
      subject: before.name === after.name ? subject(before) : `${before.phase}: ${before.ioctl}`,
      title: before.summary === after.summary ? before.summary : "",
      before: `operation ${from + 1}`,
      after: `operation ${to + 1}`,
      at: lesser(place(before), place(after)),
    });
  });
}

function vmmFindings(before: PlanDocument, after: PlanDocument): readonly Finding[] {
  const keys = new Set([...Object.keys(before.vmm), ...Object.keys(after.vmm)]);
  return [...keys].flatMap((key) => {
    const [was, is] = [before.vmm[key], after.vmm[key]];
    if (was === is) return [];
    return [
      finding({
        group: "vmm",
        about: "choice",
        subject: key,
        before: was === undefined ? null : String(was),
        after: is === undefined ? null : String(is),
      }),
    ];
  });
}

const openFindings = (before: PlanDocument, after: PlanDocument): readonly Finding[] =>
  [...new Set([...before.open, ...after.open])]
    .filter((one) => before.open.includes(one) !== after.open.includes(one))
    .map((one) =>
      finding({
        group: "plan",
        about: "open",
        subject: one,
        before: before.open.includes(one) ? "left to the host" : null,
        after: after.open.includes(one) ? "left to the host" : null,
      }),
    );

const sideOf = (plan: PlanDocument, name: string): Side => ({
  name,
  facts: [
    ["guest", `guest ${plan.guest}`],
    ["operations", `${plan.operations.length} operations`],
  ],
});

/** What KVM is told differently by two plans; summaries and places of statements are no difference. */
export function diffPlans(
  before: PlanDocument,
  after: PlanDocument,
  names: { readonly before: string; readonly after: string },
): Diff {
  const { matched, removed, added } = matchOperations(before.operations, after.operations);
  const findings = [
    ...removed.map((one) => onlyOne(one, "before")),
    ...added.map((one) => onlyOne(one, "after")),
    ...matched.flatMap(changedFinding),
    ...movedFinding(matched),
    ...vmmFindings(before, after),
    ...openFindings(before, after),
  ];
  return {
    kind: "plans",
    before: sideOf(before, names.before),
    after: sideOf(after, names.after),
    differences: sortDifferences(findings.map(everywhere)),
    assumed: [],
    notes: [],
    unsaid: [],
  };
}
