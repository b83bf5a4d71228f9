/** What accesses to registers answer: values, traps with their syndromes, and what writes keep. */
import { describe, expect, it } from "vitest";
import {
  exceptionReturn,
  executeSys,
  readSystem,
  withRegister,
  writePstateField,
} from "../../../src/sim/vcpu/system/index.ts";
import { type Access, type Core, encodingKey, UNDEFINED } from "../../../src/sim/vcpu/world.ts";
import { held, operation, read, running, write } from "./system-machine.ts";

const MAX = "max.linux-6.12";
const N1 = "neoverse-n1.linux-6.12";

function toEl0(core: Core): Core {
  write(core, "SPSR_EL1", 0x3c0n);
  exceptionReturn(core);
  return core;
}

const undefinedAccess: Access = { kind: "trap", trap: UNDEFINED };

/** ESR_EL1 that an access with X5 would leave. */
function syndrome(access: Access): bigint | string {
  if (access.kind !== "trap") return access.kind;
  const { ec, iss } = withRegister(access.trap, 5);
  return (BigInt(ec) << 26n) | (1n << 25n) | BigInt(iss);
}

describe("EL0", () => {
  it.each([
    ["CNTVCT_EL0", 0x6234_f8a1n],
    ["CNTFRQ_EL0", 0x6230_f8a1n],
    ["CNTP_CTL_EL0", 0x6232_f8a5n],
    ["DAIF", 0x6232_d0a5n],
    ["CTR_EL0", 0x6232_c0a1n],
    ["MIDR_EL1", 0x6230_00a1n],
  ])("reads %s by a trap to EL1", (name, esr) => {
    expect(syndrome(read(toEl0(running(MAX)), name))).toBe(esr);
  });

  it.each([
    ["CNTKCTL_EL1", 1n << 1n, "CNTVCT_EL0"],
    ["CNTKCTL_EL1", 1n << 0n, "CNTPCT_EL0"],
    ["CNTKCTL_EL1", 1n << 0n, "CNTFRQ_EL0"],
    ["CNTKCTL_EL1", 1n << 8n, "CNTV_CVAL_EL0"],
    ["SCTLR_EL1", 1n << 9n, "DAIF"],
    ["SCTLR_EL1", 1n << 15n, "CTR_EL0"],
  ])("is let by %s bit %#x to %s", (control, bit, name) => {
    const core = running(MAX);
    write(core, control, bit);
    expect(read(toEl0(core), name).kind).toBe("done");
  });

  it("maintains caches by SCTLR_EL1.UCI, zeroes blocks by DZE, and sees in DCZID_EL0 whether it may", () => {
    const core = running(MAX);
    write(core, "SCTLR_EL1", 0n);
    toEl0(core);
    expect(syndrome(executeSys(core, operation("DC CVAU"), 0n, false))).toBe(0x6212_dcb6n);
    expect(syndrome(executeSys(core, operation("DC ZVA"), 0n, false))).toBe(0x6212_dca8n);
    expect(held(core, "DCZID_EL0")).toBe(0x14n);
    const open = running(MAX);
    write(open, "SCTLR_EL1", (1n << 26n) | (1n << 14n));
    toEl0(open);
    expect(executeSys(open, operation("DC CVAU"), 0n, false).kind).toBe("done");
    expect(executeSys(open, operation("DC ZVA"), 0n, false).kind).toBe("done");
    expect(held(open, "DCZID_EL0")).toBe(0x4n);
  });

  it("may read but not write TPIDRRO_EL0", () => {
    const core = running(MAX);
    write(core, "TPIDRRO_EL0", 0x1234n);
    toEl0(core);
    expect(held(core, "TPIDRRO_EL0")).toBe(0x1234n);
    expect(write(core, "TPIDRRO_EL0", 0n)).toEqual(undefinedAccess);
  });

  it("cannot reach registers of EL1; those of the ID space trap where the CPU has FEAT_IDST", () => {
    expect(read(toEl0(running(MAX)), "TTBR0_EL1")).toEqual(undefinedAccess);
    expect(read(toEl0(running(N1)), "MIDR_EL1")).toEqual(undefinedAccess);
  });

  it("changes masks by MSR (immediate) only as SCTLR_EL1.UMA says", () => {
    const core = toEl0(running(MAX));
    expect(syndrome(writePstateField(core, 3, 6, 2))).toBe(
      0x6200_0000n | (6n << 17n) | (3n << 14n) | (4n << 10n) | (31n << 5n) | (2n << 1n),
    );
    expect(writePstateField(core, 0, 4, 1)).toEqual(undefinedAccess);
    const open = running(MAX);
    write(open, "SCTLR_EL1", 1n << 9n);
    toEl0(open);
    expect(writePstateField(open, 3, 7, 0xf).kind).toBe("done");
    expect(open.state.pstate.daif).toBe(0);
    expect(writePstateField(open, 3, 6, 0x2).kind).toBe("done");
    expect(open.state.pstate.daif).toBe(2);
  });
});

