import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deriveHost } from "../../../src/hosts/derive.ts";
import { listedRows } from "../../../src/hosts/derived/table.ts";
import type { Vcpu } from "../../../src/sim/kvm/machine.ts";
import { registerRows } from "../../../src/sim/kvm/registers/behaviour.ts";
import { freshCacheLevels } from "../../../src/sim/kvm/registers/caches.ts";
import {
  listRegisters,
  resetVcpuRegisters,
  setRegister,
  virtualOffset,
} from "../../../src/sim/kvm/registers/index.ts";
import { registerRules } from "../../../src/sim/kvm/registers/rules.ts";
import { createVm } from "../../../src/sim/kvm/vm.ts";
import { cpu, parseOneReg, source } from "../../../src/tables/index.ts";
import { shippedNames } from "../../hosts/shipped.ts";
import { idOf, ran, rawVcpu, read, vcpuOf, vmOn } from "./registers-machine.ts";

const HOST = "max.linux-7.3";
const ONES = 0xffff_ffff_ffff_ffffn;
const UNKNOWN = 0x1de7_ec7e_dbad_c0den;
const set = (vcpu: Vcpu, register: string | bigint, value: bigint): string => {
  const answer = setRegister(vcpu, typeof register === "bigint" ? register : idOf(register), value);
  return answer.ok ? "ok" : answer.errno;
};

describe("the tables", () => {
  it("name registers and sources that exist", () => {
    const names = [
      ...registerRows().flatMap(({ registers }) => registers),
      ...listedRows().flatMap(({ values, other }) => [
        ...Object.values(values ?? {}).flat(),
        ...(other ?? []),
      ]),
    ];
    expect(names.filter((name) => parseOneReg(name) === undefined)).toEqual([]);
    const sources = [...registerRows(), ...listedRows(), ...registerRules()].map((row) => row.source);
    expect(sources.filter((name) => source(name) === undefined)).toEqual([]);
  });
});

describe("system registers", () => {
  it("are fresh after each init: with a value, or with KVM's filling", () => {
    const vcpu = vcpuOf(vmOn(HOST));
    const fresh = {
      SCTLR_EL1: 0xc5_0078n,
      TTBR0_EL1: UNKNOWN,
      CPACR_EL1: 0n,
      CNTKCTL_EL1: 0n,
      OSLSR_EL1: 8n,
    };
    for (const [name, value] of Object.entries(fresh)) expect(read(vcpu, name), name).toBe(value);
    for (const name of Object.keys(fresh).slice(0, 4)) set(vcpu, name, 0x1234n);
    resetVcpuRegisters(vcpu);
    for (const [name, value] of Object.entries(fresh)) expect(read(vcpu, name), name).toBe(value);
  });

  it("keep what they are given, whatever the architecture says of their bits", () => {
    const vcpu = vcpuOf(vmOn(HOST));
    const some = [
      "SCTLR_EL1",
      "TCR_EL1",
      "TTBR1_EL1",
      "MAIR_EL1",
      "VBAR_EL1",
      "CSSELR_EL1",
      "DBGBCR3_EL1",
      "MPIDR_EL1",
    ];
    fc.assert(
      fc.property(fc.constantFrom(...some), fc.bigInt({ min: 0n, max: ONES }), (name, value) => {
        expect([set(vcpu, name, value), read(vcpu, name)]).toEqual(["ok", value]);
      }),
    );
  });

  it("of the OS lock take the lock alone", () => {
    const vcpu = vcpuOf(vmOn(HOST));
    expect([set(vcpu, "OSLSR_EL1", 0xan), set(vcpu, "OSLSR_EL1", 0xbn), read(vcpu, "OSLSR_EL1")]).toEqual([
      "ok",
      "EINVAL",
      0xan,
    ]);
  });

  it("have the vCPU's id in MPIDR_EL1", () => {
    const vm = vmOn(HOST);
    const ids = [0, 15, 16, 0x123];
    const read0 = ids.map((id) => {
      const vcpu = rawVcpu(vm, id);
      vcpu.features = 4;
      vm.features = 4;
      resetVcpuRegisters(vcpu);
      return read(vcpu, "MPIDR_EL1");
    });
    expect(read0).toEqual([0x8000_0000n, 0x8000_000fn, 0x8000_0100n, 0x8000_1203n]);
  });
});

