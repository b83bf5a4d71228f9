/** SVE loads and stores: encodings. */
import type { Row } from "./row.ts";
import { asSize, bits, type GateOf } from "./simd-fields.ts";
import type { Size } from "./simd-shapes.ts";
import { SVE, SVE2, type SveFields, signedBits, sve, sveGate, sveRow } from "./sve-fields.ts";
import type { SveAddress, SveShape } from "./sve-shapes.ts";

type Rows = readonly Row<SveShape>[];
type Transfer = Extract<SveShape, { kind: "transfer" }>;

/** DTYPE of contiguous loads: bytes in memory and in the lane, as log2; whether they are extended by the sign. */
const dataTypes: readonly (readonly [Size, Size, boolean])[] = [
  [0, 0, false],
  [0, 1, false],
  [0, 2, false],
  [0, 3, false],
  [2, 3, true],
  [1, 1, false],
  [1, 2, false],
  [1, 3, false],
  [1, 3, true],
  [1, 2, true],
  [2, 2, false],
  [2, 3, false],
  [0, 3, true],
  [0, 2, true],
  [0, 1, true],
  [3, 3, false],
];

interface Data {
  readonly memory: Size;
  readonly size: Size;
  readonly isSigned: boolean;
}

const dataOf = (index: number): Data => {
  const [memory, size, isSigned] = dataTypes[index & 15] ?? [0, 0, false];
  return { memory, size, isSigned };
};

const plainData = (memory: Size, size: Size = memory): Data => ({ memory, size, isSigned: false });

const transfer = (
  f: SveFields,
  load: boolean,
  data: Data,
  address: SveAddress,
  more: Partial<Pick<Transfer, "registers" | "fault">> = {},
): Transfer => ({
  group: sve,
  kind: "transfer",
  load,
  ...data,
  registers: 1,
  fault: "all",
  address,
  d: f.d,
  pg: f.pg,
  ...more,
});

const byImmediate = (f: SveFields): SveAddress => ({
  kind: "immediate",
  base: f.n,
  times: signedBits(f.word, 16, 4),
});
const byRegister = (f: SveFields, shift: number): SveAddress => ({
  kind: "register",
  base: f.n,
  m: f.m,
  shift,
});

/** An index register of 31 is not allocated. */
const indexed = (f: SveFields): boolean => f.m !== 31;

const memorySize = (word: number): Size => asSize(word >>> 23);

const contiguous: Rows = [
  sveRow("1010010 xxxx xxxxx 010 xxx xxxxx xxxxx", "ld1", SVE, (f) => {
    const data = dataOf(bits(f.word, 21, 4));
    return indexed(f) ? transfer(f, true, data, byRegister(f, data.memory)) : undefined;
  }),
  sveRow("1010010 xxxx xxxxx 011 xxx xxxxx xxxxx", "ldff1", SVE, (f) => {
    const data = dataOf(bits(f.word, 21, 4));
    return transfer(f, true, data, byRegister(f, data.memory), { fault: "first" });
  }),
  sveRow("1010010 xxxx 0 xxxx 101 xxx xxxxx xxxxx", "ld1", SVE, (f) =>
    transfer(f, true, dataOf(bits(f.word, 21, 4)), byImmediate(f)),
  ),
  sveRow("1010010 xxxx 1 xxxx 101 xxx xxxxx xxxxx", "ldnf1", SVE, (f) =>
    transfer(f, true, dataOf(bits(f.word, 21, 4)), byImmediate(f), { fault: "none" }),
  ),
  sveRow("1010010 xx xx xxxxx 110 xxx xxxxx xxxxx", "ld", SVE, (f) => {
    const memory = memorySize(f.word);
    const registers = bits(f.word, 21, 2) + 1;
    return indexed(f)
      ? transfer(f, true, plainData(memory), byRegister(f, memory), { registers })
      : undefined;
  }),
  sveRow("1010010 xx xx 0 xxxx 111 xxx xxxxx xxxxx", "ld", SVE, (f) =>
    transfer(f, true, plainData(memorySize(f.word)), byImmediate(f), { registers: bits(f.word, 21, 2) + 1 }),
  ),
  sveRow("1110010 xx xx xxxxx 010 xxx xxxxx xxxxx", "st1", SVE, (f) => {
    const memory = memorySize(f.word);
    const size = asSize(f.word >>> 21);
    return memory > size || !indexed(f)
      ? undefined
      : transfer(f, false, plainData(memory, size), byRegister(f, memory));
  }),
  sveRow("1110010 xx xx 0 xxxx 111 xxx xxxxx xxxxx", "st1", SVE, (f) => {
    const memory = memorySize(f.word);
    const size = asSize(f.word >>> 21);
    return memory > size ? undefined : transfer(f, false, plainData(memory, size), byImmediate(f));
  }),
  sveRow("1110010 xx xx 1 xxxx 111 xxx xxxxx xxxxx", "st", SVE, (f) =>
    transfer(f, false, plainData(memorySize(f.word)), byImmediate(f), { registers: bits(f.word, 21, 2) + 1 }),
  ),
  sveRow("1110010 xx xx xxxxx 011 xxx xxxxx xxxxx", "st", SVE, (f) => {
    const memory = memorySize(f.word);
    const registers = bits(f.word, 21, 2) + 1;
    return indexed(f)
      ? transfer(f, false, plainData(memory), byRegister(f, memory), { registers })
      : undefined;
  }),
];

