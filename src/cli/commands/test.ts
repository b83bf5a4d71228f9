/** `guestc test`: runs the `test` blocks of guests on simulated hosts. */
import type { Contract } from "../../contract.ts";
import { type Diagnostic, distinctDiagnostics, sortDiagnostics } from "../../diagnostics/diagnostic.ts";
import { noColours } from "../../diagnostics/text/palette.ts";
import { plan } from "../../planner/planner.ts";
import { resultsDocument } from "../../sim/tests/document.ts";
import { junitFaults, junitText } from "../../sim/tests/junit.ts";
import { countOutcomes, exitStatus, type TestRun } from "../../sim/tests/outcome.ts";
import { runTests } from "../../sim/tests/run.ts";
import { resultsText } from "../../sim/tests/text.ts";
import { colours, wantsColours } from "../colours.ts";
import { UsageError } from "../errors.ts";
import { readSource } from "../files.ts";
import { hostReader } from "../hosts.ts";
import type { Io } from "../io.ts";
import { type CommandLine, optionValue } from "../options.ts";
import { exitCodeFor, jsonText, reportText, widest } from "../report.ts";
import { type Compiled, compileForHosts, type NamedHost, namedHost, nearby } from "../subjects.ts";
import { giveProduct } from "../write.ts";

/** Those that `--host` names, or those that the guest runs on. */
async function hostsOf(
  compiled: Compiled,
  guest: Contract,
  line: CommandLine,
): Promise<readonly NamedHost[]> {
  const names = line.values.get("host") ?? guest.hosts.map(({ value }) => value);
  const hosts: NamedHost[] = [];
  const read = hostReader(compiled.hosts.keys());
  for (const name of names) hosts.push(await namedHost(compiled, name, read));
  return hosts;
}

/** The guests to test: all, or those that `--guest` names. */
function wantedGuests(files: readonly Compiled[], line: CommandLine): ReadonlySet<string> {
  const known = files.flatMap(({ guests }) => guests.map(({ guest }) => guest));
  const wanted = line.values.get("guest") ?? known;
  for (const name of wanted)
    if (!known.includes(name))
      throw new UsageError(`no file has a guest \`${name}\``, nearby(name, [...new Set(known)], "guests"));
  return new Set(wanted);
}

async function text(
  runs: readonly TestRun[],
  out: string | undefined,
  line: CommandLine,
  io: Io,
): Promise<string> {
  const colourful = out === undefined && wantsColours(optionValue(line, "color"), "out", io);
  const columns = out === undefined ? io.terminal("out")?.columns : undefined;
  return resultsText(runs, {
    palette: colourful ? await colours() : noColours,
    ...(columns === undefined ? {} : { width: Math.min(columns, widest) }),
  });
}

/** A program that asked for a document gets one of programs with errors too. */
function giveFaults(diagnostics: readonly Diagnostic[], line: CommandLine, io: Io): void {
  const out = optionValue(line, "out");
  const format = optionValue(line, "format");
  if (format === "json") giveProduct(jsonText(resultsDocument([], diagnostics)), out, io);
  else if (format === "junit") giveProduct(junitFaults(diagnostics), out, io);
}

export async function run(line: CommandLine, io: Io): Promise<number> {
  const sources = line.operands.map((path) => readSource(path, io));
  const files = sources.map((source) => compileForHosts(source, line));
  const found = files.flatMap(({ diagnostics }) => diagnostics);
  const diagnostics = files.length === 1 ? found : distinctDiagnostics(sortDiagnostics(found));
  await reportText(diagnostics, line, io);
  if (exitCodeFor(diagnostics, line) !== 0) {
    giveFaults(diagnostics, line, io);
    return 1;
  }
  const wanted = wantedGuests(files, line);
  const runs: TestRun[] = [];
  // A guest that several files import is tested once.
  const tested = new Set<string>();
  for (const compiled of files)
    for (const guest of compiled.guests) {
      const key = `${guest.span.file.path} ${guest.span.start}`;
      if (!wanted.has(guest.guest) || tested.has(key)) continue;
      tested.add(key);
      if (guest.tests.length > 0)
        runs.push(...runTests(guest, plan(guest), await hostsOf(compiled, guest, line), compiled.hosts));
    }
  const out = optionValue(line, "out");
  const format = optionValue(line, "format");
  if (format === "json") giveProduct(jsonText(resultsDocument(runs)), out, io);
  else if (format === "junit") giveProduct(junitText(runs), out, io);
  else giveProduct(await text(runs, out, line, io), out, io);
  return exitStatus(countOutcomes(runs));
}
