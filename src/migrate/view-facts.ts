/** What the guest sees before and after: ID registers, calls, instructions. */
import {
  type CallOutcome,
  type Conduit,
  type Expected,
  questions,
  type RegisterOutcome,
  type View,
} from "../predict/index.ts";
import { outcomeText } from "../sim/view/calls.ts";
import { featuresGating } from "../sim/view/instructions.ts";
import {
  type Fate,
  fieldOf,
  field as findField,
  type IdRegister,
  idRegisters,
  smcccFunction,
} from "../tables/index.ts";
import { topicOf, weightOf, whyOf, worstChange } from "./changes.ts";
import { type Fact, type FieldChange, fact, heaviest, type Weight } from "./fact.ts";
import { type Between, callRemedy, fieldRemedies, meaning, stateBefore, withoutRemedy } from "./remedy.ts";
import { distinct } from "./words.ts";

/** The guest before and after. */
interface Views {
  readonly before: View;
  readonly after: View;
}

function changesOf(register: IdRegister, before: bigint, after: bigint): readonly FieldChange[] {
  return register.fields.flatMap((field): readonly FieldChange[] => {
    const [was, is] = [fieldOf(before, field), fieldOf(after, field)];
    if (was === is) return [];
    const words = [meaning(field, was), meaning(field, is)] as const;
    return [{ field: field.name, before: was, after: is, meaning: words, weight: weightOf(field, was, is) }];
  });
}

const reading = (outcome: RegisterOutcome): string =>
  typeof outcome === "bigint" ? `0x${outcome.toString(16)}` : outcome === "any" ? "differs" : outcome;

/** The guest reads past KVM, which holds the same on both sides: no statement about the register reaches it. */
const PAST_KVM = "KVM holds the same on both hosts, and the guest reads past it";

function valueFact(
  between: Between,
  register: IdRegister,
  [before, after]: readonly [bigint, bigint],
  heldAlike: boolean,
): Fact {
  const fields = changesOf(register, before, after);
  const remedies = heldAlike
    ? []
    : fields.flatMap(({ field, before: was, after: is, weight }) => {
        const row = findField(register.name, field);
        return row === undefined || weight === "remark" ? [] : fieldRemedies(between, row, was, is);
      });
  return fact({
    topic: topicOf(register.name),
    weight: fields.length === 0 ? "unsafe" : heaviest(fields.map(({ weight }) => weight)),
    subject: register.name,
    text: "the guest reads another value than before",
    detail: [
      `${reading(before)} before, ${reading(after)} there`,
      whyOf(register.name) ?? "",
      heldAlike ? PAST_KVM : "",
    ]
      .filter((words) => words !== "")
      .join("; "),
    register: register.id,
    fields,
    remedies: distinct(remedies),
  });
}

function fateFact(register: IdRegister, before: RegisterOutcome, after: RegisterOutcome): Fact {
  const read = (of: RegisterOutcome): boolean => typeof of === "bigint" || of === "any";
  const lost = read(before) && !read(after);
  return fact({
    topic: "registers",
    weight: lost ? "unsafe" : "note",
    subject: register.name,
    text: lost ? "the guest can no longer read it" : "the guest reads it otherwise",
    detail: `${reading(before)} before, ${reading(after)} there`,
    register: register.id,
  });
}

function registerFact(
  between: Between,
  register: IdRegister,
  before: Expected<RegisterOutcome> | undefined,
  after: Expected<RegisterOutcome> | undefined,
  heldAlike: boolean,
): Fact | undefined {
  if (before === undefined || after === undefined) return undefined;
  if (!before.known || !after.known)
    return fact({
      topic: "registers",
      weight: worstChange(register.name) === "unsafe" ? "open" : "remark",
      subject: register.name,
      text: "nothing decides what the guest reads on both hosts",
      detail: before.known ? (after.known ? "" : after.because) : before.because,
      register: register.id,
    });
  if (before.value === after.value) return undefined;
  return typeof before.value === "bigint" && typeof after.value === "bigint"
    ? valueFact(between, register, [before.value, after.value], heldAlike)
    : fateFact(register, before.value, after.value);
}

/**
 * @param told registers that the restore speaks of already
 * @param heldAlike whether KVM_GET_ONE_REG answers the same on both hosts, by id
 */
export function registerFacts(
  between: Between,
  { before, after }: Views,
  told: ReadonlySet<bigint | undefined>,
  heldAlike: (id: bigint) => boolean,
): readonly Fact[] {
  return idRegisters().flatMap((register) => {
    if (told.has(register.id)) return [];
    const { name } = register;
    const found = registerFact(
      between,
      register,
      before.registers.get(name),
      after.registers.get(name),
      heldAlike(register.id),
    );
    return found === undefined ? [] : [found];
  });
}

const NOT_SUPPORTED = (1n << 64n) - 1n;
const unanswered = (outcome: CallOutcome): boolean =>
  outcome.kind === "undefined" || (outcome.kind === "answers" && outcome.x[0] === NOT_SUPPORTED);

