/** The hosts that a `fleet` block of a program names. */
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { SourceFile, Span } from "../diagnostics/span.ts";
import { parse } from "../parser/parse.ts";

/** Names of the fleets that files declare, each with its hosts' names; in the files' order. */
export function declaredFleets(files: readonly SourceFile[]): ReadonlyMap<string, readonly string[]> {
  const fleets = new Map<string, readonly string[]>();
  for (const source of files)
    for (const statement of parse(source).file.statements) {
      const name = statement.args[0]?.items[0];
      if (statement.name.text !== "fleet" || name?.kind !== "word") continue;
      const members = (statement.block?.statements ?? [])
        .filter((inner) => inner.name.text === "hosts")
        .flatMap((inner) => inner.args.flatMap(({ items }) => items))
        .flatMap((atom) => (atom.kind === "word" ? [atom.text] : []));
      fleets.set(name.text, [...new Set(members)]);
    }
  return fleets;
}

/** Codes of what is no statement of the language at all: what was meant by it, nobody knows. */
const isIllFormed = ({ code }: Diagnostic): boolean => /^GC0[01]/.test(code);

/**
 * The errors that may keep a host of a fleet from being known. Those about guests and CPU models do not.
 *
 * @param fleet its hosts; undefined: all that the files declare
 */
export function errorsAboutHosts(
  files: readonly SourceFile[],
  diagnostics: readonly Diagnostic[],
  fleet: string | undefined,
): readonly Diagnostic[] {
  const members = fleet === undefined ? undefined : (declaredFleets(files).get(fleet) ?? []);
  const concerned: readonly Span[] = files.flatMap((source) =>
    parse(source).file.statements.flatMap(({ name, args, span }) => {
      const [first] = args[0]?.items ?? [];
      const called = first?.kind === "word" ? first.text : "";
      const matters =
        name.text === "import" ||
        (name.text === "fleet" && called === fleet) ||
        (name.text === "host" && (members === undefined || members.includes(called)));
      return matters ? [span] : [];
    }),
  );
  const isWithin = ({ file, start }: Span): boolean =>
    concerned.some((one) => one.file.path === file.path && one.start <= start && start < one.end);
  return diagnostics.filter((one) => one.severity === "error" && (isIllFormed(one) || isWithin(one.span)));
}
