/** What a guest saw against what was predicted and promised. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Comparison, compare } from "../../lab/prove/compare.ts";
import { checkOn, readExamples } from "../../lab/prove/examples.ts";
import { profileOf } from "../../lab/prove/hosts.ts";
import { lengthQuestions, promisesOf } from "../../lab/prove/promises.ts";
import { holdCheck } from "../../lab/prove/prove.ts";
import type { RefusedStep, Report, Seen } from "../../lab/prove/report.ts";
import { questionFile, questionsFor } from "../../lab/prove/vmm.ts";
import type { Contract } from "../../src/contract.ts";
import type {
  CallOutcome,
  Expected,
  Prediction,
  Question,
  RegisterOutcome,
  View,
} from "../../src/predict/index.ts";
import { predict } from "../../src/predict/index.ts";
import type { Fate } from "../../src/tables/index.ts";
import { compileText } from "../support/compile-text.ts";

type Ran = Extract<Report, { kind: "ran" }>;

const known = <T>(value: T): Expected<T> => ({ known: true, value, because: "a rule" });
const open = { known: false, because: "nobody knows" } as const;

function contractOf(guest: string, cpu = "  baseline host\n"): Contract {
  const text = `edition 2026\n\ncpu c {\n${cpu}}\n\nguest g {\n  cpu c\n${guest}}\n`;
  const { guests, diagnostics } = compileText(text);
  const [contract] = guests;
  if (contract === undefined) throw new Error(JSON.stringify(diagnostics.map(({ message }) => message)));
  return contract;
}

const anyGuest = contractOf("");

const asked: readonly Question[] = [
  { kind: "register", name: "R", word: 1 },
  { kind: "call", functionId: 0x8600_0009, args: [7n] },
  { kind: "instruction", name: "I", level: 1, word: 2, x: [] },
];

interface Facts {
  readonly register?: Expected<RegisterOutcome>;
  readonly hvc?: Expected<CallOutcome>;
  readonly smc?: Expected<CallOutcome>;
  readonly instruction?: Expected<Fate>;
}

function running(facts: Facts): Prediction {
  const view: View = {
    level: 1,
    registers: new Map(facts.register === undefined ? [] : [["R", facts.register]]),
    call: (id, args, conduit) => (id === 0x8600_0009 && args[0] === 7n ? facts[conduit] : undefined) ?? open,
    instruction: (name) => (name === "I" ? facts.instruction : undefined) ?? open,
  };
  return { kind: "runs", view };
}

interface Answers {
  readonly register?: Seen;
  readonly hvc?: Seen;
  readonly smc?: Seen;
  readonly instruction?: Seen;
}

const nothing: Seen = { kind: "unanswered" };
const undefinedSeen: Seen = { kind: "exception", level: 1, esr: 0x0200_0000n };
const trappedSeen: Seen = { kind: "exception", level: 2, esr: 0x6232_0001n };

function saw({ register = nothing, hvc = nothing, smc = nothing, instruction = nothing }: Answers): Ran {
  return {
    kind: "ran",
    kernel: "7.2",
    registers: new Map([["R", register]]),
    calls: [{ functionId: 0x8600_0009, args: [7n, 0n, 0n], hvc, smc }],
    instructions: new Map([["I", instruction]]),
  };
}

/** One line a difference, and how many agree and are open. */
function told(comparison: Comparison): {
  readonly agreed: number;
  readonly open: number;
  readonly differ: readonly string[];
} {
  const differ = (comparison.kind === "refused" ? [] : comparison.differences).map(
    ({ subject, predicted, seen }) => `${subject}: ${predicted} / ${seen}`,
  );
  if (comparison.kind !== "ran") return { agreed: 0, open: 0, differ };
  const { registers, calls, instructions } = comparison.agreed;
  return { agreed: registers + calls + instructions, open: comparison.open.length, differ };
}

const judged = (facts: Facts, answers: Answers) =>
  told(compare(anyGuest, asked, running(facts), saw(answers)));

