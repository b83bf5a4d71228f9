/**
 * The agent of `examples/vmm/agent.S` and its host's side, around the simulated vCPU: what it sets before its first
 * question, the registers with which it asks each, and what it reads afterwards. Its own instructions are not
 * executed one by one; what they leave behind is written down. The question is executed, and the SVC behind it.
 */
import type { Changed, Event } from "../../recordings/answers.ts";
import type { StepOf } from "../../recordings/index.ts";
import { coreOf } from "../kvm/guest.ts";
import { getRegister, setMpState, setRegister } from "../kvm/index.ts";
import { RUNNABLE, type Vcpu } from "../kvm/machine.ts";
import { runVcpu } from "../kvm/run.ts";
import { changeLevel, readPc, readX, writePc, writeX } from "../vcpu/state.ts";
import { exceptionReturn } from "../vcpu/system/exceptions.ts";
import { readSystem, writeSystem } from "../vcpu/system/index.ts";
import { type Core, encodingKey, type Stop } from "../vcpu/world.ts";
import {
  AGENT_MEMORY,
  ANSWERS,
  AT_HVC_TO_EL2,
  AT_READ_ANSWER,
  CONSOLE,
  CONTROL,
  CPACR_OPEN,
  CPTR_OPEN,
  FINISH,
  HCR_E2H,
  HCR_RW,
  HVC_TO_EL2,
  MOST_QUESTIONS,
  QUESTION_BYTES,
  QUESTION_PSTATE,
  QUESTIONS,
  READ_ANSWER,
  SLOT_BYTES,
  SLOTS,
  SVC,
  VECTOR_BYTES,
  VECTORS,
  VECTORS_BYTES,
} from "./layout.ts";
import type { Outcome } from "./outcome.ts";

/** The agent on one vCPU. */
export interface AgentOn {
  readonly core: Core;
  /** Level at which the guest began. */
  readonly level: 1 | 2;
  /** It has executed what stands before the first question. */
  begun: boolean;
  /** It answers nothing more. */
  dead: boolean;
}

type Question = StepOf<"ask">;
type Asked = Extract<Outcome, { readonly kind: "guest" | "defect" }>;

const PC = 0x6030_0000_0010_0040n;
const PSTATE = 0x6030_0000_0010_0042n;
const PSTATE_AARCH32 = 0x10n;

const key = (op0: number, op1: number, crn: number, crm: number, op2: number): number =>
  encodingKey({ op0, op1, crn, crm, op2 });
const VBAR = { 1: key(3, 0, 12, 0, 0), 2: key(3, 4, 12, 0, 0) } as const;
const VBAR_EL12 = key(3, 5, 12, 0, 0);
const CPACR_EL1 = key(3, 0, 1, 0, 2);
const CPACR_EL12 = key(3, 5, 1, 0, 2);
const CPTR_EL2 = key(3, 4, 1, 1, 2);
const HCR_EL2 = key(3, 4, 1, 1, 0);
const ELR = { 1: key(3, 0, 4, 0, 1), 2: key(3, 4, 4, 0, 1) } as const;
const SPSR = { 1: key(3, 0, 4, 0, 0), 2: key(3, 4, 4, 0, 0) } as const;
const ESR = { 1: key(3, 0, 5, 2, 0), 2: key(3, 4, 5, 2, 0) } as const;

const EC_SVC64 = 0x15n;
const EC_HVC64 = 0x16n;
const EC_SHIFT = 26n;
const OFFSET_DONE = 8n;

/** Exits and waits during one question, after which there is no hope of an end. */
const MOST_EXITS = 64;
const EXITS_KEPT = 4;
/** Instructions that a question may take until an exception ends it. */
const MOST_INSTRUCTIONS = 4096;

const EXIT_DEBUG = 4;
const EXIT_NISV = 28;
/** KVM_EXIT_UNKNOWN, SHUTDOWN, FAIL_ENTRY, INTERNAL_ERROR: the kernel gives the vCPU up. */
const lastExits: readonly number[] = [0, 8, 9, 17];

/**
 * Loads the agent and sets the program counter to it.
 *
 * @param memory bytes of slot 0
 * @returns the errno where that cannot be done, of KVM_RUN if it gives one
 */
