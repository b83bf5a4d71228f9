/**
 * Data processing against the architecture's formulas, written here with BigInt: AddWithCarry, ShiftReg, ExtendReg,
 * DecodeBitMasks and the rest of the Arm ARM's shared pseudocode (J1.1).
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { execute } from "./core-fixture.ts";

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const value64 = fc.oneof(
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  fc.constantFrom(
    0n,
    1n,
    0x7fff_ffffn,
    0x8000_0000n,
    0xffff_ffffn,
    0x1_0000_0000n,
    1n << 63n,
    (1n << 63n) - 1n,
    u64(-1n),
  ),
);
const bitOf = fc.constantFrom(0, 1);
const within = (max: number): fc.Arbitrary<number> => fc.integer({ min: 0, max });

/** X0 = op(X1, X2, X3) with flags before; gives X0 and flags. */
function run(
  word: number,
  x1: bigint,
  x2 = 0n,
  x3 = 0n,
  before = 0,
  x0 = 0n,
): { value: bigint; flags: number } {
  // MSR NZCV, X9 sets the flags first.
  const { core, x } = execute([0xd51b4209, word], {
    x: { 0: x0, 1: x1, 2: x2, 3: x3, 9: BigInt(before) << 28n },
  });
  return { value: x(0), flags: core.state.nzcv };
}

/** The manual's AddWithCarry: result and N, Z, C, V. */
function addWithCarry(bits: number, a: bigint, b: bigint, carry: bigint): { value: bigint; flags: number } {
  const unsigned = BigInt.asUintN(bits, a) + BigInt.asUintN(bits, b) + carry;
  const signed = BigInt.asIntN(bits, a) + BigInt.asIntN(bits, b) + carry;
  const value = BigInt.asUintN(bits, unsigned);
  const n = Number(value >> BigInt(bits - 1));
  return {
    value,
    flags:
      (n << 3) |
      (value === 0n ? 4 : 0) |
      (value === unsigned ? 0 : 2) |
      (BigInt.asIntN(bits, value) === signed ? 0 : 1),
  };
}

function shifted(bits: number, value: bigint, how: number, by: number): bigint {
  const v = BigInt.asUintN(bits, value);
  const n = BigInt(by);
  switch (how) {
    case 0:
      return BigInt.asUintN(bits, v << n);
    case 1:
      return v >> n;
    case 2:
      return BigInt.asUintN(bits, BigInt.asIntN(bits, v) >> n);
    default:
      return BigInt.asUintN(bits, (v >> n) | (v << (BigInt(bits) - n)));
  }
}

function extended(bits: number, value: bigint, how: number, by: number): bigint {
  const length = 8 << (how & 3);
  const v = how >= 4 ? BigInt.asIntN(length, value) : BigInt.asUintN(length, value);
  return BigInt.asUintN(bits, v << BigInt(by));
}

const widthOf = (sf: number): 32 | 64 => (sf === 1 ? 64 : 32);

/** The manual's DecodeBitMasks for an immediate; undefined: reserved. */
function bitMask(bits: number, n: number, immr: number, imms: number): bigint | undefined {
  const pattern = (n << 6) | (~imms & 0x3f);
  let length = 6;
  while (length >= 0 && ((pattern >> length) & 1) === 0) length--;
  if (length < 1 || bits < 1 << length) return undefined;
  const levels = (1 << length) - 1;
  if ((imms & levels) === levels) return undefined;
  const size = 1 << length;
  const element = shifted(size, (1n << BigInt((imms & levels) + 1)) - 1n, 3, immr & levels);
  let mask = 0n;
  for (let at = 0; at < bits; at += size) mask |= element << BigInt(at);
  return mask;
}

const runs = { numRuns: 400 };

