/** Runs an image on QEMU's processor: its RAM is a file that is read when it is off. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inRunFolder } from "../cleanup.ts";
import { runEmulator } from "../emulator.ts";
import { LabError } from "../errors.ts";
import { type Parts, qemuOf } from "../parts.ts";
import { CODE, RAM_BYTES } from "./map.ts";

/** How long one image may run. */
const seconds = 120;

/**
 * @param cpu QEMU's `-cpu`
 * @returns the memory as it was when the machine turned itself off
 * @throws LabError when it does not, or QEMU fails
 */
export function runOnQemu(parts: Parts, cpu: string, ram: Uint8Array): Promise<Uint8Array> {
  const qemu = qemuOf(parts);
  return inRunFolder(parts, async (folder) => {
    const file = join(folder, "ram");
    await writeFile(file, ram);
    const end = await runEmulator(
      qemu,
      [
        ...qemu.leading,
        ...["-machine", "virt,memory-backend=ram", "-cpu", cpu, "-smp", "1", "-m", `${RAM_BYTES / 2 ** 20}`],
        ...["-object", `memory-backend-file,id=ram,share=on,size=${RAM_BYTES},mem-path=${file}`],
        ...["-accel", "tcg,thread=single"],
        ...["-nodefaults", "-no-user-config", "-display", "none", "-monitor", "none", "-no-reboot"],
        ...["-device", `loader,addr=0x${CODE.toString(16)},cpu-num=0`],
      ],
      seconds,
    );
    if (end.kind === "late") throw new LabError(`the image did not end on QEMU within ${seconds} s`);
    if (end.status !== 0)
      throw new LabError(`QEMU ended with ${end.status ?? "a signal"}: ${end.complaint.split("\n").at(-1)}`);
    return readFile(file);
  });
}
