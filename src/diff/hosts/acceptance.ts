/** What KVM takes in a part of a register, in words. */
import { acceptedValues } from "../../hosts/judge.ts";
import type { Configuration, HostProfile, Sweep } from "../../hosts/profile.ts";
import { compareFieldValues, fieldOf } from "../../tables/index.ts";
import type { Part } from "../parts.ts";
import { rangeWords } from "../words.ts";

export interface Acceptance {
  /** Nothing but what KVM shows. */
  readonly shownOnly: boolean;
  /** What KVM shows and all that orders below it; of the lowest value therefore that alone. */
  readonly below: boolean;
  /** The values; `any value`. */
  readonly words: string;
  /** How others are refused, where not all of them by EINVAL; empty also where nobody tried. */
  readonly refusals: string;
}

const EINVAL = "I";
const ACCEPTED = ".";

const answerWords: Readonly<Record<string, string>> = {
  x: "read back otherwise",
  N: "ENOENT",
  B: "EBUSY",
  P: "EPERM",
  O: "another errno",
};

/** The sweep's answer to each value of a part that lies in one nibble, its neighbours as shown; else undefined. */
function answersOf(sweep: Sweep | undefined, shown: bigint, part: Part): string | undefined {
  const nibble = part.lsb >> 2;
  if (sweep === undefined || (part.lsb + part.width - 1) >> 2 !== nibble) return undefined;
  const present = Number((shown >> BigInt(nibble * 4)) & 0xfn);
  const shift = part.lsb - nibble * 4;
  const mask = ((1 << part.width) - 1) << shift;
  const answers = sweep[nibble] ?? "";
  return Array.from({ length: 1 << part.width }, (_, value) =>
    answers.charAt((present & ~mask) | (value << shift)),
  ).join("");
}

function refusalWords(answers: string | undefined): string {
  if (answers === undefined) return "";
  const kinds = [...new Set(answers)].filter((letter) => letter !== ACCEPTED && letter !== EINVAL).sort();
  return kinds
    .map((letter) => {
      const values = [...answers].flatMap((one, value) => (one === letter ? [BigInt(value)] : []));
      return `${rangeWords(values)}: ${answerWords[letter] ?? letter}`;
    })
    .join("; ");
}

function narrow(
  values: readonly bigint[],
  shown: bigint,
  part: Part,
  answers: string | undefined,
): Acceptance {
  const refusals = refusalWords(answers);
  const words = rangeWords(values);
  const { field } = part;
  const below =
    field !== undefined &&
    Array.from({ length: 2 ** part.width }, (_, value) => BigInt(value)).every(
      (value) => values.includes(value) === compareFieldValues(field, Number(value), Number(shown)) <= 0,
    );
  const shownOnly = values.length === 1 && values[0] === shown;
  const any = values.length === 2 ** part.width;
  return { shownOnly, below, words: any && !shownOnly ? "any value" : words, refusals };
}

/** A part of several nibbles: each was tried apart. */
function wide(sweep: Sweep | undefined, mask: bigint | undefined, part: Part): Acceptance | undefined {
  const nibbles = sweep?.slice(part.lsb >> 2, (part.lsb + part.width) >> 2);
  const any = { shownOnly: false, below: false, words: "any value", refusals: "" };
  const shownOnly = { shownOnly: true, below: false, words: "what KVM shows", refusals: "" };
  if (nibbles !== undefined && nibbles.length > 0) {
    const taken = (nibble: string): number => [...nibble].filter((one) => one === ACCEPTED).length;
    if (nibbles.every((one) => taken(one) === 16)) return any;
    const refusals = nibbles.map(refusalWords).find((one) => one !== "") ?? "";
    if (nibbles.every((one) => taken(one) <= 1)) return { ...shownOnly, refusals };
    const values = nibbles.map((nibble, at) => {
      const list = [...nibble].flatMap((one, value) => (one === ACCEPTED ? [BigInt(value)] : []));
      return `bits ${part.lsb + at * 4 + 3}:${part.lsb + at * 4} ${rangeWords(list)}`;
    });
    return { ...any, words: values.join("; "), refusals };
  }
  if (mask === undefined) return undefined;
  const own = fieldOf(mask, part);
  if (own === 0n) return shownOnly;
  if (own === (1n << BigInt(part.width)) - 1n) return any;
  return { ...any, words: `other bits under mask 0x${own.toString(16)}` };
}

/**
 * What a host takes in a part, `shown` being the register's value; undefined where nothing says it: bits of no
 * field that were not swept.
 */
export function acceptanceOf(
  profile: HostProfile,
  configuration: Configuration,
  id: bigint,
  shown: bigint,
  part: Part,
): Acceptance | undefined {
  const sweep = configuration.sweeps.get(id);
  const answers = answersOf(sweep, shown, part);
  const { field } = part;
  // What the sweep answered is what `acceptedValues` would say, and is had at once.
  if (answers !== undefined) {
    const present = fieldOf(shown, part);
    const values = [...answers].flatMap((one, value) =>
      one === ACCEPTED || BigInt(value) === present ? [BigInt(value)] : [],
    );
    return narrow(values, present, part, answers);
  }
  const judged =
    field === undefined ? undefined : acceptedValues(profile, configuration, field.register, field.name);
  if (judged !== undefined) return narrow(judged, fieldOf(shown, part), part, undefined);
  return field === undefined ? undefined : wide(sweep, configuration.writable?.get(id), part);
}