describe("addition and subtraction", () => {
  it("ADD, ADDS, SUB, SUBS (immediate)", () => {
    fc.assert(
      fc.property(bitOf, bitOf, bitOf, bitOf, within(0xfff), value64, (sf, op, s, sh, imm, a) => {
        const word = (sf << 31) | (op << 30) | (s << 29) | (0x22 << 23) | (sh << 22) | (imm << 10) | (1 << 5);
        const b = BigInt(imm) << (sh === 1 ? 12n : 0n);
        const wanted = addWithCarry(widthOf(sf), a, op === 1 ? ~b : b, BigInt(op));
        const { value, flags } = run(word, a, 0n, 0n, 5);
        expect(value).toBe(wanted.value);
        expect(flags).toBe(s === 1 ? wanted.flags : 5);
      }),
      runs,
    );
  });

  it("ADD, ADDS, SUB, SUBS (shifted register)", () => {
    fc.assert(
      fc.property(
        bitOf,
        bitOf,
        bitOf,
        within(2),
        within(63),
        value64,
        value64,
        (sf, op, s, how, by, a, b) => {
          const bits = widthOf(sf);
          const amount = by % bits;
          const word =
            (sf << 31) |
            (op << 30) |
            (s << 29) |
            (0x0b << 24) |
            (how << 22) |
            (2 << 16) |
            (amount << 10) |
            (1 << 5);
          const second = shifted(bits, b, how, amount);
          const wanted = addWithCarry(bits, a, op === 1 ? ~second : second, BigInt(op));
          const { value, flags } = run(word, a, b);
          expect(value).toBe(wanted.value);
          expect(flags).toBe(s === 1 ? wanted.flags : 0);
        },
      ),
      runs,
    );
  });

  it("ADD, ADDS, SUB, SUBS (extended register)", () => {
    fc.assert(
      fc.property(bitOf, bitOf, bitOf, within(7), within(4), value64, value64, (sf, op, s, how, by, a, b) => {
        const bits = widthOf(sf);
        const word =
          (sf << 31) |
          (op << 30) |
          (s << 29) |
          (0x59 << 21) |
          (2 << 16) |
          (how << 13) |
          (by << 10) |
          (1 << 5);
        const second = extended(bits, b, how, by);
        const wanted = addWithCarry(bits, a, op === 1 ? ~second : second, BigInt(op));
        const { value, flags } = run(word, a, b);
        expect(value).toBe(wanted.value);
        expect(flags).toBe(s === 1 ? wanted.flags : 0);
      }),
      runs,
    );
  });

  it("ADC, ADCS, SBC, SBCS", () => {
    fc.assert(
      fc.property(bitOf, bitOf, bitOf, within(15), value64, value64, (sf, op, s, before, a, b) => {
        const word = (sf << 31) | (op << 30) | (s << 29) | (0xd0 << 21) | (2 << 16) | (1 << 5);
        const wanted = addWithCarry(widthOf(sf), a, op === 1 ? ~b : b, BigInt((before >> 1) & 1));
        const { value, flags } = run(word, a, b, 0n, before);
        expect(value).toBe(wanted.value);
        expect(flags).toBe(s === 1 ? wanted.flags : before);
      }),
      runs,
    );
  });

  it("31 is the stack pointer as operand of immediates, zero as a register", () => {
    // add x0, sp, #16 / add x1, xzr, x2 / adds xzr, x2, #1 / add sp, x2, #0
    const { x, core } = execute([0x910043e0, 0x8b0203e1, 0xb100045f, 0x9100005f], {
      x: { 2: 7n, 32: 0x1000n },
    });
    expect(x(0)).toBe(0x1010n);
    expect(x(1)).toBe(7n);
    expect(x(31)).toBe(0n);
    expect(x(32)).toBe(7n);
    expect(core.state.nzcv).toBe(0);
  });
});

