/** Named cores; `data/cpus.json`. */
import text from "./data/cpus.json?raw";
import { type ExprState, evaluate } from "./expr.ts";
import { architecture, feature, features } from "./features.ts";
import { indexed, once } from "./load.ts";
import { field, idRegister } from "./registers.ts";
import type { Cpu } from "./types.ts";

/**
 * `features`: only for a core whose registers nobody has published; otherwise they follow from the
 * registers. `filled`: registers that the best set lacks and another kind of set has.
 */
interface CpuRow {
  readonly name: string;
  readonly vendor: string;
  readonly arch: string;
  readonly midr?: string;
  readonly aarch32: Cpu["aarch32"];
  readonly sveLengths?: readonly number[];
  readonly products?: readonly string[];
  readonly aliases?: readonly string[];
  readonly features?: readonly string[];
  readonly from?: { readonly kind: string; readonly source: string; readonly note?: string };
  readonly filled?: Readonly<Record<string, readonly string[]>>;
  readonly registers?: Readonly<Record<string, string>>;
  readonly exceptions?: readonly string[];
}

type Registers = Readonly<Record<string, bigint>>;

/**
 * Answers expressions about register values. Of a register that is not there nothing is known, but for
 * an AArch64 ID register, which reads as zero.
 */
export function registerState(registers: Registers, arch: string): ExprState {
  const included = architecture(arch)?.includes ?? [];
  const known = new Map<string, boolean | undefined>();
  const state: ExprState = {
    arch: (version) => included.includes(version),
    field: (register, name) => {
      const of = field(register, name);
      const value = registers[register] ?? (idRegister(register)?.kind === "aarch64-id" ? 0n : undefined);
      if (of === undefined || value === undefined) return undefined;
      return Number((value >> BigInt(of.lsb)) & ((1n << BigInt(of.width)) - 1n));
    },
    feature: (name) => {
      if (known.has(name)) return known.get(name);
      known.set(name, undefined);
      const expr = feature(name)?.advertisedBy;
      const answer = expr === undefined ? undefined : evaluate(expr, state);
      known.set(name, answer);
      return answer;
    },
  };
  return state;
}

function featuresOf(registers: Registers, arch: string): readonly string[] {
  const state = registerState(registers, arch);
  return features()
    .map((one) => one.name)
    .filter((name) => state.feature(name) === true);
}

function readCpu(row: CpuRow): Cpu {
  const registers =
    row.registers === undefined
      ? null
      : Object.fromEntries(Object.entries(row.registers).map(([name, value]) => [name, BigInt(value)]));
  const found = once(() => (registers === null ? (row.features ?? []) : featuresOf(registers, row.arch)));
  return {
    name: row.name,
    vendor: row.vendor,
    arch: row.arch,
    midr: row.midr === undefined ? null : BigInt(row.midr),
    aarch32: row.aarch32,
    get features() {
      return found();
    },
    registers,
    registersFrom: row.from ?? null,
    filledFrom: row.filled ?? {},
    ...(row.sveLengths === undefined ? {} : { sveLengths: row.sveLengths }),
    exceptions: row.exceptions ?? [],
    products: row.products ?? [],
    aliases: row.aliases ?? [],
  };
}

/** Every core, Arm's in order of age first. */
export const cpus = once((): readonly Cpu[] => {
  const file: { readonly cpus: readonly CpuRow[] } = JSON.parse(text);
  return file.cpus.map(readCpu);
});

const byName = indexed(cpus, (row) => [row.name, ...row.aliases]);

/** By name of a product that is built on it (`graviton3`). */
export const cpuByProduct: (product: string) => Cpu | undefined = indexed(cpus, (row) => row.products);

/** By name, alias or product. */
export function cpu(name: string): Cpu | undefined {
  return byName(name) ?? cpuByProduct(name);
}
