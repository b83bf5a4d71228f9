/** What a file does not say, and what was done without it. */
import {
  type Cpu,
  commonVcpuFeatures,
  compareVersions,
  capability as findCapability,
  kernelRulesFor,
  seriesOf,
} from "../../tables/index.ts";
import type { HostProfile } from "../profile.ts";
import type { InputNote, Readings } from "./readings.ts";
import { inputsTable, systemId } from "./table.ts";

/** The core of a host, as far as it is known. */
export interface KnownCpu {
  readonly name: string;
  readonly midr: bigint | undefined;
  /** Its row in the CPU table. */
  readonly row: Cpu | undefined;
}

export interface Facilities {
  readonly features: readonly string[];
  readonly capabilities: readonly number[];
}

/** A kernel that is older than what it shows: kernels of distributions carry changes back. */
export function kernelNotes({ atLeast }: Readings, version: string): readonly InputNote[] {
  if (atLeast === undefined || compareVersions(seriesOf(version), atLeast.series) >= 0) return [];
  return [
    {
      id: "kernel-older",
      what: `how linux ${version} comes by it: ${atLeast.fact}`,
      cost: `a backport is assumed, and all rules are those of linux ${version}; a wrong \`--kernel\` would show like this too`,
    },
  ];
}

/** What is done where the tables have no such kernel. */
function costWithoutTables(version: string): string {
  const rules = kernelRulesFor(version);
  return rules === undefined
    ? "nothing is known of the host but what was read, and every write is judged as refused"
    : `what was not read counts as absent, and writes are judged by the rules of linux ${rules.series}, the nearest older kernel`;
}

export function completionNotes(
  readings: Readings,
  known: KnownCpu,
  { features, capabilities }: Facilities,
  derived: HostProfile | { readonly problem: string },
  version: string,
): readonly InputNote[] {
  const own = features.filter((one) => !commonVcpuFeatures().ofEvery.has(one));
  const made = [...own, ...capabilities.map((one) => findCapability(one)?.name ?? String(one))];
  // Of these the tables do not say what a vCPU without them would read.
  const lasting = inputsTable().facilities.flatMap(({ feature, capability, brings }) => {
    const name = feature ?? capability;
    return brings === undefined && name !== undefined && made.includes(name) ? [name] : [];
  });
  return [
    ...(made.length === 0
      ? []
      : [
          {
            id: "vcpu-features",
            what: `a vCPU without ${made.join(", ")}, with which the registers were read`,
            cost:
              lasting.length === 0
                ? "configuration `base` is computed: what these features add is taken away again"
                : `configuration \`base\` is computed, but what ${lasting.join(", ")} adds cannot be told and stays in it`,
          },
        ]),
    ...("problem" in derived
      ? [
          {
            id: "no-tables",
            what: `capabilities, further configurations and set rules: ${derived.problem}`,
            cost: costWithoutTables(version),
          },
        ]
      : []),
    ...(known.row?.registers == null && !("problem" in derived)
      ? [
          {
            id: "cpu-unknown",
            what:
              known.midr === undefined && known.row === undefined
                ? "which core it is: MIDR_EL1 is not in the file"
                : `published ID registers of ${known.name}`,
            cost: "facilities that the guest was not shown (SVE, pointer authentication, PMU) count as absent",
          },
        ]
      : []),
    ...(readings.valueless === true
      ? [
          {
            id: "values-from-tables",
            what: "values of registers: it lists ids alone",
            cost: `they are those that guestc's tables derive for ${known.name}`,
          },
        ]
      : []),
    ...(typeof readings.registers.get(systemId("MIDR_EL1")) !== "bigint" && known.row !== undefined
      ? [{ id: "cpu-given", what: "MIDR_EL1", cost: `the core is what was given: ${known.name}` }]
      : []),
  ];
}
