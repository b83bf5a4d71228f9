/** Diagnostics as SARIF 2.1.0 (OASIS), which code hosts and editors show. */
import type { Diagnostic, Fix, Severity } from "./diagnostic.ts";
import { fingerprints } from "./fingerprint.ts";
import { type DiagnosticSlug, registry } from "./registry.ts";
import { positionAt, type SourceFile, type Span } from "./span.ts";

export interface SarifOptions {
  /** Version of the compiler, `1.2.3`. */
  readonly version: string;
}

/** Where the schema of the log is published. */
const schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/** SARIF's three levels bear the same names as ours. */
const level = (severity: Severity): "error" | "warning" | "note" => severity;

/** `number-out-of-range` → `NumberOutOfRange`, the form that SARIF asks of a rule's name. */
const pascalCase = (slug: string): string =>
  slug.replace(/(?:^|-)(.)/g, (_, first: string) => first.toUpperCase());

/** A message without arguments: SARIF (3.11.5) doubles literal braces, as single ones hold arguments. */
const literal = (text: string): string => text.replace(/[{}]/g, "$&$&");

/** A path as a URI reference: relative stays relative, an absolute one becomes `file:`. */
export function uriOf(path: string): string {
  const encoded = path.replaceAll("\\", "/").split("/").map(encodeURIComponent).join("/");
  if (encoded.startsWith("/")) return `file://${encoded}`;
  if (/^[A-Za-z]%3A/.test(encoded)) return `file:///${encoded.replace("%3A", ":")}`;
  return encoded;
}

/** `{value}` of a registry message is `{0}`, `{1}` … to SARIF; here it stays readable. */
const ruleText = (message: string): string => message.replace(/\{(\w+)\}/g, "…");

function region(span: Span) {
  const start = positionAt(span.file, span.start);
  const end = positionAt(span.file, span.end);
  return {
    startLine: start.line,
    startColumn: start.column,
    endLine: end.line,
    endColumn: end.column,
    charOffset: span.start,
    charLength: span.end - span.start,
  };
}

function rule(slug: DiagnosticSlug) {
  const row = registry[slug];
  return {
    id: row.code,
    name: pascalCase(slug),
    shortDescription: { text: ruleText(row.message) },
    fullDescription: { text: row.page().explain },
    defaultConfiguration: { level: level(row.severity) },
    help: {
      text: `${row.page().explain}\n\nWrong:\n\n${row.page().wrong}\n\nRight:\n\n${row.page().right}`,
      markdown: `${row.page().explain}\n\nWrong:\n\n\`\`\`guest\n${row.page().wrong.trimEnd()}\n\`\`\`\n\nRight:\n\n\`\`\`guest\n${row.page().right.trimEnd()}\n\`\`\``,
    },
    properties: { tags: [slug] },
  };
}

/** A log with one run, as a value that `JSON.stringify` takes. */
export function sarifLog(diagnostics: readonly Diagnostic[], options: SarifOptions) {
  const slugs = [...new Set(diagnostics.map((found) => found.slug))].sort((a, b) =>
    registry[a].code < registry[b].code ? -1 : 1,
  );
  const spans = diagnostics.flatMap((found) => [
    found.span,
    ...found.related.map((one) => one.span),
    ...found.fixes.flatMap((fix) => fix.edits.map((edit) => edit.span)),
  ]);
  const files = [...new Map<string, SourceFile>(spans.map(({ file }) => [file.path, file])).keys()].sort();
  const artifact = (file: SourceFile) => ({ uri: uriOf(file.path), index: files.indexOf(file.path) });
  const location = (span: Span) => ({
    physicalLocation: { artifactLocation: artifact(span.file), region: region(span) },
  });
  const fixOf = (fix: Fix) => ({
    description: { text: literal(fix.title) },
    artifactChanges: [...new Set(fix.edits.map((edit) => edit.span.file))].map((file) => ({
      artifactLocation: artifact(file),
      replacements: fix.edits
        .filter((edit) => edit.span.file === file)
        .map((edit) => ({ deletedRegion: region(edit.span), insertedContent: { text: edit.text } })),
    })),
  });
  const names = fingerprints(diagnostics);
  return {
    $schema: schema,
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "guestc",
            version: options.version,
            semanticVersion: options.version,
            rules: slugs.map(rule),
          },
        },
        columnKind: "utf16CodeUnits",
        artifacts: files.map((path) => ({
          location: { uri: uriOf(path) },
          ...(path.endsWith(".guest") ? { sourceLanguage: "guest" } : {}),
        })),
        results: diagnostics.map((found, at) => ({
          ruleId: found.code,
          ruleIndex: slugs.indexOf(found.slug),
          level: level(found.severity),
          message: {
            text: literal(
              [
                `${found.message}${found.label === undefined ? "" : `: ${found.label}`}`,
                ...found.notes.map((note) => `note: ${note}`),
                ...found.help.map((help) => `help: ${help}`),
              ].join("\n"),
            ),
          },
          locations: [location(found.span)],
          ...(found.related.length === 0
            ? {}
            : {
                relatedLocations: found.related.map((one, id) => ({
                  id,
                  ...location(one.span),
                  message: { text: literal(one.message) },
                })),
              }),
          ...(found.fixes.length === 0 ? {} : { fixes: found.fixes.map(fixOf) }),
          partialFingerprints: { "guestc/v1": names[at] ?? "" },
        })),
      },
    ],
  };
}

/** The log as text, with a line end at its end. */
export function renderSarif(diagnostics: readonly Diagnostic[], options: SarifOptions): string {
  return `${JSON.stringify(sarifLog(diagnostics, options), null, 2)}\n`;
}
