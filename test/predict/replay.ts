/**
 * Recorded answers of guests, held against the rules of prediction. A case of a recording configures a vCPU step by
 * step; what it comes to is put together here without plan or contract's text, so that the rules meet configurations
 * that no example has.
 */
import type { Contract } from "../../src/contract.ts";
import { configurationFor } from "../../src/hosts/configuration.ts";
import type { HostProfile } from "../../src/hosts/profile.ts";
import { changeFields, freshRegisters, guestBase } from "../../src/predict/predict.ts";
import type { AnsweredStep, End, Event, RecordedCase, Recording, Step } from "../../src/recordings/index.ts";
import { callOutcome } from "../../src/sim/rules/calls.ts";
import { fateOf } from "../../src/sim/rules/fates.ts";
import { type Gic, type Guest, guestWith, type RegisterFile } from "../../src/sim/rules/guest.ts";
import { type Question, questions } from "../../src/sim/rules/questions.ts";
import { registerOutcome } from "../../src/sim/rules/registers.ts";
import {
  capability,
  field,
  idRegister,
  instruction,
  smcccFunction,
  sysregId,
  systemRegister,
  vcpuFeatures,
} from "../../src/tables/index.ts";
import { planned } from "./support.ts";

const HVC = 0xd400_0002;
const SMC = 0xd400_0003;
const UNDEFINED = 0x200_0000n;
/** The upper bits of MSR to a system register. */
const MSR = 0xd51;

const templates = new Map<boolean, Contract>();
/** A guest that decides nothing, with or without a PMU. */
function template(pmu: boolean): Contract {
  const made = templates.get(pmu) ?? planned(`baseline host\n${pmu ? "pmu on" : ""}`, "").contract;
  templates.set(pmu, made);
  return made;
}

/** What the steps of a case have made so far. */
interface Made {
  features: number | undefined;
  readonly capabilities: number[];
  readonly filter: { first: number; last: number; action: "handle" | "deny" | "forward" }[];
  /** Bits written to registers, by id. */
  readonly written: Map<bigint, { mask: bigint; value: bigint }>;
  readonly events: { first: number; last: number; action: "allow" | "deny" }[];
  counters: number | undefined;
  vcpus: number;
  gic: Gic;
  stolenTime: bigint | undefined;
  /** EL1 and EL0 may use FP, SVE and SME. */
  fpOpen: boolean;
}

const actions = ["handle", "deny", "forward"] as const;
const everyBit = (1n << 64n) - 1n;
const VGIC_V3 = 7;
const VGIC_V2 = 5;
const PMU_GROUP = 0;
const PMU_IRQ = 0;
const PMU_INIT = 1;
const PMU_FILTER = 2;
const PMU_COUNTERS = 4;
const PVTIME_GROUP = 2;
const FP_OPEN = 0x30_0000n;

const little = (bytes: Uint8Array): bigint =>
  bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

/** Steps that change nothing that a guest could see. */
const harmless: ReadonlySet<string> = new Set([
  "vm",
  "check",
  "memory",
  "target",
  "finalize",
  "offset",
  "mp-state",
  "events",
  "get",
  "try",
  "list",
  "dump",
  "masks",
  "has-attribute",
  "get-attribute",
  "run",
]);

