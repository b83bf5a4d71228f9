/** `baseline common of FLEET`: what the hosts of a fleet have in common, computed where a statement asks for it. */
import type { Span } from "../../diagnostics/span.ts";
import { type Baseline, baselineOf } from "../../fleet/baseline.ts";
import { isOfAArch32 } from "../../fleet/choose.ts";
import { classOf, type Fleet, mergeFleets } from "../../fleet/classes.ts";
import { commonCpu } from "../../fleet/common.ts";
import { conflictsOver, untold } from "../../fleet/conflicts.ts";
import { offerOf } from "../../fleet/host-offer.ts";
import { leastToLeaveOut } from "../../fleet/least.ts";
import type { FacilityName } from "../../fleet/offer.ts";
import { remediesFor } from "../../fleet/remedies.ts";
import { listed, parseSet } from "../../fleet/values.ts";
import { hostNames, plural, some } from "../../fleet/words.ts";
import type { HostProfile } from "../../hosts/profile.ts";
import { contractRegisters, fieldCalled, fieldKey, registerOfKey } from "../../tables/index.ts";
import { type Declaration, lookUp, type Scope } from "../names.ts";
import type { Report } from "../report.ts";
import { printFieldValue } from "../values.ts";
import { facilities, identityRegisters, type ResolvedCpu } from "./resolve.ts";
import { stateOf } from "./state.ts";
import type { CpuStatements } from "./statements.ts";

/** A fleet's common CPU for one `cpu` block. */
export interface CommonOf {
  readonly fleet: Declaration;
  readonly statement: Span;
  readonly baseline: Baseline;
}

export interface CommonCpus {
  /**
   * What the block's baseline asks for; undefined where it asks for no fleet, or where the fleet or one of its hosts
   * is not known, which is reported.
   */
  readonly of: (statements: CpuStatements) => CommonOf | undefined;
}

/** What the checker knows of fleets and hosts; asked only where a statement needs it. */
export interface FleetSource {
  /** Names of a fleet's hosts, each once. */
  readonly hostsOf: (fleet: Declaration) => readonly string[];
  readonly profiles: () => ReadonlyMap<string, HostProfile>;
}

const wantedBy = ({ singles }: CpuStatements): readonly FacilityName[] =>
  facilities.filter((name) => {
    const stated = singles[name];
    return stated !== undefined && stated.value !== "off";
  });

export function commonCpus(scope: Scope, source: FleetSource, report: Report): CommonCpus {
  const fleets = new Map<string, Fleet | undefined>();
  const baselines = new Map<string, Baseline | undefined>();

  const read = (declaration: Declaration, statement: Span): Fleet | undefined => {
    const profiles = source.profiles();
    const names = source.hostsOf(declaration);
    const classes: Fleet[] = [];
    let isWhole = names.length > 0;
    for (const name of names) {
      const profile = profiles.get(name);
      const offer = profile === undefined ? undefined : offerOf(profile);
      if (offer !== undefined) classes.push([classOf(offer, name)]);
      else isWhole = false;
      // A host that cannot be read or derived has been reported where it is declared.
      if (profile === undefined || offer !== undefined) continue;
      const host = scope.host.get(name)?.nameSpan;
      report.add(
        "fleet-without-common",
        statement,
        { fleet: declaration.name, why: `KVM refuses every vCPU on \`${name}\`` },
        {
          ...(host === undefined ? {} : { related: [{ span: host, message: "declared here" }] }),
          help: [`leave \`${name}\` out of the fleet, or record its profile again`],
        },
      );
    }
    return isWhole ? mergeFleets(classes) : undefined;
  };

  const of = (statements: CpuStatements): CommonOf | undefined => {
    const stated = statements.singles.baseline;
    if (stated?.value.kind !== "common") return undefined;
    const fleet = lookUp(stated.value.fleet, ["fleet"], scope, report);
    if (fleet === undefined) return undefined;
    if (!fleets.has(fleet.name)) fleets.set(fleet.name, read(fleet, stated.span));
    const classes = fleets.get(fleet.name);
    if (classes === undefined) return undefined;
    const wanted = wantedBy(statements);
    const key = `${fleet.name} ${wanted.join(" ")}`;
    if (!baselines.has(key)) baselines.set(key, baselineOf(classes, wanted));
    const baseline = baselines.get(key);
    return baseline === undefined ? undefined : { fleet, statement: stated.span, baseline };
  };

  return { of };
}

/** The statements with their baseline's values put in. */
export function withCommon(statements: CpuStatements, common: CommonOf | undefined): CpuStatements {
  const stated = statements.singles.baseline;
  if (common === undefined || stated?.value.kind !== "common") return statements;
  const value = { ...stated.value, cpu: commonCpu(common.baseline) };
  return { ...statements, singles: { ...statements.singles, baseline: { ...stated, value } } };
}

