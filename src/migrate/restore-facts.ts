/** What KVM and the VMM said while the saved state was restored. */
import type { Plan } from "../planner/plan.ts";
import type { Refusal } from "../predict/index.ts";
import type { RestoreRefusal } from "../sim/snapshot.ts";
import {
  bitmapRegister,
  describeOneReg,
  fieldOf,
  firmwareRegister,
  type IdRegister,
  idRegister,
  idRegisterById,
  mentioned,
  systemRegister,
} from "../tables/index.ts";
import type { Arrival } from "./arrive.ts";
import { levelName, stateBits, unkeptRow } from "./changes.ts";
import { type Fact, type FieldChange, fact } from "./fact.ts";
import type { Source } from "./machine.ts";
import {
  accepts,
  type Between,
  configuration,
  fieldRemedies,
  lengthsRemedy,
  meaning,
  psciRemedy,
  serviceRemedy,
  withoutRemedy,
} from "./remedy.ts";
import type { Vmm } from "./vmm.ts";
import { distinct, hex, nameOf } from "./words.ts";

/** KVM refuses the plan itself. */
export function planFact(plan: Plan, host: string, { operation, errno, why }: Refusal): Fact {
  const of = plan.operations[operation];
  if (of === undefined) throw new Error(`the plan has no operation ${operation}`);
  return fact({
    topic: "plan",
    weight: "unsafe",
    subject: of.name,
    text: `${host} refuses the guest's plan: ${of.ioctl.name} answers ${errno}`,
    detail: why,
    errno,
    source: of.source,
  });
}

/** Fields that keep the other host's KVM from taking the saved value; all that differ where each would do by itself. */
function refusedFields(
  between: Between,
  register: IdRegister,
  written: bigint,
  held: bigint | undefined,
): readonly FieldChange[] {
  if (held === undefined) return [];
  const differing = register.fields.filter((field) => fieldOf(written, field) !== fieldOf(held, field));
  const turnedDown = differing.filter((field) => !accepts(between, field, fieldOf(written, field)));
  return (turnedDown.length > 0 ? turnedDown : differing).map((field): FieldChange => {
    const [before, after] = [fieldOf(written, field), fieldOf(held, field)];
    const words = [meaning(field, before), meaning(field, after)] as const;
    return { field: field.name, before, after, meaning: words, weight: "unsafe" };
  });
}

/** Features without which the CPU has no such register. */
function featuresOf(name: string): readonly string[] {
  const named: string[] = [];
  const gate = systemRegister(name)?.gate;
  if (gate !== undefined) mentioned(gate, { feature: (one) => named.push(one) });
  return named;
}

interface Given {
  readonly between: Between;
  readonly source: Source;
  readonly arrival: Arrival;
  readonly vmm: Vmm;
}

const NOTHING_LOST = "it still holds what it held at reset: a VMM that leaves it out loses nothing";

function missingDetail({ source }: Given, id: bigint, written: bigint | undefined): string {
  return written !== undefined && source.fresh.get(id) === written ? NOTHING_LOST : "";
}

function refusedRemedies(
  { between, arrival }: Given,
  id: bigint,
  written: bigint,
  errno: string,
): readonly string[] {
  const register = idRegisterById(id);
  const name = nameOf(id);
  if (bitmapRegister(name) !== undefined) return serviceRemedy(between, name, written);
  const held = arrival.held.get(id);
  const firmware = firmwareRegister(name);
  if (firmware !== undefined) return firmware.holds === "version" ? psciRemedy(between) : [];
  if (errno === "ENOENT") return withoutRemedy(between, featuresOf(name));
  if (register === undefined) return [];
  return refusedFields(between, register, written, held).flatMap(({ field, before, after }) => {
    const row = register.fields.find((one) => one.name === field);
    return row === undefined ? [] : fieldRemedies(between, row, before, after);
  });
}

/** kvm_arm_get_fw_reg() answers with the host's level; kvm_arm_set_fw_reg() compares, and keeps nothing. */
const HOSTS_OWN = "KVM shows the host's own level, whatever the guest was given: no statement lowers it";
const isWorkaround = (name: string): boolean => firmwareRegister(name)?.holds === "level";

function refusedDetail(id: bigint, written: bigint, held: bigint | undefined): string {
  const name = nameOf(id);
  const words = (value: bigint): string =>
    firmwareRegister(name) === undefined ? hex(value) : levelName(name, value);
  const saved = `${words(written)} was saved`;
  if (held === undefined) return saved;
  return `${saved}, ${words(held)} is there${isWorkaround(name) ? `; ${HOSTS_OWN}` : ""}`;
}

/** KVM makes up CCSIDR_EL1 from CTR_EL0, and refuses what CTR_EL0 does not allow. */
function decidedBy(id: bigint): IdRegister | undefined {
  return describeOneReg(id)?.class === "demux" ? idRegister("CTR_EL0") : idRegisterById(id);
}

type Side = "from" | "to";

const sideWords: Readonly<Record<Side, string>> = { from: "the host that is left", to: "the other host" };

/**
 * Whose value nobody knows of a register that the restore refuses: the simulated KVM holds 0 for it, so that its answer
 * says nothing. Nothing of a register that KVM there does not have.
 */
function unknownSides(between: Between, { register: id, errno }: RestoreRefusal): readonly Side[] {
  const register = id === undefined || errno !== "EINVAL" ? undefined : decidedBy(id);
  if (register === undefined) return [];
  return (["from", "to"] as const).filter(
    (side) => configuration(between, between[side]).registers.get(register.id) === null,
  );
}

/** Whether what is known of the hosts decides that a call is refused. */
export const isDecided = (between: Between, refusal: RestoreRefusal): boolean =>
  unknownSides(between, refusal).length === 0;

