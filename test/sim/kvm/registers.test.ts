import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { getRegister, listRegisters, setRegister } from "../../../src/sim/kvm/registers/index.ts";
import { shipped, shippedNames, spread } from "../../hosts/shipped.ts";
import { finalized, idOf, ran, rawVcpu, read, vcpuOf, vmOn } from "./registers-machine.ts";

const HOST = "max.linux-7.3";
const ONES = 0xffff_ffff_ffff_ffffn;
const set = (...[vcpu, id, value]: Parameters<typeof setRegister>): string => {
  const answer = setRegister(vcpu, id, value);
  return answer.ok ? "ok" : answer.errno;
};

describe("what KVM asks of an id before anything else", () => {
  const vcpu = vcpuOf(vmOn(HOST));
  const pfr0 = idOf("ID_AA64PFR0_EL1");

  it("is that the vCPU is initialised: ENOEXEC, whatever the id", () => {
    const raw = rawVcpu(vmOn(HOST));
    for (const id of [pfr0, 0n, ONES]) {
      expect(read(raw, id)).toBe("ENOEXEC");
      expect(set(raw, id, 0n)).toBe("ENOEXEC");
    }
    expect(listRegisters(raw)).toEqual({ ok: false, errno: "ENOEXEC" });
  });

  it("is that it is arm64's: EINVAL", () => {
    for (const id of [0n, ONES, pfr0 ^ (0x10n << 56n), pfr0 | (1n << 47n)])
      expect(read(vcpu, id)).toBe("EINVAL");
  });

  it("is that its class, size and encoding name a register: ENOENT", () => {
    const noClass = (pfr0 & ~(0xfffn << 16n)) | (0x17n << 16n);
    const narrow = (pfr0 & ~(0xfn << 52n)) | (2n << 52n);
    for (const id of [noClass, narrow, pfr0 | (1n << 28n), idOf("CNTV_TVAL_EL0")]) {
      expect(read(vcpu, id)).toBe("ENOENT");
      expect(set(vcpu, id, 0n)).toBe("ENOENT");
    }
  });

  it("is that KVM has not given the VM up: EIO", () => {
    const lost = vcpuOf(vmOn(HOST));
    lost.vm.dead = true;
    expect([read(lost, pfr0), set(lost, pfr0, 0n)]).toEqual(["EIO", "EIO"]);
  });
});

describe("core registers", () => {
  it("are found by their place in the structure, size included", () => {
    const vcpu = vcpuOf(vmOn(HOST));
    expect(read(vcpu, 0x6030_0000_0010_0001n)).toBe("EINVAL");
    expect(read(vcpu, 0x6020_0000_0010_0000n)).toBe("EINVAL");
    expect(read(vcpu, 0x6030_0000_0010_00d8n)).toBe("ENOENT");
    expect(read(vcpu, 0x6040_0000_0010_00d4n)).toBe("ENOENT");
  });

  it("keep what they are given, to their width", () => {
    const vcpu = vcpuOf(vmOn(HOST));
    const some = [
      "x0",
      "x30",
      "sp_el0",
      "pc",
      "sp_el1",
      "elr_el1",
      "spsr_el1",
      "spsr_abt",
      "spsr_fiq",
      "v0",
      "v31",
    ];
    fc.assert(
      fc.property(fc.constantFrom(...some), fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), (name, value) => {
        const id = idOf(name);
        const width = name.startsWith("v") ? 128 : 64;
        expect(set(vcpu, id, value)).toBe("ok");
        expect(read(vcpu, id)).toBe(BigInt.asUintN(width, value));
      }),
    );
  });

  it("of PSTATE keep what a level that the vCPU has could be in", () => {
    const wide = vcpuOf(vmOn(HOST));
    const narrow = vcpuOf(vmOn(HOST), "EL1_32BIT");
    expect([read(wide, "pstate"), read(narrow, "pstate")]).toEqual([0x3c5n, 0x1d3n]);
    for (const [value, of64, of32] of [
      [0x3c4n, "ok", "EINVAL"],
      [0xf000_03c5n, "ok", "EINVAL"],
      [0x3c9n, "EINVAL", "EINVAL"],
      [0x1d3n, "EINVAL", "ok"],
      [0x1d0n, "ok", "ok"],
    ] as const) {
      for (const [vcpu, expected] of [
        [wide, of64],
        [narrow, of32],
      ] as const) {
        const before = read(vcpu, "pstate");
        expect(set(vcpu, idOf("pstate"), value)).toBe(expected);
        expect(read(vcpu, "pstate")).toBe(expected === "ok" ? value : before);
      }
    }
  });

  it("lose their upper halves in AArch32", () => {
    const vcpu = vcpuOf(vmOn(HOST), "EL1_32BIT");
    set(vcpu, idOf("x3"), ONES);
    set(vcpu, idOf("pc"), ONES);
    expect([read(vcpu, "x3"), read(vcpu, "pc")]).toEqual([0xffff_ffffn, 0xffff_ffffn]);
  });
});