describe("what the CPU holds while the guest runs", () => {
  it("has lost the bits that it lacks, once the guest has gone on", () => {
    const vcpu = ran(vcpuOf(vmOn(HOST)));
    for (const name of ["AFSR0_EL1", "CNTV_CTL_EL0", "TPIDR_EL0"]) set(vcpu, name, 0x1234_0002n);
    const values = (): readonly (bigint | string)[] =>
      ["AFSR0_EL1", "CNTV_CTL_EL0", "TPIDR_EL0"].map((name) => read(vcpu, name));
    expect(values()).toEqual([0x1234_0002n, 0x1234_0002n, 0x1234_0002n]);
    vcpu.state.retired += 1;
    expect(values()).toEqual([0n, 2n, 0x1234_0002n]);
  });

  it("says of an enabled timer whether its time has come", () => {
    const vcpu = ran(vcpuOf(vmOn(HOST)));
    set(vcpu, "CNTV_CTL_EL0", 1n);
    expect(read(vcpu, "CNTV_CTL_EL0")).toBe(1n);
    vcpu.state.retired += 1;
    expect(read(vcpu, "CNTV_CTL_EL0")).toBe(5n);
  });
});

describe("a second init", () => {
  it.each([
    ["max.linux-6.1", false],
    ["max.linux-6.12", true],
  ] as const)("of %s leaves the vCPU's own ID registers: %s", (host, stays) => {
    const vcpu = vcpuOf(vmOn(host));
    const fresh = read(vcpu, "MPIDR_EL1");
    set(vcpu, "MPIDR_EL1", 0x8000_0042n);
    resetVcpuRegisters(vcpu);
    expect(read(vcpu, "MPIDR_EL1")).toBe(stays ? 0x8000_0042n : fresh);
  });
});

describe("the compare value of the physical timer", () => {
  it.each([
    ["max.linux-6.17", 0x1234n],
    ["max.linux-6.18", 0n],
  ] as const)("after a second init of %s is %s", (host, value) => {
    const vcpu = vcpuOf(vmOn(host));
    set(vcpu, "KVM_REG_ARM_PTIMER_CVAL", 0x1234n);
    resetVcpuRegisters(vcpu);
    expect(read(vcpu, "KVM_REG_ARM_PTIMER_CVAL")).toBe(value);
  });
});

describe("caches", () => {
  it("can be described anew, with no shorter lines than the host's", () => {
    const vcpu = vcpuOf(vmOn(HOST));
    const id = idOf("CCSIDR_EL1[2]");
    expect([set(vcpu, id, 0x700f_e07an), read(vcpu, id)]).toEqual(["ok", 0x700f_e07an]);
    expect([set(vcpu, id, 0n), read(vcpu, id)]).toEqual(["EINVAL", 0x700f_e07an]);
    resetVcpuRegisters(vcpu);
    expect([read(vcpu, id), vcpu.state.caches.get(2)]).toEqual([0x700f_e07an, 0x700f_e07an]);
    expect(read(vcpu, 0x6020_0000_0011_000en)).toBe("ENOENT");
  });

  it("are the host's own on 6.1", () => {
    const vcpu = vcpuOf(vmOn("max.linux-6.1"));
    const held = read(vcpu, "CCSIDR_EL1[0]");
    expect([set(vcpu, "CCSIDR_EL1[0]", 2n), read(vcpu, "CCSIDR_EL1[0]")]).toEqual(["EINVAL", held]);
    expect(read(vcpu, "CCSIDR_EL1[3]")).toBe("ENOENT");
    expect(set(vcpu, "CLIDR_EL1", 0n)).toBe("EINVAL");
  });

  it("need no cleaning where the host's need none, and nowhere else", () => {
    const levels = 0x9n;
    const cleaned = 0x920_0003n;
    const [clean, dirty] = [vcpuOf(vmOn(HOST)), vcpuOf(vmOn("cortex-a53.linux-7.3"))];
    expect([set(clean, "CLIDR_EL1", levels), set(dirty, "CLIDR_EL1", levels)]).toEqual(["ok", "EINVAL"]);
    expect([set(clean, "CLIDR_EL1", cleaned), set(dirty, "CLIDR_EL1", cleaned)]).toEqual(["ok", "ok"]);
    expect(set(clean, "CLIDR_EL1", 1n << 47n)).toBe("EINVAL");
  });

  it("are made up from CTR_EL0 as recorded on every host", () => {
    for (const name of shippedNames.filter((one) => !one.endsWith("-6.1"))) {
      const vcpu = vcpuOf(vmOn(name));
      expect(freshCacheLevels(vcpu.vm), name).toBe(read(vcpu, "CLIDR_EL1"));
    }
  });
});

