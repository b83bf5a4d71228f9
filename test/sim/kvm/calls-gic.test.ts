import { describe, expect, it } from "vitest";
import { getAttribute, hasAttribute } from "../../../src/sim/kvm/index.ts";
import type { Device } from "../../../src/sim/kvm/machine.ts";
import {
  bytesOf,
  deviceIn,
  GIC_V3,
  gicIn,
  given,
  hostOf,
  ITS,
  initDevice,
  int,
  numberOf,
  put,
  readyIn,
  said,
  vcpuIn,
  vmOn,
} from "./calls-support.ts";

const host = "neoverse-n1.linux-6.12";
const [ADDRESS, DIST_REGS, NR_IRQS, REDIST_REGS, CPU_REGS, LEVELS, ITS_REGS, MAINTENANCE] = [
  0, 1, 3, 5, 6, 7, 8, 9,
];
const [DIST, REDIST, ITS_FRAME, REGION] = [2, 3, 4, 5];

const setAddress = (device: Device, attribute: number, address: bigint): string =>
  put(device, ADDRESS, attribute, bytesOf(address, 8));
const read = (device: Device, group: number, attribute: number, buffer: bigint = 0n): string => {
  const answer = getAttribute(device, group, attribute, bytesOf(buffer, 8));
  return answer.ok ? `0x${numberOf(answer.value).toString(16)}` : answer.errno;
};

describe("addresses of a GICv3 (kvm_vgic_addr, vgic_check_iorange)", () => {
  it("are aligned, within the address space, and set once", () => {
    const gic = deviceIn(vmOn(host), GIC_V3);
    expect(read(gic, ADDRESS, DIST)).toBe("0xffffffffffffffff");
    expect(setAddress(gic, DIST, 0x800_1000n)).toBe("EINVAL");
    expect(setAddress(gic, DIST, 1n << 40n)).toBe("E2BIG");
    expect(setAddress(gic, DIST, 0xffff_ffff_ffff_0000n)).toBe("EINVAL");
    expect(setAddress(gic, DIST, 0x800_0000n)).toBe("ok");
    expect(setAddress(gic, DIST, 0x800_0000n)).toBe("EEXIST");
    expect(read(gic, ADDRESS, DIST)).toBe("0x8000000");
  });
  it("are not a GICv2's, nor others", () => {
    const gic = deviceIn(vmOn(host), GIC_V3);
    for (const attribute of [0, 1, 4, 6]) {
      expect(setAddress(gic, attribute, 0x800_0000n)).toBe("ENXIO");
      expect(said(hasAttribute(gic, ADDRESS, attribute))).toBe("ENXIO");
    }
    expect(put(gic, ADDRESS, DIST, "nowhere")).toBe("EFAULT");
  });
});

describe("redistributors (vgic_v3_set_redist_base)", () => {
  it("lie in one region for all, which comes first if at all, or in numbered ones", () => {
    const legacy = deviceIn(vmOn(host), GIC_V3);
    expect(setAddress(legacy, REDIST, 0x80a_0000n)).toBe("ok");
    expect(setAddress(legacy, REDIST, 0x90a_0000n)).toBe("EEXIST");
    expect(setAddress(legacy, REGION, (1n << 52n) | 0x90a_0001n)).toBe("ok");
    const numbered = deviceIn(vmOn(host), GIC_V3);
    expect(setAddress(numbered, REGION, (1n << 52n) | 0x80a_0001n)).toBe("EINVAL");
    expect(setAddress(numbered, REGION, (1n << 52n) | 0x80a_0000n)).toBe("ok");
    expect(setAddress(numbered, REDIST, 0x90a_0000n)).toBe("EINVAL");
    expect(setAddress(numbered, REGION, (2n << 52n) | 0x90a_0001n)).toBe("ok");
    expect(read(numbered, ADDRESS, REGION, 1n)).toBe("0x200000090a0001");
    expect(read(numbered, ADDRESS, REGION, 2n)).toBe("ENOENT");
  });
  it("need a count, no flags, and room", () => {
    const vm = vmOn(host);
    const gic = deviceIn(vm, GIC_V3);
    expect(setAddress(gic, REGION, 0x80a_0000n)).toBe("EINVAL");
    expect(setAddress(gic, REGION, (1n << 52n) | 0x80a_1000n)).toBe("EINVAL");
    vcpuIn(vm);
    setAddress(gic, DIST, 0x800_0000n);
    expect(setAddress(gic, REDIST, 0x800_0000n)).toBe("EINVAL");
    expect(setAddress(gic, REDIST, 0x801_0000n)).toBe("ok");
    expect([...gic.placed]).toEqual([[0, 0]]);
  });
  it("are filled region by region", () => {
    const vm = vmOn(host);
    const gic = deviceIn(vm, GIC_V3);
    setAddress(gic, REGION, (1n << 52n) | 0x80a_0000n);
    vcpuIn(vm);
    vcpuIn(vm);
    expect([...gic.placed]).toEqual([[0, 0]]);
    setAddress(gic, REGION, (4n << 52n) | 0x90a_0001n);
    vcpuIn(vm);
    expect([...gic.placed]).toEqual([
      [0, 0],
      [1, 1],
      [2, 1],
    ]);
  });
});

