/** A contract against a host: what the host cannot give, each with the fact that says so. */
import type { Contract, Origin } from "../../contract.ts";
import type { Span } from "../../diagnostics/span.ts";
import { configurationFor } from "../../hosts/configuration.ts";
import {
  bitmapBits,
  capabilityAnswer,
  kernelAtLeast,
  psciVersions,
  supportsVcpuFeature,
  sveLengths,
  workaroundLevel,
} from "../../hosts/judge.ts";
import type { Configuration, HostProfile } from "../../hosts/profile.ts";
import {
  deviceAttribute,
  eventCounters,
  capability as findCapability,
  service as findService,
  firmwareRegister,
  vcpuFeature,
} from "../../tables/index.ts";
import type { Report } from "../report.ts";
import { checkInterruptController } from "./devices.ts";
import { checkFields, checkHostsAgree } from "./fields.ts";

/** One host that a guest runs on, and the statement that says so. */
export interface HostOfGuest {
  readonly name: string;
  readonly profile: HostProfile;
  /** What the host recorded that speaks for this guest's vCPUs. */
  readonly configuration: Configuration;
  readonly span: Span;
}

const shortRegister = (name: string): string => name.replace(/^KVM_REG_ARM_/, "");

/** vCPU features that KVM_ARM_VCPU_INIT refuses. Answers their names, so that nothing else is said of them. */
function checkVcpuFeatures(contract: Contract, host: HostOfGuest, report: Report): ReadonlySet<string> {
  const refused = new Set<string>();
  const statements = new Set<Span>();
  for (const { value, origin } of contract.vcpuFeatures) {
    if (vcpuFeature(value)?.capability === null) continue;
    const answer = supportsVcpuFeature(host.profile, value);
    if (answer.value) continue;
    refused.add(value);
    if (statements.has(origin.span)) continue;
    statements.add(origin.span);
    report.add(
      "host-lacks-vcpu-feature",
      origin.span,
      { host: host.name, feature: value },
      {
        related: [{ span: host.span, message: "the guest runs on it" }],
        notes: [answer.fact],
      },
    );
  }
  return refused;
}

function checkCapability(
  number: number,
  atLeast: number,
  origin: Origin,
  what: string,
  host: HostOfGuest,
  report: Report,
): boolean {
  const answer = capabilityAnswer(host.profile, number);
  if (answer.value >= atLeast) return true;
  const name = findCapability(number)?.name ?? `capability ${number}`;
  report.add(
    "host-lacks-capability",
    origin.span,
    { host: host.name, capability: `${name}${what}` },
    {
      related: [{ span: host.span, message: "the guest runs on it" }],
      notes: [answer.fact],
    },
  );
  return false;
}

/** Capabilities behind statements. Answers the numbers that are missing. */
function checkCapabilities(contract: Contract, host: HostOfGuest, report: Report): ReadonlySet<number> {
  const missing = new Set<number>();
  const need = (name: string, origin: Origin, atLeast = 1, what = ""): void => {
    const number = findCapability(name)?.number;
    if (
      number !== undefined &&
      !missing.has(number) &&
      !checkCapability(number, atLeast, origin, what, host, report)
    )
      missing.add(number);
  };
  for (const { value, origin, required } of contract.capabilities) if (required) need(value, origin);
  if (contract.stolenTime !== undefined) need("KVM_CAP_STEAL_TIME", contract.stolenTime.origin);
  if (contract.counterOffset !== undefined) need("KVM_CAP_COUNTER_OFFSET", contract.counterOffset.origin);
  if (contract.ipaBits !== undefined)
    need(
      "KVM_CAP_ARM_VM_IPA_SIZE",
      contract.ipaBits.origin,
      contract.ipaBits.value,
      ` of ${contract.ipaBits.value} bits`,
    );
  return missing;
}

/** Calls that no capability announces: known by the kernel's version alone. */
function checkKernel(contract: Contract, host: HostOfGuest, report: Report): void {
  const need = (attribute: string, origin: Origin | undefined, what: string): void => {
    const since = deviceAttribute(attribute)?.since;
    if (origin === undefined || since === undefined) return;
    const answer = kernelAtLeast(host.profile, since);
    if (answer.value) return;
    report.add(
      "host-kernel-too-old",
      origin.span,
      { host: host.name, kernel: host.profile.kernel.version, what, since },
      {
        related: [{ span: host.span, message: "the guest runs on it" }],
        notes: [answer.fact],
      },
    );
  };
  need("KVM_ARM_VM_SMCCC_FILTER", contract.filter[0]?.origin, "the SMCCC filter");
  need(
    "KVM_ARM_VCPU_PMU_V3_SET_NR_COUNTERS",
    contract.pmu?.counters?.origin,
    "choosing the number of PMU counters",
  );
}

function checkServices(contract: Contract, host: HostOfGuest, report: Report): void {
  for (const { value, origin } of contract.services) {
    const service = findService(value);
    if (service === undefined) continue;
    const bits = bitmapBits(host.profile, service.register);
    if (bits !== undefined && (bits.known & (1n << BigInt(service.bit))) !== 0n) continue;
    report.add(
      "host-lacks-service",
      origin.span,
      { host: host.name, service: service.name },
      {
        related: [{ span: host.span, message: "the guest runs on it" }],
        notes: [
          bits === undefined
            ? `it does not list ${service.register}, which linux has since ${service.since}`
            : bits.fact,
        ],
      },
    );
  }
}

