/** Holds one expectation against what a guest sees. */
import type { Contract, TestExpectation } from "../../contract.ts";
import type { Span } from "../../diagnostics/span.ts";
import { configurationFor } from "../../hosts/configuration.ts";
import type { HostProfile } from "../../hosts/profile.ts";
import { type CallOutcome, type Conduit, questions, type View } from "../../predict/index.ts";
import {
  capability,
  fieldOf,
  feature as findFeature,
  field as findField,
  type IdRegister,
  idRegister,
  mentioned,
  smcccFunction,
  smcccFunctions,
} from "../../tables/index.ts";
import { callSeen, outcomeText, wordText } from "../view/calls.ts";
import { byOrigin, type Decider } from "../view/decider.ts";
import { featureSeen, type InstructionSeen } from "../view/instructions.ts";
import { vectorLengthsSeen } from "../view/machine-facts.ts";
import { fieldDecider, meaningOf, viewState } from "../view/registers.ts";

/** Who decided what is seen, with the statement to show. */
export interface Responsible {
  readonly span: Span;
  readonly decider: Decider;
  /** Which part of the subject it decided; empty: all of it. */
  readonly what: string;
}

export type Judgement =
  | { readonly kind: "passed"; readonly seen: string }
  | { readonly kind: "undecided"; readonly why: string }
  | {
      readonly kind: "failed";
      readonly seen: string;
      readonly because: string;
      readonly responsible: readonly Responsible[];
      /** Of `execute`: the instruction that decided. */
      readonly instruction?: string;
      /** Of calls: the id that decided. */
      readonly functionId?: number;
    };

/** A guest that runs on a host. */
export interface Running {
  readonly contract: Contract;
  readonly profile: HostProfile;
  readonly view: View;
}

const hex = (value: bigint | number): string => `0x${value.toString(16)}`;
/** So many fields of a register are named where several differ. */
const mostNamed = 4;

function responsible(decider: Decider, what = ""): readonly Responsible[] {
  return decider.span === undefined ? [] : [{ span: decider.span, decider, what }];
}

/** What the host itself shows in a register, before the plan. */
function hostValue({ contract, profile }: Running, register: IdRegister): bigint | undefined {
  const { configuration } = configurationFor(
    profile,
    contract.vcpuFeatures.map(({ value }) => value),
    contract.capabilities.flatMap(({ value }) => capability(value)?.number ?? []),
  );
  return configuration.registers.get(register.id) ?? undefined;
}

function judgeRead(expectation: TestExpectation, running: Running): Judgement {
  const { contract, view } = running;
  const [name = "", fieldName] = expectation.subject.split(".");
  const register = idRegister(name);
  const outcome = view.registers.get(name);
  if (register === undefined || outcome === undefined)
    return { kind: "undecided", why: `the tables have no register ${name}` };
  if (!outcome.known) return { kind: "undecided", why: outcome.because };
  const { value, because } = outcome;
  if (value === "any") return { kind: "undecided", why: because };
  if (typeof value !== "bigint") return { kind: "failed", seen: `is ${value}`, because, responsible: [] };
  const field = fieldName === undefined ? undefined : findField(name, fieldName);
  const part = (whole: bigint): bigint => (field === undefined ? whole : fieldOf(whole, field));
  const own = expectation.expected === "host" ? hostValue(running, register) : BigInt(expectation.expected);
  if (own === undefined) return { kind: "undecided", why: "the profile keeps no value of it" };
  const expected = expectation.expected === "host" ? part(own) : own;
  const seen = part(value);
  const meaning = field === undefined ? undefined : meaningOf(field, seen);
  const words = `${hex(seen)}${meaning === undefined ? "" : ` (${meaning})`}`;
  if (seen === expected) return { kind: "passed", seen: words };
  const contracted = contract.registers.find((one) => one.name === name)?.fields ?? [];
  const differing =
    field !== undefined
      ? [field]
      : register.fields.filter((one) => fieldOf(value, one) !== fieldOf(expected, one));
  return {
    kind: "failed",
    seen: words,
    because,
    responsible: differing.slice(0, mostNamed).flatMap((one) =>
      responsible(
        fieldDecider(
          contracted.find((of) => of.name === one.name),
          fieldOf(value, one),
          because,
        ),
        field === undefined ? one.name : "",
      ),
    ),
  };
}

/** Who decided the fields that advertise a feature. */
function featureDeciders(contract: Contract, name: string): readonly Responsible[] {
  const advertised = findFeature(name)?.advertisedBy;
  if (advertised === undefined) return [];
  const found: Responsible[] = [];
  mentioned(advertised, {
    field: (register, field) => {
      const of = contract.registers
        .find((one) => one.name === register)
        ?.fields.find((one) => one.name === field);
      if (of === undefined) return;
      const decider: Decider =
        of.value === "host" ? { by: "host", span: of.origin.span, why: "" } : byOrigin(of.origin);
      found.push(...responsible(decider, `${register}.${field}`));
    },
  });
  return found;
}

const fateOfWord: Readonly<Record<string, string>> = { works: "executes" };
const fateWords = { executes: "executes", undefined: "is UNDEFINED", trapped: "is trapped" } as const;

