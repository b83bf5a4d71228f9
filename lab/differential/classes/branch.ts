/** Branches: forward over a few instructions, short loops, calls and returns. */
import { addImmediate, adr, bCond, movz, NE, subImmediate } from "../assemble.ts";
import { type Context, classOf, type InstructionClass, type Item, type Tested, variantOf } from "../class.ts";
import { encode, type Fields, type Layout, layoutOf } from "../layout.ts";

const row = classOf.bind(undefined, "branch");

/** Some plain instructions to jump over or to go round. */
function body(context: Context, reserved: ReadonlySet<number>): Item {
  const items = Array.from({ length: 1 + context.random.below(3) }, () => context.plain(reserved));
  return {
    words: items.flatMap(({ words }) => words),
    classes: items.flatMap(({ classes }) => classes),
  };
}

const testedOf = (of: InstructionClass, f: Fields): Tested => ({
  name: of.name,
  variant: variantOf(of, f),
});

/** The branch, and what it skips when taken. */
const forward =
  (of: () => InstructionClass) =>
  (f: Fields, context: Context): Item => {
    const skipped = body(context, context.reserved);
    return {
      words: [encode(of().layout, { ...f, imm: skipped.words.length + 1 }), ...skipped.words],
      classes: [testedOf(of(), f), ...skipped.classes],
    };
  };

const rows = (name: string, layout: string, tells: string, weight: number): InstructionClass => {
  const own: InstructionClass = row(name, layout, { tells, weight, sequence: forward(() => own) });
  return own;
};

/** A register counts down; the body runs up to five times. */
function counted(
  of: InstructionClass,
  backward: Layout | undefined,
  f: Fields,
  context: Context,
): Item | undefined {
  const counter = f.rt ?? 0;
  if (counter === 31) return undefined;
  const inside = body(context, new Set([...context.reserved, counter]));
  const distance = -(inside.words.length + 1);
  const back =
    backward === undefined
      ? bCond(NE, 4 * distance)
      : encode(backward, { sf: f.sf ?? 0, imm: distance & 0x7_ffff, rt: counter });
  // SUBS, as the condition needs flags.
  const step = subImmediate(counter, counter, 1) | (backward === undefined ? 1 << 29 : 0);
  return {
    words: [movz(counter, 1 + context.random.below(5)), ...inside.words, step >>> 0, back],
    classes: [undefined, ...inside.classes, undefined, testedOf(of, f)],
  };
}

const compareAndBranch = layoutOf("sf 0110101 imm:19 rt:5");
const loopByFlags: InstructionClass = row("loop-by-flags", "010101000000000000000 unused:6 rt:5", {
  sequence: (f, context) => counted(loopByFlags, undefined, f, context),
});
const loopByRegister: InstructionClass = row("loop-by-register", "sf 01101010000000000000000000 rt:5", {
  tells: "sf",
  sequence: (f, context) => counted(loopByRegister, compareAndBranch, f, context),
});

/** ADR of a place behind some instructions, and a jump there. */
const toRegister: InstructionClass = row("branch-register", "110101100 opc:2 11111000000 rn:5 00000", {
  tells: "opc",
  where: (f) => f.opc !== 3 && f.rn !== 31,
  sequence: (f, context) => {
    const skipped = body(context, context.reserved);
    return {
      words: [adr(f.rn ?? 0, 4 * (skipped.words.length + 2)), encode(toRegister.layout, f), ...skipped.words],
      classes: [undefined, testedOf(toRegister, f), ...skipped.classes],
    };
  },
});

/** A function behind the code that calls it: BL, the way round it, the function, RET. */
const call: InstructionClass = row("call", "100101000000000000000000000 rn:5", {
  sequence: (f, context) => {
    const { reserved } = context;
    if (reserved.has(30)) return undefined;
    const inside = body(context, new Set([...reserved, 30]));
    const length = inside.words.length;
    const bl = layoutOf("100101 imm:26");
    const jump = layoutOf("000101 imm:26");
    return {
      words: [
        encode(bl, { imm: 2 }),
        encode(jump, { imm: length + 2 }),
        ...inside.words,
        encode(layoutOf("11010110010111110000001111000000"), {}),
        addImmediate(f.rn ?? 0, 30, 0),
      ],
      classes: [testedOf(call, f), testedOf(call, f), ...inside.classes, testedOf(call, f), undefined],
    };
  },
});

export const branch: readonly InstructionClass[] = [
  rows("branch", "000101 imm:26", "", 1),
  rows("branch-conditional", "01010100 imm:19 0 cond:4", "cond", 2),
  rows("compare-and-branch", "sf 011010 op imm:19 rt:5", "sf op", 2),
  rows("test-and-branch", "b5 011011 op b40:5 imm:14 rt:5", "b5 op", 2),
  loopByFlags,
  loopByRegister,
  toRegister,
  call,
];