export function openAgent(vcpu: Vcpu, memory: Uint8Array): AgentOn | string {
  memory.fill(0);
  for (const [at, word] of READ_ANSWER.entries()) putWord(memory, AT_READ_ANSWER + 4 * at, word);
  putWord(memory, AT_HVC_TO_EL2, HVC_TO_EL2);
  vcpu.vm.memory.generation++;
  const pstate = getRegister(vcpu, PSTATE);
  const aarch32 = pstate.ok && (pstate.value & PSTATE_AARCH32) !== 0n;
  const set = pstate.ok && !aarch32 ? setRegister(vcpu, PC, BigInt(AGENT_MEMORY)) : pstate;
  if (!pstate.ok || aarch32 || !set.ok) {
    const stop = runVcpu(vcpu, 1);
    if (stop.kind === "fails") return stop.errno;
    return set.ok ? "ENOEXEC" : set.errno;
  }
  const level = ((pstate.value >> 2n) & 3n) === 2n ? 2 : 1;
  return { core: coreOf(vcpu), level, begun: false, dead: false };
}

function putWord(memory: Uint8Array, address: number, word: number): void {
  const at = address - AGENT_MEMORY;
  for (let byte = 0; byte < 4; byte++) memory[at + byte] = (word >>> (8 * byte)) & 0xff;
}

/** Until the first question: vectors, and FP, SVE and SME opened. */
function begin(agent: AgentOn): void {
  const { core, level } = agent;
  const { state } = core;
  const put = (register: number, value: bigint): void => {
    writeSystem(core, register, value);
  };
  const isHost = (): boolean => {
    const hcr = readSystem(core, HCR_EL2);
    return hcr.kind === "done" && (hcr.value & HCR_E2H) !== 0n;
  };
  const vectors = { 1: BigInt(VECTORS[1]), 2: BigInt(VECTORS[2]) };
  if (level === 1) {
    put(VBAR[1], vectors[1]);
    put(CPACR_EL1, CPACR_OPEN);
  } else {
    put(VBAR[2], vectors[2]);
    put(HCR_EL2, (isHost() ? HCR_E2H : 0n) | HCR_RW);
    if (isHost()) {
      put(VBAR_EL12, vectors[1]);
      put(CPACR_EL12, CPACR_OPEN);
      put(CPTR_EL2, CPACR_OPEN);
    } else {
      put(VBAR[1], vectors[1]);
      put(CPACR_EL1, CPACR_OPEN);
      put(CPTR_EL2, CPTR_OPEN);
    }
  }
  writeX(state, 19, BigInt(CONTROL));
  writeX(state, 23, BigInt(level));
  agent.begun = true;
}

/** Enters question `index` of the round, as the agent's ERET does. */
function enter({ core, level }: AgentOn, question: Question, index: number): void {
  const { state } = core;
  const slot = BigInt(SLOTS + index * SLOT_BYTES);
  for (let n = 0; n < 18; n++) writeX(state, n, question.x[n] ?? 0n);
  writeX(state, 20, BigInt(QUESTIONS + index * QUESTION_BYTES));
  writeX(state, 21, BigInt(ANSWERS + index * QUESTION_BYTES));
  writeX(state, 22, slot);
  state.system.set(ELR[level], slot);
  state.system.set(SPSR[level], QUESTION_PSTATE[question.level] ?? QUESTION_PSTATE[2]);
  exceptionReturn(core);
}

/** Entry of a vector table at which the vCPU is. */
function vectorAt(pc: bigint): { readonly level: 1 | 2; readonly entry: number } | undefined {
  for (const level of [1, 2] as const) {
    const offset = Number(pc) - VECTORS[level];
    if (offset >= 0 && offset < VECTORS_BYTES && offset % VECTOR_BYTES === 0)
      return { level, entry: offset / VECTOR_BYTES };
  }
  return undefined;
}

/** What came of one question, while it is being executed. */
interface Course {
  waits: number;
  readonly exits: Event[];
  count: number;
}

/** How a round ends before its last question. */
type Ending =
  | { readonly kind: "errno"; readonly errno: string }
  | { readonly kind: "finished" }
  | { readonly kind: "defect"; readonly message: string };

const fails = (errno: string): Ending => ({ kind: "errno", errno });

