/** Registers with their values, from whatever they were printed by, as readings of a vCPU. */
import { describeOneReg, idRegister, sveLengthsRegister } from "../../tables/index.ts";
import {
  bitsOf,
  type InputForm,
  type InputNote,
  keptValues,
  type ReadReadings,
  wasUsed,
} from "./readings.ts";
import { systemId } from "./table.ts";

/** A list of KVM's is longer than any choice of registers. */
const LEAST_LIST = 150;

/** What is known of a dump beside its registers. */
export interface Dump {
  readonly form: Exclude<InputForm, "guestc-profile">;
  readonly description: string;
  readonly notes?: readonly InputNote[];
}

/** @param values by ONE_REG id, of any width; null: listed, and no value was printed */
export function readingsOf(
  values: ReadonlyMap<bigint, bigint | null>,
  { form, description, notes: before = [] }: Dump,
): ReadReadings {
  const identity = [...values].filter(([id]) => idRegister(describeOneReg(id)?.name ?? "") !== undefined);
  if (!values.has(systemId("ID_AA64PFR0_EL1"))) {
    const message = "ID_AA64PFR0_EL1 is missing, which every arm64 KVM lists";
    return { problems: [{ message, instancePath: "", offset: 0, line: 1, column: 1 }] };
  }
  const valueless = identity.every(([, value]) => value === null);
  const whole = values.size >= LEAST_LIST;
  const used = wasUsed(values);
  const lengths = sveLengthsRegister();
  const narrow = new Map<bigint, bigint | null>();
  for (const [id, value] of values) {
    if ((bitsOf(id) ?? 64) <= 64) narrow.set(id, value);
    else if (id === lengths.id) narrow.set(id, value === null ? null : value & 0xffff_ffff_ffff_ffffn);
  }
  const notes: InputNote[] = [...before];
  if (used) {
    notes.push({
      id: "values-of-a-vm",
      what: "what KVM shows before a VMM writes: general registers hold values, so the vCPU had been used",
      cost: "the host may offer more than is read here, and only registers that identify a CPU keep their values",
    });
  }
  if (!whole) {
    notes.push({
      id: "list-in-part",
      what: `the whole register list: ${values.size} registers are fewer than any KVM lists`,
      cost: "the rest, PSCI versions and services are those that guestc's tables have for the kernel, where they have it",
    });
  }
  return {
    readings: {
      form,
      release: undefined,
      registers: keptValues(narrow, used),
      listed: whole ? values.size : undefined,
      whole,
      features: [],
      recorder: undefined,
      description,
      ...(valueless ? { valueless } : {}),
      notes,
    },
  };
}
