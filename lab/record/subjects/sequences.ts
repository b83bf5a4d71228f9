/** Random sequences of KVM calls and questions: states that nobody thought of. */
import type { ScriptCase, ScriptStep } from "../../../src/recordings/index.ts";
import {
  bitmapRegisters,
  deviceAttributes,
  firmwareRegisters,
  idRegisters,
  instructions,
  smcccFunctions,
  systemRegisterAt,
  systemRegisters,
} from "../../../src/tables/index.ts";
import {
  ask,
  attempt,
  caseOf,
  EVERYTHING,
  features,
  filter,
  finalize,
  get,
  init,
  initPmu,
  lengths,
  list,
  little,
  offer,
  PSCI,
  run,
  set,
  setAttribute,
  setLengths,
  step,
  vcpu,
  vm,
} from "../build.ts";
import { mayAsk } from "../excluded.ts";
import type { Random } from "../random.ts";
import { hvc, mrs, SCRATCH, smc } from "../words.ts";

const STEPS = 24;

/** Something of each subject, more of what decides the order of calls. */
function kinds(
  random: Random,
): readonly [() => readonly ScriptStep[], ...(readonly (() => readonly ScriptStep[])[])] {
  const anyOf = <T>(all: readonly T[]): T => {
    const [first, ...others] = all;
    if (first === undefined) throw new Error("an empty table");
    return random.pick([first, ...others]);
  };
  const contracts = idRegisters().filter(({ contract, fields }) => contract && fields.length > 0);
  const readable = systemRegisters().filter(
    (row) => row.access !== "wo" && row.minEL !== "EL3" && systemRegisterAt(row) === row,
  );
  const calls = smcccFunctions().filter(({ name }) => !/CPU_OFF|CPU_SUSPEND|SYSTEM_SUSPEND/.test(name));
  const plain = instructions().filter(({ name, preparation }) => preparation !== true && mayAsk(name));
  const cpu = (): number => (random.once(6) ? 1 : 0);
  const word = (): number =>
    random.pick([
      PSCI,
      PSCI,
      0,
      EVERYTHING,
      features("PSCI_0_2", "SVE"),
      features("PSCI_0_2", "PMU_V3"),
      features("PSCI_0_2", "PTRAUTH_ADDRESS"),
    ]);
  const call = (): ScriptStep => {
    const { ids, name } = anyOf(calls);
    return ask(
      1,
      random.once(4) ? smc() : hvc(),
      [BigInt(anyOf(ids)), BigInt(anyOf(anyOf(calls).ids))],
      name,
    );
  };
  const question = (): ScriptStep => {
    if (random.once(2)) return call();
    if (random.once(2)) {
      const row = anyOf(readable);
      return ask(random.once(4) ? 0 : 1, mrs(row), [], row.name);
    }
    const row = anyOf(plain);
    return ask(
      anyOf(row.levels),
      row.word,
      row.x.map((value) => (value === "scratch" ? SCRATCH : value)),
      row.name,
    );
  };
  return [
    () => [vcpu(cpu())],
    () => [init(word(), cpu())],
    () => [offer(EVERYTHING, cpu())],
    () => [offer(EVERYTHING), finalize(), initPmu()],
    () => [finalize(random.once(6) ? random.below(8) : 4, cpu())],
    () => [setLengths(random.once(2) ? lengths(128, 256) : BigInt(random.below(64)))],
    () => {
      const { id, fields } = anyOf(contracts);
      const { lsb, width } = anyOf(fields);
      return [attempt(id, lsb, width, random.pick(["=", "+", "-"]), BigInt(random.below(3)))];
    },
    () => {
      const { id, fields, name } = anyOf(contracts);
      const of = anyOf(fields);
      return [
        step(
          { kind: "put", vcpu: 0, id, lsb: of.lsb, width: of.width, value: BigInt(of.absent) },
          `${name}.${of.name}`,
        ),
        get(id),
      ];
    },
    () => {
      const { id } = anyOf(bitmapRegisters());
      return [set(id, BigInt(random.below(5)), cpu()), get(id)];
    },
    () => {
      const { id, values } = anyOf(firmwareRegisters());
      return [
        set(id, random.once(4) ? BigInt(random.below(8)) : anyOf(Object.values(values)), cpu()),
        get(id),
      ];
    },
    () => [
      filter(
        0x8400_0000 + random.below(0x60) + 0x0100_0000 * random.below(3),
        random.below(0x20),
        random.below(4),
      ),
    ],
    () => {
      const { fd, group, attr, type } = anyOf(deviceAttributes().filter(({ fd: on }) => on === "vcpu"));
      const size = type === "u64" || type === "pmu-event-filter" ? 8 : 4;
      const value = type === "u64" ? 0x4001_1000n : BigInt(16 + random.below(20));
      return [
        setAttribute(
          fd === "vm" ? "vm" : "cpu0",
          group,
          attr,
          type === "none" ? "none" : little(value, size),
        ),
      ];
    },
    () => [list(cpu())],
    () => [run(cpu()), ...Array.from({ length: 1 + random.below(5) }, question)],
    () => [run(0), question(), question()],
  ];
}

/** @param count how many sequences */
export function sequenceCases(random: Random, count: number): readonly ScriptCase[] {
  const pickable = kinds(random);
  return Array.from({ length: count }, (_, at) =>
    caseOf(
      `at random, ${at}`,
      vm(),
      vcpu(0),
      random.once(3) ? [] : init(PSCI),
      Array.from({ length: STEPS }, () => random.pick(pickable)()).flat(),
    ),
  );
}
