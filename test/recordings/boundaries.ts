/** What recordings are to hold: the places where KVM's documents name an error, or an exception from it. */
import type { AnsweredStep, RecordedCase } from "../../src/recordings/index.ts";
import {
  bitmapRegisters,
  idRegisters,
  reservedFilterRanges,
  sveLengthsRegister,
} from "../../src/tables/index.ts";

/** A step, and what came before it in its case. */
interface Moment {
  readonly at: AnsweredStep;
  readonly title: string;
  /** The vCPU has run. */
  readonly ran: boolean;
}

interface Boundary {
  readonly name: string;
  /** First series of kernels that has it; absent: 6.1. */
  readonly since?: string;
  /** On every machine; otherwise on some machine of each series. */
  readonly everywhere?: true;
  readonly holds: (moment: Moment) => boolean;
}

const bitmaps = new Set(bitmapRegisters().map(({ id }) => id));
const idIds = new Set(idRegisters().map(({ id }) => id));

const fails = ({ answer }: AnsweredStep, name: string): boolean =>
  answer.kind === "errno" && answer.name === name;
const succeeds = ({ answer }: AnsweredStep): boolean =>
  answer.kind === "ok" || (answer.kind === "tried" && answer.reads === undefined);

/** Inclusive range of a filter step; undefined where it is empty or wraps. */
function rangeOf({ step }: AnsweredStep): readonly [number, number] | undefined {
  if (step.kind !== "filter" || step.functions === 0) return undefined;
  const last = step.base + step.functions - 1;
  return last > 0xffff_ffff ? undefined : [step.base, last];
}
const isSound = ({ step }: AnsweredStep): boolean =>
  step.kind === "filter" && step.action <= 2 && step.pad.every((byte) => byte === 0);
const touchesReserved = (at: AnsweredStep): boolean => {
  const range = rangeOf(at);
  return (
    range !== undefined &&
    reservedFilterRanges().some(({ first, last }) => range[0] <= last && first <= range[1])
  );
};

/** X0 of a call; undefined where it did not come back. */
function callResult({
  step,
  answer,
}: AnsweredStep): { readonly id: bigint; readonly x0: bigint } | undefined {
  if (step.kind !== "ask" || answer.kind !== "guest" || answer.end.kind !== "done") return undefined;
  const x0 = answer.end.changed.find(({ x }) => x === 0)?.value ?? step.x[0] ?? 0n;
  return x0 === "any" ? undefined : { id: step.x[0] ?? 0n, x0 };
}
const NOT_SUPPORTED = 0xffff_ffff_ffff_ffffn;
const TRNG_VERSION = 0x8400_0050n;
const refused = (at: AnsweredStep, id: bigint): boolean => {
  const result = callResult(at);
  return result?.id === id && result.x0 === NOT_SUPPORTED;
};
const isUndefined = ({ answer }: AnsweredStep): boolean =>
  answer.kind === "guest" && answer.end.kind === "exception" && answer.end.esr === 0x200_0000n;

/** A feature whose field was hidden, and an instruction or register of it that then is UNDEFINED. */
const hidden = (feature: string, note: string, since?: string): Boundary => ({
  name: `${note} with ${feature} hidden`,
  ...(since === undefined ? {} : { since }),
  holds: ({ title, at }) => title === `${feature} hidden` && at.note === note && isUndefined(at),
});

const filter = (name: string, holds: (at: AnsweredStep, moment: Moment) => boolean): Boundary => ({
  name: `filter: ${name}`,
  since: "6.4",
  everywhere: true,
  holds: (moment) => moment.at.step.kind === "filter" && holds(moment.at, moment),
});

const attribute = (name: string, note: string, error: string): Boundary => ({
  name,
  holds: ({ at }) => at.step.kind === "set-attribute" && at.note === note && fails(at, error),
});

