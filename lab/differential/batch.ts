/** Blocks on both sides, and what came of them. */
import type { Parts } from "../parts.ts";
import { instructionsAtMost, type Shortest, shortestOf } from "./bisect.ts";
import type { Block } from "./block.ts";
import { blockAt, compareOutcomes } from "./compare.ts";
import { type Coverage, cover } from "./coverage.ts";
import { runOnEngine } from "./engine.ts";
import { ANY_WORDS, NEAR_WORDS } from "./fuzz.ts";
import { imageOf, outcomeOf } from "./image.ts";
import { runOnQemu } from "./qemu.ts";

export interface Lacking {
  readonly what: string;
  readonly word: number;
}

export interface BatchResult {
  /** Executed by the engine, the frame's among them. */
  readonly executed: number;
  /** Blocks that both ran and that agree. */
  readonly agreeing: number;
  /** Blocks with an instruction that the engine lacks: not compared. */
  readonly leftOut: number;
  readonly differing: readonly Block[];
  readonly lacks: readonly Lacking[];
  /** Why a side did not come to the end. */
  readonly faults: readonly string[];
}

export async function runBatch(
  parts: Parts,
  cpu: string,
  blocks: readonly Block[],
  coverage: Coverage,
): Promise<BatchResult> {
  const image = imageOf(blocks);
  const qemu = outcomeOf(await runOnQemu(parts, cpu, image.ram));
  const ran = runOnEngine(image.ram.slice(), qemu.identity, instructionsAtMost(blocks.length));
  const engine = outcomeOf(ran.ram);
  const differences = compareOutcomes(image, qemu, engine);
  const lacking = new Set(ran.lacks.map(({ address }) => blockAt(image.starts, address)));
  cover(coverage, blocks, image.starts, qemu.exceptions, ran.lacks);
  const differing = [...differences.keys()].filter((number) => !lacking.has(number));
  return {
    executed: ran.instructions,
    agreeing: [...qemu.states.keys()].filter((number) => !lacking.has(number) && !differences.has(number))
      .length,
    leftOut: lacking.size,
    differing: differing.flatMap((number) => blocks[number] ?? []),
    lacks: ran.lacks,
    faults: [
      ...(qemu.fault === undefined ? [] : [`QEMU: ${qemu.fault}`]),
      ...(ran.fault === undefined ? [] : [`engine: ${ran.fault}`]),
      ...(ran.fault !== undefined || engine.fault === undefined ? [] : [`engine: ${engine.fault}`]),
    ],
  };
}

/** So many differences of one class are shown. */
const shownOfClass = 2;
/** Random words are of all classes. */
const shownOfWords = 60;
const shownOf = (name: string): number =>
  name === ANY_WORDS || name === NEAR_WORDS ? shownOfWords : shownOfClass;

/** Differences, each of another instruction, and few of one class. */
export async function explain(
  parts: Parts,
  cpu: string,
  differing: readonly Block[],
): Promise<readonly Shortest[]> {
  const found = await shortestOf(parts, cpu, differing);
  const seen = new Map<string, Set<string>>();
  return found.filter(({ block, count }) => {
    const tested = block.items[count - 1]?.classes.findLast((one) => one !== undefined);
    const name = tested?.name ?? "";
    const variants = seen.get(name) ?? new Set();
    seen.set(name, variants);
    if (variants.size >= shownOf(name)) return false;
    const before = variants.size;
    return variants.add(tested?.variant ?? "").size > before;
  });
}
