/** Writes of ID registers, field by field, good and bad, before and after the first run. */
import type { ScriptCase, ScriptStep } from "../../../src/recordings/index.ts";
import { capability, fieldMask, type IdRegister, idRegisters, sysregId } from "../../../src/tables/index.ts";
import {
  attempt,
  caseOf,
  device,
  EVERYTHING,
  enable,
  features,
  finalize,
  get,
  idOf,
  init,
  machine,
  offer,
  offered,
  PSCI,
  run,
  set,
  vcpu,
  vm,
} from "../build.ts";
import type { Random } from "../random.ts";

const GIC_V3 = 7;
/** Cases of so many steps are still easy to read. */
const MOST_STEPS = 60;

/** Of a register that no contract decides, so many fields are tried: KVM lists few such registers. */
const FIELDS_OF_OTHERS = 3;

/** Values around the present one, none and the highest. */
function fieldSteps(register: IdRegister): readonly ScriptStep[] {
  const fields = register.contract ? register.fields : register.fields.slice(0, FIELDS_OF_OTHERS);
  return fields.flatMap(({ name, lsb, width }) => {
    const note = `${register.name}.${name}`;
    return [
      attempt(register.id, lsb, width, "+", 1n, note),
      ...(register.contract ? [attempt(register.id, lsb, width, "-", 1n, note)] : []),
      attempt(register.id, lsb, width, "=", 0n, note),
      attempt(register.id, lsb, width, "=", (1n << BigInt(width)) - 1n, note),
    ];
  });
}

/** Nibbles in which the tables know no field. */
function reservedSteps(register: IdRegister): readonly ScriptStep[] {
  if (!register.contract) return [];
  const taken = register.fields.reduce((sum, field) => sum | fieldMask(field), 0n);
  return Array.from({ length: 16 }, (_, nibble) => 4 * nibble)
    .filter((lsb) => ((taken >> BigInt(lsb)) & 0xfn) === 0n)
    .map((lsb) => attempt(register.id, lsb, 4, "=", 1n, `${register.name}[${lsb + 3}:${lsb}]`));
}

const everyField = (): readonly ScriptCase[] =>
  idRegisters().map((register) =>
    caseOf(
      `fields of ${register.name}`,
      offered(),
      get(register.id),
      fieldSteps(register),
      reservedSteps(register),
      get(register.id),
    ),
  );

/** The fields that a facility decides, in guests without it, with identity registers writable, and beside a GICv3. */
function otherMachines(): readonly ScriptCase[] {
  const facilities = idRegisters().map((register) => ({
    ...register,
    fields: register.fields.filter(({ facility, role }) => facility !== undefined || role === "identity"),
  }));
  const steps = facilities.flatMap((register) =>
    register.fields.flatMap(({ name, lsb, width }) => [
      attempt(register.id, lsb, width, "+", 1n, `${register.name}.${name}`),
      attempt(register.id, lsb, width, "=", 0n, `${register.name}.${name}`),
    ]),
  );
  const chunks = Array.from({ length: Math.ceil(steps.length / MOST_STEPS) }, (_, at) =>
    steps.slice(at * MOST_STEPS, (at + 1) * MOST_STEPS),
  );
  const identity = capability("KVM_CAP_ARM_WRITABLE_IMP_ID_REGS")?.number ?? 0;
  const mte = capability("KVM_CAP_ARM_MTE")?.number ?? 0;
  return chunks.flatMap((chunk, at) => [
    caseOf(`facilities without them, ${at}`, machine(), chunk),
    caseOf(
      `facilities with a GICv3, ${at}`,
      vm(),
      device(GIC_V3),
      vcpu(),
      offer(EVERYTHING),
      finalize(),
      chunk,
    ),
    caseOf(
      `facilities with MTE and identity, ${at}`,
      vm(),
      enable(mte),
      enable(identity),
      vcpu(),
      init(PSCI),
      chunk,
    ),
  ]);
}

/** Encodings of the ID space that name no register in the tables, and the last ones beside it. */
function reservedRegisters(): readonly ScriptCase[] {
  const named = new Set(idRegisters().map(({ id }) => id));
  const ids = Array.from({ length: 64 }, (_, at) => sysregId(3, 0, 0, at >> 3, at & 7)).filter(
    (id) => !named.has(id),
  );
  return [
    caseOf(
      "reserved ID registers",
      machine(),
      ids.flatMap((id) => [get(id), set(id, 0n), set(id, 1n)]),
    ),
  ];
}

/** After the first run only what is there already may be written. */
const afterRun = (): readonly ScriptCase[] => [
  caseOf(
    "ID registers after the first run",
    offered(),
    run(),
    idRegisters().flatMap(({ id }) => [attempt(id, 0, 64, "+", 0n), attempt(id, 0, 64, "+", 1n)]),
  ),
  caseOf(
    "ID registers after the first run of another vCPU",
    vm(),
    vcpu(0),
    vcpu(1),
    init(PSCI, 1),
    init(PSCI, 0),
    run(1),
    idRegisters()
      .filter(({ contract }) => contract)
      .flatMap(({ id }) => [attempt(id, 0, 64, "+", 0n), attempt(id, 0, 64, "=", 0n)]),
  ),
];

/** Registers of one VM are those of all its vCPUs; an init afterwards keeps or resets them. */
function shared(): readonly ScriptCase[] {
  const pfr0 = idOf("ID_AA64PFR0_EL1");
  const mmfr0 = idOf("ID_AA64MMFR0_EL1");
  return [
    caseOf(
      "ID registers of two vCPUs",
      vm(),
      vcpu(0),
      vcpu(1),
      init(PSCI, 0),
      init(PSCI, 1),
      get(mmfr0, 0),
      set(mmfr0, 0n, 0),
      attempt(mmfr0, 0, 4, "=", 0n),
      get(mmfr0, 1),
      set(pfr0, 0x11n, 1),
      get(pfr0, 0),
      get(pfr0, 1),
    ),
    caseOf(
      "ID registers and a second init",
      machine(),
      set(pfr0, 0x1111n),
      set(pfr0, 0x11n),
      get(pfr0),
      init(PSCI),
      get(pfr0),
      init(features("PSCI_0_2", "POWER_OFF")),
      get(pfr0),
    ),
  ];
}

/** Whole values at random: mostly refused. */
function randomValues(random: Random): readonly ScriptCase[] {
  const [first, ...others] = idRegisters().filter(({ contract }) => contract);
  if (first === undefined) return [];
  return Array.from({ length: 3 }, (_, at) =>
    caseOf(
      `ID registers at random, ${at}`,
      offered(),
      Array.from({ length: 24 }, () => {
        const { id, fields } = random.pick([first, ...others]);
        const at = random.below(16) * 4;
        return fields.length === 0 || random.once(4)
          ? set(id, random.wide())
          : attempt(id, at, 4, "=", BigInt(random.below(16)));
      }),
    ),
  );
}

/** What every machine is asked: writes after the first run. */
export const idRegisterBoundaryCases = (): readonly ScriptCase[] => [...afterRun(), ...shared()];

export function idRegisterCases(random: Random): readonly ScriptCase[] {
  return [...everyField(), ...otherMachines(), ...reservedRegisters(), ...randomValues(random)];
}