describe("logic", () => {
  const combine = (op: number, a: bigint, b: bigint): bigint => (op === 1 ? a | b : op === 2 ? a ^ b : a & b);
  const flagsOf = (bits: number, value: bigint): number =>
    (Number(value >> BigInt(bits - 1)) << 3) | (value === 0n ? 4 : 0);

  it("AND, ORR, EOR, ANDS (immediate), and their reserved encodings", () => {
    fc.assert(
      fc.property(bitOf, within(3), bitOf, within(63), within(63), value64, (sf, op, n, immr, imms, a) => {
        const bits = widthOf(sf);
        const word =
          (sf << 31) | (op << 29) | (0x24 << 23) | (n << 22) | (immr << 16) | (imms << 10) | (1 << 5);
        const mask = sf === 0 && n === 1 ? undefined : bitMask(bits, n, immr, imms);
        const { value, flags } = run(word, a, 0n, 0n, 3, 0x55n);
        if (mask === undefined) {
          expect(value).toBe(0x55n);
          return;
        }
        const wanted = combine(op, BigInt.asUintN(bits, a), mask);
        expect(value).toBe(wanted);
        expect(flags).toBe(op === 3 ? flagsOf(bits, wanted) : 3);
      }),
      { numRuns: 1000 },
    );
  });

  it("AND, BIC, ORR, ORN, EOR, EON, ANDS, BICS (shifted register)", () => {
    fc.assert(
      fc.property(
        bitOf,
        within(3),
        bitOf,
        within(3),
        within(63),
        value64,
        value64,
        (sf, op, n, how, by, a, b) => {
          const bits = widthOf(sf);
          const amount = by % bits;
          const word =
            (sf << 31) |
            (op << 29) |
            (0x0a << 24) |
            (how << 22) |
            (n << 21) |
            (2 << 16) |
            (amount << 10) |
            (1 << 5);
          const second = shifted(bits, b, how, amount);
          const wanted = combine(
            op,
            BigInt.asUintN(bits, a),
            n === 1 ? BigInt.asUintN(bits, ~second) : second,
          );
          const { value, flags } = run(word, a, b, 0n, 3);
          expect(value).toBe(wanted);
          expect(flags).toBe(op === 3 ? flagsOf(bits, wanted) : 3);
        },
      ),
      runs,
    );
  });
});

describe("moves and bitfields", () => {
  it("MOVN, MOVZ, MOVK", () => {
    fc.assert(
      fc.property(
        bitOf,
        fc.constantFrom(0, 2, 3),
        within(3),
        within(0xffff),
        value64,
        (sf, op, hw, imm, before) => {
          const at = sf === 1 ? hw : hw & 1;
          const word = (sf << 31) | (op << 29) | (0x25 << 23) | (at << 21) | (imm << 5);
          const part = BigInt(imm) << BigInt(16 * at);
          const wanted = op === 0 ? ~part : op === 2 ? part : (before & ~(0xffffn << BigInt(16 * at))) | part;
          expect(run(word, 0n, 0n, 0n, 0, before).value).toBe(BigInt.asUintN(widthOf(sf), wanted));
        },
      ),
      runs,
    );
  });

  it("SBFM, BFM, UBFM", () => {
    fc.assert(
      fc.property(bitOf, within(2), within(63), within(63), value64, value64, (sf, op, r, s, a, before) => {
        const bits = widthOf(sf);
        const immr = r % bits;
        const imms = s % bits;
        const word =
          (sf << 31) | (op << 29) | (0x26 << 23) | (sf << 22) | (immr << 16) | (imms << 10) | (1 << 5);
        const source = BigInt.asUintN(bits, a);
        const rotated = shifted(bits, source, 3, immr);
        const wmask = shifted(bits, (1n << BigInt(imms + 1)) - 1n, 3, immr);
        const tmask = (1n << BigInt(((imms - immr) & (bits - 1)) + 1)) - 1n;
        const under = op === 1 ? BigInt.asUintN(bits, before) : 0n;
        const bottom = (under & ~wmask) | (rotated & wmask);
        const sign = op === 0 && ((source >> BigInt(imms)) & 1n) === 1n ? -1n : 0n;
        const top = op === 1 ? under : sign;
        expect(run(word, a, 0n, 0n, 0, before).value).toBe(
          BigInt.asUintN(bits, (top & ~tmask) | (bottom & tmask)),
        );
      }),
      { numRuns: 1500 },
    );
  });

  it("EXTR", () => {
    fc.assert(
      fc.property(bitOf, within(63), value64, value64, (sf, by, a, b) => {
        const bits = widthOf(sf);
        const amount = by % bits;
        const word = (sf << 31) | (0x27 << 23) | (sf << 22) | (2 << 16) | (amount << 10) | (1 << 5);
        const both = (BigInt.asUintN(bits, a) << BigInt(bits)) | BigInt.asUintN(bits, b);
        expect(run(word, a, b).value).toBe(BigInt.asUintN(bits, both >> BigInt(amount)));
      }),
      runs,
    );
  });

  it("ADR and ADRP", () => {
    // adr x0, .+8 / adrp x1, .+0x1000 / adr x2, .-8 / adrp x3, .-0x100000
    const { x } = execute([0x10000040, 0xb0000001, 0x10ffffc2, 0x90fff803]);
    expect(x(0)).toBe(0x4000_0008n);
    expect(x(1)).toBe(0x4000_1000n);
    expect(x(2)).toBe(0x4000_0000n);
    expect(x(3)).toBe(0x3ff0_0000n);
  });
});

