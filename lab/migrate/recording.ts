/**
 * Real migrations as a text: what was saved, and of each move what was refused and what the destination then held. The form:
 *
 *   guestc.moves/1
 *   qemu VERSION
 *   host NAME RELEASE                one for each machine
 *   guest NAME
 *   saved HOST                       then lines of its state (lab/migrate/state.h), and `read REGISTER ANSWER`: what the guest
 *                                    reads of what it left
 *   moved FROM TO                    then `refused …`, `held VCPU ID VALUE` where a register holds anything but what was
 *                                    saved, `read …` where the guest reads anything but what it read before
 *
 * A destination lists the registers that it lists where it is the source: one that lists others cannot be recorded.
 */
import { gunzipSync, gzipSync } from "node:zlib";
import { hex } from "../../src/migrate/words.ts";
import { clocks } from "../../src/sim/snapshot.ts";
import { LabError } from "../errors.ts";
import type { Report } from "../prove/report.ts";
import { describeSeen } from "../prove/words.ts";
import { type Refused, readRefused } from "./output.ts";
import { isLeft } from "./questions.ts";
import { parseState, printState, type State } from "./state.ts";

const FORM = "guestc.moves/1";
/** Place of the operating system's number in a gzip header (RFC 1952), and "unknown". */
const GZIP_SYSTEM = 9;
const UNKNOWN_SYSTEM = 255;

/** By question. */
export type Reads = ReadonlyMap<string, string>;

export interface RecordedSave {
  readonly host: string;
  readonly state: State;
  readonly reads: Reads;
}

export interface RecordedMove {
  readonly from: string;
  readonly to: string;
  readonly refused: readonly Refused[];
  /** By vCPU: what each register that the destination lists holds, in its order. */
  readonly held: readonly (readonly (readonly [id: bigint, value: bigint | string])[])[];
  readonly reads: Reads;
}

export interface RecordedGuest {
  readonly name: string;
  readonly saved: readonly RecordedSave[];
  readonly moves: readonly RecordedMove[];
}

export interface MovesRecording {
  readonly qemu: string;
  /** Kernel release by name of the host. */
  readonly hosts: ReadonlyMap<string, string>;
  readonly guests: readonly RecordedGuest[];
}

/** What the guest reads of what it left, in words. */
export const readsOf = (report: Report): Reads =>
  new Map(
    report.kind === "ran"
      ? [...report.registers]
          .filter(([name]) => isLeft(name))
          .map(([name, seen]) => [name, describeSeen(seen)])
      : [],
  );

const valueText = (value: bigint | string): string => (typeof value === "string" ? value : hex(value));
const readLines = (reads: Reads): readonly string[] =>
  [...reads].map(([name, seen]) => `read ${name} ${seen}`);

/** What is held where nothing is refused and everything kept; undefined: nobody set it. */
function carried(from: RecordedSave, refused: readonly Refused[], vcpu: number): ReadonlyMap<bigint, bigint> {
  const turnedDown = new Set(refused.flatMap((one) => (one.vcpu === vcpu ? [one.what] : [])));
  const registers = from.state.vcpus[vcpu]?.registers ?? [];
  return new Map(
    registers.flatMap(([id, value]) =>
      typeof value === "string" || turnedDown.has(id) ? [] : [[id, value] as const],
    ),
  );
}

function moveLines(guest: RecordedGuest, move: RecordedMove): readonly string[] {
  const saved = (host: string): RecordedSave => {
    const found = guest.saved.find((one) => one.host === host);
    if (found === undefined) throw new LabError(`${guest.name} was not saved on ${host}`);
    return found;
  };
  const [from, to] = [saved(move.from), saved(move.to)];
  const lines = move.refused.map(
    ({ vcpu, what, errno }) =>
      `refused ${vcpu} ${typeof what === "bigint" ? `register ${hex(what)}` : what} ${errno}`,
  );
  for (const [vcpu, registers] of move.held.entries()) {
    const listed = to.state.vcpus[vcpu]?.registers.map(([id]) => id) ?? [];
    if (listed.join() !== registers.map(([id]) => id).join())
      throw new LabError(`${move.to} lists other registers of ${guest.name} than where it is saved there`);
    const expected = carried(from, move.refused, vcpu);
    for (const [id, value] of registers)
      if (expected.get(id) !== value && !clocks.includes(id))
        lines.push(`held ${vcpu} ${hex(id)} ${valueText(value)}`);
  }
  for (const [name, seen] of move.reads)
    if (from.reads.get(name) !== seen) lines.push(`read ${name} ${seen}`);
  return lines;
}

