/** The hosts by what they can offer: who is below whom, and what all have in common at the bottom. */
import { cellsOf, displayWidth } from "../../diagnostics/text/display.ts";
import { type Baseline, baselineOf } from "../../fleet/baseline.ts";
import { classOf, mergeFleets } from "../../fleet/classes.ts";
import { offerOf } from "../../fleet/host-offer.ts";
import { machineOf } from "../../fleet/machine.ts";
import { architectureWord } from "../../tables/index.ts";
import { type HostRow, hostSet, type NumberedHost } from "../hosts.ts";
import { count } from "../words.ts";
import { type BoxText, type Diagram, diagramOf } from "./diagram.ts";
import { offersMore } from "./differences.ts";
import { hasse, type LatticeClass, type OfferedHost } from "./hasse.ts";

/** A class directly above another. */
export interface Cover {
  readonly upper: string;
  readonly lower: string;
  readonly more: readonly string[];
  /** Past those that are shown at once. */
  readonly further: readonly string[];
}

export interface CommonLine {
  readonly label: string;
  readonly value: string;
}

export interface ConflictLine {
  readonly fields: string;
  /** Past those that are named. */
  readonly more: number;
  /** The hosts of each side. */
  readonly sides: readonly string[];
}

export interface LatticeSection {
  /** There is something to show. */
  readonly why: undefined;
  readonly diagram: Diagram;
  /** Index of the node of what all have in common. */
  readonly bottom: number;
  /** Indexes of the nodes on a way up or down from each, itself among them, as words of an attribute. */
  readonly related: readonly string[];
  readonly summary: string;
  readonly covers: readonly Cover[];
  /** What all have in common. */
  readonly common: readonly CommonLine[];
  /** Where fields have no common value. */
  readonly conflicts: readonly ConflictLine[];
  /** Past those that are shown at once. */
  readonly furtherConflicts: readonly ConflictLine[];
  readonly leaveOut: string;
  /** Hosts whose profiles have no vCPU configuration that works. */
  readonly left: string;
}

export interface NoLattice {
  readonly why: string;
}

/** Columns. */
const longestName = 25;
const mostNames = 3;
const mostMore = 6;
const mostConflictFields = 8;
const mostConflicts = 6;

/** As much of a name as a box has room for. */
function short(name: string): string {
  if (displayWidth(name) <= longestName) return name;
  let kept = "";
  for (const { text } of cellsOf(name)) {
    if (displayWidth(kept + text) >= longestName) break;
    kept += text;
  }
  return `${kept}…`;
}

function boxText(hosts: readonly HostRow[]): BoxText {
  const [first] = hosts;
  const names = hosts
    .slice(0, hosts.length > mostNames ? mostNames - 1 : mostNames)
    .map(({ name }) => short(name));
  const rest = hosts.length - names.length;
  const cpus = [...new Set(hosts.map(({ cpu }) => cpu))];
  const kernels = [...new Set(hosts.map(({ kernel }) => kernel.split(".").slice(0, 2).join(".")))];
  const machine = `${cpus.length > 1 ? count(cpus.length, "core") : (first?.cpu ?? "")} · ${kernels.length > 2 ? `${kernels[0]}–${kernels.at(-1)}` : kernels.join(", ")}`;
  return {
    lines: [...names, ...(rest > 0 ? [`and ${rest} more`] : []), short(machine)],
    title: hosts.map(({ name, cpu, kernel }) => `${name} (${cpu}, linux ${kernel})`).join(", "),
  };
}

/** What all hosts have in common, in a few words. */
function commonText({ conflicts, architecture, facilities }: Baseline): {
  readonly lines: readonly string[];
  readonly title: string;
} {
  if (conflicts.length > 0) {
    const fields = conflicts.reduce((sum, one) => sum + one.fields.length, 0);
    return {
      lines: ["no common guest", `${count(fields, "field")} conflict${fields === 1 ? "s" : ""}`],
      title: "What all hosts have in common: no guest CPU",
    };
  }
  const words = [architectureWord(architecture.name), ...facilities].join(" · ");
  return { lines: ["common to all", short(words)], title: `What all hosts have in common: ${words}` };
}

function commonLines(baseline: Baseline): readonly CommonLine[] {
  const { common, architecture, facilities, dropped, guest, values } = baseline;
  const { ipaBits, vcpus, gic } = machineOf(baseline);
  const line = (label: string, value: string | undefined): readonly CommonLine[] =>
    value === undefined ? [] : [{ label, value }];
  const list = (words: readonly string[]): string => (words.length === 0 ? "none" : words.join(", "));
  const alike = dropped.map(({ facility, fields }) => `${facility} (${fields.join(", ")})`);
  const { vectorLengths: lengths } = common;
  return [
    ...line("architecture", architectureWord(architecture.name)),
    ...line("facilities", list(facilities)),
    ...line("on every host, not alike", alike.length === 0 ? undefined : alike.join(", ")),
    ...line("vector lengths", lengths.length === 0 ? undefined : `${lengths.join(", ")} bits`),
    ...line("PSCI", guest.psci ?? "none in common"),
    ...line("services", list(guest.services)),
    ...line("guest memory", `up to ${ipaBits.value} bits of address`),
    ...line("vCPUs", vcpus === undefined ? undefined : `up to ${vcpus.value}`),
    ...line(
      "interrupts",
      gic === undefined ? undefined : list(gic.map((name) => (name === "its" ? "ITS" : `GIC${name}`))),
    ),
    ...line("ID register fields", `${values.size} with a common value`),
  ];
}

