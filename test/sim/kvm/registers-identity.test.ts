import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Device, Vcpu } from "../../../src/sim/kvm/machine.ts";
import { freezeAtFirstRun, setRegister, writableMasks } from "../../../src/sim/kvm/registers/index.ts";
import { contractRegisters, fieldMask, idRegister } from "../../../src/tables/index.ts";
import { shippedNames, spread } from "../../hosts/shipped.ts";
import { idOf, ran, read, vcpuOf, vmOn } from "./registers-machine.ts";

const HOST = "max.linux-7.3";
const set = (vcpu: Vcpu, register: string | bigint, value: bigint): string => {
  const answer = setRegister(vcpu, typeof register === "bigint" ? register : idOf(register), value);
  return answer.ok ? "ok" : answer.errno;
};

function number(vcpu: Vcpu, register: string | bigint): bigint {
  const value = read(vcpu, register);
  if (typeof value === "string") throw new Error(`${register}: ${value}`);
  return value;
}

/** The register with one field changed. */
function changed(vcpu: Vcpu, register: string, field: string, value: bigint): bigint {
  const of = idRegister(register)?.fields.find(({ name }) => name === field);
  if (of === undefined) throw new Error(`no field is called ${register}.${field}`);
  return (number(vcpu, register) & ~fieldMask(of)) | (value << BigInt(of.lsb));
}

const sixtyFour = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });

describe("a write of an ID register", () => {
  it("that is refused changes nothing; one that is taken reads back within the writable mask", () => {
    const masks = writableMasks(vmOn(HOST), 0, 0);
    const mask = masks.ok ? masks.value : new Map<bigint, bigint>();
    fc.assert(
      fc.property(
        fc.constantFrom(...contractRegisters().map(({ id }) => id)),
        sixtyFour,
        sixtyFour,
        (id, bits, value) => {
          const vcpu = vcpuOf(vmOn(HOST));
          const before = number(vcpu, id);
          // Few bits at a time, for most values are refused.
          const wanted = before ^ (bits & value & (mask.get(id) ?? 0n) & (0xffn << (value & 0x38n)));
          const answer = set(vcpu, id, wanted);
          const after = number(vcpu, id);
          if (answer === "ok") expect((after ^ before) & ~(mask.get(id) ?? 0n)).toBe(0n);
          else expect([answer, after]).toEqual(["EINVAL", before]);
        },
      ),
      { numRuns: 400 },
    );
  });

  it("is judged against what the host has, not against what was written last", () => {
    const vcpu = vcpuOf(vmOn(HOST));
    const fresh = number(vcpu, "ID_AA64ISAR0_EL1");
    expect(set(vcpu, "ID_AA64ISAR0_EL1", changed(vcpu, "ID_AA64ISAR0_EL1", "AES", 0n))).toBe("ok");
    expect(set(vcpu, "ID_AA64ISAR0_EL1", fresh)).toBe("ok");
    expect(read(vcpu, "ID_AA64ISAR0_EL1")).toBe(fresh);
  });

  it("may change several fields at once, if each may be changed", () => {
    const vcpu = vcpuOf(vmOn(HOST));
    const fresh = number(vcpu, "ID_AA64ISAR0_EL1");
    set(vcpu, "ID_AA64ISAR0_EL1", changed(vcpu, "ID_AA64ISAR0_EL1", "AES", 1n));
    const both = changed(vcpu, "ID_AA64ISAR0_EL1", "SHA2", 1n);
    set(vcpu, "ID_AA64ISAR0_EL1", fresh);
    expect(set(vcpu, "ID_AA64ISAR0_EL1", both)).toBe("ok");
    expect(read(vcpu, "ID_AA64ISAR0_EL1")).toBe(both);
    expect(set(vcpu, "ID_AA64ISAR0_EL1", both | 0xfn)).toBe("EINVAL");
    expect(read(vcpu, "ID_AA64ISAR0_EL1")).toBe(both);
  });

  it("is the VM's: every vCPU reads it, and a later init keeps it", () => {
    const vm = vmOn(HOST);
    const [first, second] = [vcpuOf(vm), vcpuOf(vm)];
    const value = changed(first, "ID_AA64MMFR0_EL1", "PARange", 0n);
    expect(set(first, "ID_AA64MMFR0_EL1", value)).toBe("ok");
    expect(read(second, "ID_AA64MMFR0_EL1")).toBe(value);
    expect(read(vcpuOf(vm), "ID_AA64MMFR0_EL1")).toBe(value);
  });

  it("of a field that KVM drops is taken and reads zero", () => {
    // KVM once showed ID_AA64MMFR2_EL1.NV, and takes the host's value of it still.
    const vcpu = vcpuOf(vmOn(HOST));
    const fresh = number(vcpu, "ID_AA64MMFR2_EL1");
    expect(set(vcpu, "ID_AA64MMFR2_EL1", changed(vcpu, "ID_AA64MMFR2_EL1", "NV", 2n))).toBe("ok");
    expect(read(vcpu, "ID_AA64MMFR2_EL1")).toBe(fresh);
  });

  it("is dropped where the host has no AArch32 and the register speaks of it", () => {
    for (const host of ["a64fx.linux-6.1", "a64fx.linux-6.18"]) {
      const vcpu = vcpuOf(vmOn(host));
      expect([set(vcpu, "ID_ISAR0_EL1", 0x1234n), read(vcpu, "ID_ISAR0_EL1")]).toEqual(["ok", 0n]);
    }
  });

  it("is refused of a register that no one has defined, unless it is zero", () => {
    const vcpu = vcpuOf(vmOn(HOST));
    expect([set(vcpu, "S3_0_C0_C7_7", 0n), set(vcpu, "S3_0_C0_C7_7", 1n)]).toEqual(["ok", "EINVAL"]);
  });
});

