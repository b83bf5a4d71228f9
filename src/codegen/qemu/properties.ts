/** Contract to QEMU properties in the classic dialect: `-machine virt,…`, `-cpu host,…`. */
import type { Contract } from "../../contract.ts";
import { type Declaration, declarations, type Part } from "../declarations.ts";

export interface Property {
  readonly name: string;
  readonly value: boolean | string;
  /** First QEMU release that has it for `-cpu host` or `virt` with KVM, where newer than 7.2. */
  readonly since?: string;
}

export interface QemuGuest {
  readonly machine: readonly Property[];
  readonly cpu: readonly Property[];
  readonly smp: number | undefined;
}

/** Vector lengths, in bits, that have a property. */
export const sveLengths: readonly number[] = Array.from({ length: 16 }, (_, at) => 128 * (at + 1));

/**
 * Every length by name, the wanted ones first: an unnamed one that the host needs below a wanted one would
 * be switched on silently, a named one makes QEMU refuse.
 */
function sveProperties(value: string): Property[] {
  if (value === "off") return [{ name: "sve", value: false }];
  if (value === "host") return [{ name: "sve", value: true }];
  const wanted = new Set(value.split(", ").map(Number));
  return [
    { name: "sve", value: true },
    ...sveLengths.map((bits) => ({ name: `sve${bits}`, value: wanted.has(bits) })),
  ];
}

interface Carrier {
  readonly part: Part;
  readonly to: "machine" | "cpu";
  readonly properties: (value: string) => readonly Property[];
}

const flag =
  (name: string, on: string, since?: string) =>
  (value: string): Property[] => [
    { name, value: value === on, ...(since === undefined || value !== on ? {} : { since }) },
  ];

/** Which property says what, in the order of the output. */
const carriers: readonly Carrier[] = [
  { part: "gic", to: "machine", properties: (value) => [{ name: "gic-version", value: value.slice(1) }] },
  { part: "el2", to: "machine", properties: flag("virtualization", "vhe", "11.1") },
  { part: "mte", to: "machine", properties: flag("mte", "on", "10.0") },
  { part: "el1", to: "cpu", properties: flag("aarch64", "aarch64") },
  { part: "sve", to: "cpu", properties: sveProperties },
  { part: "pauth", to: "cpu", properties: flag("pauth", "on") },
  { part: "pmu", to: "cpu", properties: flag("pmu", "on") },
  { part: "psci", to: "cpu", properties: (value) => [{ name: "kvm-psci-version", value, since: "11.1" }] },
];

function propertiesOf(all: readonly Declaration[], to: Carrier["to"]): Property[] {
  return carriers
    .filter((carrier) => carrier.to === to)
    .flatMap((carrier) =>
      all.filter(({ part }) => part === carrier.part).flatMap(({ value }) => carrier.properties(value)),
    );
}

/** The contract's properties, as far as `limits` lets them be carried. */
export function qemuGuest(contract: Contract): QemuGuest {
  const all = declarations(contract);
  return {
    machine: propertiesOf(all, "machine"),
    // Stolen time has no property for its address, thus is never carried, and QEMU's default is on.
    cpu: [...propertiesOf(all, "cpu"), { name: "kvm-steal-time", value: false }],
    smp: contract.vcpus?.value,
  };
}
