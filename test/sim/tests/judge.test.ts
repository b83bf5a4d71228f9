/** What comes of each kind of expectation. */
import { describe, expect, it } from "vitest";
import { formatLocation, spanText } from "../../../src/diagnostics/span.ts";
import { countOutcomes, exitStatus, type Outcome } from "../../../src/sim/tests/outcome.ts";
import { findings } from "../../../src/sim/tests/run.ts";
import { outcomes, runText, tested } from "./support.ts";

const short = ({ status, seen }: Outcome): string => `${status}: ${seen}`;
const shorts = (...of: Parameters<typeof outcomes>): readonly string[] => outcomes(...of).map(short);

/** Where the marks of a finding's related statements stand, with their words. */
const marks = ({ diagnostic }: Outcome): readonly string[] =>
  (diagnostic?.related ?? []).map(({ span, message }) => `${spanText(span)}: ${message}`);

describe("read", () => {
  it("holds fields, whole registers and `host` against what MRS gives", () => {
    expect(
      shorts(
        "baseline host\nwithout FEAT_DotProd",
        "",
        "read ID_AA64ISAR0_EL1.DP = 0\nread ID_AA64ISAR0_EL1.DP = 1\nread ID_AA64PFR1_EL1 = 0x10\nread ID_AA64PFR1_EL1 = host\nread ID_AA64ISAR0_EL1 = host",
      ),
    ).toEqual(["passed: 0x0 (NI)", "failed: 0x0 (NI)", "failed: 0x20", "passed: 0x20", "failed: 0x10211120"]);
  });

  it("marks the statement, the baseline or the default that decided", () => {
    const [statement, baseline, absent, host] = outcomes(
      "baseline armv8.2-a\nwith FEAT_DotProd",
      "",
      "read ID_AA64ISAR0_EL1.DP = 0\nread ID_AA64ISAR0_EL1.Atomic = 0\nread ID_AA64PFR0_EL1.SVE = 1\nread ID_AA64MMFR1_EL1.VH = 0",
    );
    expect(statement && marks(statement)).toEqual(["FEAT_DotProd: decided here"]);
    expect(baseline && marks(baseline)).toEqual(["baseline armv8.2-a: baseline armv8.2-a decided"]);
    expect(absent && marks(absent)).toEqual([expect.stringMatching(/no `sve` here$/)]);
    expect(host && marks(host)).toEqual(["baseline armv8.2-a: left to the host here"]);
  });

  it("of a whole register marks the fields that differ, each place once with all of its fields", () => {
    const [found] = outcomes(
      "baseline armv8.2-a\nwith FEAT_DotProd, FEAT_FP16",
      "",
      "read ID_AA64ISAR0_EL1 = 0",
    );
    expect(found && marks(found)).toEqual([
      "FEAT_DotProd: decided DP here",
      "baseline armv8.2-a: baseline armv8.2-a decided RDM, Atomic, CRC32",
    ]);
  });
});

describe("execute", () => {
  it("says which instruction decided", () => {
    const [works, undef, hidden, sve] = outcomes(
      "baseline host\nwithout FEAT_DotProd",
      "",
      "execute FEAT_LSE = works\nexecute FEAT_LSE = undefined\nexecute FEAT_DotProd = undefined\nexecute FEAT_SVE = undefined",
    );
    expect(works && short(works)).toMatch(/^passed: executes: CAS and \d+ more$/);
    expect(undef?.diagnostic?.message).toBe(
      "on host `neoverse-n1.linux-6.12` CAS, which tells of FEAT_LSE, executes",
    );
    // To hide a feature does not take its instructions away.
    expect(hidden?.diagnostic?.message).toContain("SDOT, which tells of FEAT_DotProd, executes");
    expect(hidden && marks(hidden)).toEqual(["FEAT_DotProd: decided ID_AA64ISAR0_EL1.DP here"]);
    expect(sve?.status).toBe("passed");
  });

  it("judges `works` by the feature's own instructions, `undefined` by all that need it", () => {
    expect(
      shorts(
        "baseline host",
        "",
        "execute FEAT_DPB = works\nexecute FEAT_MTE = undefined",
        "neoverse-n1.linux-6.18",
      ).map((one) => one.replace(/:.*/, "")),
    ).toEqual(["passed", "passed"]);
  });

  it("is undecided where no instruction tells", () => {
    expect(shorts("baseline host", "", "execute FEAT_CSV2 = undefined")).toEqual([
      "undecided: the tables know no instruction that tells of FEAT_CSV2",
    ]);
  });
});

