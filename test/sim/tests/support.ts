/** `test` blocks from texts, run on shipped hosts. */
import { plan } from "../../../src/planner/planner.ts";
import type { Outcome, TestRun } from "../../../src/sim/tests/outcome.ts";
import { runTests } from "../../../src/sim/tests/run.ts";
import { shipped } from "../../hosts/shipped.ts";
import { compileText, describeDiagnostic } from "../../support/compile-text.ts";

/** Runs the tests of a text's guests on the hosts that they run on, or on shipped ones. */
export function runText(text: string, hosts?: readonly string[]): readonly TestRun[] {
  const { guests, hosts: declared, diagnostics } = compileText(text);
  const wrong = diagnostics.filter(({ code, severity }) => severity === "error" && !code.startsWith("GC07"));
  if (wrong.length > 0) throw new Error(wrong.map(describeDiagnostic).join("\n"));
  return guests.flatMap((guest) => {
    const own = guest.hosts.flatMap(({ value }) => {
      const profile = declared.get(value);
      return profile === undefined ? [] : [{ name: value, profile }];
    });
    const given = hosts?.map((name) => ({ name, profile: shipped(name) }));
    return runTests(guest, plan(guest), given ?? own, declared);
  });
}

/** A guest with one test, from the statements of its CPU, its own and the test's. */
export const tested = (cpu: string, guest: string, expectations: string): string =>
  `edition 2026\ncpu c {\n${cpu}\n}\nguest g {\n  cpu c\n${guest}\n}\ntest g "sample" {\n${expectations}\n}\n`;

/** The outcomes of one test's expectations on one host. */
export function outcomes(
  cpu: string,
  guest: string,
  expectations: string,
  host = "neoverse-n1.linux-6.12",
): readonly Outcome[] {
  return runText(tested(cpu, guest, expectations), [host]).flatMap((run) => run.outcomes);
}
