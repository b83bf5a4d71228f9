/** `guestc migrate`: judges migrations of a guest between hosts. */
import type { Contract } from "../../contract.ts";
import { noColours } from "../../diagnostics/text/palette.ts";
import { migrationsDocument } from "../../migrate/document.ts";
import { type Amend, type Journeys, judgeJourneys } from "../../migrate/journeys.ts";
import { migrationsText } from "../../migrate/table.ts";
import { vmm, vmms } from "../../migrate/vmm.ts";
import { plan } from "../../planner/planner.ts";
import { amending } from "../amending.ts";
import { colours, wantsColours } from "../colours.ts";
import { UsageError } from "../errors.ts";
import { readSource } from "../files.ts";
import { hostReader } from "../hosts.ts";
import type { Io } from "../io.ts";
import { type CommandLine, optionValue } from "../options.ts";
import { exitCodeFor, jsonText, reportText } from "../report.ts";
import { type Compiled, chosenGuest, compileForHosts, type NamedHost, namedHost } from "../subjects.ts";
import { giveProduct } from "../write.ts";

interface Wanted {
  /** Of the matrix, those that `--from` and `--to` name among them. */
  readonly hosts: readonly NamedHost[];
  readonly from: NamedHost | undefined;
  readonly to: NamedHost | undefined;
}

async function wantedHosts(compiled: Compiled, guest: Contract, line: CommandLine): Promise<Wanted> {
  const hosts: NamedHost[] = [];
  const read = hostReader(compiled.hosts.keys());
  /** Each name once: a host that is named twice is one. */
  const add = async (name: string): Promise<NamedHost> => {
    const host = await namedHost(compiled, name, read);
    const known = hosts.find((one) => one.name === host.name);
    if (known !== undefined) return known;
    hosts.push(host);
    return host;
  };
  const [from, to] = [optionValue(line, "from"), optionValue(line, "to")];
  const both = from !== undefined && to !== undefined && !line.values.has("host");
  if (!both)
    for (const name of line.values.get("host") ?? guest.hosts.map(({ value }) => value)) await add(name);
  const source = from === undefined ? undefined : await add(from);
  const target = to === undefined ? undefined : await add(to);
  // One host alone is a matrix only where it was named for both ends.
  if (hosts.length < 2 && (source === undefined || target === undefined))
    throw new UsageError(
      hosts.length === 0
        ? `guest \`${guest.guest}\` names no host that it runs on`
        : `guest \`${guest.guest}\` has one host, \`${hosts[0]?.name}\`, so that there is nowhere to go`,
      ["name hosts with --host, or with --from and --to"],
    );
  return { hosts, from: source, to: target };
}

function judged(guest: Contract, { hosts, from, to }: Wanted, name: string, amend: Amend): Journeys {
  const rules = vmm(name);
  if (rules === undefined) throw new Error(`no VMM is called ${name}`);
  return judgeJourneys({ contract: guest, plan: plan(guest) }, hosts, rules, {
    // A host to itself only where both are named.
    wanted: (one, other) =>
      (from === undefined || one === from) &&
      (to === undefined || other === to) &&
      (one !== other || (one === from && other === to)),
    amend,
  });
}

export async function run(line: CommandLine, io: Io): Promise<number> {
  const compiled = compileForHosts(readSource(line.operands[0] ?? "-", io), line);
  await reportText(compiled.diagnostics, line, io);
  if (exitCodeFor(compiled.diagnostics, line) !== 0) return 1;
  const guest = chosenGuest(compiled, line);
  const wanted = await wantedHosts(compiled, guest, line);
  const rules = optionValue(line, "vmm") ?? vmms()[0]?.name ?? "";
  const journeys = judged(guest, wanted, rules, amending(compiled, line, guest.guest));
  const out = optionValue(line, "out");
  if (optionValue(line, "format") === "json") giveProduct(jsonText(migrationsDocument(journeys)), out, io);
  else {
    const colourful = out === undefined && wantsColours(optionValue(line, "color"), "out", io);
    const columns = out === undefined ? io.terminal("out")?.columns : undefined;
    const text = migrationsText(journeys, {
      all: line.flags.has("all"),
      palette: colourful ? await colours() : noColours,
      ...(columns === undefined ? {} : { width: columns }),
    });
    giveProduct(text, out, io);
  }
  const unsafe = journeys.migrations.some(({ verdict }) => verdict === "unsafe");
  return unsafe && line.flags.has("exit-code") ? 1 : 0;
}
