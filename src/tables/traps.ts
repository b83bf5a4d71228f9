/** What KVM does with instructions, system registers and fields, whatever the CPU would do; `data/traps.json`. */

import text from "./data/traps.json?raw";
import { parseExpr } from "./expr.ts";
import { once } from "./load.ts";
import type { FieldValue, RegisterValue, Trap } from "./types.ts";

interface TrapRow extends Omit<Trap, "unlessGuest" | "where" | "matches" | "source"> {
  readonly unlessGuest?: string;
  readonly where?: string;
  readonly source?: string;
}

interface ValueRow extends Omit<RegisterValue, "value" | "clear" | "where" | "unlessGuest" | "source"> {
  readonly value: string;
  readonly clear?: string;
  readonly unlessGuest?: string;
  readonly where?: string;
  readonly source?: string;
}

interface FieldRow extends Omit<FieldValue, "value" | "where" | "unlessGuest" | "source"> {
  readonly value: string;
  readonly unlessGuest?: string;
  readonly where?: string;
  readonly source?: string;
}

interface File {
  readonly source: string;
  readonly traps: readonly TrapRow[];
  readonly values: readonly ValueRow[];
  readonly fields: readonly FieldRow[];
}

const file = once((): File => JSON.parse(text));

/** Whether a name fits a pattern, in which `*` stands for any characters. */
function matcher(patterns: readonly string[]): (name: string) => boolean {
  const exact = new Set(patterns.filter((pattern) => !pattern.includes("*")));
  const open = patterns
    .filter((pattern) => pattern.includes("*"))
    .map((pattern) => new RegExp(`^${pattern.replaceAll("*", ".*")}$`));
  return (name) => exact.has(name) || open.some((pattern) => pattern.test(name));
}

const optional = <K extends string>(name: K, expr: string | undefined) =>
  expr === undefined
    ? {}
    : ({ [name]: parseExpr(expr) } as { readonly [key in K]: ReturnType<typeof parseExpr> });

/** In order: of the rows that fit a name, the first whose conditions hold decides. */
export const traps = once((): readonly Trap[] =>
  file().traps.map(({ unlessGuest, where, ...row }) => ({
    ...row,
    ...optional("unlessGuest", unlessGuest),
    ...optional("where", where),
    matches: matcher(row.what),
    source: row.source ?? file().source,
  })),
);

const words = new Set(["any", "cpu", "held"]);
const isWord = (text: string): text is "any" | "cpu" | "held" => words.has(text);

/** What whole registers read where no reading of the vCPU tells; in order as `traps`. */
export const registerValues = once((): readonly RegisterValue[] =>
  file().values.map(({ value, clear, unlessGuest, where, ...row }) => ({
    ...row,
    ...optional("unlessGuest", unlessGuest),
    ...optional("where", where),
    value: isWord(value) ? value : BigInt(value),
    clear: BigInt(clear ?? 0),
    source: row.source ?? file().source,
  })),
);

/** Fields of the host's CPU that the platform decides; the first row of a field counts. */
export const fieldValues = once((): readonly FieldValue[] =>
  file().fields.map(({ value, unlessGuest, where, ...row }) => ({
    ...row,
    ...optional("unlessGuest", unlessGuest),
    ...optional("where", where),
    value: BigInt(value),
    source: row.source ?? file().source,
  })),
);