function judgeExecute({ subject, expected }: TestExpectation, { contract, view }: Running): Judgement {
  const found = featureSeen(subject, view, viewState(view), questions());
  const wanted = fateOfWord[expected] ?? expected;
  // What needs other features beside it may be missing for the want of those.
  const all = wanted === "executes" ? found.instructions : [...found.instructions, ...found.further];
  // What becomes of one where the guest begins is told before what becomes of it at EL0.
  const judged = all.toSorted((a, b) => b.level - a.level);
  const differing = ({ fate }: InstructionSeen): boolean => fate.known && fate.value !== wanted;
  const [wrong] = judged.filter(differing);
  if (wrong?.fate.known === true)
    return {
      kind: "failed",
      seen: fateWords[wrong.fate.value],
      because: wrong.fate.because,
      responsible: featureDeciders(contract, subject),
      instruction: wrong.name,
    };
  const [first] = judged;
  if (first === undefined)
    return { kind: "undecided", why: `the tables know no instruction that tells of ${subject}` };
  const unknown = judged.find(({ fate }) => !fate.known);
  if (unknown !== undefined) return { kind: "undecided", why: `${unknown.name}: ${unknown.fate.because}` };
  const others = judged.length === 1 ? "" : ` and ${judged.length - 1} more`;
  return { kind: "passed", seen: `${wanted}: ${first.name}${others}` };
}

const SUCCESSOR = 1;

/**
 * Ids that stand for all of a range: between two of the numbers at which something may change, all come to the same.
 */
function representatives(contract: Contract, first: number, last: number): readonly number[] {
  const changes = [
    first,
    ...contract.filter.flatMap((range) => [range.first, range.last + SUCCESSOR]),
    ...smcccFunctions().flatMap(({ ids }) => ids.flatMap((id) => [id, id + SUCCESSOR])),
  ];
  return [...new Set(changes)].filter((id) => first <= id && id <= last).sort((a, b) => a - b);
}

const NOT_SUPPORTED = 0xffff_ffff_ffff_ffffn;

function meets(outcome: CallOutcome, expected: string): boolean | undefined {
  switch (expected) {
    case "forwarded":
      return outcome.kind === "exits" && outcome.exit === "hypercall";
    case "system-event":
      return outcome.kind === "exits" && outcome.exit === "system-event";
    case "waits":
      return outcome.kind === "waits";
    default: {
      if (outcome.kind !== "answers") return false;
      const [x0] = outcome.x;
      if (x0 === "any") return undefined;
      return x0 === (expected === "denied" ? NOT_SUPPORTED : BigInt(expected));
    }
  }
}

function callWords(outcome: CallOutcome): string {
  if (outcome.kind !== "answers") return outcomeText({ known: true, value: outcome, because: "" });
  return `answers ${wordText(outcome.x[0] ?? 0n)}`;
}

function judgeCall(expectation: TestExpectation, conduit: Conduit, running: Running): Judgement {
  const { contract, profile, view } = running;
  const { functions, args } = expectation.call ?? { functions: [], args: [] };
  let seen = "";
  for (const { first, last } of functions)
    for (const id of representatives(contract, first, last)) {
      const { outcome, origin } = callSeen(contract, profile, view, id, args)[conduit];
      if (!outcome.known) return { kind: "undecided", why: `${hex(id)}: ${outcome.because}` };
      const met = meets(outcome.value, expectation.expected);
      if (met === undefined) return { kind: "undecided", why: `${hex(id)}: what it answers differs` };
      seen = callWords(outcome.value);
      if (!met)
        return {
          kind: "failed",
          seen,
          because: outcome.because,
          responsible: origin === undefined ? [] : responsible(byOrigin(origin)),
          functionId: id,
        };
    }
  return { kind: "passed", seen };
}

function judgeVectors({ expected }: TestExpectation, { contract, profile }: Running): Judgement {
  const origin = contract.sveLengths?.origin;
  const lengths = vectorLengthsSeen(contract, profile);
  if (lengths === undefined && contract.sveLengths !== undefined)
    return { kind: "undecided", why: "the profile does not say which lengths the host has" };
  const seen = lengths === undefined ? "none" : lengths.join(", ");
  if (seen === expected) return { kind: "passed", seen };
  const off = contract.registers
    .flatMap(({ name, fields }) => fields.filter((one) => findField(name, one.name)?.facility === "sve"))
    .map((one) => one.origin);
  const decided = origin ?? off[0];
  return {
    kind: "failed",
    seen,
    because: contract.sveLengths?.value === "host" ? "the contract leaves them to the host" : "",
    responsible: decided === undefined ? [] : responsible(byOrigin(decided)),
  };
}

/** An expectation that one host can answer. */
export type HostExpectation = TestExpectation & {
  readonly verb: Exclude<TestExpectation["verb"], "migrate">;
};

export const isForHost = (expectation: TestExpectation): expectation is HostExpectation =>
  expectation.verb !== "migrate";

/** Judges an expectation on a guest that runs. */
export function judge(expectation: HostExpectation, running: Running): Judgement {
  switch (expectation.verb) {
    case "read":
      return judgeRead(expectation, running);
    case "execute":
      return judgeExecute(expectation, running);
    case "hvc":
    case "smc":
      return judgeCall(expectation, expectation.verb, running);
    case "vectors":
      return judgeVectors(expectation, running);
  }
}

/** A function id as people know it. */
export function functionName(id: number): string {
  const name = smcccFunction(id)?.name;
  const number = `0x${id.toString(16).padStart(8, "0")}`;
  return name === undefined ? number : `${name} (${number})`;
}