describe("a GIC's interrupts and initialisation (vgic_set_common_attr, vgic_init)", () => {
  it("are a multiple of 32 from 64 to 992, chosen once", () => {
    const gic = deviceIn(vmOn(host), GIC_V3);
    expect(read(gic, NR_IRQS, 0)).toBe("0x20");
    for (const count of [0, 32, 65, 1024, -1]) expect(put(gic, NR_IRQS, 0, int(count))).toBe("EINVAL");
    expect(put(gic, NR_IRQS, 0, int(992))).toBe("ok");
    expect(put(gic, NR_IRQS, 0, int(992))).toBe("EBUSY");
  });
  it("are 256 where nobody chose before init", () => {
    const gic = deviceIn(vmOn(host), GIC_V3);
    expect([initDevice(gic), initDevice(gic)]).toEqual(["ok", "ok"]);
    expect(read(gic, NR_IRQS, 0)).toBe("0x100");
    expect(put(gic, NR_IRQS, 0, int(96))).toBe("EBUSY");
  });
  it("pending tables are saved once it is initialised", () => {
    const gic = deviceIn(vmOn(host), GIC_V3);
    expect(put(gic, 4, 3, "none")).toBe("ENXIO");
    initDevice(gic);
    expect(put(gic, 4, 3, "none")).toBe("ok");
    expect(put(gic, 4, 1, "none")).toBe("ENXIO");
  });
});

describe("registers of a GICv3 (vgic_v3_has_attr_regs)", () => {
  it("need a vCPU: the first for the distributor, one by its affinity for the others", () => {
    const vm = vmOn(host);
    const gic = deviceIn(vm, GIC_V3);
    const groups = [DIST_REGS, REDIST_REGS, CPU_REGS] as const;
    expect(groups.map((group) => said(hasAttribute(gic, group, 0)))).toEqual(["EINVAL", "EINVAL", "EINVAL"]);
    vcpuIn(vm);
    expect(said(hasAttribute(gic, REDIST_REGS, 1n << 32n))).toBe("EINVAL");
    expect(said(hasAttribute(gic, REDIST_REGS, 0))).toBe("ok");
  });
  it("are as the profile of a machine says", () => {
    for (const name of [host, "max.linux-7.3"]) {
      const vm = vmOn(name);
      readyIn(vm);
      const gic = deviceIn(vm, GIC_V3);
      const seen = hostOf(name).profile.configurations.get("gic")?.attributes?.gic;
      expect(seen?.size).toBeGreaterThan(5);
      for (let group = 0; group <= 10; group++) {
        const known = Array.from({ length: 32 }, (_, at) => at).filter(
          (at) => hasAttribute(gic, group, at).ok,
        );
        expect([group, known]).toEqual([group, seen?.get(group) ?? []]);
      }
    }
  });
  it("of the CPU interface go by their encoding", () => {
    const vm = vmOn(host);
    readyIn(vm);
    const gic = deviceIn(vm, GIC_V3);
    // ICC_PMR_EL1 and ICC_IAR1_EL1.
    expect(said(hasAttribute(gic, CPU_REGS, 0xc230))).toBe("ok");
    expect(said(hasAttribute(gic, CPU_REGS, 0xc660))).toBe("ENXIO");
  });
  it("are not to be had before init, and nobody simulates what they hold", () => {
    const vm = vmOn(host);
    readyIn(vm);
    const gic = gicIn(vm);
    expect(put(gic, DIST_REGS, 0, int(0))).toBe("EBUSY");
    expect(put(gic, DIST_REGS, 0, "nowhere")).toBe("EFAULT");
    initDevice(gic);
    expect(() => getAttribute(gic, DIST_REGS, 0)).toThrow("no registers of interrupt controllers");
    expect(said(hasAttribute(gic, LEVELS, 0x400))).toBe("ENXIO");
  });
});

