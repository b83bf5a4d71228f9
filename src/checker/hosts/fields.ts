/** The fields of a contract's ID registers against what a host shows and lets user space write. */
import type { Contract, FieldContract, RegisterContract } from "../../contract.ts";
import type { Span } from "../../diagnostics/span.ts";
import { spanText } from "../../diagnostics/span.ts";
import { isOfAArch32 } from "../../fleet/choose.ts";
import { judgeField } from "../../hosts/judge.ts";
import type { Verdict } from "../../hosts/profile.ts";
import {
  type ExprState,
  type Field,
  fieldKey,
  fieldOf,
  fieldRules,
  capability as findCapability,
  feature as findFeature,
  field as findField,
  mentioned,
  vcpuFeature,
} from "../../tables/index.ts";
import { identityRegisters } from "../cpu/resolve.ts";
import { type Cells, stateOf } from "../cpu/state.ts";
import type { Report } from "../report.ts";
import { printFieldValue } from "../values.ts";
import type { HostOfGuest } from "./check.ts";

interface Refusal {
  readonly field: Field;
  readonly wanted: FieldContract;
  readonly verdict: Verdict;
}

/** What has been reported already, and makes the fields behind it beside the point. */
interface Known {
  readonly refusedFeatures: ReadonlySet<string>;
  readonly missingCapabilities: ReadonlySet<number>;
}

/** What refused vCPU features and missing capabilities take with them. */
interface Gone {
  /** Places of the statements that asked for them. */
  readonly spans: readonly Span[];
  readonly facilities: ReadonlySet<string>;
  /** Registers that read as zero without them, by the tables' field rules. */
  readonly registers: ReadonlySet<string>;
}

function goneWith(contract: Contract, known: Known): Gone {
  const features = contract.vcpuFeatures.filter(({ value }) => known.refusedFeatures.has(value));
  const capabilities = contract.capabilities.filter(({ value }) =>
    known.missingCapabilities.has(findCapability(value)?.number ?? -1),
  );
  const facilities = new Set([
    ...features.map(({ value }) => vcpuFeature(value)?.statement?.name ?? ""),
    ...capabilities.flatMap(({ value }) => findCapability(value)?.statements ?? []),
  ]);
  const registers = new Set<string>();
  for (const { rule } of fieldRules()) {
    if (!("if" in rule) || !("regIsZero" in rule.then)) continue;
    const { regIsZero } = rule.then;
    mentioned(rule.if, {
      feature: (name) => {
        if (facilities.has(findFeature(name)?.facility ?? "")) registers.add(regIsZero);
      },
    });
  }
  return { spans: [...features, ...capabilities].map(({ origin }) => origin.span), facilities, registers };
}

function besideThePoint(field: Field, wanted: FieldContract, gone: Gone): boolean {
  const { span } = wanted.origin;
  return (
    gone.facilities.has(field.facility ?? "") ||
    gone.registers.has(field.register) ||
    gone.spans.some((one) => one.file === span.file && one.start <= span.start && span.end <= one.end)
  );
}

/** Whether a register shows what is wanted of it already; KVM takes the value that it shows. */
function showsAsWanted(register: RegisterContract, reading: bigint | null | undefined): boolean {
  if (typeof reading !== "bigint") return false;
  return register.fields.every((field) => field.value === "host" || field.value === fieldOf(reading, field));
}

function refusals(contract: Contract, host: HostOfGuest, known: Known): readonly Refusal[] {
  const { configuration } = host;
  const gone = goneWith(contract, known);
  const found: Refusal[] = [];
  for (const register of contract.registers) {
    if (showsAsWanted(register, configuration.registers.get(register.id))) continue;
    for (const wanted of register.fields) {
      const field = wanted.value === "host" ? undefined : findField(register.name, wanted.name);
      if (field === undefined || wanted.value === "host" || besideThePoint(field, wanted, gone)) continue;
      const verdict = judgeField(host.profile, configuration, register.name, wanted.name, wanted.value);
      if (!verdict.accepted) found.push({ field, wanted, verdict });
    }
  }
  return found;
}

function explain({ field, wanted, verdict }: Refusal): string {
  const shown =
    verdict.shown === undefined ? "" : `, the host shows ${printFieldValue(field, verdict.shown)}`;
  return `${fieldKey(field)} = ${printFieldValue(field, wanted.value)}${shown}: ${verdict.fact}`;
}

/** The features of a contract, by its fields. */
function stateOfContract(contract: Contract): ExprState {
  const cells: Cells = new Map();
  for (const register of contract.registers)
    for (const { name, value, origin } of register.fields) {
      const field = findField(register.name, name);
      if (field !== undefined) cells.set(fieldKey(field), { field, value, origin });
    }
  return stateOf(cells, undefined);
}

/**
 * What to write where a host refuses fields.
 *
 * @param statement text of the statement that decided them.
 * @param host the host's name in the program
 */
