/** What the mover prints, and the states that it reads. */
import { describe, expect, it } from "vitest";
import { readArrived, readLeft } from "../../lab/migrate/output.ts";
import { parseState, printState } from "../../lab/migrate/state.ts";
import { clocks } from "../../src/sim/snapshot.ts";

const lines = [
  "memory 0x40011000 0x5ca1ab1e",
  "vcpu 0x0",
  "register 0x6030000000100000 0x1234",
  "register 0x603000000013df1a 0x77",
  "register 0x6030000000140000 EINVAL",
  "events 0x0001",
  "mp-state 0x0",
];
const report =
  '{"guest": "g", "kernel": "6.12", "steps": [], "registers": {}, "calls": [], "instructions": {}}';
const refusedReport =
  '{"guest": "g", "kernel": "6.12", "steps": [{"call": "configure_vcpu", "vcpu": 0, "result": "refused",' +
  ' "operation": 3, "name": "MIDR_EL1", "ioctl": "KVM_SET_ONE_REG", "errno": "EINVAL", "message": ""}]}';
const ran = report.replace("[]", '[{"call": "create_vm", "result": "ok"}]');
const part = (head: string, ...body: readonly string[]): string => [head, ...body, ".", ""].join("\n");

describe("a state", () => {
  it("is read, and printed without what KVM did not show", () => {
    const state = parseState(lines);
    expect(state.memory).toEqual([[0x4001_1000n, 0x5ca1_ab1en]]);
    expect(state.vcpus[0]?.registers.at(-1)).toEqual([0x6030_0000_0014_0000n, "EINVAL"]);
    expect(state.vcpus[0]).toMatchObject({ events: "0001", mpState: 0 });
    expect(printState(state).trim().split("\n")).toEqual(lines.filter((line) => !line.endsWith("EINVAL")));
  });

  it("is printed with those registers that are chosen", () => {
    const text = printState(parseState(lines), (id) => !clocks.includes(id));
    expect(text).not.toContain("13df1a");
    expect(text).toContain("100000 0x1234");
  });

  it.each([
    ["register 0x1 0x2"],
    ["nothing"],
    ["vcpu 0x0", "register 12 0x1"],
    ["vcpu 0x0", "register 0x1 0xg"],
  ])("is refused where a line is none of the form: %s", (...wrong) => {
    expect(() => parseState(wrong)).toThrow("for a line of a state");
  });
});

describe("the mover's output", () => {
  it("of a guest that was saved has its state and what it saw", () => {
    const left = readLeft(part("state", ...lines) + part("report", ran));
    expect(left.state?.vcpus).toHaveLength(1);
    expect(left.report.kind).toBe("ran");
  });

  it("of a plan that is refused has no state", () => {
    const left = readLeft(part("report", refusedReport));
    expect(left.state).toBeUndefined();
    expect(left.report).toMatchObject({ kind: "refused", step: { operation: 3, errno: "EINVAL" } });
    expect(readArrived(part("report", refusedReport))).toMatchObject({ kind: "refused" });
  });

  it("of moves has what was refused in its order", () => {
    const move = part("move a", "refused 0 register 0x6030000000140000 EINVAL", "refused 1 events ENXIO");
    const output = move + part("state", ...lines) + part("report", ran);
    const arrived = readArrived(output + output.replace("move a", "move b"));
    expect(arrived).toMatchObject([
      {
        name: "a",
        refused: [
          { vcpu: 0, what: 0x6030_0000_0014_0000n, errno: "EINVAL" },
          { vcpu: 1, what: "events", errno: "ENXIO" },
        ],
      },
      { name: "b" },
    ]);
  });

  it("that is cut off or wrong is refused", () => {
    expect(() => readLeft("state\nvcpu 0x0\n")).toThrow("cut off");
    expect(() => readLeft(part("move a"))).toThrow("printed no state");
    expect(() => readArrived(part("move a", "refused it"))).toThrow("for a refusal");
    expect(() => readArrived(part("state", ...lines))).toThrow("printed no move");
  });
});
