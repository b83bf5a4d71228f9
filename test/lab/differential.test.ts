/** The generator of random programs: the same for the same seed, each class of it alive, nothing unpredictable. */
import { describe, expect, it } from "vitest";
import { assemble, b, bCond, EQ, NOP } from "../../lab/differential/assemble.ts";
import { contextOf, makeBlock, picker, wordsOf } from "../../lab/differential/block.ts";
import { baseWords, classOf, makeItem, variantOf } from "../../lab/differential/class.ts";
import { classes, classesOf, scalable } from "../../lab/differential/classes/index.ts";
import { blockAt, compareOutcomes, exceptionsByBlock } from "../../lab/differential/compare.ts";
import { frame } from "../../lab/differential/frame.ts";
import { fuzzBlock, fuzzItem, whyExcluded } from "../../lab/differential/fuzz.ts";
import { imageOf, outcomeOf } from "../../lab/differential/image.ts";
import { decodeFields, encode, layoutOf } from "../../lab/differential/layout.ts";
import { BASE, RAM, RECORDS, SCRATCH_BYTES, VARIABLES, variables } from "../../lab/differential/map.ts";
import { digest, imageOfPlan, readRecording, writeRecording } from "../../lab/differential/recording.ts";
import { generalValue, vectorValue } from "../../lab/differential/values.ts";
import { randomOf } from "../../lab/record/random.ts";

