/** GIC INTIDs of a guest's timers and its PMU. */
import type { Contract, Decided } from "../../contract.ts";
import type { Span } from "../../diagnostics/span.ts";
import { deviceAttributes } from "../../tables/index.ts";
import { byStatement, type Matched, slotAtom } from "../forms.ts";
import type { Report } from "../report.ts";
import { readBounded } from "../values.ts";

/** The timers that a contract can move, in the order of their device attributes. */
const movableTimers = (): readonly { readonly timer: string; readonly usual: number | undefined }[] =>
  deviceAttributes().flatMap((row) =>
    row.timer === undefined ? [] : [{ timer: row.timer, usual: row.default }],
  );

/** What the CPU model says that devices depend on. */
export interface CpuFacts {
  readonly pmuIntid: Decided<number> | undefined;
  /** Undefined where the model is not known. */
  readonly hasEl2: boolean | undefined;
}

export function readTimers(
  statements: readonly Matched[],
  cpu: CpuFacts,
  report: Report,
): Contract["timers"] {
  const stated: Contract["timers"][number][] = [];
  for (const matched of statements) {
    const timer = movableTimers().find((one) => matched.words.has(one.timer))?.timer;
    const intid = readBounded(slotAtom(matched, "intid"), "the INTID of a PPI", 16n, 31n, report);
    if (timer === undefined || intid === undefined) continue;
    const same = stated.find((one) => one.timer === timer);
    if (same !== undefined) {
      report.add(
        "timer-repeated",
        matched.head,
        { timer },
        { related: [{ span: same.origin.span, message: "first stated here" }] },
      );
      continue;
    }
    if (timer.startsWith("hyp-") && cpu.hasEl2 === false)
      report.add(
        "timer-without-el2",
        matched.head,
        { timer },
        { help: ["remove it, or give the CPU model `el2 vhe` or `el2 nvhe`"] },
      );
    stated.push({ timer, intid: Number(intid), origin: byStatement(matched) });
  }
  checkIntids(stated, cpu, report);
  return stated;
}

/** Without an in-kernel GIC the device attributes for interrupts are refused. */
export function checkIntidsHaveGic(
  gic: Contract["gic"],
  timers: Contract["timers"],
  pmuIntid: Decided<number> | undefined,
  report: Report,
): void {
  if (gic?.value !== "none") return;
  const wanting = [
    ...timers.map(({ timer, origin }) => ({ what: `the ${timer} timer`, origin })),
    ...(pmuIntid === undefined ? [] : [{ what: "the PMU", origin: pmuIntid.origin }]),
  ];
  for (const { what, origin } of wanting)
    report.add(
      "intid-without-gic",
      origin.span,
      { what },
      { related: [{ span: gic.origin.span, message: "no interrupt controller" }] },
    );
}

/** KVM checks at the first run that the PPIs of the timers that the guest has differ; the PMU's must not collide either. */
function checkIntids(timers: Contract["timers"], { pmuIntid, hasEl2 }: CpuFacts, report: Report): void {
  const used = new Map<number, { what: string; span: Span | undefined }>();
  for (const { timer, usual } of movableTimers()) {
    if (timer.startsWith("hyp-") && hasEl2 !== true) continue;
    const stated = timers.find((one) => one.timer === timer);
    const intid = stated?.intid ?? usual;
    if (intid === undefined) continue;
    const earlier = used.get(intid);
    const span = stated?.origin.span ?? earlier?.span;
    if (earlier !== undefined && span !== undefined)
      report.add(
        "intid-shared",
        span,
        { intid, first: earlier.what, second: `the ${timer} timer` },
        {
          ...(earlier.span === undefined || stated === undefined
            ? {}
            : { related: [{ span: earlier.span, message: `${earlier.what} has it` }] }),
          notes: stated === undefined ? [`the ${timer} timer has INTID ${intid} by default`] : [],
        },
      );
    used.set(intid, { what: `the ${timer} timer`, span: stated?.origin.span });
  }
  const shared = pmuIntid === undefined ? undefined : used.get(pmuIntid.value);
  if (pmuIntid !== undefined && shared !== undefined)
    report.add(
      "intid-shared",
      pmuIntid.origin.span,
      { intid: pmuIntid.value, first: shared.what, second: "the PMU" },
      {
        ...(shared.span === undefined
          ? {}
          : { related: [{ span: shared.span, message: `${shared.what} has it` }] }),
        notes: shared.span === undefined ? [`${shared.what} has INTID ${pmuIntid.value} by default`] : [],
      },
    );
}
