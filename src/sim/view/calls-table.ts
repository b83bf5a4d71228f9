/** Hypercalls as lines for people. */
import type { FilterRange } from "../../contract.ts";
import { spanText } from "../../diagnostics/span.ts";
import type { Answered, Answerer, CallSeen } from "./calls.ts";
import { outcomeText } from "./calls.ts";
import { gridLines, hangingLines } from "./grid.ts";
import { type Layout, lineOf } from "./layout.ts";
import type { GuestView, SeenGuest } from "./view.ts";

const id = (value: number): string => `0x${value.toString(16).padStart(8, "0")}`;

/** By SMC where an HVC does not leave the guest. */
const mainOf = (seen: SeenGuest) => (call: CallSeen) => (seen.level === 2 ? call.smc : call.hvc);
type Main = ReturnType<typeof mainOf>;

/** All calls of one function id. */
interface FunctionSeen {
  readonly name: string | undefined;
  readonly id: number;
  readonly calls: readonly CallSeen[];
  readonly first: CallSeen;
}

function byFunction(calls: readonly CallSeen[]): readonly FunctionSeen[] {
  const found = new Map<number, CallSeen[]>();
  for (const call of calls) {
    const known = found.get(call.id);
    if (known === undefined) found.set(call.id, [call]);
    else known.push(call);
  }
  return [...found.values()].flatMap((all) => {
    const [first] = all;
    return first === undefined ? [] : [{ name: first.name, id: first.id, calls: all, first }];
  });
}

const distinct = (texts: readonly string[]): readonly string[] => [...new Set(texts)];

/** What the calls of a function answer, each answer once. */
function answersText(calls: readonly CallSeen[], of: (call: CallSeen) => Answered): string {
  return distinct(calls.map((call) => outcomeText(of(call).outcome))).join(" or ");
}

const NO_HANDLER = "-1";

const titles: Readonly<Record<Answerer, string>> = {
  kvm: "answered by KVM",
  "user-space": "handed to user space by the filter",
  filter: "denied by the filter (-1)",
  bitmap: "service not given (-1)",
  el2: "answered at the host's EL2, before filter and services",
  "guest-el2": "taken to the guest's own EL2",
  "no-smc": "not answered on this kernel (-1)",
  nobody: "without a handler (-1)",
};

const order: readonly Answerer[] = [
  "kvm",
  "el2",
  "user-space",
  "filter",
  "guest-el2",
  "bitmap",
  "no-smc",
  "nobody",
];
/** Told one by one; of the others the names are enough, or their number. */
const told: ReadonlySet<Answerer> = new Set(["kvm", "el2", "user-space", "filter"]);
const counted: ReadonlySet<Answerer> = new Set(["nobody", "no-smc", "guest-el2"]);

function decidedBy({ origin }: Answered, layout: Layout): string {
  if (origin === undefined) return "";
  return origin.kind === "default" ? `default, no \`${origin.statement}\`` : lineOf(origin.span, layout);
}

function functionRow(
  { name, id: number, calls, first }: FunctionSeen,
  main: Main,
  alike: boolean,
  layout: Layout,
): string[] {
  const answers = answersText(calls, main);
  const smc = answersText(calls, (call) => call.smc);
  const bySmc = alike || smc === answers ? "" : `; by SMC ${smc}`;
  return [name ?? "", id(number), `${answers}${bySmc}`, decidedBy(main(first), layout)];
}

/** A line for the function, and where it was asked with several arguments one for each. */
function callRows(
  { name, id: number, calls, first }: FunctionSeen,
  main: Main,
  alike: boolean,
  layout: Layout,
) {
  const answer = (call: CallSeen): string => {
    const [own, smc] = [outcomeText(main(call).outcome), outcomeText(call.smc.outcome)];
    return `${own}${alike || smc === own ? "" : `; by SMC ${smc}`}`;
  };
  const head = [
    name ?? "",
    id(number),
    calls.length === 1 ? answer(first) : "",
    decidedBy(main(first), layout),
  ];
  if (calls.length === 1) return [head];
  const rows = calls.map((call) => {
    const args = call.args.map((value) => `0x${value.toString(16)}`).join(" ");
    return [`  with ${args === "" ? "nothing" : args}`, "", answer(call), ""];
  });
  return [head, ...rows];
}

