/** `guestc diff`: what two hosts, contracts or plans say differently. */
import { noColours } from "../../diagnostics/text/palette.ts";
import { diffContracts } from "../../diff/contracts/diff.ts";
import type { Diff } from "../../diff/difference.ts";
import { diffDocument } from "../../diff/document.ts";
import { diffHosts } from "../../diff/hosts/diff.ts";
import { diffPlans } from "../../diff/plans/diff.ts";
import { diffText } from "../../diff/text.ts";
import { colours, wantsColours } from "../colours.ts";
import { type Compared, readCompared } from "../compared.ts";
import { readEach, UsageError } from "../errors.ts";
import { toldApart } from "../hosts.ts";
import type { Io } from "../io.ts";
import { type CommandLine, optionValue } from "../options.ts";
import { jsonText } from "../report.ts";
import { giveProduct } from "../write.ts";

/** undefined: one of them has errors. */
function compare(before: Compared, after: Compared): Diff | undefined {
  if (before.kind === "refused" || after.kind === "refused") return undefined;
  if (before.kind === "host" && after.kind === "host") return diffHosts(before.profile, after.profile);
  if (before.kind === "contract" && after.kind === "contract")
    return diffContracts(before.contract, after.contract);
  if (before.kind === "plan" && after.kind === "plan")
    return diffPlans(before.plan, after.plan, { before: before.name, after: after.name });
  throw new UsageError(`a ${before.kind} cannot be compared with a ${after.kind}`, [
    `${before.name} is a ${before.kind}, ${after.name} a ${after.kind}`,
  ]);
}

/** With `--exit-code` 1 says that there is a difference, so that what could not be compared is 2, as in diff(1). */
export async function run(line: CommandLine, io: Io): Promise<number> {
  const [a = "-", b = "-"] = line.operands;
  if (a === "-" && b === "-") throw new UsageError("only one of the two can be standard input");
  const apart = toldApart();
  const [before, after] = await readEach([a, b], (given) => readCompared(given, line, io, apart));
  if (before === undefined || after === undefined) throw new Error("one of the two was not read");
  const diff = compare(before, after);
  if (diff !== undefined && before.kind !== "contract" && line.values.has("guest"))
    throw new UsageError(
      `--guest chooses a guest of a \`.guest\` file, and each of the two is a ${before.kind}`,
    );
  if (diff === undefined) return 2;
  const out = optionValue(line, "out");
  if (optionValue(line, "format") === "json") giveProduct(jsonText(diffDocument(diff)), out, io);
  else {
    const colourful = out === undefined && wantsColours(optionValue(line, "color"), "out", io);
    const columns = io.terminal("out")?.columns;
    const text = diffText(diff, {
      all: line.flags.has("all"),
      palette: colourful ? await colours() : noColours,
      ...(columns === undefined || out !== undefined ? {} : { width: columns }),
    });
    giveProduct(text, out, io);
  }
  return line.flags.has("exit-code") && diff.differences.length > 0 ? 1 : 0;
}
