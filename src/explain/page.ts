/** What a page of `guestc explain` holds, and its two forms: text for people, JSON for programs. */
import { displayWidth, wrap } from "../diagnostics/text/display.ts";

/** One line of facts; a list is joined by commas in text and stays a list in JSON. */
export interface Fact {
  /** Key in JSON. */
  readonly key: string;
  /** Word in text. */
  readonly label: string;
  readonly value: string | readonly string[];
}

export type Section =
  | {
      readonly key: string;
      readonly title: string;
      /** Rows of the same columns, keyed as in JSON. */
      readonly columns: readonly string[];
      readonly rows: readonly Readonly<Record<string, string>>[];
    }
  /** `prose` is wrapped; any other text, such as a sample, stays as it is. */
  | { readonly key: string; readonly title: string; readonly text: string; readonly prose?: true };

export interface Page {
  /** `feature`, `field`, `smccc-function` … */
  readonly kind: string;
  readonly name: string;
  /** One line behind the name. */
  readonly title: string;
  readonly facts: readonly (Fact | undefined)[];
  readonly sections?: readonly (Section | undefined)[];
}

/** A fact, or nothing where there is nothing to say. */
export function fact(
  key: string,
  label: string,
  value: string | readonly string[] | null | undefined,
): Fact | undefined {
  return value === undefined || value === null || value.length === 0 ? undefined : { key, label, value };
}

/** A table, or nothing where it has no rows. */
export function table(
  key: string,
  title: string,
  columns: readonly string[],
  rows: readonly Readonly<Record<string, string>>[],
): Section | undefined {
  return rows.length === 0 ? undefined : { key, title, columns, rows };
}

function hanging(label: string, labelWidth: number, text: string, width: number): readonly string[] {
  return wrap(text, Math.max(30, width - labelWidth)).map((line, at) =>
    (at === 0 ? label.padEnd(labelWidth) + line : " ".repeat(labelWidth) + line).trimEnd(),
  );
}

function tableLines(section: Extract<Section, { readonly rows: unknown }>, width: number): readonly string[] {
  const { columns, rows } = section;
  const last = columns.at(-1) ?? "";
  const widths = columns.map((column) => Math.max(...rows.map((row) => displayWidth(row[column] ?? ""))));
  return rows.flatMap((row) => {
    const left = columns
      .slice(0, -1)
      .map((column, at) => {
        const text = row[column] ?? "";
        return text + " ".repeat((widths[at] ?? 0) - displayWidth(text) + 2);
      })
      .join("");
    return hanging(`  ${left}`, left.length + 2, row[last] ?? "", width);
  });
}

/** @param width columns at hand */
export function pageText(page: Page, width: number): string {
  const facts = page.facts.filter((one) => one !== undefined);
  const labelWidth = Math.max(0, ...facts.map(({ label }) => label.length)) + 4;
  const lines = [...wrap(page.title === "" ? page.name : `${page.name}: ${page.title}`, width), ""];
  for (const { label, value } of facts) {
    const text = typeof value === "string" ? value : value.join(", ");
    lines.push(...hanging(`  ${label}`, labelWidth, text, width));
  }
  for (const section of page.sections ?? []) {
    if (section === undefined) continue;
    if (lines.at(-1) !== "") lines.push("");
    lines.push(`${section.title}:`);
    if ("text" in section)
      lines.push(...section.text.split("\n").map((line) => (line === "" ? "" : `  ${line}`)));
    else lines.push(...tableLines(section, width));
  }
  return `${lines.join("\n").trimEnd()}\n`;
}

export function pageJson(page: Page): Readonly<Record<string, unknown>> {
  const facts = page.facts.flatMap((one) => (one === undefined ? [] : [[one.key, one.value] as const]));
  const sections = (page.sections ?? []).flatMap((one) =>
    one === undefined ? [] : [[one.key, "text" in one ? one.text : one.rows] as const],
  );
  return { name: page.name, title: page.title, ...Object.fromEntries([...facts, ...sections]) };
}