describe("an answer", () => {
  it.each([
    ["register", known(5n), { kind: "value", value: 5n }],
    ["register", known<RegisterOutcome>("any"), { kind: "value", value: 6n }],
    ["register", known<RegisterOutcome>("undefined"), undefinedSeen],
    ["register", known<RegisterOutcome>("trapped"), trappedSeen],
    [
      "hvc",
      known<CallOutcome>({ kind: "answers", x: [1n, "any", 0n, 0n] }),
      { kind: "answer", x: [1n, 9n, 0n, 0n] },
    ],
    ["smc", known<CallOutcome>({ kind: "exits", exit: "hypercall" }), { kind: "exit", what: "hypercall" }],
    ["hvc", known<CallOutcome>({ kind: "undefined" }), undefinedSeen],
    ["hvc", known<CallOutcome>({ kind: "taken", level: 2 }), trappedSeen],
    ["smc", known<CallOutcome>({ kind: "waits" }), { kind: "waits" }],
    ["instruction", known<Fate>("executes"), { kind: "completed" }],
    ["instruction", known<Fate>("executes"), { kind: "waits" }],
    ["instruction", known<Fate>("undefined"), undefinedSeen],
    ["instruction", known<Fate>("trapped"), trappedSeen],
  ] as const)("that agrees is counted (%#: %s)", (kind, expected, seen) => {
    expect(judged({ [kind]: expected }, { [kind]: seen })).toEqual({ agreed: 1, open: 3, differ: [] });
  });

  it.each([
    ["register", known(5n), { kind: "value", value: 4n }, "R: 0x0000000000000005 / 0x0000000000000004"],
    ["register", known(5n), undefinedSeen, "R: 0x0000000000000005 / UNDEFINED"],
    ["register", known<RegisterOutcome>("any"), undefinedSeen, "R: any value / UNDEFINED"],
    [
      "register",
      known<RegisterOutcome>("undefined"),
      { kind: "value", value: 0n },
      "R: UNDEFINED / 0x0000000000000000",
    ],
    [
      "register",
      known<RegisterOutcome>("undefined"),
      trappedSeen,
      "R: UNDEFINED / exception to EL2, class 0x18 (ESR 0x62320001)",
    ],
    [
      "hvc",
      known<CallOutcome>({ kind: "answers", x: [1n, "any", 0n, 0n] }),
      { kind: "answer", x: [1n, 9n, 0n, 1n] },
      "hvc 0x86000009 (0x7): answers 0x1 any 0x0 0x0 / answers 0x1 0x9 0x0 0x1",
    ],
    [
      "smc",
      known<CallOutcome>({ kind: "exits", exit: "hypercall" }),
      { kind: "exit", what: "system-event" },
      "smc 0x86000009 (0x7): leaves to user space: hypercall / leaves to user space: system-event",
    ],
    [
      "hvc",
      known<CallOutcome>({ kind: "waits" }),
      { kind: "answer", x: [0n, 0n, 0n, 0n] },
      "hvc 0x86000009 (0x7): waits / answers 0x0 0x0 0x0 0x0",
    ],
    [
      "hvc",
      known<CallOutcome>({ kind: "taken", level: 2 }),
      undefinedSeen,
      "hvc 0x86000009 (0x7): taken by the guest's own EL2 / UNDEFINED",
    ],
    ["instruction", known<Fate>("executes"), undefinedSeen, "I: is executed / UNDEFINED"],
    [
      "instruction",
      known<Fate>("executes"),
      trappedSeen,
      "I: is executed / exception to EL2, class 0x18 (ESR 0x62320001)",
    ],
    ["instruction", known<Fate>("undefined"), { kind: "completed" }, "I: UNDEFINED / is executed"],
    ["instruction", known<Fate>("trapped"), undefinedSeen, "I: an exception, not UNDEFINED / UNDEFINED"],
    [
      "instruction",
      known<Fate>("executes"),
      { kind: "ended", errno: "ENOSYS" },
      "I: is executed / the vCPU ended here: ENOSYS",
    ],
    ["instruction", known<Fate>("undefined"), nothing, "I: UNDEFINED / no answer: the vCPU had ended before"],
  ] as const)("that does not agree is a difference (%#: %s)", (kind, expected, seen, line) => {
    expect(judged({ [kind]: expected }, { [kind]: seen })).toEqual({ agreed: 0, open: 3, differ: [line] });
  });

  it("to a question of which nothing is claimed is open, never agreement", () => {
    const comparison = compare(
      anyGuest,
      asked,
      running({ instruction: open }),
      saw({ register: { kind: "value", value: 3n } }),
    );
    expect(comparison.kind === "ran" && comparison.open).toEqual([
      { subject: "R", because: "nothing is predicted of it", seen: "0x0000000000000003" },
      {
        subject: "hvc 0x86000009 (0x7)",
        because: "nobody knows",
        seen: "no answer: the vCPU had ended before",
      },
      {
        subject: "smc 0x86000009 (0x7)",
        because: "nobody knows",
        seen: "no answer: the vCPU had ended before",
      },
      { subject: "I", because: "nobody knows", seen: "no answer: the vCPU had ended before" },
    ]);
  });

  it("that the report lacks altogether is a difference", () => {
    const empty: Ran = { ...saw({}), registers: new Map(), calls: [], instructions: new Map() };
    const facts = {
      register: known(5n),
      hvc: known<CallOutcome>({ kind: "waits" }),
      instruction: known<Fate>("executes"),
    };
    expect(told(compare(anyGuest, asked, running(facts), empty)).differ).toHaveLength(3);
  });
});

