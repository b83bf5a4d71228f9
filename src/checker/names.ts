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
}

const isNamedKind = (name: string): name is NamedKind =>
  name === "host" || name === "fleet" || name === "cpu" || name === "guest";

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
      const related = [{ span: earlier.nameSpan, message: "first declared here" }];
      report.add("duplicate-name", atom.span, { kind, name }, { related });
    } else if (name.includes(".")) {
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

/** Finds what a word names among declarations of the given kinds; reports an unknown name with what it may have meant. */
export function lookUp(
  atom: Atom,
  kinds: readonly NamedKind[],
  scope: Scope,
  report: Report,
): Declaration | undefined {
  const name = atom.kind === "word" ? atom.text : "";
  for (const kind of kinds) {
    const found = scope[kind].get(name);
    if (found !== undefined) return found;
  }
  const known = kinds.flatMap((kind) => [...scope[kind].keys()]);
  const suggestions = didYouMean(name, known);
  const others = (["host", "fleet", "cpu", "guest"] as const).filter(
    (kind) => !kinds.includes(kind) && scope[kind].has(name),
  );
  const [first] = suggestions;
  report.add(
    "unknown-name",
    atom.span,
    { kind: kinds.join(" or "), name },
    {
      ...(first === undefined ? {} : { label: `did you mean \`${first}\`?` }),
      notes: others.map((kind) => `there is a ${kind} of that name`),
      help:
        first === undefined && known.length > 0 && known.length <= 8
          ? [`declared are ${known.map((one) => `\`${one}\``).join(", ")}`]
          : [],
      fixes: first === undefined ? [] : [replaceFix(atom.span, first)],
    },
  );
  return undefined;
}