/** Whether the step is understood. A step that KVM refused changes nothing. */
function apply(made: Made, { step, answer }: AnsweredStep): boolean {
  if (harmless.has(step.kind) || answer.kind === "errno" || answer.kind === "absent") return true;
  switch (step.kind) {
    case "vcpu":
      made.vcpus++;
      return true;
    case "init":
      made.features = step.features[0] ?? 0;
      return step.vcpu === 0;
    case "offer":
      made.features = answer.kind === "number" && answer.value !== "any" ? Number(answer.value) : undefined;
      return step.vcpu === 0;
    case "enable":
      made.capabilities.push(step.capability);
      return true;
    case "filter":
      made.filter.push({
        first: Number(step.base),
        last: Number(step.base) + Number(step.functions) - 1,
        action: actions[step.action] ?? "handle",
      });
      return true;
    case "set":
      made.written.set(step.id, { mask: everyBit, value: step.value });
      return step.vcpu === 0 && step.id >> 16n !== 0x6030_0000_0010n;
    case "put": {
      // What was read back says whether KVM kept it.
      if (answer.kind !== "ok") return false;
      const mask = ((1n << BigInt(step.width)) - 1n) << BigInt(step.lsb);
      const before = made.written.get(step.id) ?? { mask: 0n, value: 0n };
      made.written.set(step.id, {
        mask: before.mask | mask,
        value: (before.value & ~mask) | (step.value << BigInt(step.lsb)),
      });
      return step.vcpu === 0;
    }
    case "device":
      if ((Number(step.flags) & 1) === 0)
        made.gic = step.type === VGIC_V3 ? "v3" : step.type === VGIC_V2 ? "v2" : made.gic;
      return step.type === VGIC_V3 || step.type === VGIC_V2;
    case "set-attribute":
      return setAttribute(made, step);
    default:
      return false;
  }
}

function setAttribute(made: Made, step: Extract<Step, { kind: "set-attribute" }>): boolean {
  if (step.on.startsWith("device")) return true;
  if (step.on !== "cpu0") return false;
  const bytes = typeof step.payload === "string" ? new Uint8Array() : step.payload;
  if (step.group === PVTIME_GROUP) {
    made.stolenTime = little(bytes);
    return true;
  }
  if (step.group !== PMU_GROUP) return false;
  if (step.attribute === PMU_COUNTERS) made.counters = Number(little(bytes));
  if (step.attribute === PMU_FILTER) {
    const first = Number(little(bytes.slice(0, 2)));
    const count = Number(little(bytes.slice(2, 4)));
    made.events.push({ first, last: first + count - 1, action: bytes[4] === 0 ? "allow" : "deny" });
  }
  return [PMU_IRQ, PMU_INIT, PMU_COUNTERS, PMU_FILTER].includes(step.attribute);
}

/** The guest that the steps have made; undefined: the profile does not speak of such a one. */
function guestOf(made: Made, profile: HostProfile): Guest | undefined {
  if (made.features === undefined) return undefined;
  const bits = made.features;
  const features = vcpuFeatures().filter((row) => ((bits >>> row.index) & 1) === 1);
  const names = features.map((row) => row.name);
  // PSCI 0.1 has no vCPU feature; every profile was recorded with 0.2.
  if (!names.includes("PSCI_0_2") || names.includes("EL1_32BIT")) return undefined;
  const match = configurationFor(profile, names, made.capabilities);
  if (match.how !== "exact" && match.how !== "composed") return undefined;
  const pmu = names.includes("PMU_V3");
  const base = template(pmu);
  const { origin } = base.psci;
  const contract: Contract = {
    ...base,
    vcpuFeatures: names.map((value) => ({ value, origin })),
    capabilities: made.capabilities.flatMap((number) => {
      const value = capability(number)?.name;
      return value === undefined ? [] : [{ value, origin, required: true }];
    }),
    filter: made.filter.map((range) => ({ ...range, origin })),
    vcpus: { value: made.vcpus, origin },
    stolenTime: made.stolenTime === undefined ? undefined : { value: made.stolenTime, origin },
    pmu: base.pmu && {
      ...base.pmu,
      counters: made.counters === undefined ? undefined : { value: made.counters, origin },
      events: made.events.map((range) => ({ ...range, origin })),
    },
  };
  const file: RegisterFile = freshRegisters(profile, match.configuration, made.gic);
  for (const [id, { mask, value }] of made.written) {
    const held = file.get(id);
    if (mask === everyBit) file.set(id, value);
    else file.set(id, typeof held === "bigint" ? (held & ~mask) | value : null);
  }
  const count = field("PMCR_EL0", "N");
  const control = idRegister("PMCR_EL0")?.id ?? 0n;
  const held = file.get(control);
  if (made.counters !== undefined && count !== undefined && typeof held === "bigint") {
    const mask = ((1n << BigInt(count.width)) - 1n) << BigInt(count.lsb);
    file.set(control, (held & ~mask) | (BigInt(made.counters) << BigInt(count.lsb)));
  }
  changeFields(profile, file, made.gic, "run");
  return guestWith(
    { ...guestBase(contract, profile), configuration: match.configuration, gic: made.gic },
    file,
  );
}

