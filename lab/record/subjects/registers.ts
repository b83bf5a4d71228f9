/** Registers of every other class: core, timers, caches, firmware, system registers, and ids that name nothing. */
import type { ScriptCase, ScriptStep } from "../../../src/recordings/index.ts";
import { firmwareRegisters, sysregId, systemRegisters } from "../../../src/tables/index.ts";
import {
  caseOf,
  EVERYTHING,
  features,
  get,
  idOf,
  machine,
  offer,
  offered,
  PSCI,
  run,
  set,
  vcpu,
  vm,
} from "../build.ts";
import type { Random } from "../random.ts";

const ONES = 0xffff_ffff_ffff_ffffn;

/** Another size, architecture or class than the register has. */
function strangeIds(): readonly bigint[] {
  const pfr0 = idOf("ID_AA64PFR0_EL1");
  const sizes = Array.from({ length: 16 }, (_, code) => (pfr0 & ~(0xfn << 52n)) | (BigInt(code) << 52n));
  const architectures = [0x10n, 0x20n, 0x30n, 0x40n, 0x50n, 0x70n, 0x80n, 0n].map(
    (code) => (pfr0 & ~(0xffn << 56n)) | (code << 56n),
  );
  const classes = Array.from({ length: 32 }, (_, code) => (pfr0 & ~(0xfffn << 16n)) | (BigInt(code) << 16n));
  return [...sizes, ...architectures, ...classes, pfr0 | (1n << 28n), pfr0 | (1n << 47n), 0n, ONES];
}

const core = (): readonly bigint[] =>
  [
    "x0",
    "x1",
    "x18",
    "x30",
    "sp_el0",
    "pc",
    "pstate",
    "sp_el1",
    "elr_el1",
    "spsr_el1",
    "spsr_abt",
    "spsr_fiq",
  ].map(idOf);

const vectors = (): readonly bigint[] => ["v0", "v31", "fpsr", "fpcr"].map(idOf);
const scalable = (): readonly bigint[] => ["z0", "z31", "p0", "p15", "ffr"].map(idOf);

/** Core ids that are odd, between registers, or beyond the last. */
const strangeCore = (): readonly bigint[] =>
  [1n, 3n, 33n, 63n, 82n, 83n, 85n, 86n, 210n, 214n, 215n, 0x200n, 0xffffn].flatMap((index) => [
    0x6030_0000_0010_0000n | index,
    0x6020_0000_0010_0000n | index,
    0x6040_0000_0010_0000n | index,
  ]);

const strangeVectors = (): readonly bigint[] => [
  0x6080_0000_0015_0001n,
  0x6080_0000_0015_0400n,
  0x6050_0000_0015_0600n,
  0x6050_0000_0015_0620n,
  0x6060_0000_0015_fffen,
];

/** Written, read, written again. */
const written = (id: bigint, ...values: readonly bigint[]): readonly ScriptStep[] => [
  get(id),
  ...values.flatMap((value) => [set(id, value), get(id)]),
];

/** PSTATE values: modes that exist, and some that do not. */
const PSTATES = [
  0x3c5n,
  0x3c4n,
  0x3c0n,
  0x3c9n,
  0x3c8n,
  0x3cdn,
  0x1d3n,
  0x1d0n,
  0x3c1n,
  0x3cfn,
  0xf000_03c5n,
  0x4_0000_03c5n,
];

function coreCases(): readonly ScriptCase[] {
  return [
    caseOf(
      "core registers",
      offered(),
      core().flatMap((id) => written(id, 0n, ONES, 0x1234n)),
      vectors().flatMap((id) => get(id)),
    ),
    caseOf(
      "PSTATE",
      machine(),
      PSTATES.flatMap((value) => [set(idOf("pstate"), value), get(idOf("pstate"))]),
    ),
    caseOf(
      "PSTATE with EL1 in AArch32",
      vm(),
      vcpu(),
      offer(features("PSCI_0_2", "EL1_32BIT")),
      PSTATES.flatMap((value) => [set(idOf("pstate"), value), get(idOf("pstate"))]),
      core().map((id) => get(id)),
    ),
    caseOf(
      "vectors without SVE",
      machine(),
      vectors().flatMap((id) => written(id, 0x11n)),
      scalable().map((id) => get(id)),
    ),
    caseOf(
      "vectors with SVE",
      offered(features("PSCI_0_2", "SVE")),
      [...vectors(), ...scalable()].flatMap((id) => written(id, 0x11n, ONES)),
      strangeVectors().flatMap((id) => [get(id), set(id, 0n)]),
    ),
    caseOf(
      "core registers that are none",
      machine(),
      strangeCore().flatMap((id) => [get(id), set(id, 0n)]),
    ),
  ];
}