/** Facilities that the block switches on and that the fleet does not have in common. */
function checkFacilities(
  { baseline, fleet, statement }: CommonOf,
  statements: CpuStatements,
  report: Report,
) {
  for (const name of wantedBy(statements)) {
    const stated = statements.singles[name];
    if (stated === undefined || baseline.facilities.includes(name)) continue;
    const unlike = baseline.dropped.find(({ facility }) => facility === name);
    const lacking = baseline.fleet.filter(({ offer }) => !offer.facilities.has(name));
    const why =
      unlike !== undefined
        ? `no value suits all in ${some(unlike.fields)}`
        : lacking.length > 0
          ? `not on ${hostNames(lacking)}`
          : "no vector length is common";
    report.add(
      "common-lacks-facility",
      stated.span,
      { facility: name, fleet: fleet.name, why },
      { related: [{ span: statement, message: "what the hosts have in common is taken here" }] },
    );
  }
}

/** The fields in conflict that no statement decides. */
function conflictsLeft({ baseline }: CommonOf, { cells, architecture }: ResolvedCpu): readonly string[] {
  const noAArch32 = stateOf(cells, architecture).feature("FEAT_AA32EL0") === false;
  return contractRegisters()
    .flatMap((register) => register.fields)
    .filter((field) => baseline.open.get(fieldKey(field)) === "conflict")
    .filter((field) => !(noAArch32 && isOfAArch32(field)))
    .map(fieldKey)
    .filter((key) => {
      const cell = cells.get(key);
      return cell?.value === "host" && cell.origin.kind === "baseline";
    });
}

/**
 * Reports what keeps a fleet from having a common CPU.
 *
 * @returns whether it has one
 */
export function checkCommon(
  common: CommonOf,
  resolved: ResolvedCpu,
  statements: CpuStatements,
  scope: Scope,
  report: Report,
): boolean {
  checkFacilities(common, statements, report);
  const keys = conflictsLeft(common, resolved);
  if (keys.length === 0) return true;
  const { baseline, fleet, statement } = common;
  const byId = new Map(baseline.fleet.map((one) => [one.id, one]));
  const notes: string[] = [];
  const saidOf = new Map<string, string[]>();
  for (const { fields, sides } of conflictsOver(baseline.fleet, keys))
    for (const { field: key, takes } of fields) {
      const field = fieldCalled(key);
      const words = takes.map((text) => {
        if (text === untold) return "not known";
        const values = listed(parseSet(text) ?? [], 4);
        return values.map((value) => printFieldValue(field, value)).join(" or ");
      });
      const names = sides.map((ids) =>
        hostNames(
          ids.flatMap((id) => byId.get(id) ?? []),
          2,
        ),
      );
      notes.push(`${key}: ${words.map((word, at) => `${word} on ${names[at]}`).join("; ")}`);
      for (const [at, ids] of sides.entries()) {
        const host = byId.get(ids[0] ?? "")?.names[0];
        if (host !== undefined) saidOf.set(host, [...(saidOf.get(host) ?? []), `${key} ${words[at]}`]);
      }
    }
  const shown = 8;
  const leaveOut = leastToLeaveOut(baseline.fleet, new Set(keys));
  report.add(
    "fleet-without-common",
    statement,
    {
      fleet: fleet.name,
      why: `${keys.length === 1 ? `${keys[0]} has` : `${keys.length} fields have`} no value that suits all`,
    },
    {
      related: [...saidOf].flatMap(([host, said]) => {
        const span = scope.host.get(host)?.nameSpan;
        return span === undefined ? [] : [{ span, message: some(said, 3) }];
      }),
      notes: [
        ...notes.slice(0, shown),
        ...(notes.length > shown ? [`and ${plural(notes.length - shown, "more field")}`] : []),
      ],
      help: [
        ...(leaveOut.length === baseline.fleet.length
          ? []
          : [`the fewest to leave out of the fleet: ${hostNames(leaveOut, 8)}`]),
        ...remediesFor(baseline.fleet, keys).map(({ words }) => words),
        leavesOpen(keys),
        `\`guestc baseline ${fleet.nameSpan.file.path} --fleet ${fleet.name}\` tells all about the fleet`,
      ],
    },
  );
  return false;
}

/** How to let the hosts differ in these fields. */
function leavesOpen(keys: readonly string[]): string {
  const whole = identityRegisters.filter(({ register }) =>
    keys.some((key) => registerOfKey(key) === register),
  );
  const others = keys.filter((key) => !whole.some(({ register }) => registerOfKey(key) === register));
  const words = [
    ...whole.map(({ statement }) => `\`${statement} host\``),
    ...others.slice(0, 3).map((key) => `\`field ${key} = host\``),
  ];
  const more = others.length > 3 ? " …" : "";
  return `${words.join(", ")}${more} ${words.length === 1 ? "leaves" : "leave"} to each host what it shows: a guest that moves then sees it change`;
}