describe("the ID space", () => {
  const unnamed = encodingKey({ op0: 3, op1: 0, crn: 0, crm: 3, op2: 3 });
  const before = encodingKey({ op0: 3, op1: 0, crn: 0, crm: 0, op2: 1 });

  it("reads as zero where it names nothing, from CRm 1 on", () => {
    expect(readSystem(running(N1), unnamed)).toEqual({ kind: "done", value: 0n });
    expect(readSystem(running(N1), before)).toEqual(undefinedAccess);
    expect(syndrome(readSystem(running(MAX), before))).toBe(0x6232_00a1n);
  });
});

describe("writes", () => {
  it.each([
    [MAX, "FPCR", 0x7ff_2007n],
    [N1, "FPCR", 0x7ff_0000n],
    ["cortex-a53.linux-6.12", "FPCR", 0x7f7_0000n],
    [MAX, "FPSR", 0xf800_009fn],
    [MAX, "VBAR_EL1", 0xffff_ffff_ffff_f800n],
    [MAX, "CNTV_CTL_EL0", 0x7n],
    [MAX, "ACTLR_EL1", 0x0n],
    [MAX, "DBGWVR0_EL1", 0xffff_ffff_ffff_fffcn],
    [MAX, "MDCCINT_EL1", 0x0n],
  ])("on %s leave of ones in %s %#x", (host, name, kept) => {
    const core = running(host);
    write(core, "CPACR_EL1", 0x330_0000n);
    expect(write(core, name, (1n << 64n) - 1n).kind).toBe("done");
    expect(held(core, name)).toBe(kept);
  });

  it("make the OS lock visible", () => {
    const core = running(MAX);
    expect(held(core, "OSLSR_EL1")).toBe(0x8n);
    write(core, "OSLAR_EL1", 1n);
    expect(held(core, "OSLSR_EL1")).toBe(0xan);
    write(core, "OSLAR_EL1", 0n);
    expect(held(core, "OSLSR_EL1")).toBe(0x8n);
  });

  it("are UNDEFINED to registers that are only read, and to the counter's frequency", () => {
    const core = running(MAX);
    for (const name of ["MIDR_EL1", "CTR_EL0", "CNTVCT_EL0", "CNTFRQ_EL0", "CurrentEL", "ISR_EL1"])
      expect(write(core, name, 0n), name).toEqual(undefinedAccess);
  });

  it("go to PSTATE by the names of its parts", () => {
    const core = running(MAX);
    write(core, "NZCV", 0xffff_ffffn);
    expect(core.state.nzcv).toBe(0xf);
    write(core, "PAN", 1n << 22n);
    expect(core.state.pstate.pan).toBe(1);
    expect(held(core, "PAN")).toBe(1n << 22n);
    write(core, "SP_EL0", 0x5000n);
    write(core, "SPSel", 0n);
    expect(read(core, "SP_EL0")).toEqual(undefinedAccess);
    expect(held(core, "SPSel")).toBe(0n);
  });
});

