/** `host` declarations as profiles: read from a file, or derived from a core and a kernel. */

import type { SourceFile } from "../../diagnostics/span.ts";
import { deriveHost } from "../../hosts/derive.ts";
import type { HostProfile } from "../../hosts/profile.ts";
import { readHostProfile } from "../../hosts/read.ts";
import { readCore } from "../cores.ts";
import { type Matched, matchStatements, slotAtom } from "../forms.ts";
import { type FileLoader, readReferenced } from "../load.ts";
import type { Declaration, Scope } from "../names.ts";
import type { Report } from "../report.ts";

export interface DeclaredHosts {
  /** By the name that the program gives the host. */
  readonly profiles: ReadonlyMap<string, HostProfile>;
  /** Paths of the profiles read. */
  readonly inputs: readonly string[];
}

function recorded(
  declaration: Declaration,
  statement: Matched,
  source: SourceFile,
  report: Report,
): HostProfile | undefined {
  const read = readHostProfile(source.text, source.path);
  if ("profile" in read) return { ...read.profile, name: declaration.name };
  const [first] = read.problems;
  const place = first?.line === undefined ? "" : ` (line ${first.line})`;
  report.add(
    "profile-invalid",
    slotAtom(statement, "path").span,
    {
      path: source.path,
      problem: `${(first?.message ?? "unreadable").replace(`${source.path} is`, "it is")}${place}`,
    },
    {
      notes: read.problems.slice(1, 6).map((problem) => problem.message),
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
    if (profile !== undefined && (core ?? kernel) !== undefined) {
      report.add(
        "host-two-sources",
        declaration.nameSpan,
        { host: declaration.name },
        {
          related: [{ span: (core ?? kernel ?? profile).head, message: "described here" }],
        },
      );
    } else if (profile !== undefined) {
      const referenced = readReferenced(profile, loader, report);
      if (referenced === undefined) continue;
      inputs.push(referenced.source.path);
      const read = recorded(declaration, profile, referenced.source, report);
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
