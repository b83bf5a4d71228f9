/** The lab's commands, in the order of the help. */
import type { LabCommand } from "./command.ts";
import { command as boot } from "./commands/boot.ts";
import { command as setup } from "./commands/setup.ts";

export const commands: readonly LabCommand[] = [setup, boot];
