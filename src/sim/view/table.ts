/** What a guest sees as a text for people: by default what is decided or there, with `all` everything. */
import { formatLocation } from "../../diagnostics/span.ts";
import { safeText, wrap } from "../../diagnostics/text/display.ts";
import { noColours, type Palette } from "../../diagnostics/text/palette.ts";
import type { Expected, RegisterOutcome } from "../../predict/index.ts";
import type { IdRegister } from "../../tables/index.ts";
import { callsText } from "./calls-table.ts";
import type { Decider } from "./decider.ts";
import { gridLines } from "./grid.ts";
import { instructionsText } from "./instructions-table.ts";
import { type Layout, lineOf } from "./layout.ts";
import type { FieldSeen, RegisterSeen } from "./registers.ts";
import type { GuestView, RefusedGuest, SeenGuest } from "./view.ts";

export interface TableOptions {
  /** Columns at hand, 72 to 120; default 100. */
  readonly width?: number;
  readonly all?: boolean;
  readonly palette?: Palette;
}

const narrowest = 72;
const widest = 120;

/** The document names the table's source; a cell has no room for it. */
const withoutSource = (why: string): string => why.replace(/ \([a-z0-9.-]+\)$/, "");

/** Who decided, in one cell. */
function deciderText({ by, span, why }: Decider, layout: Layout): string {
  const at = span === undefined ? "" : lineOf(span, layout);
  switch (by) {
    case "statement":
      return at;
    case "baseline":
      return `${at}, baseline ${why}`;
    case "derived":
      return `${at}: ${withoutSource(why)}`;
    case "default":
      return `default, ${why}`;
    case "host":
      return "host";
    case "kvm":
      return why === "" ? "KVM" : `KVM: ${withoutSource(why)}`;
  }
}

const bits = ({ lsb, width }: { readonly lsb: number; readonly width: number }): string =>
  width === 1 ? String(lsb) : `${lsb + width - 1}:${lsb}`;

const shortest = (value: bigint): string => (value < 10n ? String(value) : `0x${value.toString(16)}`);

function fieldRow({ field, value, meaning, features, decided }: FieldSeen, layout: Layout): string[] {
  return [
    bits(field),
    field.name,
    shortest(value),
    meaning ?? "",
    features.join(" "),
    deciderText(decided, layout),
  ];
}

function valueText(outcome: Expected<RegisterOutcome>): string {
  if (!outcome.known) return `not decided: ${outcome.because}`;
  const { value } = outcome;
  if (typeof value === "bigint") return `0x${value.toString(16).padStart(16, "0")}`;
  return value === "any" ? `differs: ${outcome.because}` : `${value}: ${outcome.because}`;
}

const kinds: readonly (readonly [IdRegister["kind"], string])[] = [
  ["aarch64-id", "AArch64 ID registers"],
  ["identification", "identity"],
  ["extension-id", "extensions"],
  ["aarch32-id", "AArch32 ID registers"],
];

function registerLines(one: RegisterSeen, layout: Layout): readonly string[] {
  const fields = one.fields.filter(({ notable }) => layout.all || notable);
  const name = layout.palette.strong(one.register.name);
  const padding = " ".repeat(Math.max(1, 20 - one.register.name.length));
  const [first = "", ...more] = wrap(valueText(one.outcome), layout.width - 22);
  return [
    `  ${name}${padding}${first}`,
    ...more.map((line) => " ".repeat(22) + line),
    ...gridLines(
      fields.map((field) => fieldRow(field, layout)),
      layout.width,
      4,
    ),
  ];
}

/** Whether a register has a line where not all have one. */
export function isNotable({ register, fields, outcome }: RegisterSeen): boolean {
  if (fields.some(({ notable }) => notable)) return true;
  if (register.kind === "aarch32-id") return false;
  return !outcome.known || (typeof outcome.value === "bigint" && outcome.value !== 0n);
}

function registersText({ registers }: SeenGuest, layout: Layout): readonly string[] {
  const lines: string[] = [];
  for (const [kind, title] of kinds) {
    const ofKind = registers.filter(({ register }) => register.kind === kind);
    const told = ofKind.filter((one) => layout.all || isNotable(one));
    if (told.length === 0) continue;
    lines.push("", layout.palette.strong(title));
    for (const one of told) lines.push(...registerLines(one, layout));
    const rest = ofKind.length - told.length;
    if (rest > 0) lines.push(`  ${rest} more in which nothing is decided or there`);
  }
  return lines;
}

function factsText({ facts }: SeenGuest, layout: Layout): readonly string[] {
  const rows = facts.map(({ label, value, decided }) => [label, value, deciderText(decided, layout)]);
  return ["", layout.palette.strong("machine"), ...gridLines(rows, layout.width, 2)];
}

function refusalText(refused: RefusedGuest, layout: Layout): readonly string[] {
  const { operation, index, errno, why, span } = refused;
  const rows = [
    ["operation", `${index + 1} of the plan, phase ${operation.phase}`],
    ["call", `${operation.ioctl.name} ${operation.name}`],
    ["sets", operation.summary],
    ["answer", errno],
    ["because", why],
    ["asked for by", formatLocation(span)],
  ];
  return ["", layout.palette.error("KVM refuses the guest"), ...gridLines(rows, layout.width, 2)];
}

/** Ends with a line end. */
export function viewText(view: GuestView, options: TableOptions = {}): string {
  const { contract, hostName, profile, outcome } = view;
  const palette = options.palette ?? noColours;
  const width = Math.min(widest, Math.max(narrowest, options.width ?? 100));
  const layout: Layout = { width, all: options.all === true, palette, file: contract.span.file };
  const { name, platform } = profile.cpu;
  const cpu = platform === "" ? name : `${name}, ${platform}`;
  const lines = [
    palette.strong(safeText(`guest ${contract.guest} on host ${hostName}`)),
    ...wrap(`linux ${profile.kernel.release} on ${cpu} (${profile.origin})`, width),
    ...wrap(`lines are those of ${contract.span.file.path}`, width),
  ];
  if (outcome.kind === "refused") lines.push(...refusalText(outcome, layout));
  else {
    if (outcome.level === 2) lines.push("begins at EL2");
    lines.push(
      ...factsText(outcome, layout),
      ...registersText(outcome, layout),
      ...callsText(outcome, view, layout),
      ...instructionsText(outcome, layout),
    );
    if (!layout.all) lines.push("", "`--all` shows every field, call and instruction");
  }
  return `${lines.join("\n")}\n`;
}
