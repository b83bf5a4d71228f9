import { describe, expect, it } from "vitest";
import {
  bitmapRegister,
  bitmapRegisters,
  capabilities,
  capability,
  commonVcpuFeatures,
  compareVersions,
  deviceAttribute,
  deviceAttributes,
  firmwareRegister,
  firmwareRegisters,
  idRegister,
  ioctl,
  ioctls,
  kernelRules,
  kernelRulesFor,
  service,
  services,
  smcccFunction,
  timerAttribute,
  vcpuFeature,
  vcpuFeatures,
} from "../../src/tables/index.ts";
import { isObject, readData, repeated } from "./data.ts";

const version = /^\d+\.\d+$/;

describe("vCPU features", () => {
  it("are bits 0 to 9 in order", () => {
    expect(vcpuFeatures().map((one) => one.index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(
      vcpuFeatures()
        .filter((one) => one.finalize)
        .map((one) => one.name),
    ).toEqual(["SVE"]);
  });

  it("refer to features and capabilities that exist, exclude each other both ways, and are no newer than their capability", () => {
    for (const one of vcpuFeatures()) {
      for (const name of [...one.needs, ...one.excludes])
        expect(vcpuFeature(name), `${one.name}: ${name}`).toBeDefined();
      for (const name of one.excludes) expect(vcpuFeature(name)?.excludes, name).toContain(one.name);
      for (const number of one.excludesCapabilities) expect(capability(number)).toBeDefined();
      if (one.capability !== null)
        expect(compareVersions(capability(one.capability)?.since ?? "99", one.since), one.name).toBe(0);
      expect(one.since).toMatch(version);
    }
  });
});

describe("vCPU features by which vCPUs do not differ", () => {
  it("are PSCI 0.2, which all have, and being switched off, which no register tells", () => {
    expect([...commonVcpuFeatures().ofEvery]).toEqual(["PSCI_0_2"]);
    expect([...commonVcpuFeatures().unseen]).toEqual(["POWER_OFF"]);
  });
});

describe("capabilities", () => {
  it("have one name and one number each, in order", () => {
    expect(repeated(capabilities().map((one) => one.name))).toEqual([]);
    const numbers = capabilities().map((one) => one.number);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
  });

  it("are found by name and number", () => {
    expect(capability("KVM_CAP_ARM_MTE")?.number).toBe(205);
    expect(capability(239)?.name).toBe("KVM_CAP_ARM_WRITABLE_IMP_ID_REGS");
    expect(capability("205")).toBeUndefined();
    expect(capability(9999)).toBeUndefined();
  });

  it("have a word in the language only where they can be enabled at any time", () => {
    const worded = capabilities().filter((one) => one.word !== undefined);
    expect(worded.map((one) => one.word)).toEqual(["nisv-to-user", "system-suspend", "sea-to-user"]);
    expect(worded.filter((one) => one.kind !== "enable" || one.beforeVcpus)).toEqual([]);
    expect(
      capabilities()
        .filter((one) => one.beforeVcpus)
        .map((one) => one.number),
    ).toEqual([205, 239]);
  });

  it("say in which kernel they came", () => {
    for (const one of capabilities()) expect(one.since, one.name).toMatch(version);
  });
});

describe("services", () => {
  it("are bits of bitmap registers, one a bit", () => {
    expect(services().map((one) => one.name)).toEqual([
      "trng",
      "pv-time",
      "kvm-features",
      "ptp",
      "discover-impl-ver",
      "discover-impl-cpus",
    ]);
    expect(repeated(services().map((one) => `${one.register} ${one.bit}`))).toEqual([]);
    for (const one of services()) expect(bitmapRegister(one.register), one.name).toBeDefined();
  });

  it("need services that exist and are no newer", () => {
    for (const one of services())
      for (const need of one.needs)
        expect(compareVersions(service(need)?.since ?? "99", one.since), one.name).toBeLessThanOrEqual(0);
  });

  it("are no older than their register, whose fresh value sets those that the kernel answers", () => {
    for (const register of bitmapRegisters()) {
      const own = services().filter((one) => one.register === register.name);
      for (const one of own)
        expect(compareVersions(one.since, register.since), one.name).toBeGreaterThanOrEqual(0);
      const answered = own
        .filter((one) => one.forwardOnly !== true)
        .reduce((bits, one) => bits | (1n << BigInt(one.bit)), 0n);
      expect(register.reset, register.name).toBe(answered);
    }
  });

  it("own their functions, and the functions name them", () => {
    expect(repeated(services().flatMap((one) => one.functions))).toEqual([]);
    for (const one of services())
      for (const id of one.functions) {
        const row = smcccFunction(id);
        if (one.forwardOnly === true)
          expect(row, one.name).toMatchObject({ gate: "none", forwardFor: one.name });
        else expect(row?.gate, one.name).toBe(`service ${one.name}`);
      }
  });
});

describe("firmware registers", () => {
  it("have the ids of their class, from 0 up", () => {
    expect(firmwareRegisters().map((one) => one.id)).toEqual(
      [0, 1, 2, 3].map((n) => 0x6030_0000_0014_0000n + BigInt(n)),
    );
    expect(bitmapRegisters().map((one) => one.id)).toEqual(
      [0, 1, 2, 3].map((n) => 0x6030_0000_0016_0000n + BigInt(n)),
    );
  });

  it("encode PSCI versions as major and minor", () => {
    const psci = firmwareRegister("KVM_REG_ARM_PSCI_VERSION");
    for (const [name, value] of Object.entries(psci?.values ?? {})) {
      const [major = 0, minor = 0] = name.split(".").map(Number);
      expect(value, name).toBe(BigInt((major << 16) | minor));
    }
    expect(Object.keys(psci?.values ?? {})).toEqual(["0.1", "0.2", "1.0", "1.1", "1.2", "1.3"]);
  });

  it("know since when a value is taken, newer values no earlier", () => {
    for (const one of firmwareRegisters()) {
      expect(
        Object.keys(one.valueSince).filter((name) => one.values[name] === undefined),
        one.name,
      ).toEqual([]);
      const sinces = Object.keys(one.values).map((name) => one.valueSince[name] ?? "3.9");
      expect(sinces, one.name).toEqual([...sinces].sort(compareVersions));
    }
    expect(firmwareRegister("KVM_REG_ARM_PSCI_VERSION")?.valueSince).toEqual({
      "1.1": "5.18",
      "1.2": "6.13",
      "1.3": "6.13",
    });
  });

  it("have the kernel's words for each value, or for none", () => {
    for (const one of firmwareRegisters())
      expect(["", Object.keys(one.values).join()], one.name).toContain(Object.keys(one.kernelValues).join());
  });
});

describe("ioctls", () => {
  /** Bytes of the argument, in bits 29:16; the magic number 0xae in bits 15:8. */
  it.each([
    ["KVM_CREATE_VM", 0, 0x01],
    ["KVM_CHECK_EXTENSION", 0, 0x03],
    ["KVM_CREATE_VCPU", 0, 0x41],
    ["KVM_RUN", 0, 0x80],
    ["KVM_ENABLE_CAP", 104, 0xa3],
    ["KVM_GET_ONE_REG", 16, 0xab],
    ["KVM_SET_ONE_REG", 16, 0xac],
    ["KVM_ARM_VCPU_INIT", 32, 0xae],
    ["KVM_ARM_PREFERRED_TARGET", 32, 0xaf],
    ["KVM_GET_REG_LIST", 8, 0xb0],
    ["KVM_ARM_SET_COUNTER_OFFSET", 16, 0xb5],
    ["KVM_ARM_GET_REG_WRITABLE_MASKS", 64, 0xb6],
    ["KVM_ARM_VCPU_FINALIZE", 4, 0xc2],
    ["KVM_SET_DEVICE_ATTR", 24, 0xe1],
    ["KVM_GET_DEVICE_ATTR", 24, 0xe2],
    ["KVM_HAS_DEVICE_ATTR", 24, 0xe3],
  ])("%s takes %i bytes and is number %i of KVM", (name, bytes, number) => {
    const nr = ioctl(name)?.nr ?? 0;
    expect([(nr >>> 16) & 0x3fff, (nr >>> 8) & 0xff, nr & 0xff]).toEqual([bytes, 0xae, number]);
  });

  it("are all looked at above", () => {
    expect(ioctls()).toHaveLength(16);
    expect(repeated(ioctls().map((one) => one.nr))).toEqual([]);
    expect(ioctl("KVM_ARM_GET_REG_WRITABLE_MASKS")?.since).toBe("6.7");
  });
});

describe("device attributes", () => {
  it("have one name and one number each", () => {
    expect(repeated(deviceAttributes().map((one) => one.name))).toEqual([]);
    expect(repeated(deviceAttributes().map((one) => `${one.fd} ${one.group} ${one.attr}`))).toEqual([]);
    for (const one of deviceAttributes()) expect(one.since, one.name).toMatch(version);
  });

  it.each([
    ["virtual", "KVM_ARM_VCPU_TIMER_IRQ_VTIMER", 27],
    ["physical", "KVM_ARM_VCPU_TIMER_IRQ_PTIMER", 30],
    ["hyp-virtual", "KVM_ARM_VCPU_TIMER_IRQ_HVTIMER", 28],
    ["hyp-physical", "KVM_ARM_VCPU_TIMER_IRQ_HPTIMER", 26],
  ])("the %s timer is %s, INTID %i by default", (timer, name, intid) => {
    expect(timerAttribute(timer)).toBe(name);
    expect(deviceAttribute(name)?.default).toBe(intid);
  });

  it("give an unknown timer its own name back", () => {
    expect(timerAttribute("kitchen")).toBe("kitchen");
  });
});

describe("kernel rules", () => {
  const rows = kernelRules();

  it("are in order and have one series each", () => {
    const series = rows.map((one) => one.series);
    expect(series).toEqual([...new Set(series)].sort(compareVersions));
    expect(series.slice(0, 3)).toEqual(["5.10", "5.15", "6.1"]);
    expect(series.at(-1)).toBe("7.3");
  });

  it("mask registers that a contract decides, within their width", () => {
    for (const row of rows)
      for (const [name, mask] of Object.entries(row.writable)) {
        const register = idRegister(name);
        expect(register?.contract, `${row.series} ${name}`).toBe(true);
        expect(
          mask > 0n && mask < 1n << (register?.kind === "aarch32-id" ? 32n : 64n),
          `${row.series} ${name}`,
        ).toBe(true);
      }
  });

  it("never take a register back within the trunk, and a field only where the row says so", () => {
    const trunk = rows.filter((row) => !row.series.endsWith(".y"));
    const lost: string[] = [];
    for (const [at, row] of trunk.entries())
      for (const [name, mask] of Object.entries(trunk[at - 1]?.writable ?? {})) {
        const gone = mask & ~(row.writable[name] ?? 0n);
        if (gone !== 0n) lost.push(`${row.series} ${name} 0x${gone.toString(16)}`);
      }
    expect(lost).toEqual([
      // ASIDBits became the host's alone; 6.12.y has it too.
      "6.13 ID_AA64MMFR0_EL1 0xf0",
      // FEAT_TME was withdrawn.
      "7.0 ID_AA64ISAR0_EL1 0xf000000",
    ]);
  });

  it("change something with each row of changes, so that no row is idle", () => {
    const file = readData("kernel-rules.json");
    const changes = isObject(file) && Array.isArray(file["kernelRules"]) ? file["kernelRules"] : [];
    let before: Readonly<Record<string, bigint>> = {};
    for (const [at, row] of rows.entries()) {
      const raw = changes[at];
      const stated = isObject(raw) && isObject(raw["changes"]) ? raw["changes"] : {};
      for (const [name, mask] of Object.entries(stated))
        expect(BigInt(String(mask)), `${row.series} ${name}`).not.toBe(before[name] ?? 0n);
      if (!(isObject(raw) && raw["aside"] === true)) before = row.writable;
    }
  });

  it("name the release that was read, where they were measured", () => {
    for (const row of rows) expect(row.release !== undefined, row.series).toBe(row.basis === "measured");
    expect(rows.filter((row) => row.basis === "measured")).toHaveLength(9);
  });

  it.each([
    ["5.10", "5.10", "source"],
    ["5.10.255-253.1008.amzn2.aarch64", "5.10", "source"],
    ["5.15.180", "5.15", "source"],
    ["6.1", "6.1", "source"],
    ["6.1.192", "6.1", "source"],
    ["6.3", "6.1", "interpolated"],
    ["6.12", "6.12", "source"],
    ["6.12.0", "6.12", "source"],
    ["6.12.117", "6.12.y", "measured"],
    ["6.12.117+deb13-cloud-arm64", "6.12.y", "measured"],
    ["6.12.3", "6.12.y", "measured"],
    ["6.13", "6.13", "interpolated"],
    ["6.17", "6.17", "source"],
    ["6.17.13", "6.17.y", "measured"],
    ["6.18.15", "6.18", "measured"],
    ["7.3.4", "7.3", "measured"],
    ["7.9", "7.3", "interpolated"],
    ["8.0.1", "7.3", "interpolated"],
  ])("of linux %s are those of %s, %s", (release, series, basis) => {
    expect(kernelRulesFor(release)).toMatchObject({ series, basis });
  });

  it.each(["5.4.290", "5.9", "5.11", "5.14.21", "5.16", "6.0.9"])(
    "do not reach to linux %s, which nobody read",
    (release) => {
      expect(kernelRulesFor(release)).toBeUndefined();
    },
  );

  it("of 6.12.y have what was backported, and 6.13 does not build on them", () => {
    const masks = (series: string, name: string): bigint | undefined =>
      rows.find((row) => row.series === series)?.writable[name];
    expect(masks("6.12", "ID_PFR0_EL1")).toBeUndefined();
    expect(masks("6.12.y", "ID_PFR0_EL1")).toBe(0xffff_ffffn);
    expect(masks("6.13", "ID_PFR0_EL1")).toBeUndefined();
    expect(masks("6.12", "ID_AA64MMFR0_EL1")).toBe(0xff00_f000_ffff_ffffn);
    expect(masks("6.12.y", "ID_AA64MMFR0_EL1")).toBe(0xff00_f000_ffff_ff0fn);
  });
});
