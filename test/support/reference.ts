/** The generated pages of `docs/`: from the tables that the compiler itself reads. */
import { usageLines } from "../../src/checker/forms.ts";
import { type DiagnosticRow, registry } from "../../src/diagnostics/registry.ts";
import { type Context, statementsIn } from "../../src/language/vocabulary.ts";

const generated = (source: string): string =>
  `<!-- Generated from ${source}: UPDATE_GOLDEN=1 npx vitest run test/docs -->\n`;
const fence = (text: string): string => `\`\`\`guest\n${text.trimEnd()}\n\`\`\``;

const contexts: readonly { readonly context: Context; readonly title: string }[] = [
  { context: "file", title: "Top level" },
  { context: "host", title: "`host` block" },
  { context: "fleet", title: "`fleet` block" },
  { context: "cpu", title: "`cpu` block" },
  { context: "pmu", title: "`pmu on` block" },
  { context: "mte", title: "`mte on` block" },
  { context: "guest", title: "`guest` block" },
  { context: "smccc", title: "`smccc` block" },
  { context: "test", title: "`test` block" },
];

export function statementsPage(): string {
  const parts = [generated("src/language/vocabulary.ts"), "# Statements", ""];
  parts.push(
    "Every statement of edition 2026, by the place where it stands. `guestc explain STATEMENT` prints the same.",
    "",
  );
  for (const { context, title } of contexts) {
    parts.push(`## ${title}`, "");
    for (const row of statementsIn(context)) {
      parts.push(`### ${row.name}`, "", `${row.title[0]?.toUpperCase()}${row.title.slice(1)}.`, "");
      parts.push(...usageLines(row).map((line) => `- \`${line}\``), "");
      const notes = [
        ...(row.repeatable === true ? ["may stand more than once"] : []),
        ...(row.default === undefined ? [] : [`absent: ${row.default}`]),
      ];
      if (notes.length > 0) parts.push(`${notes.join("; ")}.`, "");
      parts.push(fence(row.example), "");
    }
  }
  return `${parts.join("\n").trimEnd()}\n`;
}

const phases: readonly { readonly prefix: string; readonly title: string }[] = [
  { prefix: "GC00", title: "Syntax" },
  { prefix: "GC01", title: "Statements" },
  { prefix: "GC02", title: "Names, files and hosts" },
  { prefix: "GC03", title: "Values" },
  { prefix: "GC04", title: "Features and fields" },
  { prefix: "GC05", title: "SVE, PMU, MTE, EL2, identity" },
  { prefix: "GC06", title: "Hypercalls, firmware and devices" },
  { prefix: "GC07", title: "Against hosts, and sealed guests" },
  { prefix: "GC08", title: "Targets" },
  { prefix: "GC09", title: "Tests" },
];

export function diagnosticsPage(): string {
  const rows: readonly (readonly [string, DiagnosticRow])[] = Object.entries(registry);
  const parts = [generated("src/diagnostics/codes/"), "# Diagnostics", ""];
  parts.push(
    "Codes are stable and never reused; the words behind a code may be used in its place. Each sample under *wrong* gives the",
    "diagnostic, each under *right* does not: the tests compile them. `guestc explain CODE` prints the same page.",
    "",
  );
  for (const { prefix, title } of phases) {
    const own = rows
      .filter(([, row]) => row.code.startsWith(prefix))
      .sort(([, a], [, b]) => (a.code < b.code ? -1 : 1));
    if (own.length === 0) continue;
    parts.push(`## ${title}`, "");
    for (const [slug, row] of own)
      parts.push(
        `### ${row.code} ${slug}`,
        "",
        `*${row.severity}*: ${row.message}`,
        "",
        row.page().explain,
        "",
        "Wrong:",
        "",
        fence(row.page().wrong),
        "",
        "Right:",
        "",
        fence(row.page().right),
        "",
      );
  }
  return `${parts.join("\n").trimEnd()}\n`;
}