const whole = (picture: string, name: string, load: boolean, predicate: boolean): Row<SveShape> =>
  sveRow(picture, name, SVE, (f) => ({
    group: sve,
    kind: "whole",
    load,
    predicate,
    base: f.n,
    times: (signedBits(f.word, 16, 6) << 3) | bits(f.word, 10, 3),
    d: predicate ? bits(f.word, 0, 4) : f.d,
  }));

const wholes: Rows = [
  whole("1000010 11 0 xxxxxx 000 xxx xxxxx 0 xxxx", "ldr", true, true),
  whole("1000010 11 0 xxxxxx 010 xxx xxxxx xxxxx", "ldr", true, false),
  whole("1110010 11 0 xxxxxx 000 xxx xxxxx 0 xxxx", "str", false, true),
  whole("1110010 11 0 xxxxxx 010 xxx xxxxx xxxxx", "str", false, false),
];

const replicated = (f: SveFields, data: Data, bytes: number, address: SveAddress): SveShape => ({
  group: sve,
  kind: "replicated",
  ...data,
  bytes,
  address,
  d: f.d,
  pg: f.pg,
});

const replications: Rows = [
  sveRow("1000010 xx 1 xxxxxx 1 xx xxx xxxxx xxxxx", "ld1r", SVE, (f) => {
    const data = dataOf((bits(f.word, 23, 2) << 2) | bits(f.word, 13, 2));
    // The immediate counts elements.
    const plus = BigInt(bits(f.word, 16, 6) << data.memory);
    return replicated(f, data, 0, { kind: "constant", base: f.n, plus });
  }),
  ...(
    [
      ["00", 16, SVE],
      ["01", 32, sveGate("FMMLA_D")],
    ] as const
  ).flatMap(([code, bytes, gateOf]) => [
    sveRow<SveShape>(`1010010 xx ${code} xxxxx 000 xxx xxxxx xxxxx`, "ld1r", gateOf, (f) => {
      const memory = memorySize(f.word);
      return indexed(f) ? replicated(f, plainData(memory), bytes, byRegister(f, memory)) : undefined;
    }),
    sveRow<SveShape>(`1010010 xx ${code} 0 xxxx 001 xxx xxxxx xxxxx`, "ld1r", gateOf, (f) =>
      replicated(f, plainData(memorySize(f.word)), bytes, byImmediate(f)),
    ),
  ]),
];

/** Gathers: U, whether the element is not extended by its sign; FF, first fault. Not allocated where nothing is extended by the sign. */
function gather(f: SveFields, size: Size, memory: Size, address: SveAddress): SveShape | undefined {
  const unsigned = bits(f.word, 14, 1) === 1;
  if (memory > size || (memory === size && !unsigned)) return undefined;
  return transfer(f, true, { memory, size, isSigned: !unsigned }, address, {
    fault: bits(f.word, 13, 1) === 1 ? "first" : "all",
  });
}

const offsets = (f: SveFields, extend: "sxtw" | "uxtw" | "none", shift: number): SveAddress => ({
  kind: "offsets",
  base: f.n,
  z: f.m,
  extend,
  shift,
});

const extension = (bit: number): "sxtw" | "uxtw" => (bit === 1 ? "sxtw" : "uxtw");

