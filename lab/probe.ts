/** Host profiles of the lab's machines, from the probe. */
import { join } from "node:path";
import { readHostProfile } from "../src/hosts/read.ts";
import { inRunFolder } from "./cleanup.ts";
import { compileArm64 } from "./compile.ts";
import { cpuOf } from "./cpus.ts";
import { LabError } from "./errors.ts";
import { boot, type Machine, machineName, machineStem } from "./machine.ts";
import { kernelOf, type Parts, qemuOf } from "./parts.ts";

/** The probe, compiled. */
export const probeProgram = (parts: Parts): Promise<Uint8Array> =>
  inRunFolder(parts, (folder) =>
    compileArm64(parts, { sources: ["probe/guestc-probe.c"], output: join(folder, "probe") }),
  );

/** What the probe is told: which machine it stands in, as it cannot know. */
export function probeArguments(parts: Parts, machine: Machine): readonly string[] {
  const { version } = qemuOf(parts);
  const kernel = kernelOf(parts, machine.kernel);
  const { model } = cpuOf(machine.cpu);
  const mode = machine.nested ? ", with nested guests" : "";
  return [
    ...["--name", machineStem(machine), "--cpu", machine.cpu, "--platform", `QEMU ${version} TCG`],
    "--description",
    `Debian's package ${kernel.package} ${kernel.version}, booted at EL2 on QEMU's ${model}${mode}`,
  ];
}

/**
 * Boots a machine and asks its KVM.
 *
 * @returns the profile's text, which satisfies the schema
 * @throws LabError when the machine does not run, or the probe fails or prints no profile
 */
export async function probeMachine(parts: Parts, machine: Machine, program: Uint8Array): Promise<string> {
  const job = { name: "guestc-probe", program, arguments: probeArguments(parts, machine), files: new Map() };
  const { done } = await boot(parts, machine, [job]);
  const [{ status, output, errors } = { status: 0, output: "", errors: "" }] = done;
  if (status !== 0) {
    throw new LabError(`${machineName(machine)}: the probe ended with ${status}`, errors.trim().split("\n"));
  }
  const read = readHostProfile(output, machineStem(machine));
  if (!("problems" in read)) return output;
  throw new LabError(
    `${machineName(machine)}: the probe printed no host profile`,
    read.problems.slice(0, 5).map(({ message }) => message),
  );
}
