/** The lab's commands, in the order of the help. */
import type { LabCommand } from "./command.ts";
import { command as boot } from "./commands/boot.ts";
import { command as cpus } from "./commands/cpus.ts";
import { command as kernels } from "./commands/kernels.ts";
import { command as probe } from "./commands/probe.ts";
import { command as setup } from "./commands/setup.ts";
import { command as status } from "./commands/status.ts";
import { command as differential } from "./differential/command.ts";
import { command as migrate } from "./migrate/command.ts";
import { command as programs } from "./programs/command.ts";
import { command as prove } from "./prove/command.ts";
import { command as record } from "./record/command.ts";

export const commands: readonly LabCommand[] = [
  setup,
  status,
  kernels,
  cpus,
  boot,
  probe,
  prove,
  migrate,
  record,
  differential,
  programs,
];
