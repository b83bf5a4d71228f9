/** Real migrations: every guest saved on every machine, and restored on others. */
import type { HostProfile } from "../../src/hosts/profile.ts";
import { depart, type Moving, type NamedHost } from "../../src/migrate/machine.ts";
import type { Departure } from "../../src/migrate/pair.ts";
import type { Refusal } from "../../src/predict/index.ts";
import { clocks } from "../../src/sim/snapshot.ts";
import { sveLengthsRegister } from "../../src/tables/index.ts";
import { LabError } from "../errors.ts";
import { type Boot, boot, type Done, type Job, type Machine, machineName, machineStem } from "../machine.ts";
import type { Parts } from "../parts.ts";
import type { Difference } from "../prove/difference.ts";
import type { Example } from "../prove/examples.ts";
import { guestProgram } from "../prove/vmm.ts";
import { type Compared, compareMove, type Outcome } from "./compare.ts";
import { judge, restoreThere } from "./foresee.ts";
import { type Arrived, type Left, type Refused, readArrived, readLeft } from "./output.ts";
import { leaving, looking } from "./questions.ts";
import { printState, type State } from "./state.ts";

export interface Place {
  readonly machine: Machine;
  readonly profile: HostProfile;
}

/** A guest with the program that makes, saves and restores it. */
export interface Traveller {
  readonly guest: Example;
  readonly program: Uint8Array;
}

/** What came of a guest on the machine that it leaves. */
export interface Stay {
  readonly guest: Example;
  readonly from: Place;
  readonly departure: Departure;
  readonly left: Left | { readonly failed: string };
  /** `uname -r`, and QEMU's version. */
  readonly ran: { readonly release: string; readonly qemu: string };
}

export type MoveOutcome =
  /** KVM refuses the guest's plan, as predicted. */
  | { readonly kind: "plan"; readonly side: "source" | "destination"; readonly refusal: Refusal }
  | ({ readonly kind: "moved"; readonly outcome: Outcome; readonly refused: readonly Refused[] } & Compared)
  /** One of prediction and KVM says that the plan is refused. */
  | { readonly kind: "differs"; readonly differences: readonly Difference[] }
  | { readonly kind: "failed"; readonly message: string };

export interface Move {
  readonly guest: string;
  readonly from: Machine;
  readonly to: Machine;
  readonly outcome: MoveOutcome;
  /** What real KVM gave; undefined: nothing was moved. */
  readonly arrived?: Arrived;
}

const MOVER = "lab/migrate/mover.c";
const LEAVE = "leave";
const LOOK = "look";
/** One machine's time for a guest and all states that come to it. */
const SECONDS = 1200;
const text = (of: string): Uint8Array => new TextEncoder().encode(of);

export const moverProgram = (parts: Parts, guest: Example): Promise<Uint8Array> =>
  guestProgram(parts, guest, { name: "mover", instead: [MOVER] });

const movingOf = ({ contract, plan }: Example): Moving => ({ contract, plan });
const hostOf = ({ machine, profile }: Place): NamedHost => ({ name: machineStem(machine), profile });

function outputOf(done: Done | undefined): string {
  if (done?.status === 0) return done.output;
  const said = done?.errors.trim().split("\n").at(-1) ?? "";
  const ended = done?.late === true ? "was killed for want of time" : `ended with ${done?.status}`;
  throw new LabError(`the mover ${ended}: ${said}`);
}

function guarded<T>(take: () => T): T | { readonly failed: string } {
  try {
    return take();
  } catch (error) {
    if (error instanceof LabError) return { failed: error.message };
    throw error;
  }
}

/** A machine that does not run fails what was to be done there, and nothing else. */
async function bootOrFailure(
  parts: Parts,
  machine: Machine,
  jobs: readonly Job[],
): Promise<Boot | { readonly failed: string }> {
  try {
    return await boot(parts, machine, jobs);
  } catch (error) {
    if (error instanceof LabError) return { failed: error.message };
    throw error;
  }
}

/** Boots a machine once and saves every guest there. */
export async function saveOn(
  parts: Parts,
  from: Place,
  travellers: readonly Traveller[],
): Promise<readonly Stay[]> {
  const jobs = travellers.map(
    ({ guest, program }): Job => ({
      name: guest.name,
      program,
      arguments: ["save", LEAVE, LOOK],
      files: new Map([
        [LEAVE, text(leaving(guest.contract))],
        [LOOK, text(looking(guest.contract))],
      ]),
      seconds: SECONDS,
    }),
  );
  const booted = await bootOrFailure(parts, from.machine, jobs);
  return travellers.map(({ guest }, at) => ({
    guest,
    from,
    departure: depart(movingOf(guest), hostOf(from)),
    left: "failed" in booted ? booted : guarded(() => readLeft(outputOf(booted.done[at]))),
    ran: "failed" in booted ? { release: "", qemu: "" } : { release: booted.release, qemu: booted.qemu },
  }));
}

const SVE_LENGTHS = sveLengthsRegister().id;
/** As `restoreInto` chooses: vector lengths are the plan's, and the counters those of the first vCPU. */
const isSet = (id: bigint, vcpu: number): boolean =>
  id !== SVE_LENGTHS && (vcpu === 0 || !clocks.includes(id));

