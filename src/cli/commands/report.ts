/** `guestc report`: all that is known of a file's guests and hosts as one HTML page. */
import type { Contract } from "../../contract.ts";
import { vmm, vmms } from "../../migrate/vmm.ts";
import { plan } from "../../planner/planner.ts";
import { reportModel } from "../../report/model.ts";
import { reportPage } from "../../report/page.ts";
import type { GuestSubject } from "../../report/subject.ts";
import { amending } from "../amending.ts";
import { UsageError } from "../errors.ts";
import { readSource } from "../files.ts";
import { hostReader } from "../hosts.ts";
import type { Io } from "../io.ts";
import { type CommandLine, optionValue } from "../options.ts";
import { exitCodeFor, reportText } from "../report.ts";
import { type Compiled, compileForHosts, type NamedHost, namedHost, nearby } from "../subjects.ts";
import { giveProduct } from "../write.ts";

/** All guests of the file, or those that `--guest` names, in the file's order. */
function wantedGuests({ guests, source }: Compiled, line: CommandLine): readonly Contract[] {
  if (guests.length === 0)
    throw new UsageError(`${source.path}: declares no guest, so there is nothing to report`);
  const names = guests.map(({ guest }) => guest);
  const wanted = line.values.get("guest") ?? names;
  for (const name of wanted)
    if (!names.includes(name))
      throw new UsageError(`the file has no guest \`${name}\``, nearby(name, names, "its guests"));
  return guests.filter(({ guest }) => wanted.includes(guest));
}

/** The hosts that `--host` names, or those that the guest runs on; each once. */
async function hostsOf(
  compiled: Compiled,
  guest: Contract,
  line: CommandLine,
): Promise<readonly NamedHost[]> {
  const read = hostReader(compiled.hosts.keys());
  const hosts: NamedHost[] = [];
  for (const name of line.values.get("host") ?? guest.hosts.map(({ value }) => value)) {
    const host = await namedHost(compiled, name, read);
    if (hosts.every((one) => one.name !== host.name)) hosts.push(host);
  }
  return hosts;
}

/** More migrations take so long that a person who waits is told, and that what would help is not tried. */
const mostQuick = 400;

const migrationsOf = ({ length }: readonly NamedHost[]): number => length * (length - 1);

function tellWork(subjects: readonly GuestSubject[], io: Io): void {
  const migrations = subjects.reduce((sum, { hosts }) => sum + migrationsOf(hosts), 0);
  if (migrations > mostQuick && io.terminal("err") !== undefined)
    io.err(`guestc: carrying out ${migrations} migrations on the simulated KVM\n`);
}

export async function run(line: CommandLine, io: Io): Promise<number> {
  const out = optionValue(line, "out");
  if (out === undefined && io.terminal("out") !== undefined)
    throw new UsageError("a page is nothing for a terminal", [
      "`--out report.html` writes it into a file; `--out -` prints it all the same",
    ]);
  const compiled = compileForHosts(readSource(line.operands[0] ?? "-", io), line);
  await reportText(compiled.diagnostics, line, io);
  if (exitCodeFor(compiled.diagnostics, line) !== 0) return 1;
  const rules = vmm(optionValue(line, "vmm") ?? vmms()[0]?.name ?? "");
  if (rules === undefined) throw new Error("the VMM of a choice is missing");
  const guests: GuestSubject[] = [];
  for (const contract of wantedGuests(compiled, line)) {
    const hosts = await hostsOf(compiled, contract, line);
    const amend = migrationsOf(hosts) > mostQuick ? undefined : amending(compiled, line, contract.guest);
    guests.push({ contract, plan: plan(contract), hosts, ...(amend === undefined ? {} : { amend }) });
  }
  tellWork(guests, io);
  const page = reportPage(reportModel({ path: compiled.source.path, guests, vmm: rules }));
  giveProduct(page, out, io);
  return 0;
}