describe("the maintenance interrupt (vgic_v3_set_attr)", () => {
  it("came with nested guests", () => {
    expect(put(deviceIn(vmOn(host), GIC_V3), MAINTENANCE, 0, int(25))).toBe("ENXIO");
  });
  it("is private, and fixed once the GIC is initialised", () => {
    const gic = deviceIn(vmOn("neoverse-n1.linux-7.2"), GIC_V3);
    expect(put(gic, MAINTENANCE, 0, int(32))).toBe("EINVAL");
    expect(put(gic, MAINTENANCE, 0, int(24))).toBe("ok");
    initDevice(gic);
    expect(put(gic, MAINTENANCE, 0, int(32))).toBe("EBUSY");
    expect(read(gic, MAINTENANCE, 0)).toBe("0x18");
  });
  it("was a vCPU's on linux 6.16", () => {
    const vm = vmOn("neoverse-n1.linux-6.16");
    const gic = deviceIn(vm, GIC_V3);
    expect(read(gic, MAINTENANCE, 0)).toBe("EINVAL");
    vcpuIn(vm);
    expect(read(gic, MAINTENANCE, 0)).toBe("0x0");
    initDevice(gic);
    expect(read(gic, MAINTENANCE, 0)).toBe("EBUSY");
  });
});

describe("an ITS (vgic_its_set_attr)", () => {
  it("has one address, aligned to 64 KiB, set once", () => {
    const its = deviceIn(vmOn(host), ITS);
    expect(setAddress(its, DIST, 0x808_0000n)).toBe("ENODEV");
    expect(setAddress(its, ITS_FRAME, 0x808_0001n)).toBe("EINVAL");
    expect(setAddress(its, ITS_FRAME, 0x808_0000n)).toBe("ok");
    expect(setAddress(its, ITS_FRAME, 0x808_0000n)).toBe("EEXIST");
    expect(read(its, ADDRESS, ITS_FRAME)).toBe("0x8080000");
    expect(read(its, ADDRESS, DIST)).toBe("ENODEV");
  });
  it("has registers of 64 bits between two groups of 32 (vgic_its_has_attr_regs)", () => {
    const its = deviceIn(vmOn(host), ITS);
    const answers = [0, 2, 4, 8, 12, 0x80, 0x98, 0xffd0, 0xffd4].map((at) =>
      said(hasAttribute(its, ITS_REGS, at)),
    );
    expect(answers).toEqual(["ok", "EINVAL", "ok", "ok", "EINVAL", "ok", "ENXIO", "ok", "ok"]);
    expect(read(its, ITS_REGS, 0)).toBe("ENXIO");
  });
  it("refuses unknown controls from linux 6.17 on (vgic_its_ctrl)", () => {
    const answers = ["6.16", "6.17"].map((kernel) =>
      put(deviceIn(vmOn(`neoverse-n1.linux-${kernel}`), ITS), 4, 5, "none"),
    );
    expect(answers).toEqual(["ok", "ENXIO"]);
    const its = deviceIn(vmOn(host), ITS);
    expect([0, 1, 2, 4].map((control) => put(its, 4, control, "none"))).toEqual(["ok", "ok", "ok", "ok"]);
  });
});

it("a device of a VM that KVM gave up answers EIO", () => {
  const vm = vmOn(host);
  const gic = deviceIn(vm, GIC_V3);
  vm.dead = true;
  expect(initDevice(gic)).toBe("EIO");
  expect(said(hasAttribute(gic, NR_IRQS, 0))).toBe("EIO");
  expect(() => given(getAttribute(gic, NR_IRQS, 0))).toThrow("EIO");
});
