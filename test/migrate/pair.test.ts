/** Verdicts with their facts, on shipped hosts. */
import { describe, expect, it } from "vitest";
import { deriveHost } from "../../src/hosts/derive.ts";
import { depart, type NamedHost } from "../../src/migrate/machine.ts";
import { judgeMigration } from "../../src/migrate/pair.ts";
import { cpu, describeOneReg, parseOneReg } from "../../src/tables/index.ts";
import { shippedNames, spread } from "../hosts/shipped.ts";
import { examples, planned } from "../predict/support.ts";
import { host, moved, remediesOf, rules, weighty } from "./support.ts";

const n1 = (kernel: string): string => `neoverse-n1.linux-${kernel}`;
const firstRefused = ({ refused }: ReturnType<typeof moved>) =>
  refused && [describeOneReg(refused.register ?? 0n)?.name, refused.errno];

describe("laws", () => {
  it.each(shippedNames.filter((name) => spread.has(name)))("%s to itself is safe", (name) => {
    const found = moved({}, name, name);
    // Linux 6.1 has no register for the physical timer: not even a move to itself keeps it.
    const timerIsLost = name.endsWith("linux-6.1");
    expect(weighty(found)).toEqual(timerIsLost ? ["the physical timer: note"] : []);
    const verdict = timerIsLost ? "safe-with-notes" : "safe";
    expect(found).toMatchObject({ verdict, refused: undefined, executed: true });
  });

  it("a guest that a host does not start is unsafe to and from it, with the statement", () => {
    const cpu = "baseline host\nsve lengths 128";
    for (const [from, to] of [
      [n1("6.12"), "max.linux-6.12"],
      ["max.linux-6.12", n1("6.12")],
    ] as const) {
      const { verdict, facts, executed } = moved({ cpu }, from, to);
      expect(verdict).toBe("unsafe");
      expect(executed).toBe("KVM does not start the guest");
      expect(facts.map(({ topic, errno }) => [topic, errno])).toEqual([["plan", "EOPNOTSUPP"]]);
      expect(facts[0]?.source?.file.path).toBe("sample.guest");
    }
  });

  it("what is unsafe has a fact that says so, and what is safe has none", () => {
    const names = [n1("6.1"), n1("6.18"), "cortex-a76.linux-7.2", "neoverse-v1.linux-6.12"];
    for (const from of names)
      for (const to of names) {
        const { verdict, facts, refused } = moved({}, from, to);
        const weights = facts.map(({ weight }) => weight);
        expect(verdict === "unsafe").toBe(weights.includes("unsafe"));
        if (verdict === "safe") expect(weights).not.toContain("note");
        if (refused !== undefined) expect(verdict).toBe("unsafe");
      }
  });
});

describe("between kernels of one core", () => {
  it("from 6.18 on nothing stands in the way", () => {
    for (const [from, to] of [
      ["6.18", "7.2"],
      ["7.2", "6.18"],
    ] as const)
      expect(moved({}, n1(from), n1(to))).toMatchObject({ verdict: "safe", executed: true });
  });

  it("6.12 lists registers of features that the core lacks, and 6.18 does not take them", () => {
    const found = moved({}, n1("6.12"), n1("6.18"));
    expect(firstRefused(found)).toEqual(["TCR2_EL1", "ENOENT"]);
    expect(weighty(found)).toEqual(["TCR2_EL1: unsafe", "PIRE0_EL1: unsafe", "PIR_EL1: unsafe"]);
    expect(found.facts.find(({ subject }) => subject === "PIR_EL1")?.detail).toContain("held at reset");
    expect(found.executed).toBe("not all is restored");
  });

  it("a bitmap of a newer kernel is unknown to an older one", () => {
    const found = moved({}, n1("6.18"), n1("6.12"));
    expect(firstRefused(found)).toEqual(["KVM_REG_ARM_VENDOR_HYP_BMAP_2", "ENOENT"]);
    expect(weighty(found)).toEqual(["KVM_REG_ARM_VENDOR_HYP_BMAP_2: unsafe"]);
  });

  it("the debug version of a newer kernel is not an older one's, and a statement helps", () => {
    const found = moved({}, n1("6.12"), n1("6.1"));
    expect(remediesOf(found, "ID_AA64DFR0_EL1")).toEqual(["without FEAT_Debugv8p1, FEAT_Debugv8p2"]);
    const cpu = "baseline host\nwithout FEAT_Debugv8p1, FEAT_Debugv8p2";
    expect(remediesOf(moved({ cpu }, n1("6.12"), n1("6.1")), "ID_AA64DFR0_EL1")).toBeUndefined();
    const fields = found.facts.find(({ subject }) => subject === "ID_AA64DFR0_EL1")?.fields;
    expect(fields?.map(({ field, before, after }) => [field, before, after])).toEqual([["DebugVer", 8n, 6n]]);
  });

  it("SMCs that are answered from 6.12 on are a note on the way there", () => {
    const found = moved({}, n1("6.1"), n1("6.12"));
    const calls = found.facts.filter(({ topic }) => topic === "calls");
    expect(calls.map(({ weight, text }) => [weight, text])).toContainEqual([
      "note",
      "not answered before, and answered there",
    ]);
    expect(calls.every(({ subject }) => subject.startsWith("SMC of "))).toBe(true);
  });

  it("what the guest reads past KVM has no remedy", () => {
    const found = moved({}, n1("6.1"), n1("6.12"));
    const cache = found.facts.find(({ subject }) => subject === "CTR_EL0");
    expect(cache).toMatchObject({ weight: "note", remedies: [] });
    expect(cache?.detail).toContain("reads past it");
  });

  it("a PSCI version of a newer kernel is refused, unless the guest states one that both have", () => {
    const open = moved({ guest: "" }, n1("6.18"), n1("6.12"));
    expect(remediesOf(open, "KVM_REG_ARM_PSCI_VERSION")).toEqual(["psci 1.1"]);
    const stated = moved({ guest: "psci 1.1" }, n1("6.18"), n1("6.12"));
    expect(remediesOf(stated, "KVM_REG_ARM_PSCI_VERSION")).toBeUndefined();
  });
});