describe("vectors", () => {
  it("are V without SVE, and Z, P and FFR with it, once finalised", () => {
    const plain = vcpuOf(vmOn(HOST));
    const sve = vcpuOf(vmOn(HOST), "SVE");
    expect([read(plain, "v0"), read(plain, "z0"), read(plain, "KVM_REG_ARM64_SVE_VLS")]).toEqual([
      0n,
      "ENOENT",
      "ENOENT",
    ]);
    expect([read(sve, "v0"), read(sve, "z0"), read(sve, 0x6080_0000_0015_0001n)]).toEqual([
      "EINVAL",
      "EPERM",
      "ENOENT",
    ]);
    expect(read(finalized(sve), "z0")).toBe(0n);
    expect(read(sve, 0x6050_0000_0015_0620n)).toBe("EINVAL");
  });

  it("keep as many bytes as the longest length has", () => {
    const vcpu = vcpuOf(vmOn(HOST), "SVE");
    expect(set(vcpu, idOf("KVM_REG_ARM64_SVE_VLS"), 3n)).toBe("ok");
    finalized(vcpu);
    const every = (1n << 2048n) - 1n;
    expect(set(vcpu, idOf("z31"), every)).toBe("ok");
    expect(set(vcpu, idOf("p15"), every)).toBe("ok");
    expect(read(vcpu, "z31")).toBe((1n << 256n) - 1n);
    expect(read(vcpu, "p15")).toBe((1n << 32n) - 1n);
    expect(read(vcpu, "z30")).toBe(0n);
  });

  it("have the host's lengths up to the longest that is asked for", () => {
    const id = idOf("KVM_REG_ARM64_SVE_VLS");
    const vcpu = vcpuOf(vmOn("a64fx.linux-6.18"), "SVE");
    expect(read(vcpu, id)).toBe(0b1011n);
    expect([0n, 0b111n, 0b1111n, 0b1000n, 1n << 100n].map((value) => set(vcpu, id, value))).toEqual(
      Array.from({ length: 5 }, () => "EINVAL"),
    );
    expect([set(vcpu, id, 0b11n), read(vcpu, id)]).toEqual(["ok", 0b11n]);
    finalized(vcpu);
    expect(set(vcpu, id, 0b11n)).toBe("EPERM");
  });
});

