/** Runs `test` blocks on hosts. */
import type { Contract, TestContract, TestExpectation } from "../../contract.ts";
import { type Diagnostic, diagnostic, type Related } from "../../diagnostics/diagnostic.ts";
import type { HostProfile } from "../../hosts/profile.ts";
import type { Plan } from "../../planner/plan.ts";
import type { View } from "../../predict/index.ts";
import { lookAt, type RefusedGuest } from "../view/view.ts";
import {
  functionName,
  type HostExpectation,
  isForHost,
  type Judgement,
  judge,
  type Responsible,
} from "./judge.ts";
import { migrationJudge, migrationOutcome } from "./migrate.ts";
import { notRun } from "./not-run.ts";
import { expectationText, type Outcome, type TestRun } from "./outcome.ts";

export interface TestHost {
  readonly name: string;
  readonly profile: HostProfile;
}

const hostFact = ({ name, profile }: TestHost): string =>
  `host \`${name}\`: linux ${profile.kernel.release} on ${profile.cpu.name}`;

/** What the statement did, at its place. */
function relatedOf({ span, decider, what }: Responsible): Related {
  const of = what === "" ? "" : ` ${what}`;
  switch (decider.by) {
    case "statement":
      return { span, message: `decided${of} here` };
    case "baseline":
      return { span, message: `baseline ${decider.why} decided${of}` };
    case "derived":
      return { span, message: `${what === "" ? "follows" : `${what} follows`} from this: ${decider.why}` };
    case "default":
      return { span, message: `${decider.why} here${of === "" ? "" : `, which decides${of}`}` };
    case "host":
      return { span, message: `left${of} to the host here` };
    case "kvm":
      return { span, message: decider.why };
  }
}

/** One note for each place, with all that was decided there alike: two of one place would stand over each other. */
function places(found: readonly Responsible[]): readonly Related[] {
  const known = new Map<string, Responsible>();
  for (const one of found) {
    const key = `${one.span.file.path} ${one.span.start}`;
    const first = known.get(key);
    if (first === undefined) known.set(key, one);
    else if (first.decider.by === one.decider.by && one.decider.by !== "derived" && first.what !== "")
      known.set(key, { ...first, what: `${first.what}, ${one.what}` });
  }
  return [...known.values()].map(relatedOf);
}

type Failed = Extract<Judgement, { readonly kind: "failed" }>;

function failure(expectation: HostExpectation, host: TestHost, failed: Failed): Diagnostic {
  const { span, verb, subject, expected } = expectation;
  const { seen, because } = failed;
  const name = host.name;
  const details = {
    related: places(failed.responsible),
    notes: [because, hostFact(host)].filter((note) => note !== ""),
  };
  switch (verb) {
    case "read":
      return diagnostic(
        "test-register",
        span,
        { host: name, subject, seen, expected },
        { label: `seen ${seen}`, ...details },
      );
    case "execute":
      return diagnostic(
        "test-instruction",
        span,
        { host: name, instruction: failed.instruction ?? "", feature: subject, fate: seen },
        { label: `${failed.instruction ?? ""} ${seen}`, ...details },
      );
    case "vectors":
      return diagnostic(
        "test-vectors",
        span,
        { host: name, seen, expected },
        { label: `seen ${seen}`, ...details },
      );
    case "hvc":
    case "smc":
      return diagnostic(
        "test-call",
        span,
        {
          host: name,
          conduit: verb.toUpperCase(),
          function: functionName(failed.functionId ?? 0),
          seen,
          expected,
        },
        { label: seen, ...details },
      );
  }
}

function outcomeOf(expectation: HostExpectation, host: TestHost, judgement: Judgement): Outcome {
  switch (judgement.kind) {
    case "passed":
      return { expectation, status: "passed", seen: judgement.seen, diagnostic: undefined };
    case "failed":
      return {
        expectation,
        status: "failed",
        seen: judgement.seen,
        diagnostic: failure(expectation, host, judgement),
      };
    case "undecided":
      return {
        expectation,
        status: "undecided",
        seen: judgement.why,
        diagnostic: diagnostic(
          "test-undecided",
          expectation.span,
          { host: host.name, expectation: expectationText(expectation) },
          { notes: [judgement.why, hostFact(host)] },
        ),
      };
  }
}

function refused(
  expectation: TestExpectation,
  test: TestContract,
  host: TestHost,
  refusal: RefusedGuest,
): Outcome {
  const { operation, errno, why, span } = refusal;
  const call = `${operation.ioctl.name} ${operation.name}`;
  return {
    expectation,
    status: "failed",
    seen: `KVM refuses the guest: ${call} answers ${errno}`,
    diagnostic: diagnostic(
      "test-guest-refused",
      test.span,
      { host: host.name, guest: test.guest, call, errno },
      { related: [{ span, message: "asked for here" }], notes: [why, hostFact(host)] },
    ),
  };
}

/** Judges an expectation about a migration. */
type Mover = (expectation: TestExpectation) => Outcome;

function runOn(
  contract: Contract,
  test: TestContract,
  host: TestHost,
  view: View | RefusedGuest,
  migrate: Mover,
): TestRun {
  const outcomes = test.expectations.map((expectation): Outcome => {
    if (!isForHost(expectation)) return migrate(expectation);
    if ("kind" in view) return refused(expectation, test, host, view);
    return outcomeOf(expectation, host, judge(expectation, { contract, profile: host.profile, view }));
  });
  return { test, host, refusal: "kind" in view ? view : undefined, outcomes };
}

/**
 * Runs every test of a guest on every host, host by host within a test. Of migrations, which are no host's own, one
 * outcome stands with the first host, or by itself where there is none.
 *
 * @param hosts those that the guest runs on, or those that the user names
 * @param declared the hosts of the program by name, between which guests are moved
 */
export function runTests(
  contract: Contract,
  plan: Plan,
  hosts: readonly TestHost[],
  declared: ReadonlyMap<string, HostProfile> = new Map(),
): readonly TestRun[] {
  const views = hosts.map(({ name, profile }) => lookAt({ contract, plan, hostName: name, profile }));
  const judged = migrationJudge({ contract, plan }, declared);
  const migrate: Mover = (expectation) => migrationOutcome(expectation, judged(expectation));
  return contract.tests.flatMap((test): readonly TestRun[] => {
    if (hosts.length === 0) {
      const outcomes = test.expectations.map((one) =>
        isForHost(one) ? notRun(one, "the guest names no host, and none is given") : migrate(one),
      );
      return [{ test, host: undefined, refusal: undefined, outcomes }];
    }
    return hosts.map((host, at) => {
      const view = views[at];
      if (view === undefined) throw new Error(`no view of host ${host.name}`);
      if (at === 0) return runOn(contract, test, host, view, migrate);
      const expectations = test.expectations.filter(isForHost);
      return { ...runOn(contract, { ...test, expectations }, host, view, migrate), test };
    });
  });
}

/** What is not as expected, each told once: a guest that KVM refuses is one finding, however many expectations it has. */
export function findings(runs: readonly TestRun[]): readonly Diagnostic[] {
  const seen = new Set<string>();
  return runs
    .flatMap(({ outcomes }) => outcomes.flatMap((one) => one.diagnostic ?? []))
    .filter(({ code, span, message }) => {
      const key = `${code} ${span.file.path} ${span.start} ${message}`;
      return !seen.has(key) && seen.add(key);
    });
}
