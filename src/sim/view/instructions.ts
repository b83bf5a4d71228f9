/** Instructions: what becomes of each, and which of them tell whether a feature is there. */
import type { Expected, Question, View } from "../../predict/index.ts";
import {
  type Encoding,
  type Expr,
  type ExprState,
  evaluate,
  type Fate,
  feature as findFeature,
  instructions,
  mentioned,
  sysInstructions,
  systemRegisters,
} from "../../tables/index.ts";
import { nameOfSys, readOf } from "../rules/questions.ts";

export interface InstructionSeen {
  /** As `questions` asks it: a row's name, a SYS instruction with `_`, `MRS_` and a register; `@EL0` behind it. */
  readonly name: string;
  readonly level: 0 | 1;
  readonly word: number;
  readonly fate: Expected<Fate>;
}

export interface FeatureSeen {
  readonly feature: string;
  /** Whether the guest's ID registers say that it is there; undefined: no field tells, or nothing decides it. */
  readonly shown: boolean | undefined;
  /** Those that tell whether it is there; empty: the tables have none. */
  readonly instructions: readonly InstructionSeen[];
  /** Those that do not exist without it, and need other features too. */
  readonly further: readonly InstructionSeen[];
}

/** What all of a feature's instructions come to; `differ`: not the same, `open`: nothing decides one of them. */
export type CommonFate = Fate | "differ" | "open";

interface Gated {
  readonly gate: Expr;
  /** `system`: an access to a system register, which says least about a feature. */
  readonly kind: "instruction" | "system";
  /** Lowest exception level at which it ever works. */
  readonly minLevel: number;
}

const levelOf = { EL0: 0, EL1: 1, EL2: 2, EL3: 3 } as const;
/** By op1 of a SYS instruction. */
const levelOfSys = ({ op1 }: Encoding): number =>
  op1 === 3 ? 0 : op1 === 6 || op1 === 7 ? 3 : op1 < 3 ? 1 : 2;

let gates: ReadonlyMap<string, Gated> | undefined;

function gatedInstructions(): ReadonlyMap<string, Gated> {
  if (gates !== undefined) return gates;
  const found = new Map<string, Gated>();
  for (const { name, gate, preparation } of instructions())
    if (gate !== undefined && preparation === undefined)
      found.set(name, { gate, kind: "instruction", minLevel: 0 });
  for (const row of sysInstructions())
    if (row.gate !== undefined)
      found.set(nameOfSys(row.name), { gate: row.gate, kind: "instruction", minLevel: levelOfSys(row) });
  for (const { name, gate, minEL } of systemRegisters())
    if (gate !== undefined) found.set(readOf(name), { gate, kind: "system", minLevel: levelOf[minEL] });
  gates = found;
  return found;
}

const stateWhere = (feature: (name: string) => boolean): ExprState => ({
  arch: () => true,
  feature,
  field: () => undefined,
});

const isNecessary = (gate: Expr, feature: string): boolean =>
  evaluate(
    gate,
    stateWhere((name) => name !== feature),
  ) === false;
const isEnough = (gate: Expr, feature: string): boolean =>
  evaluate(
    gate,
    stateWhere((name) => name === feature),
  ) === true;

function featuresIn(gate: Expr): ReadonlySet<string> {
  const named = new Set<string>();
  mentioned(gate, { feature: (one) => named.add(one) });
  return named;
}

/** The features without which an instruction does not exist. */
export function featuresGating(name: string): readonly string[] {
  const gated = gatedInstructions().get(name.replace(/@EL0$/, ""));
  return gated === undefined ? [] : [...featuresIn(gated.gate)].filter((one) => isNecessary(gated.gate, one));
}

type InstructionQuestion = Extract<Question, { readonly kind: "instruction" }>;

interface TellingInstructions {
  /**
   * Those that exist exactly where the feature does; where there are none, those that need others beside it; where there
   * are none either, those for which it is one of several. Accesses to system registers count only where no other
   * instruction tells.
   */
  readonly telling: readonly InstructionQuestion[];
  /** Further ones that do not exist without the feature, and need others beside it. */
  readonly further: readonly InstructionQuestion[];
}

/**
 * The instructions that tell whether a guest has a feature.
 *
 * @param level at which the guest begins
 */
function instructionsOf(feature: string, level: 1 | 2, asked: readonly Question[]): TellingInstructions {
  const all = asked.flatMap((question) => {
    if (question.kind !== "instruction") return [];
    const gated = gatedInstructions().get(question.name.replace(/@EL0$/, ""));
    if (gated === undefined || gated.minLevel > level || !featuresIn(gated.gate).has(feature)) return [];
    return [
      { question, ...gated, needed: isNecessary(gated.gate, feature), enough: isEnough(gated.gate, feature) },
    ];
  });
  for (const kind of ["instruction", "system"] as const) {
    const ofKind = all.filter((one) => one.kind === kind);
    const needing = ofKind.filter(({ needed }) => needed);
    const own = needing.filter(({ enough }) => enough);
    const telling = [own, needing, ofKind.filter(({ enough }) => enough)].find(({ length }) => length > 0);
    if (telling === undefined) continue;
    return {
      telling: telling.map(({ question }) => question),
      further: needing.filter((one) => !telling.includes(one)).map(({ question }) => question),
    };
  }
  return { telling: [], further: [] };
}

const seen = (view: View, { name, level, word }: InstructionQuestion): InstructionSeen => ({
  name,
  level,
  word,
  fate: view.instruction(name),
});

/** Every instruction of the questions, but for those that only prepare others. */
export function instructionsSeen(view: View, asked: readonly Question[]): readonly InstructionSeen[] {
  const preparing = new Set(
    instructions().flatMap(({ name, preparation }) => (preparation === true ? [name] : [])),
  );
  return asked.flatMap((question) =>
    question.kind === "instruction" && !preparing.has(question.name) ? [seen(view, question)] : [],
  );
}

export function featureSeen(
  feature: string,
  view: View,
  state: ExprState,
  asked: readonly Question[],
): FeatureSeen {
  const shown = findFeature(feature)?.advertisedBy;
  const { telling, further } = instructionsOf(feature, view.level, asked);
  const look = (question: InstructionQuestion): InstructionSeen => seen(view, question);
  return {
    feature,
    shown: shown === undefined ? undefined : evaluate(shown, state),
    instructions: telling.map(look),
    further: further.map(look),
  };
}

/** Every feature that an instruction (not merely a system register) tells of, in order of name. */
export function featuresSeen(
  view: View,
  state: ExprState,
  asked: readonly Question[],
): readonly FeatureSeen[] {
  const named = new Set<string>();
  for (const { gate, kind } of gatedInstructions().values())
    if (kind === "instruction") for (const name of featuresIn(gate)) named.add(name);
  return [...named]
    .sort()
    .map((name) => featureSeen(name, view, state, asked))
    .filter((one) => one.instructions.length > 0);
}

export function commonFate(of: FeatureSeen): CommonFate {
  const fates = new Set(of.instructions.map(({ fate }) => (fate.known ? fate.value : "open")));
  if (fates.has("open")) return "open";
  const [first, ...others] = fates;
  return first === undefined ? "open" : others.length > 0 ? "differ" : first;
}
