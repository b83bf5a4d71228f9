/** The common CPU of a fleet as a table: what it has, who limits it, and what stands against it. */
import { printFieldValue } from "../checker/values.ts";
import { architectureWord, describeOneReg, fieldKey } from "../tables/index.ts";
import { assumptionLines, unknownLines } from "./assumption-text.ts";
import type { Baseline } from "./baseline.ts";
import { aarch32Switch, isOfAArch32 } from "./choose.ts";
import type { Fleet } from "./classes.ts";
import { conflictLines } from "./conflict-text.ts";
import { gainsOf } from "./gains.ts";
import { limitsOf, unevenRegisters } from "./limits.ts";
import { type Bound, machineOf } from "./machine.ts";
import { facilityNames } from "./offer.ts";
import { columns, hostNames, hostsOf, plural, some, withShortNames } from "./words.ts";

function facilityLine(baseline: Baseline, name: (typeof facilityNames)[number]): string {
  const { common, facilities, dropped, fleet } = baseline;
  if (facilities.includes(name)) return name === "sve" ? `lengths ${common.vectorLengths.join(", ")}` : "on";
  const unlike = dropped.find((one) => one.facility === name);
  if (unlike !== undefined) return `off: the hosts have it, but not alike (${some(unlike.fields)})`;
  const lacking = fleet.filter(({ offer }) => !offer.facilities.has(name));
  if (lacking.length > 0)
    return lacking.length === fleet.length ? "off: no host has it" : `off: not on ${hostNames(lacking)}`;
  return name === "sve" && common.vectorLengths.length === 0
    ? "off: no vector length is common"
    : "off: every host has it; ask for it with --with";
}

function boundWords({ value, by }: Bound, unit: string): string {
  return `up to ${value}${unit}${by.length === 0 ? "" : ` (limited by ${hostNames(by)})`}`;
}

/** `on every host`, or where not. */
function exceptOn(lacking: Fleet, fleet: Fleet): string {
  if (lacking.length === 0) return "on every host";
  return lacking.length === fleet.length ? "on no host" : `not on ${hostNames(lacking)}`;
}

function machineRows(baseline: Baseline): readonly (readonly string[])[] {
  const { ipaBits, vcpus, gic, noCounterOffset, noStolenTime } = machineOf(baseline);
  return [
    ["guest memory", boundWords(ipaBits, " bits of address")],
    ["vCPUs", vcpus === undefined ? "not told" : boundWords(vcpus, "")],
    ["GIC", gic === undefined ? "not told" : gic.join(", ") || "none in common"],
    ["counter offset", exceptOn(noCounterOffset, baseline.fleet)],
    ["stolen time", exceptOn(noStolenTime, baseline.fleet)],
  ];
}

/** The AArch32 registers of a guest whose EL0 has none hold nothing: one line for all of them. */
function limitRows(baseline: Baseline): readonly (readonly string[])[] {
  const limits = limitsOf(baseline);
  const el0 = aarch32Switch();
  const value = el0 === undefined ? undefined : baseline.values.get(el0.key);
  const without = el0 !== undefined && value !== undefined && !el0.has(value);
  const twins = without ? limits.filter(({ field }) => isOfAArch32(field)) : [];
  const rows = limits
    .filter((one) => !twins.includes(one))
    .map(({ field, value: common, could, by }) => [
      fieldKey(field),
      printFieldValue(field, common),
      printFieldValue(field, could),
      by.length === 0 ? "what goes with it" : hostNames(by),
    ]);
  return twins.length === 0
    ? rows
    : [
        ...rows,
        [`AArch32 registers: ${plural(twins.length, "field")}`, "", "", `go with ${el0?.key ?? "EL0"}`],
      ];
}

function gainLines(baseline: Baseline): readonly string[] {
  return gainsOf(baseline).flatMap(({ without, features, facilities }) => {
    const names = features.filter((name) => !facilities.some((one) => name === `FEAT_${one.toUpperCase()}`));
    return [
      `  without ${hostNames(without)}`,
      `    ${[...facilities, ...(names.length === 0 ? [] : [some(names, 10)])].join(", ")}`,
    ];
  });
}

/** A file's path beside each name would drown what is said of it. */
function shortened(baseline: Baseline): Baseline {
  const fleet = withShortNames(baseline.fleet);
  const left = new Set(baseline.leaveOut.map(({ id }) => id));
  return { ...baseline, fleet, leaveOut: fleet.filter(({ id }) => left.has(id)) };
}

/** Ends with a newline. */
export function baselineTable(given: Baseline): string {
  const baseline = shortened(given);
  const { fleet, common, guest } = baseline;
  const { counters } = common;
  const range =
    counters === undefined
      ? "not told"
      : counters.least === counters.most
        ? String(counters.least)
        : `${counters.least} to ${counters.most}`;
  const facts: (readonly string[])[] = [
    ["hosts", `${hostsOf(fleet)} in ${fleet.length === 1 ? "one class" : `${fleet.length} classes`}`],
    ["kernel", `linux ${common.kernel} or later`],
    ["baseline", architectureWord(baseline.architecture.name)],
    ...facilityNames.map((name) => [name, facilityLine(baseline, name)]),
    ["PMU counters", range],
    ...machineRows(baseline),
    ["PSCI", guest.psci ?? "no common version"],
    ["services", guest.services.join(", ") || "none"],
    ...[...guest.workarounds].map(([name, level]) => [
      name.replace(/^KVM_REG_ARM_SMCCC_ARCH_/, ""),
      String(level),
    ]),
    ["registers", `${common.registers.size} listed by every host`],
  ];
  const lines = [...columns(facts)];
  const limits = limitRows(baseline);
  if (limits.length > 0) {
    lines.push("", "who limits what");
    lines.push(...columns([["field", "common", "could be", "limited by"], ...limits]));
  }
  const gains = gainLines(baseline);
  if (gains.length > 0) lines.push("", "what the others would have besides", ...gains);
  if (baseline.lowered.length > 0) {
    lines.push("", "lowered, because the architecture asks for it");
    for (const { field, from, to, rule } of baseline.lowered)
      lines.push(`  ${field} ${from} to ${to}: ${rule}`);
  }
  if (baseline.broken.length > 0) {
    lines.push("", "against the architecture, and nothing that may be written mends it");
    for (const { words, id, byHosts } of baseline.broken)
      lines.push(`  ${words} (${id})${byHosts ? ": hosts show it so" : ""}`);
  }
  const uneven = unevenRegisters(baseline);
  if (uneven.length > 0) {
    lines.push("", "registers that not every host lists");
    const groups = new Map<string, { names: string[]; lacking: Fleet }>();
    for (const { id, lacking } of uneven) {
      const key = lacking.map((one) => one.id).join();
      const group = groups.get(key) ?? { names: [], lacking };
      group.names.push(describeOneReg(id)?.name ?? `0x${id.toString(16).padStart(16, "0")}`);
      groups.set(key, group);
    }
    for (const { names, lacking } of groups.values())
      lines.push(`  ${plural(names.length, "register")} not on ${hostNames(lacking)}: ${some(names)}`);
  }
  lines.push(...unknownLines(baseline), ...assumptionLines(fleet), ...conflictLines(baseline));
  return `${lines.join("\n")}\n`;
}
