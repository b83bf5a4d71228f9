/** A core by itself: memory, and a hypervisor that lets everything through unless told otherwise. */
import { readFileSync } from "node:fs";
import { configurationFor } from "../../../src/hosts/configuration.ts";
import { readHostProfile } from "../../../src/hosts/read.ts";
import { type Guest, guestWith } from "../../../src/sim/rules/guest.ts";
import { runCore } from "../../../src/sim/vcpu/engine.ts";
import type { Memory } from "../../../src/sim/vcpu/memory.ts";
import { freshState, readX, writePc, writeX } from "../../../src/sim/vcpu/state.ts";
import type { Core, Hypervisor, Stop, Trap } from "../../../src/sim/vcpu/world.ts";
import type { Fate } from "../../../src/tables/index.ts";

export const RAM = 0x4000_0000n;

export interface Options {
  readonly words?: readonly number[];
  /** Bytes of memory from RAM on. */
  readonly size?: number;
  readonly x?: Readonly<Record<number, bigint>>;
  readonly fate?: (name: string) => Fate;
  readonly ids?: ReadonlyMap<number, bigint>;
  readonly call?: (conduit: string, immediate: number) => Stop | Trap | undefined;
}

const hostPath = "hosts/max.linux-6.12.json";
let host: Guest | undefined;

/** A guest of a host with about every feature, for what the engine asks of the CPU. */
function guest(): Guest {
  if (host !== undefined) return host;
  const read = readHostProfile(readFileSync(hostPath, "utf8"), hostPath);
  if (!("profile" in read)) throw new Error(`${hostPath} is no profile`);
  const { configuration } = configurationFor(read.profile, [], []);
  host = guestWith(
    {
      profile: read.profile,
      configuration,
      gic: "none",
      vcpuFeatures: new Set(),
      capabilities: new Set(["KVM_CAP_ARM_MTE"]),
      filter: [],
      vcpus: 1,
      stolenTime: undefined,
      pmu: undefined,
    },
    new Map(configuration.registers),
  );
  return host;
}

export interface Fixture {
  readonly core: Core;
  readonly bytes: Uint8Array;
  readonly memory: Memory;
  x(n: number): bigint;
}

/** A core at EL1 with the MMU off, its program counter at RAM, its vectors at RAM + 0x800. */
export function coreWith({ words = [], size = 1 << 20, x = {}, fate, ids, call }: Options = {}): Fixture {
  const state = freshState();
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  for (const [at, word] of words.entries()) view.setUint32(4 * at, word, true);
  const memory: Memory = { regions: [{ slot: 0, address: RAM, bytes, readOnly: false }], generation: 0 };
  const hypervisor: Hypervisor = {
    fate: fate ?? (() => "executes"),
    generation: 0,
    guest: guest(),
    call: (_state, conduit, immediate) => call?.(conduit, immediate),
    idRegister: (key) => ids?.get(key) ?? 0n,
    vectorBytes: 0,
    counterFrequency: 62_500_000n,
    counterOffset: 0n,
  };
  writePc(state, RAM);
  for (const [n, value] of Object.entries(x)) writeX(state, Number(n), value);
  const core = { state, memory, hypervisor };
  return { core, bytes, memory, x: (n) => readX(state, n) };
}

/** Executes words from RAM on, each once, and gives the registers. */
export function execute(words: readonly number[], options: Omit<Options, "words"> = {}): Fixture {
  const fixture = coreWith({ size: 0x1_0000, ...options, words });
  runCore(fixture.core, words.length);
  return fixture;
}

/** Keys of registers that the tests set and look at. */
export const SCTLR_EL1 = 0xc080;
export const CPACR_EL1 = 0xc082;
export const TTBR0_EL1 = 0xc100;
export const TTBR1_EL1 = 0xc101;
export const TCR_EL1 = 0xc102;
export const ELR_EL1 = 0xc201;
export const ESR_EL1 = 0xc290;
export const FAR_EL1 = 0xc300;
export const PAR_EL1 = 0xc3a0;
export const MAIR_EL1 = 0xc510;
export const VBAR_EL1 = 0xc600;

/** Lets SIMD and floating point through. */
export const allowVectors = ({ core }: Fixture): void => void core.state.system.set(CPACR_EL1, 3n << 20n);

/** A level-1 table at RAM + 0x8000 that maps the gigabyte of RAM to itself, as Normal memory; the MMU on. */
export function mapFlat({ core, bytes }: Fixture, sctlr = 1n): void {
  const { system } = core.state;
  new DataView(bytes.buffer).setBigUint64(0x8000 + 8, RAM | 0x701n, true);
  system.set(TTBR0_EL1, RAM + 0x8000n);
  system.set(TCR_EL1, 25n | (1n << 23n));
  system.set(MAIR_EL1, 0xffn);
  system.set(SCTLR_EL1, sctlr);
}

/** What the core has taken: class and syndrome of ESR_EL1, and FAR_EL1. */
export function taken({ core }: Fixture): { ec: number; iss: number; far: bigint | undefined } {
  const esr = core.state.system.get(ESR_EL1) ?? 0n;
  return { ec: Number(esr >> 26n), iss: Number(esr & 0x1ff_ffffn), far: core.state.system.get(FAR_EL1) };
}
