/** The firmware bitmap registers: known and unknown bits, before and after the first run, and what the guest then gets. */
import type { ScriptCase } from "../../../src/recordings/index.ts";
import { bitmapRegisters, services, smcccFunctions } from "../../../src/tables/index.ts";
import { ask, caseOf, get, init, machine, PSCI, run, set, vcpu, vm } from "../build.ts";
import { hvc, smc } from "../words.ts";

const ONES = 0xffff_ffff_ffff_ffffn;
/** Beyond the bitmaps that the tables know. */
const UNKNOWN = [4n, 5n, 6n, 0xffn].map((index) => 0x6030_0000_0016_0000n | index);

const bits = (): readonly bigint[] => [
  0n,
  1n,
  2n,
  3n,
  4n,
  7n,
  8n,
  0x10n,
  1n << 31n,
  1n << 32n,
  1n << 63n,
  ONES,
];

/** Each service's bit cleared alone, and set alone. */
const perService = (): readonly ScriptCase[] =>
  services().flatMap((service) => {
    const register = bitmapRegisters().find(({ name }) => name === service.register);
    if (register === undefined) return [];
    const all = services()
      .filter((other) => other.register === service.register)
      .reduce((sum, other) => sum | (1n << BigInt(other.bit)), 0n);
    const calls = smcccFunctions()
      .filter(({ gate, forwardFor }) => gate === `service ${service.name}` || forwardFor === service.name)
      .flatMap(({ ids, name }) =>
        ids.flatMap((id) =>
          [0n, 0x8400_0053n, 0xc500_0021n].map((x1) => ask(1, hvc(), [BigInt(id), x1], name)),
        ),
      );
    const features = ask(1, hvc(), [0x8600_0000n], "VENDOR_HYP_KVM_FEATURES");
    const bit = 1n << BigInt(service.bit);
    return [
      caseOf(
        `${service.name} cleared`,
        machine(),
        set(register.id, all & ~bit),
        get(register.id),
        run(),
        calls,
        features,
      ),
      caseOf(
        `${service.name} alone`,
        machine(),
        set(register.id, bit),
        get(register.id),
        run(),
        calls,
        features,
      ),
    ];
  });

export function bitmapCases(): readonly ScriptCase[] {
  const registers = bitmapRegisters().map(({ id }) => id);
  return [
    caseOf(
      "bitmaps as they are",
      machine(),
      [...registers, ...UNKNOWN].map((id) => get(id)),
    ),
    ...registers.map((id) =>
      caseOf(
        `bitmap 0x${(id & 0xffffn).toString(16)}`,
        machine(),
        bits().flatMap((value) => [set(id, value), get(id)]),
      ),
    ),
    caseOf(
      "bitmaps that nobody knows",
      machine(),
      UNKNOWN.flatMap((id) => [set(id, 0n), set(id, 1n)]),
    ),
    caseOf(
      "bitmaps after the first run",
      machine(),
      set(registers[0] ?? 0n, 0n),
      run(),
      registers.flatMap((id) => [get(id), set(id, 0n), set(id, 1n), set(id, 3n), set(id, ONES), get(id)]),
      UNKNOWN.map((id) => set(id, 0n)),
    ),
    caseOf(
      "bitmaps after the first run of another vCPU",
      vm(),
      vcpu(0),
      vcpu(1),
      init(PSCI, 0),
      init(PSCI, 1),
      set(registers[0] ?? 0n, 0n, 1),
      get(registers[0] ?? 0n, 0),
      run(1),
      registers.flatMap((id) => [set(id, 0n), get(id)]),
    ),
    caseOf(
      "bitmaps and a second init",
      machine(),
      registers.map((id) => set(id, 0n)),
      init(PSCI),
      registers.map((id) => get(id)),
    ),
    ...perService(),
    caseOf(
      "every bitmap cleared, every function called",
      machine(),
      registers.map((id) => set(id, 0n)),
      run(),
      smcccFunctions()
        .filter(({ gate }) => gate.startsWith("service "))
        .flatMap(({ ids, name }) =>
          ids.flatMap((id) => [ask(1, hvc(), [BigInt(id)], name), ask(1, smc(), [BigInt(id)], name)]),
        ),
    ),
  ];
}
