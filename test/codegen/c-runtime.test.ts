/** The C header's functions against a KVM made of a few lines: order of calls, read-modify-write, errors. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cHeader } from "../../src/codegen/c-header/target.ts";
import { formatLocation } from "../../src/diagnostics/span.ts";
import type { Plan } from "../../src/planner/plan.ts";
import { bitmaps, fullContract, fullPlan } from "./plans.ts";
import { hasTool, run } from "./tools.ts";

const driver = fileURLToPath(new URL("driver/fake-kvm.c", import.meta.url));
const golden = new URL("../golden/codegen/full.calls.txt", import.meta.url);
const present = hasTool("gcc", "the header's functions at work");
const folder = mkdtempSync(join(tmpdir(), "guestc-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Compiles the plan's header with the driver. */
function build(name: string, plan: Plan): string {
  const emission = cHeader.emit(plan, fullContract);
  if ("diagnostics" in emission) throw new Error("the target wrote nothing");
  writeFileSync(`${folder}/${name}.h`, emission.files[0]?.text ?? "");
  const program = join(folder, name);
  const built = run("gcc", [
    ..."-std=gnu11 -O1 -Wall -Wextra -Werror -fsanitize=address,undefined -fno-sanitize-recover=all".split(
      " ",
    ),
    "-DGUEST=full",
    `-DGUEST_HEADER="${folder}/${name}.h"`,
    driver,
    "-o",
    program,
  ]);
  if (built.status !== 0) throw new Error(built.stderr);
  return program;
}

/** Lines of the run and its last one. */
function call(
  program: string,
  ...args: readonly string[]
): { lines: string[]; last: string; status: number | null } {
  const { stdout, stderr, status } = run(program, args);
  expect(stderr).toBe("");
  const lines = stdout.trimEnd().split("\n");
  return { lines, last: lines.at(-1) ?? "", status };
}

// What the plan expects of the machine: SVE is there, and the workaround's level is 2.
const machine = ["holds", "0x603000000013c020", "0x1101000121110222", "holds", "0x6030000000140001", "2"];
const known = ["holds", `0x${bitmaps.vendorHyp.toString(16)}`, "3"];

