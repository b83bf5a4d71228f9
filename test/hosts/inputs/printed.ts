/** Readings in the forms in which other programs write them: for samples, and to be read again. */
import { deriveHost } from "../../../src/hosts/derive.ts";
import type { HostProfile } from "../../../src/hosts/profile.ts";
import { cpus, describeOneReg, idRegister, idRegisters } from "../../../src/tables/index.ts";

export type Values = ReadonlyMap<bigint, bigint>;

const bits = (id: bigint): number => describeOneReg(id)?.bits ?? 64;

const modifiers = (values: Values): readonly object[] =>
  [...values]
    .filter(([id]) => bits(id) <= 128)
    .map(([id, value]) => ({
      addr: `0x${id.toString(16)}`,
      bitmap: `0b${value.toString(2).padStart(128, "0")}`,
    }));

const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

/** As `cpu-template-helper template dump` writes it. */
export function cpuConfig(values: Values): string {
  return json({ kvm_capabilities: [], vcpu_features: [], reg_modifiers: modifiers(values) });
}

/** As `cpu-template-helper fingerprint dump` writes it. */
export function fingerprint(values: Values, kernel: string): string {
  return json({
    firecracker_version: "1.12.0",
    kernel_version: kernel,
    microcode_version: "0x0000000000000000",
    bios_version: "1.0",
    bios_revision: "1.1",
    guest_cpu_config: { kvm_capabilities: [], vcpu_features: [], reg_modifiers: modifiers(values) },
  });
}

const ID_SPACE = { first: 0x6030_0000_0013_c008n, last: 0x6030_0000_0013_c03fn };

/** The registers that the debugfs file has, in its order. */
export const idregsIds: readonly bigint[] = [
  ...["MIDR_EL1", "REVIDR_EL1"].map((name) => idRegister(name)?.id ?? 0n),
  ...Array.from({ length: Number(ID_SPACE.last - ID_SPACE.first) + 1 }, (_, n) => ID_SPACE.first + BigInt(n)),
  ...["AIDR_EL1", "CTR_EL0"].map((name) => idRegister(name)?.id ?? 0n),
];

/** As KVM prints its debugfs file `idregs`. */
export function idregs(values: Values): string {
  const lines = idregsIds.flatMap((id) => {
    const value = values.get(id);
    if (value === undefined) return [];
    const known = idRegisters().find((one) => one.id === id);
    const n = Number(id & 0x7fn);
    const name = known === undefined ? `S3_0_0_${n >> 3}_${n & 7}` : `SYS_${known.name}`;
    return [`${name.padStart(20)}:\t${value.toString(16).padStart(16, "0")}\n`];
  });
  return lines.join("");
}

/** How a program may print an id and its value. */
export const styles: Readonly<Record<string, (id: string, value: string) => string>> = {
  "id = value": (id, value) => `${id} = ${value}`,
  "id value": (id, value) => `${id} ${value}`,
  "id,value": (id, value) => `${id},${value}`,
  "id: value": (id, value) => `  ${id}:\t${value}`,
  "bare digits": (id, value) => `${id.slice(2)} ${value.slice(2).padStart(16, "0")}`,
  "read id(value) from kvm": (id, value) => `read ${id}(${value}) from kvm`,
  "digits without 0x": (id, value) => `${id.slice(2)}: ${value.slice(2)}`,
  "quoted CSV": (id, value) => `"${id}","${describeOneReg(BigInt(id))?.name.replace(/ .*/, "")}","${value}"`,
  "name;id;value": (id, value) => {
    const found = describeOneReg(BigInt(id));
    return `${found?.known === true ? found.name : id};${id};${value}`;
  },
  decimal: (id, value) => `${id} ${BigInt(value)}`,
  "id(value)": (id, value) => `${id}(${value})`,
  "counted, with the name behind": (id, value) =>
    `[ 12] id=${id} val=${value} (${describeOneReg(BigInt(id))?.name.replace(/[^A-Za-z0-9_]/g, "")})`,
  "by name": (id, value) => {
    const found = describeOneReg(BigInt(id));
    return found?.known === true ? `${found.name} = ${value}` : `${id} = ${value}`;
  },
  "id name value": (id, value) => `${id} ${describeOneReg(BigInt(id))?.name.replace(/ .*/, "")}: ${value}`,
};

/** One register a line. */
export function dump(values: Values, style: (id: string, value: string) => string): string {
  return [...values]
    .map(([id, value]) => `${style(`0x${id.toString(16)}`, `0x${value.toString(16)}`)}\n`)
    .join("");
}

/** As a program of bpftrace's prints calls; with a write behind each read, as a VMM makes them. */
export function trace(values: Values): string {
  return [...values]
    .map(([id, value]) => {
      const [at, read] = [`0x${id.toString(16)}`, `0x${value.toString(16)}`];
      return `ioctl(14, KVM_GET_ONE_REG, {id=${at}, addr=0x7ffc8a10 -> ${read}}) = 0\nioctl(14, KVM_SET_ONE_REG, {id=${at}, addr=0x7ffc8a10 -> 0x0}) = 0\n`;
    })
    .join("");
}

const word = (value: bigint): string => value.toString(16).padStart(16, "0");

/** A host as a capture of KVM's answers. */
export function capture({ kernel, capabilities, configurations }: HostProfile): string {
  const lines = [...configurations.values()].flatMap((own) => {
    const name = own.name.replaceAll("-", "_");
    if (own.refused?.step === "enable-cap") return [`MC ${name} writable_imp ${own.refused.errno}`];
    if (own.refused !== undefined) return [`C ${name} ${own.refused.step} ${own.refused.errno}`];
    return [
      `C ${name} init 0`,
      ...(own.listed === undefined ? [] : [`C ${name} nregs ${own.listed}`]),
      ...[...own.registers].map(([id, value]) =>
        value === null ? `R ${name} ${word(id)} ${word(0n)} EIO` : `R ${name} ${word(id)} ${word(value)} 0`,
      ),
      `M ${name} ${own.writable === undefined ? "EINVAL" : 0}`,
      ...[...(own.writable ?? [])].map(([id, mask]) => `W ${name} ${word(id)} ${word(mask)}`),
      ...[...own.sweeps].map(([id, sweep]) => `S ${name} ${word(id)} ${sweep.join(",")}`),
    ];
  });
  const asked = [...capabilities].map(([one, answer]) => `K ${one} ${answer} ${answer}`);
  return `${[`ORACLE ${kernel.release}`, ...asked, ...lines, "DONE"].join("\n")}\n`;
}

/** Registers of a core of the tables, by guestc's own rules, with an identity that no machine has. */
export function registersOf(core: string, kernel: string, configuration: string, midr: bigint): Values {
  const row = cpus().find(({ name }) => name === core);
  const host = row === undefined ? undefined : deriveHost(core, row, kernel);
  if (host === undefined || "problem" in host) throw new Error(`${core} cannot be derived`);
  const registers = host.configurations.get(configuration)?.registers ?? new Map<bigint, bigint | null>();
  const values = [...registers].map(([id, value]) => [id, value ?? 0n] as const);
  const identity = { MIDR_EL1: midr, REVIDR_EL1: 0n, AIDR_EL1: 0n };
  return new Map([
    ...values,
    ...Object.entries(identity).map(([name, value]) => [idRegister(name)?.id ?? 0n, value] as const),
  ]);
}
