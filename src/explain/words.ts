/** Numbers, kernels and sources as pages spell them. */
import { architectureWord, compareVersions, type KernelRules, kernelRules, source } from "../tables/index.ts";

/** `0x` and at least `digits` hexadecimal digits. */
export function hex(value: bigint | number, digits = 1): string {
  return `0x${value.toString(16).padStart(digits, "0")}`;
}

/** A KVM ONE_REG id. */
export const registerId = (id: bigint): string => hex(id, 16);
/** An SMCCC function id. */
export const functionId = (id: number): string => hex(id, 8);

/** `[63:60]`, `[5]`. */
export function bitRange(lsb: number, width: number): string {
  return width === 1 ? `[${lsb}]` : `[${lsb + width - 1}:${lsb}]`;
}

/** The row's source in words; its key where the table lacks it. */
export function sourceWords(key: string): string {
  const row = source(key);
  if (row === undefined) return key;
  return row.version === undefined ? row.what : `${row.what} (${row.version})`;
}

/** `v8.2` → `armv8.2-a`. */
export const archWords = (name: string | null): string | undefined =>
  name === null ? undefined : architectureWord(name);

const basisWords: Readonly<Record<KernelRules["basis"], string>> = {
  measured: "read on a running kernel",
  source: "from the kernel's text",
  interpolated: "between two known kernels",
};

interface Run {
  readonly answer: string;
  first: KernelRules;
  last: KernelRules;
}

const isStable = (rules: KernelRules): boolean => rules.series.endsWith(".y");

/**
 * What user space may write of some bits, kernel by kernel, oldest first; kernels with the same answer share a
 * line: `6.7 to 6.11`, `from 6.12`.
 */
export function writableByKernel(
  register: string,
  mask: bigint,
): readonly { readonly kernels: string; readonly writable: string; readonly basis: string }[] {
  const answer = (rules: KernelRules): string => {
    const bits = (rules.writable[register] ?? 0n) & mask;
    return bits === 0n ? "no" : bits === mask ? "yes" : `in part: mask ${hex(bits)}`;
  };
  const trunk = kernelRules()
    .filter((rules) => !isStable(rules))
    .sort((a, b) => compareVersions(a.series, b.series));
  const runs: Run[] = [];
  for (const rules of trunk) {
    const run = runs.at(-1);
    const found = answer(rules);
    if (run?.answer === found) run.last = rules;
    else runs.push({ answer: found, first: rules, last: rules });
  }
  const newest = trunk.at(-1);
  const lines = runs.map(({ answer: writable, first, last }) => ({
    kernels:
      last === newest
        ? `from ${first.series}`
        : first === last
          ? first.series
          : `${first.series} to ${last.series}`,
    writable,
    basis: basisWords[first.basis],
  }));
  const stable = kernelRules()
    .filter(isStable)
    .flatMap((rules) => {
      const series = rules.series.slice(0, -2);
      const own = trunk.find((one) => one.series === series);
      const writable = answer(rules);
      return own !== undefined && answer(own) === writable
        ? []
        : [{ kernels: rules.series, writable, basis: basisWords[rules.basis] }];
    });
  return [...lines, ...stable];
}
