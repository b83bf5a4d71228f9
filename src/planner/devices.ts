/** Device attributes of a vCPU, which need the interrupt controller and memory: timers, PMU, stolen time. */
import type { Contract } from "../contract.ts";
import type { Span } from "../diagnostics/span.ts";
import { deviceAttribute, timerAttribute } from "../tables/index.ts";
import { pmuEventFilter, u32, u64 } from "./payload.ts";
import type { Operation } from "./plan.ts";
import { ioctlOf, row, sinceOf } from "./rows.ts";

export function deviceAttributes(contract: Contract): readonly Operation[] {
  const operations: Operation[] = [];
  const set = (
    name: string,
    summary: string,
    payload: Uint8Array,
    span: Span,
    { perVcpu = 0n, firstVcpuOnly = false } = {},
  ): void => {
    const attribute = row(deviceAttribute(name), name);
    operations.push({
      kind: "set-device-attribute",
      phase: "devices",
      ioctl: ioctlOf("KVM_SET_DEVICE_ATTR"),
      fd: "vcpu",
      name,
      summary,
      since: sinceOf(attribute.since),
      source: span,
      group: attribute.group,
      attribute: attribute.attr,
      payload,
      perVcpu,
      firstVcpuOnly,
    });
  };
  const { pmu, timers, stolenTime } = contract;
  for (const { timer, intid, origin } of timers)
    set(timerAttribute(timer), `INTID ${intid}`, u32(intid), origin.span);
  if (pmu !== undefined) {
    if (pmu.intid !== undefined)
      set("KVM_ARM_VCPU_PMU_V3_IRQ", `INTID ${pmu.intid.value}`, u32(pmu.intid.value), pmu.intid.origin.span);
    // The counter count is refused once a filter exists, and everything once INIT was called.
    if (pmu.counters !== undefined)
      set(
        "KVM_ARM_VCPU_PMU_V3_SET_NR_COUNTERS",
        `${pmu.counters.value} event counters`,
        u32(pmu.counters.value),
        pmu.counters.origin.span,
        { firstVcpuOnly: true },
      );
    // KVM's first filter entry fixes what happens to all other events: ALLOW first denies them, DENY first allows them.
    for (const action of ["allow", "deny"] as const)
      for (const range of pmu.events
        .filter((one) => one.action === action)
        .toSorted((a, b) => a.first - b.first))
        for (const { base, count } of splitEvents(range.first, range.last))
          set(
            "KVM_ARM_VCPU_PMU_V3_FILTER",
            `${action} events ${hexEvent(base)} ..= ${hexEvent(base + count - 1)}`,
            pmuEventFilter(base, count, action === "allow" ? 0 : 1),
            range.origin.span,
            { firstVcpuOnly: true },
          );
    set("KVM_ARM_VCPU_PMU_V3_INIT", "the PMU is ready", new Uint8Array(0), pmu.origin.span);
  }
  if (stolenTime !== undefined)
    set(
      "KVM_ARM_VCPU_PVTIME_IPA",
      `record at 0x${stolenTime.value.toString(16)} and 64 bytes further for each vCPU`,
      u64(stolenTime.value),
      stolenTime.origin.span,
      { perVcpu: 64n },
    );
  return operations;
}

const hexEvent = (event: number): string => `0x${event.toString(16)}`;

/** A filter entry counts its events in 16 bits, so all 65,536 need two. */
function splitEvents(first: number, last: number): readonly { base: number; count: number }[] {
  const count = last - first + 1;
  if (count <= 0xffff) return [{ base: first, count }];
  return [
    { base: first, count: 0xffff },
    { base: first + 0xffff, count: count - 0xffff },
  ];
}