const step: RefusedStep = {
  call: "configure_vcpu",
  vcpu: 0,
  operation: 3,
  name: "MIDR_EL1",
  ioctl: "KVM_SET_ONE_REG",
  errno: "EINVAL",
  message: "the message",
};
const refusedReport: Report = { kind: "refused", kernel: "7.2", step };
const refusedPrediction: Prediction = { kind: "refused", operation: 3, errno: "EINVAL", why: "the sweep" };

describe("a refusal", () => {
  it("is as predicted where operation and errno are", () => {
    expect(compare(anyGuest, asked, refusedPrediction, refusedReport)).toEqual({
      kind: "refused",
      step,
      why: "the sweep",
    });
  });

  it.each([
    [{ ...refusedPrediction, operation: 4 }, refusedReport, "refused with EINVAL at operation 4"],
    [{ ...refusedPrediction, errno: "EPERM" }, refusedReport, "refused with EPERM at operation 3"],
    [refusedPrediction, saw({}), "refused with EINVAL at operation 3"],
    [running({}), refusedReport, "KVM takes it"],
  ] as const)("that is another, or none, is a difference (%#)", (prediction, report, predicted) => {
    const comparison = compare(anyGuest, asked, prediction, report);
    expect(comparison.kind).toBe("differs");
    expect(comparison.kind === "differs" && comparison.differences.map((one) => one.predicted)).toEqual([
      predicted,
    ]);
  });

  it("at a step of the VMM's own is never as predicted", () => {
    const own: Report = { kind: "refused", kernel: "7.2", step: { ...step, operation: undefined } };
    expect(told(compare(anyGuest, asked, refusedPrediction, own)).differ).toEqual([
      "the contract: refused with EINVAL at operation 3 / refused with EINVAL at a step of the VMM's own: the message",
    ]);
  });

  it("has to be what the checker says, and the other way round", () => {
    const agreed = compare(anyGuest, asked, refusedPrediction, refusedReport);
    expect(holdCheck(["GC0702"], agreed, refusedReport)).toBe(agreed);
    expect(told(holdCheck([], agreed, refusedReport)).differ).toEqual([
      "guestc check: takes the guest / refused with EINVAL: the message",
    ]);
    const ran = compare(anyGuest, asked, running({}), saw({}));
    expect(holdCheck([], ran, saw({}))).toBe(ran);
    expect(told(holdCheck(["GC0702"], ran, saw({})))).toEqual({
      agreed: 0,
      open: 4,
      differ: ["guestc check: refuses the guest: GC0702 / KVM took it"],
    });
  });
});

