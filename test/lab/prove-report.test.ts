/** The VMM's report as the prover reads it. */
import { describe, expect, it } from "vitest";
import { LabError } from "../../lab/errors.ts";
import { readReport } from "../../lab/prove/report.ts";

const ran = `{
  "guest": "web",
  "kernel": "6.12.107+deb13-cloud-arm64",
  "steps": [
    {"call": "create_vm", "result": "ok"},
    {"call": "verify_vcpu", "vcpu": 0, "result": "ok"}
  ],
  "registers": {
    "MIDR_EL1": {"value": "0x00000000414fd0b1"},
    "CCSIDR2_EL1": {"exception": {"level": 1, "esr": "0x02000000"}}
  },
  "calls": [
    {"function": "0x84000001", "arguments": ["0x0", "0x1", "0xffffffffffffffff"],
     "hvc": {"waits": true},
     "smc": {"exit": "hypercall", "flags": "0x1"}}
  ],
  "instructions": {
    "NOP": {"completed": true},
    "LDP": {"error": "ENOSYS"},
    "ADD": {"unanswered": true}
  },
  "console": "agent: began at EL1\\n"
}`;

const refused = `{
  "guest": "web",
  "kernel": "6.12.107",
  "steps": [
    {"call": "create_vm", "result": "ok"},
    {"call": "configure_vcpu", "vcpu": 1, "result": "refused", "operation": 12, "name": "ID_AA64PFR0_EL1", "ioctl": "KVM_SET_ONE_REG", "errno": "EINVAL", "message": "a \\"quoted\\" message"}
  ]
}`;

describe("the VMM's report", () => {
  it("holds what came of every question", () => {
    expect(readReport(ran)).toEqual({
      kind: "ran",
      kernel: "6.12.107+deb13-cloud-arm64",
      registers: new Map([
        ["MIDR_EL1", { kind: "value", value: 0x414f_d0b1n }],
        ["CCSIDR2_EL1", { kind: "exception", level: 1, esr: 0x0200_0000n }],
      ]),
      calls: [
        {
          functionId: 0x8400_0001,
          args: [0n, 1n, 0xffff_ffff_ffff_ffffn],
          hvc: { kind: "waits" },
          smc: { kind: "exit", what: "hypercall" },
        },
      ],
      instructions: new Map([
        ["NOP", { kind: "completed" }],
        ["LDP", { kind: "ended", errno: "ENOSYS" }],
        ["ADD", { kind: "unanswered" }],
      ]),
    });
  });

  it("holds the step that was refused", () => {
    expect(readReport(refused)).toEqual({
      kind: "refused",
      kernel: "6.12.107",
      step: {
        call: "configure_vcpu",
        vcpu: 1,
        operation: 12,
        name: "ID_AA64PFR0_EL1",
        ioctl: "KVM_SET_ONE_REG",
        errno: "EINVAL",
        message: 'a "quoted" message',
      },
    });
    const own = readReport(refused.replace('"operation": 12, ', ""));
    expect(own.kind === "refused" && own.step.operation).toBe(undefined);
  });

  it.each([
    ["", "no report"],
    ["[]", "no report"],
    [ran.slice(0, -10), "no report"],
    [ran.replace('"kernel"', '"colonel"'), "`kernel`"],
    [ran.replace('"registers"', '"others"'), "`registers`"],
    [ran.replace('"0x00000000414fd0b1"', "1095749809"), "1095749809"],
    [ran.replace('"hvc"', '"hcv"'), "the answer"],
    [ran.replace('{"completed": true}', "{}"), "`exception`"],
    [refused.replace('"errno"', '"number"'), "`errno`"],
  ])("is refused where it is not whole (%#)", (text, fault) => {
    expect(() => readReport(text)).toThrow(LabError);
    expect(() => readReport(text)).toThrow(fault);
  });
});
