/** Machines saved and restored: on the same host they run on as if nothing had been; on a lesser one KVM says where. */
import { describe, expect, it } from "vitest";
import { getRegister, type Vm } from "../../src/sim/kvm/index.ts";
import type { Machine } from "../../src/sim/machine/establish.ts";
import { restoreVm, type Snapshot, saveVm, type VcpuSnapshot } from "../../src/sim/snapshot.ts";
import { idRegister, parseOneReg } from "../../src/tables/index.ts";
import { shipped } from "../hosts/shipped.ts";
import { bytesOf, deviceIn, GIC_V3, given, int, put, readyIn, vmOn } from "./kvm/calls-support.ts";
import { expectedText, type Made, machineWith, programFile, run, words } from "./machine/support.ts";

function saved({ machine }: Made): Snapshot {
  const answer = saveVm(machine.vm);
  if (!answer.ok) throw new Error(answer.errno);
  return answer.value;
}

function machineOf(vm: Vm): Machine {
  const [first, ...others] = [...vm.vcpus.values()];
  if (first === undefined) throw new Error("no vCPU");
  return { vm, vcpus: [first, ...others] };
}

function restored(snapshot: Snapshot, host: string): Machine {
  const answer = restoreVm({ profile: shipped(host) }, snapshot);
  if (answer.vm === undefined)
    throw new Error(
      answer.refused.map((one) => `${one.call} ${one.register?.toString(16)} ${one.errno}`).join("\n"),
    );
  return machineOf(answer.vm);
}

const counters = ["KVM_REG_ARM_TIMER_CNT", "KVM_REG_ARM_PTIMER_CNT"].map((name) => parseOneReg(name));

const n1 = "neoverse-n1.linux-6.18";

describe("on the same host", () => {
  it.each([
    ["checksum", 400_000],
    ["numbers", 30_000],
    ["numbers", 200_000],
    ["exceptions", 20_000],
    ["threads", 10_000],
  ])("%s goes on after %i instructions with the same output", (name, instructions) => {
    const whole = machineWith(programFile(name));
    const begun = run(whole, { maxInstructions: instructions });
    expect(begun.ending.kind).toBe("budget");
    const machine = restored(saved(whole), n1);
    const rest = run({ machine, program: whole.program });
    expect(rest.ending).toEqual({ kind: "exit", status: 0, by: "semihosting" });
    expect(begun.out + rest.out).toBe(expectedText(name));
  });

  it("everything that KVM shows is as it was", () => {
    const whole = machineWith(programFile("numbers"), {
      cpu: "baseline host\nsve lengths 128, 256\npauth on\npmu on {\n  intid 23\n  allow events 0x00 ..= 0x3f\n}",
      guest:
        "psci 1.0\nvcpus 3\nservices trng, pv-time\ngic v3\nstolen-time at 0x4800_0000\nsmccc {\n  deny oem\n}",
      host: "max.linux-7.2",
    });
    run(whole, { maxInstructions: 50_000 });
    const snapshot = saved(whole);
    const again = saveVm(restored(snapshot, "max.linux-7.2").vm);
    if (!again.ok) throw new Error(again.errno);
    const { memory, vcpus, pmu, ...others } = again.value;
    expect(snapshot).toMatchObject(others);
    // To write PMCR_EL0 decides the number of counters, which was left open.
    expect(pmu).toEqual({ ...snapshot.pmu, counters: 6 });
    // The counters of a VM are one; each vCPU shows how far it has come itself.
    const ofVcpu = ({ registers, ...rest }: VcpuSnapshot) => ({
      ...rest,
      registers: rest.id === 0 ? registers : registers.filter(([id]) => !counters.includes(id)),
    });
    expect(vcpus.map(ofVcpu)).toEqual(snapshot.vcpus.map(ofVcpu));
    for (const [at, { bytes, ...region }] of memory.entries()) {
      const before = snapshot.memory[at];
      expect({ ...region, bytes: undefined }).toEqual({ ...before, bytes: undefined });
      expect(Buffer.compare(bytes, before?.bytes ?? Buffer.of())).toBe(0);
    }
    expect(snapshot.vcpus.map(({ registers }) => registers.length > 200)).toEqual([true, true, true]);
  });

  it("an interrupt controller has its frames, its number of interrupts and its maintenance interrupt", () => {
    const host = "max-nested.linux-7.2";
    const vm = vmOn(host);
    const gic = deviceIn(vm, GIC_V3);
    for (let count = 0; count < 2; count++) readyIn(vm, "HAS_EL2");
    const region = (index: bigint, base: bigint): Uint8Array => bytesOf((1n << 52n) | base | index, 8);
    expect([
      put(gic, 0, 2, bytesOf(0x800_0000n, 8)),
      put(gic, 0, 5, region(0n, 0x80a_0000n)),
      put(gic, 0, 5, region(1n, 0x90a_0000n)),
      put(gic, 3, 0, int(128)),
      put(gic, 9, 0, int(20)),
      put(gic, 4, 0, "none"),
    ]).toEqual(["ok", "ok", "ok", "ok", "ok", "ok"]);
    const snapshot = given(saveVm(vm));
    const { gic: again } = given(saveVm(restored(snapshot, host).vm));
    expect(again).toEqual(snapshot.gic);
    expect(again).toMatchObject({ spis: 96, attributes: [[9, 0, 20]], initialised: true });
    expect(again?.redistributors.map(({ base }) => base)).toEqual([0x80a_0000n, 0x90a_0000n]);
  });

  it("the guest's clock does not go back", () => {
    const x1 = 0x6030_0000_0010_0002n;
    const count = ({ vcpus }: Machine): bigint => {
      const answer = getRegister(vcpus[0], x1);
      return answer.ok ? answer.value : -1n;
    };
    // mrs x1, cntvct_el0; b -4
    const whole = machineWith(words(0xd53b_e041, 0x17ff_ffff));
    run(whole, { maxInstructions: 100_000 });
    const before = count(whole.machine);
    const machine = restored(saved(whole), n1);
    run({ machine, program: whole.program }, { maxInstructions: 100 });
    expect(before).toBeGreaterThan(1000n);
    expect(count(machine)).toBeGreaterThanOrEqual(before);
    expect(count(machine)).toBeLessThan(before + 100n);
  });

  it("the saved machine and the restored one do not share memory", () => {
    const whole = machineWith(words(0x1400_0000));
    const snapshot = saved(whole);
    const machine = restored(snapshot, n1);
    whole.machine.vm.memory.regions[0]?.bytes.fill(0xff);
    expect(machine.vm.memory.regions[0]?.bytes[0x80000 + 3]).toBe(0x14);
    expect(snapshot.memory[0]?.bytes[0x80000 + 3]).toBe(0x14);
  });
});