describe("a promise", () => {
  const call = (functionId: number, hvc: Seen, smc: Seen = hvc) => ({
    functionId,
    args: [0n, 0n, 0n],
    hvc,
    smc,
  });
  const answer = (x0: bigint): Seen => ({ kind: "answer", x: [x0, 0n, 0n, 0n] });
  const report = (parts: Partial<Ran>): Ran => ({
    kind: "ran",
    kernel: "7.2",
    registers: new Map(),
    calls: [],
    instructions: new Map(),
    ...parts,
  });
  const broken = (contract: Contract, parts: Partial<Ran>) => {
    const { kept, broken: found } = promisesOf(contract, report(parts));
    return {
      kept,
      broken: found.map(({ subject, predicted, seen }) => `${subject}: ${predicted} / ${seen}`),
    };
  };

  it("of a field is held against the register", () => {
    const contract = contractOf("", "  baseline host\n  field ID_AA64MMFR0_EL1.PARange = 40 bits\n");
    const reading = (value: bigint): Partial<Ran> => ({
      registers: new Map([["ID_AA64MMFR0_EL1", { kind: "value", value } as const]]),
    });
    const right = broken(contract, reading(2n));
    expect(right.broken).toEqual([]);
    expect(right.kept).toBeGreaterThan(0);
    expect(broken(contract, reading(5n))).toEqual({
      kept: right.kept - 1,
      broken: ["ID_AA64MMFR0_EL1.PARange: 0x2 / 0x5"],
    });
  });

  it("not to have a service is held against its calls", () => {
    const calls = (x0: bigint) => ({ calls: [call(0x8400_0050, answer(x0))] });
    expect(broken(anyGuest, calls(0xffff_ffff_ffff_ffffn))).toEqual({ kept: 2, broken: [] });
    expect(broken(anyGuest, calls(0x1_0000n)).broken).toEqual([
      "hvc 0x84000050: answers -1 / answers 0x10000 0x0 0x0 0x0",
      "smc 0x84000050: answers -1 / answers 0x10000 0x0 0x0 0x0",
    ]);
    expect(broken(contractOf("  services trng\n"), calls(0x1_0000n))).toEqual({ kept: 0, broken: [] });
  });

  it("of a PSCI version is held against PSCI_VERSION", () => {
    const contract = contractOf("  psci 1.1\n");
    expect(broken(contract, { calls: [call(0x8400_0000, answer(0x1_0001n))] })).toEqual({
      kept: 1,
      broken: [],
    });
    expect(broken(contract, { calls: [call(0x8400_0000, answer(0x1_0003n))] }).broken).toEqual([
      "hvc 0x84000000: answers 0x10001 / answers 0x10003 0x0 0x0 0x0",
    ]);
  });

  it("of vector lengths is held against what every ZCR_EL1.LEN gives", () => {
    const contract = contractOf("", "  baseline host\n  sve lengths 128, 256\n");
    expect(lengthQuestions(contract, 1).split("\n").slice(0, 2)).toEqual([
      "instruction SET_VL_0 1 0xd5181200 0x0",
      "register VL_0 0x04bf5020",
    ]);
    const lengths = (of: (len: number) => bigint): Partial<Ran> => ({
      registers: new Map(
        Array.from({ length: 16 }, (_, len) => [
          `VL_${len}`,
          { kind: "value", value: of(len) / 8n } as const,
        ]),
      ),
    });
    expect(
      broken(
        contract,
        lengths((len) => (len === 0 ? 128n : 256n)),
      ),
    ).toEqual({ kept: 16, broken: [] });
    expect(
      broken(
        contract,
        lengths((len) => BigInt(len + 1) * 128n),
      ).broken,
    ).toHaveLength(14);
    expect(broken(contract, {}).broken).toHaveLength(16);
    expect(lengthQuestions(anyGuest, 1)).toBe("");
  });
});

/** A report in which a guest saw exactly what was predicted. */
function asPredicted(contract: Contract, view: View): Ran {
  const seenFate: Record<Fate, Seen> = {
    executes: { kind: "completed" },
    undefined: undefinedSeen,
    trapped: trappedSeen,
  };
  const seenCall = (expected: Expected<CallOutcome>): Seen => {
    if (!expected.known) return nothing;
    const { value } = expected;
    switch (value.kind) {
      case "answers":
        return { kind: "answer", x: value.x.map((word) => (word === "any" ? 1n : word)) };
      case "exits":
        return { kind: "exit", what: value.exit };
      case "undefined":
        return undefinedSeen;
      case "taken":
        return { kind: "exception", level: 2, esr: 0x5a00_0000n };
      case "waits":
        return { kind: "waits" };
    }
  };
  const all = questionsFor(contract);
  const pad = (args: readonly bigint[]) => [0, 1, 2].map((at) => args[at] ?? 0n);
  return {
    kind: "ran",
    kernel: "",
    registers: new Map(
      [...view.registers].flatMap(([name, expected]): [string, Seen][] => {
        if (!expected.known) return [];
        const { value } = expected;
        if (typeof value === "bigint") return [[name, { kind: "value", value }]];
        return [[name, value === "any" ? { kind: "value", value: 1n } : seenFate[value]]];
      }),
    ),
    calls: all.flatMap((question) =>
      question.kind === "call"
        ? [
            {
              functionId: question.functionId,
              args: pad(question.args),
              hvc: seenCall(view.call(question.functionId, question.args, "hvc")),
              smc: seenCall(view.call(question.functionId, question.args, "smc")),
            },
          ]
        : [],
    ),
    instructions: new Map(
      all.flatMap((question): [string, Seen][] => {
        if (question.kind !== "instruction") return [];
        const fate = view.instruction(question.name);
        return fate.known ? [[question.name, seenFate[fate.value]]] : [];
      }),
    ),
  };
}

