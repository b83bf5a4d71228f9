/** The common CPU of a fleet as a table: what it has, and who limits it. */
import { printFieldValue } from "../checker/values.ts";
import { architectureWord, describeOneReg, field as findField } from "../tables/index.ts";
import type { Baseline } from "./baseline.ts";
import { className, type Fleet, type FleetClass } from "./classes.ts";
import type { Conflict } from "./conflicts.ts";
import { limitsOf, unevenRegisters } from "./limits.ts";
import { facilityNames } from "./offer.ts";
import { listed, parseSet, size } from "./values.ts";
import { hostNames, hostsOf, most, plural, some } from "./words.ts";

/** Columns as wide as their widest cells; the last is not padded. */
function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) => `  ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ")}`.trimEnd());
}

/** A set of values in words: `0 (NI) to 2 (IMP)`. */
function setWords(key: string, text: string): string {
  const [register = "", name = ""] = key.split(".");
  const field = findField(register, name);
  const set = parseSet(text) ?? [];
  if (set.length === 0) return "nothing";
  if (field !== undefined && size(set) === 1n << BigInt(field.width)) return "any value";
  if (size(set) <= 2n)
    return listed(set)
      .map((value) => printFieldValue(field, value))
      .join(" or ");
  return text.replaceAll("-", " to ").replaceAll(",", ", ");
}

function conflictLines(
  { fields, sides }: Conflict,
  byId: ReadonlyMap<string, FleetClass>,
): readonly string[] {
  const names = sides.map((ids) => hostNames(ids.flatMap((id) => byId.get(id) ?? [])));
  return [
    ...fields.slice(0, most).map(({ field, takes }) => {
      const each = takes.map((text, at) => `${setWords(field, text)} on [${at + 1}]`);
      return `  ${field}: ${each.join(", ")}`;
    }),
    ...(fields.length > most ? [`  and ${plural(fields.length - most, "more field")} alike`] : []),
    ...names.map((words, at) => `    [${at + 1}] ${words}`),
  ];
}

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

/** Ends with a newline. */
export function baselineTable(baseline: Baseline): string {
  const { fleet, common, guest, conflicts, leaveOut } = baseline;
  const byId = new Map(fleet.map((one) => [one.id, one]));
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
    ["PSCI", guest.psci ?? "no common version"],
    ["services", guest.services.join(", ") || "none"],
    ...[...guest.workarounds].map(([name, level]) => [
      name.replace(/^KVM_REG_ARM_SMCCC_ARCH_/, ""),
      String(level),
    ]),
    ["registers", `${common.registers.size} listed by every host`],
  ];
  const lines = [...columns(facts)];
  const limits = limitsOf(baseline);
  if (limits.length > 0) {
    lines.push("", "who limits what");
    lines.push(
      ...columns([
        ["field", "common", "could be", "limited by"],
        ...limits.map(({ field, value, could, by }) => [
          `${field.register}.${field.name}`,
          printFieldValue(field, value),
          printFieldValue(field, could),
          by.length === 0 ? "what goes with it" : hostNames(by),
        ]),
      ]),
    );
  }
  if (baseline.lowered.length > 0) {
    lines.push("", "lowered, because the architecture asks for it");
    for (const { field, from, to, rule } of baseline.lowered)
      lines.push(`  ${field} ${from} to ${to}: ${rule}`);
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
  if (conflicts.length > 0) {
    lines.push("", "no common guest");
    for (const conflict of conflicts) lines.push(...conflictLines(conflict, byId));
    lines.push("", `without ${plural(hostsOf(leaveOut), "host")} the others have one`);
    for (const one of leaveOut) lines.push(`  ${className(one)}`);
  }
  return `${lines.join("\n")}\n`;
}
