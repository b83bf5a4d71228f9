/** What `lab/migrate/mover.c` prints. */
import { LabError } from "../errors.ts";
import { type Report, readReport } from "../prove/report.ts";
import { parseState, type State } from "./state.ts";

/** A part of a state that KVM refuses. */
export interface Refused {
  readonly vcpu: number;
  /** The register's id; else the call. */
  readonly what: bigint | "events" | "mp-state";
  readonly errno: string;
}

/** The guest where it was made and ran. `state` undefined: KVM refused its plan. */
export interface Left {
  readonly state: State | undefined;
  readonly report: Report;
}

/** The guest where it went. */
export interface Arrived {
  /** Of the file of the state. */
  readonly name: string;
  readonly refused: readonly Refused[];
  readonly state: State;
  readonly report: Report;
}

interface Part {
  readonly head: string;
  readonly lines: readonly string[];
}

function partsOf(output: string): readonly Part[] {
  const parts: { head: string; lines: string[] }[] = [];
  let open: { head: string; lines: string[] } | undefined;
  for (const line of output.split("\n")) {
    if (open === undefined) {
      if (line === "") continue;
      open = { head: line, lines: [] };
      parts.push(open);
    } else if (line === ".") open = undefined;
    else open.lines.push(line);
  }
  if (open !== undefined) throw new LabError("the mover's output is cut off");
  return parts;
}

const reportOf = ({ lines }: Part): Report => readReport(lines.join("\n"));

function expect(part: Part | undefined, head: string): Part {
  if (part?.head === head) return part;
  throw new LabError(`the mover printed no ${head}, but \`${part?.head ?? "nothing"}\``);
}

/** @throws LabError when it is not of the form */
export function readLeft(output: string): Left {
  const [first, second] = partsOf(output);
  if (first?.head === "report") return { state: undefined, report: reportOf(first) };
  return {
    state: parseState(expect(first, "state").lines),
    report: reportOf(expect(second, "report")),
  };
}

/** A line `refused …`. @throws LabError when it is none */
export function readRefused(line: string): Refused {
  const [, vcpu = "", what = "", id = "", errno = ""] =
    /^refused (\d+) (register|events|mp-state)(?: (0x[0-9a-f]+))? (E\w+)$/.exec(line) ?? [];
  if (errno === "") throw new LabError(`the mover printed \`${line}\` for a refusal`);
  const of = what === "events" || what === "mp-state" ? what : BigInt(id);
  return { vcpu: Number(vcpu), what: of, errno };
}

/** @returns the refused plan's report, or what came of each state. @throws LabError when it is not of the form */
export function readArrived(output: string): Report | readonly Arrived[] {
  const parts = partsOf(output);
  const [first] = parts;
  if (first?.head === "report") return reportOf(first);
  const arrived: Arrived[] = [];
  for (let at = 0; at < parts.length; at += 3) {
    const [move, state, report] = parts.slice(at, at + 3);
    const name = /^move (.*)$/.exec(move?.head ?? "")?.[1];
    if (move === undefined || name === undefined)
      throw new LabError(`the mover printed no move, but \`${move?.head ?? "nothing"}\``);
    arrived.push({
      name,
      refused: move.lines.map(readRefused),
      state: parseState(expect(state, "state").lines),
      report: reportOf(expect(report, "report")),
    });
  }
  return arrived;
}
