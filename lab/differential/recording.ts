/**
 * QEMU's results of some seeds, for tests without QEMU. A recording is one line of JSON and behind it what the run
 * changed in memory, exclusive-or with what was there before; the whole is deflated. The blocks are not in it: the
 * seed makes them anew.
 */
import { deflateSync, inflateSync } from "node:zlib";
import { type Block, makeBlock, picker } from "./block.ts";
import { classes, scalable } from "./classes/index.ts";
import { fuzzBlock } from "./fuzz.ts";
import { type Image, imageOf } from "./image.ts";
import {
  IDENTITY,
  LOG,
  RAM,
  RECORD_BYTES,
  RECORDS,
  SCRATCH_BYTES,
  SCRATCHES,
  SVE_RECORD_BYTES,
  SVE_RECORDS,
  VARIABLES,
  variables,
} from "./map.ts";

/** What makes the blocks. */
export interface Plan {
  readonly seed: number;
  /** Of instructions, and so many words in each. */
  readonly blocks: number;
  readonly length: number;
  /** Of random words, and so many in each. */
  readonly wordBlocks: number;
  readonly wordLength: number;
  /** Blocks have SVE's registers, and its instructions only. */
  readonly sve?: boolean;
}

export interface RecordingHead extends Plan {
  readonly form: 1;
  /** QEMU's `-cpu`, and its version. */
  readonly cpu: string;
  readonly qemu: string;
  /** {@link digest} of the image before it ran: whether the generator still makes the same. */
  readonly image: string;
}

export interface Recording {
  readonly head: RecordingHead;
  readonly image: Image;
  /** Memory as QEMU left it, where it matters. */
  readonly ram: Uint8Array;
}

/** A block of the plan by its number; those of random words are the last. */
export function planned(plan: Plan): (number: number) => Block {
  const pick = picker(plan.sve === true ? scalable : classes);
  return (number) =>
    number < plan.blocks
      ? makeBlock(plan.seed, number, plan.length, pick, plan.sve)
      : fuzzBlock(plan.seed, number - plan.blocks, plan.wordLength, plan.sve);
}

export const imageOfPlan = (plan: Plan): Image =>
  imageOf(Array.from({ length: plan.blocks + plan.wordBlocks }, (_, number) => planned(plan)(number)));

/** FNV-1a over 64-bit words, in two halves of 32 bits. */
export function digest(bytes: Uint8Array): string {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
  let [low, high] = [0x811c_9dc5, 0x01b3_5f2d];
  for (let at = 0; at < words.length; at += 2) {
    low = Math.imul(low ^ (words[at] ?? 0), 0x0100_0193);
    high = Math.imul(high ^ (words[at + 1] ?? 0), 0x0100_0193) + (low >>> 17);
  }
  return [high, low].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
}

/** Parts of memory that hold results, as offsets into RAM: their beginnings and lengths. */
function regions(ram: Uint8Array, blocks: number): readonly (readonly [number, number])[] {
  const view = new DataView(ram.buffer, ram.byteOffset, ram.byteLength);
  const sve = view.getBigUint64(VARIABLES - RAM + variables.vectorBytes, true) !== 0n;
  const log = Number(view.getBigUint64(VARIABLES - RAM + variables.log, true));
  return [
    [VARIABLES - RAM, 128],
    [IDENTITY - RAM, 512],
    [LOG - RAM, Math.max(0, log - LOG)],
    [RECORDS - RAM, blocks * RECORD_BYTES],
    [SCRATCHES - RAM, blocks * SCRATCH_BYTES],
    [SVE_RECORDS - RAM, sve ? blocks * SVE_RECORD_BYTES : 0],
  ];
}

/** @param after memory as QEMU left it */
export function writeRecording(
  plan: Plan,
  machine: { readonly cpu: string; readonly qemu: string },
  image: Image,
  after: Uint8Array,
): Uint8Array {
  const head: RecordingHead = { form: 1, ...machine, ...plan, image: digest(image.ram) };
  const changed = regions(after, image.blocks.length).map(([from, length]) =>
    after.slice(from, from + length).map((byte, at) => byte ^ (image.ram[from + at] ?? 0)),
  );
  return deflateSync(Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), ...changed]), { level: 9 });
}

/**
 * @throws Error when the generator makes other blocks than it did when the recording was made
 */
export function readRecording(bytes: Uint8Array): Recording {
  const whole = inflateSync(bytes);
  const end = whole.indexOf(0x0a);
  const head: RecordingHead = JSON.parse(whole.subarray(0, end).toString("utf8"));
  const image = imageOfPlan(head);
  if (digest(image.ram) !== head.image)
    throw new Error("the generator makes other blocks than those recorded: record again");
  const ram = image.ram.slice();
  let at = end + 1;
  const put = (from: number, length: number): void => {
    for (let byte = 0; byte < length; byte++, at++)
      ram[from + byte] = (ram[from + byte] ?? 0) ^ (whole[at] ?? 0);
  };
  // The length of the log is in the variables, which come first.
  for (let region = 0; region < 6; region++) {
    const [from, length] = regions(ram, image.blocks.length)[region] ?? [0, 0];
    put(from, length);
  }
  return { head, image, ram };
}
