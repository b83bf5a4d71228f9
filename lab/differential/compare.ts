/** What of two outcomes differs, block by block. */
import type { BlockState } from "./block.ts";
import type { Image, LoggedException, Outcome } from "./image.ts";
import { PREDICATES } from "./map.ts";

export interface Difference {
  /** `x5`, `v3`, `nzcv`, `memory+0x10`, `exception 2: esr`. */
  readonly where: string;
  readonly qemu: string;
  readonly engine: string;
}

export const hex = (value: bigint | number, digits = 1): string =>
  `0x${value.toString(16).padStart(digits, "0")}`;

const numbered = ["x", "v"] as const;
const named = ["sp", "nzcv", "fpcr", "fpsr", "tpidr"] as const;
/** So many bytes that differ are listed. */
const bytesListed = 16;

function stateDifferences(qemu: BlockState, engine: BlockState): readonly Difference[] {
  const found: Difference[] = [];
  const note = (where: string, one: bigint, other: bigint, digits: number): void => {
    if (one !== other) found.push({ where, qemu: hex(one, digits), engine: hex(other, digits) });
  };
  for (const file of numbered)
    for (const [n, value] of qemu[file].entries())
      note(`${file}${n}`, value, engine[file][n] ?? 0n, file === "x" ? 16 : 32);
  for (const [n, value] of (qemu.sve?.z ?? []).entries())
    note(`z${n} above`, value, engine.sve?.z[n] ?? 0n, 32);
  for (const [n, value] of (qemu.sve?.p ?? []).entries())
    note(n === PREDICATES - 1 ? "ffr" : `p${n}`, value, engine.sve?.p[n] ?? 0n, 8);
  for (const name of named) note(name, qemu[name], engine[name], 1);
  let bytes = 0;
  for (const [at, value] of qemu.scratch.entries()) {
    const other = engine.scratch[at] ?? 0;
    if (value === other) continue;
    if (++bytes <= bytesListed) note(`memory+${hex(at)}`, BigInt(value), BigInt(other), 2);
  }
  return found;
}

/** Exception classes with an address in FAR_EL1: instruction and data aborts, PC alignment. */
const withAddress: ReadonlySet<bigint> = new Set([0x20n, 0x21n, 0x22n, 0x24n, 0x25n]);

const EC_DATA_ABORT = 0x25n;
const DFSC_ALIGNMENT = 0x21n;
const WNR = 1n << 6n;

/** ESR_EL1, without what QEMU has of its own: it calls each alignment fault of an exclusive or atomic load a write. */
const syndrome = ({ esr }: LoggedException): bigint =>
  esr >> 26n === EC_DATA_ABORT && (esr & 0x3fn) === DFSC_ALIGNMENT ? esr & ~WNR : esr;

function exceptionDifferences(
  qemu: readonly LoggedException[],
  engine: readonly LoggedException[],
): readonly Difference[] {
  const describe = (one: LoggedException | undefined): string =>
    one === undefined ? "none" : `esr ${hex(one.esr)} elr ${hex(one.elr)}`;
  for (let at = 0; at < Math.max(qemu.length, engine.length); at++) {
    const [one, other] = [qemu[at], engine[at]];
    if (
      one === undefined ||
      other === undefined ||
      one.elr !== other.elr ||
      syndrome(one) !== syndrome(other)
    )
      return [{ where: `exception ${at}`, qemu: describe(one), engine: describe(other) }];
    if (one.spsr !== other.spsr)
      return [{ where: `exception ${at}: spsr`, qemu: hex(one.spsr), engine: hex(other.spsr) }];
    if (withAddress.has(one.esr >> 26n) && one.far !== other.far)
      return [{ where: `exception ${at}: far`, qemu: hex(one.far), engine: hex(other.far) }];
  }
  return [];
}

/** Number of the block in whose code an address is; undefined: in none. */
export function blockAt(starts: readonly number[], address: number): number | undefined {
  if (address < (starts[0] ?? 0) || address >= (starts.at(-1) ?? 0)) return undefined;
  let low = 0;
  let high = starts.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= address) low = middle;
    else high = middle;
  }
  return low;
}

/** Exceptions by block; one that was taken outside of all code belongs to the block that ran. */
export function exceptionsByBlock(
  { starts, blocks }: Image,
  exceptions: readonly LoggedException[],
): readonly (readonly LoggedException[])[] {
  const found: LoggedException[][] = blocks.map(() => []);
  let current = 0;
  for (const one of exceptions) {
    current = blockAt(starts, Number(one.elr)) ?? current;
    found[current]?.push(one);
  }
  return found;
}

/** @returns what differs, by the number of the block; blocks that agree are not in it */
export function compareOutcomes(
  image: Image,
  qemu: Outcome,
  engine: Outcome,
): ReadonlyMap<number, readonly Difference[]> {
  const found = new Map<number, readonly Difference[]>();
  const [one, other] = [qemu, engine].map(({ exceptions }) => exceptionsByBlock(image, exceptions));
  for (const [number, state] of qemu.states.entries()) {
    const engineState = engine.states[number];
    const differences =
      engineState === undefined
        ? [{ where: "end", qemu: "reached", engine: "not reached" }]
        : [
            ...exceptionDifferences(one?.[number] ?? [], other?.[number] ?? []),
            ...stateDifferences(state, engineState),
          ];
    if (differences.length > 0) found.set(number, differences);
  }
  return found;
}