describe("conditions", () => {
  const holds = (condition: number, nzcv: number): boolean => {
    const [n, z, c, v] = [3, 2, 1, 0].map((at) => ((nzcv >> at) & 1) === 1);
    const base = [z, c, n, v, c && !z, n === v, n === v && !z, true][condition >> 1] ?? true;
    return (condition & 1) === 1 && condition !== 15 ? !base : base;
  };

  it("CSEL, CSINC, CSINV, CSNEG", () => {
    fc.assert(
      fc.property(
        bitOf,
        bitOf,
        bitOf,
        within(15),
        within(15),
        value64,
        value64,
        (sf, op, o2, cond, flags, a, b) => {
          const word =
            (sf << 31) | (op << 30) | (0xd4 << 21) | (2 << 16) | (cond << 12) | (o2 << 10) | (1 << 5);
          const other = (op === 1 ? ~b : b) + BigInt(o2);
          const wanted = BigInt.asUintN(widthOf(sf), holds(cond, flags) ? a : other);
          expect(run(word, a, b, 0n, flags).value).toBe(wanted);
        },
      ),
      runs,
    );
  });

  it("CCMP and CCMN, register and immediate", () => {
    fc.assert(
      fc.property(
        fc.record({
          sf: bitOf,
          op: bitOf,
          imm: bitOf,
          m: within(31),
          cond: within(15),
          before: within(15),
          nzcv: within(15),
        }),
        value64,
        value64,
        ({ sf, op, imm, m, cond, before, nzcv }, a, b) => {
          const second = imm === 1 ? m : 2;
          const word =
            (sf << 31) |
            (op << 30) |
            (1 << 29) |
            (0xd2 << 21) |
            (second << 16) |
            (cond << 12) |
            (imm << 11) |
            (1 << 5) |
            nzcv;
          const operand = imm === 1 ? BigInt(m) : b;
          const wanted = holds(cond, before)
            ? addWithCarry(widthOf(sf), a, op === 1 ? ~operand : operand, BigInt(op)).flags
            : nzcv;
          expect(run(word, a, b, 0n, before).flags).toBe(wanted);
        },
      ),
      runs,
    );
  });
});

describe("multiplication and division", () => {
  it("MADD and MSUB", () => {
    fc.assert(
      fc.property(bitOf, bitOf, value64, value64, value64, (sf, o0, a, b, c) => {
        const word = (sf << 31) | (0xd8 << 21) | (2 << 16) | (o0 << 15) | (3 << 10) | (1 << 5);
        const wanted = o0 === 1 ? c - a * b : c + a * b;
        expect(run(word, a, b, c).value).toBe(BigInt.asUintN(widthOf(sf), wanted));
      }),
      runs,
    );
  });

  it("SMADDL, SMSUBL, UMADDL, UMSUBL, SMULH, UMULH", () => {
    fc.assert(
      fc.property(bitOf, bitOf, value64, value64, value64, (u, o0, a, b, c) => {
        const long = (0x9b << 24) | (u << 23) | (1 << 21) | (2 << 16) | (o0 << 15) | (3 << 10) | (1 << 5);
        const cut = u === 1 ? BigInt.asUintN : BigInt.asIntN;
        const product = cut(32, a) * cut(32, b);
        expect(run(long, a, b, c).value).toBe(u64(o0 === 1 ? c - product : c + product));
        const high = (0x9b << 24) | (u << 23) | (2 << 21) | (2 << 16) | (0x1f << 10) | (1 << 5);
        expect(run(high, a, b).value).toBe(u64((cut(64, a) * cut(64, b)) >> 64n));
      }),
      runs,
    );
  });

  it("UDIV and SDIV", () => {
    const divisor = fc.oneof(value64, within(0xffff).map(BigInt), fc.constantFrom(0n, u64(-1n), u64(-3n)));
    fc.assert(
      fc.property(bitOf, bitOf, value64, divisor, (sf, signed, a, b) => {
        const bits = widthOf(sf);
        const word = (sf << 31) | (0xd6 << 21) | (2 << 16) | (1 << 11) | (signed << 10) | (1 << 5);
        const cut = signed === 1 ? BigInt.asIntN : BigInt.asUintN;
        const by = cut(bits, b);
        expect(run(word, a, b).value).toBe(BigInt.asUintN(bits, by === 0n ? 0n : cut(bits, a) / by));
      }),
      { numRuns: 1500 },
    );
  });
});