const gathers: Rows = [
  // Offsets of 32 bits: XS is bit 22; bit 21 scales.
  ...(
    [
      ["1000010", 2],
      ["1100010", 3],
    ] as const
  ).flatMap(([top, size]) =>
    (
      [
        ["00", "x0", 0],
        ["01", "xx", 1],
        ["10", "xx", 2],
        ["11", "xx", 3],
      ] as const
    )
      .filter(([, , memory]) => memory <= size)
      .map(([code, form, memory]) =>
        sveRow<SveShape>(`${top} ${code} ${form} xxxxx 0 xx xxx xxxxx xxxxx`, "ld1", SVE, (f) =>
          gather(
            f,
            size,
            memory,
            offsets(f, extension(bits(f.word, 22, 1)), bits(f.word, 21, 1) === 1 ? memory : 0),
          ),
        ),
      ),
  ),
  // Offsets of 64 bits.
  ...(
    [
      ["00", "10", 0],
      ["01", "1x", 1],
      ["10", "1x", 2],
      ["11", "1x", 3],
    ] as const
  ).map(([code, form, memory]) =>
    sveRow<SveShape>(`1100010 ${code} ${form} xxxxx 1 xx xxx xxxxx xxxxx`, "ld1", SVE, (f) =>
      gather(f, 3, memory, offsets(f, "none", bits(f.word, 21, 1) === 1 ? memory : 0)),
    ),
  ),
  // Lanes are addresses.
  ...(
    [
      ["1000010", 2],
      ["1100010", 3],
    ] as const
  ).map(([top, size]) =>
    sveRow<SveShape>(`${top} xx 01 xxxxx 1 xx xxx xxxxx xxxxx`, "ld1", SVE, (f) => {
      const memory = memorySize(f.word);
      return gather(f, size, memory, { kind: "bases", z: f.n, plus: BigInt(f.m << memory) });
    }),
  ),
  sveRow("1100010 xx 00 xxxxx 1 x 0 xxx xxxxx xxxxx", "ldnt1", SVE2, (f) =>
    gather(f, 3, memorySize(f.word), { kind: "bases-register", z: f.n, m: f.m }),
  ),
  sveRow("1000010 xx 00 xxxxx 10 x xxx xxxxx xxxxx", "ldnt1", SVE2, (f) => {
    // Here bit 13 is U.
    const memory = memorySize(f.word);
    const unsigned = bits(f.word, 13, 1) === 1;
    if (memory > 2 || (memory === 2 && !unsigned)) return undefined;
    return transfer(
      f,
      true,
      { memory, size: 2, isSigned: !unsigned },
      { kind: "bases-register", z: f.n, m: f.m },
    );
  }),
];

function scatter(
  f: SveFields,
  size: Size,
  address: (memory: Size) => SveAddress,
  scaled = false,
): SveShape | undefined {
  const memory = memorySize(f.word);
  if (memory > size || (scaled && memory === 0)) return undefined;
  return transfer(f, false, plainData(memory, size), address(memory));
}

const scatters: Rows = [
  ...(["0", "1"] as const).flatMap((xs) =>
    (
      [
        ["11", 2, true],
        ["10", 2, false],
        ["01", 3, true],
        ["00", 3, false],
      ] as const
    ).map(([form, size, scaled]) =>
      sveRow<SveShape>(`1110010 xx ${form} xxxxx 1${xs}0 xxx xxxxx xxxxx`, "st1", SVE, (f) =>
        scatter(f, size, (memory) => offsets(f, extension(Number(xs)), scaled ? memory : 0), scaled),
      ),
    ),
  ),
  sveRow("1110010 xx 01 xxxxx 101 xxx xxxxx xxxxx", "st1", SVE, (f) =>
    scatter(f, 3, (memory) => offsets(f, "none", memory), true),
  ),
  sveRow("1110010 xx 00 xxxxx 101 xxx xxxxx xxxxx", "st1", SVE, (f) =>
    scatter(f, 3, () => offsets(f, "none", 0)),
  ),
  sveRow("1110010 xx 10 xxxxx 101 xxx xxxxx xxxxx", "st1", SVE, (f) =>
    scatter(f, 3, (memory) => ({ kind: "bases", z: f.n, plus: BigInt(f.m << memory) })),
  ),
  sveRow("1110010 xx 11 xxxxx 101 xxx xxxxx xxxxx", "st1", SVE, (f) =>
    scatter(f, 2, (memory) => ({ kind: "bases", z: f.n, plus: BigInt(f.m << memory) })),
  ),
  ...(
    [
      ["00", 3],
      ["10", 2],
    ] as const
  ).map(([form, size]) =>
    sveRow<SveShape>(`1110010 xx ${form} xxxxx 001 xxx xxxxx xxxxx`, "stnt1", SVE2, (f) =>
      scatter(f, size, () => ({ kind: "bases-register", z: f.n, m: f.m })),
    ),
  ),
];

/** Nothing is to be seen of a prefetch. */
const prefetches: Rows = [
  "1000010 00 x1 xxxxx 0xx xxx xxxxx 0 xxxx",
  "1000010 xx 00 xxxxx 111 xxx xxxxx 0 xxxx",
  "1000010 11 1x xxxxx 0xx xxx xxxxx 0 xxxx",
  "1000010 xx 00 xxxxx 110 xxx xxxxx 0 xxxx",
  "1100010 00 11 xxxxx 1xx xxx xxxxx 0 xxxx",
  "1100010 00 x1 xxxxx 0xx xxx xxxxx 0 xxxx",
  "1100010 xx 00 xxxxx 111 xxx xxxxx 0 xxxx",
].map((picture) =>
  sveRow<SveShape>(picture, "prf", SVE as GateOf, (f) =>
    // With an index register, 31 is not allocated.
    picture.startsWith("1000010 xx 00 xxxxx 110") && f.m === 31
      ? undefined
      : { group: sve, kind: "prefetch" },
  ),
);

export const sveMemoryRows: Rows = [
  ...contiguous,
  ...wholes,
  ...replications,
  ...gathers,
  ...scatters,
  ...prefetches,
];
