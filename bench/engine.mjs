// The engine: guest instructions a second on loops and on a compiled program, against QEMU (TCG) that runs the same image,
// in turns. QEMU's start is measured with the same image whose loop runs once, and taken away. Needs QEMU:
// `npm run lab:setup`.
//
//   node bench/engine.mjs [ROUNDS]
import { performance } from "node:perf_hooks";
import { modules, root } from "./lib/modules.mjs";

const { makeBlock, runOnEngine, imageOf, outcomeOf, runOnQemu, openParts, qemuOf } = await modules({
  "lab/differential/block.ts": ["makeBlock"],
  "lab/differential/engine.ts": ["runOnEngine"],
  "lab/differential/image.ts": ["imageOf", "outcomeOf"],
  "lab/differential/qemu.ts": ["runOnQemu"],
  "lab/parts.ts": ["openParts", "qemuOf"],
});
const parts = openParts(root, process.env);
const rounds = Number(process.argv[2] ?? 3);
const cpu = "max,sve=off,sme=off";

/** Loops that X0 counts down; X28 points at memory, and so does SP. */
const loops = {
  // add, eor ror, madd, lsr, and, cmp, csel, sub, adds, sub, cbnz
  "integer, 64 bits": [
    0x8b020021, 0xcac11c63, 0x9b031024, 0xd34dfc85, 0x92089ca6, 0xeb0100df, 0x9a8680a7, 0x4b0300e8,
    0xab080042, 0xd1000400, 0xb5fffec0,
  ],
  "integer, 32 bits": [
    0x0b020021, 0x4ac11c63, 0x1b031024, 0x530d7c85, 0x12009ca6, 0x6b0100df, 0x1a8680a7, 0x4b0300e8,
    0x2b080042, 0x51000400, 0x35fffec0,
  ],
  // ldp, str, ldrb, ldr with index, strh, ldr post-index, stp among and, add, sub, cbnz
  "loads and stores": [
    0x927d1409, 0x8b090389, 0xa9400921, 0x8b020023, 0xf9000923, 0x39400d24, 0xb8647b85, 0x79005125,
    0xf8408526, 0xa93f8d26, 0xd1000400, 0xb5fffea0,
  ],
  // a function with a frame and a branch in it
  calls: [
    0xaa0003e1, 0x94000005, 0x8b010042, 0xd1000400, 0xb5ffff80, 0x14000007, 0xa9bf7bfd, 0x36000041,
    0x91000c21, 0xca410421, 0xa8c17bfd, 0xd65f03c0, 0xd503201f,
  ],
  // fadd, fmul, fmadd, scvtf, fcmp, add.4s, eor.16b, umlal.2d, sub, cbnz
  "floating point, vectors": [
    0x1e612800, 0x1e630802, 0x1f411044, 0x1e620005, 0x1e6420a0, 0x4ea784c6, 0x6e281cc7, 0x2ea780c9,
    0xd1000400, 0xb5fffee0,
  ],
};
/** Passes that take about a second. */
const enginePasses = 1_500_000;
const qemuPasses = 100_000_000;
const stackWord = 0x9108_039f;

function imageFor(words, passes) {
  const { state } = makeBlock(1, 0, 0, () => undefined);
  const x = state.x.map((_, n) => (n === 0 ? BigInt(passes) : BigInt(n) * 0x9e37n));
  const ordinary = 0x3ff8_0000_0000_0000n;
  return imageOf([
    {
      name: "loop",
      state: { ...state, x, fpcr: 0n, v: state.v.map((_, n) => ordinary + BigInt(n)) },
      items: [{ words: [stackWord, ...words], classes: [] }],
    },
  ]);
}

const most = 1e12;
async function onQemu(words, passes) {
  const start = performance.now();
  const ram = await runOnQemu(parts, cpu, imageFor(words, passes).ram);
  const took = performance.now() - start;
  const { fault, identity } = outcomeOf(ram);
  if (fault !== undefined) throw new Error(`QEMU: ${fault}`);
  return { took, identity };
}

function onEngine(words, passes, identity) {
  const { ram } = imageFor(words, passes);
  const start = performance.now();
  const { fault, lacks, instructions } = runOnEngine(ram, identity, most);
  const took = performance.now() - start;
  if (fault !== undefined || lacks.length > 0) throw new Error(`engine: ${fault ?? lacks[0].what}`);
  return { took, instructions };
}

process.stdout.write(
  `Node ${process.version}, QEMU ${qemuOf(parts).version}, best of ${rounds} rounds, million instructions a second\n`,
);
process.stdout.write(
  `${"".padEnd(26)}${["engine", "QEMU", "QEMU/engine"].map((head) => head.padStart(13)).join("")}\n`,
);
for (const [name, words] of Object.entries(loops)) {
  const best = { engine: 0, qemu: 0 };
  for (let round = 0; round < rounds; round++) {
    const idle = await onQemu(words, 1);
    const busy = await onQemu(words, qemuPasses);
    const few = onEngine(words, 1, idle.identity);
    const { took, instructions } = onEngine(words, enginePasses, idle.identity);
    const executed = instructions - few.instructions;
    const perPass = executed / (enginePasses - 1);
    best.engine = Math.max(best.engine, executed / took / 1000);
    best.qemu = Math.max(best.qemu, (perPass * (qemuPasses - 1)) / (busy.took - idle.took) / 1000);
  }
  const cells = [best.engine.toFixed(1), best.qemu.toFixed(0), (best.qemu / best.engine).toFixed(1)];
  process.stdout.write(`${name.padEnd(26)}${cells.map((cell) => cell.padStart(13)).join("")}\n`);
}
