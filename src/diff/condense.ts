/** Many differences of one kind in a few lines, for people who have not asked for all. */
import { idRegister } from "../tables/index.ts";
import type { Difference } from "./difference.ts";
import { causeWords, featureWords, type Sign, sentenceOf, signOf, whereWords } from "./sentence.ts";

export interface Line {
  readonly sign: Sign;
  readonly text: string;
  /** Below it. */
  readonly details?: readonly string[];
}

/** Names in a line that draws many together. */
const mostNames = 12;
/** The same, where neighbours are drawn together already. */
const mostRuns = 16;
/** Ranges of function ids that are told each. */
const mostRanges = 4;
/** Rows that stand each in a line of its own before they are drawn together. */
const fewRows = 6;

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

/** Rows that share a key, in the order in which the first of each stands. */
export function grouped<Row>(
  rows: readonly Row[],
  key: (row: Row) => string,
): readonly (readonly [Row, ...Row[]])[] {
  const groups = new Map<string, [Row, ...Row[]]>();
  for (const row of rows) {
    const own = key(row);
    const group = groups.get(own);
    if (group === undefined) groups.set(own, [row]);
    else group.push(row);
  }
  return [...groups.values()];
}

function nameList(names: readonly string[], most = mostNames): string {
  const more = names.length - most;
  return more <= 1 ? names.join(", ") : `${names.slice(0, most).join(", ")} and ${more} more`;
}