describe("between cores", () => {
  const [from, to] = [n1("6.18"), "cortex-a76.linux-7.2"];

  it("the identity is refused first, and each register names what helps", () => {
    const found = moved({}, from, to);
    expect(firstRefused(found)).toEqual(["MIDR_EL1", "EINVAL"]);
    expect(remediesOf(found, "MIDR_EL1")).toEqual(["midr neoverse-n1 r4p1"]);
    expect(remediesOf(found, "ID_AA64PFR1_EL1")).toEqual(["without FEAT_SSBS2"]);
    expect(remediesOf(found, "ID_AA64MMFR0_EL1")).toEqual(["field ID_AA64MMFR0_EL1.PARange = 40 bits"]);
  });

  it("what helps does help, all of it together", () => {
    const { facts } = moved({}, from, to);
    const remedies = [
      ...new Set(facts.filter((one) => one.weight === "unsafe").flatMap((one) => one.remedies)),
    ];
    const cpu = `baseline host\n${remedies.join("\n")}`;
    expect(moved({ cpu }, from, to)).toMatchObject({ verdict: "safe", executed: true });
    expect(moved({ cpu }, to, from)).toMatchObject({ verdict: "safe", executed: true });
  });

  it("an identity that the kernel does not let anybody write has no remedy", () => {
    expect(remediesOf(moved({}, n1("6.12"), "cortex-a76.linux-6.12"), "MIDR_EL1")).toEqual([]);
  });

  it("an instruction that the other core lacks is unsafe where the guest was told of it, else a note", () => {
    const found = moved({}, "neoverse-v1.linux-6.18", from);
    expect(weighty(found)).toContain("FEAT_SHA3: unsafe");
    expect(remediesOf(found, "FEAT_SHA3")).toEqual(["without FEAT_SHA3"]);
    const hidden = moved({ cpu: "baseline host\nwithout FEAT_SHA3" }, "neoverse-v1.linux-6.18", from);
    expect(weighty(hidden)).toContain("FEAT_SHA3: note");
    expect(hidden.facts.find(({ subject }) => subject === "FEAT_SHA3")?.text).toContain("becomes enforced");
    const back = moved({}, from, "neoverse-v1.linux-6.18");
    expect(back.facts.find(({ subject }) => subject === "FEAT_SHA3")?.text).toContain("becomes unenforced");
  });

  it("the fields of V1 that an N1 guest cannot be given are found from the profiles", () => {
    const found = moved({}, from, "neoverse-v1.linux-6.18");
    const fields = found.facts.flatMap((one) => one.fields.map(({ field }) => `${one.subject}.${field}`));
    for (const name of ["ID_AA64DFR0_EL1.DoubleLock", "ID_AA64MMFR2_EL1.FWB", "ID_AA64MMFR2_EL1.IDS"])
      expect(fields).toContain(name);
  });
});

describe("what the contract leaves to the host", () => {
  it("vector lengths differ between cores, and the common ones are named", () => {
    const found = moved({ cpu: "baseline host\nsve host" }, "max.linux-6.18", "neoverse-v1.linux-6.18");
    expect(remediesOf(found, "SVE vector lengths")).toEqual(["sve lengths 128, 256"]);
  });

  it("a counter offset makes the clock jump", () => {
    const found = moved({ guest: "psci 1.1\ncounter-offset 0x1000" }, n1("6.18"), n1("7.2"));
    expect(found.verdict).toBe("safe-with-notes");
    expect(weighty(found)).toEqual(["counter-offset: note"]);
  });

  it("the counter's frequency is the host's, and another one is unsafe", () => {
    const found = moved({}, n1("6.18"), "max.linux-6.18");
    const clock = found.facts.find(({ subject }) => subject === "CNTFRQ_EL0");
    expect(clock).toMatchObject({ topic: "clock", weight: "unsafe", remedies: [] });
  });
});