describe("firmware registers", () => {
  it("take PSCI 0.1 without the feature, later versions with it", () => {
    const id = idOf("KVM_REG_ARM_PSCI_VERSION");
    const vcpu = vcpuOf(vmOn(HOST));
    expect([1n, 2n, 0x1_0003n, 0x1_0004n, 0x2_0000n].map((value) => set(vcpu, id, value))).toEqual([
      "EINVAL",
      "ok",
      "ok",
      "EINVAL",
      "EINVAL",
    ]);
    expect(read(vcpu, id)).toBe(0x1_0003n);
    const old = vcpuOf(vmOn("max.linux-6.1"));
    expect([read(old, id), set(old, id, 0x1_0003n)]).toEqual([0x1_0001n, "EINVAL"]);
    const without = rawVcpu(vmOn(HOST));
    without.features = 0;
    without.vm.features = 0;
    expect([read(without, id), set(without, id, 1n), set(without, id, 2n)]).toEqual([1n, "ok", "EINVAL"]);
  });

  it("of bitmaps take known bits, and after the first run what is there", () => {
    const id = idOf("KVM_REG_ARM_VENDOR_HYP_BMAP");
    const vcpu = vcpuOf(vmOn(HOST));
    expect([set(vcpu, id, 1n), set(vcpu, id, 4n), read(vcpu, id)]).toEqual(["ok", "EINVAL", 1n]);
    ran(vcpu);
    expect([set(vcpu, id, 1n), set(vcpu, id, 3n), set(vcpu, id, 4n)]).toEqual(["ok", "EBUSY", "EINVAL"]);
  });

  it("of workarounds take a level that the host gives, and keep nothing", () => {
    for (const host of spread) {
      const vcpu = vcpuOf(vmOn(host));
      for (const name of ["1", "3"]) {
        const id = idOf(`KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_${name}`);
        const level = read(vcpu, id);
        for (const value of [0n, 1n, 2n]) {
          expect(set(vcpu, id, value)).toBe(typeof level === "bigint" && value <= level ? "ok" : "EINVAL");
          expect(read(vcpu, id)).toBe(level);
        }
        expect(set(vcpu, id, 0x10n)).toBe("EINVAL");
      }
    }
  });
});

describe("workaround 2", () => {
  it.each([
    ["cortex-a710.linux-6.1", "EINVAL", 0n],
    ["cortex-a710.linux-6.12", "ok", 3n],
  ] as const)("on %s without SSBS is %s, %s", (host, taken, level) => {
    const vcpu = vcpuOf(vmOn(host));
    const id = idOf("KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2");
    const pfr1 = read(vcpu, "ID_AA64PFR1_EL1");
    expect([read(vcpu, id), set(vcpu, id, 3n)]).toEqual([0n, "EINVAL"]);
    set(vcpu, idOf("ID_AA64PFR1_EL1"), typeof pfr1 === "bigint" ? pfr1 & ~0xf0n : 0n);
    expect([set(vcpu, id, 3n), read(vcpu, id)]).toEqual([taken, level]);
  });
});

describe("every register of the list", () => {
  it.each(shippedNames)("can be read on %s, and takes again what it holds", (host) => {
    const vcpu = vcpuOf(vmOn(host));
    const list = listRegisters(vcpu);
    const ids = list.ok ? list.value : [];
    expect(ids.length).toBe(shipped(host).configurations.get("base")?.listed);
    for (const id of ids) {
      const before = getRegister(vcpu, id);
      if (!before.ok) throw new Error(`${id.toString(16)}: ${before.errno}`);
      expect(set(vcpu, id, before.value), id.toString(16)).toBe("ok");
    }
  });

  it("is refused before SVE is finalised: EPERM", () => {
    const vcpu = vcpuOf(vmOn(HOST), "SVE");
    expect(listRegisters(vcpu)).toEqual({ ok: false, errno: "EPERM" });
    const list = listRegisters(finalized(vcpu));
    expect(list.ok && list.value.length).toBe(shipped(HOST).configurations.get("sve")?.listed);
  });

  it("loses those that the guest's ID registers take away, if the host has them", () => {
    const ids = (vcpu: ReturnType<typeof vcpuOf>): readonly bigint[] => {
      const list = listRegisters(vcpu);
      return list.ok ? list.value : [];
    };
    // On 6.12 TCR2_EL1 is listed though ID_AA64MMFR3_EL1.TCRX is 0.
    expect(ids(vcpuOf(vmOn("max.linux-6.12")))).toContain(idOf("TCR2_EL1"));
    expect(ids(vcpuOf(vmOn("max.linux-6.16")))).not.toContain(idOf("TCR2_EL1"));
  });
});
