/** What came of all moves, as text. */
import { nameOf } from "../../src/migrate/words.ts";
import { compareVersions } from "../../src/tables/index.ts";
import { grouped } from "../grouped.ts";
import { type Machine, machineName } from "../machine.ts";
import type { Difference } from "../prove/difference.ts";
import { aligned } from "../text.ts";
import { nothing, sum } from "./compare.ts";
import type { Move } from "./move.ts";
import type { Refused } from "./output.ts";

export const differencesOf = ({ outcome }: Move): readonly Difference[] =>
  outcome.kind === "moved" || outcome.kind === "differs" ? outcome.differences : [];

export const isGood = (move: Move): boolean =>
  move.outcome.kind !== "failed" && differencesOf(move).length === 0;

const SHOWN = 6;
function some(names: readonly string[]): string {
  const distinct = [...new Set(names)];
  const rest = distinct.length - SHOWN;
  return rest > 1 ? `${distinct.slice(0, SHOWN).join(", ")} and ${rest} more` : distinct.join(", ");
}

const titleOf = ({ cpu, nested }: Machine): string => (nested ? `nested ${cpu}` : cpu);
const wayOf = ({ from, to }: Move): string =>
  titleOf(from) === titleOf(to)
    ? `${from.kernel} to ${to.kernel} on ${titleOf(to)}`
    : `${machineName(from)} to ${machineName(to)}`;

function differenceLines(moves: readonly Move[]): readonly string[] {
  const all = moves.flatMap((move) => differencesOf(move).map((difference) => ({ move, difference })));
  return grouped(all, ({ difference }) => JSON.stringify(difference)).flatMap((group) => {
    const { subject, predicted, because, seen } = group[0].difference;
    return [
      `DIFFERS ${subject}, ${group.length} moves`,
      `  predicted  ${predicted}`,
      `  because    ${because}`,
      `  seen       ${seen}`,
      `  guests     ${some(group.map(({ move }) => move.guest))}`,
      `  moves      ${some(group.map(({ move }) => wayOf(move)))}`,
    ];
  });
}

const failureLines = (moves: readonly Move[]): readonly string[] =>
  moves.flatMap((move) =>
    move.outcome.kind === "failed" ? [`FAILED ${move.guest}, ${wayOf(move)}: ${move.outcome.message}`] : [],
  );

const words = ({ what, errno }: Refused): string =>
  typeof what === "bigint" ? `${nameOf(what)} ${errno}` : `${what} ${errno}`;

/** What KVM refuses first, most often first. */
function refusalLines(moves: readonly Move[]): readonly string[] {
  const refused = moves.flatMap(({ outcome }) =>
    outcome.kind === "moved" && outcome.refused[0] !== undefined ? [outcome.refused[0]] : [],
  );
  return grouped(refused, words)
    .toSorted((a, b) => b.length - a.length)
    .map((group) => `${String(group.length).padStart(6)}  refused first: ${words(group[0])}`);
}

/** Of the guests that were moved: `8` all were taken, `6+2` two of them were refused; `-`: none was moved. */
function cellText(moves: readonly Move[]): string {
  const bad = moves.filter((move) => !isGood(move)).length;
  if (bad > 0) return `DIFFERS ${bad}`;
  const moved = moves.flatMap(({ outcome }) => (outcome.kind === "moved" ? [outcome] : []));
  if (moved.length === 0) return "-";
  const refused = moved.filter(({ outcome }) => outcome === "refused").length;
  return refused === 0 ? String(moved.length) : `${moved.length - refused}+${refused}`;
}

function matrixLines(moves: readonly Move[]): readonly string[] {
  const title = ({ from, to }: Move): string =>
    titleOf(from) === titleOf(to) ? titleOf(to) : `${titleOf(from)} to ${titleOf(to)}`;
  return grouped(moves, title).flatMap((group) => {
    const kernels = (of: (move: Move) => Machine): readonly string[] =>
      [...new Set(group.map((move) => of(move).kernel))].toSorted(compareVersions);
    const [sources, targets] = [kernels(({ from }) => from), kernels(({ to }) => to)];
    const rows = sources.map((from) => [
      from,
      ...targets.map((to) =>
        cellText(group.filter((move) => move.from.kernel === from && move.to.kernel === to)),
      ),
    ]);
    return ["", ...aligned([[title(group[0]), ...targets.map((to) => `to ${to}`)], ...rows])];
  });
}

function totalLines(moves: readonly Move[]): readonly string[] {
  const moved = moves.flatMap(({ outcome }) => (outcome.kind === "moved" ? [outcome] : []));
  const count = (outcome: string): number => moved.filter((one) => one.outcome === outcome).length;
  const counts = sum([nothing, ...moved.map((one) => one.counts)]);
  const plans = moves.filter(({ outcome }) => outcome.kind === "plan").length;
  return [
    `${moves.length} moves: ${count("same")} to the same machine, ${count("changed")} to one that the guest sees changed, ${count("refused")} refused, ${plans} whose plan is refused`,
    `${counts.set} registers set, ${counts.held} values held as predicted, ${counts.kept} read by the guest as predicted, ${counts.answers} of its answers as predicted`,
    `${moves.filter((move) => !isGood(move)).length} moves not as predicted`,
  ];
}

export const printMoves = (moves: readonly Move[]): string =>
  `${[
    ...differenceLines(moves),
    ...failureLines(moves),
    ...refusalLines(moves),
    ...matrixLines(moves),
    "",
    ...totalLines(moves),
  ].join("\n")}\n`;