describe("shifts and bits", () => {
  it("LSLV, LSRV, ASRV, RORV", () => {
    fc.assert(
      fc.property(bitOf, within(3), value64, value64, (sf, how, a, b) => {
        const bits = widthOf(sf);
        const word = (sf << 31) | (0xd6 << 21) | (2 << 16) | (2 << 12) | (how << 10) | (1 << 5);
        expect(run(word, a, b).value).toBe(shifted(bits, a, how, Number(b % BigInt(bits))));
      }),
      runs,
    );
  });

  it("RBIT, REV16, REV32, REV, CLZ, CLS, CTZ, CNT, ABS", () => {
    const bitsOf = (bits: number, value: bigint): string =>
      BigInt.asUintN(bits, value).toString(2).padStart(bits, "0");
    const bytes = (bits: number, value: bigint, group: number): bigint => {
      const all = BigInt.asUintN(bits, value)
        .toString(16)
        .padStart(bits / 4, "0");
      const groups = all.match(new RegExp(`.{${2 * group}}`, "g")) ?? [];
      return BigInt(`0x${groups.map((one) => (one.match(/../g) ?? []).reverse().join("")).join("")}`);
    };
    const operations: readonly ((bits: number, value: bigint) => bigint)[] = [
      (bits, value) => BigInt(`0b${[...bitsOf(bits, value)].reverse().join("")}`),
      (bits, value) => bytes(bits, value, 2),
      (bits, value) => bytes(bits, value, 4),
      (bits, value) => bytes(bits, value, 8),
      (bits, value) => BigInt((/^0*/.exec(bitsOf(bits, value))?.[0] ?? "").length),
      (bits, value) => BigInt((/^(0+|1+)/.exec(bitsOf(bits, value))?.[0] ?? "").length - 1),
      (bits, value) => BigInt((/0*$/.exec(bitsOf(bits, value))?.[0] ?? "").length),
      (bits, value) => BigInt([...bitsOf(bits, value)].filter((one) => one === "1").length),
      (bits, value) => {
        const signed = BigInt.asIntN(bits, value);
        return BigInt.asUintN(bits, signed < 0n ? -signed : signed);
      },
    ];
    fc.assert(
      fc.property(bitOf, within(8), value64, (sf, opcode, a) => {
        if (sf === 0 && opcode === 3) return;
        const word = (sf << 31) | (1 << 30) | (0xd6 << 21) | (opcode << 10) | (1 << 5);
        const operation = operations[opcode];
        expect(run(word, a).value).toBe(operation?.(widthOf(sf), a));
      }),
      runs,
    );
  });

  it("CRC32 and CRC32C, of every size", () => {
    const crc = (polynomial: bigint, accumulator: bigint, value: bigint, bits: number): bigint => {
      let rest = BigInt.asUintN(32, accumulator) ^ BigInt.asUintN(bits, value);
      // The manual's Poly32Mod2 on reversed bits is this on bits in order.
      for (let i = 0; i < bits; i++) rest = (rest & 1n) === 1n ? (rest >> 1n) ^ polynomial : rest >> 1n;
      return rest;
    };
    const reference = (polynomial: bigint, accumulator: bigint, value: bigint, bits: number): bigint => {
      let rest = BigInt.asUintN(32, accumulator);
      for (let at = 0; at < bits; at += 8) rest = crc(polynomial, rest, (value >> BigInt(at)) & 0xffn, 8);
      return rest;
    };
    fc.assert(
      fc.property(bitOf, within(3), value64, value64, (c, size, a, b) => {
        const word =
          ((size === 3 ? 1 : 0) << 31) |
          (0xd6 << 21) |
          (2 << 16) |
          (2 << 13) |
          (c << 12) |
          (size << 10) |
          (1 << 5);
        const polynomial = c === 1 ? 0x82f6_3b78n : 0xedb8_8320n;
        expect(run(word, a, b).value).toBe(reference(polynomial, a, b, 8 << size));
      }),
      runs,
    );
    // The check value of CRC-32/ISO-HDLC: "123456789" gives cbf43926.
    const text = [..."123456789"].map((one) => BigInt(one.charCodeAt(0)));
    let value = 0xffff_ffffn;
    for (const byte of text) value = run(0x1ac24020, value, byte).value;
    expect(value ^ 0xffff_ffffn).toBe(0xcbf4_3926n);
  });

  it("SMAX, UMAX, SMIN, UMIN, register and immediate", () => {
    fc.assert(
      fc.property(bitOf, within(3), bitOf, within(255), value64, value64, (sf, op, imm, byte, a, b) => {
        const bits = widthOf(sf);
        const word =
          imm === 1
            ? (sf << 31) | (0x47 << 22) | (op << 18) | (byte << 10) | (1 << 5)
            : (sf << 31) | (0xd6 << 21) | (2 << 16) | (6 << 12) | (op << 10) | (1 << 5);
        const cut = op % 2 === 0 ? BigInt.asIntN : BigInt.asUintN;
        const second = imm === 1 ? cut(8, BigInt(byte)) : cut(bits, b);
        const first = cut(bits, a);
        const greatest = op < 2;
        const wanted = first > second === greatest ? first : second;
        expect(run(word, a, b).value).toBe(BigInt.asUintN(bits, wanted));
      }),
      runs,
    );
  });
});

