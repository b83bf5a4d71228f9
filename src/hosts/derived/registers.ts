/** The registers of a fresh vCPU on a derived host, with their values. */
import {
  bitmapRegisters,
  compareVersions,
  type Field,
  fieldOf,
  field as findField,
  firmwareRegisters,
  type IdRegister,
  idRegister,
  idRegisters,
  parseOneReg,
  services,
  sveLengthsRegister,
  sysregId,
} from "../../tables/index.ts";
import { effectiveCtr, shownCcsidr, shownClidr } from "./caches.ts";
import { deriveTable, fieldsReach, holdsFor, isIn, type Limit, listedRows, type Machine } from "./table.ts";

function inFeatureIdSpace({ op0, op1, crn, crm }: IdRegister): boolean {
  return op0 === 3 && op1 === 0 && crn === 0 && crm >= 1 && crm <= 7;
}

function hostField({ cpu, values }: Machine, register: IdRegister, field: Field): bigint {
  if (register.kind === "aarch32-id" && cpu.aarch32 === "none") return 0n;
  return fieldOf(values[register.name] ?? 0n, field);
}

function concerns(row: Limit, field: Field): boolean {
  if (row.fields !== undefined) return row.fields.includes(field.name);
  return row.except === undefined || !row.except.includes(field.name);
}

function limited(machine: Machine, value: bigint, row: Limit, features: readonly string[]): bigint {
  const bound = BigInt(row.value ?? 0);
  switch (row.action) {
    case "zero":
      return 0n;
    case "set":
      return bound;
    case "set-where":
      return row.state !== undefined && isIn(machine, row.state) ? bound : value;
    case "at-most":
      return value > bound ? bound : value;
    case "at-least":
      return value < bound ? bound : value;
    case "zero-without":
      return row.feature !== undefined && features.includes(row.feature) ? value : 0n;
    case "same-as": {
      const field = row.of && findField(row.of.register, row.of.field);
      if (field === undefined) return value;
      const other = fieldOf(machine.values[field.register] ?? 0n, field);
      return BigInt(row.values?.[`${other}`] ?? other);
    }
  }
}

/** What a fresh vCPU with these features reads from a register of the feature-ID space; null: unknown. */
function shownTo(machine: Machine, features: readonly string[], register: IdRegister): bigint | null {
  if (register.kind === "aarch32-id" && !machine.aarch32Known) return null;
  const limits = deriveTable().limits.filter(
    (row) =>
      row.register === register.name &&
      holdsFor(machine.kernelVersion, row) &&
      (row.where === undefined || machine.cpu.aarch32 !== "none"),
  );
  let value = 0n;
  for (const field of register.fields) {
    // What Linux' feature table does not declare is zero on the whole host.
    if (field.safe === undefined || !isDeclared(machine, field)) continue;
    const rows = limits.filter((row) => concerns(row, field));
    const shown = rows.reduce(
      (now, row) => limited(machine, now, row, features),
      hostField(machine, register, field),
    );
    value |= shown << BigInt(field.lsb);
  }
  return value;
}

function isDeclared({ kernelVersion }: Machine, { declared }: Field): boolean {
  return declared === undefined || compareVersions(kernelVersion, declared) >= 0;
}

/** Registers of KVM that are no system registers. */
function addFirmware(machine: Machine, registers: Map<bigint, bigint | null>): void {
  const { levels } = deriveTable();
  const knows = (since: string): boolean => compareVersions(machine.kernelVersion, since) >= 0;
  for (const firmware of firmwareRegisters()) {
    if (firmware.holds === "version") {
      const newest = Object.entries(firmware.values)
        .filter(([name]) => {
          const since = firmware.valueSince[name];
          return since === undefined || knows(since);
        })
        .map(([, value]) => value)
        .sort((a, b) => (a < b ? 1 : -1))[0];
      // KVM first shows its newest PSCI version.
      registers.set(firmware.id, newest ?? null);
      continue;
    }
    const level = levels.find((row) => row.register === firmware.name && isIn(machine, row.state));
    // Where the kernel cannot help the core by itself, the level is the firmware's, which no table knows.
    registers.set(firmware.id, level === undefined ? null : (firmware.values[level.value] ?? null));
  }
  for (const bitmap of bitmapRegisters()) {
    if (!knows(bitmap.since)) continue;
    const bits = services()
      .filter((one) => one.register === bitmap.name && knows(one.since))
      .reduce((mask, one) => mask | (1n << BigInt(one.bit)), 0n);
    registers.set(bitmap.id, bits & bitmap.reset);
  }
}

function idOf(name: string): bigint {
  const id = parseOneReg(name);
  if (id === undefined) throw new Error(`no register is called ${name}`);
  return id;
}

/** Every encoding of the feature-ID space is there, of a register or not. */
const ID_SPACE = Array.from({ length: 56 }, (_, n) => sysregId(3, 0, 0, 1 + (n >> 3), n & 7));

/** What a register shows that is the host's own; null: not known. */
function hostValue(machine: Machine, name: string): bigint | null {
  if (idRegister(name) === undefined) return null;
  const made = { CTR_EL0: effectiveCtr, CLIDR_EL1: shownClidr }[name];
  return (made === undefined ? machine.values[name] : made(machine)) ?? null;
}

function addListed(machine: Machine, features: readonly string[], into: Map<bigint, bigint | null>): void {
  for (const row of listedRows()) {
    if (!holdsFor(machine.kernelVersion, row)) continue;
    if (row.features?.every((one) => features.includes(one)) === false) continue;
    if (row.without?.some((one) => features.includes(one)) === true) continue;
    if (!fieldsReach(machine, row.fields)) continue;
    for (const [value, names] of Object.entries(row.values ?? {}))
      for (const name of names) into.set(idOf(name), BigInt(value));
    for (const name of row.other ?? []) into.set(idOf(name), null);
    for (const name of row.host ?? []) into.set(idOf(name), hostValue(machine, name));
  }
}

/** KVM_GET_REG_LIST with the values of a fresh vCPU with these features, in the order of ids; null: not known. */
export function deriveRegisters(
  machine: Machine,
  features: readonly string[],
): ReadonlyMap<bigint, bigint | null> {
  const registers = new Map<bigint, bigint | null>(ID_SPACE.map((id) => [id, 0n]));
  for (const register of idRegisters())
    if (inFeatureIdSpace(register)) registers.set(register.id, shownTo(machine, features, register));
  for (const [id, value] of shownCcsidr(machine)) registers.set(id, value);
  addListed(machine, features, registers);
  addFirmware(machine, registers);
  if (features.includes("SVE")) {
    const lengths = machine.cpu.sveLengths;
    const bits = lengths?.reduce((mask, length) => mask | (1n << BigInt(length / 128 - 1)), 0n);
    registers.set(sveLengthsRegister().id, bits ?? null);
  }
  return new Map([...registers].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** KVM_ARM_GET_REG_WRITABLE_MASKS. */
export function deriveMasks(machine: Machine): ReadonlyMap<bigint, bigint> {
  const masks = new Map<bigint, bigint>();
  for (const register of idRegisters()) {
    const row = deriveTable().masks.find(
      ({ kind }) => kind === register.kind && machine.cpu.aarch32 === "none",
    );
    const mask = machine.rules.writable[register.name];
    if (mask !== undefined) masks.set(register.id, row === undefined ? mask : BigInt(row.value));
  }
  return masks;
}
