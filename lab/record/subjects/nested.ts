/** Guests with an EL2 of their own, on a host kernel in nested mode. Few machines: each costs the host much. */
import type { ScriptCase, ScriptStep } from "../../../src/recordings/index.ts";
import {
  featuresOfFacility,
  instructions,
  mentioned,
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
  finalize,
  get,
  idOf,
  init,
  initPmu,
  list,
  little,
  PSCI,
  run,
  set,
  setAttribute,
  vcpu,
  vm,
} from "../build.ts";
import { mayAsk, mayAskSys, mayAskSysAtEl2, valueToWrite } from "../excluded.ts";
import { representatives } from "../families.ts";
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

const row = (name: string): SystemRegister => {
  const found = systemRegister(name);
  if (found === undefined) throw new Error(`no system register is called ${name}`);
  return found;
};

/** Registers whose ones trap what EL1 does. */
const TRAPS = [
  "HFGRTR_EL2",
  "HFGWTR_EL2",
  "HDFGRTR_EL2",
  "HDFGWTR_EL2",
  "CPTR_EL2",
  "MDCR_EL2",
  "HSTR_EL2",
  "CNTHCTL_EL2",
];
/** What they may trap. */
const TRAPPED = [
  "SCTLR_EL1",
  "TPIDR_EL0",
  "MDSCR_EL1",
  "DBGBCR0_EL1",
  "PMCR_EL0",
  "CNTPCT_EL0",
  "CPACR_EL1",
  "ZCR_EL1",
  "APIAKeyLo_EL1",
];
/** Bits of HCR_EL2 that leave the agent's way back alone: TSW and TID1 to TID3, TSC, TACR, TVM, TRVM, TLOR, APK, API. */
const HCR_BITS = [22n, 16n, 17n, 18n, 19n, 21n, 26n, 30n, 35n, 40n, 41n].map((bit) => 1n << bit);
const RW = 1n << 31n;
const E2H = 1n << 34n;

/** One control of EL2 at a time, and what then traps from EL1. */
function controls(word: number): readonly ScriptStep[] {
  const hcr = row("HCR_EL2");
  const own = RW | (word === VHE ? E2H : 0n);
  const probes: readonly ScriptStep[] = [
    ...["ID_AA64PFR0_EL1", "CTR_EL0", "ACTLR_EL1", "TTBR0_EL1", "AIDR_EL1"].map((name) => read(1, row(name))),
    ask(1, msr(row("TTBR0_EL1")), [0n], "TTBR0_EL1"),
    ask(1, smc(), [0x8400_0000n], "PSCI_VERSION"),
    ask(1, 0xd508_765f, [], "dc isw, xzr"),
  ];
  return [
    run(),
    ...HCR_BITS.flatMap((bit) => [ask(2, msr(hcr), [bit | own], "HCR_EL2"), read(2, hcr), ...probes]),
    ask(2, msr(hcr), [own], "HCR_EL2"),
    ...TRAPS.flatMap((name) => [
      run(),
      read(2, row(name)),
      ask(2, msr(row(name)), [ONES], name),
      read(2, row(name)),
      ...TRAPPED.map((of) => read(1, row(of))),
      ask(1, 0x1e62_2820, [], "fadd d0, d1, d2"),
      ask(2, msr(row(name)), [0n], name),
      read(2, row(name)),
    ]),
    run(),
    ask(2, msr(hcr), [RW | (word === VHE ? 0n : E2H)], "HCR_EL2"),
    read(2, hcr),
  ];
}

const calls = (): readonly ScriptStep[] =>
  smcccFunctions()
    .filter(({ name }) => !/CPU_OFF|CPU_SUSPEND/.test(name))
    .flatMap(({ ids, name }) =>
      ids.slice(0, 1).flatMap((id) => [ask(2, smc(), [BigInt(id)], name), ask(2, hvc(), [BigInt(id)], name)]),
    );

const inits = (...words: readonly (readonly string[])[]): readonly ScriptStep[] =>
  words.map((names) => init(features(...names)));

/** Combinations that are refused, on one VM, and then one that is not. */
const REFUSED: readonly (readonly string[])[] = [
  ["PSCI_0_2", "HAS_EL2", "EL1_32BIT"],
  ["PSCI_0_2", "HAS_EL2", "HAS_EL2_E2H0", "EL1_32BIT"],
  ["PSCI_0_2", "HAS_EL2", "PTRAUTH_ADDRESS"],
];

