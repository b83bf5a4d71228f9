/** `host` declarations as profiles: read from a file, or derived from a core and a kernel. */

import type { SourceFile } from "../../diagnostics/span.ts";
import { deriveHost } from "../../hosts/derive.ts";
import { type Given, type InputProblem, readHostInput } from "../../hosts/inputs/read.ts";
import type { HostProfile } from "../../hosts/profile.ts";
import { readCore } from "../cores.ts";
import { type Matched, matchStatements, slotAtom } from "../forms.ts";
import { type FileLoader, readReferenced, resolvePath } from "../load.ts";
import type { Declaration, Scope } from "../names.ts";
import type { Report } from "../report.ts";

export interface DeclaredHosts {
  /** By the name that the program gives the host. */
  readonly profiles: ReadonlyMap<string, HostProfile>;
  /** Paths of the profiles read. */
  readonly inputs: readonly string[];
}

/** What stands beside `profile`. */
interface Beside {
  readonly core: Matched | undefined;
  readonly kernel: Matched | undefined;
}

/** Kernel and core as a file is told them that does not say its kernel. */
function givenBy({ core, kernel }: Beside, report: Report): Given {
  const version = kernel === undefined ? undefined : slotAtom(kernel, "version");
  const named = core === undefined ? undefined : readCore(slotAtom(core, "core"), report);
  return {
    ...(version?.kind === "number" ? { kernel: version.text } : {}),
    ...(named === undefined ? {} : { cpu: named.name }),
  };
}

const placed = ({ message, line, column }: InputProblem): string =>
  line === undefined ? message : `${message} (line ${line}, column ${column})`;

/** What is said of a name that is no file's and may have been meant as that of a shipped profile. */
function norShipped(statement: Matched, loader: FileLoader): string {
  const atom = slotAtom(statement, "path");
  const isName = atom.kind === "string" && /^[\w.-]+$/.test(atom.value) && !atom.value.endsWith(".json");
  return isName && loader.shippedHost !== undefined ? ", and no host of that name comes with guestc" : "";
}

/** A profile that comes with the compiler. A file of that name beside the program is meant first. */
function shipped(statement: Matched, loader: FileLoader): SourceFile | undefined {
  const atom = slotAtom(statement, "path");
  const name = atom.kind === "string" ? atom.value : "";
  const text = /^[\w.-]+$/.test(name) ? loader.shippedHost?.(name) : undefined;
  const beside = text !== undefined && loader.read(resolvePath(atom.span.file.path, name)) !== undefined;
  return text === undefined || beside ? undefined : { path: name, text };
}

function recorded(
  declaration: Declaration,
  statement: Matched,
  source: SourceFile,
  beside: Beside,
  report: Report,
): HostProfile | undefined {
  const plain = readHostInput(source.text, source.path);
  const lacks = "problems" in plain && plain.problems.some((one) => one.lacks === "kernel");
  const further = beside.core ?? beside.kernel;
  if (further !== undefined && !lacks && "profile" in plain) {
    report.add(
      "host-two-sources",
      declaration.nameSpan,
      { host: declaration.name },
      { related: [{ span: further.head, message: "described here" }] },
    );
    return undefined;
  }
  const read = lacks ? readHostInput(source.text, source.path, givenBy(beside, report)) : plain;
  if ("profile" in read) return { ...read.profile, name: declaration.name };
  const [first] = read.problems;
  if (first?.lacks === "kernel") {
    report.add(
      "profile-lacks-kernel",
      slotAtom(statement, "path").span,
      { path: source.path },
      { notes: [first.message], help: ["add `kernel linux VERSION`"] },
    );
    return undefined;
  }
  const place = first?.line === undefined ? "" : ` (line ${first.line}, column ${first.column})`;
  report.add(
    "profile-invalid",
    slotAtom(statement, "path").span,
    {
      path: source.path,
      problem: `${(first?.message ?? "unreadable").replace(`${source.path} is`, "it is")}${place}`,
    },
    {
      notes: read.problems.slice(1, 6).map(placed),
    },
  );
  return undefined;
}

function derived(
  declaration: Declaration,
  cpuStatement: Matched,
  kernelStatement: Matched,
  report: Report,
): HostProfile | undefined {
  const coreAtom = slotAtom(cpuStatement, "core");
  const core = readCore(coreAtom, report);
  if (core === undefined) return undefined;
  const version = slotAtom(kernelStatement, "version");
  const made = deriveHost(declaration.name, core, version.kind === "number" ? version.text : "");
  if (!("problem" in made)) return made;
  const culprit = core.registers === null ? cpuStatement : kernelStatement;
  report.add("host-underivable", culprit.head, { host: declaration.name, problem: made.problem });
  return undefined;
}

export function declaredHosts(scope: Scope, loader: FileLoader, report: Report): DeclaredHosts {
  const profiles = new Map<string, HostProfile>();
  const inputs: string[] = [];
  for (const declaration of scope.host.values()) {
    const block = declaration.matched.statement.block?.statements ?? [];
    const statements = matchStatements(block, "host", report);
    const find = (name: string): Matched | undefined => statements.find((one) => one.row.name === name);
    const [profile, core, kernel] = [find("profile"), find("cpu"), find("kernel")];
    if (profile !== undefined) {
      const own = shipped(profile, loader);
      const source = own ?? readReferenced(profile, loader, report, norShipped(profile, loader))?.source;
      if (source === undefined) continue;
      // What comes with the compiler is no file of the program's.
      if (own === undefined) inputs.push(source.path);
      const read = recorded(declaration, profile, source, { core, kernel }, report);
      if (read !== undefined) profiles.set(declaration.name, read);
    } else if (core !== undefined && kernel !== undefined) {
      const made = derived(declaration, core, kernel, report);
      if (made !== undefined) profiles.set(declaration.name, made);
    } else if (statements.length === block.length) {
      report.add(
        "host-without-source",
        declaration.nameSpan,
        { host: declaration.name },
        {
          help: [
            core !== undefined
              ? "add `kernel linux VERSION`"
              : kernel !== undefined
                ? "add `cpu CORE`"
                : 'write `profile "hosts/NAME.json"`, or `cpu CORE` and `kernel linux VERSION`',
          ],
        },
      );
    }
  }
  return { profiles, inputs };
}
