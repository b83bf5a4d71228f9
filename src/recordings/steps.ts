/**
 * The steps of a recording: one KVM call each, or one question to the program in the guest. `docs/recordings.md`
 * says what each does; this file says of which words it consists.
 */
import {
  bytes,
  type Codec,
  count,
  hex,
  hex32,
  named,
  need,
  oneOf,
  rest,
  WordError,
  type Words,
} from "./words.ts";

/** `preferred`: what KVM_ARM_PREFERRED_TARGET answers. */
const target: Codec<"preferred" | number> = {
  read(words, what) {
    const word = need(words, what);
    if (word === "preferred") return word;
    if (!/^(0|[1-9]\d{0,9})$/.test(word)) throw new WordError(`${what}: ${word} is no target`);
    return Number(word);
  },
  print: String,
};

/** Bytes; `none`: no address; `nowhere`: an address without memory. */
const payload: Codec<Uint8Array | "none" | "nowhere"> = {
  read(words, what) {
    const word = need(words, what);
    return word === "none" || word === "nowhere"
      ? word
      : bytes.read({ next: () => word, left: () => 1 }, what);
  },
  print: (value) => (typeof value === "string" ? value : bytes.print(value)),
};

/** What a field becomes: a value, or the present one and so much more or less. */
export interface FieldChange {
  readonly how: "=" | "+" | "-";
  readonly operand: bigint;
}

const change: Codec<FieldChange> = {
  read(words, what) {
    const word = need(words, what);
    const [, how, operand] = /^([=+-])(0|[1-9]\d*)$/.exec(word) ?? [];
    if ((how !== "=" && how !== "+" && how !== "-") || operand === undefined)
      throw new WordError(`${what}: ${word} is no change of a field`);
    return { how, operand: BigInt(operand) };
  },
  print: ({ how, operand }) => `${how}${operand}`,
};

/** On which file descriptor attributes are set: `vm`, `cpu0`, `device7` (the device made last of type 7). */
const on = named(/^(vm|cpu\d|device\d+)$/);

const vcpu = count;

/** Name of a step → its words, in order. */
const shapes = {
  /** KVM_CREATE_VM, and the agent's memory in slot 0. */
  vm: { type: hex },
  /** KVM_CHECK_EXTENSION. */
  check: { on: oneOf("kvm", "vm"), capability: count },
  /** KVM_ENABLE_CAP on the VM. */
  enable: { capability: count, flags: hex32, arguments: rest(hex) },
  /** KVM_SET_USER_MEMORY_REGION with memory of its own; size 0 removes the slot. */
  memory: { slot: count, flags: hex32, address: hex, size: hex },
  /** KVM_CREATE_VCPU. */
  vcpu: { id: count },
  /** KVM_ARM_PREFERRED_TARGET: bits 31:0 the target, bits 63:32 the features. */
  target: {},
  /** KVM_ARM_VCPU_INIT; `features`: from features[0] on. */
  init: { vcpu, target, features: rest(hex32) },
  /**
   * KVM_ARM_VCPU_INIT with those of `features` that the host has: for each bit, from the lowest, the capability for
   * which KVM_CHECK_EXTENSION then answers more than zero; capability 0: every host has it. The answer is what it was.
   */
  offer: { vcpu, features: hex32, capabilities: rest(count) },
  /** KVM_ARM_VCPU_FINALIZE. */
  finalize: { vcpu, feature: count },
  /** KVM_CREATE_DEVICE; flags 1: test only. */
  device: { type: count, flags: hex32 },
  /** KVM_ARM_SET_COUNTER_OFFSET. */
  offset: { counter: hex, reserved: hex },
  "mp-state": { vcpu },
  "set-mp-state": { vcpu, state: count },
  /** KVM_GET_VCPU_EVENTS: the first four bytes, little-endian (serror_pending, serror_has_esr, ext_dabt_pending). */
  events: { vcpu },
  /** KVM_SET_VCPU_EVENTS: the first eight bytes, and the syndrome. */
  "set-events": { vcpu, bytes: hex, esr: hex },
  get: { vcpu, id: hex },
  set: { vcpu, id: hex, value: hex },
  /** Reads a register, writes it with one field changed, reads it back, and writes what was there before. */
  try: { vcpu, id: hex, lsb: count, width: count, change },
  /** Writes one field of a register, reads it back, and leaves it so. */
  put: { vcpu, id: hex, lsb: count, width: count, value: hex },
  /** KVM_GET_REG_LIST. */
  list: { vcpu },
  /** The value of every register of the list but core registers and vectors. */
  dump: { vcpu },
  /** KVM_ARM_GET_REG_WRITABLE_MASKS; `reserved`: the first reserved word. */
  masks: { range: count, reserved: count },
  "has-attribute": { on, group: count, attribute: count },
  "get-attribute": { on, group: count, attribute: count, size: count },
  "set-attribute": { on, group: count, attribute: count, payload },
  /** KVM_ARM_VM_SMCCC_FILTER; `pad`: its first byte, and its last. */
  filter: { base: hex32, functions: hex32, action: count, pad: rest(count) },
  /** KVM_RUN until every question of the `ask` steps behind it is answered. */
  run: { vcpu },
  /** One instruction at an exception level with X0 to X3 (the rest zero); trailing zeros are left out. */
  ask: { level: count, instruction: hex32, x: rest(hex) },
} as const;

type Shapes = typeof shapes;
export type StepKind = keyof Shapes;
type Values<S> = { readonly [Name in keyof S]: S[Name] extends Codec<infer T> ? T : never };
export type StepOf<K extends StepKind> = { readonly kind: K } & Values<Shapes[K]>;
export type Step = { [K in StepKind]: StepOf<K> }[StepKind];

export const stepKinds = Object.keys(shapes) as readonly StepKind[];

const isStepKind = (word: string): word is StepKind => Object.hasOwn(shapes, word);

/** The words of each step by name, for code that is written for all of them. */
const codecs: ReadonlyMap<StepKind, readonly (readonly [string, Codec<unknown>])[]> = new Map(
  stepKinds.map((kind) => [kind, Object.entries(shapes[kind])]),
);
const codecsOf = (kind: StepKind): readonly (readonly [string, Codec<unknown>])[] => codecs.get(kind) ?? [];

/** @throws WordError */
export function readStep(words: Words): Step {
  const kind = need(words, "a step");
  if (!isStepKind(kind)) throw new WordError(`no step is called ${kind}`);
  const step: Record<string, unknown> = { kind };
  for (const [name, codec] of codecsOf(kind)) step[name] = codec.read(words, name);
  if (words.left() > 0) throw new WordError(`${kind}: ${words.next()} is one word too many`);
  return step as Step;
}

export function printStep(step: Step): string {
  const values: Readonly<Record<string, unknown>> = { ...step };
  const printed = codecsOf(step.kind).map(([name, codec]) => codec.print(values[name]));
  return [step.kind, ...printed.filter((word) => word !== "")].join(" ");
}