export const boundaries: readonly Boundary[] = [
  filter(
    "EEXIST for an intersecting range",
    (at) => fails(at, "EEXIST") && rangeOf(at) !== undefined && !touchesReserved(at),
  ),
  filter("EEXIST for a reserved range", (at) => fails(at, "EEXIST") && touchesReserved(at)),
  filter(
    "EINVAL for a range that wraps",
    (at) =>
      at.step.kind === "filter" &&
      at.step.functions > 0 &&
      rangeOf(at) === undefined &&
      isSound(at) &&
      fails(at, "EINVAL"),
  ),
  filter(
    "EINVAL for length zero",
    (at) => at.step.kind === "filter" && at.step.functions === 0 && isSound(at) && fails(at, "EINVAL"),
  ),
  filter(
    "EINVAL for an action that is none",
    (at) => at.step.kind === "filter" && at.step.action > 2 && fails(at, "EINVAL"),
  ),
  filter(
    "EINVAL for padding",
    (at) => at.step.kind === "filter" && at.step.pad.some((byte) => byte !== 0) && fails(at, "EINVAL"),
  ),
  filter("EBUSY after the first run", (at, { ran }) => ran && fails(at, "EBUSY")),
  filter("accepted", (at) => succeeds(at)),
  {
    name: "bitmap: EBUSY after the first run",
    everywhere: true,
    holds: ({ at, ran }) => ran && at.step.kind === "set" && bitmaps.has(at.step.id) && fails(at, "EBUSY"),
  },
  {
    name: "bitmap: the same value after the first run",
    everywhere: true,
    holds: ({ at, ran }) => ran && at.step.kind === "set" && bitmaps.has(at.step.id) && succeeds(at),
  },
  {
    name: "bitmap: EINVAL for unknown bits",
    everywhere: true,
    holds: ({ at, ran }) => !ran && at.step.kind === "set" && bitmaps.has(at.step.id) && fails(at, "EINVAL"),
  },
  {
    name: "bitmap: a bit cleared and its function called",
    everywhere: true,
    holds: ({ at, title }) => title === "trng cleared" && refused(at, TRNG_VERSION),
  },
  {
    name: "bitmap: a bit set and its function called",
    everywhere: true,
    holds: ({ at, title }) =>
      title === "trng alone" && callResult(at)?.id === TRNG_VERSION && !refused(at, TRNG_VERSION),
  },
  {
    name: "allowed by the bitmap, denied by the filter",
    since: "6.4",
    everywhere: true,
    holds: ({ at, title }) => title === "bitmaps 0x1 and filter with action 1" && refused(at, TRNG_VERSION),
  },
  {
    name: "forwarded to user space",
    since: "6.4",
    everywhere: true,
    holds: ({ at }) =>
      at.answer.kind === "guest" && at.answer.events.some(({ kind }) => kind === "hypercall"),
  },
  {
    name: "ID register: refused after the first run",
    holds: ({ at, ran }) =>
      ran &&
      at.step.kind === "try" &&
      idIds.has(at.step.id) &&
      at.step.change.operand !== 0n &&
      (fails(at, "EBUSY") || fails(at, "EINVAL")),
  },
  {
    name: "ID register: EBUSY after the first run",
    since: "6.12",
    holds: ({ at, ran }) => ran && at.step.kind === "try" && idIds.has(at.step.id) && fails(at, "EBUSY"),
  },
  {
    name: "ID register: the same value after the first run",
    holds: ({ at, ran }) =>
      ran &&
      at.step.kind === "try" &&
      idIds.has(at.step.id) &&
      at.step.change.how === "+" &&
      at.step.change.operand === 0n &&
      succeeds(at),
  },
  {
    name: "init: ENOENT for unknown features",
    everywhere: true,
    holds: ({ at, title }) =>
      title === "features that nobody knows" && at.step.kind === "init" && fails(at, "ENOENT"),
  },
  {
    name: "init: EINVAL for other features the second time",
    everywhere: true,
    holds: ({ at, title }) =>
      title.startsWith("init again, ") && at.step.kind === "init" && fails(at, "EINVAL"),
  },
  {
    name: "not initialised: ENOEXEC",
    everywhere: true,
    holds: ({ at, title }) => title === "not initialised" && fails(at, "ENOEXEC"),
  },
  {
    name: "SVE: run refused before finalize",
    holds: ({ at }) => at.step.kind === "run" && fails(at, "EPERM"),
  },
  {
    name: "SVE: lengths refused after finalize",
    holds: ({ at }) => at.step.kind === "set" && at.step.id === sveLengthsRegister().id && fails(at, "EPERM"),
  },
  {
    name: "SVE: finalize refused the second time",
    holds: ({ at }) => at.step.kind === "finalize" && fails(at, "EPERM"),
  },
  attribute("PMU: INIT the second time", "PMU_V3_INIT", "EBUSY"),
  attribute("PMU: an interrupt number that is none", "PMU_V3_IRQ", "EINVAL"),
  attribute("PMU: a filter after INIT", "PMU_V3_FILTER", "EBUSY"),
  attribute("PMU: attributes without a PMU", "PMU_V3_INIT", "ENODEV"),
  attribute("timer: an interrupt number that is none", "TIMER_IRQ_VTIMER", "EINVAL"),
  attribute("timer: an interrupt number after the first run", "TIMER_IRQ_VTIMER", "EBUSY"),
  attribute("stolen time: the second time", "PVTIME_IPA", "EEXIST"),
  attribute("stolen time: not aligned or outside memory", "PVTIME_IPA", "EINVAL"),
  {
    name: "a system event",
    everywhere: true,
    holds: ({ at }) =>
      at.answer.kind === "guest" && at.answer.events.some(({ kind }) => kind === "system-event"),
  },
  {
    name: "a vCPU that waits",
    holds: ({ at }) => at.answer.kind === "guest" && at.answer.events.some(({ kind }) => kind === "waits"),
  },
  hidden("FEAT_TLBIOS", "TLBI RVAE1OS", "6.12"),
  hidden("FEAT_TLBIRANGE", "TLBI RVAAE1", "6.12"),
  hidden("FEAT_S1PIE", "PIR_EL1", "6.12"),
  hidden("FEAT_TCR2", "TCR2_EL1", "6.12"),
  hidden("FEAT_MOPS", "CPYFP", "6.12"),
];

const parts = (series: string): number => {
  const [major = 0, minor = 0] = series.split(".").map(Number);
  return major * 1000 + minor;
};
export const hasBoundary = (boundary: Boundary, series: string): boolean =>
  boundary.since === undefined || parts(boundary.since) <= parts(series);

/** Names of the boundaries that these cases reach. */
export function reached(cases: readonly RecordedCase[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { title, steps } of cases) {
    let ran = false;
    for (const at of steps) {
      for (const { name, holds } of boundaries)
        if (!found.has(name) && holds({ at, title, ran })) found.add(name);
      if (at.step.kind === "run" && at.answer.kind === "ok") ran = true;
    }
  }
  return found;
}