const filterWords = { deny: "denied (-1)", forward: "handed to user space", handle: "KVM's" } as const;
const rangeText = (first: number, last: number): string =>
  first === last ? id(first) : `${id(first)} ..= ${id(last)}`;

/** The ranges as the contract states them; in short one line for each statement. */
function filterLines({ contract }: GuestView, layout: Layout): readonly string[] {
  if (contract.filter.length === 0) return [];
  const byStatement = new Map<number, FilterRange[]>();
  for (const range of contract.filter) {
    const key = layout.all ? range.first : range.origin.span.start;
    byStatement.set(key, [...(byStatement.get(key) ?? []), range]);
  }
  const rows = [...byStatement.values()].flatMap((ranges) => {
    const [first] = ranges;
    if (first === undefined) return [];
    return [
      [
        rangeText(first.first, first.last),
        ranges.length === 1 ? "" : `and ${ranges.length - 1} more`,
        filterWords[first.action],
        `${lineOf(first.origin.span, layout)}, ${spanText(first.origin.span).replace(/\s+/g, " ")}`,
      ],
    ];
  });
  return ["  filter", ...gridLines(rows, layout.width, 4)];
}

function groupLines(
  by: Answerer,
  functions: readonly FunctionSeen[],
  main: Main,
  alike: boolean,
  layout: Layout,
): readonly string[] {
  if (layout.all)
    return [
      `  ${titles[by]}`,
      ...gridLines(
        functions.flatMap((one) => callRows(one, main, alike, layout)),
        layout.width,
        4,
      ),
    ];
  const silent = (one: FunctionSeen): boolean => answersText(one.calls, main) === NO_HANDLER;
  const named = functions.filter(({ name }) => name !== undefined);
  const names = (of: readonly FunctionSeen[]): string =>
    distinct(of.map(({ name }) => name ?? "")).join(", ");
  if (counted.has(by)) {
    const known = new Set(named.map(({ name }) => name)).size;
    return hangingLines(
      `${titles[by]}:`,
      `${known} functions that have a name, and every id without`,
      layout.width,
      2,
    );
  }
  if (!told.has(by))
    return named.length === 0 ? [] : hangingLines(`${titles[by]}:`, names(named), layout.width, 2);
  const rows = named.filter((one) => by !== "kvm" || !silent(one));
  const unavailable = by === "kvm" ? named.filter(silent) : [];
  return [
    ...(rows.length === 0
      ? []
      : [
          `  ${titles[by]}`,
          ...gridLines(
            rows.map((one) => functionRow(one, main, alike, layout)),
            layout.width,
            4,
          ),
        ]),
    ...(unavailable.length === 0
      ? []
      : hangingLines("known to KVM, not available (-1):", names(unavailable), layout.width, 2)),
  ];
}

export function callsText(seen: SeenGuest, view: GuestView, layout: Layout): readonly string[] {
  const functions = byFunction(seen.calls);
  const main = mainOf(seen);
  const noSmc = seen.calls.every(({ smc }) => smc.by === "no-smc");
  const nested = seen.level === 2;
  const lines = [
    "",
    layout.palette.strong("hypercalls (what x0 holds, then x1 to x3 where they are not zero)"),
  ];
  if (nested) lines.push("  an HVC goes to the guest's own EL2; what follows is by SMC");
  else if (noSmc)
    lines.push(`  linux ${view.profile.kernel.version} answers no SMC: -1 to each; what follows is by HVC`);
  lines.push(...filterLines(view, layout));
  for (const by of order) {
    const group = functions.filter(({ first }) => main(first).by === by);
    if (group.length > 0) lines.push(...groupLines(by, group, main, nested || noSmc, layout));
  }
  return lines;
}