const countSet = ({ vcpus }: State): number =>
  vcpus.reduce((sum, { registers }, vcpu) => sum + registers.filter(([id]) => isSet(id, vcpu)).length, 0);

const planWords = (refusal: Refusal | undefined): string =>
  refusal === undefined ? "KVM takes it" : `refused with ${refusal.errno} at operation ${refusal.operation}`;

/** Whether a plan was refused as predicted. */
function planOutcome(
  side: "source" | "destination",
  predicted: Refusal | undefined,
  seen: Left["report"],
): MoveOutcome | undefined {
  if (predicted === undefined && seen.kind === "ran") return undefined;
  if (
    predicted !== undefined &&
    seen.kind === "refused" &&
    predicted.operation === seen.step.operation &&
    predicted.errno === seen.step.errno
  )
    return { kind: "plan", side, refusal: predicted };
  const real =
    seen.kind === "ran"
      ? "KVM took it"
      : `refused with ${seen.step.errno} at operation ${seen.step.operation}: ${seen.step.message}`;
  return {
    kind: "differs",
    differences: [
      {
        subject: `the plan on the ${side}`,
        predicted: planWords(predicted),
        because: predicted?.why ?? "no operation is predicted to fail",
        seen: real,
      },
    ],
  };
}

interface Ready {
  readonly stay: Stay;
  readonly left: Left;
  readonly state: State;
}

/** What can be said of a move before the destination is booted; or the state that is to go there. */
function beforehand(stay: Stay): Ready | MoveOutcome {
  const { left, departure } = stay;
  if ("failed" in left) return { kind: "failed", message: left.failed };
  const refused = "refused" in departure ? departure.refused : undefined;
  const plan = planOutcome("source", refused, left.report);
  if (plan !== undefined) return plan;
  if (left.state === undefined) return { kind: "failed", message: "the mover printed no state" };
  return { stay, left, state: left.state };
}

const isReady = (of: Ready | MoveOutcome): of is Ready => "stay" in of;

function moveOutcome(
  { stay, left, state }: Ready,
  to: Place,
  arrived: Arrived | Left["report"],
): MoveOutcome {
  const { guest, from, departure } = stay;
  const moving = movingOf(guest);
  if (!("snapshot" in departure)) throw new Error("a state without a departure");
  const restored = restoreThere(moving, departure, state, hostOf(to));
  const refusedPlan = "plan" in restored ? restored.plan : undefined;
  const real = "kind" in arrived ? arrived : arrived.report;
  const plan = planOutcome("destination", refusedPlan, real);
  if (plan !== undefined) return plan;
  if ("plan" in restored || "kind" in arrived) return { kind: "failed", message: "the mover moved nothing" };
  const judged = judge(moving, departure, hostOf(from), hostOf(to));
  const compared = compareMove(
    { contract: guest.contract, judged, restored, given: countSet(state) },
    left,
    arrived,
  );
  return { kind: "moved", refused: arrived.refused, ...compared };
}

/** Boots a machine once and restores there what was saved elsewhere. */
export async function restoreOn(
  parts: Parts,
  to: Place,
  travellers: readonly Traveller[],
  stays: readonly Stay[],
): Promise<readonly Move[]> {
  const move = (stay: Stay, outcome: MoveOutcome, arrived?: Arrived): Move => ({
    guest: stay.guest.name,
    from: stay.from.machine,
    to: to.machine,
    outcome,
    ...(arrived === undefined ? {} : { arrived }),
  });
  const all = stays.map((stay) => ({ stay, before: beforehand(stay) }));
  const coming = travellers.flatMap((traveller) => {
    const ready = all.flatMap(({ stay, before }) =>
      stay.guest === traveller.guest && isReady(before) ? [before] : [],
    );
    return ready.length === 0 ? [] : [{ traveller, ready }];
  });
  const jobs = coming.map(({ traveller: { guest, program }, ready }): Job => {
    const states = ready.map(
      ({ stay, state }) => [machineStem(stay.from.machine), text(printState(state, isSet))] as const,
    );
    return {
      name: guest.name,
      program,
      arguments: ["restore", LOOK, ...states.map(([name]) => name)],
      files: new Map([[LOOK, text(looking(guest.contract))], ...states]),
      seconds: SECONDS,
    };
  });
  const told = all.flatMap(({ stay, before }) => (isReady(before) ? [] : [move(stay, before)]));
  if (jobs.length === 0) return told;
  const booted = await bootOrFailure(parts, to.machine, jobs);
  const moved = coming.flatMap(({ ready }, at) => {
    const read = "failed" in booted ? booted : guarded(() => readArrived(outputOf(booted.done[at])));
    return ready.map((one) => {
      if ("failed" in read) return move(one.stay, { kind: "failed", message: read.failed });
      const arrived =
        "kind" in read ? read : read.find(({ name }) => name === machineStem(one.stay.from.machine));
      if (arrived === undefined)
        return move(one.stay, { kind: "failed", message: `${machineName(to.machine)} says nothing of it` });
      return move(one.stay, moveOutcome(one, to, arrived), "kind" in arrived ? undefined : arrived);
    });
  });
  return [...told, ...moved];
}