/** Index of the class that is itself what all have in common: all others are above it; -1: there is none. */
function leastOf(classes: readonly LatticeClass[]): number {
  return classes.findIndex((_, at) => classes.every((one, other) => other === at || one.below.includes(at)));
}

function coversOf(classes: readonly LatticeClass[]): readonly Cover[] {
  return classes.flatMap(({ hosts, offer, covers }) =>
    covers.flatMap((at) => {
      const lower = classes[at];
      if (lower === undefined) return [];
      const more = offersMore(lower.offer, offer);
      return [
        {
          upper: hostSet(hosts).text,
          lower: hostSet(lower.hosts).text,
          more: more.slice(0, mostMore),
          further: more.slice(mostMore),
        },
      ];
    }),
  );
}

function summaryOf(classes: readonly LatticeClass[], hosts: number): string {
  const merged = classes.length < hosts ? `, ${count(classes.length, "class", "classes")} of equal ones` : "";
  const pairs = classes.reduce((sum, { below }) => sum + below.length, 0);
  const apart = (classes.length * (classes.length - 1)) / 2 - pairs;
  const order =
    classes.length === 1
      ? "All can offer a guest the same."
      : apart === 0
        ? "Each can offer all that those below it can."
        : pairs === 0
          ? "None can offer all that another can."
          : `${count(pairs, "pair")} in order, ${apart} in which each can offer something that the other cannot.`;
  return `${count(hosts, "host")}${merged}. ${order}`;
}

function drawn(
  classes: readonly LatticeClass[],
  baseline: Baseline,
): Pick<LatticeSection, "diagram" | "bottom" | "related"> {
  const common = commonText(baseline);
  const least = leastOf(classes);
  const related = classes.map(({ below }, at) => [
    at,
    ...below,
    ...classes.flatMap((one, upper) => (one.below.includes(at) ? [upper] : [])),
  ]);
  const texts = classes.map(({ hosts }, at): BoxText => {
    const text = boxText(hosts);
    return at === least
      ? { lines: [...text.lines, ...common.lines], title: `${text.title}. ${common.title}` }
      : text;
  });
  const ranks = classes.map(({ rank }) => rank);
  const covers = classes.map((one) => one.covers);
  if (least !== -1)
    return {
      diagram: diagramOf(texts, ranks, covers, least),
      bottom: least,
      related: related.map((all) => all.join(" ")),
    };
  const bottom = classes.length;
  return {
    diagram: diagramOf(
      [...texts, common],
      [...ranks.map((rank) => rank + 1), 0],
      [...covers.map((all) => (all.length === 0 ? [bottom] : all)), []],
      bottom,
    ),
    bottom,
    related: [...related.map((all) => [...all, bottom].join(" ")), [...classes.keys(), bottom].join(" ")],
  };
}

export function latticeSection(hosts: readonly NumberedHost[]): LatticeSection | NoLattice {
  if (hosts.length === 0) return { why: "No guest names a host that it runs on." };
  if (hosts.length === 1) return { why: "There is one host, so that there is nothing to put in order." };
  const offered = hosts.flatMap(({ row, profile }): readonly OfferedHost[] => {
    const offer = offerOf(profile);
    return offer === undefined ? [] : [{ host: row, offer }];
  });
  const classes = hasse(offered);
  const baseline = baselineOf(mergeFleets(offered.map(({ host, offer }) => [classOf(offer, host.name)])));
  if (baseline === undefined) return { why: "No host's profile has a vCPU configuration that works." };
  const classOfHost = new Map(offered.map(({ host, offer }) => [host, classOf(offer, host.name).id]));
  const rowsOf = (ids: readonly string[]): readonly HostRow[] =>
    offered.map(({ host }) => host).filter((host) => ids.includes(classOfHost.get(host) ?? ""));
  const conflicts = baseline.conflicts.map(
    ({ fields, sides }): ConflictLine => ({
      fields: fields
        .slice(0, mostConflictFields)
        .map(({ field }) => field)
        .join(", "),
      more: Math.max(0, fields.length - mostConflictFields),
      sides: sides.map((ids) => hostSet(rowsOf(ids)).text),
    }),
  );
  return {
    why: undefined,
    ...drawn(classes, baseline),
    summary: summaryOf(classes, offered.length),
    covers: coversOf(classes),
    common: commonLines(baseline),
    conflicts: conflicts.slice(0, mostConflicts),
    furtherConflicts: conflicts.slice(mostConflicts),
    leaveOut: hostSet(rowsOf(baseline.leaveOut.map(({ id }) => id))).text,
    left: hosts
      .filter(({ row }) => offered.every(({ host }) => host !== row))
      .map(({ row }) => row.name)
      .join(", "),
  };
}
