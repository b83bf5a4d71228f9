/** Recorded migrations put to the simulated KVM, without real KVM. */
import type { HostProfile } from "../../src/hosts/profile.ts";
import { depart, type NamedHost } from "../../src/migrate/machine.ts";
import type { Departure } from "../../src/migrate/pair.ts";
import { LabError } from "../errors.ts";
import type { Difference } from "../prove/difference.ts";
import type { Example } from "../prove/examples.ts";
import { describeSeen } from "../prove/words.ts";
import { compareHeld, compareRefused, runsOn } from "./compare.ts";
import { refusedFrom, restoreThere } from "./foresee.ts";
import { leftRegister } from "./questions.ts";
import type { MovesRecording, RecordedGuest, RecordedMove } from "./recording.ts";

/** What a replay held against the recording. */
export interface Replayed {
  readonly guest: string;
  readonly from: string;
  readonly to: string;
  /** Registers whose values were compared. */
  readonly held: number;
  /** Registers that the guest read. */
  readonly reads: number;
  readonly differences: readonly Difference[];
}

function readDifferences(
  move: RecordedMove,
  left: ReadonlyMap<string, Parameters<typeof describeSeen>[0] | undefined>,
): readonly Difference[] {
  return [...move.reads].flatMap(([name, seen]) => {
    const predicted = left.get(name);
    if (predicted === undefined || runsOn(leftRegister(name) ?? "") || describeSeen(predicted) === seen)
      return [];
    const because = "the simulated KVM, given the same state";
    return [{ subject: name, predicted: describeSeen(predicted), because, seen }];
  });
}

function replayMove(
  guest: Example,
  recorded: RecordedGuest,
  move: RecordedMove,
  departure: Departure,
  to: NamedHost,
): Replayed {
  const told = { guest: guest.name, from: move.from, to: move.to };
  const saved = recorded.saved.find(({ host }) => host === move.from);
  if (saved === undefined || !("snapshot" in departure))
    throw new LabError(`${guest.name} does not start on ${move.from}, and did`);
  const moving = { contract: guest.contract, plan: guest.plan };
  const restored = restoreThere(moving, departure, saved.state, to);
  if ("plan" in restored) throw new LabError(`${guest.name} does not start on ${move.to}, and did`);
  const state = {
    memory: [],
    vcpus: move.held.map((registers) => ({ registers, events: "", mpState: 0 })),
  };
  const held = compareHeld(restored, state);
  return {
    ...told,
    held: held.held,
    reads: restored.left.size,
    differences: [
      ...compareRefused(
        "the restore, from the profiles alone",
        refusedFrom(moving, departure, to) ?? [],
        move.refused,
      ),
      ...compareRefused("the restore", restored.refused, move.refused),
      ...held.differences,
      ...readDifferences(move, restored.left),
    ],
  };
}

/**
 * Replays the moves of a recording.
 *
 * @param guests those that it speaks of, by name
 * @param profiles of hosts, by name
 * @param wanted which moves; default: all
 * @throws LabError for a guest or host that is not there
 */
export function replayMoves(
  recording: MovesRecording,
  guests: ReadonlyMap<string, Example>,
  profiles: (name: string) => HostProfile,
  wanted: (move: RecordedMove) => boolean = () => true,
): readonly Replayed[] {
  return recording.guests.flatMap((recorded) => {
    const guest = guests.get(recorded.name);
    if (guest === undefined) throw new LabError(`there is no guest \`${recorded.name}\``);
    const departures = new Map<string, Departure>();
    return recorded.moves.filter(wanted).map((move) => {
      const host = (name: string): NamedHost => ({ name, profile: profiles(name) });
      const { contract, plan } = guest;
      const departure = departures.get(move.from) ?? depart({ contract, plan }, host(move.from));
      departures.set(move.from, departure);
      return replayMove(guest, recorded, move, departure, host(move.to));
    });
  });
}
