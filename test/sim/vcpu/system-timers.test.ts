/** Counters that go by executed instructions, and timers. */
import { describe, expect, it } from "vitest";
import { nextTimer, timerRaised } from "../../../src/sim/vcpu/system/index.ts";
import { held, running, write } from "./system-machine.ts";

const N1 = "neoverse-n1.linux-6.12";
/** 62.5 MHz: a tick is 16 instructions of a nanosecond each. */
const TICK = 16;

describe("counters", () => {
  it("go with the guest's instructions, at the frequency that CNTFRQ_EL0 says", () => {
    const core = running(N1);
    expect(held(core, "CNTFRQ_EL0")).toBe(62_500_000n);
    const before = held(core, "CNTVCT_EL0");
    core.state.retired += 1000 * TICK;
    expect(held(core, "CNTVCT_EL0")).toBe(before + 1000n);
    const { counterOffset, physicalOffset = 0n } = core.hypervisor;
    const apart = held(core, "CNTPCT_EL0") - held(core, "CNTVCT_EL0");
    expect(apart).toBe(BigInt.asIntN(64, counterOffset - physicalOffset));
    expect(apart).toBeGreaterThan(0n);
  });
});

describe("a timer", () => {
  it("is due when the counter is at its compare value", () => {
    const core = running(N1);
    const now = held(core, "CNTVCT_EL0");
    write(core, "CNTV_CVAL_EL0", now + 100n);
    write(core, "CNTV_CTL_EL0", 1n);
    expect(held(core, "CNTV_TVAL_EL0")).toBe(100n);
    expect(held(core, "CNTV_CTL_EL0")).toBe(1n);
    const due = nextTimer(core);
    expect(due).toBeDefined();
    core.state.retired = (due ?? 0) - 1;
    expect(timerRaised(core, "virtual")).toBe(false);
    core.state.retired = due ?? 0;
    expect(timerRaised(core, "virtual")).toBe(true);
    expect(held(core, "CNTV_CTL_EL0")).toBe(5n);
    expect(held(core, "CNTV_TVAL_EL0")).toBe(0n);
    core.state.retired += TICK;
    expect(held(core, "CNTV_TVAL_EL0")).toBe(0xffff_ffffn);
    expect(nextTimer(core)).toBe(core.state.retired);
  });

  it("takes its compare value from CNTV_TVAL_EL0, signed", () => {
    const core = running(N1);
    core.state.retired += 500 * TICK;
    const now = held(core, "CNTVCT_EL0");
    write(core, "CNTV_TVAL_EL0", 0xffff_fff6n);
    expect(held(core, "CNTV_CVAL_EL0")).toBe(now - 10n);
    write(core, "CNTV_TVAL_EL0", 20n);
    expect(held(core, "CNTV_CVAL_EL0")).toBe(now + 20n);
  });

  it("is not waited for while it is off or masked; of several, the first is", () => {
    const core = running(N1);
    expect(nextTimer(core)).toBeUndefined();
    write(core, "CNTV_TVAL_EL0", 1000n);
    write(core, "CNTV_CTL_EL0", 3n);
    expect(nextTimer(core)).toBeUndefined();
    write(core, "CNTV_CTL_EL0", 1n);
    const virtual = nextTimer(core) ?? 0;
    write(core, "CNTP_TVAL_EL0", 10n);
    write(core, "CNTP_CTL_EL0", 1n);
    expect(nextTimer(core)).toBeLessThan(virtual);
  });

  it("is not waited for where that would take longer than anything can be counted", () => {
    const core = running(N1);
    write(core, "CNTV_CVAL_EL0", (1n << 64n) - 1n);
    write(core, "CNTV_CTL_EL0", 1n);
    expect(nextTimer(core)).toBeUndefined();
  });

  it("shows that its time has come before it is on where KVM emulates it: the physical one without FEAT_VHE", () => {
    expect(held(running("cortex-a53.linux-6.12"), "CNTP_CTL_EL0")).toBe(4n);
    expect(held(running("cortex-a53.linux-6.12"), "CNTV_CTL_EL0")).toBe(0n);
    expect(held(running(N1), "CNTP_CTL_EL0")).toBe(0n);
  });
});