function wayOut(group: readonly Refusal[], statement: string, host: string): string {
  const them = group.length === 1 ? "it" : "them";
  const register = group[0]?.field.register;
  const identity = identityRegisters.find((one) => one.register === register);
  if (identity !== undefined) return `\`${identity.statement} host\` leaves ${them} to the host`;
  if (statement.startsWith("version ")) return `\`version host\` leaves ${them} to the host`;
  const open = group.slice(0, 3).map(({ field }) => `\`field ${fieldKey(field)} = host\``);
  const leave = `${open.join(", ")}${group.length > 3 ? " …" : ""} ${group.length === 1 ? "leaves" : "leave"} ${them} to the host`;
  const origin = group[0]?.wanted.origin;
  if (origin?.kind !== "baseline") return leave;
  return origin.fleet === undefined
    ? `take a baseline that the host has; ${leave}`
    : `add \`${host}\` to \`fleet ${origin.fleet}\`, so that what it has counts too; ${leave}`;
}

/** One diagnostic for each statement that decided refused fields. */
export function checkFields(contract: Contract, host: HostOfGuest, known: Known, report: Report): void {
  const state = stateOfContract(contract);
  const groups = new Map<string, { span: Span; refusals: Refusal[] }>();
  for (const refusal of refusals(contract, host, known)) {
    const { span } = refusal.wanted.origin;
    const key = `${span.file.path} ${span.start} ${refusal.wanted.origin.kind === "default" ? refusal.field.facility : ""}`;
    const group = groups.get(key) ?? { span, refusals: [] };
    group.refusals.push(refusal);
    groups.set(key, group);
  }
  for (const { span, refusals: group } of groups.values()) {
    const [first] = group;
    if (first === undefined) continue;
    const single = group.length === 1;
    const byDefault =
      first.wanted.origin.kind === "default"
        ? ` (\`${first.wanted.origin.statement}\` is off by default)`
        : "";
    const feature = findFeature(spanText(span));
    const present = feature === undefined ? undefined : state.feature(feature.name);
    const shown = `\`${fieldKey(first.field)}\` as ${printFieldValue(first.field, first.wanted.value)}${byDefault}`;
    const what =
      feature !== undefined && present !== undefined
        ? `${present ? "" : "a CPU without "}\`${feature.name}\``
        : single
          ? shown
          : `${group.length} fields as \`${spanText(span).replace(/\s+/g, " ")}\` decides them${byDefault}`;
    report.add(
      "host-refuses-field",
      span,
      { host: host.name, what },
      {
        related: [{ span: host.span, message: "the guest runs on it" }],
        notes: [
          ...group.slice(0, 10).map(explain),
          ...(group.length > 10 ? [`and ${group.length - 10} more fields`] : []),
        ],
        help: [
          feature !== undefined && present !== undefined
            ? `remove \`${present ? "with" : "without"} ${feature.name}\``
            : wayOut(group, spanText(span), host.name),
        ],
      },
    );
  }
}

/** Fields left open in which the hosts of a guest show different values. */
export function checkHostsAgree(contract: Contract, hosts: readonly HostOfGuest[], report: Report): void {
  const [first, ...others] = hosts;
  if (first === undefined || others.length === 0) return;
  const differing: string[] = [];
  const noAArch32 = stateOfContract(contract).feature("FEAT_AA32EL0") === false;
  for (const register of contract.registers) {
    const readings = hosts.map(({ configuration }) => configuration.registers.get(register.id) ?? undefined);
    for (const open of register.fields) {
      if (open.value !== "host") continue;
      const field = findField(register.name, open.name);
      const values = readings.map((reading) => (reading === undefined ? undefined : fieldOf(reading, open)));
      const known = values.filter((value) => value !== undefined);
      if (field === undefined || new Set(known).size < 2) continue;
      // Where EL0 has no AArch32 its registers hold anything (Arm ARM: UNKNOWN), and no software may go by them.
      if (noAArch32 && isOfAArch32(field)) continue;
      const each = hosts.map(
        (host, index) =>
          `${host.name} ${values[index] === undefined ? "unknown" : printFieldValue(field, values[index])}`,
      );
      differing.push(`${fieldKey(field)}: ${each.join(", ")}`);
    }
  }
  if (differing.length === 0) return;
  report.add(
    "hosts-differ",
    contract.span,
    { guest: contract.guest, fields: differing.length === 1 ? "one field" : `${differing.length} fields` },
    {
      related: hosts.map((host) => ({ span: host.span, message: `${host.name} is one of them` })),
      notes: [
        ...differing.slice(0, 10),
        ...(differing.length > 10 ? [`and ${differing.length - 10} more`] : []),
      ],
      help: ["decide them with `field` or `with`/`without`, where the hosts can be told"],
    },
  );
}
