/** Pointer authentication on registers, tags on registers and in memory. */
import type { PointerInstruction } from "../decode/pointer.ts";
import { readX, SINK, SP, writeX, ZERO } from "../state.ts";
import { encodingKey, UNDEFINED } from "../world.ts";
import { addressAbove, dataAbort, stackAlignment, store64, storeBytes } from "./access.ts";
import { systemValue } from "./context.ts";
import { type Answer, type Machine, NEXT, type Op, raise } from "./machine.ts";
import { authenticateRegister, genericCode, signRegister, strip } from "./pauth.ts";
import { readTag, setTags, tagsAllowed, withoutChecks } from "./tags.ts";
import { FAULT } from "./translate.ts";

type Of<Kind extends PointerInstruction["kind"]> = Extract<PointerInstruction, { readonly kind: Kind }>;

const TAG_AT = 56n;
const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const tagOf = (pointer: bigint): number => Number((pointer >> TAG_AT) & 0xfn);
const withTag = (pointer: bigint, tag: number): bigint =>
  (pointer & ~(0xfn << TAG_AT)) | (BigInt(tag) << TAG_AT);

const RRND = 1n << 16n;
const SEED_AT = 8n;

/** The next of the generator's bits, as RGSR_EL1 defines it, four of them. */
function randomTag(machine: Machine): number {
  const { core } = machine;
  let rgsr = systemValue(core, "RGSR_EL1");
  let seed = Number((rgsr >> SEED_AT) & 0xffffn);
  let tag = 0;
  for (let i = 0; i < 4; i++) {
    const top = ((seed >> 5) ^ (seed >> 3) ^ (seed >> 2) ^ seed) & 1;
    seed = (top << 15) | (seed >> 1);
    tag |= top << i;
  }
  rgsr = (rgsr & ~(0xffffn << SEED_AT)) | (BigInt(seed) << SEED_AT);
  core.state.system.set(RGSR_EL1, rgsr);
  return tag;
}

const RGSR_EL1 = encodingKey({ op0: 3, op1: 0, crn: 1, crm: 0, op2: 5 });

/** A tag so many allowed ones further (AArch64.ChooseNonExcludedTag). */
function chooseTag(from: number, offset: number, excluded: number): number {
  if ((excluded & 0xffff) === 0xffff) return 0;
  let tag = from;
  const skip = (): void => {
    while (((excluded >> tag) & 1) === 1) tag = (tag + 1) & 0xf;
  };
  skip();
  for (let i = 0; i < offset; i++) {
    tag = (tag + 1) & 0xf;
    skip();
  }
  return tag;
}

const excludedTags = (machine: Machine): number => Number(systemValue(machine.core, "GCR_EL1") & 0xffffn);

function randomTagOp({ d, n, m }: Of<"random-tag">): Op {
  return (machine) => {
    const { core, state } = machine;
    const excluded = Number(readX(state, m) & 0xffffn) | excludedTags(machine);
    let tag = 0;
    if (tagsAllowed(machine)) {
      const random = (systemValue(core, "GCR_EL1") & RRND) !== 0n;
      const offset = randomTag(machine);
      const rgsr = systemValue(core, "RGSR_EL1");
      tag = chooseTag(random ? 0 : Number(rgsr & 0xfn), offset, excluded);
      if (!random) state.system.set(RGSR_EL1, (rgsr & ~0xfn) | BigInt(tag));
    }
    writeX(state, d, withTag(readX(state, n), tag));
    return NEXT;
  };
}

function addTagOp({ d, n, bytes, tag }: Of<"add-tag">): Op {
  return (machine) => {
    const { state } = machine;
    const pointer = readX(state, n);
    const chosen = tagsAllowed(machine) ? chooseTag(tagOf(pointer), tag, excludedTags(machine)) : 0;
    writeX(state, d, withTag(u64(pointer + BigInt(bytes)), chosen));
    return NEXT;
  };
}

function tagMaskOp({ d, n, m }: Of<"tag-mask">): Op {
  return ({ state }) => {
    writeX(state, d, readX(state, m) | (1n << BigInt(tagOf(readX(state, n)))));
    return NEXT;
  };
}

/** The difference of two addresses without their top bytes. */
function subtractOp({ flags, d, n, m }: Of<"subtract">): Op {
  return ({ state }) => {
    const a = BigInt.asIntN(56, readX(state, n));
    const b = BigInt.asIntN(56, readX(state, m));
    const result = u64(a - b);
    if (flags) {
      const negative = result >> 63n === 1n;
      state.nzcv = (negative ? 8 : 0) | (result === 0n ? 4 : 0) | (u64(a) >= u64(b) ? 2 : 0);
    }
    writeX(state, d, result);
    return NEXT;
  };
}

const low32 = (value: bigint): number => Number(BigInt.asIntN(32, value));
const high32 = (value: bigint): number => Number(BigInt.asIntN(32, value >> 32n));
const misaligned = ({ x, context }: Machine, n: number): boolean =>
  n === SP && context.stackCheck && ((x[2 * SP] ?? 0) & 15) !== 0;

function loadTagOp({ t, n, offset }: Of<"load-tag">): Op {
  const [kept, to] = t === 31 ? [ZERO, SINK] : [t, t];
  return (machine) => {
    if (misaligned(machine, n)) return stackAlignment(machine);
    const { state } = machine;
    const address = u64(readX(state, n) + BigInt(offset));
    const answer = readTag(machine, low32(address), high32(address));
    if (answer === NEXT) writeX(state, to, withTag(readX(state, kept), machine.low));
    return answer;
  };
}

