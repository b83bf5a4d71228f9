/** Pages of registers: by name, by encoding, by KVM ONE_REG id. */
import {
  bitmapRegister,
  describeOneReg,
  firmwareRegister,
  type IdRegister,
  idRegister,
  idRegisters,
  type OneReg,
  type OneRegClass,
  parseOneReg,
  printExpr,
  type SystemRegister,
  services,
  systemRegister,
  systemRegisters,
} from "../tables/index.ts";
import { fact, type Page, type Section, table } from "./page.ts";
import { bitRange, hex, registerId, sourceWords, writableByKernel } from "./words.ts";

const classWords: Readonly<Record<OneRegClass, string>> = {
  core: "core: a member of struct kvm_regs",
  demux: "demux: a register behind a selector",
  sysreg: "sysreg: a system register by its encoding",
  fw: "firmware: a pseudo-register of KVM's firmware interface",
  sve: "sve: vector state and vector lengths",
  bitmap: "firmware bitmap: hypercall services, one bit each",
};

const kindWords: Readonly<Record<IdRegister["kind"], string>> = {
  "aarch64-id": "AArch64 ID register",
  "aarch32-id": "AArch32 ID register",
  identification: "identification register",
  "extension-id": "ID register of an extension",
};

interface Encoded {
  readonly op0: number;
  readonly op1: number;
  readonly crn: number;
  readonly crm: number;
  readonly op2: number;
}

const encoding = ({ op0, op1, crn, crm, op2 }: Encoded): string =>
  `op0 ${op0}, op1 ${op1}, CRn ${crn}, CRm ${crm}, op2 ${op2} (S${op0}_${op1}_C${crn}_C${crm}_${op2})`;

function fieldTable(register: IdRegister): Section | undefined {
  return table(
    "fields",
    "Fields",
    ["bits", "name", "role", "values"],
    register.fields.map((field) => ({
      bits: bitRange(field.lsb, field.width),
      name: field.name,
      role: field.facility === undefined ? field.role : `${field.role} ${field.facility}`,
      values: Object.entries(field.values ?? {})
        .map(([value, name]) => `${value} ${name}`)
        .join(", "),
    })),
  );
}

function idRegisterFacts(register: IdRegister): Page["facts"] {
  return [
    fact("type", "type", kindWords[register.kind]),
    fact("encoding", "encoding", encoding(register)),
    fact(
      "contract",
      "contract",
      register.contract ? "a contract decides it: KVM keeps it per VM" : "no contract decides it",
    ),
  ];
}

const allBits = (1n << 64n) - 1n;

function idRegisterSections(register: IdRegister): readonly (Section | undefined)[] {
  const rows = writableByKernel(register.name, allBits).filter(
    ({ writable }, _, every) => every.length > 1 || writable !== "no",
  );
  return [
    fieldTable(register),
    table("writable", "Bits that user space writes", ["kernels", "writable", "basis"], rows),
  ];
}

function systemRegisterFacts(register: SystemRegister): Page["facts"] {
  return [
    fact("type", "type", "system register"),
    fact("encoding", "encoding", encoding(register)),
    fact("access", "access", { rw: "read and write", ro: "read only", wo: "write only" }[register.access]),
    fact("minEL", "lowest level", register.minEL),
    fact("gate", "exists where", register.gate === undefined ? undefined : printExpr(register.gate)),
  ];
}

function bitmapSection(name: string): Section | undefined {
  return table(
    "services",
    "Services",
    ["bit", "name", "title"],
    services()
      .filter((service) => service.register === name)
      .map(({ bit, name, title }) => ({ bit: String(bit), name, title })),
  );
}

function firmwareSection(name: string): Section | undefined {
  const register = firmwareRegister(name);
  return table(
    "values",
    "Values",
    ["value", "name", "since"],
    Object.entries(register?.values ?? {}).map(([word, value]) => ({
      value: hex(value),
      name: [word, register?.kernelValues[word]].filter((part) => part !== undefined).join(" / "),
      since: register?.valueSince[word] === undefined ? "" : `from Linux ${register.valueSince[word]}`,
    })),
  );
}

/** Everything known of a register that KVM names by an id. */
function oneRegPage(one: OneReg): Page {
  const id = idRegister(one.name);
  const system = systemRegister(one.name);
  const bitmap = bitmapRegister(one.name);
  const firmware = firmwareRegister(one.name);
  const source = id?.source ?? system?.source ?? bitmap?.source ?? firmware?.source;
  return {
    kind: "register",
    name: one.name,
    title: one.known
      ? `KVM register ${registerId(one.id)}`
      : `KVM register ${registerId(one.id)}, which the tables do not know`,
    facts: [
      fact("id", "KVM id", registerId(one.id)),
      fact("class", "class", classWords[one.class]),
      fact("size", "size", `${one.bits} bits (payload of ${one.bits / 8} bytes)`),
      fact("standsFor", "stands for", one.standsFor),
      ...(id !== undefined ? idRegisterFacts(id) : system !== undefined ? systemRegisterFacts(system) : []),
      fact("since", "since", bitmap === undefined ? undefined : `Linux ${bitmap.since}`),
      fact("reset", "in a fresh VM", bitmap === undefined ? undefined : hex(bitmap.reset)),
      fact(
        "default",
        "unless said",
        bitmap === undefined ? undefined : "guestc clears every bit whose service a guest does not name",
      ),
      fact("source", "source", source === undefined ? undefined : sourceWords(source)),
    ],
    sections: [
      ...(id === undefined ? [] : idRegisterSections(id)),
      bitmap === undefined ? undefined : bitmapSection(bitmap.name),
      firmware === undefined ? undefined : firmwareSection(firmware.name),
    ],
  };
}

/** By a register's name or generic spelling (`S3_0_C0_C4_0`), or a ONE_REG id. */
export function registerPages(subject: string): readonly Page[] {
  const id = parseOneReg(subject);
  const one = id === undefined ? undefined : describeOneReg(id);
  return one === undefined ? [] : [oneRegPage(one)];
}

export const registerNames = (): readonly string[] => [
  ...idRegisters().map(({ name }) => name),
  ...systemRegisters().map(({ name }) => name),
];
