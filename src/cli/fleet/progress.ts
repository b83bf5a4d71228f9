/** How far a long run is, in one line of a terminal that is written over. */
import type { Io } from "../io.ts";

export interface Progress {
  /** Tells how far the work is; draws now and then. */
  readonly at: (hosts: number, done: number) => void;
  /** Removes the line. */
  readonly clear: () => void;
}

const barWidth = 24;
/** Between two drawings, and before the first: a run that is done at once draws nothing. */
const redrawMs = 100;
const quietMs = 400;

/** `1,234,567`. */
const grouped = (count: number): string => String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ",");

/** `45 s`, `3 min 20 s`, `2 h 5 min`. */
function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

export interface Standing {
  readonly hosts: number;
  /** How much of `total` is done, in its unit. */
  readonly done: number;
  /** undefined: nobody knows how much there is. */
  readonly total: number | undefined;
  readonly elapsedMs: number;
}

/** The line, no wider than the terminal. */
export function progressLine({ hosts, done, total, elapsedMs }: Standing, columns: number): string {
  const seconds = elapsedMs / 1000;
  const rate = seconds > 0 ? hosts / seconds : 0;
  const counted = `${grouped(hosts)} hosts, ${grouped(rate)}/s`;
  if (total === undefined || total === 0) return counted.slice(0, columns);
  const share = Math.min(1, done / total);
  const left = share > 0 ? duration((seconds * (1 - share)) / share) : "?";
  const filled = Math.round(share * barWidth);
  const bar = `[${"#".repeat(filled)}${".".repeat(barWidth - filled)}]`;
  const percent = `${String(Math.floor(share * 100)).padStart(3)}%`;
  const words = `${percent} ${counted}, ${left} left`;
  const whole = `${bar} ${words}`;
  return (whole.length <= columns ? whole : words).slice(0, columns);
}

const none: Progress = { at: () => {}, clear: () => {} };

/**
 * Draws on stderr where that is a terminal, else nothing.
 *
 * @param wanted what the user says
 */
export function progress(io: Io, total: number | undefined, wanted: boolean): Progress {
  const terminal = wanted ? io.terminal("err") : undefined;
  if (terminal === undefined) return none;
  const started = performance.now();
  let next = started + quietMs;
  let drawn = false;
  return {
    at(hosts, done) {
      const now = performance.now();
      if (now < next) return;
      next = now + redrawMs;
      // The last column stays free: a terminal may wrap behind it.
      const line = progressLine({ hosts, done, total, elapsedMs: now - started }, terminal.columns - 1);
      io.err(`\r${line}\u001b[K`);
      drawn = true;
    },
    clear() {
      if (drawn) io.err("\r\u001b[K");
      drawn = false;
    },
  };
}
