/** Host profiles computed from the tables, for machines that nobody has recorded. */
import {
  type Cpu,
  commonVcpuFeatures,
  compareVersions,
  deviceAttributes,
  idRegisters,
  kernelRulesFor,
  vcpuFeature,
} from "../tables/index.ts";
import { deriveCapabilities } from "./derived/capabilities.ts";
import { deriveMasks, deriveRegisters } from "./derived/registers.ts";
import { type ConfigurationRow, deriveTable, holdsFor, type Machine } from "./derived/table.ts";
import { kernelGap } from "./kernels.ts";
import type { AttributeFile, Configuration, HostProfile } from "./profile.ts";

export { deriveTable } from "./derived/table.ts";

/**
 * A profile of a named core under a kernel series. It has readings and writable masks but no sweeps, so
 * that every judgement on it is by rule. A workaround's level is null where the firmware decides it.
 *
 * @param name what messages call the host
 * @param cpu a row of the CPU table; it needs published register values
 * @param kernelVersion `6.12`, `6.12.3`
 */
export function deriveHost(
  name: string,
  cpu: Cpu,
  kernelVersion: string,
): HostProfile | { readonly problem: string } {
  const before = lately.get(cpu)?.get(kernelVersion);
  if (before !== undefined) return { ...before, name };
  const derived = derive(name, cpu, kernelVersion);
  if ("problem" in derived) return derived;
  const own = lately.get(cpu) ?? new Map<string, HostProfile>();
  if (own.size >= mostLately) own.clear();
  lately.set(cpu, own.set(kernelVersion, derived));
  return derived;
}

/** Derived hosts by core and kernel: a fleet's hosts are completed from few of them. */
const lately = new WeakMap<Cpu, Map<string, HostProfile>>();
const mostLately = 16;

function derive(name: string, cpu: Cpu, kernelVersion: string): HostProfile | { readonly problem: string } {
  if (!/^[0-9]+\.[0-9]+(\.[0-9]+)?$/.test(kernelVersion)) {
    return { problem: `\`${kernelVersion}\` is not a kernel version; expected one such as 6.12` };
  }
  if (cpu.registers === null) {
    return {
      problem: `nobody has published the ID registers of ${cpu.name}; record a profile on such a machine`,
    };
  }
  const rules = kernelRulesFor(kernelVersion);
  const gap = kernelGap(kernelVersion);
  if (rules === undefined || gap !== undefined)
    return { problem: gap ?? `the tables have no rules for linux ${kernelVersion}` };
  // A register that a published set does not list has a reserved encoding on that core and reads as zero. But
  // some sets leave out AArch32 altogether.
  const values = cpu.registers;
  const aarch32Known =
    cpu.aarch32 === "none" ||
    idRegisters().some((one) => one.kind === "aarch32-id" && values[one.name] !== undefined);
  const machine: Machine = { cpu, values, aarch32Known, kernelVersion, rules };
  const works = (feature: string): boolean => isKnown(machine, feature) && isMet(machine, feature);
  const capabilities = deriveCapabilities(machine, works);
  const rows = deriveTable().configurations.filter((row) => !isUnknown(row, capabilities));
  return {
    name,
    description: `Derived for ${cpu.name} with linux ${kernelVersion}`,
    origin: "derived",
    kernel: { release: kernelVersion, version: kernelVersion },
    cpu: { name: cpu.name, platform: "" },
    capabilities,
    devices: deriveTable().devices.map(({ type }) => type),
    configurations: new Map(rows.map((row) => [row.name, deriveConfiguration(machine, row, capabilities)])),
  };
}

/** Whether the kernel has the number of a vCPU feature. */
function isKnown({ kernelVersion }: Machine, feature: string): boolean {
  const row = vcpuFeature(feature);
  return row !== undefined && compareVersions(kernelVersion, row.since) >= 0;
}

/** Whether the machine has what a vCPU feature needs. */
function isMet({ cpu }: Machine, feature: string): boolean {
  const row = deriveTable().features.find((one) => one.feature === feature);
  if (row === undefined) return true;
  return (
    row.never !== true &&
    row.needs.every((one) => cpu.features.includes(one)) &&
    (row.aarch32 === undefined || row.aarch32.includes(cpu.aarch32))
  );
}

/** What a capability changes once it is enabled, no table knows, unless it says that it changes no register. */
function isUnknown({ capabilities: enabled = [] }: ConfigurationRow, answers: ReadonlyMap<number, number>) {
  const { capabilities } = deriveTable();
  return enabled.some(
    (number) =>
      answers.has(number) && capabilities.find((one) => one.capability === number)?.changes === "unknown",
  );
}

function refusal(
  machine: Machine,
  row: ConfigurationRow,
  answers: ReadonlyMap<number, number>,
): Configuration["refused"] {
  if (row.capabilities?.every((number) => answers.has(number)) === false)
    return { step: "enable-cap", errno: "EINVAL" };
  if (!row.features.every((one) => isKnown(machine, one))) return { step: "init", errno: "ENOENT" };
  if (!row.features.every((one) => isMet(machine, one))) return { step: "init", errno: "EINVAL" };
  return undefined;
}

function deriveConfiguration(
  machine: Machine,
  row: ConfigurationRow,
  answers: ReadonlyMap<number, number>,
): Configuration {
  const refused = refusal(machine, row, answers);
  const common = {
    name: row.name,
    features: [...commonVcpuFeatures().ofEvery, ...row.features],
    capabilities: row.capabilities ?? [],
    ...(row.devices !== undefined && { devices: row.devices }),
    refused,
    sweeps: new Map(),
  };
  if (refused !== undefined) return { ...common, registers: new Map(), writable: undefined };
  const lengths = row.features.includes("SVE") ? machine.cpu.sveLengths : undefined;
  return {
    ...common,
    registers: deriveRegisters(machine, row.features),
    writable: deriveMasks(machine),
    ...(lengths !== undefined && { vectorLengths: lengths }),
    attributes: deriveAttributes(machine, row),
  };
}

/** Device attributes of VM, vCPU and interrupt controller. */
function deriveAttributes(machine: Machine, row: ConfigurationRow): NonNullable<Configuration["attributes"]> {
  const files: Partial<Record<AttributeFile, Map<number, number[]>>> = {};
  const none = deriveTable().attributesWithout;
  for (const { fd, group, attr, since, groupName } of deviceAttributes()) {
    if (fd !== "vm" && fd !== "vcpu") continue;
    if (compareVersions(machine.kernelVersion, since) < 0) continue;
    const needed = none.find((one) => one.group === groupName)?.feature;
    if (needed !== undefined && !row.features.includes(needed)) continue;
    files[fd] ??= new Map();
    files[fd].set(group, [...(files[fd].get(group) ?? []), attr]);
  }
  const { controller } = deriveTable();
  if (row.devices?.includes(controller.device) === true) {
    const known = controller.attributes.filter((one) => holdsFor(machine.kernelVersion, one));
    files.gic = new Map(known.map(({ group, numbers }) => [group, [...numbers]]));
  }
  return files;
}
