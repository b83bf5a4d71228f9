import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { feature, instruction, instructions, mentioned } from "../../src/tables/index.ts";
import { hasTool, inTemporaryFolder, run } from "../codegen/tools.ts";
import { repeated } from "./data.ts";

/** Everything that GNU as 2.40 has a word for, but for what the rows do not use. */
const extensions =
  "armv8.8-a+crypto+sha3+sm4+fp16+fp16fml+dotprod+rcpc+rng+ssbs+sb+predres+memtag+profile+flagm+pauth+ls64+mops+hbc+i8mm+bf16+sve+sve2+sve2-aes+sve2-bitperm+sve2-sha3+sve2-sm4+f32mm+f64mm+sme";

function assembled(texts: readonly string[]): readonly number[] {
  return inTemporaryFolder((folder) => {
    const [source = "", object = "", binary = ""] = ["a.s", "a.o", "a.bin"].map((name) => join(folder, name));
    writeFileSync(source, `.arch ${extensions}\n${texts.join("\n")}\n`);
    expect(run("aarch64-linux-gnu-as", ["-o", object, source])).toMatchObject({ status: 0 });
    expect(run("aarch64-linux-gnu-objcopy", ["-O", "binary", "-j", ".text", object, binary])).toMatchObject({
      status: 0,
    });
    const bytes = readFileSync(binary);
    return texts.map((_, index) => bytes.readUInt32LE(index * 4));
  });
}

describe("instructions", () => {
  it("have names without spaces and encodings of their own", () => {
    expect(repeated(instructions().map((row) => row.name))).toEqual([]);
    expect(repeated(instructions().map((row) => row.word))).toEqual([]);
    for (const row of instructions()) {
      expect(row.name).toMatch(/^[\w-]+$/);
      expect(row.word).toBe(row.word >>> 0);
    }
  });

  it("are gated by features of the tables", () => {
    for (const row of instructions()) {
      const unknown: string[] = [];
      if (row.gate !== undefined)
        mentioned(row.gate, {
          feature: (name) => {
            if (feature(name) === undefined) unknown.push(name);
          },
          field: (register, name) => unknown.push(`${register}.${name}`),
        });
      expect(unknown, row.name).toEqual([]);
    }
  });

  it("stand behind what prepares them", () => {
    const order = instructions().map((row) => row.name);
    for (const row of instructions())
      for (const name of row.after) {
        expect(instruction(name), `${row.name} after ${name}`).toBeDefined();
        expect(order.indexOf(name)).toBeLessThan(order.indexOf(row.name));
      }
  });

  it("cover the features that are instructions", () => {
    const covered = new Set<string>();
    const note = { feature: (name: string) => covered.add(name), field: () => undefined };
    for (const row of instructions()) if (row.gate !== undefined) mentioned(row.gate, note);
    const asked =
      "LSE LSE128 RDM CRC32 FP16 DotProd FHM FCMA JSCVT SHA1 SHA256 SHA512 SHA3 SM3 SM4 AES PMULL BF16 I8MM FRINTTS FlagM FlagM2 SB SSBS2 LRCPC LRCPC2 LRCPC3 PAuth MTE MTE2 MOPS WFxT LS64 XS HBC CSSC THE SYSREG128 SYSINSTR128 GCS SVE SVE2 SME FP8 FAMINMAX LUT LOR PAN UAO DIT";
    expect(asked.split(" ").filter((name) => !covered.has(`FEAT_${name}`))).toEqual([]);
  });

  if (hasTool("aarch64-linux-gnu-as", "encodings of instructions"))
    it("are what the assembler makes of their texts", () => {
      const rows = instructions().filter((row) => row.source === "gas");
      expect(rows.length).toBeGreaterThan(100);
      const words = assembled(rows.map((row) => row.text));
      expect(rows.map((row, index) => [row.name, words[index]])).toEqual(
        rows.map((row) => [row.name, row.word]),
      );
    });
});
