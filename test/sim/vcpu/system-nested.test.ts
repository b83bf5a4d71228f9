/** Guests with an EL2 of their own: what EL2 traps of EL1, the names it has EL1's registers by, and where exceptions go. */
import { describe, expect, it } from "vitest";
import { readPc } from "../../../src/sim/vcpu/state.ts";
import { fixedBits } from "../../../src/sim/vcpu/system/fixed-bits.ts";
import {
  exceptionReturn,
  executeSys,
  takeException,
  withRegister,
} from "../../../src/sim/vcpu/system/index.ts";
import { type Access, type Core, UNDEFINED } from "../../../src/sim/vcpu/world.ts";
import { held, operation, read, running, write } from "./system-machine.ts";

const HOST = "max-nested.linux-7.3";
const E2H = 1n << 34n;
const TGE = 1n << 27n;
const RW = 1n << 31n;
const VBAR = 0x4000_1000n;

const withE2h = (): Core => running(HOST, "HAS_EL2");
const withoutE2h = (): Core => running(HOST, "HAS_EL2", "HAS_EL2_E2H0");

/** To EL1 or EL0 by way of ERET. */
function down(core: Core, spsr = 0x3c5n): Core {
  write(core, "SPSR_EL2", spsr);
  exceptionReturn(core);
  return core;
}

function syndrome(access: Access): bigint | string {
  if (access.kind !== "trap") return access.kind;
  const { ec, iss, level } = withRegister(access.trap, 5);
  expect(level).toBe(2);
  return (BigInt(ec) << 26n) | (1n << 25n) | BigInt(iss);
}

describe("a guest's own EL2", () => {
  it("begins as a host where the guest is told that E2H is all there is", () => {
    expect(held(withE2h(), "CurrentEL")).toBe(8n);
    expect(held(withE2h(), "HCR_EL2") & E2H).toBe(E2H);
    expect(held(withoutE2h(), "HCR_EL2") & E2H).toBe(0n);
  });

  it("has its registers by EL1's names, and EL1's by names of their own, as a host", () => {
    const core = withE2h();
    write(core, "TTBR0_EL1", 0x1000n);
    write(core, "TTBR0_EL12", 0x2000n);
    expect(held(core, "TTBR0_EL2")).toBe(0x1000n);
    expect(held(core, "TTBR0_EL12")).toBe(0x2000n);
    expect(held(down(core), "TTBR0_EL1")).toBe(0x2000n);
    const plain = withoutE2h();
    write(plain, "TTBR0_EL1", 0x3000n);
    expect(held(plain, "TTBR0_EL2")).not.toBe(0x3000n);
    expect(read(plain, "TTBR0_EL12")).toEqual({ kind: "trap", trap: UNDEFINED });
  });

  it.each([
    ["HCR_EL2", 18, "ID_AA64PFR0_EL1", 0x6230_00a9n],
    ["HCR_EL2", 17, "CTR_EL0", 0x6232_c0a1n],
    ["HCR_EL2", 16, "AIDR_EL1", 0x623e_40a1n],
    ["HCR_EL2", 21, "ACTLR_EL1", 0x6232_04a1n],
    ["HCR_EL2", 30, "TTBR0_EL1", 0x6230_08a1n],
    ["HFGRTR_EL2", 35, "TPIDR_EL0", 0x6234_f4a1n],
    ["HDFGRTR_EL2", 4, "MDSCR_EL1", 0x6224_00a5n],
    ["MDCR_EL2", 9, "DBGBCR0_EL1", 0x622a_00a1n],
    ["CPTR_EL2", 31, "CPACR_EL1", 0x6234_04a1n],
  ])("traps by %s bit %i the read of %s", (control, bit, name, esr) => {
    for (const core of [withE2h(), withoutE2h()]) {
      const own = held(core, control);
      expect(read(down(core), name).kind).toBe("done");
      takeException(core, { level: 2, ec: 0x16, iss: 0 });
      write(core, control, own | (1n << BigInt(bit)));
      expect(syndrome(read(down(core), name))).toBe(esr);
    }
  });

  it("traps writes apart from reads", () => {
    const core = withE2h();
    write(core, "HCR_EL2", E2H | RW | (1n << 26n));
    down(core);
    expect(syndrome(write(core, "TTBR0_EL1", 0n))).toBe(0x6230_08a0n);
    expect(read(core, "TTBR0_EL1").kind).toBe("done");
  });

  it("traps the physical counter by bits that stand elsewhere in a host's form", () => {
    for (const [core, bit] of [
      [withE2h(), 10n],
      [withoutE2h(), 0n],
    ] as const) {
      expect(syndrome(read(down(core), "CNTPCT_EL0"))).toBe(0x6232_f8a1n);
      takeException(core, { level: 2, ec: 0x16, iss: 0 });
      write(core, "CNTHCTL_EL2", 1n << bit);
      expect(read(down(core), "CNTPCT_EL0").kind).toBe("done");
    }
  });

  it("traps cache maintenance by set and way, and TLB maintenance", () => {
    const core = withE2h();
    write(core, "HCR_EL2", E2H | RW | (1n << 22n) | (1n << 25n));
    down(core);
    expect(syndrome(executeSys(core, operation("DC ISW"), 0n, false))).toBe(0x6214_1cacn);
    expect(syndrome(executeSys(core, operation("TLBI VMALLE1"), 0n, false))).toBe(0x6210_20aen);
  });

  it("says who EL1 is, and how far its counter is behind", () => {
    const core = withE2h();
    write(core, "VPIDR_EL2", 0x410f_d083n);
    write(core, "VMPIDR_EL2", 0x8000_0102n);
    write(core, "CNTVOFF_EL2", 1n << 40n);
    const own = held(core, "CNTVCT_EL0");
    expect(held(core, "MIDR_EL1")).not.toBe(0x410f_d083n);
    down(core);
    expect(held(core, "MIDR_EL1")).toBe(0x410f_d083n);
    expect(held(core, "MPIDR_EL1")).toBe(0x8000_0102n);
    expect(held(core, "CNTVCT_EL0")).toBe(BigInt.asUintN(64, own - (1n << 40n)));
  });

  it("traps nothing that KVM lets the guest not have", () => {
    const core = withE2h();
    write(core, "MDCR_EL2", 0xffn);
    expect(read(down(core), "PMCR_EL0")).toEqual({ kind: "trap", trap: UNDEFINED });
  });

  it("keeps of MDCR_EL2 and CNTHCTL_EL2 what the guest's features have", () => {
    const core = withE2h();
    write(core, "MDCR_EL2", (1n << 64n) - 1n);
    expect(held(core, "MDCR_EL2")).toBe(0x800_0f00n);
    write(core, "CNTHCTL_EL2", (1n << 64n) - 1n);
    expect(held(core, "CNTHCTL_EL2")).toBe(0x3_efffn);
    const plain = withoutE2h();
    write(plain, "CNTHCTL_EL2", (1n << 64n) - 1n);
    expect(held(plain, "CNTHCTL_EL2")).toBe(0x3_e0ffn);
    const pmu = running(HOST, "HAS_EL2", "PMU_V3");
    write(pmu, "MDCR_EL2", (1n << 64n) - 1n);
    expect(held(pmu, "MDCR_EL2") & 0xffn).toBe(0xffn);
  });
});