describe("QEMU", () => {
  it("refuses a longer list before a register is set", () => {
    const found = moved({}, n1("6.12"), n1("6.18"), "qemu");
    const refusing = found.facts.find(({ topic, weight }) => topic === "lists" && weight === "unsafe");
    expect(refusing?.detail).toMatch(/^the source lists \d+ registers, the destination \d+/);
    expect(refusing?.members).toEqual(["TCR2_EL1", "PIRE0_EL1", "PIR_EL1"]);
    expect(found.refused).toBeUndefined();
  });

  it("takes a longer list of the destination", () => {
    expect(moved({}, n1("6.18"), n1("7.2"), "qemu").verdict).toBe("safe");
    const up = moved({}, n1("6.1"), n1("6.12"), "qemu");
    expect(up.facts.filter(({ topic, weight }) => topic === "lists" && weight === "unsafe")).toEqual([]);
  });

  it("does not load the bitmap that only the source has, however long the lists are", () => {
    const found = moved({}, n1("7.2"), n1("6.12"), "qemu");
    // 6.12 lists more registers than 7.2, and no register behind the bitmap: the walk ends before it.
    expect(found.facts.filter(({ topic, weight }) => topic === "lists" && weight === "unsafe")).toEqual([]);
    expect(found.verdict).toBe("safe");
  });
});

describe("QEMU from 11.1 on", () => {
  const unloaded = (from: string, to: string, cpu?: { readonly guest: string }) =>
    moved(cpu ?? {}, n1(from), n1(to), "qemu-11.1").facts.filter(
      ({ topic, weight }) => topic === "lists" && weight === "unsafe",
    );

  it("lets go what old kernels list by mistake, and a fourth bitmap without services", () => {
    expect(unloaded("6.12", "6.18")).toEqual([]);
    expect(moved({}, n1("6.12"), n1("6.18"), "qemu-11.1").verdict).toBe("safe");
    expect(unloaded("6.18", "6.12")).toEqual([]);
  });

  it("does not let go a register that the destination lacks besides, wherever it stands in the list", () => {
    const [found] = unloaded("6.12", "6.1");
    expect(found?.detail).toContain("the destination does not list KVM_REG_ARM_PTIMER");
  });
});

describe("what VMMs set", () => {
  it("goes by KVM's list, or by number, and so another register is refused first", () => {
    const first = (by: string): unknown => firstRefused(moved({}, n1("6.12"), n1("6.1"), by));
    expect(first("kvm")).toEqual(["KVM_REG_ARM_PTIMER_CTL", "ENOENT"]);
    expect(first("qemu")).toEqual(["CCSIDR_EL1[0]", "EINVAL"]);
  });
});

describe("what is not known", () => {
  it("is safe as far as is known where nothing decides what the guest was told", () => {
    const [from, to] = ["6.18", "7.2"].map((kernel): NamedHost => {
      const row = cpu("neoverse-n1");
      const profile = row && deriveHost(kernel, row, kernel);
      if (profile === undefined || "problem" in profile) throw new Error("no such host can be derived");
      return { name: kernel, profile };
    });
    if (from === undefined || to === undefined) throw new Error("two hosts were derived");
    const moving = planned("baseline host", "psci 1.1");
    const found = judgeMigration(moving, depart(moving, from), from, to, rules("kvm"));
    const open = found.facts.filter(({ weight }) => weight === "open");
    expect(open.map(({ subject }) => subject)).toContain("CNTFRQ_EL0");
    expect(found.verdict).toBe("undecided");
  });
});

describe("the examples", () => {
  it("portable-web goes both ways between its hosts", () => {
    const web = examples.find(({ name }) => name === "portable-web");
    if (web === undefined) throw new Error("no such example");
    const hosts = [n1("6.18"), "cortex-a76.linux-7.2"] as const;
    expect(moved(web, hosts[0], hosts[1])).toMatchObject({ verdict: "safe", executed: true });
    expect(moved(web, hosts[1], hosts[0])).toMatchObject({ verdict: "safe", executed: true });
  });

  it("a nested guest is run on both sides, and one in AArch32 is moved without being run", () => {
    const nested = examples.find(({ name }) => name === "nested");
    if (nested === undefined) throw new Error("no such example");
    expect(moved(nested, "max-nested.linux-7.2", "max-nested.linux-7.3")).toMatchObject({ executed: true });
    const narrow = moved(
      { cpu: "baseline host\nel1 aarch32" },
      "cortex-a53.linux-6.18",
      "cortex-a53.linux-7.2",
    );
    expect(narrow.executed).toContain("AArch32");
    expect(narrow.verdict).not.toBe("unsafe");
  });
});