function timerCases(): readonly ScriptCase[] {
  const timers = ["CTL", "CVAL", "CNT"].flatMap((name) => [
    idOf(`KVM_REG_ARM_TIMER_${name}`),
    idOf(`KVM_REG_ARM_PTIMER_${name}`),
  ]);
  const registers = [
    "CNTV_CTL_EL0",
    "CNTV_CVAL_EL0",
    "CNTP_CTL_EL0",
    "CNTP_CVAL_EL0",
    "CNTV_TVAL_EL0",
    "CNTP_TVAL_EL0",
  ];
  const ids = [...new Set([...timers, ...registers.map(idOf), idOf("CNTVCT_EL0"), idOf("CNTPCT_EL0")])];
  return [
    caseOf(
      "timers",
      machine(),
      ids.flatMap((id) => written(id, 0n, 2n, 0x1000n)),
    ),
    caseOf(
      "timers after the first run",
      machine(),
      run(),
      ids.flatMap((id) => written(id, 0n, 2n)),
    ),
    caseOf(
      "counters after an offset",
      vm(),
      vcpu(),
      offer(PSCI),
      {
        step: { kind: "offset", counter: 0x1000n, reserved: 0n },
      },
      ids.flatMap((id) => written(id, 0x2000n)),
    ),
  ];
}

function cacheCases(): readonly ScriptCase[] {
  const demux = (index: bigint): bigint => 0x6020_0000_0011_0000n | index;
  const indexes = [...Array.from({ length: 17 }, (_, at) => BigInt(at)), 0xffn, 0x100n, 0x1_00n, 0xffffn];
  const clidr = idOf("CLIDR_EL1");
  return [
    caseOf(
      "CCSIDR",
      machine(),
      indexes.flatMap((index) => written(demux(index), 0n, 0x700f_e07an, ONES & 0xffff_ffffn)),
    ),
    caseOf("CCSIDR by another size", machine(), get(0x6030_0000_0011_0000n), get(0x6010_0000_0011_0000n)),
    caseOf(
      "CLIDR and CTR",
      machine(),
      written(clidr, 0n, 0x23n, 0x2_0000_0023n, 0x1_0000_0003n, 0x9n, ONES),
      written(idOf("CTR_EL0"), 0n, 0x8444_c004n, 0x8444_8004n, 0x8444_c003n, ONES),
      written(idOf("CSSELR_EL1"), 0n, 1n, 0xfn, ONES),
    ),
  ];
}

function firmwareCases(random: Random): readonly ScriptCase[] {
  const values = [
    0n,
    1n,
    2n,
    3n,
    4n,
    0x10n,
    0x11n,
    0x12n,
    0x1_0000n,
    0x1_0001n,
    0x1_0002n,
    0x1_0003n,
    0x1_0004n,
    0x2_0000n,
    ONES,
  ];
  const beyond = Array.from({ length: 8 }, (_, at) => 0x6030_0000_0014_0000n | BigInt(at));
  const steps = [...new Set([...firmwareRegisters().map(({ id }) => id), ...beyond])].flatMap((id) =>
    written(id, ...values),
  );
  return [
    caseOf("firmware registers", machine(), steps),
    caseOf(
      "firmware registers with PSCI 0.1",
      machine(0),
      firmwareRegisters().flatMap(({ id, values: named }) => written(id, ...Object.values(named), 5n)),
    ),
    caseOf(
      "firmware registers after the first run",
      machine(),
      run(),
      firmwareRegisters().flatMap(({ id, values: named }) => written(id, ...Object.values(named), 5n)),
    ),
    caseOf(
      "firmware registers at random",
      machine(),
      beyond.slice(0, 4).flatMap((id) => written(id, random.wide(), BigInt(random.below(0x2_0000)))),
    ),
  ];
}

/** One register in so many of those that are no ID registers is written. */
function systemCases(random: Random): readonly ScriptCase[] {
  const all = systemRegisters().filter(({ op0, crn }) => !(op0 === 3 && crn === 0));
  const ids = [...new Set(all.map((row) => sysregId(row.op0, row.op1, row.crn, row.crm, row.op2)))];
  const some = ids.filter(() => random.once(8));
  const read = ids.filter(() => random.once(4));
  const nothing = Array.from({ length: 60 }, () =>
    sysregId(random.below(4), random.below(8), random.below(16), random.below(16), random.below(8)),
  );
  return [
    caseOf(
      "system registers, read",
      offered(EVERYTHING),
      read.map((id) => get(id)),
    ),
    caseOf(
      "system registers, written",
      offered(EVERYTHING),
      some.flatMap((id) => [set(id, ONES), get(id), set(id, 0n)]),
    ),
    caseOf(
      "encodings at random",
      machine(),
      nothing.flatMap((id) => [get(id), set(id, 0n)]),
    ),
  ];
}

export function registerCases(random: Random): readonly ScriptCase[] {
  return [
    caseOf(
      "ids of other sizes, classes and architectures",
      machine(),
      strangeIds().flatMap((id) => [get(id), set(id, 0n)]),
    ),
    ...coreCases(),
    ...timerCases(),
    ...cacheCases(),
    ...firmwareCases(random),
    ...systemCases(random),
  ];
}
