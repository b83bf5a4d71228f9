/** SMC Calling Convention: owners, conventions, known calls; `data/smccc.json`. */
import text from "./data/smccc.json?raw";
import { parseExpr } from "./expr.ts";
import { indexed, once } from "./load.ts";
import type {
  SmcCalls,
  SmcccAnswer,
  SmcccConvention,
  SmcccFunction,
  SmcccOwner,
  SmcccRange,
  SmcccValue,
} from "./types.ts";

interface RangeRow {
  readonly first: string;
  readonly last: string;
}

interface AnswerRow
  extends Omit<SmcccAnswer, "ids" | "x1" | "x2" | "x" | "levels" | "unlessGuest" | "where"> {
  readonly ids?: readonly string[];
  readonly x1?: readonly (string | { readonly from: string })[];
  readonly x2?: readonly string[];
  readonly x?: readonly string[];
  readonly levels?: Readonly<Record<string, string>>;
  readonly unlessGuest?: string;
  readonly where?: string;
}

interface FunctionRow extends Omit<SmcccFunction, "ids" | "tries" | "answers"> {
  readonly ids: readonly string[];
  readonly answers?: readonly AnswerRow[];
  /** Absent: once, without arguments. */
  readonly tries?: readonly (readonly string[])[] | "functions";
}

interface SmcccFile {
  /** Of owners, conventions and ranges. */
  readonly source: string;
  readonly owners: readonly Omit<SmcccOwner, "source">[];
  readonly conventions: readonly (Omit<SmcccConvention, "base"> & { readonly base: string })[];
  readonly yielding: readonly (RangeRow & { readonly title: string })[];
  readonly reserved: readonly (RangeRow & { readonly why: string })[];
  readonly smc: SmcCalls;
  readonly functions: readonly FunctionRow[];
}

const file = once((): SmcccFile => JSON.parse(text));

/** Owners that have a name, in order of their entity numbers. */
export const smcccOwners = once((): readonly SmcccOwner[] => {
  const { owners, source } = file();
  return owners.map((row) => ({ ...row, source }));
});

/** The four conventions, the fast ones first. */
export const smcccConventions = once((): readonly SmcccConvention[] =>
  file().conventions.map((row) => ({ ...row, base: Number(row.base) })),
);

/** Uses of the ids with bit 31 clear: they are not divided by owner as fast calls are. */
export const smcccYieldingRanges = once((): readonly SmcccRange[] =>
  file().yielding.map(({ first, last, title }) => ({ first: Number(first), last: Number(last), why: title })),
);

/** Ranges that KVM keeps for itself: a filter that touches one is refused with EEXIST. */
export const reservedFilterRanges = once((): readonly SmcccRange[] =>
  file().reserved.map(({ first, last, why }) => ({ first: Number(first), last: Number(last), why })),
);

/** The kernels whose KVM answers an SMC at all; the others answer -1 to each. */
export const smcCalls = once((): SmcCalls => file().smc);

/** `0x…`, a negative number as SMCCC counts errors, a word, or a firmware register's name. */
function readValue(text: string): SmcccValue {
  if (text === "any" || text === "psci-version" || text === "stolen-time") return text;
  return text.startsWith("KVM_REG_") ? { register: text } : BigInt.asUintN(64, BigInt(text));
}

function readAnswer({ ids, x1, x2, x, levels, unlessGuest, where, ...row }: AnswerRow): SmcccAnswer {
  return {
    ...row,
    ...(unlessGuest === undefined ? {} : { unlessGuest: parseExpr(unlessGuest) }),
    ...(where === undefined ? {} : { where: parseExpr(where) }),
    ...(ids === undefined ? {} : { ids: ids.map(Number) }),
    ...(x1 === undefined
      ? {}
      : { x1: x1.map((one) => (typeof one === "string" ? BigInt(one) : { from: BigInt(one.from) })) }),
    ...(x2 === undefined ? {} : { x2: x2.map(BigInt) }),
    ...(x === undefined ? {} : { x: x.map(readValue) }),
    ...(levels === undefined
      ? {}
      : {
          levels: Object.fromEntries(
            Object.entries(levels).map(([level, value]) => [
              Number(level),
              BigInt.asUintN(64, BigInt(value)),
            ]),
          ),
        }),
  };
}

/** Every call that the tables know. */
export const smcccFunctions = once((): readonly SmcccFunction[] =>
  file().functions.map(({ tries = [[]], answers = [], ...row }) => ({
    ...row,
    answers: answers.map(readAnswer),
    ids: row.ids.map(Number),
    tries: tries === "functions" ? tries : tries.map((args) => args.map(BigInt)),
  })),
);

/** By name, `PSCI_CPU_ON`, or function id. */
export const smcccFunction: (nameOrId: string | number) => SmcccFunction | undefined = indexed(
  smcccFunctions,
  (row): readonly (string | number)[] => [row.name, ...row.ids],
);

/** What a function id says of itself. */
export interface SmcccId {
  readonly convention: SmcccConvention;
  /** undefined: a number that belongs to no owner with a name. */
  readonly owner: SmcccOwner | undefined;
  /** Owning entity number, bits 29:24. */
  readonly entity: number;
  /** Bits 15:0. */
  readonly number: number;
}

/** Takes a 32-bit function id apart. */
export function describeSmcccId(id: number): SmcccId | undefined {
  const top = id >= 0x8000_0000 ? 2 : 0;
  const wide = Math.floor(id / 0x4000_0000) % 2;
  const convention = smcccConventions().find((one) => one.base === (top + wide) * 0x4000_0000);
  const entity = Math.floor(id / 0x100_0000) % 64;
  const owner = smcccOwners().find((one) => one.first <= entity && entity <= one.last);
  return convention === undefined ? undefined : { convention, owner, entity, number: id % 0x1_0000 };
}