describe("an example on a shipped host", () => {
  const machine = { kernel: "7.2", cpu: "neoverse-n1", nested: false };
  const profile = profileOf("hosts", machine);
  const [example] = readExamples(".", "examples/portable-web.guest");
  if (profile === undefined || example === undefined) throw new Error("the example or its host is gone");
  const { contract, plan } = example;

  it("agrees in everything where it sees what is predicted, and a register bit more is found", () => {
    expect(checkOn(".", example.path, profile)).toEqual([]);
    const prediction = predict(contract, plan, profile);
    if (prediction.kind !== "runs") throw new Error(prediction.why);
    const report = asPredicted(contract, prediction.view);
    const right = told(compare(contract, questionsFor(contract), prediction, report));
    expect(right.differ).toEqual([]);
    expect(right.agreed).toBeGreaterThan(2000);

    const isar0 = report.registers.get("ID_AA64ISAR0_EL1");
    if (isar0?.kind !== "value") throw new Error("no value predicted");
    const changed = new Map([
      ...report.registers,
      ["ID_AA64ISAR0_EL1", { ...isar0, value: isar0.value ^ (1n << 60n) }],
    ] as const);
    const wrong = told(
      compare(contract, questionsFor(contract), prediction, { ...report, registers: changed }),
    );
    expect(wrong.agreed).toBe(right.agreed - 1);
    // Once by the prediction, once by the contract.
    expect(wrong.differ.map((line) => line.split(":")[0])).toEqual([
      "ID_AA64ISAR0_EL1",
      "ID_AA64ISAR0_EL1.RNDR",
    ]);
  });

  it("breaks its promises where the planner leaves out a register, though that is predicted", () => {
    const left = (name: string) => ({
      ...plan,
      operations: plan.operations.filter((operation) => operation.name !== name),
    });
    const prediction = predict(contract, left("ID_AA64DFR0_EL1"), profile);
    if (prediction.kind !== "runs") throw new Error(prediction.why);
    const found = told(
      compare(contract, questionsFor(contract), prediction, asPredicted(contract, prediction.view)),
    );
    expect(found.differ.length).toBeGreaterThan(0);
    expect(found.differ.every((line) => line.startsWith("ID_AA64DFR0_EL1."))).toBe(true);
  });

  it("is refused on a host that lacks what it needs, and the checker says so too", () => {
    const other = profileOf("hosts", { ...machine, kernel: "6.12" });
    if (other === undefined) throw new Error("no profile");
    expect(predict(contract, plan, other).kind).toBe("refused");
    expect(checkOn(".", example.path, other)).not.toEqual([]);
  });
});

describe("the profile of a machine", () => {
  it("is one of a machine in the same mode", () => {
    const nested = profileOf("hosts", { kernel: "7.2", cpu: "max", nested: true });
    expect(nested?.capabilities.get(240)).toBe(1);
    expect(profileOf("hosts", { kernel: "6.12", cpu: "max", nested: false })?.cpu.name).toBe("max");
    expect(profileOf("hosts", { kernel: "6.12", cpu: "max", nested: true })).toBe(undefined);
    expect(profileOf("hosts", { kernel: "5.10", cpu: "max", nested: false })).toBe(undefined);
  });
});

describe("the questions of a guest", () => {
  const [nested] = readExamples(".", "examples/nested.guest");
  if (nested === undefined) throw new Error("the example is gone");

  it("are asked at EL2 where it has one, but for what takes minutes there", () => {
    const plain = questionFile(anyGuest).split("\n");
    const inner = questionFile(nested.contract).split("\n");
    expect(plain).toContain("instruction NOP 1 0xd503201f");
    expect(inner).toContain("instruction NOP 2 0xd503201f");
    expect(inner).toContain("instruction NOP@EL0 0 0xd503201f");
    expect(inner.filter((line) => / 1 0x/.test(line) && line.startsWith("instruction"))).toEqual([]);
    const left = plain.length - inner.length;
    expect(left).toBe(plain.filter((line) => /TLBI_(ALLE1|VMALLS12E1)/.test(line)).length);
    expect(left).toBeGreaterThan(0);
  });

  it("are the list that the example VMM comes with", () => {
    const path = "examples/vmm/questions.txt";
    if (process.env.UPDATE_GOLDEN === "1") writeFileSync(path, questionFile(anyGuest));
    expect(existsSync(path) && readFileSync(path, "utf8")).toBe(questionFile(anyGuest));
  });
});