/** What came of a question in the words of predictions. */
function seenFate(guest: Guest, end: End, events: readonly Event[]): string {
  const silent = end.kind === "unanswered" || end.kind === "any";
  if (silent || events.some((event) => event.kind === "fails")) return "unanswered";
  if (end.kind === "done") return "executes";
  return end.esr === UNDEFINED && end.level <= guest.level ? "undefined" : "trapped";
}

const wordOf = (x: readonly bigint[], at: number): bigint => x[at] ?? 0n;

/** X0 to X3 afterwards; undefined: it differs from run to run. */
function registersAfter(x: readonly bigint[], end: End): readonly (bigint | "any")[] {
  const changed = end.kind === "unanswered" || end.kind === "any" ? [] : end.changed;
  return [0, 1, 2, 3].map((at) => changed.find((one) => one.x === at)?.value ?? wordOf(x, at));
}

function outcomeOfRegister(guest: Guest, name: string): ReturnType<typeof registerOutcome> | undefined {
  const register = idRegister(name);
  return register && registerOutcome(guest, register);
}

export interface Tally {
  agreed: number;
  open: number;
  /** Questions about which the rules say nothing here, by reason. */
  readonly left: Map<string, number>;
  readonly differences: string[];
}

const byWord = new Map<string, Question>();
for (const question of questions())
  if (question.kind !== "call")
    byWord.set(`${question.kind === "register" ? 1 : question.level} ${question.word}`, question);

const hex = (value: bigint | "any"): string => (value === "any" ? value : `0x${value.toString(16)}`);

/** What is predicted and what was seen of a question, each in words; undefined: nothing is predicted of it. */
function compare(
  guest: Guest,
  made: Made,
  step: Extract<Step, { kind: "ask" }>,
  answer: { readonly events: readonly Event[]; readonly end: End },
): { readonly subject: string; readonly expected: string | undefined; readonly seen: string } | undefined {
  const { events, end } = answer;
  const word = Number(step.instruction);
  // A guest with an EL2 of its own is asked at its EL1 as well, where its own EL2 traps things.
  if (step.level !== 0 && step.level !== guest.level) return undefined;
  const level = step.level === 0 ? 0 : 1;
  if (word === HVC || word === SMC) {
    if (level !== 1) return undefined;
    const conduit = word === HVC ? "hvc" : "smc";
    const functionId = Number(BigInt.asUintN(32, wordOf(step.x, 0)));
    const outcome = callOutcome(guest, functionId, step.x.slice(1), conduit);
    const subject = `${conduit} ${step.x.map(hex).join(" ")}`;
    if (!outcome.known) return { subject, expected: undefined, seen: "" };
    const x = registersAfter(step.x, end);
    if (seenFate(guest, end, events) === "unanswered")
      return { subject, expected: undefined, seen: "unanswered" };
    const exits = events.find((event) => event.kind === "hypercall" || event.kind === "system-event");
    const waits = events.some((event) => event.kind === "waits");
    const { value } = outcome;
    const seen =
      exits !== undefined
        ? exits.kind
        : waits
          ? "waits"
          : end.kind === "exception"
            ? end.level === 2
              ? "taken"
              : "exception"
            : x
                .map((one, at) => (value.kind === "answers" && value.x[at] === "any" ? "any" : hex(one)))
                .join(" ");
    const expected =
      value.kind === "answers"
        ? value.x.map((one, at) => (x[at] === "any" ? "any" : hex(one))).join(" ")
        : value.kind === "exits"
          ? value.exit
          : value.kind;
    return { subject, expected, seen };
  }
  const question = byWord.get(`${level} ${word}`);
  if (question === undefined) return undefined;
  if (question.kind === "call") return undefined;
  const fate = seenFate(guest, end, events);
  if (question.kind === "register") {
    const outcome = outcomeOfRegister(guest, question.name);
    if (outcome?.known !== true) return { subject: question.name, expected: undefined, seen: "" };
    const [x0 = "any"] = registersAfter(step.x, end);
    const { value } = outcome;
    const seen = fate === "executes" ? (value === "any" || x0 === "any" ? "any" : hex(x0)) : fate;
    const expected = typeof value === "bigint" ? (x0 === "any" ? "any" : hex(value)) : value;
    return { subject: question.name, expected, seen };
  }
  const row = instruction(question.name.replace(/@EL0$/, ""));
  if (row?.after.includes("enable-fp") === true && !made.fpOpen) return undefined;
  const outcome = fateOf(guest, question.name);
  return { subject: question.name, expected: outcome.known ? outcome.value : undefined, seen: fate };
}