function openFact(given: Given, id: bigint, value: bigint, refusal: RestoreRefusal): Fact {
  const sides = unknownSides(given.between, refusal);
  const whose = sides.map((side) => sideWords[side]).join(" and ");
  return fact({
    topic: "restore",
    weight: "open",
    subject: nameOf(id),
    text: "nothing decides whether KVM takes what is saved",
    detail: `the value of ${decidedBy(id)?.name ?? nameOf(id)} on ${whose} is not known`,
    register: id,
    remedies: sides.includes("from") ? [] : distinct(refusedRemedies(given, id, value, refusal.errno)),
  });
}

function refusalFact(given: Given, refusal: RestoreRefusal): Fact {
  const { call, register: id, value, errno } = refusal;
  const { arrival } = given;
  if (id === undefined || value === undefined)
    return fact({ topic: "restore", weight: "unsafe", subject: call, text: `KVM answers ${errno}`, errno });
  if (!isDecided(given.between, refusal)) return openFact(given, id, value, refusal);
  const row = idRegisterById(id);
  const held = arrival.held.get(id);
  const missing = errno === "ENOENT";
  return fact({
    topic: "restore",
    weight: "unsafe",
    subject: nameOf(id),
    text: missing
      ? "KVM there has no such register: KVM_SET_ONE_REG answers ENOENT"
      : `KVM_SET_ONE_REG answers ${errno}`,
    detail: missing ? missingDetail(given, id, value) : refusedDetail(id, value, held),
    register: id,
    errno,
    fields: row === undefined ? [] : refusedFields(given.between, row, value, held),
    remedies: distinct(refusedRemedies(given, id, value, errno)),
  });
}

/** A register that KVM takes without keeping what is written. ID registers are told by what the guest reads. */
function unkeptFacts({ arrival, between }: Given): readonly Fact[] {
  return arrival.unkept.flatMap(({ id, written, held }): readonly Fact[] => {
    const bits = stateBits(id);
    if ((written & bits) === (held & bits) || idRegisterById(id) !== undefined) return [];
    const name = nameOf(id);
    const firmware = firmwareRegister(name) !== undefined || bitmapRegister(name) !== undefined;
    const row = unkeptRow(name);
    return [
      fact({
        topic: "restore",
        weight: firmware ? "note" : "unsafe",
        subject: name,
        text: "KVM takes the value and keeps another one",
        detail: [refusedDetail(id, written, held), ...(row === undefined ? [] : [row.why])].join("; "),
        register: id,
        remedies:
          row === undefined
            ? firmwareRegister(name)?.holds === "version"
              ? psciRemedy(between)
              : []
            : [row.statement],
      }),
    ];
  });
}

/** Registers that one of the hosts lists and the other does not; the refused ones are told already. */
function listFacts(given: Given): readonly Fact[] {
  const { arrival, between } = given;
  const told = new Set(arrival.refused.map(({ register }) => register));
  const missing = arrival.missing.filter((id) => !told.has(id));
  const facts: Fact[] = [];
  if (arrival.lists !== undefined)
    facts.push(
      fact({
        topic: "lists",
        weight: "unsafe",
        subject: "KVM_GET_REG_LIST",
        text: `${given.vmm.name} refuses the state before it sets a register`,
        detail: arrival.lists,
        members: arrival.missing.map(nameOf),
        remedies: distinct(arrival.missing.flatMap((id) => withoutRemedy(between, featuresOf(nameOf(id))))),
      }),
    );
  else if (missing.length > 0)
    facts.push(
      fact({
        topic: "lists",
        weight: "remark",
        subject: `${missing.length} registers`,
        text: "listed on the host that is left, and not on the other",
        members: missing.map(nameOf),
      }),
    );
  if (arrival.extra.length > 0)
    facts.push(
      fact({
        topic: "lists",
        weight: "remark",
        subject: `${arrival.extra.length} register${arrival.extra.length === 1 ? "" : "s"}`,
        text: "listed on the other host alone: what they hold there at reset stays",
        members: arrival.extra.map(([id, value]) => `${nameOf(id)} = ${hex(value)}`),
      }),
    );
  return facts;
}

const lengthWords = (bitmap: bigint | undefined): string => {
  if (bitmap === undefined) return "none";
  const lengths = Array.from({ length: 64 }, (_, bit) => bit).filter((bit) => (bitmap >> BigInt(bit)) & 1n);
  return lengths.map((bit) => 128 * (bit + 1)).join(", ");
};

function vectorFacts({ arrival: { lengths }, between }: Given): readonly Fact[] {
  if (lengths === undefined) return [];
  const [before, after] = lengths;
  return [
    fact({
      topic: "vectors",
      weight: "unsafe",
      subject: "SVE vector lengths",
      text: "the guest can choose other lengths than before",
      detail: `${lengthWords(before)} bits before, ${lengthWords(after)} there`,
      remedies: lengthsRemedy(between),
    }),
  ];
}

/** What several vCPUs are refused alike is one finding. */
const firstOfEach = (refused: readonly RestoreRefusal[]): readonly RestoreRefusal[] => {
  const seen = new Set<string>();
  return refused.filter(({ call, register, errno }) => {
    const key = `${call} ${register} ${errno}`;
    return !seen.has(key) && seen.add(key);
  });
};

/** In the order in which a VMM meets them. */
export function restoreFacts(given: Given): readonly Fact[] {
  return [
    ...listFacts(given),
    ...firstOfEach(given.arrival.refused).map((one) => refusalFact(given, one)),
    ...unkeptFacts(given),
    ...vectorFacts(given),
  ];
}
