/** Guests with an EL2 of their own, on a host kernel in nested mode. Few machines: each costs the host much. */
import type { ScriptCase, ScriptStep } from "../../../src/recordings/index.ts";
import {
  instructions,
  type SystemRegister,
  smcccFunctions,
  sysInstructions,
  systemRegister,
  systemRegisterAt,
  systemRegisters,
  vcpuFeatures,
} from "../../../src/tables/index.ts";
import {
  ask,
  attempt,
  caseOf,
  check,
  device,
  dump,
  features,
  get,
  idOf,
  init,
  list,
  little,
  run,
  set,
  setAttribute,
  vcpu,
  vm,
} from "../build.ts";
import { mayAsk, mayAskSys, valueToWrite } from "../excluded.ts";
import { hvc, mrs, msr, SCRATCH, smc, sys } from "../words.ts";

const ONES = 0xffff_ffff_ffff_ffffn;
const GIC_V3 = 7;
const TARGET = `device${GIC_V3}`;
const VHE = features("PSCI_0_2", "HAS_EL2");
const NVHE = features("PSCI_0_2", "HAS_EL2", "HAS_EL2_E2H0");
/** With all that a guest with EL2 can have. */
const FULL = features("PSCI_0_2", "HAS_EL2", "PMU_V3", "SVE", "PTRAUTH_ADDRESS", "PTRAUTH_GENERIC");

const gic: readonly ScriptStep[] = [
  device(GIC_V3),
  setAttribute(TARGET, 0, 2, little(0x800_0000n, 8)),
  setAttribute(TARGET, 0, 3, little(0x80a_0000n, 8)),
  setAttribute(TARGET, 4, 0, "none"),
];
const nested = (word: number): readonly ScriptStep[] => [vm(), vcpu(), init(word), ...gic];
const kinds = [
  { title: "with E2H", word: VHE },
  { title: "without E2H", word: NVHE },
];

const distinct = (): readonly SystemRegister[] =>
  systemRegisters().filter((row) => systemRegisterAt(row) === row && row.minEL !== "EL3");

const read = (level: number, row: SystemRegister): ScriptStep => ask(level, mrs(row), [], row.name);

const reads = (): readonly ScriptStep[] =>
  distinct()
    .filter(({ access }) => access !== "wo")
    .flatMap((row) => (row.minEL === "EL2" ? [read(2, row), read(1, row)] : [read(2, row)]));

/** What a register of EL2 keeps of zeros and of ones: its RES0 and RES1 bits. */
const kept = (): readonly ScriptStep[] =>
  distinct()
    .filter(({ minEL, access }) => minEL === "EL2" && access === "rw")
    .flatMap((row) => {
      const ones = valueToWrite(row.name, ONES);
      if (ones === undefined) return [];
      return [
        ask(2, msr(row), [0n], row.name),
        read(2, row),
        ask(2, msr(row), [ones], row.name),
        read(2, row),
        ask(2, msr(row), [0n], row.name),
      ];
    });

/** One control of EL2, and what then traps from EL1. */
function controls(word: number, title: string): readonly ScriptCase[] {
  const row = (name: string): SystemRegister => {
    const found = systemRegister(name);
    if (found === undefined) throw new Error(`no system register is called ${name}`);
    return found;
  };
  const hcr = row("HCR_EL2");
  const RW = 1n << 31n;
  const E2H = 1n << 34n;
  /** Bits whose trap or effect leaves the agent's way back alone: TID3, TSC, TACR, TSW, TVM, TRVM, TLOR, API, APK. */
  const bits = [18n, 19n, 21n, 22n, 26n, 30n, 35n, 40n, 41n, 15n, 16n, 17n].map((bit) => 1n << bit);
  const probes: readonly ScriptStep[] = [
    read(1, row("ID_AA64PFR0_EL1")),
    read(1, row("CTR_EL0")),
    read(1, row("ACTLR_EL1")),
    read(1, row("TTBR0_EL1")),
    ask(1, msr(row("TTBR0_EL1")), [0n], "TTBR0_EL1"),
    read(1, row("AIDR_EL1")),
    ask(1, smc(), [0x8400_0000n], "PSCI_VERSION"),
    ask(1, 0xd508_7e5f, [], "dc isw, xzr"),
    ask(1, 0xd503_207f, [], "wfi") /* HCR_EL2.TWI is not set: it waits */,
  ].filter(({ note }) => note !== "wfi");
  return [
    caseOf(
      `HCR_EL2 ${title}`,
      nested(word),
      run(),
      bits.flatMap((bit) => [
        ask(2, msr(hcr), [bit | RW | (word === VHE ? E2H : 0n)], "HCR_EL2"),
        read(2, hcr),
        ...probes,
      ]),
      ask(2, msr(hcr), [RW | (word === VHE ? 0n : E2H)], "HCR_EL2"),
      read(2, hcr),
    ),
    ...[
      "HFGRTR_EL2",
      "HFGWTR_EL2",
      "HDFGRTR_EL2",
      "HDFGWTR_EL2",
      "CPTR_EL2",
      "MDCR_EL2",
      "HSTR_EL2",
      "CNTHCTL_EL2",
    ].map((name) =>
      caseOf(
        `${name} ${title}`,
        nested(word),
        run(),
        read(2, row(name)),
        ask(2, msr(row(name)), [ONES], name),
        read(2, row(name)),
        [
          "SCTLR_EL1",
          "TPIDR_EL0",
          "MDSCR_EL1",
          "DBGBCR0_EL1",
          "PMCR_EL0",
          "CNTPCT_EL0",
          "CPACR_EL1",
          "ZCR_EL1",
          "APIAKEYLO_EL1",
        ].flatMap((of) => {
          const found = systemRegister(of);
          return found === undefined ? [] : [read(1, found)];
        }),
        ask(1, 0x1e62_2820, [], "fadd d0, d1, d2"),
        ask(2, msr(row(name)), [0n], name),
        read(2, row(name)),
      ),
    ),
  ];
}

