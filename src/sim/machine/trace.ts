/** What a guest executes, line by line: instructions, and the exceptions that they take. */
import { systemRegisterAt } from "../../tables/index.ts";
import { coreOf, type Vcpu } from "../kvm/index.ts";
import { decode } from "../vcpu/decode/index.ts";
import { readPc, readX, type VcpuState } from "../vcpu/state.ts";
import { encodingKey } from "../vcpu/world.ts";
import { guestMemory } from "./guest-memory.ts";

export type TraceSink = (line: string) => void;

const hex = (value: bigint | number, digits: number): string =>
  `0x${value.toString(16).padStart(digits, "0")}`;

/** MRS and MSR of a register: bits 31:22 and bit 20 are fixed. */
const isMove = (word: number): boolean => (word & 0xffd0_0000) >>> 0 === 0xd510_0000;

const READS = 1 << 21;

/** The register that an MRS or MSR names. */
function registerOf(word: number): string {
  const encoding = {
    op0: 2 | ((word >>> 19) & 1),
    op1: (word >>> 16) & 7,
    crn: (word >>> 12) & 0xf,
    crm: (word >>> 8) & 0xf,
    op2: (word >>> 5) & 7,
  };
  const { op0, op1, crn, crm, op2 } = encoding;
  return systemRegisterAt(encoding)?.name ?? `S${op0}_${op1}_C${crn}_C${crm}_${op2}`;
}

/** The instruction at hand: its word, and what it is called. */
function instructionText(vcpu: Vcpu): string {
  const bytes = guestMemory(coreOf(vcpu)).read(readPc(vcpu.state), 4);
  if (bytes === undefined) return "no memory";
  const word = new DataView(bytes.buffer).getUint32(0, true);
  const name = isMove(word)
    ? `${(word & READS) === 0 ? "msr" : "mrs"} ${registerOf(word)}`
    : decode(word).name;
  return `${hex(word, 8)}  ${name}`;
}

const levels = {
  1: {
    vectors: { op0: 3, op1: 0, crn: 12, crm: 0, op2: 0 },
    link: { op0: 3, op1: 0, crn: 4, crm: 0, op2: 1 },
    syndrome: { op0: 3, op1: 0, crn: 5, crm: 2, op2: 0 },
  },
  2: {
    vectors: { op0: 3, op1: 4, crn: 12, crm: 0, op2: 0 },
    link: { op0: 3, op1: 4, crn: 4, crm: 0, op2: 1 },
    syndrome: { op0: 3, op1: 4, crn: 5, crm: 2, op2: 0 },
  },
} as const;

const VECTOR_BYTES = 0x80n;
const VECTORS_BYTES = 0x800n;
const EC_AT = 26n;

/** The exception that has just been taken from `from`, if one was. */
function trapText({ system, pstate }: VcpuState, from: bigint, pc: bigint): string | undefined {
  if (pstate.el === 0) return undefined;
  const of = levels[pstate.el];
  const held = (register: Parameters<typeof encodingKey>[0]): bigint =>
    system.get(encodingKey(register)) ?? 0n;
  const offset = pc - held(of.vectors);
  if (offset < 0n || offset >= VECTORS_BYTES || offset % VECTOR_BYTES !== 0n) return undefined;
  const link = held(of.link);
  if (link !== from && link !== from + 4n) return undefined;
  const esr = held(of.syndrome);
  return `exception to EL${pstate.el}, vector ${hex(offset, 3)}, ESR ${hex(esr, 8)} (EC ${hex(esr >> EC_AT, 2)})`;
}

export interface Tracer {
  /** Before an instruction. */
  before(vcpu: Vcpu): void;
  /** After it: exceptions that it took, calls that it made. */
  after(vcpu: Vcpu): void;
  /** Something that happened outside the core. */
  note(vcpu: Vcpu, text: string): void;
}

export function tracer(sink: TraceSink, several: boolean): Tracer {
  let from = 0n;
  let call: bigint | undefined;
  const line = (vcpu: Vcpu, text: string): void => sink(`${several ? `${vcpu.index}: ` : ""}${text}`);
  return {
    before(vcpu) {
      from = readPc(vcpu.state);
      const text = instructionText(vcpu);
      call = / {2}(hvc|smc)$/.test(text) ? BigInt.asUintN(32, readX(vcpu.state, 0)) : undefined;
      line(vcpu, `${hex(from, 16)}  ${text}`);
    },
    after(vcpu) {
      const trap = trapText(vcpu.state, from, readPc(vcpu.state));
      if (trap !== undefined) line(vcpu, `  ${trap}`);
      else if (call !== undefined) line(vcpu, `  call ${hex(call, 8)}: x0 ${hex(readX(vcpu.state, 0), 1)}`);
    },
    note: (vcpu, text) => line(vcpu, `  ${text}`),
  };
}