/** Whether a question changes what later ones meet: a write of a system register, or a vCPU switched on. */
function changesGuest(step: Extract<Step, { kind: "ask" }>, end: End, known: boolean): boolean {
  const word = Number(step.instruction);
  if (word !== HVC && word !== SMC) return !known && word >>> 20 === MSR;
  const functionId = Number(BigInt.asUintN(32, wordOf(step.x, 0)));
  return smcccFunction(functionId)?.name === "PSCI_CPU_ON" && registersAfter(step.x, end)[0] === 0n;
}

function replayCase(recorded: RecordedCase, profile: HostProfile, tally: Tally): void {
  const made: Made = {
    features: undefined,
    capabilities: [],
    filter: [],
    written: new Map(),
    events: [],
    counters: undefined,
    vcpus: 0,
    gic: "none",
    stolenTime: undefined,
    fpOpen: false,
  };
  const leave = (why: string, count: number): void => {
    tally.left.set(why, (tally.left.get(why) ?? 0) + count);
  };
  const asksFrom = (at: number): number =>
    recorded.steps.slice(at).filter(({ step }) => step.kind === "ask").length;
  const enableFp = instruction("enable-fp")?.word;
  const cpacr = systemRegister("CPACR_EL1");
  const cpacrId = cpacr && sysregId(cpacr.op0, cpacr.op1, cpacr.crn, cpacr.crm, cpacr.op2);
  let guest: Guest | undefined;
  for (const [at, answered] of recorded.steps.entries()) {
    const { step, answer } = answered;
    if (step.kind !== "ask") {
      guest = undefined;
      if (!apply(made, answered)) {
        leave(`${step.kind} is not replayed`, asksFrom(at));
        return;
      }
      if (step.kind === "set" && step.id === cpacrId) made.fpOpen = (step.value & FP_OPEN) === FP_OPEN;
      continue;
    }
    if (answer.kind !== "guest") {
      leave("not asked", 1);
      continue;
    }
    guest ??= guestOf(made, profile);
    if (guest === undefined) {
      leave("no profile of such a guest", asksFrom(at));
      return;
    }
    if (Number(step.instruction) === enableFp && answer.end.kind === "done")
      made.fpOpen = (wordOf(step.x, 0) & FP_OPEN) === FP_OPEN;
    const compared = compare(guest, made, step, answer);
    if (compared === undefined) leave("not among the questions", 1);
    else if (compared.seen === "unanswered") leave("unanswered", 1);
    else if (compared.expected === undefined) tally.open++;
    else if (compared.expected === compared.seen) tally.agreed++;
    else
      tally.differences.push(
        `${recorded.title}: ${compared.subject}: predicted ${compared.expected}, seen ${compared.seen}`,
      );
    if (changesGuest(step, answer.end, byWord.has(`1 ${Number(step.instruction)}`))) {
      leave("after a guest changed itself", asksFrom(at + 1));
      return;
    }
  }
}

/** Replays a recording against a profile of the machine that it was made on. */
export function replay(recording: Recording, profile: HostProfile): Tally {
  const tally: Tally = { agreed: 0, open: 0, left: new Map(), differences: [] };
  for (const recorded of recording.cases) replayCase(recorded, profile, tally);
  return tally;
}
