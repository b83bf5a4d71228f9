/**
 * The decoder against another one. `core-decode.txt` has words at random, what GNU objdump 2.40 makes of each (`-`: not
 * allocated) and the name of the row that has to decode it; words of extensions that objdump does not know are left out.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decode } from "../../../src/sim/vcpu/decode/index.ts";
import { row } from "../../../src/sim/vcpu/decode/row.ts";
import { instruction, instructions } from "../../../src/tables/index.ts";

const recorded = readFileSync(new URL("core-decode.txt", import.meta.url), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => /^(\S+) (\S+) (.+)$/.exec(line)?.slice(1) ?? []);

/** SVE, SME, Advanced SIMD and floating point: their tests look at them. */
const isVector = (word: number): boolean => ((word >>> 25) & 7) === 7 || ((word >>> 25) & 15) === 2;

describe("the decoder", () => {
  it("allocates what objdump allocates, and nothing else", () => {
    const wrong = recorded.filter(([word = "", mnemonic]) => {
      const { instruction } = decode(Number.parseInt(word, 16));
      return (instruction.kind === "undefined") !== (mnemonic === "-");
    });
    expect(wrong).toEqual([]);
  });

  it("knows each mnemonic by one row's name", () => {
    const wrong = recorded.filter(
      ([word = "", mnemonic, name]) => mnemonic !== "-" && decode(Number.parseInt(word, 16)).name !== name,
    );
    expect(wrong).toEqual([]);
    expect(new Set(recorded.map(([, mnemonic]) => mnemonic)).size).toBeGreaterThan(450);
  });

  // objdump 2.40 does not know FEAT_CMPBR; these are LLVM's encodings (test/MC/AArch64/CMPBR).
  it.each([
    ["cbhge w5, w5, #-1024", 0x7425_e005, { comparison: "ge", bits: 16, m: 5, immediate: 0, offset: -1024 }],
    ["cblo w5, #31, #1020", 0x756f_9fe5, { comparison: "lo", bits: 32, immediate: 31, offset: 1020 }],
    ["cblt x5, #0, #-1024", 0xf520_2005, { comparison: "lt", bits: 64, immediate: 0, offset: -1024 }],
    ["cbge w5, w3, #-1024", 0x7423_2005, { comparison: "ge", bits: 32, m: 3, offset: -1024 }],
  ])("knows %s", (_, word, expected) => {
    expect(decode(word).instruction).toMatchObject({ kind: "branch-if-compared", t: 5, ...expected });
  });

  it("gives the same for the same word, as a signed number too", () => {
    for (const [text = ""] of recorded) {
      const word = Number.parseInt(text, 16);
      expect(decode(word)).toBe(decode(word | 0));
    }
  });

  it("has every instruction of the tables, with the fate of one of them", () => {
    for (const { name, word, undefined: never, gate } of instructions()) {
      if (isVector(word)) continue;
      const decoded = decode(word);
      expect([name, decoded.instruction.kind === "undefined"]).toEqual([name, never === true]);
      if (decoded.fate !== undefined)
        expect([name, instruction(decoded.fate)?.name]).toEqual([name, decoded.fate]);
      // What not every CPU has is asked for, unless its encoding is a hint or belongs to the system's files.
      const elsewhere = ["mrs", "msr", "hint", "sys"].includes(decoded.name);
      if (gate !== undefined && !elsewhere) expect([name, decoded.fate === undefined]).toEqual([name, false]);
    }
  });

  it("refuses pictures that are none", () => {
    const name = { name: "x" };
    expect(() => row("0101 n:5", name, () => undefined)).toThrow("has 9 bits");
    expect(() => row("012 n:29", name, () => undefined)).toThrow('"2" in the picture');
  });
});
