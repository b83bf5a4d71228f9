/**
 * The written form of a sweep, as the host profile's schema describes it: entries `BIT:ANSWERS`, or one
 * of the words `fixed`, `free`, `ignored`. Exact in both directions.
 */
import type { Sweep } from "./profile.ts";

const DIGITS = "0123456789abcdef";
const EINVAL = "I";
const ACCEPTED = ".";
const IGNORED = "x";

/** The answers when a nibble accepts its present value alone, by that value. */
const onlyPresent: readonly string[] = Array.from(DIGITS, (_, present) =>
  nibbleOf((value) => (value === present ? ACCEPTED : EINVAL)),
);
const anyIgnored: readonly string[] = Array.from(DIGITS, (_, present) =>
  nibbleOf((value) => (value === present ? ACCEPTED : IGNORED)),
);
const anyAccepted = ACCEPTED.repeat(16);

function nibbleOf(answer: (value: number) => string): string {
  return Array.from(DIGITS, (_, value) => answer(value)).join("");
}

/** The 16 nibbles of a reading, from bit 0 up. */
function nibblesOf(reading: bigint): number[] {
  const low = Number(reading & 0xffff_ffffn);
  const high = Number(reading >> 32n);
  return Array.from(DIGITS, (_, nibble) => ((nibble < 8 ? low : high) >>> ((nibble % 8) * 4)) & 0xf);
}

function everyNibble(reading: bigint, table: readonly string[]): string[] {
  return nibblesOf(reading).map((present) => table[present] ?? "");
}

/**
 * The sweep that a text stands for, given the register's reading (0 where it is not listed); or what is
 * wrong with the text.
 */
export function parseSweep(text: string, reading: bigint): Sweep | { readonly problem: string } {
  if (text === "fixed") return everyNibble(reading, onlyPresent);
  if (text === "ignored") return everyNibble(reading, anyIgnored);
  if (text === "free") return Array.from(DIGITS, () => anyAccepted);
  const nibbles = everyNibble(reading, onlyPresent);
  let lowest = 0;
  for (const entry of text.split(" ")) {
    const colon = entry.indexOf(":");
    const bit = Number(entry.slice(0, colon));
    if (bit % 4 !== 0 || bit > 60)
      return { problem: `bit ${bit} does not begin a nibble; expected 0, 4, … 60` };
    if (bit < lowest)
      return { problem: `the entries must ascend, bit ${bit} stands behind a higher or equal one` };
    lowest = bit + 4;
    const answers = parseAnswers(entry.slice(colon + 1));
    if (typeof answers !== "string") return { problem: `bit ${bit}: ${answers.problem}` };
    nibbles[bit / 4] = answers;
  }
  return nibbles;
}

const parsedAnswers = new Map<string, string>();

function parseAnswers(text: string): string | { readonly problem: string } {
  const known = parsedAnswers.get(text);
  if (known !== undefined) return known;
  const answers = new Array<string>(16).fill(EINVAL);
  const seen = new Set<number>();
  for (const item of text.split(",")) {
    const letter = /^[xINBPO]/.test(item) ? item.charAt(0) : ACCEPTED;
    const range = letter === ACCEPTED ? item : item.slice(1);
    const first = Number.parseInt(range.charAt(0), 16);
    const last = range.length > 1 ? Number.parseInt(range.charAt(2), 16) : first;
    if (last < first) return { problem: `the range ${range} runs backwards` };
    for (let value = first; value <= last; value++) {
      if (seen.has(value)) return { problem: `value ${DIGITS.charAt(value)} is named twice` };
      seen.add(value);
      answers[value] = letter;
    }
  }
  const joined = answers.join("");
  parsedAnswers.set(text, joined);
  return joined;
}

/** The shortest text that `parseSweep` reads back as the same sweep. */
export function formatSweep(sweep: Sweep, reading: bigint): string {
  const same = (other: readonly string[]): boolean => sweep.every((nibble, at) => nibble === other[at]);
  if (same(everyNibble(reading, onlyPresent))) return "fixed";
  if (same(everyNibble(reading, anyIgnored))) return "ignored";
  if (sweep.every((nibble) => nibble === anyAccepted)) return "free";
  const defaults = everyNibble(reading, onlyPresent);
  const entries: string[] = [];
  for (const [nibble, answers] of sweep.entries()) {
    if (answers === defaults[nibble]) continue;
    entries.push(`${nibble * 4}:${formatAnswers(answers)}`);
  }
  return entries.join(" ");
}

function formatAnswers(answers: string): string {
  const refusesAll = answers === EINVAL.repeat(16);
  const items: string[] = [];
  for (let first = 0; first < 16; ) {
    const letter = answers.charAt(first);
    let last = first;
    while (last < 15 && answers.charAt(last + 1) === letter) last++;
    if (letter !== EINVAL || refusesAll) {
      const range = first === last ? DIGITS.charAt(first) : `${DIGITS.charAt(first)}-${DIGITS.charAt(last)}`;
      items.push(letter === ACCEPTED ? range : letter + range);
    }
    first = last + 1;
  }
  return items.join(",");
}