/** Does for the guest what the exit asks for. */
function serve(vcpu: Vcpu, course: Course, stop: Stop, index: number): Ending | undefined {
  const exits = (event: Event): void => {
    course.exits.push(event);
    course.count++;
  };
  const wake = (): Ending | undefined => {
    const answer = setMpState(vcpu, RUNNABLE);
    return answer.ok ? undefined : fails(answer.errno);
  };
  switch (stop.kind) {
    case "budget":
      return undefined;
    case "fails":
      return fails(stop.errno);
    case "waits":
      course.waits++;
      course.count++;
      return wake();
    case "hypercall":
      exits({ kind: "hypercall", nr: stop.nr, flags: stop.flags });
      return undefined;
    case "system-event":
      exits({ kind: "system-event", type: stop.type, data: [] });
      return wake();
    case "mmio-read":
      exits({ kind: "mmio-read", address: stop.address, length: stop.length });
      stop.answer(0n);
      return undefined;
    case "mmio-write":
      if (stop.address === CONSOLE) return undefined;
      if (stop.address === FINISH) return { kind: "finished" };
      exits({ kind: "mmio-write", address: stop.address, length: stop.length, value: stop.value });
      return undefined;
    case "debug":
      exits({ kind: "exit", reason: EXIT_DEBUG });
      return undefined;
    case "exit":
      exits({ kind: "exit", reason: stop.reason });
      if (lastExits.includes(stop.reason)) return fails("EIO");
      if (stop.reason === EXIT_NISV) writePc(vcpu.state, BigInt(SLOTS + index * SLOT_BYTES + 4));
      return undefined;
    case "halt":
      return { kind: "defect", message: `HLT #${stop.immediate} left the guest` };
    case "lacks":
      return { kind: "defect", message: `the engine lacks ${stop.what} (0x${stop.word.toString(16)})` };
  }
}

/** Runs until the guest is at its vectors; undefined: it is. */
function finish(vcpu: Vcpu, agent: AgentOn, course: Course, index: number): Ending | undefined {
  const { state } = agent.core;
  for (let steps = 0; steps < MOST_INSTRUCTIONS; steps++) {
    if (vectorAt(readPc(state)) !== undefined) return undefined;
    const ending = serve(vcpu, course, runVcpu(vcpu, 1), index);
    if (ending !== undefined) return ending;
    if (course.count > MOST_EXITS) return fails("ELOOP");
  }
  return fails("ETIMEDOUT");
}

function changedBy(core: Core, question: Question): Changed {
  return [0, 1, 2, 3].flatMap((x) => {
    const value = readX(core.state, x);
    return value === (question.x[x] ?? 0n) ? [] : [{ x, value }];
  });
}

/**
 * At EL1 of a guest with an EL2 of its own the agent's reading of the syndrome may itself be trapped: the answer is then
 * that exception.
 */
function readAnswer(vcpu: Vcpu, { core, level }: AgentOn): void {
  const pc = readPc(core.state);
  if (level === 1 || vectorAt(pc)?.level !== 1) return;
  writePc(core.state, BigInt(AT_READ_ANSWER));
  for (let steps = 0; steps < READ_ANSWER.length; steps++) {
    runVcpu(vcpu, 1);
    if (vectorAt(readPc(core.state)) !== undefined) return;
  }
  writePc(core.state, pc);
}

/** What the agent keeps, once it is at its vectors. */
function answerOf(
  agent: AgentOn,
  question: Question,
  index: number,
): Extract<Asked, { kind: "guest" }>["end"] {
  const { core } = agent;
  const at = vectorAt(readPc(core.state));
  if (at === undefined) return { kind: "unanswered" };
  const esr = core.state.system.get(ESR[at.level]) ?? 0n;
  const offset = (core.state.system.get(ELR[at.level]) ?? 0n) - BigInt(SLOTS + index * SLOT_BYTES);
  const changed = changedBy(core, question);
  writeX(core.state, 24, BigInt(at.entry | (at.level << 4)));
  writeX(core.state, 25, esr);
  writeX(core.state, 26, offset);
  if (offset === OFFSET_DONE && esr >> EC_SHIFT === EC_SVC64) return { kind: "done", changed };
  return { kind: "exception", level: at.level, vector: at.entry, esr, changed };
}

