/** The proof as text. */
import { describe, expect, it } from "vitest";
import type { Comparison } from "../../lab/prove/compare.ts";
import type { Cell } from "../../lab/prove/prove.ts";
import { isGood, printProof, proofJson } from "../../lab/prove/table.ts";

const machine = (kernel: string, cpu = "max", nested = false) => ({ kernel, cpu, nested });
const cell = (example: string, where: Cell["machine"], outcome: Cell["outcome"]): Cell => ({
  example,
  machine: where,
  check: [],
  outcome,
});

const ran = (open: number, subjects: readonly string[] = []): Comparison => ({
  kind: "ran",
  agreed: { registers: 70, calls: 800, instructions: 30, promises: 5 },
  open: Array.from({ length: open }, (_, at) => ({
    subject: `R${at}`,
    because: "nobody knows",
    seen: "0x0",
  })),
  differences: subjects.map((subject) => ({ subject, predicted: "0x1", because: "a rule", seen: "0x2" })),
});
const refused: Comparison = {
  kind: "refused",
  step: {
    call: "configure_vcpu",
    vcpu: 0,
    operation: 3,
    name: "MIDR_EL1",
    ioctl: "KVM_SET_ONE_REG",
    errno: "EINVAL",
    message: "",
  },
  why: "the sweep",
};
const differs: Comparison = {
  kind: "differs",
  differences: [{ subject: "the contract", predicted: "KVM takes it", because: "the plan", seen: "refused" }],
};

const cells = [
  cell("minimal", machine("6.12"), ran(0)),
  cell("sealed", machine("6.12"), refused),
  cell("minimal", machine("6.1"), ran(10)),
  cell("sealed", machine("6.1"), refused),
  cell("web", machine("6.1", "cortex-a53"), refused),
  cell("minimal", machine("7.2", "max", true), ran(0, ["MIDR_EL1"])),
  cell("sealed", machine("7.2", "max", true), ran(1, ["MIDR_EL1", "LDADD"])),
  cell("minimal", machine("7.2", "a64fx"), differs),
  cell("sealed", machine("7.2", "a64fx"), { kind: "failed", message: "the VMM ended with 1: no memory" }),
];
const leftOut = [{ machine: machine("7.2"), why: "no profile of such a host" }];

describe("a proof in words", () => {
  it("tells every difference once, with its places, and ends with a table", () => {
    expect(printProof({ cells, leftOut })).toBe(`DIFFERS MIDR_EL1
  predicted  0x1
  because    a rule
  seen       0x2
  by         minimal, sealed (7.2 on nested max)
DIFFERS LDADD
  predicted  0x1
  because    a rule
  seen       0x2
  by         sealed (7.2 on nested max)
DIFFERS the contract
  predicted  KVM takes it
  because    the plan
  seen       refused
  by         minimal (7.2 on a64fx)
FAILED sealed, 7.2 on a64fx: the VMM ended with 1: no memory
refused as predicted: EINVAL of KVM_SET_ONE_REG, MIDR_EL1: the sweep
  by         sealed, web (6.1, 6.12 on max; 6.1 on cortex-a53)
open: nobody knows: R0, R1, R2, R3, R4, R5, R6, R7, and 2 more
left out: 7.2 on max: no profile of such a host

max      6.1          6.12
minimal  ok 900 +10?  ok 900
sealed   refused      refused

cortex-a53  6.1
web         refused

nested max  7.2
minimal     DIFFERS 1
sealed      DIFFERS 2

a64fx    7.2
minimal  DIFFERS
sealed   FAILED

9 runs: 2 as predicted, 3 refused as predicted, 4 not as predicted, 3600 predictions held, 20 promises kept, 11 questions open
`);
  });

  it("is good only where nothing differs and nothing failed", () => {
    expect(cells.map(isGood)).toEqual([true, true, true, true, true, false, false, false, false]);
  });

  it("is data as well", () => {
    const proof = JSON.parse(proofJson({ cells, leftOut }));
    expect(proof.good).toBe(false);
    expect(proof.runs).toHaveLength(9);
    expect(proof.runs[1]).toMatchObject({ example: "sealed", good: true, outcome: { why: "the sweep" } });
    expect(proof.leftOut).toEqual(leftOut);
    expect(JSON.parse(proofJson({ cells: cells.slice(0, 5), leftOut })).good).toBe(true);
  });
});