describe("hvc and smc", () => {
  it("hold answers, denials, exits and waits, with arguments", () => {
    expect(
      shorts(
        "baseline host",
        "psci 1.1\nservices trng\nsmccc {\n  deny oem fast64\n  forward vendor-hyp fast64\n}",
        "hvc PSCI_VERSION = 0x1_0001\nhvc PSCI_VERSION = 0x1_0000\nhvc TRNG_VERSION = 0x1_0000\nhvc HV_PV_TIME_FEATURES = denied\nhvc 0xC300_0000 ..= 0xC300_FFFF = denied\nhvc 0xC600_0000 = forwarded\nhvc PSCI_CPU_OFF = waits\nhvc PSCI_SYSTEM_OFF = system-event\nhvc PSCI_FEATURES with 0x8400_0002 = 0\nhvc PSCI_FEATURES with 0x8400_0099 = denied",
      ),
    ).toEqual([
      "passed: answers 0x10001",
      "failed: answers 0x10001",
      "passed: answers 0x10000",
      "passed: answers -1",
      "passed: answers -1",
      "passed: exits to user space",
      "passed: waits",
      "passed: exits as a system event",
      "passed: answers 0x0",
      "passed: answers -1",
    ]);
  });

  it("find the one id of a range that differs, and the statement that made it so", () => {
    const [found] = outcomes(
      "baseline host",
      "smccc {\n  deny oem fast64 0x0 ..= 0x4f\n  deny oem fast64 0x51 ..= 0xff\n  forward 0xC300_0050\n}",
      "hvc 0xC300_0000 ..= 0xC300_00ff = denied",
    );
    expect(found?.diagnostic?.message).toBe(
      "on host `neoverse-n1.linux-6.12` HVC of 0xc3000050 exits to user space, not denied",
    );
    expect(found && marks(found)).toEqual(["forward 0xC300_0050: decided here"]);
  });

  it("judge all 2^32 ids at once", () => {
    const [found] = outcomes("baseline host", "", "hvc 0x0 ..= 0xffff_ffff = denied");
    expect(found?.diagnostic?.message).toContain("HVC of SMCCC_VERSION (0x80000000) answers 0x10001");
  });

  it("tell the conduits apart where the kernel does", () => {
    expect(
      shorts(
        "baseline host",
        "psci 1.1",
        "hvc PSCI_VERSION = 0x1_0001\nsmc PSCI_VERSION = 0x1_0001",
        "neoverse-n1.linux-6.1",
      ),
    ).toEqual(["passed: answers 0x10001", "failed: answers -1"]);
  });

  it("are undecided where the answer differs from call to call", () => {
    const [found] = outcomes(
      "baseline host",
      "services trng\n",
      "hvc VENDOR_HYP_KVM_PTP = 0\nhvc TRNG_RND with 32 = 0",
    );
    expect(found?.status).toBe("failed");
  });
});

describe("vectors", () => {
  it("hold the lengths that the guest can choose", () => {
    const expectations = "vectors = none\nvectors = 256, 128\nvectors = 128";
    expect(shorts("baseline host\nsve lengths 128, 256", "", expectations, "max.linux-7.2")).toEqual([
      "failed: 128, 256",
      "passed: 128, 256",
      "failed: 128, 256",
    ]);
    expect(shorts("baseline host", "", expectations)[0]).toBe("passed: none");
    expect(shorts("baseline host\nsve host", "", expectations, "a64fx.linux-6.12")).toEqual([
      "failed: 128, 256, 512",
      "failed: 128, 256, 512",
      "failed: 128, 256, 512",
    ]);
  });
});