describe("flags", () => {
  it("CFINV, XAFLAG, AXFLAG for all flags", () => {
    for (let before = 0; before < 16; before++) {
      const [z, c, v] = [2, 1, 0].map((at) => (before >> at) & 1) as [number, number, number];
      expect(run(0xd500401f, 0n, 0n, 0n, before).flags).toBe(before ^ 2);
      const n = c === 0 && z === 0 ? 1 : 0;
      expect(run(0xd500403f, 0n, 0n, 0n, before).flags).toBe(
        (n << 3) | ((z & c) << 2) | ((c | z) << 1) | (c === 0 && z === 1 ? 1 : 0),
      );
      expect(run(0xd500405f, 0n, 0n, 0n, before).flags).toBe(((z | v) << 2) | ((c & (v ^ 1)) << 1));
    }
  });

  it("SETF8, SETF16 and RMIF", () => {
    fc.assert(
      fc.property(bitOf, value64, within(15), within(63), within(15), (sixteen, a, before, rotate, mask) => {
        const bits = sixteen === 1 ? 16 : 8;
        const at = (n: number): number => Number((a >> BigInt(n)) & 1n);
        const zero = BigInt.asUintN(bits, a) === 0n;
        const wanted = (at(bits - 1) << 3) | (zero ? 4 : 0) | (before & 2) | (at(bits) ^ at(bits - 1));
        expect(run(0x3a00082d | (sixteen << 14), a, 0n, 0n, before).flags).toBe(wanted);
        const rotated = Number(shifted(64, a, 3, rotate) & 0xfn);
        const rmif = 0xba000420 | (rotate << 15) | mask;
        expect(run(rmif, a, 0n, 0n, before).flags).toBe((before & ~mask) | (rotated & mask));
      }),
      runs,
    );
  });
});
