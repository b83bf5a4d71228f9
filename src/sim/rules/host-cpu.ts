/** The CPU itself, below what its kernel and KVM show of it. */

import type { Configuration, HostProfile } from "../../hosts/profile.ts";
import {
  capability,
  compareVersions,
  cpuByMidr,
  type ExprState,
  type Field,
  features,
  fieldOf,
  fieldState,
  fieldValues,
  cpu as findCpu,
  field as findField,
  idRegister,
  mentioned,
  registerState,
  seriesOf,
} from "../../tables/index.ts";
import { once } from "../../tables/load.ts";
import text from "./data/user-space.json?raw";

/** Fields that the kernel shows its user space: those of features that it also tells by a hwcap. */
const visibleToUser = once((): ReadonlySet<string> => {
  const fields = new Set<string>();
  for (const { hwcap, advertisedBy } of features())
    if (hwcap !== undefined && advertisedBy !== undefined)
      mentioned(advertisedBy, { field: (register, name) => fields.add(`${register}.${name}`) });
  return fields;
});

/** What a kernel does not show its user space although it knows it. */
interface Hidden {
  readonly fields: readonly string[];
  readonly registers: readonly string[];
  readonly until: string;
}

const hiddenFromUser = once(
  (): readonly Hidden[] => (JSON.parse(text) as { readonly hidden: readonly Hidden[] }).hidden,
);

/** Whether user space of a kernel sees a field as the CPU has it. */
const userSees = (register: string, name: string, kernel: string): boolean =>
  visibleToUser().has(`${register}.${name}`) &&
  !hiddenFromUser().some(
    ({ fields, registers, until }) =>
      compareVersions(kernel, until) <= 0 &&
      (registers.includes(register) || fields.includes(`${register}.${name}`)),
  );

const isDeclared = (of: Field, kernel: string): boolean =>
  of.declared !== undefined && compareVersions(kernel, of.declared) >= 0;

/** Whether KVM on this kernel shows a field as the CPU has it. */
function showsTruly(of: Field, kernel: string, shown: number): boolean {
  const hidden = of.role === "hidden" || of.role === "facility" || of.role === "identity";
  return isDeclared(of, kernel) && !hidden && (of.cap === undefined || shown < of.cap);
}

/**
 * What is known of a host's CPU, as a state to evaluate expressions in. A field's value is, in this order, what KVM
 * shows where it hides nothing; what some vCPU feature or the kernel's user space shows, where that is anything; what
 * the table has for the named core. Else it is not known.
 */
export function hostCpu(profile: HostProfile): ExprState {
  const known = states.get(profile) ?? readHostCpu(profile);
  states.set(profile, known);
  return known;
}

/** Many guests of one host ask for the same. */
const states = new WeakMap<HostProfile, ExprState>();

function readHostCpu(profile: HostProfile): ExprState {
  const kernel = seriesOf(profile.kernel.version);
  const { name: cpuName, midr } = profile.cpu;
  // A name that nobody knows may be a variant of a core that says so itself.
  const core = findCpu(cpuName) ?? (midr === undefined ? undefined : cpuByMidr(midr));
  const isVariant = findCpu(cpuName) === undefined && profile.user !== undefined;
  const named = core?.registers ? registerState(core.registers, core.arch) : undefined;
  const working = [...profile.configurations.values()].filter((one) => one.refused === undefined);
  const base = profile.configurations.get("base");
  const shownBy = (configuration: Configuration | undefined, id: bigint, of: Field): number | undefined => {
    const value = configuration?.registers.get(id);
    return typeof value === "bigint" ? Number(fieldOf(value, of)) : undefined;
  };
  const rows = fieldValues().filter(
    ({ platform, unlessOffered }) =>
      (platform === undefined || profile.cpu.platform.includes(platform)) &&
      (unlessOffered === undefined || !profile.capabilities.has(capability(unlessOffered)?.number ?? -1)),
  );
  const found = (register: string, name: string): number | undefined => {
    const id = idRegister(register)?.id;
    const of = findField(register, name);
    if (id === undefined || of === undefined) return undefined;
    const inBase = shownBy(base, id, of);
    const truly = inBase !== undefined && showsTruly(of, kernel, inBase);
    // A register that is zero as a whole may be one that a vCPU feature brings.
    if (truly && base?.registers.get(id) !== 0n) return inBase;
    for (const configuration of working) {
      const shown = shownBy(configuration, id, of);
      if (shown !== undefined && shown !== of.absent && shown !== 0) return shown;
    }
    if (truly) return inBase;
    const user = profile.user?.registers.get(id);
    const inUser = user === undefined ? 0 : Number(fieldOf(user, of));
    if (inUser !== 0 && inUser !== of.absent) return inUser;
    // Of a variant of a core the table knows only what the core can have.
    if (isVariant && isDeclared(of, kernel) && userSees(register, name, kernel)) return inUser;
    return named?.field(register, name);
  };
  return fieldState(
    (register, name) => {
      const row = rows.find((one) => one.register === register && one.field === name);
      const value = found(register, name);
      if (row === undefined) return value;
      if (row.atMost !== true) return Number(row.value);
      return value === undefined ? undefined : Math.min(value, Number(row.value));
    },
    (version) => named?.arch(version),
  );
}