describe("exceptions", () => {
  it("of EL0 go to EL1, or with HCR_EL2.TGE to EL2", () => {
    const core = down(withE2h(), 0x3c0n);
    takeException(core, UNDEFINED);
    expect(core.state.pstate.el).toBe(1);
    const host = withE2h();
    write(host, "VBAR_EL2", VBAR);
    write(host, "HCR_EL2", E2H | RW | TGE);
    down(host, 0x3c0n);
    takeException(host, UNDEFINED);
    expect(host.state.pstate.el).toBe(2);
    expect(readPc(host.state)).toBe(VBAR + 0x400n);
  });

  it("of EL2 stay there", () => {
    const core = withE2h();
    takeException(core, UNDEFINED);
    expect(core.state.pstate.el).toBe(2);
    expect(held(core, "ESR_EL2")).toBe(0x200_0000n);
  });

  it("cannot return to EL1 with HCR_EL2.TGE", () => {
    const core = withE2h();
    write(core, "HCR_EL2", E2H | RW | TGE);
    down(core);
    expect(core.state.pstate).toMatchObject({ el: 2, il: 1 });
  });

  it("of ERET and SVC at EL1 go to EL2 where HFGITR_EL2 says so", () => {
    const core = withE2h();
    write(core, "HFGITR_EL2", (1n << 51n) | (1n << 53n));
    down(core);
    expect(exceptionReturn(core)).toEqual({ level: 2, ec: 0x1a, iss: 0 });
    takeException(core, { ec: 0x15, iss: 0, after: true });
    expect(core.state.pstate.el).toBe(2);
  });
});

describe("EL0 of a host", () => {
  it("is controlled by EL2's registers", () => {
    const core = withE2h();
    write(core, "HCR_EL2", E2H | RW | TGE);
    expect(read(down(core, 0x3c0n), "CNTVCT_EL0").kind).toBe("trap");
    takeException(core, UNDEFINED);
    write(core, "CNTHCTL_EL2", 2n);
    expect(read(down(core, 0x3c0n), "CNTVCT_EL0").kind).toBe("done");
  });
});

describe("fixed bits", () => {
  it("follow what the guest is told", () => {
    const { guest } = withE2h().hypervisor;
    expect(fixedBits(guest, "HCR_EL2").one).toBe(E2H | RW);
    expect(fixedBits(withoutE2h().hypervisor.guest, "HCR_EL2").one).toBe(RW);
    expect(fixedBits(guest, "HCR_EL2").zero & (3n << 40n)).toBe(3n << 40n);
    const signed = running(HOST, "HAS_EL2", "PTRAUTH_ADDRESS", "PTRAUTH_GENERIC").hypervisor.guest;
    expect(fixedBits(signed, "HCR_EL2").zero & (3n << 40n)).toBe(0n);
    expect(fixedBits(guest, "SCTLR_EL1").one).toBe(0x3050_0980n);
  });

  it("leave no trap of what the guest lacks", () => {
    const { guest } = withE2h().hypervisor;
    const pmu = running(HOST, "HAS_EL2", "PMU_V3").hypervisor.guest;
    const PMCCNTR = 1n << 15n;
    expect(fixedBits(guest, "HDFGRTR_EL2").zero & PMCCNTR).toBe(PMCCNTR);
    expect(fixedBits(pmu, "HDFGRTR_EL2").zero & PMCCNTR).toBe(0n);
    const SCTLR = 1n << 29n;
    expect(fixedBits(guest, "HFGRTR_EL2").zero & SCTLR).toBe(0n);
    const RANGE = 1n << 24n;
    expect(fixedBits(guest, "HFGITR_EL2").zero & RANGE).toBe(0n);
  });

  it("are in place when the vCPU first runs", () => {
    expect(held(withE2h(), "VTCR_EL2")).toBe(0x8000_0000n);
    expect(held(withE2h(), "VMPIDR_EL2")).toBe(0x7e_80ad_c0den);
  });
});
