/** Declarations by name, and the look-up of names that statements mention. */
import type { Span } from "../diagnostics/span.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { Atom } from "../parser/ast.ts";
import { type Matched, replaceFix, slotAtom } from "./forms.ts";
import type { LoadedFile } from "./load.ts";
import type { Report } from "./report.ts";

export interface Declaration {
  readonly name: string;
  readonly nameSpan: Span;
  readonly matched: Matched;
}

export type NamedKind = "host" | "fleet" | "cpu" | "guest";

export interface Scope {
  readonly host: ReadonlyMap<string, Declaration>;
  readonly fleet: ReadonlyMap<string, Declaration>;
  readonly cpu: ReadonlyMap<string, Declaration>;
  readonly guest: ReadonlyMap<string, Declaration>;
  /** `test` blocks have titles, not names. */
  readonly tests: readonly Matched[];
  /** Names whose declarations are wrong; that has been reported. */
  readonly damaged: ReadonlySet<string>;
  /** Whether names may be missing because an import could not be read. */
  readonly incomplete: boolean;
}

const isNamedKind = (name: string): name is NamedKind =>
  name === "host" || name === "fleet" || name === "cpu" || name === "guest";

/** What a kind is called in a sentence. */
const kindNames: Readonly<Record<NamedKind, string>> = {
  host: "host",
  fleet: "fleet",
  cpu: "CPU model",
  guest: "guest",
};

/** Hosts and fleets stand in one list (`runs-on`), so they share one set of names. */
const sharesNamesWith: Readonly<Record<NamedKind, readonly NamedKind[]>> = {
  host: ["host", "fleet"],
  fleet: ["host", "fleet"],
  cpu: ["cpu"],
  guest: ["guest"],
};

export function declare(files: readonly LoadedFile[], report: Report): Scope {
  const scope = {
    host: new Map<string, Declaration>(),
    fleet: new Map<string, Declaration>(),
    cpu: new Map<string, Declaration>(),
    guest: new Map<string, Declaration>(),
    tests: [] as Matched[],
    damaged: new Set(files.flatMap((file) => file.damaged)),
    incomplete: files.some((file) => file.incomplete),
  };
  for (const matched of files.flatMap((file) => file.declarations)) {
    const kind = matched.row.name;
    if (!isNamedKind(kind)) {
      scope.tests.push(matched);
      continue;
    }
    const atom = slotAtom(matched, "name");
    const name = atom.kind === "word" ? atom.text : "";
    const earlier = sharesNamesWith[kind]
      .map((other) => scope[other].get(name))
      .find((found) => found !== undefined);
    if (earlier !== undefined) {
      // Of two files the one that imports is told: the other may serve more than it.
      const imported = earlier.nameSpan.file !== atom.span.file;
      const [at, other] = imported ? [earlier.nameSpan, atom.span] : [atom.span, earlier.nameSpan];
      const message = imported ? "also declared here" : "first declared here";
      report.add(
        "duplicate-name",
        at,
        {
          kind: kindNames[
            imported && isNamedKind(earlier.matched.row.name) ? earlier.matched.row.name : kind
          ],
          name,
        },
        { related: [{ span: other, message }] },
      );
    } else if (name.includes(".")) {
      scope.damaged.add(name);
      report.add(
        "dotted-name",
        atom.span,
        { name },
        { fixes: [replaceFix(atom.span, name.replaceAll(".", "-"))] },
      );
    } else {
      scope[kind].set(name, { name, nameSpan: atom.span, matched });
    }
  }
  return scope;
}

/** Bounds the time that suggestions take in a file that is wrong throughout: well below a second. */
const mostComparisons = 100_000;

/**
 * Finds what a word names among declarations of the given kinds; reports an unknown name with what it may
 * have meant, which is not the declaration `within` that it stands in.
 */
export function lookUp(
  atom: Atom,
  kinds: readonly NamedKind[],
  scope: Scope,
  report: Report,
  within?: string,
): Declaration | undefined {
  const name = atom.kind === "word" ? atom.text : "";
  for (const kind of kinds) {
    const found = scope[kind].get(name);
    if (found !== undefined) return found;
  }
  if (scope.incomplete || scope.damaged.has(name)) return undefined;
  const others = (["host", "fleet", "cpu", "guest"] as const).filter(
    (kind) => !kinds.includes(kind) && scope[kind].has(name),
  );
  const known = kinds.flatMap((kind) => [...scope[kind].keys()]).filter((one) => one !== within);
  // After many messages nobody reads suggestions, and each costs a comparison with every name.
  const readable = report.diagnostics.length * known.length <= mostComparisons;
  const [first] = others.length > 0 || !readable ? [] : didYouMean(name, known);
  report.add(
    "unknown-name",
    atom.span,
    { kind: kinds.map((kind) => kindNames[kind]).join(" or "), name },
    {
      ...(first === undefined ? {} : { label: `did you mean \`${first}\`?` }),
      notes: others.map((kind) => `there is a ${kindNames[kind]} of that name`),
      help:
        first === undefined && known.length > 0 && known.length <= 8
          ? [`declared are ${known.map((one) => `\`${one}\``).join(", ")}`]
          : [],
      fixes: first === undefined ? [] : [replaceFix(atom.span, first)],
    },
  );
  return undefined;
}
