/** Offers as JSON and back: what a part of a fleet hands on to be merged with the rest. */
import { compareVersions } from "../tables/index.ts";
import { assumptions, type FacilityOffer, isAssumption, isFacilityName, type Offer } from "./offer.ts";
import { parseSet, printSet, type ValueSet } from "./values.ts";

type SetsDocument = Readonly<Record<string, string>>;

interface FacilityDocument {
  readonly fields: SetsDocument;
  readonly registers: readonly string[];
}

/** Values as hexadecimal strings; every list and every key in one order, so that equal offers are equal texts. */
export interface OfferDocument {
  readonly kernel: string;
  readonly psci: readonly string[];
  readonly vectorLengths: readonly number[];
  readonly vcpuFeatures: readonly string[];
  readonly capabilities: Readonly<Record<string, string>>;
  readonly bitmaps: Readonly<Record<string, string>>;
  readonly workarounds: SetsDocument;
  readonly devices?: readonly number[];
  readonly counters?: { readonly least: number; readonly most: number };
  /** Absent: everything was read. */
  readonly assumed?: readonly string[];
  readonly shown: SetsDocument;
  readonly fields: SetsDocument;
  /** Absent: every field is told. */
  readonly untold?: readonly string[];
  readonly facilities: Readonly<Record<string, FacilityDocument>>;
  readonly registers: readonly string[];
}

const hex = (value: bigint, digits = 1): string => `0x${value.toString(16).padStart(digits, "0")}`;

const ordered = <Value, Printed>(
  entries: Iterable<readonly [string, Value]>,
  print: (value: Value) => Printed,
): Readonly<Record<string, Printed>> =>
  Object.fromEntries(
    [...entries].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => [key, print(value)]),
  );

const ids = (registers: ReadonlySet<bigint>): readonly string[] =>
  [...registers].sort((a, b) => (a < b ? -1 : 1)).map((id) => hex(id, 16));

export function offerDocument(offer: Offer): OfferDocument {
  const { devices, counters } = offer;
  const assumed = assumptions.filter((one) => offer.assumed.has(one));
  return {
    kernel: offer.kernel,
    psci: [...offer.psci].sort(compareVersions),
    vectorLengths: offer.vectorLengths,
    vcpuFeatures: [...offer.vcpuFeatures].sort(),
    capabilities: Object.fromEntries(
      [...offer.capabilities].sort(([a], [b]) => a - b).map(([number, answer]) => [number, hex(answer)]),
    ),
    bitmaps: ordered(offer.bitmaps, (bits) => hex(bits)),
    workarounds: ordered(offer.workarounds, printSet),
    ...(devices === undefined ? {} : { devices: [...devices].sort((a, b) => a - b) }),
    ...(counters === undefined ? {} : { counters: { least: counters.least, most: counters.most } }),
    ...(assumed.length === 0 ? {} : { assumed }),
    shown: ordered(offer.shown, printSet),
    fields: ordered(offer.fields, printSet),
    ...(offer.untold.size === 0 ? {} : { untold: [...offer.untold].sort() }),
    facilities: ordered(offer.facilities, ({ fields, registers }) => ({
      fields: ordered(fields, printSet),
      registers: ids(registers),
    })),
    registers: ids(offer.registers),
  };
}

function setsOf(document: SetsDocument): ReadonlyMap<string, ValueSet> | undefined {
  const sets = new Map<string, ValueSet>();
  for (const [key, text] of Object.entries(document)) {
    const set = parseSet(text);
    if (set === undefined) return undefined;
    sets.set(key, set);
  }
  return sets;
}

/** The offer that a document, valid by its schema, stands for; undefined where a set is not in its normal form. */
export function readOffer(document: OfferDocument): Offer | undefined {
  const [fields, shown, workarounds] = [document.fields, document.shown, document.workarounds].map(setsOf);
  if (fields === undefined || shown === undefined || workarounds === undefined) return undefined;
  const facilities = new Map<string, FacilityOffer>();
  for (const [name, facility] of Object.entries(document.facilities)) {
    const sets = setsOf(facility.fields);
    if (sets === undefined || !isFacilityName(name)) return undefined;
    facilities.set(name, { fields: sets, registers: new Set(facility.registers.map(BigInt)) });
  }
  const { devices, counters, assumed = [], untold = [] } = document;
  if (!assumed.every(isAssumption) || !untold.every((key) => typeof key === "string")) return undefined;
  return {
    fields,
    untold: new Set(untold),
    shown,
    facilities: facilities as Offer["facilities"],
    registers: new Set(document.registers.map(BigInt)),
    vectorLengths: document.vectorLengths,
    vcpuFeatures: new Set(document.vcpuFeatures),
    capabilities: new Map(
      Object.entries(document.capabilities).map(([number, answer]) => [Number(number), BigInt(answer)]),
    ),
    psci: new Set(document.psci),
    bitmaps: new Map(Object.entries(document.bitmaps).map(([name, bits]) => [name, BigInt(bits)])),
    workarounds,
    devices: devices === undefined ? undefined : new Set(devices),
    kernel: document.kernel,
    counters,
    assumed: new Set(assumed),
  };
}

/** Equal for equal offers alone. */
export const offerText = (offer: Offer): string => JSON.stringify(offerDocument(offer));