/** After an answer at EL1 of a guest with an EL2 of its own the agent goes back there. */
function goBack(vcpu: Vcpu, agent: AgentOn): Ending | undefined {
  const at = vectorAt(readPc(agent.core.state));
  if (agent.level === 1 || at?.level === 2) return undefined;
  writePc(agent.core.state, BigInt(AT_HVC_TO_EL2));
  const stop = runVcpu(vcpu, 1);
  const now = vectorAt(readPc(agent.core.state));
  const esr = agent.core.state.system.get(ESR[2]) ?? 0n;
  if (now?.level === 2 && esr >> EC_SHIFT === EC_HVC64) return undefined;
  if (stop.kind === "fails") return fails(stop.errno);
  return { kind: "defect", message: "HVC does not bring the agent back to EL2" };
}

/** Puts the questions of a round into memory. */
function put(vcpu: Vcpu, memory: Uint8Array, round: readonly Question[]): void {
  for (const [index, { instruction }] of round.entries()) {
    putWord(memory, SLOTS + index * SLOT_BYTES, instruction);
    putWord(memory, SLOTS + index * SLOT_BYTES + 4, SVC);
  }
  vcpu.vm.memory.generation++;
}

const unanswered = (events: readonly Event[]): Asked => ({
  kind: "guest",
  events,
  end: { kind: "unanswered" },
});

const eventsOf = (course: Course): Event[] => [
  ...(course.waits > 0 ? [{ kind: "waits" } as const] : []),
  ...course.exits.slice(0, EXITS_KEPT),
];

/** Before the first question, where the agent is not yet at work: KVM_RUN may refuse. */
function start(vcpu: Vcpu, agent: AgentOn, course: Course): Ending | undefined {
  if (agent.begun) return undefined;
  while (vcpu.mpState !== RUNNABLE || !vcpu.ran) {
    const stop = runVcpu(vcpu, 0);
    if (stop.kind === "budget") break;
    const ending = serve(vcpu, course, stop, 0);
    if (ending !== undefined) return ending;
    if (course.count > MOST_EXITS) return fails("ELOOP");
  }
  begin(agent);
  return undefined;
}

/** What came of a run: `ok` or the errno, and of each question. */
export interface Run {
  readonly result: Outcome;
  readonly answers: readonly Asked[];
}

const NOP: Question = { kind: "ask", level: 1, instruction: 0xd503_201f, x: [] };

/**
 * Asks the questions of one `run` step.
 *
 * @param memory bytes of slot 0
 */
export function ask(vcpu: Vcpu, agent: AgentOn, memory: Uint8Array, questions: readonly Question[]): Run {
  const asked = questions.length === 0 ? [NOP] : questions;
  const answers: Asked[] = [];
  const ended = (ending: Ending, course: Course): Run => {
    const errno = ending.kind === "errno" ? ending.errno : "EIO";
    agent.dead = ["EIO", "ELOOP", "ETIMEDOUT"].includes(errno);
    answers.push(
      ending.kind === "defect"
        ? { kind: "defect", message: ending.message }
        : unanswered([...eventsOf(course), { kind: "fails", errno }]),
    );
    while (answers.length < questions.length) answers.push(unanswered([]));
    const result: Outcome =
      ending.kind === "defect" ? { kind: "defect", message: ending.message } : { kind: "errno", name: errno };
    return { result, answers: answers.slice(0, questions.length) };
  };
  for (const [at, question] of asked.entries()) {
    const index = at % MOST_QUESTIONS;
    const course: Course = { waits: 0, exits: [], count: 0 };
    if (index === 0) put(vcpu, memory, asked.slice(at, at + MOST_QUESTIONS));
    const beginning = start(vcpu, agent, course);
    if (beginning !== undefined) return ended(beginning, course);
    enter(agent, question, index);
    const ending = finish(vcpu, agent, course, index);
    if (ending?.kind === "finished") {
      answers.push(unanswered(eventsOf(course)));
      continue;
    }
    if (ending?.kind === "defect") {
      // The simulator's fault, not the guest's: the others can be asked all the same.
      answers.push(ending);
      changeLevel(agent.core.state, agent.level, 1);
      continue;
    }
    if (ending !== undefined) return ended(ending, course);
    readAnswer(vcpu, agent);
    answers.push({ kind: "guest", events: eventsOf(course), end: answerOf(agent, question, index) });
    const back = goBack(vcpu, agent);
    if (back !== undefined) return ended(back, { waits: 0, exits: [], count: 0 });
  }
  return { result: { kind: "ok" }, answers: answers.slice(0, questions.length) };
}
