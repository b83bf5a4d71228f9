/** The front end in one call: text to contracts and diagnostics. Bad input gives diagnostics, never an exception. */
import type { Contract, TestContract } from "../contract.ts";
import { type Diagnostic, distinctDiagnostics, sortDiagnostics } from "../diagnostics/diagnostic.ts";
import type { SourceFile } from "../diagnostics/span.ts";
import type { HostProfile } from "../hosts/profile.ts";
import type { Block } from "../parser/ast.ts";
import { cpuModels } from "./cpu/model.ts";
import { fleetHosts, guestContract } from "./guest/contract.ts";
import { checkSealed } from "./guest/seal.ts";
import { checkHosts } from "./hosts/check.ts";
import { type DeclaredHosts, declaredHosts } from "./hosts/declared.ts";
import { type FileLoader, load } from "./load.ts";
import { declare, type Scope } from "./names.ts";
import { newReport, type Report } from "./report.ts";
import { readTests } from "./tests.ts";

export interface Compilation {
  /** Every `.guest` file read, the entry first. */
  readonly files: readonly SourceFile[];
  /** In order of file and place; each once. */
  readonly diagnostics: readonly Diagnostic[];
  /** In the order of their declaration; a guest whose CPU cannot be resolved is missing. */
  readonly guests: readonly Contract[];
  /** The hosts that the files declare, by name; one that cannot be read or derived is missing. */
  readonly hosts: ReadonlyMap<string, HostProfile>;
  /** Other files read: host profiles. */
  readonly inputs: readonly string[];
}

export interface CompileOptions {
  /** Further hosts that every guest is checked against, beside its own `runs-on`. */
  readonly hosts?: readonly HostProfile[];
}

function checkUnused(scope: Scope, used: ReadonlySet<string>, report: Report): void {
  // A name that is written wrong may stand for any model.
  if (scope.guest.size === 0 || [...used].some((name) => !scope.cpu.has(name))) return;
  for (const [name, { nameSpan }] of scope.cpu)
    if (!used.has(name)) report.add("unused-cpu", nameSpan, { cpu: name });
}

/** The model that a guest names; empty where it names none. */
function cpuNamed(block: Block | undefined): string {
  const statement = block?.statements.find(({ name }) => name.text === "cpu");
  const atom = statement?.args[0]?.items[0];
  return atom?.kind === "word" ? atom.text : "";
}

/** Models that guests name, and the parents of those. */
function usedCpus(scope: Scope): ReadonlySet<string> {
  const used = new Set<string>();
  const use = (name: string): void => {
    if (used.has(name)) return;
    used.add(name);
    const parent = scope.cpu.get(name)?.matched.slots.get("parent")?.[0];
    if (parent?.kind === "word") use(parent.text);
  };
  for (const { matched } of scope.guest.values()) use(cpuNamed(matched.statement.block));
  return used;
}

export function compile(entry: SourceFile, loader: FileLoader, options: CompileOptions = {}): Compilation {
  const report = newReport();
  const files = load(entry, loader, report);
  const scope = declare(files, report);
  let declared: DeclaredHosts | undefined;
  const hostsOnce = (): DeclaredHosts => {
    declared ??= declaredHosts(scope, loader, report);
    return declared;
  };
  const cpus = cpuModels(
    scope,
    { hostsOf: (fleet) => fleetHosts(fleet, scope, report), profiles: () => hostsOnce().profiles },
    report,
  );
  for (const declaration of scope.cpu.values()) cpus.get(declaration);
  for (const fleet of scope.fleet.values()) fleetHosts(fleet, scope, report);
  checkUnused(scope, usedCpus(scope), report);
  const tests = readTests(scope, report);
  const hosts = hostsOnce();
  const testsOf = new Map<string, TestContract[]>();
  for (const test of tests) testsOf.set(test.guest, [...(testsOf.get(test.guest) ?? []), test]);
  const guests: Contract[] = [];
  for (const declaration of scope.guest.values()) {
    const contract = guestContract(declaration, testsOf.get(declaration.name) ?? [], scope, cpus, report);
    if (contract === undefined) continue;
    checkSealed(contract, report);
    checkHosts(contract, hosts.profiles, options.hosts ?? [], report);
    guests.push(contract);
  }
  return {
    files: files.map((file) => file.file.source),
    diagnostics: distinctDiagnostics(sortDiagnostics(report.diagnostics)),
    guests,
    hosts: hosts.profiles,
    inputs: hosts.inputs,
  };
}