const calls = (): readonly ScriptStep[] =>
  smcccFunctions()
    .filter(({ name }) => !/CPU_OFF|CPU_SUSPEND/.test(name))
    .flatMap(({ ids, name }) =>
      ids.slice(0, 1).flatMap((id) => [ask(2, smc(), [BigInt(id)], name), ask(2, hvc(), [BigInt(id)], name)]),
    );

function machines(): readonly ScriptCase[] {
  const names = ["HAS_EL2", "HAS_EL2_E2H0", "EL1_32BIT", "PMU_V3", "SVE"];
  const words = Array.from({ length: 2 ** names.length }, (_, at) =>
    names.filter((_, bit) => ((at >> bit) & 1) === 1),
  )
    .filter((some) => some.some((name) => name.startsWith("HAS_EL2")))
    .map((some) => ({ some, word: features("PSCI_0_2", ...some) }));
  return [
    caseOf(
      "capabilities",
      vm(),
      vcpuFeatures().flatMap(({ capability }) => (capability === null ? [] : [check(capability)])),
    ),
    ...words.map(({ some, word }) => caseOf(`features ${some.join(" ")}`, vm(), vcpu(), init(word), list())),
    ...kinds.map(({ title, word }) =>
      caseOf(`values ${title}`, vm(), vcpu(), init(word), dump(), gic, dump()),
    ),
    caseOf("EL2 without a GIC", vm(), vcpu(), init(VHE), run()),
    caseOf("EL2 with a GICv3 that is not initialised", vm(), vcpu(), init(VHE), device(GIC_V3), run()),
    caseOf(
      "EL2 and a second init",
      vm(),
      vcpu(),
      init(VHE),
      init(NVHE),
      init(features("PSCI_0_2")),
      init(VHE),
      list(),
    ),
  ];
}

function registers(): readonly ScriptCase[] {
  const mmfr4 = idOf("ID_AA64MMFR4_EL1");
  const pfr0 = idOf("ID_AA64PFR0_EL1");
  return kinds.map(({ title, word }) =>
    caseOf(
      `registers of EL2 from outside ${title}`,
      nested(word),
      get(mmfr4),
      attempt(mmfr4, 20, 4, "=", 0n),
      attempt(mmfr4, 24, 4, "=", 0n),
      attempt(mmfr4, 24, 4, "=", 15n),
      attempt(pfr0, 8, 4, "=", 0n),
      attempt(pfr0, 8, 4, "+", 1n),
      [
        "HCR_EL2",
        "VTCR_EL2",
        "CPTR_EL2",
        "SCTLR_EL2",
        "VPIDR_EL2",
        "VMPIDR_EL2",
        "CNTVOFF_EL2",
        "MDCR_EL2",
        "ZCR_EL2",
      ].flatMap((name) => [
        get(idOf(name)),
        set(idOf(name), ONES),
        get(idOf(name)),
        set(idOf(name), 0n),
        get(idOf(name)),
      ]),
    ),
  );
}

export function nestedCases(): readonly ScriptCase[] {
  const allowed = sysInstructions().filter(({ name, op1 }) => mayAskSys(name) && op1 !== 6);
  const plain = instructions().filter(
    ({ name, levels, preparation }) => preparation !== true && mayAsk(name) && levels.includes(1),
  );
  return [
    ...machines(),
    ...registers(),
    ...kinds.flatMap(({ title, word }) => [
      caseOf(`system registers ${title}`, nested(word), run(), reads()),
      caseOf(`what registers of EL2 keep ${title}`, nested(word), run(), kept()),
      caseOf(
        `SYS instructions ${title}`,
        nested(word),
        run(),
        allowed.flatMap((row) => {
          const x = row.takesRegister && !row.name.startsWith("TLBI") ? [SCRATCH] : [];
          const asked = sys(row, row.takesRegister ? 0 : 31);
          return row.op1 === 4
            ? [ask(2, asked, x, row.name), ask(1, asked, x, row.name)]
            : [ask(2, asked, x, row.name)];
        }),
      ),
      caseOf(
        `calls ${title}`,
        nested(word),
        run(),
        calls(),
        ask(1, hvc(), [0x8400_0000n]),
        ask(1, smc(), [0x8400_0000n]),
        ask(0, hvc(), [0x8400_0000n]),
      ),
      ...controls(word, title),
    ]),
    caseOf(
      "system registers with everything",
      vm(),
      vcpu(),
      init(FULL),
      { step: { kind: "finalize", vcpu: 0, feature: 4 } },
      gic,
      run(),
      reads(),
    ),
    caseOf(
      "instructions at EL2",
      nested(VHE),
      run(),
      plain.map((row) =>
        ask(
          2,
          row.word,
          row.x.map((value) => (value === "scratch" ? SCRATCH : value)),
          row.name,
        ),
      ),
    ),
  ];
}
