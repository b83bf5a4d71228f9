/** The hosts that a `fleet` block of a program names. */
import type { SourceFile } from "../diagnostics/span.ts";
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
