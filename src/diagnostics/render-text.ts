/**
 * Diagnostics for people: a message, the lines it is about with markers under them, and what to do.
 *
 * ```text
 * error[GC0302]: the number of vCPUs lies between 1 and 512, not 0
 *   --> web.guest:5:9
 *    |
 *  5 |   vcpus 0
 *    |         ^ expected at least 1
 *    |
 *    = fix: write `1`
 * ```
 */
import type { Diagnostic, Related, Severity } from "./diagnostic.ts";
import { formatLocation, type SourceFile } from "./span.ts";
import { safeText, wrap } from "./text/display.ts";
import { fixLines } from "./text/fix.ts";
import { type Annotation, digitsFor, frame, placeOf } from "./text/frame.ts";
import { noColours, type Palette } from "./text/palette.ts";

export { noColours, type Paint, type Palette } from "./text/palette.ts";

export interface TextOptions {
  /** Default: no colours. */
  readonly palette?: Palette;
  /** Columns for notes and source lines; default 100, at least 40. */
  readonly width?: number;
}

/** A related place so many lines away still stands in the frame of the diagnostic; a farther one gets its own. */
const near = 12;

/** A related place and the lines between, small enough to read in one frame with the primary one. */
function isNear(found: Diagnostic, related: Related): boolean {
  if (related.span.file !== found.span.file) return false;
  const own = placeOf(found.span);
  const other = placeOf(related.span);
  return other.first - own.last <= near && own.first - other.last <= near;
}

/** Related places by file, in the order of first mention. */
function byFile(related: readonly Related[]): ReadonlyMap<SourceFile, readonly Related[]> {
  const files = new Map<SourceFile, Related[]>();
  for (const one of related) {
    const known = files.get(one.span.file);
    if (known === undefined) files.set(one.span.file, [one]);
    else known.push(one);
  }
  return files;
}

/** Related places of one file in order of place, parted where they are too far from each other for one frame. */
function neighbourhoods(related: readonly Related[]): readonly (readonly Related[])[] {
  const out: Related[][] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const one of [...related].sort((a, b) => a.span.start - b.span.start)) {
    const place = placeOf(one.span);
    if (place.first - last <= near) out.at(-1)?.push(one);
    else out.push([one]);
    last = Math.max(last, place.last);
  }
  return out;
}

function renderOne(found: Diagnostic, palette: Palette, width: number): string {
  const spans = [
    found.span,
    ...found.related.map((one) => one.span),
    ...found.fixes.flatMap((fix) => fix.edits.map((edit) => edit.span)),
  ];
  const digits = digitsFor(spans);
  const options = { digits, width, gutter: palette.gutter };
  const indent = " ".repeat(digits);
  const related = (one: Related): Annotation => ({
    span: one.span,
    label: one.message,
    marker: "-",
    paint: palette.secondary,
  });
  const primary: Annotation = {
    span: found.span,
    label: found.label ?? "",
    marker: "^",
    paint: palette[found.severity],
  };
  const beside = found.related.filter((one) => isNear(found, one));
  const apart = found.related.filter((one) => !isNear(found, one));

  const out = [
    `${palette[found.severity](`${found.severity}[${found.code}]`)}${palette.strong(`: ${safeText(found.message)}`)}`,
    `${palette.gutter(`${indent}--> `)}${safeText(formatLocation(found.span))}`,
    frame(found.span.file, [primary, ...beside.map(related)], options),
  ];
  for (const [file, places] of byFile(apart)) {
    for (const group of neighbourhoods(places)) {
      const [first] = group;
      if (first === undefined) continue;
      out.push(palette.gutter(`${indent} |`));
      out.push(`${palette.gutter(`${indent}::: `)}${safeText(formatLocation(first.span))}`);
      out.push(frame(file, group.map(related), options));
    }
  }

  const remark = (kind: "note" | "help" | "fix", text: string): void => {
    const hanging = " ".repeat(digits + 3 + kind.length + 2);
    const [first, ...rest] = wrap(text, Math.max(20, width - hanging.length));
    const paint = kind === "note" ? palette.strong : palette.help;
    out.push(`${palette.gutter(`${indent} = `)}${paint(`${kind}:`)} ${first ?? ""}`);
    for (const line of rest) out.push(line === "" ? "" : hanging + line);
  };
  if (found.notes.length + found.help.length + found.fixes.length > 0)
    out.push(palette.gutter(`${indent} |`));
  for (const note of found.notes) remark("note", note);
  for (const help of found.help) remark("help", help);
  for (const fix of found.fixes) {
    remark("fix", fix.title);
    out.push(
      ...fixLines(fix, found.span.file, { ...options, added: palette.added, removed: palette.removed }),
    );
  }
  return `${out.join("\n")}\n`;
}

/** All diagnostics, in the order given, a blank line between two; empty for none. */
export function renderText(diagnostics: readonly Diagnostic[], options: TextOptions = {}): string {
  const width = Math.max(40, options.width ?? 100);
  return diagnostics.map((found) => renderOne(found, options.palette ?? noColours, width)).join("\n");
}

/** How many diagnostics there are of each severity. */
export function countBySeverity(diagnostics: readonly Diagnostic[]): Readonly<Record<Severity, number>> {
  const counts = { error: 0, warning: 0, note: 0 };
  for (const { severity } of diagnostics) counts[severity]++;
  return counts;
}

/** `2 errors, 1 warning`; empty for none. */
export function summarise(diagnostics: readonly Diagnostic[], palette: Palette = noColours): string {
  return Object.entries(countBySeverity(diagnostics))
    .filter(([, count]) => count > 0)
    .map(([severity, count]) =>
      palette[severity as Severity](`${count} ${severity}${count === 1 ? "" : "s"}`),
    )
    .join(", ");
}
