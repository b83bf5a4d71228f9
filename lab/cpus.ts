/** The CPUs of the lab's machines. */

import text from "./cpus.json?raw";
import { LabError } from "./errors.ts";

export interface Cpu {
  readonly name: string;
  /** QEMU's `-cpu`. */
  readonly model: string;
  /** The oldest version of QEMU that the lab ran it with. */
  readonly qemu: string;
  /** From which kernel series and QEMU on KVM gives guests on it their own EL2; absent: the CPU cannot. */
  readonly nested?: { readonly kernel: string; readonly qemu: string };
  readonly notes: string;
}

/** Two numbers. */
const version = /^\d+\.\d+$/;

type Values = Readonly<Record<string, unknown>>;

/** @throws LabError when it is none, or has a key that is not among these */
function readObject(value: unknown, keys: readonly string[], where: string): Values {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new LabError(`${where}: is no object`);
  const unknown = Object.keys(value).find((key) => !keys.includes(key));
  if (unknown !== undefined) throw new LabError(`${where}: \`${unknown}\` is no key: ${keys.join(", ")}`);
  return { ...value };
}

function readWord(values: Values, key: string, pattern: RegExp, form: string, where: string): string {
  const value = values[key];
  if (typeof value === "string" && pattern.test(value)) return value;
  throw new LabError(`${where}: \`${key}\` must be ${form}`);
}

/** @throws LabError that names the row and the key */
function readCpu(row: unknown, at: number): Cpu {
  const where = `lab/cpus.json: row ${at + 1}`;
  const values = readObject(row, ["name", "model", "qemu", "nested", "notes"], where);
  const cpu = {
    name: readWord(values, "name", /^[a-z0-9-]+$/, "a name of a-z, 0-9 and -", where),
    model: readWord(values, "model", /^[^ ]+$/, "a word for QEMU's -cpu", where),
    qemu: readWord(values, "qemu", version, "a version such as 8.1", where),
    notes: readWord(values, "notes", /./, "a sentence", where),
  };
  if (values.nested === undefined) return cpu;
  const inside = `${where}: nested`;
  const nested = readObject(values.nested, ["kernel", "qemu"], inside);
  return {
    ...cpu,
    nested: {
      kernel: readWord(nested, "kernel", version, "a series such as 6.16", inside),
      qemu: readWord(nested, "qemu", version, "a version such as 10.0", inside),
    },
  };
}

/**
 * Reads a table of CPUs: `{"cpus": [row, …]}`.
 *
 * @throws LabError that says what is wrong and where
 */
export function readCpus(json: string): readonly Cpu[] {
  const value = ((): unknown => {
    try {
      return JSON.parse(json);
    } catch (error) {
      throw new LabError(`lab/cpus.json: ${error instanceof Error ? error.message : String(error)}`);
    }
  })();
  const rows = typeof value === "object" && value !== null && "cpus" in value ? value.cpus : undefined;
  if (!Array.isArray(rows)) throw new LabError("lab/cpus.json: `cpus` must be a list");
  const cpus = rows.map(readCpu);
  const twice = cpus.find(({ name }, at) => cpus.findIndex((other) => other.name === name) !== at);
  if (twice !== undefined) throw new LabError(`lab/cpus.json: ${twice.name} stands twice`);
  return cpus;
}

let table: readonly Cpu[] | undefined;

/** All rows, in the file's order. */
export function cpus(): readonly Cpu[] {
  table ??= readCpus(text);
  return table;
}

/** @throws LabError when the table has no such row */
export function cpuOf(name: string): Cpu {
  const found = cpus().find((cpu) => cpu.name === name);
  if (found !== undefined) return found;
  throw new LabError(`there is no CPU \`${name}\` in lab/cpus.json`, [
    `there are: ${cpus()
      .map((cpu) => cpu.name)
      .join(", ")}`,
  ]);
}
