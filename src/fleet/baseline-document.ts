/** A fleet and its common CPU as `guestc.baseline/1` (`schemas/baseline.schema.json`), and the fleet read back. */
import { fnv1a } from "../diagnostics/fingerprint.ts";
import { describeOneReg, fieldKey } from "../tables/index.ts";
import type { Baseline } from "./baseline.ts";
import { type Fleet, mergeFleets } from "./classes.ts";
import { type OfferDocument, offerDocument, offerText, readOffer } from "./document.ts";
import { assumedDocument, conflictDocument, gainsDocument, machineDocument } from "./findings.ts";
import { limitsOf, unevenRegisters } from "./limits.ts";
import { facilityNames } from "./offer.ts";
import type { FleetRecord } from "./part.ts";
import { noneUnreadable, type UnreadableHost, type UnreadableHosts } from "./unreadable.ts";

const hex = (value: bigint, digits = 1): string => `0x${value.toString(16).padStart(digits, "0")}`;

/** What of the document says who the hosts are and what they offer; the rest follows from it. */
export interface FleetDocument {
  readonly schema: "guestc.baseline/1";
  readonly tables?: string;
  readonly part?: FleetRecord["part"];
  readonly unreadable?: UnreadableHosts;
  readonly classes: readonly {
    readonly id: string;
    readonly hosts: number;
    readonly names: readonly string[];
    readonly offer: OfferDocument;
  }[];
}

function fleetPart(fleet: Fleet): FleetDocument["classes"] {
  return fleet.map(({ id, count, names, offer }) => ({
    id,
    hosts: count,
    names,
    offer: offerDocument(offer),
  }));
}

/** What of a record stands before the common CPU. */
function headOf({ tables, part, unreadable = noneUnreadable }: Partial<FleetRecord>): object {
  return {
    schema: "guestc.baseline/1",
    ...(tables === undefined ? {} : { tables }),
    ...(part === undefined ? {} : { part }),
    ...(unreadable.count === 0 ? {} : { unreadable }),
  };
}

/**
 * @param record what else is known of the fleet; a whole one of unknown origin where nothing is
 */
