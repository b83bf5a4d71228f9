/** The outcome of all proofs as text: differences and refusals in detail, then a table for each CPU. */

import { compareVersions } from "../../src/tables/index.ts";
import { grouped } from "../grouped.ts";
import { type Machine, machineName } from "../machine.ts";
import { aligned } from "../text.ts";
import type { Comparison, Open } from "./compare.ts";
import type { Difference } from "./difference.ts";
import type { Cell } from "./prove.ts";

/** A machine that was not proved, and why. */
export interface LeftOut {
  readonly machine: Machine;
  readonly why: string;
}

export interface Proof {
  readonly cells: readonly Cell[];
  readonly leftOut: readonly LeftOut[];
}

export const isGood = ({ outcome }: Cell): boolean =>
  outcome.kind === "refused" || (outcome.kind === "ran" && outcome.differences.length === 0);

function differencesOf({ outcome }: Cell): readonly Difference[] {
  return outcome.kind === "ran" || outcome.kind === "differs" ? outcome.differences : [];
}

const agreedIn = (comparison: Extract<Comparison, { kind: "ran" }>): number =>
  comparison.agreed.registers + comparison.agreed.calls + comparison.agreed.instructions;

/** What stands in the table. */
function cellText({ outcome }: Cell): string {
  switch (outcome.kind) {
    case "failed":
      return "FAILED";
    case "refused":
      return "refused";
    case "differs":
      return "DIFFERS";
    case "ran": {
      const counts = `${agreedIn(outcome)}${outcome.open.length === 0 ? "" : ` +${outcome.open.length}?`}`;
      return outcome.differences.length === 0 ? `ok ${counts}` : `DIFFERS ${outcome.differences.length}`;
    }
  }
}

const unique = (items: readonly string[]): readonly string[] => [...new Set(items)];

/** `minimal, sealed (6.1, 6.12 on max, neoverse-n1; 7.2 on a64fx)` */
function places(cells: readonly Cell[]): string {
  const cpus = grouped(cells, ({ machine }) => cpuTitle(machine)).map((group) => ({
    cpu: group.slice(0, 1).map(({ machine }) => cpuTitle(machine)),
    kernels: [...unique(group.map(({ machine }) => machine.kernel))].sort(compareVersions).join(", "),
  }));
  const where = grouped(cpus, ({ kernels }) => kernels).map(
    (group) => `${group[0]?.kernels} on ${group.flatMap(({ cpu }) => cpu).join(", ")}`,
  );
  return `${unique(cells.map(({ example }) => example)).join(", ")} (${where.join("; ")})`;
}

const cpuTitle = ({ cpu, nested }: Machine): string => (nested ? `nested ${cpu}` : cpu);

interface At<T> {
  readonly cell: Cell;
  readonly item: T;
}

function differenceLines(cells: readonly Cell[]): readonly string[] {
  const all = cells.flatMap((cell) => differencesOf(cell).map((item): At<Difference> => ({ cell, item })));
  return grouped(all, ({ item }) => JSON.stringify(item)).flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { subject, predicted, because, seen } = first.item;
    return [
      `DIFFERS ${subject}`,
      `  predicted  ${predicted}`,
      `  because    ${because}`,
      `  seen       ${seen}`,
      `  by         ${places(group.map(({ cell }) => cell))}`,
    ];
  });
}

function failureLines(cells: readonly Cell[]): readonly string[] {
  return cells.flatMap(({ example, machine, outcome }) =>
    outcome.kind === "failed" ? [`FAILED ${example}, ${machineName(machine)}: ${outcome.message}`] : [],
  );
}

function refusalLines(cells: readonly Cell[]): readonly string[] {
  const refused = cells.flatMap((cell) =>
    cell.outcome.kind === "refused" ? [{ cell, item: cell.outcome }] : [],
  );
  const keyOf = ({ item: { step, why } }: (typeof refused)[number]): string =>
    JSON.stringify([step.ioctl, step.name, step.errno, why]);
  return grouped(refused, keyOf).flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { step, why } = first.item;
    return [
      `refused as predicted: ${step.errno} of ${step.ioctl}, ${step.name}: ${why}`,
      `  by         ${places(group.map(({ cell }) => cell))}`,
    ];
  });
}

/** What is not claimed, by reason; the subjects of a reason are cut after some. */
function openLines(cells: readonly Cell[]): readonly string[] {
  const all = cells.flatMap(({ outcome }): readonly Open[] => (outcome.kind === "ran" ? outcome.open : []));
  const shown = 8;
  return grouped(all, ({ because }) => because).map((group) => {
    const subjects = unique(group.map(({ subject }) => subject));
    const more = subjects.length > shown ? `, and ${subjects.length - shown} more` : "";
    return `open: ${group[0]?.because}: ${subjects.slice(0, shown).join(", ")}${more}`;
  });
}

function tableLines(cells: readonly Cell[]): readonly string[] {
  return grouped(cells, ({ machine }) => cpuTitle(machine)).flatMap((group) => {
    const kernels = [...unique(group.map(({ machine }) => machine.kernel))].sort(compareVersions);
    const rows = grouped(group, ({ example }) => example).map((row) => [
      row[0]?.example ?? "",
      ...kernels.map((kernel) => {
        const cell = row.find(({ machine }) => machine.kernel === kernel);
        return cell === undefined ? "-" : cellText(cell);
      }),
    ]);
    const [first] = group;
    const title = first === undefined ? "" : cpuTitle(first.machine);
    return ["", ...aligned([[title, ...kernels], ...rows])];
  });
}

function totalLine(cells: readonly Cell[]): string {
  const ran = cells.flatMap(({ outcome }) => (outcome.kind === "ran" ? [outcome] : []));
  const held = ran.reduce((sum, outcome) => sum + agreedIn(outcome), 0);
  const kept = ran.reduce((sum, outcome) => sum + outcome.agreed.promises, 0);
  const open = ran.reduce((sum, outcome) => sum + outcome.open.length, 0);
  const refused = cells.filter(({ outcome }) => outcome.kind === "refused").length;
  const bad = cells.filter((cell) => !isGood(cell)).length;
  return [
    `${cells.length} runs: ${cells.length - bad - refused} as predicted`,
    `${refused} refused as predicted`,
    `${bad} not as predicted`,
    `${held} predictions held`,
    `${kept} promises kept`,
    `${open} questions open`,
  ].join(", ");
}

/** The text of a proof. In a cell, `ok 1893 +12?` says: 1893 predictions held, 12 questions are open. */
export function printProof({ cells, leftOut }: Proof): string {
  const lines = [
    ...differenceLines(cells),
    ...failureLines(cells),
    ...refusalLines(cells),
    ...openLines(cells),
    ...leftOut.map(({ machine, why }) => `left out: ${machineName(machine)}: ${why}`),
    ...tableLines(cells),
    "",
    totalLine(cells),
  ];
  return `${lines.join("\n")}\n`;
}

/** The same as data. */
export function proofJson({ cells, leftOut }: Proof): string {
  const runs = cells.map((cell) => ({ ...cell, good: isGood(cell) }));
  return `${JSON.stringify({ good: cells.every(isGood), runs, leftOut }, undefined, 2)}\n`;
}