describe("the PMU", () => {
  it("is not there without the feature", () => {
    expect(read(vcpuOf(vmOn(HOST)), "PMCR_EL0")).toBe("ENOENT");
  });

  it("has as many counters as PMCR_EL0.N, which user space may lower before the first run", () => {
    const vcpu = vcpuOf(vmOn(HOST), "PMU_V3");
    expect(read(vcpu, "PMCR_EL0")).toBe(0x3000n);
    expect([set(vcpu, "PMCR_EL0", 0x1001n), read(vcpu, "PMCR_EL0")]).toEqual(["ok", 0x1001n]);
    expect([set(vcpu, "PMCNTENSET_EL0", ONES), read(vcpu, "PMCNTENSET_EL0")]).toEqual(["ok", 0x8000_0003n]);
    expect([set(vcpu, "PMCR_EL0", 0xf801n), read(vcpu, "PMCR_EL0")]).toEqual(["ok", 0x1001n]);
    vcpu.vm.ran = true;
    expect([set(vcpu, "PMCR_EL0", 0n), read(vcpu, "PMCR_EL0")]).toEqual(["ok", 0x1000n]);
  });

  it("has one value under the names that set and clear it", () => {
    for (const [host, cleared] of [
      ["max.linux-6.12", 0x8000_001en & ~6n],
      ["max.linux-6.16", 6n],
    ] as const) {
      const vcpu = vcpuOf(vmOn(host), "PMU_V3");
      expect(read(vcpu, "PMINTENCLR_EL1")).toBe(0x8000_001en);
      set(vcpu, "PMINTENCLR_EL1", 6n);
      expect([read(vcpu, "PMINTENSET_EL1"), read(vcpu, "PMINTENCLR_EL1")]).toEqual([cleared, cleared]);
    }
  });

  it("ignores writes of PMSWINC_EL0", () => {
    const vcpu = vcpuOf(vmOn(HOST), "PMU_V3");
    expect([set(vcpu, "PMSWINC_EL0", ONES), read(vcpu, "PMSWINC_EL0")]).toEqual(["ok", 0n]);
  });
});

describe("timers", () => {
  it("show their status on kernels that work it out, and never keep it", () => {
    const [old, recent] = [vcpuOf(vmOn("max.linux-6.17")), vcpuOf(vmOn("max.linux-6.18"))];
    for (const vcpu of [old, recent]) expect(set(vcpu, "KVM_REG_ARM_TIMER_CTL", 6n)).toBe("ok");
    expect([read(old, "KVM_REG_ARM_TIMER_CTL"), read(recent, "KVM_REG_ARM_TIMER_CTL")]).toEqual([6n, 2n]);
    set(old, "KVM_REG_ARM_TIMER_CVAL", ONES);
    expect(read(old, "KVM_REG_ARM_TIMER_CTL")).toBe(2n);
  });

  it("have CVAL and CNT under each other's encoding", () => {
    const vcpu = vcpuOf(vmOn(HOST));
    set(vcpu, "KVM_REG_ARM_TIMER_CVAL", 0x1234n);
    expect(idOf("KVM_REG_ARM_TIMER_CVAL")).toBe(idOf("CNTVCT_EL0"));
    expect(vcpu.state.system.get(Number(idOf("CNTV_CVAL_EL0") & 0xffffn))).toBe(0x1234n);
    expect([set(vcpu, "KVM_REG_ARM_TIMER_CNT", 0x99n), read(vcpu, "KVM_REG_ARM_TIMER_CNT")]).toEqual([
      "ok",
      0x99n,
    ]);
  });
});

