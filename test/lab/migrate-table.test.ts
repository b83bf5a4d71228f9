/** Moves compared and told. */
import { describe, expect, it } from "vitest";
import { compareHeld, compareRefused } from "../../lab/migrate/compare.ts";
import type { Move, MoveOutcome } from "../../lab/migrate/move.ts";
import type { Refused } from "../../lab/migrate/output.ts";
import { isGood, printMoves } from "../../lab/migrate/table.ts";
import { clocks } from "../../src/sim/snapshot.ts";
import { parseOneReg } from "../../src/tables/index.ts";

const id = (name: string): bigint => parseOneReg(name) ?? 0n;
const refused = (name: string, errno = "EINVAL"): Refused => ({ vcpu: 0, what: id(name), errno });

describe("what is refused", () => {
  it("has to be the same, in the same order, with the same errno", () => {
    const one = [refused("MIDR_EL1"), refused("TCR2_EL1", "ENOENT")];
    expect(compareRefused("the restore", one, one)).toEqual([]);
    for (const other of [
      [],
      one.slice(0, 1),
      one.toReversed(),
      [refused("MIDR_EL1", "EBUSY"), ...one.slice(1)],
    ])
      expect(compareRefused("the restore", one, other)).toHaveLength(1);
    expect(compareRefused("the restore", one, one.slice(0, 1))[0]).toMatchObject({
      predicted: "TCR2_EL1 of vCPU 0: ENOENT",
    });
  });
});

describe("what is held", () => {
  const state = (...registers: readonly (readonly [bigint, bigint])[]) => ({
    memory: [],
    vcpus: [{ registers, events: "", mpState: 0 }],
  });
  const held = (...registers: readonly (readonly [bigint, bigint])[]) => ({ held: [registers] });
  const [clock = 0n] = clocks;

  it("has to have the same values, but for the time", () => {
    const real = state([id("MIDR_EL1"), 1n], [clock, 5n]);
    expect(compareHeld(held([id("MIDR_EL1"), 1n], [clock, 7n]), real)).toEqual({ held: 1, differences: [] });
    const [found] = compareHeld(held([id("MIDR_EL1"), 2n], [clock, 7n]), real).differences;
    expect(found).toMatchObject({ subject: "MIDR_EL1", seen: "0x1" });
  });

  it("has to be listed in the same order", () => {
    const real = state([id("MIDR_EL1"), 1n], [id("TCR2_EL1"), 1n]);
    const [found] = compareHeld(held([id("TCR2_EL1"), 1n], [id("MIDR_EL1"), 1n]), real).differences;
    expect(found).toMatchObject({ subject: "KVM_GET_REG_LIST", seen: "2 registers, at 0 MIDR_EL1" });
  });
});

describe("the table", () => {
  const machine = (kernel: string) => ({ kernel, cpu: "max", nested: false });
  const counts = { set: 10, held: 9, answers: 8, kept: 7 };
  const moved = (all: readonly Refused[], subjects: readonly string[] = []): MoveOutcome => ({
    kind: "moved",
    outcome: all.length > 0 ? "refused" : "same",
    refused: all,
    counts,
    differences: subjects.map((subject) => ({ subject, predicted: "0x1", because: "a rule", seen: "0x2" })),
  });
  const move = (guest: string, from: string, to: string, outcome: MoveOutcome): Move => ({
    guest,
    from: machine(from),
    to: machine(to),
    outcome,
  });

  it("counts what was taken and what was refused, and names what is refused first", () => {
    const moves = [
      move("a", "6.1", "7.3", moved([])),
      move("b", "6.1", "7.3", moved([refused("MIDR_EL1"), refused("TCR2_EL1")])),
      move("a", "7.3", "6.1", moved([])),
    ];
    expect(moves.every(isGood)).toBe(true);
    const text = printMoves(moves);
    expect(text).toContain("     1  refused first: MIDR_EL1 EINVAL\n");
    expect(text).toContain("max  to 6.1  to 7.3\n6.1  -       1+1\n7.3  1       -\n");
    expect(text).toContain(
      "3 moves: 2 to the same machine, 0 to one that the guest sees changed, 1 refused, 0 whose",
    );
    expect(text).toContain(
      "\n30 registers set, 27 values held as predicted, 21 read by the guest as predicted, 24 of",
    );
    expect(text).toContain("\n0 moves not as predicted\n");
  });

  it("tells each difference once, with guests and moves, and what failed", () => {
    const moves = [
      move("a", "6.1", "7.3", moved([], ["PMCR_EL0"])),
      move("b", "6.1", "7.3", moved([], ["PMCR_EL0"])),
      move("a", "7.3", "6.1", { kind: "failed", message: "it hangs" }),
    ];
    expect(moves.some(isGood)).toBe(false);
    const text = printMoves(moves);
    expect(text).toContain("DIFFERS PMCR_EL0, 2 moves\n  predicted  0x1\n");
    expect(text).toContain("  guests     a, b\n  moves      6.1 to 7.3 on max\n");
    expect(text).toContain("FAILED a, 7.3 to 6.1 on max: it hangs\n");
    expect(text).toContain("DIFFERS 2");
  });
});
