/** The text form of recordings: printed and read back, and where it says that something is wrong. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Answer,
  type AnsweredStep,
  keptSets,
  parseAnswer,
  parseRecording,
  printAnswer,
  printRecording,
  printStep,
  type Recording,
  type Step,
  stepKinds,
} from "../../src/recordings/index.ts";

const seed = 20260101;
const word32 = fc.integer({ min: 0, max: 0xffff_ffff });
const small = fc.integer({ min: 0, max: 600 });
const wide = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn });
const wider = fc.bigInt({ min: 0n, max: (1n << 512n) - 1n });
const id = fc.bigInt({ min: 1n, max: 0x7fff_ffff_ffff_ffffn });
const someBytes = fc.uint8Array({ minLength: 1, maxLength: 24 });
const vcpu = fc.integer({ min: 0, max: 3 });
const on = fc.constantFrom("vm", "cpu0", "cpu1", "device5", "device7");

const trimmed = fc
  .array(wide, { maxLength: 4 })
  .map((x) => x.slice(0, x.findLastIndex((value) => value !== 0n) + 1));

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("vm" as const), type: wide }),
  fc.record({
    kind: fc.constant("check" as const),
    on: fc.constantFrom("kvm" as const, "vm" as const),
    capability: small,
  }),
  fc.record({
    kind: fc.constant("enable" as const),
    capability: small,
    flags: word32,
    arguments: fc.array(wide, { maxLength: 4 }),
  }),
  fc.record({ kind: fc.constant("memory" as const), slot: small, flags: word32, address: wide, size: wide }),
  fc.record({ kind: fc.constant("vcpu" as const), id: small }),
  fc.record({ kind: fc.constant("target" as const) }),
  fc.record({
    kind: fc.constant("init" as const),
    vcpu,
    target: fc.oneof(fc.constant("preferred" as const), small),
    features: fc.array(word32, { maxLength: 7 }),
  }),
  fc.record({
    kind: fc.constant("offer" as const),
    vcpu,
    features: word32,
    capabilities: fc.array(small, { maxLength: 6 }),
  }),
  fc.record({ kind: fc.constant("finalize" as const), vcpu, feature: small }),
  fc.record({ kind: fc.constant("device" as const), type: small, flags: word32 }),
  fc.record({ kind: fc.constant("offset" as const), counter: wide, reserved: wide }),
  fc.record({
    kind: fc.constantFrom(
      "mp-state" as const,
      "events" as const,
      "list" as const,
      "dump" as const,
      "run" as const,
    ),
    vcpu,
  }),
  fc.record({ kind: fc.constant("set-mp-state" as const), vcpu, state: small }),
  fc.record({ kind: fc.constant("set-events" as const), vcpu, bytes: wide, esr: wide }),
  fc.record({ kind: fc.constant("get" as const), vcpu, id }),
  fc.record({ kind: fc.constant("set" as const), vcpu, id, value: wider }),
  fc.record({ kind: fc.constant("put" as const), vcpu, id, lsb: small, width: small, value: wide }),
  fc.record({
    kind: fc.constant("try" as const),
    vcpu,
    id,
    lsb: small,
    width: small,
    change: fc.record({ how: fc.constantFrom("=" as const, "+" as const, "-" as const), operand: wide }),
  }),
  fc.record({ kind: fc.constant("masks" as const), range: small, reserved: small }),
  fc.record({ kind: fc.constant("has-attribute" as const), on, group: small, attribute: small }),
  fc.record({ kind: fc.constant("get-attribute" as const), on, group: small, attribute: small, size: small }),
  fc.record({
    kind: fc.constant("set-attribute" as const),
    on,
    group: small,
    attribute: small,
    payload: fc.oneof(someBytes, fc.constantFrom("none" as const, "nowhere" as const)),
  }),
  fc.record({
    kind: fc.constant("filter" as const),
    base: word32,
    functions: word32,
    action: small,
    pad: fc.array(small, { maxLength: 2 }),
  }),
  fc.record({
    kind: fc.constant("ask" as const),
    level: fc.integer({ min: 0, max: 2 }),
    instruction: word32,
    x: trimmed,
  }),
);

const value = fc.oneof(wide, fc.constant("any" as const));
const errno = fc.constantFrom("EINVAL", "EPERM", "E2BIG", "ENOENT");
const definition = <T>(change: fc.Arbitrary<T>) =>
  fc.record(
    { from: fc.nat({ max: 9 }), changes: fc.array(change, { maxLength: 5 }) },
    { requiredKeys: ["changes"] },
  );
const kept = <T>(change: fc.Arbitrary<T>) =>
  fc.record({ number: fc.nat({ max: 99 }), definition: definition(change) }, { requiredKeys: ["number"] });

const plain: fc.Arbitrary<Answer> = fc.oneof(
  fc.constant({ kind: "ok" as const }),
  fc.constant({ kind: "absent" as const }),
  fc.record({ kind: fc.constant("errno" as const), name: errno }),
  fc.record({ kind: fc.constant("number" as const), value: fc.oneof(wider, fc.constant("any" as const)) }),
  fc.record({ kind: fc.constant("bytes" as const), bytes: someBytes }),
  fc.record({ kind: fc.constant("tried" as const), reads: wide, stays: errno }),
  fc.record({ kind: fc.constant("tried" as const), reads: wide }),
  fc.record({ kind: fc.constant("tried" as const), stays: errno }),
  fc.record({
    kind: fc.constant("list" as const),
    list: kept(fc.oneof(fc.record({ add: id }), fc.record({ remove: id }))),
  }),
  fc.record({
    kind: fc.constant("values" as const),
    values: kept(fc.oneof(fc.record({ id, value: fc.oneof(value, errno) }), fc.record({ remove: id }))),
  }),
  fc.record({
    kind: fc.constant("masks" as const),
    masks: fc.array(fc.record({ id, mask: wide }), { maxLength: 4 }),
  }),
);

const changed = fc.uniqueArray(fc.record({ x: fc.integer({ min: 0, max: 3 }), value }), {
  selector: ({ x }) => x,
  maxLength: 4,
});
const event = fc.oneof(
  fc.record({ kind: fc.constant("hypercall" as const), nr: wide, flags: wide }),
  fc.record({
    kind: fc.constant("system-event" as const),
    type: small,
    data: fc.array(wide, { maxLength: 2 }),
  }),
  fc.record({ kind: fc.constant("mmio-read" as const), address: wide, length: small }),
  fc.record({ kind: fc.constant("mmio-write" as const), address: wide, length: small, value: wide }),
  fc.constant({ kind: "waits" as const }),
  fc.record({ kind: fc.constant("exit" as const), reason: small }),
  fc.record({ kind: fc.constant("fails" as const), errno }),
);
const end = fc.oneof(
  fc.record({ kind: fc.constant("done" as const), changed }),
  fc.record({
    kind: fc.constant("exception" as const),
    level: fc.integer({ min: 1, max: 2 }),
    vector: fc.integer({ min: 0, max: 15 }),
    esr: fc.oneof(wide, fc.constant(0x200_0000n)),
    changed,
  }),
  fc.constant({ kind: "unanswered" as const }),
  fc.constant({ kind: "any" as const }),
);
const guest: fc.Arbitrary<Answer> = fc.record({
  kind: fc.constant("guest" as const),
  events: fc.array(event, { maxLength: 3 }),
  end,
});

const note = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_. ]{0,20}[a-z]$/);
const answered: fc.Arbitrary<AnsweredStep> = step.chain((of) =>
  fc.record(
    { step: fc.constant(of), note, answer: of.kind === "ask" ? guest : plain },
    { requiredKeys: ["step", "answer"] },
  ),
);
const recording: fc.Arbitrary<Recording> = fc.record({
  header: fc.record({
    kernel: fc.constantFrom("6.12.107+deb13-cloud-arm64", "7.3"),
    qemu: fc.constant("10.0.2"),
    cpu: fc.constantFrom("max", "neoverse-n1"),
    nested: fc.boolean(),
    seed: word32,
  }),
  cases: fc.array(fc.record({ title: note, steps: fc.array(answered, { maxLength: 6 }) }), { maxLength: 4 }),
});

const HEAD =
  "guestc.recording/1\nkernel 7.3\nqemu 10.0.2\ncpu max\nnested no\nseed 1\ncases 1\nanswers 1\n\ncase x\n";

const errorOf = (text: string) => {
  const parsed = parseRecording(text);
  return parsed.ok ? undefined : parsed.error;
};

describe("the text form", () => {
  it("is read as it was printed", () => {
    fc.assert(
      fc.property(recording, (of) => {
        expect(parseRecording(printRecording(of))).toEqual({ ok: true, value: of });
      }),
      { seed, numRuns: 300 },
    );
  });

  it("may have the line ends of Windows", () => {
    fc.assert(
      fc.property(recording, (of) => {
        const text = printRecording(of).replaceAll("\n", "\r\n");
        expect(parseRecording(text)).toEqual({ ok: true, value: of });
      }),
      { seed, numRuns: 50 },
    );
  });

  it("is whole: as many cases and answers as its head says", () => {
    const head = "guestc.recording/1\nkernel 7.3\nqemu 10.0.2\ncpu max\nnested no\nseed 1\n";
    const step = "\ncase a VM\nvm 0x0 = ok\n";
    expect(errorOf(`${head}cases 1\nanswers 1\n${step}`)).toBeUndefined();
    expect(errorOf(`${head}cases 2\nanswers 5\n${step}`)).toEqual({
      line: 7,
      message: "2 cases and 5 answers are announced, 1 and 1 are there",
    });
  });

  it("is printed as it was read", () => {
    fc.assert(
      fc.property(recording, (of) => {
        const text = printRecording(of);
        const parsed = parseRecording(text);
        expect(parsed.ok && printRecording(parsed.value)).toBe(text);
      }),
      { seed, numRuns: 100 },
    );
  });

  it("has a word for every kind of step that the property above draws", () => {
    const drawn = new Set(fc.sample(step, { seed, numRuns: 2000 }).map(({ kind }) => kind));
    expect([...drawn].sort()).toEqual([...stepKinds].sort());
  });

  it("calls an exception with EC 0 where it is expected undefined", () => {
    const ask: Step = { kind: "ask", level: 0, instruction: 0, x: [] };
    const parsed = parseAnswer("undefined", ask);
    expect(parsed).toEqual({
      ok: true,
      value: {
        kind: "guest",
        events: [],
        end: { kind: "exception", level: 1, vector: 8, esr: 0x200_0000n, changed: [] },
      },
    });
    expect(parsed.ok && printAnswer(parsed.value, 0)).toBe("undefined");
    expect(parsed.ok && printAnswer(parsed.value, 1)).toBe("exception 1 8 0x2000000");
  });

  it("prints steps in words", () => {
    expect(printStep({ kind: "filter", base: 0x8400_0000, functions: 16, action: 1, pad: [] })).toBe(
      "filter 0x84000000 0x10 1",
    );
    expect(printStep({ kind: "ask", level: 1, instruction: 0xd400_0002, x: [0x8400_0000n] })).toBe(
      "ask 1 0xd4000002 0x84000000",
    );
  });
});

describe("errors", () => {
  it.each([
    ["", 1, /no guestc.recording/],
    ["guestc.recording/1\nkernel 7.3\ncpu max\n", 3, /"qemu VALUE"/],
    [`${HEAD}vm 0x0\n`, 11, /without an answer/],
    [`${HEAD}vm zero = ok\n`, 11, /type: zero/],
    [`${HEAD}vm 0x00 = ok\n`, 11, /no hexadecimal/],
    [`${HEAD}vm = ok\n`, 11, /type is missing/],
    [`${HEAD}vm 0x0 1 = ok\n`, 11, /one word too many/],
    [`${HEAD}fly 0 = ok\n`, 11, /no step is called fly/],
    [`${HEAD}vm 0x0 = perhaps\n`, 11, /perhaps/],
    [`${HEAD}vm 0x0 = ok reads 0x1 twice\n`, 11, /twice/],
    [`${HEAD}  ask 1 0x0 = sneezes then same\n`, 11, /no event is called sneezes/],
    [`${HEAD}  ask 1 0x0 = x7 0x1\n`, 11, /x7 is none/],
    [`${HEAD}vm 0x0 = ok\nvm 0x0 = ok\n`, 7, /1 cases and 1 answers are announced, 1 and 2 are there/],
    [
      "guestc.recording/1\nkernel 7.3\nqemu 1\ncpu max\nnested no\nseed 1\ncases 0\nanswers 1\nvm 0x0 = ok\n",
      9,
      /before the first case/,
    ],
  ])("%j", (text, line, message) => {
    const error = errorOf(text);
    expect(error?.line).toBe(line);
    expect(error?.message).toMatch(message);
  });
});

describe("lists and values", () => {
  it("are put together from their differences", () => {
    const parsed = parseRecording(
      HEAD.replace("answers 1", "answers 5") +
        [
          "list 0 = list 0 : +10 +20",
          "list 0 = list 1 from 0 : -10 +30",
          "list 0 = list 0",
          "dump 0 = values 0 : 10=0x1 20=EINVAL",
          "dump 0 = values 1 from 0 : 10=* -20 30=0x5",
          "",
        ].join("\n"),
    );
    if (!parsed.ok) throw new Error(parsed.error.message);
    const { lists, dumps } = keptSets(parsed.value);
    expect([...(lists.get(1) ?? [])]).toEqual([0x20n, 0x30n]);
    expect([...(lists.get(0) ?? [])]).toEqual([0x10n, 0x20n]);
    expect([...(dumps.get(0) ?? [])]).toEqual([
      [0x10n, 1n],
      [0x20n, "EINVAL"],
    ]);
    expect([...(dumps.get(1) ?? [])]).toEqual([
      [0x10n, "any"],
      [0x30n, 5n],
    ]);
  });
});
