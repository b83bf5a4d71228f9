/** Exclusives, ordered accesses and the atomics of FEAT_LSE. */
import { type Context, classOf, type InstructionClass, type Item, reach, variantOf } from "../class.ts";
import { encode, type Fields, layoutOf } from "../layout.ts";

const row = classOf.bind(undefined, "atomic");
const bytesOf = (f: Fields): number => 1 << (f.size ?? 0);
const alone = (f: Fields) => ({ offset: 0, bytes: bytesOf(f), align: bytesOf(f) });
const isEven = (register: number | undefined): boolean => (register ?? 0) % 2 === 0;

const exclusive = layoutOf("size:2 001000 0 l p rs:5 o0 rt2:5 rn:5 rt:5");
const plainLoad = layoutOf("size:2 11100101 000000000000 rn:5 rt:5");
const pairLoad = layoutOf("sf 0101001010000000 rt2:5 rn:5 rt:5");

/** Registers that an exclusive store may not share with its status. */
const statusApart = (f: Fields): boolean => f.rs !== f.rt && f.rs !== f.rn && (f.p === 0 || f.rs !== f.rt2);

/** A load and, behind another instruction, a store: mostly to the same place. */
function exclusiveSequence(of: () => InstructionClass, f: Fields, context: Context): Item | undefined {
  const { random, reserved } = context;
  const pair = f.p === 1;
  const bytes = bytesOf(f) * (pair ? 2 : 1);
  const base = f.rn ?? 0;
  const spare = [f.rt, f.rt2, f.rs].includes(base);
  if (spare || !statusApart(f) || (pair && f.rt === f.rt2)) return undefined;
  const open = random.once(6);
  const one = (l: number, o0: number) =>
    encode(exclusive, { ...f, l, o0, rs: l === 1 ? 31 : (f.rs ?? 0), rt2: pair ? (f.rt2 ?? 0) : 31 });
  const between = context.plain(new Set([...reserved, base]));
  const tested = { name: of().name, variant: variantOf(of(), f) };
  const before = reach(random, base, { offset: 0, bytes, align: bytes, strictly: true });
  return {
    // Without the load nothing is stored.
    words: [...before, ...(open ? [] : [one(1, f.o0 ?? 0)]), ...between.words, one(0, f.o1 ?? 0)],
    classes: [...before.map(() => undefined), ...(open ? [] : [tested]), ...between.classes, tested],
  };
}

/** What is compared with memory is often what is there. */
function compareAndSwap(of: () => InstructionClass, f: Fields, context: Context): Item | undefined {
  const { random } = context;
  const base = f.rn ?? 0;
  const pair = f.pair === 1;
  const registers = pair ? [f.rs, (f.rs ?? 0) + 1, f.rt, (f.rt ?? 0) + 1] : [f.rs, f.rt];
  if (registers.includes(base) || registers.some((one) => context.reserved.has(one ?? 0))) return undefined;
  if (pair && !(isEven(f.rs) && isEven(f.rt))) return undefined;
  const bytes = pair ? 8 << (f.size ?? 0) : bytesOf(f);
  const fetch = pair
    ? encode(pairLoad, { sf: f.size ?? 0, rt: f.rs ?? 0, rt2: (f.rs ?? 0) + 1, rn: base })
    : encode(plainLoad, { size: f.size ?? 0, rt: f.rs ?? 0, rn: base });
  // Two registers of which one is XZR load nothing that could be equal.
  const equal = f.rs !== 30 && random.once(2);
  const before = [...reach(random, base, { offset: 0, bytes, align: bytes }), ...(equal ? [fetch] : [])];
  return {
    words: [...before, encode(of().layout, f)],
    classes: [...before.map(() => undefined), { name: of().name, variant: variantOf(of(), f) }],
  };
}

const exclusivePair: InstructionClass = row(
  "exclusive",
  // Stands for two words: `o0` is the load's, `o1` the store's.
  "size:2 001000 o1 p o0 rs:5 0 rt2:5 rn:5 rt:5",
  {
    tells: "size p o0 o1",
    where: (f) => f.p === 0 || (f.size ?? 0) >= 2,
    sequence: (f, context) => exclusiveSequence(() => exclusivePair, f, context),
    weight: 3,
  },
);

const swapIfEqual: InstructionClass = row("compare-and-swap", "size:2 0010001 l 1 rs:5 o0 11111 rn:5 rt:5", {
  tells: "size l o0",
  sequence: (f, context) => compareAndSwap(() => swapIfEqual, f, context),
  weight: 2,
});

const swapPairIfEqual: InstructionClass = row(
  "compare-and-swap-pair",
  "0 size 0010000 l 1 rs:5 o0 11111 rn:5 rt:5",
  {
    tells: "size l o0",
    sequence: (f, context) => compareAndSwap(() => swapPairIfEqual, { ...f, pair: 1 }, context),
    weight: 2,
  },
);

export const atomic: readonly InstructionClass[] = [
  exclusivePair,
  row("load-store-ordered", "size:2 0010001 l 011111 o0 11111 rn:5 rt:5", {
    tells: "size l o0",
    memory: alone,
    weight: 2,
  }),
  swapIfEqual,
  swapPairIfEqual,
  row("atomic-memory", "size:2 111000 a r 1 rs:5 o3 opc:3 00 rn:5 rt:5", {
    tells: "size a r o3 opc",
    where: (f) => f.o3 === 0 || f.opc === 0,
    memory: alone,
    weight: 5,
  }),
  row("load-acquire-pc", "size:2 11100010111111110000 rn:5 rt:5", { tells: "size", memory: alone }),
];
