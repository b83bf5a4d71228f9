/** A recording as text and back: `docs/recordings.md` describes the form. */
import { type Answer, printAnswer, readAnswer } from "./answers.ts";
import { printStep, readStep, type Step } from "./steps.ts";
import { WordError, wordsOf } from "./words.ts";

/** The form's name and version: the first line. */
export const recordingFormat = "guestc.recording/1";

/** The machine that answered, and how the script came about. */
export interface RecordingHeader {
  /** `uname -r` */
  readonly kernel: string;
  /** Version of the emulator. */
  readonly qemu: string;
  /** Name of the emulated CPU. */
  readonly cpu: string;
  /** Whether the host kernel offers guests their own EL2. */
  readonly nested: boolean;
  /** Of the generator. */
  readonly seed: number;
}

/** A step without its answer. */
export interface ScriptStep {
  readonly step: Step;
  /** For people: the register or function that the step is about. */
  readonly note?: string;
}

/** Steps on one fresh VM. */
export interface ScriptCase {
  readonly title: string;
  readonly steps: readonly ScriptStep[];
}

export interface AnsweredStep extends ScriptStep {
  readonly answer: Answer;
}

export interface RecordedCase {
  readonly title: string;
  readonly steps: readonly AnsweredStep[];
}

export interface Recording {
  readonly header: RecordingHeader;
  readonly cases: readonly RecordedCase[];
}

/** What is wrong with a recording, and where. */
export interface RecordingError {
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: RecordingError };

const ANSWER = " = ";
const NOTE = " ; ";

/** The step as the script has it: what stands before the answer. Questions are set in below their run. */
export function printScriptStep({ step, note }: ScriptStep): string {
  const indent = step.kind === "ask" ? "  " : "";
  return `${indent}${printStep(step)}${note === undefined ? "" : `${NOTE}${note}`}`;
}

const levelOf = (step: Step): number | undefined => (step.kind === "ask" ? step.level : undefined);

/** How many answers a recording has. */
export const countAnswers = ({ cases }: Recording): number =>
  cases.reduce((sum, { steps }) => sum + steps.length, 0);

/** The recording as text; every line ends with a line feed. */
export function printRecording(recording: Recording): string {
  const { header, cases } = recording;
  const lines = [
    recordingFormat,
    `kernel ${header.kernel}`,
    `qemu ${header.qemu}`,
    `cpu ${header.cpu}`,
    `nested ${header.nested ? "yes" : "no"}`,
    `seed ${header.seed}`,
    `cases ${cases.length}`,
    `answers ${countAnswers(recording)}`,
  ];
  for (const { title, steps } of cases) {
    lines.push("", `case ${title}`);
    for (const step of steps)
      lines.push(`${printScriptStep(step)}${ANSWER}${printAnswer(step.answer, levelOf(step.step))}`);
  }
  return `${lines.join("\n")}\n`;
}

/** Where a reader is: line by line. */
interface Lines {
  readonly lines: readonly string[];
  at: number;
}

class LineError extends Error {
  constructor(
    readonly line: number,
    message: string,
  ) {
    super(message);
  }
}

function headerLine(text: Lines, key: string, pattern: RegExp): string {
  const line = text.lines[text.at++] ?? "";
  const value = line.startsWith(`${key} `) ? line.slice(key.length + 1) : "";
  if (!pattern.test(value)) throw new LineError(text.at, `expected a line "${key} VALUE"`);
  return value;
}

interface Head extends RecordingHeader {
  readonly cases: number;
  readonly answers: number;
}

function readHead(text: Lines): Head {
  if (text.lines[text.at++] !== recordingFormat) throw new LineError(1, `this is no ${recordingFormat}`);
  const word = /^\S+$/;
  const number = /^(0|[1-9]\d*)$/;
  return {
    kernel: headerLine(text, "kernel", word),
    qemu: headerLine(text, "qemu", word),
    cpu: headerLine(text, "cpu", word),
    nested: headerLine(text, "nested", /^(yes|no)$/) === "yes",
    seed: Number(headerLine(text, "seed", number)),
    cases: Number(headerLine(text, "cases", number)),
    answers: Number(headerLine(text, "answers", number)),
  };
}

/** So many texts are remembered with what they say. */
const MOST_REMEMBERED = 1 << 16;

/** Recordings of one script repeat its steps, and few answers are long: what was read once is not read again. */
function remembered<T>(read: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const value = read(text);
    if (known.size === MOST_REMEMBERED) known.clear();
    known.set(text, value);
    return value;
  };
}

const stepOf = remembered((text): ScriptStep => {
  const noteAt = text.indexOf(NOTE);
  if (noteAt < 0) return { step: readStep(wordsOf(text)) };
  return { step: readStep(wordsOf(text.slice(0, noteAt))), note: text.slice(noteAt + NOTE.length) };
});

/** By level of the question; undefined for steps that are none. */
const answerOf = new Map(
  [undefined, 0, 1, 2].map((level) => [level, remembered((text) => readAnswer(wordsOf(text), level))]),
);

/** @throws WordError */
function readAnsweredStep(line: string): AnsweredStep {
  const split = line.indexOf(ANSWER);
  if (split < 0) throw new WordError("a step without an answer");
  const script = stepOf(line.slice(0, split));
  const level = levelOf(script.step);
  const text = line.slice(split + ANSWER.length);
  return { ...script, answer: answerOf.get(level)?.(text) ?? readAnswer(wordsOf(text), level) };
}

/** Reads an answer to a step, without the step. The error's line is 1. */
export function parseAnswer(text: string, step: Step): Parsed<Answer> {
  try {
    return { ok: true, value: readAnswer(wordsOf(text), levelOf(step)) };
  } catch (error) {
    if (error instanceof WordError) return { ok: false, error: { line: 1, message: error.message } };
    throw error;
  }
}

function readCases(text: Lines): readonly RecordedCase[] {
  const cases: { title: string; steps: AnsweredStep[] }[] = [];
  for (; text.at < text.lines.length; text.at++) {
    const line = text.lines[text.at] ?? "";
    if (line === "") continue;
    if (line.startsWith("case ")) {
      cases.push({ title: line.slice("case ".length), steps: [] });
      continue;
    }
    const current = cases.at(-1);
    if (current === undefined) throw new LineError(text.at + 1, "a step before the first case");
    current.steps.push(readAnsweredStep(line));
  }
  return cases;
}

/** Reads what {@link printRecording} printed. */
export function parseRecording(source: string): Parsed<Recording> {
  const text: Lines = { lines: source.split(/\r?\n/), at: 0 };
  try {
    const { cases: caseCount, answers, ...header } = readHead(text);
    const cases = readCases(text);
    const recording = { header, cases };
    const found = countAnswers(recording);
    if (cases.length !== caseCount || found !== answers) {
      const message = `${caseCount} cases and ${answers} answers are announced, ${cases.length} and ${found} are there`;
      return { ok: false, error: { line: 7, message } };
    }
    return { ok: true, value: recording };
  } catch (error) {
    if (error instanceof LineError) return { ok: false, error: { line: error.line, message: error.message } };
    if (error instanceof WordError)
      return { ok: false, error: { line: text.at + 1, message: error.message } };
    throw error;
  }
}
