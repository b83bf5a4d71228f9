/** Reads a file and everything that it imports. Files come through a `FileLoader`, so that this runs anywhere. */
import type { SourceFile, Span } from "../diagnostics/span.ts";
import type { GuestFile, Statement } from "../parser/ast.ts";
import { parse } from "../parser/parse.ts";
import { type Matched, matchStatements, replaceFix, slotAtom } from "./forms.ts";
import type { Report } from "./report.ts";

/** Where files come from. Paths use `/`; relative ones are relative to where the user stands. */
export interface FileLoader {
  /** The text of a file, or undefined when there is none or it is no text. */
  readonly read: (path: string) => string | undefined;
  /** Whether a path lies inside the project; imports and profiles may not leave it. */
  readonly inside: (path: string) => boolean;
  /** Whether a path is a folder's; undefined: nobody knows of folders. */
  readonly isFolder?: (path: string) => boolean;
  /** The text of a host profile that comes with the compiler, by its name without `.json`. */
  readonly shippedHost?: (name: string) => string | undefined;
}

/** The edition that this compiler understands. */
export const currentEdition = "2026";

export interface LoadedFile {
  readonly file: GuestFile;
  /** Its well-formed top-level statements, without `edition` and `import`. */
  readonly declarations: readonly Matched[];
  /** Names in declarations that could not be read: they are not unknown. */
  readonly damaged: readonly string[];
  /** Whether a file that it imports could not be read, so that any name may come from there. */
  readonly incomplete: boolean;
}

/** `dir/sub/a.guest` + `../b.guest` → `dir/b.guest`. Leading `..` that cannot be resolved stay. */
export function resolvePath(from: string, to: string): string {
  const folder = from.split("/").slice(0, -1);
  const parts: string[] = folder[0] === "" ? [""] : [];
  for (const part of [...folder, ...to.split("/")]) {
    if (part === "" || part === ".") continue;
    if (part === ".." && parts.length > 0 && parts.at(-1) !== ".." && parts.at(-1) !== "") parts.pop();
    else parts.push(part);
  }
  return parts.join("/");
}

/**
 * Reads what a `path` argument names. Reports and answers undefined when it is absolute, leaves the
 * project or does not exist.
 *
 * @param nor what else it is not, behind "no file"
 */
export function readReferenced(
  matched: Matched,
  loader: FileLoader,
  report: Report,
  nor = "",
): { source: SourceFile; span: Span } | undefined {
  const atom = slotAtom(matched, "path");
  const given = atom.kind === "string" ? atom.value : "";
  // A wrong escape has been reported; the path behind it is not the one that is meant.
  if (atom.kind === "string" && /\\[^"\\]/.test(atom.text.replace(/\\["\\]/g, ""))) return undefined;
  const path = resolvePath(atom.span.file.path, given);
  if (given.startsWith("/") || /^[A-Za-z]:/.test(given) || !loader.inside(path)) {
    report.add("path-outside", atom.span, { path: given });
    return undefined;
  }
  const text = given === "" ? undefined : loader.read(path);
  if (text === undefined) {
    const label =
      given === ""
        ? "the path is empty"
        : loader.isFolder?.(path) === true
          ? `\`${given}\` is a folder`
          : `no file \`${path}\`${nor}`;
    report.add("file-not-found", atom.span, { path: given }, { label });
    return undefined;
  }
  return { source: { path, text }, span: atom.span };
}

function checkEdition(file: GuestFile, statements: readonly Matched[], report: Report): void {
  const edition = statements.find((matched) => matched.row.name === "edition");
  if (edition === undefined) {
    if (file.statements.some((statement) => statement.name.text === "edition")) return;
    const start = { file: file.source, start: 0, end: 0 };
    report.add(
      "edition-missing",
      start,
      {},
      {
        help: [`write \`edition ${currentEdition}\` as the first statement`],
        fixes: [
          {
            title: `insert \`edition ${currentEdition}\``,
            confidence: "safe",
            edits: [{ span: start, text: `edition ${currentEdition}\n\n` }],
          },
        ],
      },
    );
    return;
  }
  const year = slotAtom(edition, "year");
  const text = year.kind === "number" ? year.text : "";
  if (text !== currentEdition) {
    report.add(
      "edition-unknown",
      year.span,
      { edition: text },
      { fixes: [replaceFix(year.span, currentEdition)] },
    );
  } else if (edition.statement !== file.statements[0]) {
    report.add("edition-not-first", edition.head, {});
  }
}

const wordsOf = (statement: Statement): readonly string[] =>
  statement.args.flatMap(({ items }) => items.flatMap((item) => (item.kind === "word" ? [item.text] : [])));

/** Loads `entry` and its imports, each file once, in the order of first mention. */
export function load(entry: SourceFile, loader: FileLoader, report: Report): readonly LoadedFile[] {
  const loaded = new Map<string, LoadedFile | undefined>();
  const visit = (source: SourceFile): void => {
    if (loaded.has(source.path)) return;
    loaded.set(source.path, undefined);
    const { file, diagnostics } = parse(source);
    for (const found of diagnostics) report.file(found);
    // Beyond the bound there is no tree to speak of; what is left of it would only give rise to further messages.
    const readable = !diagnostics.some((found) => found.slug === "blocks-too-deep");
    const statements = readable ? matchStatements(file.statements, "file", report) : [];
    // Of a file in which no statement could be read, the missing edition is the least.
    const understood = diagnostics.length === 0 || file.statements.length > 0;
    if (readable && understood) checkEdition(file, statements, report);
    const read = new Set(statements.map(({ statement }) => statement));
    const damaged = file.statements.filter((statement) => !read.has(statement));
    let incomplete = damaged.some((statement) => statement.name.text === "import");
    for (const matched of statements) {
      if (matched.row.name !== "import") continue;
      const referenced = readReferenced(matched, loader, report);
      if (referenced === undefined) incomplete = true;
      else visit(referenced.source);
    }
    const declarations = statements.filter(({ row }) => row.name !== "edition" && row.name !== "import");
    loaded.set(source.path, { file, declarations, damaged: damaged.flatMap(wordsOf), incomplete });
  };
  visit(entry);
  return [...loaded.values()].filter((file) => file !== undefined);
}
