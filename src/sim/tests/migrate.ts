/** Expectations about migrations: carried out between two hosts of the program. */
import type { TestExpectation } from "../../contract.ts";
import { diagnostic } from "../../diagnostics/diagnostic.ts";
import type { HostProfile } from "../../hosts/profile.ts";
import type { Fact } from "../../migrate/fact.ts";
import { judgeJourneys } from "../../migrate/journeys.ts";
import type { Moving, NamedHost } from "../../migrate/machine.ts";
import type { Migration } from "../../migrate/pair.ts";
import { vmms } from "../../migrate/vmm.ts";
import { notRun } from "./not-run.ts";
import type { Outcome } from "./outcome.ts";

/** What became of a migration; a string: why nobody looked. */
export type Moved = Migration | string;

/**
 * Judges migrations by KVM's rules alone. Each pair of hosts is judged once, however many expectations speak of it.
 *
 * @param declared the program's hosts by name
 */
export function migrationJudge(
  moving: Moving,
  declared: ReadonlyMap<string, HostProfile>,
): (expectation: TestExpectation) => Moved {
  const known = new Map<string, Moved>();
  const judged = (subject: string): Moved => {
    const [from, to] = subject.split(" to ").map((name) => {
      const profile = declared.get(name);
      return profile && { name, profile };
    });
    const [rules] = vmms();
    if (from === undefined || to === undefined || rules === undefined)
      return "the hosts that it names are not known";
    const hosts = from.name === to.name ? [from] : [from, to];
    const wanted = (one: NamedHost, other: NamedHost): boolean =>
      from.name === to.name ? true : one === from && other === to;
    const { migrations } = judgeJourneys(moving, hosts, rules, { wanted });
    return migrations[0] ?? "it was not judged";
  };
  return ({ subject }) => {
    const before = known.get(subject);
    if (before !== undefined) return before;
    const now = judged(subject);
    known.set(subject, now);
    return now;
  };
}

/** So many facts are told with a failure. */
const mostTold = 5;

const factText = ({ subject, text, detail, remedies }: Fact): string => {
  const more = detail === "" ? "" : ` (${detail})`;
  const help = remedies.length === 0 ? "" : `; would help: ${remedies.map((one) => `\`${one}\``).join(", ")}`;
  return `${subject}: ${text}${more}${help}`;
};

const seenOf = ({ verdict, refused }: Migration): string =>
  verdict === "unsafe"
    ? refused === undefined
      ? "unsafe"
      : `unsafe: ${refused.call} answers ${refused.errno}`
    : { safe: "safe", "safe-with-notes": "safe, with notes", undecided: "safe as far as is known" }[verdict];

/** `safe` holds with notes too: they do not stop the guest. */
export function migrationOutcome(expectation: TestExpectation, moved: Moved): Outcome {
  const { span, expected, subject } = expectation;
  if (typeof moved === "string") return notRun(expectation, moved);
  const seen = seenOf(moved);
  if (moved.verdict === "undecided") {
    const open = moved.facts.filter(({ weight }) => weight === "open").map(({ subject }) => subject);
    const why = `it is safe as far as is known, and nothing decides ${open.slice(0, mostTold).join(", ")}`;
    return notRun(expectation, why);
  }
  const verdict = moved.verdict === "unsafe" ? "unsafe" : "safe";
  if (verdict === expected) return { expectation, status: "passed", seen, diagnostic: undefined };
  const weighty = moved.facts.filter(({ weight }) => weight === "unsafe");
  const told = weighty.slice(0, mostTold).map(factText);
  const rest = weighty.length - told.length;
  return {
    expectation,
    status: "failed",
    seen,
    diagnostic: diagnostic(
      "test-migration",
      span,
      { migration: subject, seen: verdict, expected },
      {
        label: seen,
        related: weighty
          .flatMap(({ source }) =>
            source === undefined ? [] : [{ span: source, message: "asked for here" }],
          )
          .slice(0, 1),
        notes: [...told, ...(rest > 0 ? [`and ${rest} more: \`guestc migrate\` tells all of them`] : [])],
      },
    ),
  };
}