/** The registers of EL2 as user space reads and writes them. */
function fromOutside(): readonly ScriptStep[] {
  const mmfr4 = idOf("ID_AA64MMFR4_EL1");
  const pfr0 = idOf("ID_AA64PFR0_EL1");
  return [
    get(mmfr4),
    attempt(mmfr4, 20, 4, "=", 0n),
    attempt(mmfr4, 24, 4, "=", 0n),
    attempt(mmfr4, 24, 4, "=", 15n),
    attempt(pfr0, 8, 4, "=", 0n),
    attempt(pfr0, 8, 4, "+", 1n),
    ...[
      ...["HCR_EL2", "VTCR_EL2", "CPTR_EL2", "SCTLR_EL2", "VPIDR_EL2", "VMPIDR_EL2"],
      ...["CNTVOFF_EL2", "MDCR_EL2", "ZCR_EL2"],
    ].flatMap((name) => [
      get(idOf(name)),
      set(idOf(name), ONES),
      get(idOf(name)),
      set(idOf(name), 0n),
      get(idOf(name)),
    ]),
  ];
}

/** Every SYS instruction at EL2, and those of EL2 at EL1 too. */
const sysSteps = (): readonly ScriptStep[] =>
  sysInstructions()
    .filter(({ name, op1 }) => mayAskSys(name) && op1 !== 6)
    .flatMap((of) => {
      const x = of.takesRegister && !of.name.startsWith("TLBI") ? [SCRATCH] : [];
      const word = sys(of, of.takesRegister ? 0 : 31);
      return [
        ...(mayAskSysAtEl2(of.name) ? [ask(2, word, x, of.name)] : []),
        ...(of.op1 === 4 ? [ask(1, word, x, of.name)] : []),
      ];
    });

/** What a guest has with a facility only, and instructions at EL2. */
function withEverything(): readonly ScriptStep[] {
  const facilities = new Set(["pmu", "sve", "pauth"].flatMap(featuresOfFacility).map(({ name }) => name));
  const own = distinct().filter(({ access, gate }) => {
    let found = false;
    if (gate !== undefined)
      mentioned(gate, { feature: (name) => (found ||= facilities.has(name)), field: () => undefined });
    return found && access !== "wo";
  });
  const plain = instructions().filter(
    ({ name, levels, preparation }) => preparation !== true && mayAsk(name) && levels.includes(1),
  );
  return [
    ...representatives(own).map((of) => read(2, of)),
    ...plain.map((of) =>
      ask(
        2,
        of.word,
        of.x.map((value) => (value === "scratch" ? SCRATCH : value)),
        of.name,
      ),
    ),
  ];
}

export function nestedCases(): readonly ScriptCase[] {
  return [
    caseOf(
      "capabilities",
      vm(),
      vcpuFeatures().flatMap(({ capability }) => (capability === null ? [] : [check(capability)])),
    ),
    caseOf("features that are refused", vm(), vcpu(), inits(...REFUSED)),
    caseOf(
      "E2H0 without EL2",
      vm(),
      vcpu(),
      init(features("PSCI_0_2", "HAS_EL2_E2H0")),
      list(),
      inits(...REFUSED),
      init(NVHE),
      init(PSCI),
      run(),
      read(1, row("ID_AA64PFR0_EL1")),
    ),
    ...kinds.map(({ title, word }) =>
      caseOf(
        `values ${title}`,
        vm(),
        vcpu(),
        inits(...REFUSED),
        init(word),
        list(),
        dump(),
        gic.slice(0, 1),
        dump(),
        fromOutside(),
        init(VHE),
        init(NVHE),
        init(PSCI),
        run(),
      ),
    ),
    caseOf("EL2 without a GIC", vm(), vcpu(), init(VHE), run(), read(1, row("ID_AA64PFR0_EL1"))),
    ...kinds.flatMap(({ title, word }) => [
      caseOf(
        `guest ${title}`,
        nested(word),
        run(),
        reads(),
        run(),
        sysSteps(),
        run(),
        calls(),
        ask(1, hvc(), [0x8400_0000n]),
        ask(1, smc(), [0x8400_0000n]),
        ask(0, hvc(), [0x8400_0000n]),
      ),
      caseOf(`what registers of EL2 keep ${title}`, nested(word), run(), kept()),
      caseOf(`controls of EL2 ${title}`, nested(word), controls(word)),
    ]),
    caseOf(
      "everything",
      vm(),
      vcpu(),
      init(FULL),
      list(),
      finalize(),
      list(),
      gic,
      initPmu(),
      setAttribute("cpu0", 0, 0, little(23n, 4), "PMU_V3_IRQ"),
      initPmu(),
      run(),
      withEverything(),
    ),
  ];
}
