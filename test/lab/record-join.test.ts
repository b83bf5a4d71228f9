/** Scripts and their answers put together, and values that are not the same twice. */
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { ask, caseOf, get, idOf, machine, run } from "../../lab/record/build.ts";
import { compressRecording, joinAnswers, printScript, recordingName } from "../../lab/record/record.ts";
import { hvc, mrs } from "../../lab/record/words.ts";
import { printAnswer, printRecording } from "../../src/recordings/index.ts";
import { systemRegister } from "../../src/tables/index.ts";

const header = { kernel: "6.12.1", qemu: "10.0.2", cpu: "max", nested: false, seed: 1 };
const word = (name: string): number => {
  const row = systemRegister(name);
  if (row === undefined) throw new Error(name);
  return mrs(row);
};
const cases = [caseOf("one", machine(), get(idOf("x0")), run(), ask(1, word("MIDR_EL1"), [], "MIDR_EL1"))];
const output = "ok\nok\nok\n0x0\nok\nx0 0x410fd0c1\n";

/** What is kept of one question's answer. */
const keptOf = (step: ReturnType<typeof ask>, answer: string): string => {
  const joined = joinAnswers(header, [caseOf("one", run(), step)], `ok\n${answer}\n`);
  const last = joined.cases[0]?.steps[1];
  return last?.step.kind === "ask" ? printAnswer(last.answer, last.step.level) : "";
};

describe("a recording", () => {
  it("has each answer behind its step", () => {
    expect(printRecording(joinAnswers(header, cases, output))).toMatch(
      /case one\nvm 0x0 = ok\nvcpu 0 = ok\ninit 0 preferred 0x4 = ok\nget 0 0x6030000000100000 ; x0 = 0x0\nrun 0 = ok\n {2}ask 1 0xd5380000 ; MIDR_EL1 = x0 0x410fd0c1\n$/,
    );
  });

  it.each([
    ["too few answers", "ok\nok\n", /stopped in case "one"/],
    ["too many answers", `${output}ok\n`, /7 answers to 6 steps/],
    ["half an answer", "ok\no", /cut off/],
    ["a strange answer", output.replace("0x0", "zero"), /case "one", get 0 0x6030000000100000.*zero/],
  ])("is refused with %s", (_, text, message) => {
    expect(() => joinAnswers(header, cases, text)).toThrow(message);
  });

  it("is compressed to the same bytes each time", () => {
    const recording = joinAnswers(header, cases, output);
    const bytes = compressRecording(recording);
    expect(Buffer.from(bytes).equals(Buffer.from(compressRecording(recording)))).toBe(true);
    // RFC 1952: no time of modification, unknown operating system.
    expect([...bytes.subarray(4, 8), bytes[9]]).toEqual([0, 0, 0, 0, 255]);
    expect(gunzipSync(bytes).toString("utf8")).toBe(printRecording(recording));
  });

  it("is called after its machine", () => {
    expect(recordingName({ kernel: "6.12", cpu: "max", nested: false })).toBe("max.linux-6.12.txt.gz");
    expect(recordingName({ kernel: "7.2", cpu: "max", nested: true })).toBe("max-nested.linux-7.2.txt.gz");
  });
});

describe("a script", () => {
  it("names first what changes by itself", () => {
    const lines = printScript(cases).split("\n");
    expect(lines).toContain("volatile 0x603000000013df1a");
    expect(lines.indexOf("case one")).toBeGreaterThan(lines.indexOf("volatile 0x603000000013df1a"));
  });
});

describe("values that change by themselves", () => {
  const call = (id: bigint): ReturnType<typeof ask> => ask(1, hvc(), [id, 64n]);

  it.each([
    ["a counter", ask(1, word("CNTVCT_EL0")), "x0 0x1234", "x0 *"],
    ["a counter in another register", ask(1, word("CNTVCT_EL0") + 2), "x2 0x1234", "x2 *"],
    ["a counter that shows what was there", ask(1, word("CNTVCT_EL0")), "same", "x0 *"],
    ["a counter that is UNDEFINED", ask(1, word("CNTVCT_EL0")), "undefined", "undefined"],
    ["an ID register", ask(1, word("MIDR_EL1")), "x0 0x1234", "x0 0x1234"],
    ["random bits", call(0xc400_0053n), "x0 0x0 x3 0x99", "x0 0x0 x1 * x2 * x3 *"],
    [
      "random bits that are refused",
      call(0xc400_0053n),
      "x0 0xfffffffffffffffe x1 0x0",
      "x0 0xfffffffffffffffe x1 0x0",
    ],
    ["the wall clock", call(0x8600_0001n), "x0 0x18 x1 0x9 x2 0x1 x3 0x2", "x0 * x1 * x2 * x3 *"],
    ["a call with bits above 31", call(0x1_c400_0053n), "x0 0x0 x3 0x99", "x0 0x0 x1 * x2 * x3 *"],
    ["a register that is trapped at times", ask(1, word("OSDTRTX_EL1")), "same", "*"],
    ["the same at another time", ask(1, word("OSDTRTX_EL1")), "undefined", "*"],
    ["the same at EL0", ask(0, word("OSDTRTX_EL1")), "undefined", "undefined"],
    ["another call", call(0x8400_0000n), "x0 0x10001", "x0 0x10001"],
  ])("%s", (_, step, answer, kept) => {
    expect(keptOf(step, answer)).toBe(kept);
  });
});