const pick = picker(classes);
const classNamed = (name: string) => {
  const found = classes.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no class ${name}`);
  return found;
};

describe("layouts", () => {
  it("put fields where the manual draws them", () => {
    const add = layoutOf("sf op s 100010 sh imm12:12 rn:5 rd:5");
    // add x1, x2, #3
    expect(encode(add, { sf: 1, imm12: 3, rn: 2, rd: 1 }).toString(16)).toBe("91000c41");
    expect(decodeFields(add, 0x9100_0c41)).toMatchObject({ sf: 1, op: 0, s: 0, imm12: 3, rn: 2, rd: 1 });
    expect(decodeFields(add, 0x0000_0000)).toBeUndefined();
  });

  it("have 32 bits, and each field once", () => {
    expect(() => layoutOf("sf op rd:5")).toThrow("has 7 bits");
    expect(() => layoutOf(`rd:5 rd:5 ${"0".repeat(22)}`)).toThrow("twice");
    expect(() => layoutOf("rd:x")).toThrow("neither bits nor a field");
  });
});

describe("the assembler", () => {
  it("knows distances in both directions", () => {
    const { words, labels } = assemble(0x1000, [
      { label: "start" },
      { to: "end", word: (distance) => bCond(EQ, distance) },
      { to: "start", word: b },
      { label: "end" },
    ]);
    expect(words.map((word) => word.toString(16))).toEqual(["54000040", "17ffffff"]);
    expect(labels.get("end")).toBe(0x1008);
    expect(() => assemble(0, [{ to: "nowhere", word: b }])).toThrow("no label nowhere");
  });
});

describe("classes", () => {
  it("have names of their own and decode to themselves", () => {
    expect(new Set(classes.map(({ name }) => name)).size).toBe(classes.length);
    for (const of of classes)
      for (const tell of of.tells) expect([of.name, of.layout.fields.has(tell)]).toEqual([of.name, true]);
  });

  it.each([...classes, ...scalable].map((of) => [of.name, of] as const))(
    "%s: can be made, without its reserved register",
    (_, of) => {
      const random = randomOf(5);
      const context = contextOf(random);
      for (let at = 0; at < 20; at++) {
        const { words, classes: tested } = makeItem(of, context);
        expect(words).toHaveLength(tested.length);
        expect(words.every((word) => Number.isInteger(word) && word >= 0 && word < 2 ** 32)).toBe(true);
        expect(tested.some((one) => one?.name === of.name)).toBe(true);
      }
    },
  );

  it("are all picked, within ten thousand instructions", () => {
    const seen = new Set<string>();
    for (let number = 0; number < 250; number++)
      for (const { classes: tested } of makeBlock(3, number, 48, pick).items)
        for (const one of tested) if (one !== undefined) seen.add(one.name);
    expect(classes.filter(({ name }) => !seen.has(name)).map(({ name }) => name)).toEqual([]);
  });

  it("are told apart by the fields that they name", () => {
    const add = classNamed("add-sub-immediate");
    expect(variantOf(add, { sf: 1, op: 0, s: 1 })).toBe("sf=1 op=0 s=1");
    expect(classesOf(new Set(["crypto"])).every(({ subject }) => subject === "crypto")).toBe(true);
  });

  it("say when their conditions cannot be met", () => {
    const never = classOf("integer", "never", `${"0".repeat(27)} rd:5`, { where: () => false });
    expect(() => makeItem(never, contextOf(randomOf(1)))).toThrow("no instruction of class never");
  });
});

describe("accesses to memory", () => {
  it("reach from the base register in both directions, however far", () => {
    // add x3, x28, #5; sub sp, x28, #2, lsl #12 and sub sp, sp, #1
    expect(baseWords(3, 5).map((word) => word.toString(16))).toEqual(["91001783"]);
    expect(baseWords(31, -0x2001).map((word) => word.toString(16))).toEqual(["d1400b9f", "d10007ff"]);
  });

  it("stay in the scratch area", () => {
    const of = classNamed("load-store-unsigned");
    const random = randomOf(9);
    for (let at = 0; at < 300; at++) {
      const { words } = makeItem(of, contextOf(random));
      const fields = decodeFields(of.layout, words.at(-1) ?? 0);
      if (fields === undefined) throw new Error("not of its class");
      const bytes = fields.v === 1 && (fields.opc ?? 0) >= 2 ? 16 : 1 << (fields.size ?? 0);
      const distance = words.slice(0, -1).reduce((sum, word) => {
        const size = ((word >>> 10) & 0xfff) * ((word >>> 22) & 1 ? 4096 : 1);
        return sum + ((word >>> 30) & 1 ? -size : size);
      }, 0);
      const from = distance + (fields.imm12 ?? 0) * bytes;
      expect(from).toBeGreaterThanOrEqual(0);
      expect(from + bytes).toBeLessThanOrEqual(SCRATCH_BYTES);
    }
  });
});

describe("blocks", () => {
  it("are the same for the same seed, and others for another", () => {
    const block = makeBlock(7, 12, 48, pick);
    expect(makeBlock(7, 12, 48, pick)).toEqual(block);
    expect(wordsOf(makeBlock(8, 12, 48, pick))).not.toEqual(wordsOf(block));
    expect(wordsOf(makeBlock(7, 13, 48, pick))).not.toEqual(wordsOf(block));
    expect(wordsOf(block).length).toBeGreaterThanOrEqual(48);
  });

  it("have values with edges", () => {
    const random = randomOf(2);
    const general = Array.from({ length: 2000 }, () => generalValue(random));
    for (const edge of [0n, 1n, (1n << 64n) - 1n, 1n << 63n]) expect(general).toContain(edge);
    expect(general.every((value) => value >= 0n && value < 1n << 64n)).toBe(true);
    const vectors = Array.from({ length: 500 }, () => vectorValue(random));
    expect(vectors.every((value) => value >= 0n && value < 1n << 128n)).toBe(true);
    // A lane that is an infinity of single precision.
    expect(vectors.some((value) => (value & 0x7fff_ffffn) === 0x7f80_0000n)).toBe(true);
  });

  it("of random words have none that leads elsewhere", () => {
    const random = randomOf(4);
    const words = Array.from({ length: 5000 }, () => fuzzItem(random).words[0] ?? 0);
    expect(words.filter((word) => whyExcluded(word) !== undefined)).toEqual([]);
    expect(new Set(words.map((word) => (word >>> 25) & 15)).size).toBe(16);
    // HVC, MSR SCTLR_EL1, B, BR, ADR
    for (const word of [0xd400_0002, 0xd518_1000, 0x1400_0000, 0xd61f_0000, 0x1000_0000])
      expect(whyExcluded(word)).toBeDefined();
    expect(whyExcluded(0x8b02_0020)).toBeUndefined();
    expect(fuzzBlock(1, 2, 32)).toEqual(fuzzBlock(1, 2, 32));
  });
});

describe("images", () => {
  const blocks = [makeBlock(1, 0, 16, pick), makeBlock(1, 1, 16, pick), fuzzBlock(1, 0, 8)];
  const image = imageOf(blocks);
  const view = new DataView(image.ram.buffer);

  it("have the frame, the words of the blocks, and their states", () => {
    for (const { address, words } of frame().pieces)
      for (const [at, word] of words.entries())
        expect(view.getUint32(address - RAM + 4 * at, true)).toBe(word);
    for (const [number, block] of blocks.entries())
      for (const [at, word] of wordsOf(block).entries())
        expect(view.getUint32((image.starts[number] ?? 0) - RAM + 4 * at, true)).toBe(word);
    const { states, fault } = { ...outcomeOf(finished()), fault: outcomeOf(image.ram).fault };
    expect(fault).toBe("it ended after 0 of 3 blocks");
    for (const [number, state] of states.entries()) {
      const x = [...(blocks[number]?.state.x ?? [])];
      x[BASE] = state.x[BASE] ?? 0n;
      expect({ ...state, scratch: [...state.scratch] }).toEqual({
        ...blocks[number]?.state,
        x,
        scratch: [...(blocks[number]?.state.scratch ?? [])],
      });
    }
  });

  /** As if all blocks had run and changed nothing. */
  function finished(): Uint8Array {
    const ram = image.ram.slice();
    const copy = new DataView(ram.buffer);
    const end = copy.getBigUint64(VARIABLES - RAM + variables.lastRecord, true);
    copy.setBigUint64(VARIABLES - RAM + variables.record, end, true);
    return ram;
  }

  it("that ran alike have no differences, and a changed register is one", () => {
    const ram = finished();
    const [qemu, engine] = [outcomeOf(ram), outcomeOf(ram.slice())];
    expect(qemu.fault).toBeUndefined();
    expect(compareOutcomes(image, qemu, engine).size).toBe(0);
    const other = ram.slice();
    other[RECORDS - RAM + 3 * 8] = (other[RECORDS - RAM + 3 * 8] ?? 0) ^ 1;
    expect(
      [...compareOutcomes(image, qemu, outcomeOf(other))].map(([number, [one]]) => [number, one?.where]),
    ).toEqual([[0, "x3"]]);
  });

  it("find an exception's block by its address", () => {
    const second = BigInt(image.starts[1] ?? 0);
    const one = { esr: 0n, elr: second + 4n, far: 0n, spsr: 0n };
    const outside = { ...one, elr: 0n };
    expect(blockAt(image.starts, 0)).toBeUndefined();
    expect(exceptionsByBlock(image, [one, outside]).map((list) => list.length)).toEqual([0, 2, 0]);
    const plain = outcomeOf(finished());
    const differences = compareOutcomes(image, { ...plain, exceptions: [one] }, plain);
    expect(differences.get(1)?.[0]).toMatchObject({ where: "exception 0", engine: "none" });
  });

  it("refuse what has no room", () => {
    const long = {
      ...makeBlock(1, 0, 4, pick),
      items: [{ words: new Array(2_000_000).fill(NOP), classes: [] }],
    };
    expect(() => imageOf([long])).toThrow("no room");
  });
});

describe("recordings", () => {
  const plan = { seed: 3, blocks: 3, length: 16, wordBlocks: 2, wordLength: 8 };

  it("give memory back as it was, for the same generator only", () => {
    const image = imageOfPlan(plan);
    const after = image.ram.slice();
    after[RECORDS - RAM + 8] = 0x5a;
    const bytes = writeRecording(plan, { cpu: "max", qemu: "10.0" }, image, after);
    const read = readRecording(bytes);
    expect(read.head).toMatchObject({ ...plan, cpu: "max", image: digest(image.ram) });
    expect(Buffer.compare(read.ram, after)).toBe(0);
    const other = writeRecording({ ...plan, seed: 4 }, { cpu: "max", qemu: "10.0" }, image, after);
    expect(() => readRecording(other)).toThrow("record again");
  });
});
