/** `lab cpus`: the table of CPUs. */
import type { LabCommand } from "../command.ts";
import { cpus } from "../cpus.ts";
import { textTable } from "../text.ts";

export const command: LabCommand = {
  name: "cpus",
  usage: "",
  summary: "lists the CPUs that machines can have",
  description: [
    "The rows of lab/cpus.json: name, the oldest QEMU that the lab ran it with, from which kernel on guests can have their own EL2.",
  ],
  options: [],
  least: 0,
  async run(_, { io }) {
    io.out(
      textTable([
        ["cpu", "QEMU", "nested", ""],
        ...cpus().map(({ name, qemu, nested, notes }) => [name, qemu, nested?.kernel ?? "-", notes]),
      ]),
    );
    return 0;
  },
};