const GRANULE = 16;
const zeroes = new Uint8Array(2048);

/** Stores a tag to granules, with zeroes where `zero` says so. */
function tagGranules(machine: Machine, address: bigint, length: number, tag: number, zero: boolean): Answer {
  const [low, high] = [low32(address), high32(address)];
  if ((low & (GRANULE - 1)) !== 0)
    return raise(machine, dataAbort(machine, low, high, FAULT.alignment, true));
  if (zero) {
    const answer = withoutChecks(machine, () => storeBytes(machine, low, high, zeroes, 0, length, 1));
    if (answer !== NEXT) return answer;
  }
  return setTags(machine, low, high, length, tag);
}

function storeTagOp({ granules, zero, t, n, offset, mode }: Of<"store-tag">): Op {
  return (machine) => {
    if (misaligned(machine, n)) return stackAlignment(machine);
    const { state } = machine;
    const base = readX(state, n);
    const moved = u64(base + BigInt(offset));
    const answer = tagGranules(
      machine,
      mode === "post" ? base : moved,
      granules * GRANULE,
      tagOf(readX(state, t)),
      zero,
    );
    if (answer === NEXT && mode !== "offset") writeX(state, n, moved);
    return answer;
  };
}

function storeTagPairOp({ t, second, n, offset, mode }: Of<"store-tag-pair">): Op {
  return (machine) => {
    if (misaligned(machine, n)) return stackAlignment(machine);
    const { state, x } = machine;
    const base = readX(state, n);
    const moved = u64(base + BigInt(offset));
    const address = mode === "post" ? base : moved;
    const [low, high] = [low32(address), high32(address)];
    if ((low & (GRANULE - 1)) !== 0)
      return raise(machine, dataAbort(machine, low, high, FAULT.alignment, true));
    const data = withoutChecks(machine, () => {
      const one = store64(machine, low, high, x[2 * t] ?? 0, x[2 * t + 1] ?? 0);
      if (one !== NEXT) return one;
      const upper = 2 * second;
      return store64(machine, (low + 8) | 0, addressAbove(low, high, 8), x[upper] ?? 0, x[upper + 1] ?? 0);
    });
    if (data !== NEXT) return data;
    const answer = setTags(machine, low, high, GRANULE, tagOf(address));
    if (answer === NEXT && mode !== "offset") writeX(state, n, moved);
    return answer;
  };
}

const GMID_EL1 = encodingKey({ op0: 3, op1: 1, crn: 0, crm: 0, op2: 4 });
const DCZID_EL0 = encodingKey({ op0: 3, op1: 3, crn: 0, crm: 0, op2: 7 });

/** LDGM, STGM: tags of a block, four bits each, in the place that the address says; STZGM: one tag and zeroes. */
function manyTagsOp({ how, t, n }: Of<"many-tags">): Op {
  return (machine) => {
    if (machine.context.el === 0) return raise(machine, UNDEFINED);
    if (misaligned(machine, n)) return stackAlignment(machine);
    const { state, core } = machine;
    const idRegister = core.hypervisor.idRegister(how === "zero" ? DCZID_EL0 : GMID_EL1);
    const size = 4 << Number((idRegister ?? 4n) & 0xfn);
    const start = readX(state, n) & ~BigInt(size - 1);
    if (how === "zero") return tagGranules(machine, start, size, Number(readX(state, t) & 0xfn), true);
    let value = how === "store" ? readX(state, t) : 0n;
    for (let done = 0; done < size; done += GRANULE) {
      const address = start + BigInt(done);
      const at = ((address >> 4n) & 0xfn) * 4n;
      const answer =
        how === "store"
          ? setTags(machine, low32(address), high32(address), GRANULE, Number((value >> at) & 0xfn))
          : readTag(machine, low32(address), high32(address));
      if (answer !== NEXT) return answer;
      if (how === "load") value |= BigInt(machine.low) << at;
    }
    if (how === "load") writeX(state, t, value);
    return NEXT;
  };
}

export function compilePointer(instruction: Exclude<PointerInstruction, { group: "none" }>): Op {
  switch (instruction.kind) {
    case "sign": {
      const { key, d, n } = instruction;
      return (machine) => {
        signRegister(machine, key, d, readX(machine.state, n));
        return NEXT;
      };
    }
    case "authenticate": {
      const { key, d, n } = instruction;
      return (machine) => authenticateRegister(machine, key, d, readX(machine.state, n));
    }
    case "strip": {
      const { data, d } = instruction;
      return (machine) => {
        writeX(machine.state, d, strip(machine, readX(machine.state, d), data));
        return NEXT;
      };
    }
    case "generic": {
      const { d, n, m } = instruction;
      return (machine) => {
        const { state } = machine;
        writeX(state, d, genericCode(machine, readX(state, n), readX(state, m)));
        return NEXT;
      };
    }
    case "random-tag":
      return randomTagOp(instruction);
    case "add-tag":
      return addTagOp(instruction);
    case "tag-mask":
      return tagMaskOp(instruction);
    case "subtract":
      return subtractOp(instruction);
    case "load-tag":
      return loadTagOp(instruction);
    case "store-tag":
      return storeTagOp(instruction);
    case "store-tag-pair":
      return storeTagPairOp(instruction);
    case "many-tags":
      return manyTagsOp(instruction);
  }
}