describe("a guest that KVM refuses", () => {
  it("fails every expectation and is one finding, with the statement that asked for it", () => {
    const runs = runText(
      tested(
        "baseline host\nfield ID_AA64MMFR1_EL1.VH = 0",
        "",
        "read ID_AA64MMFR1_EL1.VH = 0\nexecute FEAT_SVE = undefined",
      ),
      ["neoverse-n1.linux-6.12", "max.linux-7.2"],
    );
    expect(runs.flatMap((run) => run.outcomes.map(({ status }) => status))).toEqual(Array(4).fill("failed"));
    const found = findings(runs);
    expect(found.map(({ code }) => code)).toEqual(["GC0905", "GC0905"]);
    expect(found[0]?.related.map(({ span }) => formatLocation(span))).toEqual(["sample.guest:4:1"]);
    expect(found[0]?.notes[0]).toContain("ID_AA64MMFR1_EL1.VH");
  });
});

describe("migrations", () => {
  const hosts =
    'host a { profile "hosts/neoverse-n1.linux-6.12.json" }\nhost b { profile "hosts/neoverse-n1.linux-6.18.json" }\nhost c { profile "hosts/neoverse-n1.linux-7.2.json" }\n';
  const moved = (expectations: string, guest = "  runs-on a, b"): string =>
    `edition 2026\n${hosts}${tested("baseline host", guest, expectations).replace("edition 2026\n", "")}`;

  it("are judged once for all hosts", () => {
    const runs = runText(moved("read ID_AA64PFR0_EL1.SVE = 0\nmigrate b to c = safe"));
    expect(countOutcomes(runs)).toEqual({ passed: 3, failed: 0, undecided: 0, "not-run": 0 });
    expect(runs.map((run) => run.outcomes.length)).toEqual([2, 1]);
  });

  it("need no host that the guest runs on", () => {
    const runs = runText(moved("migrate b to c = safe\nmigrate a to a = safe", ""));
    expect(countOutcomes(runs)).toEqual({ passed: 2, failed: 0, undecided: 0, "not-run": 0 });
  });

  it("that are not as expected are told with what KVM refuses", () => {
    const runs = runText(moved("migrate a to b = safe\nmigrate a to b = unsafe\nmigrate b to c = unsafe"));
    expect(runs[0]?.outcomes.map(({ status }) => status)).toEqual(["failed", "passed", "failed"]);
    const found = findings(runs);
    expect(found.map(({ code, message }) => [code, message])).toEqual([
      ["GC0908", "moving from a to b is unsafe, not safe"],
      ["GC0908", "moving from b to c is safe, not unsafe"],
    ]);
    expect(found[0]?.notes[0]).toContain("TCR2_EL1");
    expect(runs[0]?.outcomes[0]?.seen).toBe("unsafe: KVM_SET_ONE_REG answers ENOENT");
  });
});

describe("what is not run", () => {
  it("is all of a guest that names no host", () => {
    const runs = runText(tested("baseline host", "", "vectors = none"));
    expect(runs.map(({ host }) => host)).toEqual([undefined]);
    expect(countOutcomes(runs)).toMatchObject({ "not-run": 1, passed: 0 });
  });

  it("makes the exit status 1 only where nothing else was run", () => {
    const counts = (passed: number, failed: number, undecided: number, notRun: number) =>
      exitStatus({ passed, failed, undecided, "not-run": notRun });
    expect(counts(1, 0, 0, 0)).toBe(0);
    expect(counts(1, 0, 0, 1)).toBe(0);
    expect(counts(0, 0, 0, 1)).toBe(1);
    expect(counts(1, 1, 0, 0)).toBe(1);
    expect(counts(1, 0, 1, 0)).toBe(1);
    expect(counts(0, 0, 0, 0)).toBe(0);
  });
});