function checkPsci(contract: Contract, host: HostOfGuest, report: Report): void {
  const { psci } = contract;
  if (psci.value === "host") return;
  // Without the vCPU feature KVM offers 0.1 alone, on every kernel; hosts are recorded with it.
  if (!contract.vcpuFeatures.some(({ value }) => value === "PSCI_0_2")) return;
  const known = psciVersions(host.profile);
  if (known === undefined || known.names.includes(psci.value)) return;
  report.add(
    "host-psci",
    psci.origin.span,
    { host: host.name, version: psci.value },
    {
      related: [{ span: host.span, message: "the guest runs on it" }],
      notes: [known.fact],
      help: [`the host knows ${known.names.join(", ")}`],
    },
  );
}

function checkWorkarounds(contract: Contract, host: HostOfGuest, report: Report): void {
  for (const { register: name, level, origin } of contract.workarounds) {
    const register = firmwareRegister(name);
    const answer = workaroundLevel(host.profile, name);
    const wanted = register?.values[level];
    if (register === undefined || answer === undefined || wanted === undefined || answer.level === wanted)
      continue;
    const actualName = answer.name ?? String(answer.level);
    const parameters = { host: host.name, actual: actualName, register: shortRegister(name), wanted: level };
    report.add(
      answer.level < wanted || contract.sealed ? "host-workaround" : "host-shows-more",
      origin.span,
      parameters,
      {
        related: [{ span: host.span, message: "the guest runs on it" }],
        notes: [answer.fact],
      },
    );
  }
}

function checkLengths(
  contract: Contract,
  host: HostOfGuest,
  refused: ReadonlySet<string>,
  report: Report,
): void {
  const wanted = contract.sveLengths;
  if (wanted === undefined || wanted.value === "host" || refused.has("SVE")) return;
  const answer = sveLengths(host.profile);
  if (answer === undefined) return;
  const longest = wanted.value.at(-1) ?? 0;
  const lacking = wanted.value.filter((length) => !answer.value.includes(length));
  const unhideable = answer.value.filter(
    (length) => length < longest && !(wanted.value as readonly number[]).includes(length),
  );
  if (lacking.length === 0 && unhideable.length === 0) return;
  const reach = wanted.value.filter((length) => answer.value.includes(length)).at(-1) ?? 0;
  const possible = answer.value.filter((length) => length <= reach);
  const problem =
    lacking.length > 0 ? `it lacks ${lacking.join(", ")}` : `it also has ${unhideable.join(", ")}`;
  report.add(
    "host-lacks-length",
    wanted.origin.span,
    { host: host.name, problem },
    {
      related: [{ span: host.span, message: "the guest runs on it" }],
      notes: [answer.fact],
      help: possible.length === 0 ? [] : [`write \`sve lengths ${possible.join(", ")}\``],
    },
  );
}

/** KVM_ARM_VCPU_PMU_V3_SET_NR_COUNTERS takes at most what the hardware has: PMCR_EL0.N of a fresh vCPU. */
function checkCounters(
  contract: Contract,
  host: HostOfGuest,
  refused: ReadonlySet<string>,
  report: Report,
): void {
  const wanted = contract.pmu?.counters;
  const actual = eventCounters(host.configuration.registers);
  if (wanted === undefined || actual === undefined || refused.has("PMU_V3")) return;
  if (wanted.value <= actual) return;
  report.add(
    "host-refuses-counters",
    wanted.origin.span,
    { host: host.name, actual, wanted: wanted.value },
    {
      related: [{ span: host.span, message: "the guest runs on it" }],
      notes: [`PMCR_EL0.N of a fresh vCPU reads ${actual}`],
    },
  );
}

function checkHost(contract: Contract, host: HostOfGuest, report: Report): void {
  const refused = checkVcpuFeatures(contract, host, report);
  const missing = checkCapabilities(contract, host, report);
  checkKernel(contract, host, report);
  checkServices(contract, host, report);
  checkPsci(contract, host, report);
  checkWorkarounds(contract, host, report);
  checkLengths(contract, host, refused, report);
  checkCounters(contract, host, refused, report);
  checkInterruptController(contract, host, report);
  checkFields(contract, host, { refusedFeatures: refused, missingCapabilities: missing }, report);
}

/** Checks a guest against the hosts that it names, and against further ones. */
export function checkHosts(
  contract: Contract,
  declared: ReadonlyMap<string, HostProfile>,
  further: readonly HostProfile[],
  report: Report,
): void {
  const hosts: HostOfGuest[] = [];
  const add = (name: string, profile: HostProfile, span: Span): void => {
    hosts.push({ name, profile, configuration: configurationOf(contract, profile), span });
  };
  for (const { value, origin } of contract.hosts) {
    const profile = declared.get(value);
    if (profile !== undefined) add(value, profile, origin.span);
  }
  for (const profile of further) add(profile.name, profile, contract.span);
  for (const host of hosts) checkHost(contract, host, report);
  checkHostsAgree(contract, hosts, report);
}

/** The configuration of a host that speaks for a contract's vCPUs. */
export function configurationOf(contract: Contract, profile: HostProfile): Configuration {
  const capabilities = contract.capabilities
    .map(({ value }) => findCapability(value)?.number)
    .filter((number) => number !== undefined)
    .filter((number) => capabilityAnswer(profile, number).value > 0);
  return configurationFor(
    profile,
    contract.vcpuFeatures.map(({ value }) => value),
    capabilities,
  ).configuration;
}
