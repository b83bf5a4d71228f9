/** Runs an image on the simulator's engine. */
import { runCore } from "../../src/sim/vcpu/engine.ts";
import type { Memory } from "../../src/sim/vcpu/memory.ts";
import { freshState, readPc, writePc } from "../../src/sim/vcpu/state.ts";
import type { Core, Stop } from "../../src/sim/vcpu/world.ts";
import { bareHypervisor } from "./guest.ts";
import { CODE, RAM } from "./map.ts";

export interface EngineRun {
  readonly ram: Uint8Array;
  /** What it said that it lacks; it went on behind each. */
  readonly lacks: readonly { readonly address: number; readonly word: number; readonly what: string }[];
  /** undefined: it turned itself off. */
  readonly fault: string | undefined;
  readonly instructions: number;
}

const describe = (stop: Stop): string =>
  JSON.stringify(stop, (_, value) => (typeof value === "bigint" ? `0x${value.toString(16)}` : value));

/**
 * @param ram is changed
 * @param identity ID registers by `encodingKey`
 * @param most instructions that it may take
 */
export function runOnEngine(ram: Uint8Array, identity: ReadonlyMap<number, bigint>, most: number): EngineRun {
  const memory: Memory = {
    regions: [{ slot: 0, address: BigInt(RAM), bytes: ram, readOnly: false }],
    generation: 0,
  };
  const state = freshState();
  writePc(state, BigInt(CODE));
  const core: Core = { state, memory, hypervisor: bareHypervisor(identity) };
  const lacks: { address: number; word: number; what: string }[] = [];
  const ended = (fault: string | undefined): EngineRun => ({
    ram,
    lacks,
    fault,
    instructions: state.retired,
  });
  while (state.retired < most) {
    const stop = runCore(core, most - state.retired);
    if (stop.kind === "lacks") {
      lacks.push({ address: Number(stop.address), word: stop.word, what: stop.what });
      if (lacks.length > 2_000_000) return ended("it lacks too much");
      writePc(state, readPc(state) + 4n);
    } else if (stop.kind === "system-event") return ended(undefined);
    else if (stop.kind !== "budget") return ended(`${describe(stop)} at 0x${readPc(state).toString(16)}`);
  }
  return ended(`${most} instructions were not enough`);
}
