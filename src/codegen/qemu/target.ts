/** Target `qemu`: the guest as QEMU's properties in the classic dialect. */
import { judge } from "../limits.ts";
import { shellWord } from "../shell.ts";
import { chosenFormat, fileNameFor, type Target } from "../target.ts";
import { limits } from "./limits.ts";
import { type Property, type QemuGuest, qemuGuest } from "./properties.ts";

/** QEMU reads a doubled comma inside an option as one comma. */
function optionText(head: string, properties: readonly Property[]): string {
  return [
    head,
    ...properties.map(({ name, value }) => {
      const text = value === true ? "on" : value === false ? "off" : value;
      return `${name}=${text.replaceAll(",", ",,")}`;
    }),
  ].join(",");
}

/** One line of words, each safe for a POSIX shell. */
function argumentsText(guest: QemuGuest): string {
  const words = [
    "-accel",
    "kvm",
    "-machine",
    optionText("virt", guest.machine),
    "-cpu",
    optionText("host", guest.cpu),
    ...(guest.smp === undefined ? [] : ["-smp", String(guest.smp)]),
  ];
  return `${words.map(shellWord).join(" ")}\n`;
}

function propertyObject(properties: readonly Property[]): Readonly<Record<string, boolean | string>> {
  return Object.fromEntries(properties.map(({ name, value }) => [name, value]));
}

/** The oldest QEMU that has all properties; releases compare part by part. */
function oldestRelease(guest: QemuGuest): string {
  const key = (release: string): number =>
    release.split(".").reduce((sum, part) => sum * 1000 + Number(part), 0);
  return [...guest.machine, ...guest.cpu]
    .map(({ since }) => since ?? "7.2")
    .reduce((newest, release) => (key(release) > key(newest) ? release : newest), "7.2");
}

function jsonText(name: string, guest: QemuGuest): string {
  const document = {
    schema: "guestc.qemu/1",
    guest: name,
    qemu: oldestRelease(guest),
    accel: "kvm",
    machine: { type: "virt", props: propertyObject(guest.machine) },
    cpu: { model: "host", props: propertyObject(guest.cpu) },
    ...(guest.smp === undefined ? {} : { smp: guest.smp }),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

export const qemu: Target = {
  name: "qemu",
  title: "QEMU's -machine and -cpu properties, for -accel kvm",
  formats: [
    { name: "args", extension: "args", title: "one line of arguments, safe for a shell" },
    { name: "json", extension: "qemu.json", title: "the same as JSON, `cpu` as QMP's CpuModelInfo has it" },
  ],
  limits,
  emit(plan, contract, options = {}) {
    const format = chosenFormat(qemu, options);
    if (format === undefined) throw new RangeError(`target qemu has no format ${options.format}`);
    const { errors, warnings } = judge(qemu, plan, contract);
    if (errors.length > 0) return { diagnostics: errors };
    const guest = qemuGuest(contract);
    const text = format.name === "json" ? jsonText(plan.guest, guest) : argumentsText(guest);
    return { files: [{ name: fileNameFor(plan.guest, format.extension), text }], warnings };
  },
};
