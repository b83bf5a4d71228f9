/** What the command prints. */
import type { Parts } from "../parts.ts";
import type { Shortest } from "./bisect.ts";
import { hex } from "./compare.ts";
import { type ClassCount, type Coverage, PREPARATION } from "./coverage.ts";
import { disassemble } from "./disassemble.ts";

const heads = ["class", "instructions", "kinds", "exceptions", "lacks"] as const;

/** One line a class, in order; those that never ran are at the end by name. */
export function coverageTable(coverage: Coverage, expected: readonly string[]): string {
  const rows = [...coverage.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const cells = (row: ClassCount): readonly string[] => [
    row.name,
    String(row.instructions),
    String(row.variants.size),
    String(row.exceptions),
    row.lacks === 0 ? "" : String(row.lacks),
  ];
  const lines = [heads, ...rows.map(cells)].map(([name = "", ...numbers]) =>
    `${name.padEnd(30)}${numbers.map((number) => number.padStart(13)).join("")}`.trimEnd(),
  );
  const never = expected.filter((name) => !coverage.has(name));
  return [...lines, ...never.map((name) => `${name}: never ran`)].join("\n");
}

/** Fewest instructions that any class has. */
export const leastOf = (coverage: Coverage): ClassCount | undefined =>
  [...coverage.values()]
    .filter(({ name }) => name !== PREPARATION)
    .reduce<ClassCount | undefined>(
      (least, one) => (least === undefined || one.instructions < least.instructions ? one : least),
      undefined,
    );

/** Fields of a word where registers are named. */
const registerFields = (word: number): readonly number[] => [
  ...new Set([word & 31, (word >>> 5) & 31, (word >>> 10) & 31, (word >>> 16) & 31]),
];

/** The shortest beginning that shows it, what differs, and what the last words had in their registers. */
export async function differenceText(parts: Parts, shortest: Shortest): Promise<string> {
  const { block, count, differences, before } = shortest;
  const last = block.items[count - 1]?.words ?? [];
  const lines = await disassemble(parts, last);
  const tested = block.items[count - 1]?.classes.findLast((one) => one !== undefined);
  const registers = [...new Set(last.flatMap(registerFields))].toSorted((a, b) => a - b);
  return [
    `${block.name}, item ${count} of ${block.items.length}: ${tested?.name} ${tested?.variant}`.trimEnd(),
    ...lines.map((line) => `  ${line}`),
    `  before: nzcv ${hex(before.nzcv)} fpcr ${hex(before.fpcr)} fpsr ${hex(before.fpsr)} sp ${hex(before.sp)}`,
    ...(before.sve === undefined
      ? []
      : [`    p0 to ffr: ${before.sve.p.map((value) => value.toString(16).padStart(8, "0")).join(" ")}`]),
    ...registers.map(
      (n) => `    x${n} ${n === 31 ? "-" : hex(before.x[n] ?? 0n, 16)}  v${n} ${hex(before.v[n] ?? 0n, 32)}`,
    ),
    ...differences.slice(0, 8).map(({ where, qemu, engine }) => `  ${where}: QEMU ${qemu}, engine ${engine}`),
    ...(differences.length > 8 ? [`  and ${differences.length - 8} more`] : []),
  ].join("\n");
}