describe("on a host with less", () => {
  const refusals = (snapshot: Snapshot, host: string) =>
    restoreVm({ profile: shipped(host) }, snapshot).refused.map(
      ({ call, register, vcpu, errno }) => [call, register, vcpu, errno] as const,
    );
  const id = (name: string): bigint | undefined => idRegister(name)?.id;

  it("KVM refuses the register that shows more than the host has, with its errno", () => {
    const snapshot = saved(machineWith(words(0x1400_0000), { host: "max.linux-6.18" }));
    const found = refusals(snapshot, n1);
    expect(found).toContainEqual(["KVM_SET_ONE_REG", id("ID_AA64ISAR0_EL1"), 0, "EINVAL"]);
    expect(found).toContainEqual(["KVM_SET_ONE_REG", id("ID_AA64ISAR1_EL1"), 0, "EINVAL"]);
    // What both have is not refused.
    expect(found.map(([, register]) => register)).not.toContain(0x6030_0000_0010_0040n);
  });

  it("KVM refuses a register that an older kernel does not have with ENOENT", () => {
    const snapshot = saved(machineWith(words(0x1400_0000), { host: "neoverse-n1.linux-7.2" }));
    const found = refusals(snapshot, "neoverse-n1.linux-6.12");
    expect(
      found.filter(([call, , , errno]) => call === "KVM_SET_ONE_REG" && errno === "ENOENT").length,
    ).toBeGreaterThan(0);
  });

  it("KVM refuses vector lengths before there is a vCPU to restore", () => {
    const snapshot = saved(
      machineWith(words(0x1400_0000), {
        cpu: "baseline host\nsve lengths 128, 256, 512",
        host: "a64fx.linux-6.18",
      }),
    );
    const found = refusals(snapshot, "neoverse-v1.linux-6.18");
    expect(found.map(([call, register, , errno]) => [call, register?.toString(16), errno])).toEqual([
      ["KVM_SET_ONE_REG", "606000000015ffff", "EINVAL"],
    ]);
    expect(refusals(snapshot, n1).map(([call, , , errno]) => [call, errno])).toEqual([
      ["KVM_ARM_VCPU_INIT", "EINVAL"],
    ]);
  });
});
