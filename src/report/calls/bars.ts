/** Bars of function ids: an owner's to scale, and enlarged where small things are. */
import type { FilterRange } from "../../contract.ts";
import { describeSmcccId, reservedFilterRanges } from "../../tables/index.ts";
import { functionId, grouped, placeOf } from "../words.ts";
import type { FunctionLine } from "./functions.ts";
import { offsetIn, sizeOf, type Window } from "./space.ts";
import { type CallState, stateOfAction, stateTitles } from "./states.ts";

export interface Segment {
  readonly x: number;
  readonly width: number;
  readonly state: CallState;
  /** What it is, in a sentence. */
  readonly title: string;
}

export interface Bar {
  readonly width: number;
  readonly segments: readonly Segment[];
}

export interface Zoom extends Bar {
  readonly caption: string;
}

export interface Lane {
  /** `fast32` … */
  readonly label: string;
  /** First and last id. */
  readonly range: string;
  readonly bar: Bar;
  readonly zooms: readonly Zoom[];
}

/** What is drawn: the filter's ranges over what has a name. */
export interface Drawn {
  readonly filter: readonly FilterRange[];
  readonly functions: readonly FunctionLine[];
  /** What becomes of an id without a name that the filter leaves alone. */
  readonly rest: CallState;
  readonly path: string;
}

const barWidth = 220;
/** What is smaller than this would not be seen. */
const leastWidth = 1.5;
const cellWidth = 8;
/** Enlarged are whole blocks of so many ids. */
const block = 16;
/** Ids of one enlarged bar; more would not fit beside the others. */
const mostInZoom = 64;

const round = (value: number): number => Math.round(value * 100) / 100;

const rangeText = (first: number, last: number): string =>
  first === last ? functionId(first) : `${functionId(first)} to ${functionId(last)}`;

const manyIds = (first: number, last: number): string =>
  first === last ? "1 id" : `${grouped(last - first + 1)} ids`;

const reservedAt = (id: number): string | undefined =>
  reservedFilterRanges().find(({ first, last }) => first <= id && id <= last)?.why;

function rangeTitle(range: FilterRange, first: number, last: number, path: string): string {
  const { short, text } = placeOf(range.origin.span, path);
  return `${rangeText(first, last)}, ${manyIds(first, last)}: ${stateTitles[stateOfAction[range.action]]}; ${short}: ${text}`;
}

/** What KVM keeps for itself no filter reaches. */
const restTitle = (first: number, last: number, rest: CallState): string => {
  const reserved = reservedAt(first);
  const words =
    reserved === undefined
      ? rest === "handled"
        ? stateTitles.handled
        : "left to KVM: -1 but for the functions that it has"
      : `kept by KVM, out of a filter's reach (${reserved})`;
  return `${rangeText(first, last)}, ${manyIds(first, last)}: ${words}`;
};

/** The filter's ranges within bounds, in order, without those that KVM handles as it would anyway. */
const rangesIn = ({ filter }: Drawn, first: number, last: number): readonly FilterRange[] =>
  filter.filter((range) => range.action !== "handle" && range.first <= last && range.last >= first);

/** A window to scale. What is left to KVM is one piece behind the filter's ranges. */
function scaleBar(window: Window, drawn: Drawn): Bar {
  const scale = barWidth / sizeOf(window);
  const segments: Segment[] = [];
  for (const { first, last } of window.pieces) {
    const start = offsetIn(window, first) ?? 0;
    segments.push({
      x: round(start * scale),
      width: round((last - first + 1) * scale),
      state: "handled",
      title: restTitle(first, last, drawn.rest),
    });
  }
  for (const { first, last } of window.pieces)
    for (const range of rangesIn(drawn, first, last)) {
      const [from, to] = [Math.max(first, range.first), Math.min(last, range.last)];
      const width = Math.max(leastWidth, (to - from + 1) * scale);
      const x = Math.min(barWidth - width, (offsetIn(window, from) ?? 0) * scale);
      segments.push({
        x: round(x),
        width: round(width),
        state: stateOfAction[range.action],
        title: rangeTitle(range, range.first, range.last, drawn.path),
      });
    }
  return { width: barWidth, segments };
}