export function baselineDocument(
  fleet: Fleet,
  baseline: Baseline | undefined,
  record: Partial<FleetRecord> = {},
): object {
  const head = headOf(record);
  const classes = fleetPart(fleet);
  const hosts = fleet.reduce((sum, { count }) => sum + count, 0);
  if (baseline === undefined) return { ...head, hosts, common: null, conflicts: [], leaveOut: [], classes };
  const { guest, common, facilities } = baseline;
  const ids = (some: Fleet): readonly string[] => some.map(({ id }) => id);
  return {
    ...head,
    hosts,
    common: {
      exists: baseline.conflicts.length === 0,
      architecture: baseline.architecture.name,
      kernel: common.kernel,
      facilities,
      offered: facilityNames.filter((name) => common.facilities.has(name)),
      dropped: baseline.dropped,
      vectorLengths: facilities.includes("sve") ? common.vectorLengths : [],
      counters: common.counters ?? null,
      psci: guest.psci ?? null,
      services: guest.services,
      workarounds: Object.fromEntries([...guest.workarounds].map(([name, level]) => [name, hex(level)])),
      vcpuFeatures: [...common.vcpuFeatures].sort(),
      fields: Object.fromEntries([...baseline.values].map(([key, value]) => [key, hex(value)])),
      open: Object.fromEntries(baseline.open),
      limits: limitsOf(baseline).map(({ field, value, could, by }) => ({
        field: fieldKey(field),
        value: hex(value),
        could: hex(could),
        by: ids(by),
      })),
      lowered: baseline.lowered.map(({ field, from, to, rule }) => ({
        field,
        from: hex(from),
        to: hex(to),
        rule,
      })),
      broken: baseline.broken,
      machine: machineDocument(baseline),
      assumed: assumedDocument(baseline),
      gains: gainsDocument(baseline),
      leftToHosts: baseline.alike,
      registers: {
        listedByAll: common.registers.size,
        uneven: unevenRegisters(baseline).map(({ id, lacking }) => ({
          id: hex(id, 16),
          name: describeOneReg(id)?.name ?? `0x${id.toString(16).padStart(16, "0")}`,
          lacking: ids(lacking),
        })),
      },
    },
    conflicts: baseline.conflicts.map(({ fields, sides }) => ({ fields, sides })),
    leaveOut: ids(baseline.leaveOut),
    ...conflictDocument(baseline),
    classes,
  };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether a value has the shape of an offer's document; what its texts say is `readOffer`'s affair. */
function isOfferDocument(value: unknown): value is OfferDocument {
  if (!isRecord(value) || typeof value.kernel !== "string") return false;
  const lists = [value.psci, value.vectorLengths, value.vcpuFeatures, value.registers];
  const texts = [value.capabilities, value.bitmaps, value.workarounds, value.shown, value.fields];
  const { facilities } = value;
  return (
    lists.every((list) => Array.isArray(list)) &&
    texts.every((one) => isRecord(one) && Object.values(one).every((text) => typeof text === "string")) &&
    isRecord(facilities) &&
    Object.values(facilities).every(
      (one) => isRecord(one) && isRecord(one.fields) && Array.isArray(one.registers),
    )
  );
}

const isPart = (value: unknown): value is FleetRecord["part"] =>
  isRecord(value) &&
  typeof value.index === "number" &&
  typeof value.of === "number" &&
  Number.isSafeInteger(value.index) &&
  Number.isSafeInteger(value.of) &&
  value.index >= 1 &&
  value.index <= value.of &&
  value.of < 1_000_000 &&
  typeof value.inventory === "string";

const isUnreadableHost = (value: unknown): value is UnreadableHost =>
  isRecord(value) &&
  typeof value.file === "string" &&
  typeof value.message === "string" &&
  [value.line, value.column].every((one) => one === undefined || typeof one === "number");

const isUnreadable = (value: unknown): value is UnreadableHosts =>
  isRecord(value) &&
  Number.isSafeInteger(value.count) &&
  Array.isArray(value.first) &&
  value.first.every(isUnreadableHost);

/**
 * What a document says of a fleet; or what is wrong with it.
 *
 * @param tables what this program would write: what others made is refused, as their offers may mean something else;
 *   undefined: any
 */
export function readFleet(text: string, tables?: string): FleetRecord | { readonly problem: string } {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return { problem: "is no JSON, or was not written to its end" };
  }
  if (!isRecord(document) || document.schema !== "guestc.baseline/1" || !Array.isArray(document.classes))
    return { problem: "is no guestc.baseline/1 document" };
  const { part, tables: made, unreadable = noneUnreadable } = document;
  if (tables !== undefined && made !== tables)
    return {
      problem: `was made with other tables than this guestc's (${typeof made === "string" ? made : "it does not say which"}; here ${tables}): make it anew`,
    };
  if (part !== undefined && !isPart(part)) return { problem: "does not say which part of a fleet it is" };
  if (made !== undefined && typeof made !== "string")
    return { problem: "does not say what tables it was made with" };
  if (!isUnreadable(unreadable)) return { problem: "does not say which hosts could not be read" };
  const classes: Fleet[number][] = [];
  for (const [at, one] of document.classes.entries()) {
    const wrong = (what: string) => ({ problem: `classes[${at}] ${what}` });
    if (!isRecord(one) || !isOfferDocument(one.offer)) return wrong("has no offer");
    const { hosts, names } = one;
    if (typeof hosts !== "number" || !Number.isSafeInteger(hosts) || hosts < 1)
      return wrong("does not say how many hosts it has");
    if (!Array.isArray(names) || !names.every((name) => typeof name === "string"))
      return wrong("does not name its hosts");
    let offer: Fleet[number]["offer"] | undefined;
    let id: string;
    try {
      offer = readOffer(one.offer);
      if (offer === undefined) return wrong("has a value that is none");
      id = fnv1a(offerText(offer));
    } catch {
      return wrong("has a value that is none");
    }
    // A document that was changed by hand is none that can be counted on.
    if (one.id !== id) return wrong("is not what its id says");
    classes.push({ id, offer, count: hosts, names });
  }
  const total = classes.reduce((sum, { count }) => sum + count, 0);
  if (document.hosts !== total)
    return { problem: `says ${String(document.hosts)} hosts, its classes ${total}` };
  return { fleet: mergeFleets([classes]), part, tables: made, unreadable };
}
