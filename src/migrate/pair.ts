/** One migration judged: carried out on the simulated KVM of both hosts, then compared. */
import { parseOneReg } from "../tables/index.ts";
import { arrive } from "./arrive.ts";
import { uncarried } from "./changes.ts";
import { type Fact, fact, type Verdict, verdictOf } from "./fact.ts";
import type { depart, Moving, NamedHost, Run, Source } from "./machine.ts";
import { programReads, timeRegister } from "./program.ts";
import type { Between } from "./remedy.ts";
import { isDecided, planFact, restoreFacts } from "./restore-facts.ts";
import { callFacts, instructionFacts, registerFacts } from "./view-facts.ts";
import type { Vmm } from "./vmm.ts";

export interface Migration {
  readonly from: NamedHost;
  readonly to: NamedHost;
  readonly verdict: Verdict;
  readonly facts: readonly Fact[];
  /** The first call that the destination refuses; undefined: none, or the plan was refused. */
  readonly refused:
    | { readonly call: string; readonly register: bigint | undefined; readonly errno: string }
    | undefined;
  /** Whether the guest ran on both sides; a string: why not. */
  readonly executed: true | string;
}

/** How the program went on, against how it goes on where it stays. */
function executionFacts(stays: Run, moved: Run): readonly Fact[] {
  if (typeof stays === "string" || typeof moved === "string") return [];
  const differing = stays.flatMap((value, n) =>
    n !== timeRegister && value !== moved[n]
      ? [`${programReads.get(n) ?? (n === stays.length - 1 ? "PC" : `X${n}`)}`]
      : [],
  );
  if (differing.length === 0) return [];
  const read = differing.every((name) => [...programReads.values()].includes(name));
  return [
    fact({
      topic: "execution",
      weight: read ? "remark" : "unsafe",
      subject: "the program",
      text: read
        ? "reads otherwise after the move than where it stays"
        : "goes on otherwise than where it stays",
      members: differing,
    }),
  ];
}

function clockFacts({ contract }: Moving, from: NamedHost, to: NamedHost): readonly Fact[] {
  if (contract.counterOffset === undefined || from.profile === to.profile) return [];
  return [
    fact({
      topic: "clock",
      weight: "note",
      subject: "counter-offset",
      text: "the offset is fixed, so that KVM drops the saved counter: the guest's clock jumps by what the hosts' counters differ in",
      source: contract.counterOffset.origin.span,
    }),
  ];
}

/** State that the kernel which is left has no register for: no VMM can carry it. */
const uncarriedFacts = (saved: ReadonlyMap<bigint, bigint>): readonly Fact[] =>
  uncarried().flatMap(({ state, registers, weight, why }) =>
    registers.some((name) => saved.has(parseOneReg(name) ?? 0n))
      ? []
      : [fact({ topic: "restore", weight, subject: state, text: "is not carried", detail: why })],
  );

function betweenOf({ contract }: Moving, source: Source, to: NamedHost): Between {
  const seen: Record<string, bigint> = {};
  for (const [name, outcome] of source.view.registers)
    if (outcome.known && typeof outcome.value === "bigint") seen[name] = outcome.value;
  return { contract, from: source.host.profile, to: to.profile, seen };
}

/** The guest on the host that it leaves, once for all hosts that it may go to. */
export type Departure = ReturnType<typeof depart>;

/** @param departure of `depart(moving, from)` */
export function judgeMigration(
  moving: Moving,
  departure: Departure,
  from: NamedHost,
  to: NamedHost,
  vmm: Vmm,
): Migration {
  const refusedPlan = (facts: readonly Fact[]): Migration => ({
    from,
    to,
    verdict: "unsafe",
    facts,
    refused: undefined,
    executed: "KVM does not start the guest",
  });
  if (!("snapshot" in departure)) return refusedPlan([planFact(moving.plan, from.name, departure.refused)]);
  const arrival = arrive(moving, departure, to, vmm);
  if (!("view" in arrival)) return refusedPlan([planFact(moving.plan, to.name, arrival.refused)]);
  const between = betweenOf(moving, departure, to);
  const views = { before: departure.view, after: arrival.view };
  const told = new Set(arrival.refused.map(({ register }) => register));
  const saved = new Map(departure.snapshot.vcpus[0]?.registers ?? []);
  const all = [
    ...restoreFacts({ between, source: departure, arrival, vmm }),
    ...registerFacts(between, views, told, (id) => saved.has(id) && saved.get(id) === arrival.held.get(id)),
    ...clockFacts(moving, from, to),
    ...uncarriedFacts(saved),
    ...callFacts(views),
    ...instructionFacts(between, views),
    ...executionFacts(departure.stays, arrival.run),
  ];
  // What nobody knows of a host does not differ from itself.
  const facts =
    from.profile === to.profile ? all.filter(({ weight }) => weight !== "remark" && weight !== "open") : all;
  const [first] = arrival.refused.filter((one) => isDecided(between, one));
  const run =
    first === undefined && arrival.refused.length > 0 ? "whether all is restored is not known" : arrival.run;
  return {
    from,
    to,
    verdict: verdictOf(facts),
    facts,
    refused: first && { call: first.call, register: first.register, errno: first.errno },
    executed: typeof run === "string" ? run : true,
  };
}