describe("counters", () => {
  it("go on from what they are set to, on every vCPU, a nanosecond an instruction", () => {
    const vm = vmOn(HOST);
    const [first, second] = [vcpuOf(vm), vcpuOf(vm)];
    for (const vcpu of [first, second]) vcpu.state.retired = 5000;
    expect(set(first, "KVM_REG_ARM_TIMER_CNT", 100n)).toBe("ok");
    expect([read(first, "KVM_REG_ARM_TIMER_CNT"), read(second, "KVM_REG_ARM_TIMER_CNT")]).toEqual([
      100n,
      100n,
    ]);
    expect(virtualOffset(vm)).toBe(4900n);
    first.state.retired += 7;
    expect(read(first, "KVM_REG_ARM_TIMER_CNT")).toBe(107n);
  });

  it("stay with the VM's offset where it has one", () => {
    const vcpu = vcpuOf(vmOn(HOST));
    const before = read(vcpu, "KVM_REG_ARM_PTIMER_CNT");
    vcpu.vm.counterOffset = 0x1000n;
    expect(set(vcpu, "KVM_REG_ARM_TIMER_CNT", 0n)).toBe("ok");
    const behind = typeof before === "bigint" ? before - 0x1000n : before;
    expect([read(vcpu, "KVM_REG_ARM_TIMER_CNT"), read(vcpu, "KVM_REG_ARM_PTIMER_CNT")]).toEqual([
      behind,
      behind,
    ]);
    expect(BigInt.asUintN(64, -virtualOffset(vcpu.vm))).toBe(behind);
  });
});

describe("a guest with EL2", () => {
  it("has ZCR_EL2 with SVE, and nothing of EL2 without the feature", () => {
    const host = "max-nested.linux-7.3";
    expect(read(vcpuOf(vmOn(host)), "HCR_EL2")).toBe("ENOENT");
    expect(read(vcpuOf(vmOn(host), "HAS_EL2"), "ZCR_EL2")).toBe("ENOENT");
    expect(read(vcpuOf(vmOn(host), "HAS_EL2", "SVE"), "ZCR_EL2")).toBe(0n);
    expect(read(vcpuOf(vmOn(host), "HAS_EL2_E2H0"), "HCR_EL2")).toBe("ENOENT");
  });

  it("has in MDCR_EL2.HPMN as many counters as its PMU", () => {
    const host = "max-nested.linux-7.3";
    expect(read(vcpuOf(vmOn(host), "HAS_EL2"), "MDCR_EL2")).toBe(0n);
    expect(read(vcpuOf(vmOn(host), "HAS_EL2", "PMU_V3"), "MDCR_EL2")).toBe(6n);
  });

  it("begins there, and takes its modes", () => {
    const vcpu = vcpuOf(vmOn("max-nested.linux-7.3"), "HAS_EL2");
    expect([read(vcpu, "pstate"), set(vcpu, "pstate", 0x3c8n), read(vcpu, "pstate")]).toEqual([
      0x3c9n,
      "ok",
      0x3c8n,
    ]);
  });
});

describe("a host that nobody recorded", () => {
  it("has the registers that KVM has on its kernel", () => {
    const row = cpu("cortex-a76");
    if (row === undefined) throw new Error("the tables know cortex-a76");
    const profile = deriveHost("derived", row, "6.18");
    if ("problem" in profile) throw new Error(profile.problem);
    const made = createVm({ profile }, 0n);
    if (!made.ok) throw new Error(made.errno);
    const ids = (vcpu: Vcpu): readonly bigint[] => {
      const list = listRegisters(vcpu);
      return list.ok ? list.value : [];
    };
    const derived = vcpuOf(made.value, "PMU_V3");
    const recorded = vcpuOf(vmOn("cortex-a76.linux-6.18"), "PMU_V3");
    expect(ids(derived)).toEqual(ids(recorded));
    for (const name of ["SCTLR_EL1", "CCSIDR_EL1[0]", "PMSELR_EL0", "MPIDR_EL1"])
      expect(read(derived, name), name).toBe(read(recorded, name));
  });
});
