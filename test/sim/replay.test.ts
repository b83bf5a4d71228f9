/** Recordings put to the simulator: what is compared, how differences are told, which machine stands for a recording's. */
import { describe, expect, it } from "vitest";
import { parseRecording, type Recording, type RecordingHeader } from "../../src/recordings/index.ts";
import { derivedFor, profileFor, replay, underKernel } from "../../src/sim/replay/index.ts";
import { shipped } from "../hosts/shipped.ts";

function read(text: string): Recording {
  const parsed = parseRecording(text);
  if (!parsed.ok) throw new Error(`line ${parsed.error.line}: ${parsed.error.message}`);
  return parsed.value;
}

/** What a Neoverse N1 with linux 7.3 answered. */
const recorded = `guestc.recording/1
kernel 7.3.4+deb13-cloud-arm64
qemu 10.0.2
cpu neoverse-n1
nested no
seed 1
cases 3
answers 26

case FEAT_LRCPC hidden
vm 0x0 = ok
vcpu 0 = ok
offer 0 0x7c 102 126 170 171 172 = 0xc
set-attribute cpu0 0 1 none ; PMU_V3_INIT = ok
put 0 0x603000000013c031 20 4 0x0 ; ID_AA64ISAR1_EL1.LRCPC = ok
run 0 = ok
  ask 0 0xf8bfc001 0x40011000 ; LDAPR = same
  ask 1 0xd5380620 ; ID_AA64ISAR1_EL1 = x0 0x1
  ask 1 0xd5382220 ; APDAKeyHi_EL1 = undefined
  ask 1 0xd53be040 ; CNTVCT_EL0 = x0 *

case filter
vm 0x0 = ok
filter 0x84000000 0x1 2 = ok
vcpu 0 = ok
init 0 preferred 0x4 = ok
run 0 = ok
  ask 1 0xd4000002 0x84000000 = hypercall 0x84000000 0x0 then same
  ask 1 0xd4000002 0x84000003 0x0 0x40000000 0x7 ; PSCI_CPU_ON = x0 0xfffffffffffffffc x2 0x0 x3 0x0
  ask 1 0xd4000003 0x84000006 = x0 0x2
  ask 1 0xd4000002 0x84000009 = system-event 2 then x0 0xfffffffffffffffa
filter 0x86000000 0x1 1 = EBUSY

case a second vCPU
vm 0x0 = ok
vcpu 0 = ok
vcpu 0 = EEXIST
vcpu 1 = ok
init 0 preferred 0x4 = ok
run 1 = ENOEXEC
`;

const n1 = shipped("neoverse-n1.linux-7.3");
const told = (text: string): readonly string[] =>
  replay(read(text), n1).differences.map(
    ({ title, line, number, expected, seen }) => `${title} ${line} ${number}: ${expected} | ${seen}`,
  );

describe("replaying", () => {
  it("counts what agrees, by kind of step", () => {
    const { count, byKind, bySubject, differences } = replay(read(recorded), n1);
    expect(differences).toEqual([]);
    expect(count).toEqual({ agreed: 26, differed: 0 });
    expect(byKind.get("ask")).toEqual({ agreed: 8, differed: 0 });
    expect(bySubject.size).toBe(0);
  });

  it.each([
    ["another value", "x0 0x1\n", "x0 0x2\n", "FEAT_LRCPC hidden 18 8: x0 0x2 | x0 0x1"],
    ["another fate", "LDAPR = same", "LDAPR = undefined", "FEAT_LRCPC hidden 17 7: undefined | same"],
    ["another errno", "0x1 1 = EBUSY", "0x1 1 = EEXIST", "filter 32 10: EEXIST | EBUSY"],
    [
      "another way out",
      "system-event 2 then",
      "system-event 1 then",
      "filter 31 9: system-event 1 then x0 0xfffffffffffffffa | system-event 2 then x0 0xfffffffffffffffa",
    ],
  ])("tells %s with its place", (_, before, after, difference) => {
    expect(recorded).toContain(before);
    expect(told(recorded.replace(before, after))).toEqual([difference]);
  });

  it("compares one kind of step alone, and keeps no more differences than asked for", () => {
    const wrong = read(recorded.replace("LDAPR = same", "LDAPR = undefined").replace("x0 0x1\n", "x0 0x2\n"));
    expect(replay(wrong, n1, { kind: "filter" }).count).toEqual({ agreed: 2, differed: 0 });
    const one = replay(wrong, n1, { keep: 1 });
    expect(one.count.differed).toBe(2);
    expect(one.differences).toHaveLength(1);
    expect([...one.bySubject]).toEqual([
      ["LDAPR", 1],
      ["ID_AA64ISAR1_EL1", 1],
    ]);
  });

  it("finds that another machine answers otherwise", () => {
    expect(replay(read(recorded), shipped("max.linux-6.1")).count.differed).toBeGreaterThan(3);
  });
});

