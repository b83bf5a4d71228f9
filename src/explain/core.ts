/** Pages of cores and architecture versions. */
import {
  type Architecture,
  architecture,
  architectureByWord,
  architectures,
  architectureWord,
  type Cpu,
  cpu,
  cpus,
  printExpr,
} from "../tables/index.ts";
import { fact, type Page, table } from "./page.ts";
import { hex, sourceWords } from "./words.ts";

const aarch32Words: Readonly<Record<Cpu["aarch32"], string>> = {
  none: "no",
  EL0: "at EL0 only",
  EL1: "at EL0 and EL1",
  all: "at every exception level",
  unknown: "unknown",
};

function cpuPage(of: Cpu): Page {
  const version = architecture(of.arch);
  const mandatory = new Set(version?.mandatory ?? []);
  const has = new Set(of.features);
  return {
    kind: "cpu",
    name: of.name,
    title: `${of.vendor} core, ${architectureWord(of.arch)}`,
    facts: [
      fact("midr", "MIDR_EL1", of.midr === null ? undefined : hex(of.midr, 8)),
      fact("aarch32", "AArch32", aarch32Words[of.aarch32]),
      fact(
        "sveLengths",
        "SVE lengths",
        of.sveLengths?.map((length) => `${length} bits`),
      ),
      fact(
        "optional",
        "beyond its version",
        of.features.filter((name) => !mandatory.has(name)),
      ),
      fact(
        "lacks",
        "lacks of it",
        [...mandatory].filter((name) => !has.has(name)),
      ),
      fact("exceptions", "breaks rules", of.exceptions),
      fact("aliases", "also called", of.aliases),
      fact("products", "products", of.products),
      fact(
        "registersFrom",
        "values from",
        of.registersFrom === null
          ? "nobody published the ID register values"
          : `${of.registersFrom.kind}: ${sourceWords(of.registersFrom.source)}${of.registersFrom.note === undefined ? "" : `; ${of.registersFrom.note}`}`,
      ),
      fact("statement", "statement", `\`baseline ${of.name}\` in a cpu, \`cpu ${of.name}\` in a host`),
    ],
    sections: [
      table(
        "registers",
        "ID registers",
        ["name", "value"],
        Object.entries(of.registers ?? {}).map(([name, value]) => ({ name, value: hex(value, 16) })),
      ),
    ],
  };
}

function architecturePage(of: Architecture): Page {
  const older = of.includes.filter((name) => name !== of.name);
  const inherited = new Set(older.flatMap((name) => architecture(name)?.mandatory ?? []));
  return {
    kind: "architecture",
    name: architectureWord(of.name),
    title: `architecture version ${of.name.slice(1)}`,
    facts: [
      fact("includes", "includes", older.map(architectureWord)),
      fact(
        "adds",
        "adds",
        of.mandatory.filter((name) => !inherited.has(name)),
      ),
      fact("mandatory", "mandatory, all", of.mandatory),
      fact("prohibits", "prohibits", of.prohibits),
      fact(
        "cores",
        "cores",
        cpus()
          .filter(({ arch }) => arch === of.name)
          .map(({ name }) => name),
      ),
      fact(
        "statement",
        "statement",
        `\`baseline ${architectureWord(of.name)}\` in a cpu: what is mandatory, nothing optional`,
      ),
    ],
    sections: [
      table(
        "mandatoryIf",
        "Mandatory where the condition holds",
        ["feature", "when"],
        of.mandatoryIf.map(({ feature, when }) => ({ feature, when: printExpr(when) })),
      ),
    ],
  };
}

/** By a core's name, alias or product, or a version's word (`armv8.2-a`) or name (`v8.2`). */
export function corePages(subject: string): readonly Page[] {
  const version = architectureByWord(subject) ?? architecture(subject);
  const core = cpu(subject);
  return [
    ...(core === undefined ? [] : [cpuPage(core)]),
    ...(version === undefined ? [] : [architecturePage(version)]),
  ];
}

export const coreNames = (): readonly string[] => [
  ...cpus().flatMap(({ name, aliases, products }) => [name, ...aliases, ...products]),
  ...architectures().map(({ name }) => architectureWord(name)),
];