describe("after the first run", () => {
  it.each([...spread])(
    "only what is there is taken on %s: EBUSY, and what no kernel takes EINVAL",
    (host) => {
      const vcpu = ran(vcpuOf(vmOn(host)));
      const freezes = !host.endsWith("-6.1");
      for (const { id, name } of contractRegisters().filter(({ kind }) => kind === "aarch64-id")) {
        if (read(vcpu, id) === "ENOENT") continue;
        const held = number(vcpu, id);
        expect(set(vcpu, id, held), name).toBe("ok");
        const bit = held ^ (1n << 63n);
        expect(set(vcpu, id, bit), name).toBe(freezes ? "EBUSY" : "EINVAL");
        expect(read(vcpu, id)).toBe(held);
      }
    },
  );

  it("what a register's own check refuses is EINVAL still", () => {
    const vcpu = ran(vcpuOf(vmOn(HOST)));
    expect(set(vcpu, "ID_AA64DFR0_EL1", changed(vcpu, "ID_AA64DFR0_EL1", "DebugVer", 5n))).toBe("EINVAL");
    expect(set(vcpu, "ID_AA64DFR0_EL1", changed(vcpu, "ID_AA64DFR0_EL1", "DebugVer", 6n))).toBe("EBUSY");
    expect(set(vcpu, "CTR_EL0", 0n)).toBe("EINVAL");
  });

  it("6.1 takes CSV2 and CSV3 as before", () => {
    const vcpu = ran(vcpuOf(vmOn("max.linux-6.1")));
    const value = changed(vcpu, "ID_AA64PFR0_EL1", "CSV3", 0n);
    expect([set(vcpu, "ID_AA64PFR0_EL1", value), read(vcpu, "ID_AA64PFR0_EL1")]).toEqual(["ok", value]);
  });
});

describe("the first run", () => {
  const GIC = 0xfn << 24n;

  it("takes the GIC's system registers from a VM without a GIC, from 6.12 on", () => {
    for (const [host, kept] of [
      ["max.linux-6.1", true],
      ["max.linux-6.12", false],
      ["max.linux-7.3", false],
    ] as const) {
      const vcpu = vcpuOf(vmOn(host));
      expect(number(vcpu, "ID_AA64PFR0_EL1") & GIC).not.toBe(0n);
      freezeAtFirstRun(vcpu);
      expect((number(vcpu, "ID_AA64PFR0_EL1") & GIC) !== 0n).toBe(kept);
    }
  });

  it("leaves them where there is one", () => {
    const vcpu = vcpuOf(vmOn(HOST));
    const gic: Device = {
      vm: vcpu.vm,
      type: 7,
      addresses: new Map(),
      attributes: new Map(),
      initialised: true,
      spis: 0,
      redistributors: [],
      placed: new Map(),
      owners: new Map(),
    };
    vcpu.vm.devices.push(gic);
    const before = number(vcpu, "ID_AA64PFR0_EL1");
    freezeAtFirstRun(vcpu);
    expect(read(vcpu, "ID_AA64PFR0_EL1")).toBe(before);
  });

  it("resets the counters that PMCR_EL0 asks for, and forgets that it asked, up to 6.14", () => {
    for (const [host, counted, asked] of [
      ["max.linux-6.12", 0n, 0n],
      ["max.linux-6.16", 5n, 0b110n],
    ] as const) {
      const vcpu = vcpuOf(vmOn(host), "PMU_V3");
      for (const name of ["PMCCNTR_EL0", "PMEVCNTR0_EL0"]) set(vcpu, name, 5n);
      set(vcpu, "PMCR_EL0", 0x3006n);
      freezeAtFirstRun(vcpu);
      expect(["PMCCNTR_EL0", "PMEVCNTR0_EL0"].map((name) => read(vcpu, name))).toEqual([counted, counted]);
      expect(number(vcpu, "PMCR_EL0") & 0xffn).toBe(asked);
    }
  });
});

describe("MIDR_EL1 and its like", () => {
  it("are as they are, unless the VM may have others", () => {
    const vcpu = vcpuOf(vmOn(HOST));
    const held = number(vcpu, "MIDR_EL1");
    expect([set(vcpu, "MIDR_EL1", held), set(vcpu, "MIDR_EL1", held ^ 1n)]).toEqual(["ok", "EINVAL"]);
    const vm = vmOn(HOST);
    vm.enabled.add(239);
    const open = vcpuOf(vm);
    expect([set(open, "MIDR_EL1", 0x1234n), read(open, "MIDR_EL1")]).toEqual(["ok", 0x1234n]);
    expect(set(open, "MIDR_EL1", 1n << 32n)).toBe("EINVAL");
    ran(open);
    expect([set(open, "MIDR_EL1", 0x1234n), set(open, "MIDR_EL1", held)]).toEqual(["ok", "EBUSY"]);
  });
});

describe("writable masks", () => {
  it("are the profile's; EINVAL for another range, and on kernels that lack the call", () => {
    for (const name of shippedNames) {
      const vm = vmOn(name);
      const masks = writableMasks(vm, 0, 0);
      expect(masks.ok).toBe(!name.endsWith("-6.1"));
      if (masks.ok) expect([...masks.value.values()]).not.toContain(0n);
      expect(writableMasks(vm, 1, 0)).toEqual({ ok: false, errno: "EINVAL" });
      expect(writableMasks(vm, 0, 1)).toEqual({ ok: false, errno: "EINVAL" });
    }
  });
});
