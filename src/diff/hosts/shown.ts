/** What a guest sees before anybody has written anything: ID registers by field, firmware, services, vectors. */
import { shownRegister } from "../../hosts/field.ts";
import { inBlock, inputsTable } from "../../hosts/inputs/table.ts";
import type { Configuration, HostProfile } from "../../hosts/profile.ts";
import {
  bitmapRegisters,
  cpuByMidr,
  describeOneReg,
  type ExprState,
  fieldOf,
  field as findField,
  firmwareRegisters,
  idRegisterById,
  idRegisters,
  registerState,
  services,
  sveLengthsRegister,
} from "../../tables/index.ts";
import { type Finding, finding } from "../difference.ts";
import { type Part, partsOf, placeOf } from "../parts.ts";
import { featuresChanged, firmwareWords, hex, orderOf, ordinal, valueWords } from "../words.ts";
import type { Pair } from "./pairs.ts";

/** Whether guestc's tables say a value on at least one of two recorded hosts. */
const isAssumedValue =
  (before: HostProfile, after: HostProfile) =>
  (id: bigint): boolean =>
    before.assumed?.registers.has(id) === true || after.assumed?.registers.has(id) === true;

/** The word for a field; of the part number with the core that it is of, where the tables have it. */
export function shownWords(part: Part, register: bigint): string {
  const words = valueWords(part.field, fieldOf(register, part));
  const names = part.field !== undefined && part.field === findField("MIDR_EL1", "PartNum");
  const core = names ? cpuByMidr(register)?.name : undefined;
  return core === undefined ? words : `${words} (${core})`;
}

/** ID registers with the value that a guest reads, where it is known. */
function shownValues(profile: HostProfile, configuration: Configuration): ReadonlyMap<bigint, bigint> {
  const values = new Map<bigint, bigint>();
  for (const register of idRegisters()) {
    const { value } = shownRegister(profile, configuration, register);
    if (value !== undefined) values.set(register.id, value);
  }
  return values;
}

/** What the ID registers of a configuration say of features. */
export function shownState(profile: HostProfile, configuration: Configuration): ExprState {
  const values = [...shownValues(profile, configuration)].map(([id, value]): [string, bigint] => [
    idRegisterById(id)?.name ?? hex(id, 16),
    value,
  ]);
  return registerState(Object.fromEntries(values), "");
}

function fieldFindings(pair: Pair, before: HostProfile, after: HostProfile): readonly Finding[] {
  const was = shownValues(before, pair.before);
  const is = shownValues(after, pair.after);
  const changed = idRegisters().filter(({ id }) => {
    const [a, b] = [was.get(id), is.get(id)];
    return a !== undefined && b !== undefined && a !== b;
  });
  if (changed.length === 0) return [];
  const assumed = isAssumedValue(before, after);
  const states = { before: shownState(before, pair.before), after: shownState(after, pair.after) };
  return changed.flatMap(({ id, name }) =>
    partsOf(id, name).flatMap((part) => {
      const [a, b] = [fieldOf(was.get(id) ?? 0n, part), fieldOf(is.get(id) ?? 0n, part)];
      if (a === b) return [];
      const features =
        part.field === undefined
          ? { gained: [], lost: [] }
          : featuresChanged(part.field, states.before, states.after);
      return [
        finding({
          group: "guest",
          about: "field",
          subject: part.name,
          before: shownWords(part, was.get(id) ?? 0n),
          after: shownWords(part, is.get(id) ?? 0n),
          order: orderOf(part.field, a, b),
          ...features,
          family: name,
          assumed: assumed(id),
          at: placeOf(id, part),
        }),
      ];
    }),
  );
}

/** Whether a register holds what a vCPU was doing when it was read: general registers, counters, timers. */
const isState = (id: bigint): boolean => inputsTable().state.some((block) => inBlock(block, id));

/** Registers with a value that both list, with both values. */
function* changedValues(pair: Pair): Generator<readonly [id: bigint, before: bigint, after: bigint]> {
  for (const [id, was] of pair.before.registers) {
    const is = pair.after.registers.get(id);
    if (typeof was === "bigint" && typeof is === "bigint" && was !== is && !isState(id)) yield [id, was, is];
  }
}

function bitmapFindings(id: bigint, was: bigint, is: bigint): readonly Finding[] {
  const name = bitmapRegisters().find((one) => one.id === id)?.name ?? hex(id, 16);
  return Array.from({ length: 64 }, (_, bit) => bit).flatMap((bit) => {
    const [a, b] = [(was >> BigInt(bit)) & 1n, (is >> BigInt(bit)) & 1n];
    if (a === b) return [];
    const service = services().find((one) => one.register === name && one.bit === bit);
    return [
      finding({
        group: "guest",
        about: "service",
        subject: service === undefined ? `${name} bit ${bit}` : `service ${service.name}`,
        title: service?.title ?? "",
        before: a === 1n ? "given" : "not given",
        after: b === 1n ? "given" : "not given",
        at: `${ordinal(id)} ${ordinal(bit)}`,
      }),
    ];
  });
}

function otherFindings(pair: Pair, before: HostProfile, after: HostProfile): readonly Finding[] {
  const assumed = isAssumedValue(before, after);
  return [...changedValues(pair)].flatMap(([id, was, is]) => {
    // The vector lengths are told in bits, by `vectorFindings`.
    if (idRegisterById(id) !== undefined || id === sveLengthsRegister().id) return [];
    const what = describeOneReg(id);
    if (what?.class === "bitmap") {
      return bitmapFindings(id, was, is).map((one) => ({ ...one, assumed: assumed(id) }));
    }
    const isFirmware = firmwareRegisters().some((one) => one.id === id);
    return [
      finding({
        group: "guest",
        about: isFirmware ? "firmware" : "register",
        subject: what?.name ?? hex(id, 16),
        title: isFirmware ? "" : "as KVM first shows it",
        before: isFirmware ? firmwareWords(id, was) : hex(was),
        after: isFirmware ? firmwareWords(id, is) : hex(is),
        family: (what?.name ?? "").split("[")[0] ?? "",
        assumed: assumed(id),
        at: ordinal(id),
      }),
    ];
  });
}

/** In bits, ascending: as recorded, else by the bits of the register. */
export function vectorLengthsOf(configuration: Configuration): readonly number[] {
  if (configuration.vectorLengths !== undefined) return configuration.vectorLengths;
  const bitmap = configuration.registers.get(sveLengthsRegister().id);
  if (typeof bitmap !== "bigint") return [];
  return Array.from({ length: 64 }, (_, bit) => bit)
    .filter((bit) => (bitmap >> BigInt(bit)) & 1n)
    .map((bit) => (bit + 1) * 128);
}

const lengthWords = (lengths: readonly number[]): string | null =>
  lengths.length === 0 ? null : `${lengths.join(", ")} bits`;

function vectorFindings(pair: Pair): readonly Finding[] {
  const [was, is] = [pair.before, pair.after].map((one) => lengthWords(vectorLengthsOf(one)));
  if (was === is) return [];
  return [
    finding({
      group: "guest",
      about: "vectors",
      subject: "SVE vector lengths",
      before: was ?? null,
      after: is ?? null,
    }),
  ];
}

export const shownFindings =
  (before: HostProfile, after: HostProfile) =>
  (pair: Pair): readonly Finding[] => [
    ...fieldFindings(pair, before, after),
    ...otherFindings(pair, before, after),
    ...vectorFindings(pair),
  ];