describe("the PMU", () => {
  it("loses what was counting on linux 6.12, and not on 6.18", () => {
    const guest = planned("baseline host\npmu on {\n  intid 23\n}", "psci 1.1\ngic v3");
    const found = moved(guest, n1("6.12"), n1("6.12"));
    expect(found.verdict).toBe("unsafe");
    expect(remediesOf(found, "PMCNTENSET_EL0")).toEqual(["pmu off"]);
    expect(moved(guest, n1("6.18"), n1("6.18")).verdict).toBe("safe");
  });
});

describe("workarounds", () => {
  it("are refused above the destination's level, whatever level the guest was given", () => {
    const hosts = [n1("6.12"), "cortex-a72.linux-6.12"] as const;
    const levels = (found: ReturnType<typeof moved>): readonly string[] =>
      found.facts
        .filter(({ subject, errno }) => subject.includes("WORKAROUND_1") && errno !== undefined)
        .map(({ errno, detail, remedies }) => [errno, detail.split(";")[0], ...remedies].join(": "));
    const refused = ["EINVAL: not-required was saved, not-available is there"];
    expect(levels(moved({}, ...hosts))).toEqual(refused);
    const statement = "workaround SMCCC_ARCH_WORKAROUND_1 = not-available";
    expect(levels(moved({ guest: `psci 1.1\n${statement}` }, ...hosts))).toEqual(refused);
    expect(levels(moved({}, hosts[1], hosts[0]))).toEqual([]);
  });
});

/** A core whose registers the tables have but for MIDR_EL1, REVIDR_EL1, CTR_EL0 and what KVM makes of them. */
describe("a host of which not all is known", () => {
  const v2 = (kernel: string): NamedHost => {
    const core = cpu("neoverse-v2");
    if (core === undefined) throw new Error("no neoverse-v2");
    const profile = deriveHost(`v2-${kernel}`, core, kernel);
    if ("problem" in profile) throw new Error(profile.problem);
    return { name: profile.name, profile };
  };
  /** The same with values of what the tables lack. */
  const read = (host: NamedHost): NamedHost => {
    const { profile } = host;
    const known = new Map([
      [parseOneReg("MIDR_EL1"), 0x410fd4f1n],
      [parseOneReg("REVIDR_EL1"), 0x17n],
      [parseOneReg("CTR_EL0"), 0xb444c004n],
    ]);
    const configurations = new Map(
      [...profile.configurations].map(([name, one]) => {
        const registers = new Map([...one.registers].map(([id, value]) => [id, known.get(id) ?? value]));
        return [name, { ...one, registers }];
      }),
    );
    return { name: `${host.name}-read`, profile: { ...profile, configurations } };
  };
  const moving = planned("baseline host", "psci 1.1");
  const judged = (from: NamedHost, to: NamedHost) =>
    judgeMigration(moving, depart(moving, from), from, to, rules("kvm"));
  const of = (found: ReturnType<typeof judged>, name: string) =>
    found.facts.find(({ subject }) => subject === name);

  it("is not said to hold zeros: what is not known is open, never unsafe", () => {
    const found = judged(read(v2("6.18")), v2("6.18"));
    expect(found).toMatchObject({
      verdict: "undecided",
      refused: undefined,
      executed: "whether all is restored is not known",
    });
    expect(of(found, "MIDR_EL1")).toMatchObject({
      weight: "open",
      errno: undefined,
      fields: [],
      detail: "the value of MIDR_EL1 on the other host is not known",
      remedies: ["midr neoverse-v2 r0p1"],
    });
    expect(of(found, "CTR_EL0")).toMatchObject({ weight: "open" });
  });

  it("says so of the caches that KVM makes up too, in both directions", () => {
    const back = judged(v2("6.18"), read(v2("6.18")));
    expect(back.verdict).toBe("undecided");
    expect(of(back, "CCSIDR_EL1[0]")).toMatchObject({
      weight: "open",
      detail: "the value of CTR_EL0 on the host that is left is not known",
      remedies: [],
    });
    const alike = judged(v2("6.18"), v2("7.0"));
    expect(alike).toMatchObject({ verdict: "undecided", refused: undefined, executed: true });
    expect(of(alike, "CCSIDR_EL1[0]")).toBeUndefined();
  });

  it("is refused what is known to be refused", () => {
    const found = judged(host(n1("6.18")), v2("6.18"));
    expect(found.verdict).toBe("unsafe");
    expect(describeOneReg(found.refused?.register ?? 0n)?.name).not.toBe("MIDR_EL1");
  });
});
