/** What a guest sees as a document of plain JSON values, `guestc.view/1` (`schemas/view.schema.json`). */
import { formatLocation, type Span } from "../../diagnostics/span.ts";
import type { CallOutcome, Expected, RegisterOutcome } from "../../predict/index.ts";
import type { Fate } from "../../tables/index.ts";
import type { Answered, CallSeen } from "./calls.ts";
import type { Decider } from "./decider.ts";
import { commonFate, type FeatureSeen, featuresGating, type InstructionSeen } from "./instructions.ts";
import type { MachineFact } from "./machine-facts.ts";
import type { FieldSeen, RegisterSeen } from "./registers.ts";
import type { GuestView, RefusedGuest, SeenGuest } from "./view.ts";

const hex = (value: bigint | number, digits = 1): string => `0x${value.toString(16).padStart(digits, "0")}`;
const place = (span: Span | undefined): string | null => (span === undefined ? null : formatLocation(span));
const registerHex = (value: bigint): string => hex(value, 16);

const decided = ({ by, span, why }: Decider) => ({ by, source: place(span), why: why === "" ? null : why });

const fact = (one: MachineFact) => ({ fact: one.key, value: one.value, decided: decided(one.decided) });

const field = ({ field: { name, lsb, width }, value, meaning, features, decided: by }: FieldSeen) => ({
  name,
  lsb,
  width,
  value: hex(value),
  meaning: meaning ?? null,
  features,
  decided: decided(by),
});

/** `reads`: `value`, or null where nothing decides it (`because` says why) or where it differs from time to time. */
function registerOutcome(outcome: Expected<RegisterOutcome>) {
  const { because } = outcome;
  if (!outcome.known) return { outcome: "open", value: null, because };
  const { value } = outcome;
  if (typeof value === "bigint") return { outcome: "reads", value: registerHex(value), because };
  return { outcome: value === "any" ? "reads" : value, value: null, because };
}

const register = (one: RegisterSeen) => ({
  name: one.register.name,
  id: registerHex(one.register.id),
  ...registerOutcome(one.outcome),
  fields: one.fields.map(field),
});

function callOutcome(outcome: Expected<CallOutcome>) {
  const { because } = outcome;
  if (!outcome.known) return { outcome: "open", because };
  const { value } = outcome;
  switch (value.kind) {
    case "answers":
      return {
        outcome: "answers",
        x: value.x.map((one) => (one === "any" ? one : registerHex(one))),
        because,
      };
    case "exits":
      return { outcome: value.exit === "hypercall" ? "forwarded" : "system-event", because };
    case "undefined":
    case "waits":
      return { outcome: value.kind, because };
    case "taken":
      return { outcome: "taken", because };
  }
}

const answered = (one: Answered) => ({
  by: one.by,
  source: place(one.origin?.span),
  ...callOutcome(one.outcome),
});

const call = (one: CallSeen) => ({
  function: one.name ?? null,
  id: hex(one.id, 8),
  arguments: one.args.map((value) => hex(value)),
  hvc: answered(one.hvc),
  smc: answered(one.smc),
});

const fate = (of: Expected<Fate>) => ({ fate: of.known ? of.value : "open", because: of.because });

const instruction = (one: InstructionSeen) => ({
  name: one.name,
  level: one.level,
  word: hex(one.word, 8),
  needs: featuresGating(one.name),
  ...fate(one.fate),
});

const feature = (one: FeatureSeen) => ({
  feature: one.feature,
  shown: one.shown ?? null,
  instructions: commonFate(one),
  judgedBy: one.instructions.map(({ name }) => name),
});

function refused({ operation, index, errno, why, span }: RefusedGuest) {
  return {
    outcome: "refused",
    refusal: {
      operation: index,
      phase: operation.phase,
      ioctl: operation.ioctl.name,
      name: operation.name,
      summary: operation.summary,
      errno,
      why,
      source: formatLocation(span),
    },
  };
}

function runs(seen: SeenGuest, { contract }: GuestView) {
  return {
    outcome: "runs",
    level: seen.level,
    machine: seen.facts.map(fact),
    registers: seen.registers.map(register),
    filter: contract.filter.map(({ first, last, action, origin }) => ({
      first: hex(first, 8),
      last: hex(last, 8),
      action,
      source: formatLocation(origin.span),
    })),
    calls: seen.calls.map(call),
    features: seen.features.map(feature),
    instructions: seen.instructions.map(instruction),
  };
}

/** Complete: nothing that the table leaves out is missing here. */
export function viewDocument(view: GuestView): object {
  const { contract, hostName, profile, outcome } = view;
  return {
    schema: "guestc.view/1",
    guest: contract.guest,
    source: formatLocation(contract.span),
    host: {
      name: hostName,
      origin: profile.origin,
      kernel: profile.kernel.release,
      cpu: profile.cpu.name,
      platform: profile.cpu.platform,
    },
    ...(outcome.kind === "refused" ? refused(outcome) : runs(outcome, view)),
  };
}
