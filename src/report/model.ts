/** All that the page shows, as ready words and numbers: the template computes nothing. Same input, same model. */
import { formatLocation } from "../diagnostics/span.ts";
import { type CallsSection, callsSection } from "./calls/section.ts";
import { type HostRow, numberedHosts } from "./hosts.ts";
import { type LatticeSection, latticeSection, type NoLattice } from "./lattice/section.ts";
import { type MigrationsSection, migrationsSection, type NoMigrations } from "./migrations/section.ts";
import { type MachineLine, machineLines } from "./registers/machine.ts";
import { type RegistersSection, registersSection } from "./registers/section.ts";
import { type RefusedHost, sightings } from "./sightings.ts";
import type { GuestSubject, ReportSubject } from "./subject.ts";
import { count, shown } from "./words.ts";

export interface GuestModel {
  /** `g1`: before the names of its elements, as a guest's own name may hold anything. */
  readonly key: string;
  readonly name: string;
  readonly source: string;
  /** Its documentation, one paragraph. */
  readonly documentation: string;
  readonly cpu: string;
  readonly sealed: boolean;
  readonly hosts: readonly HostRow[];
  readonly refused: readonly RefusedHost[];
  readonly machine: readonly MachineLine[];
  readonly migrations: MigrationsSection | NoMigrations;
  readonly registers: RegistersSection;
  readonly calls: CallsSection;
}

export interface ReportModel {
  /** Of the window. */
  readonly title: string;
  /** The file. */
  readonly path: string;
  /** `2 guests, 7 hosts` */
  readonly subject: string;
  readonly hosts: readonly HostRow[];
  /** Some host's platform is known. */
  readonly platforms: boolean;
  readonly lattice: LatticeSection | NoLattice;
  readonly guests: readonly GuestModel[];
}

/** A window has room for so much of a file's name. */
const longestFile = 48;

function titleOf(path: string): string {
  const file = path.split("/").at(-1) ?? path;
  return `${file.length > longestFile ? `${file.slice(0, longestFile)}…` : file} · guestc report`;
}

export function reportModel(subject: ReportSubject): ReportModel {
  const hosts = numberedHosts(subject);
  const rows = new Map(hosts.map(({ name, row }) => [name, row]));
  const rowOf = (name: string): HostRow => {
    const row = rows.get(name);
    if (row === undefined) throw new Error(`no host is called ${name}`);
    return row;
  };
  const { path, vmm } = subject;
  const guestModel = (guest: GuestSubject, at: number): GuestModel => {
    const { contract } = guest;
    const sighted = sightings(guest, rowOf, path);
    const key = `g${at + 1}`;
    return {
      key,
      name: shown(contract.guest),
      source: shown(formatLocation(contract.span)),
      documentation: shown(contract.documentation.join(" ")),
      cpu: shown(contract.cpu),
      sealed: contract.sealed,
      hosts: guest.hosts.map(({ name }) => rowOf(name)),
      refused: sighted.refused,
      machine: machineLines(sighted.seen, path),
      migrations: migrationsSection(guest, vmm, rowOf, path, key),
      registers: registersSection(contract, sighted, path),
      calls: callsSection(contract, sighted, path),
    };
  };
  return {
    title: titleOf(shown(path)),
    path: shown(path),
    subject: `${count(subject.guests.length, "guest")}, ${hosts.length === 0 ? "no host" : count(hosts.length, "host")}`,
    hosts: hosts.map(({ row }) => row),
    platforms: hosts.some(({ row }) => row.platform !== ""),
    lattice: latticeSection(hosts),
    guests: subject.guests.map(guestModel),
  };
}
