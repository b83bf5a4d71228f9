/** Which registers a vCPU has: as the profile lists them, else as `data/listed-registers.json` has them. */
import type { HostProfile } from "../../../hosts/profile.ts";
import { idRegister, type KernelRange, systemRegister } from "../../../tables/index.ts";
import { once } from "../../../tables/load.ts";
import text from "../data/listed-registers.json?raw";
import type { Vm } from "../machine.ts";
import { configurationOfVm, hasFeature } from "./configuration.ts";
import { encodingKey, idOfKey, isSystemId } from "./ids.ts";
import { covers, registerRule } from "./rules.ts";

/** Registers by ONE_REG id with their fresh value; null: nothing says it. */
export type Listed = ReadonlyMap<bigint, bigint | null>;

interface Row extends KernelRange {
  readonly features?: readonly string[];
  readonly without?: readonly string[];
  readonly values?: Readonly<Record<string, readonly string[]>>;
  readonly other?: readonly string[];
  readonly source: string;
}

export const listedRows = once((): readonly Row[] => {
  const file: { readonly rows: readonly Row[] } = JSON.parse(text);
  return file.rows;
});

function idOf(name: string): bigint {
  const of = idRegister(name) ?? systemRegister(name);
  if (of === undefined) throw new Error(`no system register is called ${name}`);
  return idOfKey(encodingKey(of));
}

/** KVM_REG_ARM_DEMUX: CCSIDR_EL1 for each value of CSSELR_EL1 below 14. */
const CACHES = Array.from({ length: 14 }, (_, n) => 0x6020_0000_0011_0000n | BigInt(n));

function byTable(vm: Vm): Listed {
  const { version } = vm.kvm.profile.kernel;
  // Older kernels have those of the caches that the host has, which no table knows.
  const caches = registerRule(vm.kvm, "ccsidr") === "kept" ? CACHES : [];
  const listed = new Map<bigint, bigint | null>([
    ...caches.map((id) => [id, null] as const),
    ...ID_SPACE.map((id) => [id, 0n] as const),
  ]);
  for (const row of listedRows()) {
    const has = (name: string): boolean => hasFeature(vm.features ?? 0, name);
    if (!covers(row, version) || row.features?.every(has) === false) continue;
    if (row.without?.some(has) === true) continue;
    for (const [value, names] of Object.entries(row.values ?? {}))
      for (const name of names) listed.set(idOf(name), BigInt(value));
    for (const name of row.other ?? []) listed.set(idOf(name), null);
  }
  return listed;
}

/** The ID space: every encoding is there, of a register or not. */
const ID_SPACE = Array.from({ length: 56 }, (_, n) =>
  idOfKey(encodingKey({ op0: 3, op1: 0, crn: 0, crm: 1 + (n >> 3), op2: n & 7 })),
);

/** Of a profile without a list: registers that KVM has, with the values that the profile tells. */
function merged(table: Listed, own: Listed): Listed {
  const told = [...own].filter(([id]) => !isSystemId(id) || table.has(id));
  return new Map([...table, ...told]);
}

const found = new WeakMap<HostProfile, Map<string, Listed>>();

/** Registers of a VM's vCPUs, but those that its ID registers hide and the core and vector registers of a derived host. */
export function registersOf(vm: Vm): Listed {
  const { profile } = vm.kvm;
  const own = configurationOfVm(vm).registers;
  if (profile.origin === "recorded") return own;
  const known = found.get(profile) ?? new Map<string, Listed>();
  found.set(profile, known);
  const key = `${vm.features ?? 0} ${[...vm.enabled].join(" ")}`;
  const listed = known.get(key) ?? merged(byTable(vm), own);
  known.set(key, listed);
  return listed;
}
