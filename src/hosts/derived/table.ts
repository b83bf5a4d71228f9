/** Rows by which a profile is derived: `../data/derive.json`, `../data/listed-registers.json`. */
import {
  type Cpu,
  compareVersions,
  fieldOf,
  field as findField,
  type KernelRange,
  type KernelRules,
  seriesOf,
} from "../../tables/index.ts";
import { once } from "../../tables/load.ts";
import text from "../data/derive.json?raw";
import listedText from "../data/listed-registers.json?raw";

export interface FieldAtLeast {
  readonly register: string;
  readonly field: string;
  readonly atLeast: number;
}

/** What the host's kernel found of a speculation vulnerability: true where the core is named or a field says so. */
export interface State {
  readonly name: string;
  readonly cpus: readonly string[];
  readonly fields?: readonly FieldAtLeast[];
  /** It holds only where this state does too. */
  readonly with?: string;
  readonly source: string;
}

/** The level of a workaround register, by the name that the table of firmware registers has. */
export interface Level {
  readonly register: string;
  readonly state: string;
  readonly value: string;
  readonly source: string;
}

export interface Limit extends KernelRange {
  readonly register: string;
  readonly fields?: readonly string[];
  readonly except?: readonly string[];
  readonly action: "zero" | "at-most" | "at-least" | "set" | "set-where" | "zero-without" | "same-as";
  readonly of?: { readonly register: string; readonly field: string };
  readonly values?: Readonly<Record<string, number>>;
  readonly where?: "aarch32";
  readonly value?: number;
  readonly feature?: string;
  readonly state?: string;
  readonly source: string;
}

export interface FeatureNeeds {
  readonly feature: string;
  readonly needs: readonly string[];
  readonly aarch32?: readonly string[];
  readonly never?: boolean;
  readonly source: string;
}

export interface ConfigurationRow {
  readonly name: string;
  readonly features: readonly string[];
  readonly capabilities?: readonly number[];
  readonly devices?: readonly number[];
}

export interface CapabilityRule {
  readonly capability: number;
  readonly vcpuFeature?: string;
  readonly needs?: readonly string[];
  readonly fields?: readonly FieldAtLeast[];
  readonly answer?: { readonly register: string; readonly field: string };
  /** No more than `value` where the kernel is one of these, or where the fields are lower. */
  readonly atMost?: readonly (KernelRange & {
    readonly value: number;
    readonly unless?: readonly FieldAtLeast[];
  })[];
  readonly never?: boolean;
  readonly value?: number;
  readonly since?: string;
  /** The next row of the capability holds for what is newer. */
  readonly until?: string;
  /** Once enabled it changes registers in ways that no row has. */
  readonly changes?: "unknown";
  readonly source: string;
}

export interface DeriveTable {
  readonly states: readonly State[];
  readonly levels: readonly Level[];
  readonly limits: readonly Limit[];
  readonly features: readonly FeatureNeeds[];
  readonly configurations: readonly ConfigurationRow[];
  readonly masks: readonly {
    readonly kind: string;
    readonly without: "aarch32";
    readonly value: string;
    readonly source: string;
  }[];
  readonly capabilities: readonly CapabilityRule[];
  /** Device types that KVM_CREATE_DEVICE takes. */
  readonly devices: readonly { readonly type: number; readonly source: string }[];
  /** Groups of device attributes that KVM_HAS_DEVICE_ATTR knows only beside a vCPU feature. */
  readonly attributesWithout: readonly {
    readonly group: string;
    readonly feature: string;
    readonly source: string;
  }[];
  readonly controller: {
    readonly device: number;
    readonly attributes: readonly (KernelRange & {
      readonly group: number;
      readonly numbers: readonly number[];
    })[];
    readonly source: string;
  };
}

/** Registers that KVM_GET_REG_LIST names, see `../data/listed-registers.json`. */
export interface ListedRow extends KernelRange {
  readonly features?: readonly string[];
  readonly without?: readonly string[];
  readonly fields?: readonly FieldAtLeast[];
  readonly values?: Readonly<Record<string, readonly string[]>>;
  readonly other?: readonly string[];
  readonly host?: readonly string[];
  readonly source: string;
}

/** The rows of `data/derive.json`. */
export const deriveTable = once((): DeriveTable => JSON.parse(text));

/** The rows of `data/listed-registers.json`. */
export const listedRows = once((): readonly ListedRow[] => {
  const file: { readonly rows: readonly ListedRow[] } = JSON.parse(listedText);
  return file.rows;
});

/** The machine that a profile is derived for. */
export interface Machine {
  readonly cpu: Cpu;
  readonly values: Readonly<Record<string, bigint>>;
  /** Whether the table has what AArch32 shows; some published sets leave it out. */
  readonly aarch32Known: boolean;
  readonly kernelVersion: string;
  readonly rules: KernelRules;
}

/**
 * Whether a row counts for a kernel, both bounds in. Bounds are series, or stable releases where a change came in the
 * middle of one.
 */
export function holdsFor(version: string, { since, until }: KernelRange): boolean {
  const order = (bound: string): number =>
    compareVersions(bound === seriesOf(bound) ? seriesOf(version) : version, bound);
  return (since === undefined || order(since) >= 0) && (until === undefined || order(until) <= 0);
}

export function fieldsReach({ values }: Machine, rows: readonly FieldAtLeast[] | undefined): boolean {
  return (rows ?? []).every((row) => {
    const field = findField(row.register, row.field);
    return field !== undefined && fieldOf(values[row.register] ?? 0n, field) >= BigInt(row.atLeast);
  });
}

/** Whether the kernel finds the machine in a state of `states`. */
export function isIn(machine: Machine, name: string): boolean {
  const row = deriveTable().states.find((one) => one.name === name);
  if (row === undefined) throw new Error(`no state is called ${name}`);
  if (row.with !== undefined && !isIn(machine, row.with)) return false;
  return row.cpus.includes(machine.cpu.name) || (row.fields ?? []).some((one) => fieldsReach(machine, [one]));
}
