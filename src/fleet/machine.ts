/** What a fleet's hosts have in common beside the CPU: memory, vCPUs, interrupt controllers, timers. */
import { capability, deviceTypes } from "../tables/index.ts";
import type { Baseline } from "./baseline.ts";
import type { Fleet } from "./classes.ts";

/** A number that every host reaches. */
export interface Bound {
  readonly value: number;
  /** Hosts that reach no more; none where all reach the same. */
  readonly by: Fleet;
}

interface CommonMachine {
  /** Bits of guest-physical addresses that every host can give. */
  readonly ipaBits: Bound;
  /** vCPUs of one VM; undefined: not told by every host. */
  readonly vcpus: Bound | undefined;
  /** In-kernel interrupt controllers, `v3`, `v2`, `its`; undefined: not every host tells. */
  readonly gic: readonly string[] | undefined;
  /** Hosts on which a VMM cannot set the counter's offset, nor give stolen time; empty: all can. */
  readonly noCounterOffset: Fleet;
  readonly noStolenTime: Fleet;
}

/** Without KVM_CAP_ARM_VM_IPA_SIZE a VM has this size (Documentation/virt/kvm/api.rst, KVM_CREATE_VM). */
const defaultIpaBits = 40;

const answerOf = ({ offer }: Fleet[number], name: string): number =>
  Number(offer.capabilities.get(capability(name)?.number ?? -1) ?? 0n);

function boundOf(fleet: Fleet, value: (one: Fleet[number]) => number): Bound {
  const answers = fleet.map(value);
  const least = Math.min(...answers);
  return {
    value: least,
    by: answers.every((one) => one === least) ? [] : fleet.filter((_, at) => answers[at] === least),
  };
}

export function machineOf({ fleet, common }: Baseline): CommonMachine {
  const lacking = (name: string): Fleet => fleet.filter((one) => answerOf(one, name) === 0);
  const told = fleet.every((one) => answerOf(one, "KVM_CAP_MAX_VCPUS") > 0);
  const { devices } = common;
  return {
    ipaBits: boundOf(fleet, (one) => answerOf(one, "KVM_CAP_ARM_VM_IPA_SIZE") || defaultIpaBits),
    vcpus: told ? boundOf(fleet, (one) => answerOf(one, "KVM_CAP_MAX_VCPUS")) : undefined,
    gic:
      devices === undefined || fleet.some(({ offer }) => offer.devices === undefined)
        ? undefined
        : deviceTypes().flatMap(({ number, gicPart }) =>
            gicPart !== undefined && devices.has(number) ? [gicPart] : [],
          ),
    noCounterOffset: lacking("KVM_CAP_COUNTER_OFFSET"),
    noStolenTime: lacking("KVM_CAP_STEAL_TIME"),
  };
}