/** What guests met whose steps are few; each of a real machine. */
const met: readonly (readonly [string, string, string])[] = [
  [
    "WFET at EL0, which may not read the counter, ends when the time has come",
    "max.linux-6.17",
    "  ask 0 0xd5031000 = same\n  ask 1 0xd4000002 0x84000000 = x0 0x10003",
  ],
  ["WFE does not wait", "cortex-a53.linux-6.1", "  ask 1 0xd503205f = same\n  ask 0 0xd503205f = same"],
  [
    "the agent's own traces",
    "cortex-a53.linux-6.1",
    "  ask 1 0xd5384000 = x0 0x3c5\n  ask 1 0xd5385200 = x0 0x56000000",
  ],
  [
    "a vCPU that switches itself off",
    "a64fx.linux-6.12",
    "  ask 1 0xd4000002 0x84000002 = waits then x0 0x0",
  ],
];

describe("guests", () => {
  it.each(met)("%s", (_, machine, questions) => {
    const count = questions.split("\n").length;
    const text = [
      "guestc.recording/1",
      "kernel 6.17.1",
      "qemu 10.0.2",
      "cpu max",
      "nested no",
      "seed 1",
      "cases 1",
      `answers ${count + 4}`,
      "",
      "case one",
      "vm 0x0 = ok",
      "vcpu 0 = ok",
      "init 0 preferred 0x4 = ok",
      "run 0 = ok",
      questions,
      "",
    ].join("\n");
    expect(replay(read(text), shipped(machine)).differences).toEqual([]);
  });
});

describe("the machine of a recording", () => {
  const header = (cpu: string, kernel: string, nested = false): RecordingHeader => ({
    kernel,
    qemu: "10.0.2",
    cpu,
    nested,
    seed: 1,
  });
  const names = [
    "max.linux-6.1",
    "max.linux-6.12",
    "max.linux-7.0",
    "max-nested.linux-7.0",
    "a64fx.linux-6.12",
  ];

  it.each([
    ["its own", header("max", "6.12.9+deb12-cloud-arm64"), { name: "max.linux-6.12", how: "shipped" }],
    ["its own nested one", header("max", "7.0.1", true), { name: "max-nested.linux-7.0", how: "shipped" }],
    ["the nearest older one", header("max", "6.14.2"), { name: "max.linux-6.12", how: "nearest" }],
    [
      "the oldest, if there is no older one",
      header("max", "5.15.1"),
      { name: "max.linux-6.1", how: "nearest" },
    ],
    ["no other CPU's", header("cortex-a55", "6.12.1"), undefined],
    ["no plain one for a nested one", header("a64fx", "6.12.1", true), undefined],
  ])("is %s", (_, of, expected) => {
    expect(profileFor(of, names)).toEqual(expected);
  });

  it("is under the recording's own kernel", () => {
    const carried = underKernel(n1, header("neoverse-n1", "6.14.2-cloud"));
    expect(carried.kernel).toEqual({ release: "6.14.2-cloud", version: "6.14.2" });
    expect(carried.origin).toBe("derived");
    // KVM_CAP_ARM_SEA_TO_USER is of linux 6.19.
    expect([n1.capabilities.has(245), carried.capabilities.has(245)]).toEqual([true, false]);
    const id = 0x6030_0000_0013_c020n;
    expect(carried.configurations.get("base")?.registers.get(id)).toBe(
      n1.configurations.get("base")?.registers.get(id),
    );
  });

  it("is derived where nobody recorded its CPU", () => {
    const profile = derivedFor(header("cortex-a55", "6.12.1-cloud"));
    if ("problem" in profile) throw new Error(profile.problem);
    expect(profile.origin).toBe("derived");
    expect(profile.devices).toContain(7);
    expect(derivedFor(header("nobody-knows", "6.12.1"))).toEqual({
      problem: "the tables know no CPU nobody-knows",
    });
  });
});