type CallChange = "lost" | "gained" | "changed" | "open";

function callChange(before: Expected<CallOutcome>, after: Expected<CallOutcome>): CallChange | undefined {
  if (!before.known || !after.known) return "open";
  const [was, is] = [unanswered(before.value), unanswered(after.value)];
  if (was && is) return before.value.kind === after.value.kind ? undefined : "changed";
  if (was) return "gained";
  if (is) return "lost";
  const same = outcomeText(before) === outcomeText(after);
  return same ? undefined : "changed";
}

const callTexts: Readonly<Record<CallChange, string>> = {
  lost: "answered before, and no longer",
  gained: "not answered before, and answered there",
  changed: "answered otherwise than before",
  open: "nothing decides what it answers on both hosts",
};

/** KVM's guests call by HVC; by SMC only where HVC is the guest's own. */
function callWeight(change: CallChange, conduit: Conduit, level: 1 | 2): Weight {
  if (change === "gained") return "note";
  const own = conduit === (level === 2 ? "smc" : "hvc");
  if (change === "open") return own ? "open" : "remark";
  return own ? "unsafe" : "note";
}

const functionName = (id: number): string =>
  smcccFunction(id)?.name ?? `0x${id.toString(16).padStart(8, "0")}`;

/** Calls whose outcome differs, one fact for each way in which they do. */
export function callFacts({ before, after }: Views): readonly Fact[] {
  const found = new Map<
    string,
    { readonly conduit: Conduit; readonly change: CallChange; readonly ids: Set<number>; detail: string }
  >();
  for (const question of questions()) {
    if (question.kind !== "call") continue;
    const { functionId, args } = question;
    for (const conduit of ["hvc", "smc"] as const) {
      const [was, is] = [before.call(functionId, args, conduit), after.call(functionId, args, conduit)];
      const change = callChange(was, is);
      if (change === undefined) continue;
      const key = `${conduit} ${change}`;
      const one = found.get(key);
      if (one === undefined)
        found.set(key, {
          conduit,
          change,
          ids: new Set([functionId]),
          detail: `${functionName(functionId)}: ${outcomeText(was)} before, ${outcomeText(is)} there`,
        });
      else one.ids.add(functionId);
    }
  }
  return [...found.values()].map(({ conduit, change, ids, detail }) => {
    const names = distinct([...ids].map(functionName));
    const weight = callWeight(change, conduit, before.level);
    return fact({
      topic: "calls",
      weight,
      subject: `${conduit.toUpperCase()} of ${names.length === 1 ? names[0] : `${names.length} functions`}`,
      text: callTexts[change],
      detail,
      members: names,
      remedies: weight === "unsafe" ? distinct([...ids].flatMap(callRemedy)) : [],
    });
  });
}

type FateChange = `${Fate} ${Fate}` | "open";

const fateText = (before: string, after: string, told: boolean): string => {
  if (before === "executes")
    return told
      ? `executes before and is ${after} there, although the guest was told of it`
      : `becomes enforced: hidden from the guest, it executes before and is ${after} there`;
  if (after === "executes")
    return `becomes unenforced: it is ${before} before and executes there, whatever the ID registers say`;
  return `${before} before, ${after} there`;
};

interface FateGroup {
  readonly change: FateChange;
  readonly features: readonly string[];
  readonly names: string[];
  readonly why: string;
}

function fateGroups({ before, after }: Views): readonly FateGroup[] {
  const found = new Map<string, FateGroup>();
  for (const question of questions()) {
    if (question.kind !== "instruction") continue;
    const { name } = question;
    const [was, is] = [before.instruction(name), after.instruction(name)];
    const change: FateChange = was.known && is.known ? `${was.value} ${is.value}` : "open";
    if (was.known && is.known && was.value === is.value) continue;
    const features = featuresGating(name);
    const key = `${change} ${features.join(" ")}`;
    const one = found.get(key);
    if (one === undefined) found.set(key, { change, features, names: [name], why: is.because });
    else one.names.push(name);
  }
  return [...found.values()];
}

/** Instructions whose fate differs, one fact for each set of features that they need. */
export function instructionFacts(between: Between, views: Views): readonly Fact[] {
  const state = stateBefore(between);
  return fateGroups(views).map(({ change, features, names, why }) => {
    const told = features.every((name) => state.feature(name) === true);
    const shown = features.length === 0 ? (names[0] ?? "") : features.join(" and ");
    const subject = features.length === 0 && names.length > 1 ? `${names.length} instructions` : shown;
    if (change === "open")
      return fact({
        topic: "instructions",
        weight: told && features.length > 0 ? "open" : "remark",
        subject,
        text: "nothing decides what becomes of it on both hosts",
        members: names,
      });
    const [before = "", after = ""] = change.split(" ");
    const weight = told && before === "executes" ? "unsafe" : "note";
    return fact({
      topic: "instructions",
      weight,
      subject,
      text: fateText(before, after, told),
      detail: why,
      members: names,
      remedies: weight === "unsafe" ? withoutRemedy(between, features) : [],
    });
  });
}
