/**
 * Migrations between real KVMs, as `npm run lab -- migrate --record` recorded them, put to the simulated KVM: what is
 * refused, from the profiles alone and of the state that was saved; what every register then holds; what the guest reads.
 */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readGuests } from "../../lab/migrate/guests.ts";
import { packMovesRecording, unpackMovesRecording } from "../../lab/migrate/recording.ts";
import { replayMoves } from "../../lab/migrate/replay.ts";
import { shipped } from "../hosts/shipped.ts";

const folder = "test/migrate/recordings";
const files = readdirSync(folder).sort();
const guests = new Map(readGuests(".").map((guest) => [guest.name, guest]));

const read = (file: string) => unpackMovesRecording(readFileSync(`${folder}/${file}`));
const seriesOf = (host: string): string => /linux-([\d.]+)$/.exec(host)?.[1] ?? "";
/** Kernels between which everything that changed has changed; the others stand in the files as well. */
const replayed: ReadonlySet<string> = new Set(["6.1", "6.12", "6.18", "7.3"]);

it("there are recordings of three CPUs, of six kernels each", () => {
  const hosts = new Set(files.flatMap((file) => [...read(file).hosts.keys()]));
  const kernels = (cpu: string): number => [...hosts].filter((host) => host.startsWith(`${cpu}.`)).length;
  expect(Math.min(...["neoverse-n1", "neoverse-v1", "max"].map(kernels))).toBeGreaterThanOrEqual(6);
});

describe.each(files)("%s", (file) => {
  const recording = read(file);

  it.each(recording.guests.map(({ name }) => name))("%s is refused, held and read as recorded", (name) => {
    const one = { ...recording, guests: recording.guests.filter((guest) => guest.name === name) };
    const moves = replayMoves(one, guests, shipped, ({ from, to }) =>
      [from, to].every((host) => replayed.has(seriesOf(host))),
    );
    expect(moves.filter(({ differences }) => differences.length > 0)).toEqual([]);
    for (const { held, reads } of moves) {
      expect(held).toBeGreaterThan(200);
      expect(reads).toBeGreaterThan(20);
    }
  });

  it("has both what KVM takes and what it refuses, and reads as it is written", () => {
    const moves = recording.guests.flatMap((guest) => guest.moves);
    expect(moves.some(({ refused }) => refused.length > 0)).toBe(true);
    expect(moves.some(({ refused }) => refused.length === 0)).toBe(true);
    expect(unpackMovesRecording(packMovesRecording(recording))).toEqual(recording);
  });

  it("is not as recorded where a register is said to hold something else", () => {
    const [guest] = recording.guests;
    const [move] = guest?.moves ?? [];
    if (guest === undefined || move === undefined) throw new Error("nothing is recorded");
    const wrong = { ...move, refused: [...move.refused, { vcpu: 0, what: 1n, errno: "EIO" }] };
    const changed = { ...recording, guests: [{ ...guest, moves: [wrong] }] };
    const [found] = replayMoves(changed, guests, shipped);
    expect(found?.differences.map(({ subject }) => subject)).toContain("the restore");
  });
});
