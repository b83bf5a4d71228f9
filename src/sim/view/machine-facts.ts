/** What the guest has beside registers, calls and instructions: each fact with who decided it. */
import type { Contract, Decided } from "../../contract.ts";
import { sveLengths } from "../../hosts/judge.ts";
import type { HostProfile } from "../../hosts/profile.ts";
import type { View } from "../../predict/index.ts";
import { deviceAttributes, field, fieldOf, smcccFunction } from "../../tables/index.ts";
import { byHost, byKvm, byOrigin, type Decider } from "./decider.ts";

export interface MachineFact {
  /** `vcpus`, `psci`, `gic`, `timer-virtual` … */
  readonly key: string;
  readonly label: string;
  readonly value: string;
  readonly decided: Decider;
}

const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

function psciFact(contract: Contract, view: View): MachineFact {
  const { psci } = contract;
  const id = smcccFunction("PSCI_VERSION")?.ids[0] ?? 0;
  const call = view.call(id, [], "hvc");
  const x0 = call.known && call.value.kind === "answers" ? call.value.x[0] : undefined;
  const answered = typeof x0 === "bigint" && x0 >> 31n === 0n ? `${x0 >> 16n}.${x0 & 0xffffn}` : undefined;
  return {
    key: "psci",
    label: "PSCI",
    value: psci.value === "host" ? (answered ?? "the newest that the kernel knows") : psci.value,
    decided: psci.value === "host" ? byHost(psci.origin) : byOrigin(psci.origin),
  };
}

function gicFact({ gic }: Contract): MachineFact {
  const label = "interrupts";
  if (gic === undefined)
    return {
      key: "gic",
      label,
      value: "the newest GIC that the host offers",
      decided: byHost(undefined, "no `gic`: the VMM chooses"),
    };
  return {
    key: "gic",
    label,
    value: gic.value === "none" ? "no GIC in the kernel" : `GIC${gic.value}`,
    decided: byOrigin(gic.origin),
  };
}

function timerFacts(contract: Contract): readonly MachineFact[] {
  const nested = contract.vcpuFeatures.some(({ value }) => value === "HAS_EL2");
  return deviceAttributes().flatMap(({ timer, default: intid }) => {
    if (timer === undefined) return [];
    const stated = contract.timers.find((one) => one.timer === timer);
    if (stated === undefined && timer.startsWith("hyp-") && !nested) return [];
    return [
      {
        key: `timer-${timer}`,
        label: `${timer} timer`,
        value: `INTID ${stated?.intid ?? intid ?? "of KVM's choice"}`,
        decided: stated === undefined ? byKvm("") : byOrigin(stated.origin),
      },
    ];
  });
}

/** Who decided that a facility is off: its fields say it. */
function offBy({ registers }: Contract, facility: string): Decider {
  const off = registers
    .flatMap(({ name, fields }) => fields.map((one) => ({ one, of: field(name, one.name) })))
    .find(({ of }) => of?.facility === facility);
  return off === undefined ? byKvm("") : byOrigin(off.one.origin);
}

/** Vector lengths in bits, ascending; undefined: no SVE, or nobody says. */
export function vectorLengthsSeen(contract: Contract, profile: HostProfile): readonly number[] | undefined {
  const lengths = contract.sveLengths?.value;
  return lengths === "host" ? sveLengths(profile)?.value : lengths;
}

function vectorFact(contract: Contract, profile: HostProfile): MachineFact {
  const { sveLengths: wanted } = contract;
  const key = "vectors";
  const label = "SVE vectors";
  if (wanted === undefined) return { key, label, value: "none", decided: offBy(contract, "sve") };
  const lengths = vectorLengthsSeen(contract, profile);
  return {
    key,
    label,
    value:
      lengths === undefined ? "the host's, which its profile does not say" : `${lengths.join(", ")} bits`,
    decided: wanted.value === "host" ? byHost(wanted.origin) : byOrigin(wanted.origin),
  };
}

/** PMCR_EL0.N as the guest reads it. */
function pmuCountersSeen(view: View): bigint | undefined {
  const seen = view.registers.get("PMCR_EL0");
  const counters = field("PMCR_EL0", "N");
  return seen?.known === true && typeof seen.value === "bigint" && counters !== undefined
    ? fieldOf(seen.value, counters)
    : undefined;
}

function pmuFacts(contract: Contract, view: View): readonly MachineFact[] {
  const { pmu } = contract;
  if (pmu === undefined)
    return [{ key: "pmu", label: "PMU", value: "none", decided: offBy(contract, "pmu") }];
  const counters = pmuCountersSeen(view);
  const stated = pmu.counters;
  return [
    {
      key: "pmu",
      label: "PMU",
      value: counters === undefined ? "as many event counters as the host has" : `${counters} event counters`,
      decided: stated === undefined ? byHost(pmu.origin) : byOrigin(stated.origin),
    },
    ...(pmu.intid === undefined
      ? []
      : [
          {
            key: "pmu-interrupt",
            label: "PMU interrupt",
            value: `INTID ${pmu.intid.value}`,
            decided: byOrigin(pmu.intid.origin),
          },
        ]),
    ...pmu.events.map(
      ({ first, last, action, origin }): MachineFact => ({
        key: "pmu-events",
        label: "PMU events",
        value: `${action} ${hex(first)}${first === last ? "" : ` ..= ${hex(last)}`}`,
        decided: byOrigin(origin),
      }),
    ),
  ];
}

export function machineFacts(contract: Contract, profile: HostProfile, view: View): readonly MachineFact[] {
  const stated = (
    key: string,
    label: string,
    decided: Decided<number | bigint> | undefined,
    print: (value: number | bigint) => string,
  ): readonly MachineFact[] =>
    decided === undefined
      ? []
      : [{ key, label, value: print(decided.value), decided: byOrigin(decided.origin) }];
  return [
    ...stated("vcpus", "vCPUs", contract.vcpus, String),
    ...stated("ipa-bits", "address space", contract.ipaBits, (bits) => `${bits} bits`),
    gicFact(contract),
    psciFact(contract, view),
    ...timerFacts(contract),
    ...stated("counter-offset", "counter offset", contract.counterOffset, hex),
    ...stated("stolen-time", "stolen time", contract.stolenTime, (at) => `record at ${hex(at)}`),
    vectorFact(contract, profile),
    ...pmuFacts(contract, view),
    ...contract.workarounds.map(
      ({ register, level, origin }): MachineFact => ({
        key: register
          .replace(/^KVM_REG_ARM_/, "")
          .toLowerCase()
          .replaceAll("_", "-"),
        label: register
          .replace(/^KVM_REG_ARM_SMCCC_ARCH_/, "")
          .toLowerCase()
          .replace(/_/g, " "),
        value: level,
        decided: byOrigin(origin),
      }),
    ),
  ];
}
