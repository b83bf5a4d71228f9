/** Names of cores: `neoverse-n1`, and product names such as `graviton3`. */
import { didYouMean } from "../diagnostics/suggest.ts";
import type { Atom } from "../parser/ast.ts";
import { type Cpu, cpus, cpu as findCpu } from "../tables/index.ts";
import { replaceFix } from "./forms.ts";
import type { Report } from "./report.ts";
import { wordText } from "./values.ts";

/** Cores whose names begin with the same word, for a name in which only the number is wrong. */
export function coresLike(name: string): readonly string[] {
  const family = /^[A-Za-z]+/.exec(name)?.[0].toLowerCase() ?? "";
  return cpus()
    .map((one) => one.name)
    .filter((known) => known.startsWith(`${family}-`));
}

/** The core of a name; reports an unknown one with what may have been meant. */
export function readCore(atom: Atom, report: Report): Cpu | undefined {
  const name = wordText(atom);
  const found = findCpu(name);
  if (found !== undefined) return found;
  const [first] = didYouMean(
    name,
    cpus().map((one) => one.name),
  );
  const family = coresLike(name);
  const help = family.length === 0 ? [] : [`known are ${family.map((known) => `\`${known}\``).join(", ")}`];
  report.add(
    "unknown-core",
    atom.span,
    { name },
    first === undefined
      ? { help }
      : { label: `did you mean \`${first}\`?`, fixes: [replaceFix(atom.span, first)] },
  );
  return undefined;
}