/** An index in brackets is the number, else the first. */
const numbered = /^([^[]*\[)(\d+)(\].*)$|^(\D*)(\d+)(.*)$/;

/** Names of which neighbours differ in a number alone, drawn together: `PMEVCNTR0_EL0 to PMEVCNTR30_EL0`. */
function runsOfNames(names: readonly string[]): readonly string[] {
  const runs: {
    readonly first: string;
    last: string;
    length: number;
    readonly around: string;
    next: number;
  }[] = [];
  for (const name of names) {
    const [, opening, index, closing, head = opening, number = index, tail = closing] =
      numbered.exec(name) ?? [];
    const digits = number ?? "";
    const around = `${head} ${tail}`;
    const run = runs.at(-1);
    if (digits !== "" && run?.around === around && run.next === Number(digits)) {
      run.last = name;
      run.length++;
      run.next++;
    } else {
      // A name without a number has no neighbour.
      const next = digits === "" ? Number.NaN : Number(digits) + 1;
      runs.push({ first: name, last: name, length: 1, around, next });
    }
  }
  return runs.flatMap(({ first, last, length }) =>
    length === 1 ? [first] : length === 2 ? [first, last] : [`${first} to ${last}`],
  );
}

const plainLines = (rows: readonly Difference[]): readonly Line[] =>
  rows.map((one) => ({ sign: signOf(one), text: sentenceOf(one) }));

/** The one sign of all rows, else that they are others. */
function commonSign(rows: readonly Difference[]): Sign {
  const signs = new Set(rows.map(signOf));
  const [first = "~"] = signs;
  return signs.size === 1 ? first : "~";
}

/** What AArch64 software looks at has lines of its own. */
const isProminent = ({ about, family }: Difference): boolean =>
  about === "field" && idRegister(family)?.kind === "aarch64-id";

const isOfAArch32 = ({ about, family }: Difference): boolean =>
  about === "field" && idRegister(family)?.kind === "aarch32-id";

const isZero = (words: string | null): boolean => words !== null && /^0(?: |$)/.test(words);

/** Registers of AArch32 whose fields all come from or to 0, as they read where EL0 cannot use AArch32. */
function zeroed(rows: readonly Difference[], side: "before" | "after"): readonly Difference[] {
  const registers = grouped(rows.filter(isOfAArch32), ({ family }) => family).filter(([first, ...more]) =>
    [first, ...more].every((one) => isZero(one[side]) && whereWords(one) === whereWords(first)),
  );
  return registers.length <= fewRows ? [] : registers.flat();
}

const zeroedLine = (rows: readonly Difference[], side: "before" | "after"): readonly Line[] =>
  grouped(rows, whereWords).map((group) => {
    const registers = new Set(group.map(({ family }) => family));
    const told = side === "after" ? "read 0 now" : "no longer read 0";
    const fields = `${plural(group.length, "field")} of ${plural(registers.size, "ID register")} of AArch32`;
    const names = runsOfNames([...registers]).join(", ");
    return { sign: commonSign(group), text: `${fields} ${told} (--all): ${names}${whereWords(group[0])}` };
  });

/** Fields by register; those of AArch32 behind the others, which more guests look at. */
function fieldLines(rows: readonly Difference[]): readonly Line[] {
  const [gone, come] = [zeroed(rows, "after"), zeroed(rows, "before")];
  const together = new Set([...gone, ...come]);
  const apart = rows.filter((one) => !together.has(one));
  return [
    ...registerLines(apart.filter((one) => !isOfAArch32(one))),
    ...registerLines(apart.filter(isOfAArch32)),
    ...zeroedLine(gone, "after"),
    ...zeroedLine(come, "before"),
  ];
}

/** Fields of one register in a line, but for those of the ID registers of AArch64. */
const registerLines = (rows: readonly Difference[]): readonly Line[] =>
  grouped(rows, (one) => {
    const apart = isProminent(one) || one.family === "" ? one.subject : "";
    return JSON.stringify([one.family, apart, one.title, one.causes, whereWords(one)]);
  }).flatMap((group) => {
    const [first] = group;
    if (group.length === 1) return plainLines(group);
    const { family, title } = first;
    const changes = group.map(
      ({ subject, before, after }) =>
        `${subject.slice(family.length).trim().replace(/^\./, "")} ${before} → ${after}`,
    );
    const features = featureWords({
      gained: group.flatMap(({ gained }) => gained),
      lost: group.flatMap(({ lost }) => lost),
    });
    const told = `${family}${title === "" ? "" : ` (${title})`}: ${changes.join(", ")}`;
    return [
      {
        sign: commonSign(group),
        text: `${told}${features === "" ? "" : `: ${features}`}${causeWords(first)}${whereWords(first)}`,
      },
    ];
  });

/** Rows of KVM_GET_REG_LIST by whose registers they are. */
const listLines = (rows: readonly Difference[]): readonly Line[] =>
  grouped(rows, (one) => JSON.stringify([signOf(one), one.family, one.causes, whereWords(one)])).map(
    (group) => {
      const [first] = group;
      const { totals, family, before } = first;
      const verb = group.length === 1 ? "is" : "are";
      const ofSome = totals !== null && totals.before > 0 && totals.after > 0;
      const counts = ofSome ? ` (${totals.before} → ${totals.after})` : "";
      const names = nameList(runsOfNames(group.map(({ subject }) => subject)), mostRuns);
      const noun = group.length === 1 ? singular(family) : family;
      return {
        sign: signOf(first),
        text: `${group.length} ${noun}${counts} ${verb} ${before === null ? "now" : "no longer"} listed: ${names}${causeWords(first)}${whereWords(first)}`,
      };
    },
  );

/** Of `registers of FEAT_X`, `ID registers`, `CCSIDR_EL1 entries`. */
const singular = (many: string): string =>
  many.replace(
    /^(.*?)(ies|s)( of .*)?$/,
    (_, head, end, rest = "") => `${head}${end === "ies" ? "y" : ""}${rest}`,
  );

/** Masks that say more or less, of fields that take the same values as before. */
const maskLines = (rows: readonly Difference[]): readonly Line[] =>
  grouped(rows, (one) => `${one.before} ${one.after} ${whereWords(one)}`).map((group) => {
    const { before, after } = group[0];
    return {
      sign: "~",
      text: `by mask ${before} → ${after}, although the values taken are the same: ${byRegister(group).join("; ")}${whereWords(group[0])}`,
    };
  });

/** `ID_AA64PFR0_EL1 RAS, GIC` for each register of the rows. */
const byRegister = (rows: readonly Difference[]): readonly string[] =>
  grouped(rows, ({ family }) => family).map((fields) => {
    const names = new Set(fields.map(({ subject, family }) => subject.slice(family.length + 1)));
    return `${fields[0].family} ${[...names].join(", ")}`;
  });

const acceptsHeads: Readonly<Record<Sign, string>> = {
  "+": "can now be written, and before were as shown only",
  "-": "can no longer be written, and are as shown only",
  "~": "take other values than before",
};

/** Fields by whether they can be written: registers of AArch64 by name, those of AArch32 by number. */
const acceptsLines = (rows: readonly Difference[]): readonly Line[] =>
  grouped(rows, signOf).flatMap((group) => {
    const fields = new Set(group.map(({ subject }) => subject)).size;
    if (fields <= fewRows) return plainLines(group);
    const registers = new Set(group.map(({ family }) => family)).size;
    const isAArch32 = ({ family }: Difference): boolean => idRegister(family)?.kind === "aarch32-id";
    const old = group.filter(isAArch32);
    const oldFields = new Set(old.map(({ subject }) => subject)).size;
    const oldRegisters = grouped(old, ({ family }) => family).map(([{ family }]) => family);
    const sign = signOf(group[0]);
    return [
      {
        sign,
        text: `${fields} fields of ${plural(registers, "register")} ${acceptsHeads[sign]}:`,
        details: [
          ...byRegister(group.filter((one) => !isAArch32(one))),
          ...(oldFields === 0 ? [] : [`${plural(oldFields, "field")} of AArch32: ${nameList(oldRegisters)}`]),
        ],
      },
    ];
  });

/** Capabilities by name; what they are for is told of a few. */
const capabilityLines = (rows: readonly Difference[]): readonly Line[] =>
  grouped(rows, signOf).flatMap((group) => {
    const sign = signOf(group[0]);
    if (group.length <= fewRows || sign === "~") return plainLines(group);
    const names = nameList(group.map(({ subject }) => subject));
    return [
      {
        sign,
        text: `${group.length} capabilities are ${sign === "+" ? "now" : "no longer"} there: ${names}`,
      },
    ];
  });

/** Without what they are for, which is long and told with the capabilities. */
const configurationLines = (rows: readonly Difference[]): readonly Line[] =>
  plainLines(rows.map((one) => ({ ...one, title: "" })));

/** One number in several configurations. */
const countLines = (rows: readonly Difference[]): readonly Line[] =>
  grouped(rows, ({ subject }) => subject).map((group) => {
    const [first] = group;
    const changes = group.map((one) => `${one.before} → ${one.after}${whereWords(one)}`);
    return { sign: "~", text: `${first.subject} ${changes.join(", ")}` };
  });

/** PSCI versions in one line. */
const psciLines = (rows: readonly Difference[]): readonly Line[] =>
  grouped(rows, signOf).map((group) => {
    const [first, ...more] = group;
    const subject = [first, ...more].map((one) => one.subject).join(", ");
    return { sign: signOf(first), text: sentenceOf({ ...first, subject }) };
  });

/** Ranges of function ids by whose they are. */
const callLines = (rows: readonly Difference[]): readonly Line[] =>
  grouped(
    rows,
    (one) => `${one.title} ${one.before} ${one.after} ${one.title === "" ? one.subject : ""}`,
  ).map((group) => {
    const [first] = group;
    if (group.length === 1) return { sign: signOf(first), text: sentenceOf(first) };
    const ranges = group.map(({ subject }) => subject.replace(/^calls /, ""));
    const [lowest = "", highest = ""] = [ranges[0]?.split(" to ")[0], ranges.at(-1)?.split(" to ").at(-1)];
    const told =
      ranges.length <= mostRanges
        ? ranges.join(", ")
        : `${ranges.length} ranges between ${lowest} and ${highest}`;
    return { sign: signOf(first), text: `calls of ${first.title} ${first.before} → ${first.after}: ${told}` };
  });

/** `registers: KVM_SET_ONE_REG` of `registers: KVM_SET_ONE_REG ID_PFR0_EL1`. */
const callOf = (subject: string): string => subject.split(" ").slice(0, 2).join(" ");

/** Operations that only one plan has, by what they are done to; what they set is told of a few. */
const operationLines = (rows: readonly Difference[]): readonly Line[] =>
  grouped(rows, (one) => `${signOf(one)} ${callOf(one.subject)}`).flatMap((group) => {
    const [{ subject, before, after }] = group;
    if (group.length <= fewRows || (before !== null && after !== null)) return plainLines(group);
    const call = callOf(subject);
    const names = runsOfNames(group.map((one) => one.subject.slice(call.length + 1)));
    const verb = before === null ? "added" : "removed";
    return [{ sign: signOf(group[0]), text: `${call} ${verb}, ${group.length} times: ${names.join(", ")}` }];
  });

/** What stands in one line for many. */
const condensed: Readonly<
  Partial<Record<Difference["about"], (rows: readonly Difference[]) => readonly Line[]>>
> = {
  field: fieldLines,
  register: registerLines,
  user: registerLines,
  accepts: acceptsLines,
  capability: capabilityLines,
  listed: listLines,
  configuration: configurationLines,
  count: countLines,
  mask: maskLines,
  psci: psciLines,
  call: callLines,
  operation: operationLines,
};

export function linesOf(rows: readonly Difference[], all: boolean): readonly Line[] {
  return grouped(rows, ({ about }) => about).flatMap((group) => {
    const draw = all ? undefined : condensed[group[0].about];
    return draw === undefined ? plainLines(group) : draw(group);
  });
}
