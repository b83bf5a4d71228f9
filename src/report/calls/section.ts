/** A guest's hypercalls: the space of function ids with what the filter does in it, and what each function comes to. */
import type { Contract, FilterRange } from "../../contract.ts";
import type { Sightings } from "../sightings.ts";
import { functionId, grouped, type Place, placeOf } from "../words.ts";
import { type Drawn, type Lane, laneOf } from "./bars.ts";
import { type FunctionLine, functionLines } from "./functions.ts";
import { fastRows, yieldingWindows } from "./space.ts";
import { type CallState, stateOfAction, stateTitles } from "./states.ts";

export interface SpaceRow {
  readonly owner: string;
  readonly title: string;
  readonly lanes: readonly Lane[];
}

/** A statement of the filter. */
export interface RangeLine {
  readonly state: CallState;
  readonly title: string;
  readonly ranges: readonly string[];
  /** Past those that are printed. */
  readonly more: number;
  readonly ids: string;
  readonly place: Place;
}

export interface CallsSection {
  readonly rows: readonly SpaceRow[];
  readonly ranges: readonly RangeLine[];
  /** States that the picture has, in a fixed order. */
  readonly legend: readonly { readonly state: CallState; readonly title: string }[];
  /** Functions that somebody answers, or that a statement decides. */
  readonly functions: readonly FunctionLine[];
  /** The names of the others. */
  readonly silent: readonly string[];
  readonly basis: string;
}

const mostRanges = 4;
const states: readonly CallState[] = [
  "answered",
  "withheld",
  "denied",
  "forwarded",
  "own",
  "differs",
  "handled",
  "unknown",
];

function rangeLines({ filter }: Contract, path: string): readonly RangeLine[] {
  const byStatement = new Map<string, FilterRange[]>();
  for (const range of filter) {
    const { span } = range.origin;
    const key = `${span.file.path} ${span.start}`;
    byStatement.set(key, [...(byStatement.get(key) ?? []), range]);
  }
  return [...byStatement.values()].flatMap((of) => {
    const [first] = of;
    if (first === undefined) return [];
    const state = stateOfAction[first.action];
    return [
      {
        state,
        title: stateTitles[state],
        ranges: of
          .slice(0, mostRanges)
          .map((one) =>
            one.first === one.last
              ? functionId(one.first)
              : `${functionId(one.first)} to ${functionId(one.last)}`,
          ),
        more: Math.max(0, of.length - mostRanges),
        ids: grouped(of.reduce((sum, one) => sum + one.last - one.first + 1, 0)),
        place: placeOf(first.origin.span, path),
      },
    ];
  });
}

function basisOf({ seen, refused }: Sightings): string {
  const nested = seen.some(({ level }) => level === 2)
    ? " The guest has an EL2 of its own, which takes HVC: what is shown is by SMC."
    : "";
  if (seen.length === 1) return `What the guest's calls come to on ${seen[0]?.host.name ?? ""}.${nested}`;
  if (seen.length > 1) return `What the guest's calls come to on its ${seen.length} hosts.${nested}`;
  return refused.length > 0
    ? "KVM starts the guest on none of its hosts: what the contract decides."
    : "The guest names no host: what the contract decides; which functions KVM has depends on the kernel.";
}

export function callsSection(contract: Contract, sighted: Sightings, path: string): CallsSection {
  const { seen } = sighted;
  const functions = functionLines(contract, seen, path);
  const rest: CallState = seen.length === 0 ? "handled" : "unknown";
  const drawn: Drawn = { filter: contract.filter, functions, rest, path };
  const rows: readonly SpaceRow[] = [
    ...fastRows().map(({ owner, title, windows }) => ({
      owner,
      title,
      lanes: windows.map((window) => laneOf(window, window.convention, drawn)),
    })),
    {
      owner: "yielding",
      title: "ids with bit 31 clear: not divided by owner",
      lanes: yieldingWindows().map((window) => laneOf(window, window.title, drawn)),
    },
  ];
  const drawnStates = new Set(
    rows.flatMap(({ lanes }) =>
      lanes.flatMap(({ bar, zooms }) =>
        [bar, ...zooms].flatMap(({ segments }) => segments.map(({ state }) => state)),
      ),
    ),
  );
  const silent = functions.filter(({ state }) => state === "unknown");
  return {
    rows,
    ranges: rangeLines(contract, path),
    legend: states
      .filter((state) => drawnStates.has(state))
      .map((state) => ({ state, title: stateTitles[state] })),
    functions: functions.filter((one) => !silent.includes(one)),
    silent: [...new Set(silent.map(({ name }) => name))],
    basis: basisOf(sighted),
  };
}
