/** The CPUs of the lab's machines. */

import text from "./cpus.json?raw";
import { LabError } from "./errors.ts";

export interface Cpu {
  readonly name: string;
  /** QEMU's `-cpu`. */
  readonly model: string;
  /** The oldest version of QEMU that has it. */
  readonly qemu: string;
  /** The first kernel series whose KVM gives guests on it their own EL2; absent: the CPU cannot. */
  readonly nested?: string;
  readonly notes: string;
}

const keys: ReadonlySet<string> = new Set(["name", "model", "qemu", "nested", "notes"]);
const version = /^\d+\.\d+$/;

/** @throws LabError that names the row and the key */
function readCpu(row: unknown, at: number): Cpu {
  const fault = (what: string): LabError => new LabError(`lab/cpus.json: row ${at + 1}: ${what}`);
  if (typeof row !== "object" || row === null || Array.isArray(row)) throw fault("is no object");
  const values: Readonly<Record<string, unknown>> = { ...row };
  const unknown = Object.keys(values).find((key) => !keys.has(key));
  if (unknown !== undefined) throw fault(`\`${unknown}\` is no key: ${[...keys].join(", ")}`);
  const word = (key: string, pattern: RegExp, form: string): string => {
    const value = values[key];
    if (typeof value !== "string" || !pattern.test(value)) throw fault(`\`${key}\` must be ${form}`);
    return value;
  };
  const cpu = {
    name: word("name", /^[a-z0-9-]+$/, "a name of a-z, 0-9 and -"),
    model: word("model", /^[^ ]+$/, "a word for QEMU's -cpu"),
    qemu: word("qemu", version, "a version such as 8.1"),
    notes: word("notes", /./, "a sentence"),
  };
  if (values.nested === undefined) return cpu;
  return { ...cpu, nested: word("nested", version, "a kernel series such as 6.16") };
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