/** Without the time: counters that run are 0. */
const settled = (state: State): State => ({
  ...state,
  vcpus: state.vcpus.map((vcpu) => ({
    ...vcpu,
    registers: vcpu.registers.map(([id, value]) => [id, clocks.includes(id) ? 0n : value] as const),
  })),
});

export function printMovesRecording({ qemu, hosts, guests }: MovesRecording): string {
  const lines = [FORM, `qemu ${qemu}`, ...[...hosts].map(([name, release]) => `host ${name} ${release}`)];
  for (const guest of guests) {
    lines.push(`guest ${guest.name}`);
    for (const { host, state, reads } of guest.saved)
      lines.push(`saved ${host}`, ...printState(settled(state)).trim().split("\n"), ...readLines(reads));
    for (const move of guest.moves) lines.push(`moved ${move.from} ${move.to}`, ...moveLines(guest, move));
  }
  return `${lines.join("\n")}\n`;
}

interface Section {
  readonly words: readonly string[];
  readonly lines: readonly string[];
}

const HEADS: ReadonlySet<string> = new Set(["qemu", "host", "guest", "saved", "moved"]);

function sectionsOf(text: string): readonly Section[] {
  const [form, ...lines] = text.trim().split("\n");
  if (form !== FORM) throw new LabError(`a recording of moves begins with ${FORM}, not with ${form ?? ""}`);
  const sections: { words: readonly string[]; lines: string[] }[] = [];
  for (const line of lines) {
    const words = line.split(" ");
    if (HEADS.has(words[0] ?? "")) sections.push({ words: words.slice(0), lines: [] });
    else sections.at(-1)?.lines.push(line);
  }
  return sections;
}

function readsIn(lines: readonly string[]): Reads {
  return new Map(
    lines.flatMap((line) => {
      const [, name = "", seen = ""] = /^read (\S+) (.*)$/.exec(line) ?? [];
      return name === "" ? [] : [[name, seen] as const];
    }),
  );
}

function saveOf({ words: [, host = ""], lines }: Section): RecordedSave {
  return {
    host,
    state: parseState(lines.filter((line) => !line.startsWith("read "))),
    reads: readsIn(lines),
  };
}

function moveOf(guest: Pick<RecordedGuest, "name" | "saved">, { words, lines }: Section): RecordedMove {
  const [, from = "", to = ""] = words;
  const [source, target] = [from, to].map((host) => guest.saved.find((one) => one.host === host));
  if (source === undefined || target === undefined)
    throw new LabError(`${guest.name} is moved from ${from} to ${to}, and not saved on both`);
  const refused = lines.filter((line) => line.startsWith("refused ")).map(readRefused);
  const told = new Map(
    lines.flatMap((line) => {
      const [kind, vcpu = "", id = "", value = ""] = line.split(" ");
      const read = value.startsWith("E") ? value : BigInt(value === "" ? 0 : value);
      return kind === "held" ? [[`${vcpu} ${BigInt(id)}`, read] as const] : [];
    }),
  );
  const held = target.state.vcpus.map(({ registers }, vcpu) => {
    const expected = carried(source, refused, vcpu);
    return registers.map(([id, own]) => [id, told.get(`${vcpu} ${id}`) ?? expected.get(id) ?? own] as const);
  });
  return { from, to, refused, held, reads: new Map([...source.reads, ...readsIn(lines)]) };
}

/** @throws LabError for what {@link printMovesRecording} did not print */
export function parseMovesRecording(text: string): MovesRecording {
  const hosts = new Map<string, string>();
  const guests: { name: string; saved: RecordedSave[]; moves: RecordedMove[] }[] = [];
  let qemu = "";
  for (const section of sectionsOf(text)) {
    const [kind, first = "", second = ""] = section.words;
    const guest = guests.at(-1);
    if (kind === "qemu") qemu = first;
    else if (kind === "host") hosts.set(first, second);
    else if (kind === "guest") guests.push({ name: first, saved: [], moves: [] });
    else if (kind === "saved") guest?.saved.push(saveOf(section));
    else if (guest !== undefined) guest.moves.push(moveOf(guest, section));
  }
  return { qemu, hosts, guests };
}

/** Compressed with a header that says nothing of when and where. */
export function packMovesRecording(recording: MovesRecording): Uint8Array {
  const bytes = gzipSync(printMovesRecording(recording), { level: 9 });
  bytes[GZIP_SYSTEM] = UNKNOWN_SYSTEM;
  return bytes;
}

export const unpackMovesRecording = (bytes: Uint8Array): MovesRecording =>
  parseMovesRecording(gunzipSync(bytes).toString("utf8"));
