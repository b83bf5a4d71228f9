/** `migrate`: real migrations, held against what `guestc migrate` says of them. */
import { mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { listOf, optionValue } from "../arguments.ts";
import type { LabCommand } from "../command.ts";
import { LabError } from "../errors.ts";
import { type Machine, machineName, machineStem } from "../machine.ts";
import { filterFrom, filterOptions, machines, parallelFrom, supplyOf } from "../matrix.ts";
import type { Parts } from "../parts.ts";
import { forEachMachine } from "../pool.ts";
import type { Example } from "../prove/examples.ts";
import { profileOf } from "../prove/hosts.ts";
import { writeWhole } from "../write-whole.ts";
import { readGuests } from "./guests.ts";
import { type Move, moverProgram, type Place, restoreOn, type Stay, saveOn, type Traveller } from "./move.ts";
import { type MovesRecording, packMovesRecording, readsOf } from "./recording.ts";
import { isGood, printMoves } from "./table.ts";

const MILLISECONDS = 1000;

/** @throws LabError for a name that no guest has */
function chosenGuests(parts: Parts, wanted: readonly string[] | undefined): readonly Example[] {
  const all = readGuests(parts.project);
  const names = all.map(({ name }) => name);
  const unknown = wanted?.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new LabError(`there is no guest \`${unknown}\``, [`there are: ${names.join(", ")}`]);
  return all.filter(({ name }) => wanted === undefined || wanted.includes(name));
}

/** Whether a guest goes from one machine to another: between kernels of one CPU, or between all. */
const goes = (from: Machine, to: Machine, across: boolean): boolean =>
  from.nested === to.nested && (across || from.cpu === to.cpu);

export const command: LabCommand = {
  name: "migrate",
  usage: "[--kernel A,B] [--cpu C,D] [--guest E,F] [--across] [--hosts FOLDER] [--record FILE] [--json]",
  summary: "moves guests between machines on real KVM and holds what comes of it against `guestc migrate`",
  description: [
    "Every guest is made by its plan on every machine, runs and leaves state behind, and every register of KVM_GET_REG_LIST is saved. Each machine is booted once more: the guest is made by its plan again, given what every other machine of the same CPU saved, in the same order, and goes on. Which registers are refused and with which errno, what all of them hold then, and what the guest sees is held against the prediction from the hosts' profiles; the values besides against the simulated KVM, given the same state.",
    "In the table `6+2` says that six guests were taken and two refused, as predicted. The exit status is 1 where anything is not as predicted.",
  ],
  options: [
    ...filterOptions,
    {
      name: "guest",
      value: "E,F",
      title: "only these guests: examples, and those of lab/migrate/guests.guest",
    },
    { name: "across", title: "between CPUs too" },
    {
      name: "hosts",
      value: "FOLDER",
      title: "profiles, called CPU.linux-SERIES.json, CPU-nested.linux-SERIES.json (hosts)",
    },
    {
      name: "record",
      value: "FILE",
      title:
        "writes what was saved and what came of each move, as `npm test` holds it (test/migrate/recordings)",
    },
    { name: "json", title: "prints every move with its differences as JSON" },
  ],
  least: 0,
  async run(args, { parts, io }) {
    const guests = chosenGuests(parts, listOf(args, "guest"));
    const file = optionValue(args, "record");
    if (file !== undefined) await mkdir(dirname(resolve(file)), { recursive: true });
    const folder = resolve(optionValue(args, "hosts") ?? join(parts.project, "hosts"));
    const places = machines(filterFrom(args), supplyOf(parts)).flatMap((machine): readonly Place[] => {
      const profile = profileOf(folder, machine);
      if (profile === undefined) io.err(`left out: ${machineName(machine)}: no profile of such a host\n`);
      return profile === undefined ? [] : [{ machine, profile }];
    });
    if (places.length === 0) throw new LabError(`${folder} has no profile of any of these machines`);
    const travellers: Traveller[] = [];
    for (const guest of guests) travellers.push({ guest, program: await moverProgram(parts, guest) });
    const across = args.flags.has("across");
    const parallel = parallelFrom(args);
    const timed = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
      const began = Date.now();
      const result = await work();
      io.err(`${what}, ${Math.round((Date.now() - began) / MILLISECONDS)} s\n`);
      return result;
    };
    const stays = await forEachMachine(
      places,
      (place): Promise<readonly Stay[]> =>
        timed(`${machineName(place.machine)}: saved`, () => saveOn(parts, place, travellers)),
      { parallel },
    );
    const all = stays.flat();
    const moves = await forEachMachine(
      places,
      (place): Promise<readonly Move[]> =>
        timed(`${machineName(place.machine)}: restored`, () =>
          restoreOn(
            parts,
            place,
            travellers,
            all.filter(({ from }) => goes(from.machine, place.machine, across)),
          ),
        ),
      { parallel },
    );
    const told = moves.flat();
    if (file !== undefined) await writeWhole(resolve(file), packMovesRecording(recordingOf(all, told)));
    io.out(args.flags.has("json") ? movesJson(told) : printMoves(told));
    return told.every(isGood) ? 0 : 1;
  },
};

/** Of the guests that were saved and moved. A move to a machine that did not save the guest leaves nothing to record. */
function recordingOf(stays: readonly Stay[], moves: readonly Move[]): MovesRecording {
  const [first] = stays;
  const saved = (name: string) =>
    stays.flatMap(({ guest, from, left }) =>
      guest.name !== name || "failed" in left || left.state === undefined
        ? []
        : [{ host: machineStem(from.machine), state: left.state, reads: readsOf(left.report) }],
    );
  const moved = (name: string) =>
    moves.flatMap(({ guest, from, to, arrived }) =>
      guest !== name || arrived === undefined
        ? []
        : [
            {
              from: machineStem(from),
              to: machineStem(to),
              refused: arrived.refused,
              held: arrived.state.vcpus.map(({ registers }) => registers),
              reads: readsOf(arrived.report),
            },
          ],
    );
  const guests = [...new Set(stays.map(({ guest }) => guest.name))].map((name) => ({
    name,
    saved: saved(name),
    moves: moved(name),
  }));
  return {
    qemu: first?.ran.qemu ?? "",
    hosts: new Map(stays.map(({ from, ran }) => [machineStem(from.machine), ran.release])),
    guests: guests.filter((guest) => guest.moves.length > 0),
  };
}

const movesJson = (moves: readonly Move[]): string =>
  `${JSON.stringify(
    moves.map(({ guest, from, to, outcome }) => ({ guest, from, to, outcome })),
    (_, value) => (typeof value === "bigint" ? `0x${value.toString(16)}` : value),
    2,
  )}\n`;
