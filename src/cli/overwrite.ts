/** A product never takes the place of what it is made of. */
import { statSync } from "node:fs";
import { UsageError } from "./errors.ts";
import type { CommandLine } from "./options.ts";

/** Options that name files which are read, and those that name files which are written. */
const readBy = ["host", "from", "to", "template", "input"];
const writtenBy = ["out", "trace-file"];

/** Which regular file a path leads to, by links of both kinds; undefined: none. */
function fileAt(path: string): string | undefined {
  try {
    const stat = statSync(path, { bigint: true });
    return stat.isFile() ? `${stat.dev} ${stat.ino}` : undefined;
  } catch {
    return undefined;
  }
}

/** @throws UsageError when a file that the line names to be written is one that it names to be read */
export function refuseOverwriting({ operands, values }: CommandLine): void {
  const outputs = writtenBy.flatMap((option) =>
    (values.get(option) ?? []).flatMap((path) => {
      const file = fileAt(path);
      return file === undefined ? [] : [{ option, path, file }];
    }),
  );
  if (outputs.length === 0) return;
  // `FILE.guest:GUEST` is a file too.
  const inputs = [...operands, ...readBy.flatMap((option) => values.get(option) ?? [])].flatMap((word) =>
    [word, word.replace(/:[^:/]*$/, "")].flatMap((path) => fileAt(path) ?? []),
  );
  for (const { option, path, file } of outputs)
    if (inputs.includes(file))
      throw new UsageError(`${path}: is read by this command, and --${option} would write over it`);
}
