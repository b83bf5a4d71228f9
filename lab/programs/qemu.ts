/** Runs a bare-metal program on QEMU's `virt` machine: its serial port's text and its exit status. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inRunFolder } from "../cleanup.ts";
import { runEmulator } from "../emulator.ts";
import { LabError } from "../errors.ts";
import { type Parts, qemuOf } from "../parts.ts";

export interface Ended {
  readonly output: string;
  readonly status: number;
}

const seconds = 120;

/** @throws LabError when it does not end by itself */
export function runProgramOnQemu(parts: Parts, cpu: string, elf: Uint8Array): Promise<Ended> {
  const qemu = qemuOf(parts);
  return inRunFolder(parts, async (folder) => {
    const [program, serial] = [join(folder, "program"), join(folder, "serial")];
    await writeFile(program, elf);
    const end = await runEmulator(
      qemu,
      [
        ...qemu.leading,
        ...["-machine", "virt", "-cpu", cpu, "-smp", "1", "-m", "64", "-accel", "tcg,thread=single"],
        ...["-nodefaults", "-no-user-config", "-display", "none", "-monitor", "none", "-no-reboot"],
        ...["-serial", `file:${serial}`, "-semihosting-config", "enable=on,target=native"],
        ...["-kernel", program],
      ],
      seconds,
    );
    if (end.kind === "late") throw new LabError(`the program did not end on QEMU within ${seconds} s`);
    if (end.status === null) throw new LabError(`QEMU ended with a signal: ${end.complaint}`);
    return { output: await readFile(serial, "utf8"), status: end.status };
  });
}