describe.runIf(present)("the header's functions", () => {
  let program = "";
  beforeAll(() => {
    program = build("full", fullPlan);
  });

  it("make the plan's calls in order", async () => {
    const { lines, status } = call(program, ...machine, ...known);
    expect(status).toBe(0);
    await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot(fileURLToPath(golden));
  });

  it("act once where KVM keeps something for the whole VM, and add up where each vCPU has its own", () => {
    const { lines } = call(program, ...machine);
    const attributes = (where: string): string[] =>
      lines.flatMap((line) =>
        line.includes(`KVM_SET_DEVICE_ATTR flags 0 ${where}`) ? [line.split(" ").slice(1).join(" ")] : [],
      );
    expect(attributes("group 0 attr 2 ")).toEqual([
      "fd 12 KVM_SET_DEVICE_ATTR flags 0 group 0 attr 2 1100010001000000",
    ]);
    expect(attributes("group 2 attr 0 ").map((line) => line.split(" ").at(-1))).toEqual([
      "0000004800000000",
      "4000004800000000",
    ]);
  });

  it("keep the other bits of a register that is decided in part", () => {
    const { lines } = call(program, ...machine);
    const writes = lines.filter((line) => line.includes("KVM_SET_ONE_REG 0x603000000013c020"));
    expect(writes.map((line) => line.split(" ").at(-1))).toEqual(["101000121110222", "101000121110222"]);
  });

  it("say which operation failed, whichever call it is", () => {
    const whole = call(program, ...machine, ...known);
    const calls = whole.lines.filter((line) => / fd \d/.test(line)).length;
    const sources = new Set(fullPlan.operations.map(({ source }) => formatLocation(source)));
    const seen = new Set<string>();
    // The last calls are those of a second look that reports nothing.
    const verifications = whole.lines.length - whole.lines.indexOf("verify_vcpu ok") - 1;
    expect(verifications).toBeGreaterThan(5);
    for (let number = 0; number < calls - verifications; number++) {
      const { last, status } = call(program, ...machine, ...known, "fail", String(number), "16");
      expect(status).toBe(1);
      const match =
        /^(\w+) -16: (\S+): (\w+) of .* failed: EBUSY \(16\) \[operation (\d+), phase (\w+), vCPU [01]\]$/.exec(
          last,
        );
      expect(match, last).not.toBeNull();
      const [, , source = "", , index = "", phase = ""] = match ?? [];
      const operation = fullPlan.operations[Number(index)];
      expect(operation?.phase).toBe(phase);
      expect(operation === undefined ? "" : formatLocation(operation.source)).toBe(source);
      expect(sources).toContain(source);
      seen.add(index);
    }
    // Every operation can fail, and was seen to.
    expect(seen.size).toBe(fullPlan.operations.length);
  });

  it("notice a write that is accepted and not kept", () => {
    const { last } = call(program, ...machine, "forgetful", "0x6030000000140000");
    expect(last).toMatch(
      /^configure_vcpu -74: guests\/full\.guest:23:3: KVM_REG_ARM_PSCI_VERSION .* was written but reads back 0x0000000000000000 where 0x0000000000010001 is wanted/,
    );
  });

  it("notice it in the highest word of a wide register", () => {
    const program = build("wide", {
      ...fullPlan,
      operations: fullPlan.operations.map((operation) =>
        operation.kind === "set-register" && operation.bits === 512
          ? { ...operation, value: (1n << 511n) | 3n }
          : operation,
      ),
    });
    expect(call(program, ...machine).status).toBe(0);
    const { last } = call(program, ...machine, "forgetful", "0x606000000015ffff");
    expect(last).toMatch(/reads back 0x0{16} where 0x8000000000000000 is wanted, mask 0xf{16}, word 7/);
  });

  it("take an absent register for satisfied only where the plan says so", () => {
    const absent = ["absent", `0x${bitmaps.vendorHyp2.toString(16)}`];
    expect(call(program, ...machine, ...absent).status).toBe(0);
    const { last } = call(program, ...machine, "absent", `0x${bitmaps.std.toString(16)}`);
    expect(last).toMatch(
      /^configure_vcpu -2: .*KVM_SET_ONE_REG of KVM_REG_ARM_STD_BMAP .* failed: ENOENT \(2\)/,
    );
  });

  it("clear a bitmap register that the plan does not know, and find one that stays set", () => {
    const newer = "0x603000000016000a";
    const { lines, status } = call(program, ...machine, "holds", newer, "5");
    expect(status).toBe(0);
    expect(lines).toContainEqual(expect.stringMatching(new RegExp(`KVM_SET_ONE_REG ${newer} 0$`)));
    expect(call(program, ...machine, "holds", newer, "5", "forgetful", newer).last).toMatch(
      /^configure_vcpu -74: guests\/full\.guest:24:3: .*0x603000000016000a\) was written but reads back 0x0000000000000005/,
    );
  });

  it("leave registers of other classes alone", () => {
    const { lines, status } = call(
      program,
      ...machine,
      "holds",
      "0x603000000014000a",
      "5",
      "holds",
      "0x6030000000130000",
      "5",
    );
    expect(status).toBe(0);
    expect(
      lines.filter((line) => /SET_ONE_REG 0x603000000014000a|SET_ONE_REG 0x6030000000130000/.test(line)),
    ).toEqual([]);
  });

  it("need an answer of KVM_CHECK_EXTENSION that is high enough", () => {
    expect(call(program, ...machine, "answer", "39").last).toBe(
      "configure_vm -95: guests/full.guest:20:3: KVM_CHECK_EXTENSION of KVM_CAP_ARM_VM_IPA_SIZE (165) answered 39, at least 40 is needed [operation 1, phase check]",
    );
    expect(call(program, ...machine, "answer", "40").status).toBe(0);
  });

  it("enable a capability that may be absent only where the host has it", () => {
    const optional = build("optional", {
      ...fullPlan,
      operations: fullPlan.operations.flatMap((operation) =>
        operation.kind === "check-extension"
          ? []
          : [operation.kind === "enable-capability" ? { ...operation, ifPresent: true } : operation],
      ),
    });
    const enabled = (answer: string): boolean => {
      const { lines, status } = call(optional, ...machine, "answer", answer);
      expect(status).toBe(0);
      return lines.some((line) => line.includes("KVM_ENABLE_CAP 216"));
    };
    expect(enabled("0")).toBe(false);
    expect(enabled("1")).toBe(true);
    expect(call(optional, ...machine, "fail", "1", "22").last).toMatch(
      /^configure_vm -22: guests\/full\.guest:25:3: KVM_CHECK_EXTENSION of KVM_CAP_ARM_SYSTEM_SUSPEND /,
    );
  });

  it("take a register list as long as their array and refuse a longer one", () => {
    expect(call(program, ...machine, "registers", "4096").status).toBe(0);
    expect(call(program, ...machine, "registers", "4097").last).toMatch(
      /^configure_vcpu -7: .* more than 4096 registers, define GUESTC_REGISTER_LIST_MAX/,
    );
  });

  it("verify promises that nothing wrote", () => {
    const [, id = "", , ...others] = machine;
    expect(call(program, "holds", id, "0x1101000021110222", ...others).last).toMatch(
      /^verify_vcpu -74: guests\/full\.guest:7:3: ID_AA64PFR0_EL1 .* reads 0x0000000000000000 where 0x0000000100000000 is wanted, mask 0x0000000f00000000/,
    );
  });

  it("verify at least, from the highest bit down", () => {
    const least = build("least", {
      ...fullPlan,
      operations: fullPlan.operations.map((operation) =>
        operation.kind === "verify-register" && operation.compare === "at-least"
          ? { ...operation, value: 2n }
          : operation,
      ),
    });
    for (const [level, accepted] of [
      ["1", false],
      ["2", true],
      ["3", true],
      ["0x10", false],
      ["0x12", true],
    ] as const)
      expect(call(least, ...machine.slice(0, 3), "holds", "0x6030000000140001", level).status, level).toBe(
        accepted ? 0 : 1,
      );
  });
});
