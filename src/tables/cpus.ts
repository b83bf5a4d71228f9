/** Named cores; `data/cpus.json`. */
import { fieldOf } from "./bits.ts";
import text from "./data/cpus.json?raw";
import { type ExprState, evaluate } from "./expr.ts";
import { architecture, feature, features } from "./features.ts";
import { indexed, lazyRows, once } from "./load.ts";
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
  return fieldState(
    (register, name) => {
      const of = field(register, name);
      const value = registers[register] ?? (idRegister(register)?.kind === "aarch64-id" ? 0n : undefined);
      if (of === undefined || value === undefined) return undefined;
      return Number(fieldOf(value, of));
    },
    (version) => included.includes(version),
  );
}

/** What expressions are asked about where fields and versions are known; features follow from their fields. */
export function fieldState(ofField: ExprState["field"], arch: ExprState["arch"]): ExprState {
  const known = new Map<string, boolean | undefined>();
  const state: ExprState = {
    arch,
    field: ofField,
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

const rows = once(() => lazyRows<CpuRow>(String(text), "name"));
const made: (Cpu | undefined)[] = [];

function cpuAt(position: number): Cpu | undefined {
  const row = rows().at(position);
  if (row === undefined) return undefined;
  made[position] ??= readCpu(row);
  return made[position];
}

const states = new WeakMap<Cpu, ExprState>();

/** Whether a core has a feature, without asking for all that it has. */
export function cpuHas(core: Cpu, name: string): boolean {
  if (core.registers === null) return core.features.includes(name);
  const state = states.get(core) ?? registerState(core.registers, core.arch);
  states.set(core, state);
  return state.feature(name) === true;
}

/** Every core, Arm's in order of age first. */
export const cpus = once((): readonly Cpu[] => {
  return rows()
    .keys.map((_, position) => cpuAt(position))
    .filter((one) => one !== undefined);
});

const byAlias = indexed(cpus, (row) => row.aliases);

/** By name of a product that is built on it (`graviton3`). */
export const cpuByProduct: (product: string) => Cpu | undefined = indexed(cpus, (row) => row.products);

/** By name, alias or product. */
export function cpu(name: string): Cpu | undefined {
  return cpuAt(rows().keys.indexOf(name)) ?? byAlias(name) ?? cpuByProduct(name);
}

/** Implementer (31:24), architecture (19:16) and part number (15:4) tell a core; variant and revision do not. */
const partOf = (midr: bigint): bigint => midr & 0xff0f_fff0n;

/** The core that a MIDR_EL1 value names, whatever its revision. */
export function cpuByMidr(midr: bigint): Cpu | undefined {
  const position = rows().keys.findIndex((_, at) => {
    const text = /"midr": ?"(0x[0-9a-f]+)"/.exec(rows().textAt(at))?.[1];
    return text !== undefined && partOf(BigInt(text)) === partOf(midr);
  });
  return cpuAt(position);
}