describe("floating point that CPACR_EL1 closes", () => {
  it("takes its own exception, from EL0 alone with FPEN 1", () => {
    const core = running(MAX);
    write(core, "CPACR_EL1", 0n);
    expect(read(core, "FPCR")).toEqual({ kind: "trap", trap: { ec: 0x07, iss: 0x1e0_0000 } });
    write(core, "CPACR_EL1", 0x10_0000n);
    expect(read(core, "FPCR").kind).toBe("done");
    expect(read(toEl0(core), "FPCR")).toEqual({ kind: "trap", trap: { ec: 0x07, iss: 0x1e0_0000 } });
  });

  it("and SME's, ahead of what KVM lets nobody have", () => {
    const core = running(MAX);
    write(core, "CPACR_EL1", 0n);
    expect(writePstateField(core, 3, 3, 6)).toEqual({ kind: "trap", trap: { ec: 0x1d, iss: 0 } });
    write(core, "CPACR_EL1", 0x333_0000n);
    expect(writePstateField(core, 3, 3, 6)).toEqual(undefinedAccess);
  });
});

describe("the PMU", () => {
  it("has sets of counters as pairs, as many as PMCR_EL0.N", () => {
    const core = running(N1, "PMU_V3");
    write(core, "PMCNTENCLR_EL0", (1n << 64n) - 1n);
    expect(held(core, "PMCNTENSET_EL0")).toBe(0n);
    write(core, "PMCNTENSET_EL0", (1n << 64n) - 1n);
    expect(held(core, "PMCNTENCLR_EL0")).toBe(0x8000_003fn);
    write(core, "PMCNTENCLR_EL0", 0x3n);
    expect(held(core, "PMCNTENSET_EL0")).toBe(0x8000_003cn);
    expect(read(core, "PMEVCNTR6_EL0")).toEqual(undefinedAccess);
  });

  it("reaches by PMXEVTYPER_EL0 and PMXEVCNTR_EL0 what PMSELR_EL0 selects", () => {
    const core = running(N1, "PMU_V3");
    write(core, "PMSELR_EL0", 30n);
    expect(read(core, "PMXEVTYPER_EL0")).toEqual(undefinedAccess);
    write(core, "PMSELR_EL0", 2n);
    write(core, "PMXEVTYPER_EL0", 0x11n);
    expect(held(core, "PMEVTYPER2_EL0")).toBe(0x11n);
    write(core, "PMEVCNTR2_EL0", 5n);
    expect(held(core, "PMXEVCNTR_EL0")).toBe(5n);
    write(core, "PMSELR_EL0", 31n);
    write(core, "PMXEVTYPER_EL0", 0x8000_0000n);
    expect(held(core, "PMCCFILTR_EL0")).toBe(0x8000_0000n);
  });

  it("counts instructions and cycles while it is on", () => {
    const core = running(N1, "PMU_V3");
    write(core, "PMEVTYPER0_EL0", 0x08n);
    write(core, "PMCNTENCLR_EL0", 0xffff_ffffn);
    write(core, "PMCNTENSET_EL0", 0x8000_0001n);
    write(core, "PMCR_EL0", 0x7n);
    core.state.retired += 1000;
    expect(held(core, "PMEVCNTR0_EL0")).toBe(1000n);
    expect(held(core, "PMCCNTR_EL0")).toBe(1000n);
    write(core, "PMCR_EL0", 0n);
    core.state.retired += 1000;
    expect(held(core, "PMCCNTR_EL0")).toBe(1000n);
    expect(held(core, "PMCR_EL0") & 0x7n).toBe(0n);
  });

  it("is there for EL0 only as PMUSERENR_EL0 says, and not at all without its vCPU feature", () => {
    const core = running(N1, "PMU_V3");
    expect(read(toEl0(core), "PMCR_EL0")).toEqual(undefinedAccess);
    const open = running(N1, "PMU_V3");
    write(open, "PMUSERENR_EL0", 1n);
    expect(read(toEl0(open), "PMCR_EL0").kind).toBe("done");
    expect(read(running(N1), "PMCR_EL0")).toEqual(undefinedAccess);
  });
});

describe("address translation", () => {
  it("leaves the address in PAR_EL1 with the MMU off", () => {
    const core = running(MAX);
    expect(executeSys(core, operation("AT S1E1R"), 0x4001_1234n, false).kind).toBe("done");
    expect(held(core, "PAR_EL1")).toBe(0x4001_1b00n);
  });
});