/** Blocks that hold something smaller than a window: a function with a name, or an end of a range within it. */
function busyBlocks(window: Window, drawn: Drawn): readonly number[] {
  const starts = new Set<number>();
  const add = (id: number): void => {
    starts.add(Math.floor(id / block) * block);
  };
  for (const { id } of drawn.functions) if (belongs(window, id)) add(id);
  for (const { first, last } of window.pieces)
    for (const range of rangesIn(drawn, first, last)) {
      if (range.first > first) add(range.first);
      if (range.last < last) add(range.last);
    }
  return [...starts].sort((a, b) => a - b);
}

/** An id outside the convention (bits 23:16 set) is told with its owner's others. */
function belongs(window: Window, id: number): boolean {
  if (offsetIn(window, id) !== undefined) return true;
  const { convention, owner } = describeSmcccId(id) ?? {};
  return convention?.name === window.convention && (owner?.name ?? "others") === window.owner;
}

function functionTitle({ name, idText, outcomes, place }: FunctionLine): string {
  const told = outcomes.map(({ state, text, hosts }) => {
    const answer = text === stateTitles[state] ? stateTitles[state] : `${stateTitles[state]}: ${text}`;
    return hosts === undefined ? answer : `${answer} on ${hosts.text}`;
  });
  return `${idText} ${name}: ${told.join("; ")}${place === undefined ? "" : ` (${place.short})`}`;
}

/** Each function a cell; ids between them, as far as they fare alike, one. */
function zoomOf(start: number, end: number, drawn: Drawn): Zoom {
  const named = new Map(drawn.functions.map((one) => [one.id, one]));
  const segments: Segment[] = [];
  const x = (id: number): number => (id - start) * cellWidth;
  const between = (first: number, last: number): void => {
    if (first > last) return;
    const inside = rangesIn(drawn, first, last);
    const [range] = inside;
    if (range === undefined || range.first > first) {
      const to = range === undefined ? last : range.first - 1;
      segments.push({
        x: x(first),
        width: (to - first + 1) * cellWidth,
        state: drawn.rest,
        title: restTitle(first, to, drawn.rest),
      });
      between(to + 1, last);
      return;
    }
    const to = Math.min(last, range.last);
    segments.push({
      x: x(first),
      width: (to - first + 1) * cellWidth,
      state: stateOfAction[range.action],
      title: rangeTitle(range, first, to, drawn.path),
    });
    between(to + 1, last);
  };
  let from = start;
  for (let id = start; id <= end; id++) {
    const one = named.get(id);
    if (one === undefined) continue;
    between(from, id - 1);
    segments.push({ x: x(id), width: cellWidth, state: one.state, title: functionTitle(one) });
    from = id + 1;
  }
  between(from, end);
  return { caption: rangeText(start, end), width: (end - start + 1) * cellWidth, segments };
}

function zooms(window: Window, drawn: Drawn): readonly Zoom[] {
  const runs: [number, number][] = [];
  for (const start of busyBlocks(window, drawn)) {
    const last = runs.at(-1);
    const joins = last !== undefined && start === last[1] + 1 && start + block - last[0] <= mostInZoom;
    if (last !== undefined && joins) last[1] = start + block - 1;
    else runs.push([start, start + block - 1]);
  }
  return runs.map(([start, end]) => zoomOf(start, end, drawn));
}

export function laneOf(window: Window, label: string, drawn: Drawn): Lane {
  const [first, last] = [window.pieces[0]?.first ?? 0, window.pieces.at(-1)?.last ?? 0];
  return { label, range: rangeText(first, last), bar: scaleBar(window, drawn), zooms: zooms(window, drawn) };
}
