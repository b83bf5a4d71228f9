/** Plans and contracts made by hand: every kind of operation, hostile names, and what QEMU can carry. */
import type { Contract, Origin } from "../../src/contract.ts";
import type { SourceFile, Span } from "../../src/diagnostics/span.ts";
import type { Operation, Plan } from "../../src/planner/plan.ts";

/** The span of `text` in `file`; an error where it does not stand there exactly once. */
export function spanOf(file: SourceFile, text: string): Span {
  const start = file.text.indexOf(text);
  if (start < 0 || file.text.indexOf(text, start + 1) >= 0)
    throw new Error(`"${text}" is not unique in ${file.path}`);
  return { file, start, end: start + text.length };
}

const file: SourceFile = {
  path: "guests/full.guest",
  text: `edition 2026

cpu wide {
  baseline host
  field ID_AA64ISAR0_EL1.RNDR = 0
  field ID_AA64PFR0_EL1.CSV3 = 0
  sve lengths 128, 256
  pauth on
  pmu on {
    intid 23
    deny events 0x11
  }
}

/// Every kind of operation.
///
/// Not a guest that anyone would start.
guest full {
  cpu wide
  ipa 40 bits
  vcpus 2
  gic v3
  psci 1.1
  services pv-time
  capability system-suspend
  counter-offset 0x1000
  workaround SMCCC_ARCH_WORKAROUND_1 = not-available
  timer virtual intid 27
  stolen-time at 0x4800_0000
  smccc {
    deny oem fast64
    forward 0xC600_0100 ..= 0xC600_01FF
  }
}
`,
};

const at = (text: string): Span => spanOf(file, text);
const setOneReg = { name: "KVM_SET_ONE_REG", nr: 0x4010aeac };
const getOneReg = { name: "KVM_GET_ONE_REG", nr: 0x4010aeab };
const setDeviceAttr = { name: "KVM_SET_DEVICE_ATTR", nr: 0x4018aee1 };
const checkExtension = { name: "KVM_CHECK_EXTENSION", nr: 0x0000ae03 };
const all64 = (1n << 64n) - 1n;
const all512 = (1n << 512n) - 1n;

function bytes(...values: readonly number[]): Uint8Array {
  return Uint8Array.from(values);
}

function int32(value: number): Uint8Array {
  return bytes(value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >> 24) & 0xff);
}

function filterBytes(base: number, count: number, action: number): Uint8Array {
  const payload = new Uint8Array(24);
  payload.set(int32(base), 0);
  payload.set(int32(count), 4);
  payload[8] = action;
  return payload;
}

function register(
  name: string,
  id: bigint,
  mask: bigint,
  value: bigint,
  summary: string,
  source: Span,
  more: { readonly since?: string; readonly absentIsFine?: boolean } = {},
): Operation {
  return {
    kind: "set-register",
    phase: "registers",
    ioctl: setOneReg,
    fd: "vcpu",
    name,
    summary,
    since: more.since ?? null,
    source,
    id,
    bits: 64,
    mask,
    value,
    absentIsFine: more.absentIsFine ?? false,
  };
}

function attribute(
  name: string,
  group: number,
  attr: number,
  payload: Uint8Array,
  summary: string,
  source: Span,
  more: { readonly perVcpu?: bigint; readonly firstVcpuOnly?: boolean } = {},
): Operation {
  return {
    kind: "set-device-attribute",
    phase: "devices",
    ioctl: setDeviceAttr,
    fd: "vcpu",
    name,
    summary,
    since: null,
    source,
    group,
    attribute: attr,
    payload,
    perVcpu: more.perVcpu ?? 0n,
    firstVcpuOnly: more.firstVcpuOnly ?? false,
  };
}

export const bitmaps = {
  std: 0x6030000000160000n,
  stdHyp: 0x6030000000160001n,
  vendorHyp: 0x6030000000160002n,
  vendorHyp2: 0x6030000000160003n,
} as const;

/** Every kind of operation, in an order and with values that KVM accepts. */
export const fullPlan: Plan = {
  arch: "arm64",
  guest: "full",
  documentation: ["Every kind of operation.", "", "Not a guest that anyone would start."],
  open: ["ID_AA64PFR0_EL1.CSV2", "midr"],
  operations: [
    {
      kind: "create-vm",
      phase: "create",
      ioctl: { name: "KVM_CREATE_VM", nr: 0x0000ae01 },
      fd: "kvm",
      name: "KVM_VM_TYPE_ARM_IPA_SIZE",
      summary: "40-bit guest-physical addresses",
      since: null,
      source: at("ipa 40 bits"),
      type: 40n,
    },
    {
      kind: "check-extension",
      phase: "check",
      ioctl: checkExtension,
      fd: "kvm",
      name: "KVM_CAP_ARM_VM_IPA_SIZE",
      summary: "size of guest-physical addresses",
      since: null,
      source: at("ipa 40 bits"),
      capability: 165,
      atLeast: 40,
    },
    {
      kind: "check-extension",
      phase: "check",
      ioctl: checkExtension,
      fd: "vm",
      name: "KVM_CAP_ARM_SVE",
      summary: "vCPU feature SVE",
      since: null,
      source: at("sve lengths 128, 256"),
      capability: 170,
      atLeast: 1,
    },
    {
      kind: "enable-capability",
      phase: "vm",
      ioctl: { name: "KVM_ENABLE_CAP", nr: 0x4068aea3 },
      fd: "vm",
      name: "KVM_CAP_ARM_SYSTEM_SUSPEND",
      summary: "the PSCI call SYSTEM_SUSPEND",
      since: null,
      source: at("capability system-suspend"),
      capability: 216,
      args: [0n, 0n],
      ifPresent: false,
    },
    {
      kind: "set-device-attribute",
      phase: "vm",
      ioctl: setDeviceAttr,
      fd: "vm",
      name: "KVM_ARM_VM_SMCCC_FILTER",
      summary: "deny 0xc3000000 ..= 0xc300ffff",
      since: "6.4",
      source: at("deny oem fast64"),
      group: 0,
      attribute: 0,
      payload: filterBytes(0xc3000000, 0x10000, 1),
      perVcpu: 0n,
      firstVcpuOnly: false,
    },
    {
      kind: "set-device-attribute",
      phase: "vm",
      ioctl: setDeviceAttr,
      fd: "vm",
      name: "KVM_ARM_VM_SMCCC_FILTER",
      summary: "forward 0xc6000100 ..= 0xc60001ff",
      since: "6.4",
      source: at("forward 0xC600_0100 ..= 0xC600_01FF"),
      group: 0,
      attribute: 0,
      payload: filterBytes(0xc6000100, 0x100, 2),
      perVcpu: 0n,
      firstVcpuOnly: false,
    },
    {
      kind: "set-counter-offset",
      phase: "vm",
      ioctl: { name: "KVM_ARM_SET_COUNTER_OFFSET", nr: 0x4010aeb5 },
      fd: "vm",
      name: "KVM_ARM_SET_COUNTER_OFFSET",
      summary: "virtual and physical counter 4096 behind the host's",
      since: "6.4",
      source: at("counter-offset 0x1000"),
      payload: bytes(0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    },
    {
      kind: "vcpu-init",
      phase: "init",
      ioctl: { name: "KVM_ARM_VCPU_INIT", nr: 0x4020aeae },
      fd: "vcpu",
      name: "PSCI_0_2 | PMU_V3 | SVE | PTRAUTH_ADDRESS | PTRAUTH_GENERIC",
      summary: "vCPU features; one set for the whole VM",
      since: null,
      source: at("guest full"),
      features: 0x7c,
    },
    {
      kind: "set-register",
      phase: "lengths",
      ioctl: setOneReg,
      fd: "vcpu",
      name: "KVM_REG_ARM64_SVE_VLS",
      summary: "128, 256 bits",
      since: null,
      source: at("sve lengths 128, 256"),
      id: 0x606000000015ffffn,
      bits: 512,
      mask: all512,
      value: 3n,
      absentIsFine: false,
    },
    {
      kind: "vcpu-finalize",
      phase: "finalize",
      ioctl: { name: "KVM_ARM_VCPU_FINALIZE", nr: 0x4004aec2 },
      fd: "vcpu",
      name: "SVE",
      summary: "fixes the vector lengths",
      since: null,
      source: at("sve lengths 128, 256"),
      feature: 4,
    },
    register(
      "ID_AA64PFR0_EL1",
      0x603000000013c020n,
      0xfn << 60n,
      0n,
      "CSV3=0",
      at("field ID_AA64PFR0_EL1.CSV3 = 0"),
    ),
    register(
      "ID_AA64ISAR0_EL1",
      0x603000000013c030n,
      0xfn << 60n,
      0n,
      "RNDR=0",
      at("field ID_AA64ISAR0_EL1.RNDR = 0"),
    ),
    register("KVM_REG_ARM_PSCI_VERSION", 0x6030000000140000n, all64, 0x10001n, "PSCI 1.1", at("psci 1.1")),
    register("KVM_REG_ARM_STD_BMAP", bitmaps.std, all64, 0n, "no service", at("services pv-time")),
    register("KVM_REG_ARM_STD_HYP_BMAP", bitmaps.stdHyp, all64, 1n, "pv-time", at("services pv-time")),
    register(
      "KVM_REG_ARM_VENDOR_HYP_BMAP_2",
      bitmaps.vendorHyp2,
      all64,
      0n,
      "no service",
      at("services pv-time"),
      {
        since: "6.15",
        absentIsFine: true,
      },
    ),
    {
      kind: "clear-unknown-bitmaps",
      phase: "registers",
      ioctl: { name: "KVM_GET_REG_LIST", nr: 0xc008aeb0 },
      fd: "vcpu",
      name: "bitmap registers of newer kernels",
      summary: "set to zero, so that services nobody allowed stay denied",
      since: null,
      source: at("services pv-time"),
      known: [bitmaps.std, bitmaps.stdHyp, bitmaps.vendorHyp2],
    },
    attribute("KVM_ARM_VCPU_TIMER_IRQ_VTIMER", 1, 0, int32(27), "INTID 27", at("timer virtual intid 27")),
    attribute("KVM_ARM_VCPU_PMU_V3_IRQ", 0, 0, int32(23), "INTID 23", at("intid 23")),
    attribute(
      "KVM_ARM_VCPU_PMU_V3_FILTER",
      0,
      2,
      bytes(0x11, 0, 1, 0, 1, 0, 0, 0),
      "deny event 0x11",
      at("deny events 0x11"),
      { firstVcpuOnly: true },
    ),
    attribute("KVM_ARM_VCPU_PMU_V3_INIT", 0, 1, bytes(), "the PMU is ready", at("pmu on {")),
    attribute(
      "KVM_ARM_VCPU_PVTIME_IPA",
      2,
      0,
      bytes(0, 0, 0, 0x48, 0, 0, 0, 0),
      "record at 0x48000000 and 64 bytes further for each vCPU",
      at("stolen-time at 0x4800_0000"),
      { perVcpu: 64n },
    ),
    {
      kind: "verify-register",
      phase: "verify",
      ioctl: getOneReg,
      fd: "vcpu",
      name: "ID_AA64PFR0_EL1",
      summary: "SVE=1",
      since: null,
      source: at("sve lengths 128, 256"),
      id: 0x603000000013c020n,
      bits: 64,
      mask: 0xfn << 32n,
      value: 1n << 32n,
      compare: "equal",
      absentIsFine: false,
    },
    {
      kind: "verify-register",
      phase: "verify",
      ioctl: getOneReg,
      fd: "vcpu",
      name: "KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1",
      summary: "at least not-available",
      since: null,
      source: at("workaround SMCCC_ARCH_WORKAROUND_1 = not-available"),
      id: 0x6030000000140001n,
      bits: 64,
      mask: 0xfn,
      value: 0n,
      compare: "at-least",
      absentIsFine: false,
    },
  ],
};

const written = (text: string): Origin => ({ kind: "statement", span: at(text) });

/** The contract of `fullPlan`. */
export const fullContract: Contract = {
  arch: "arm64",
  guest: "full",
  documentation: fullPlan.documentation,
  span: at("guest full"),
  sealed: false,
  cpu: "wide",
  registers: [
    {
      name: "ID_AA64PFR0_EL1",
      id: 0x603000000013c020n,
      fields: [
        { name: "CSV3", lsb: 60, width: 4, value: 0n, origin: written("field ID_AA64PFR0_EL1.CSV3 = 0") },
        { name: "CSV2", lsb: 56, width: 4, value: "host", origin: written("baseline host") },
      ],
    },
    {
      name: "ID_AA64ISAR0_EL1",
      id: 0x603000000013c030n,
      fields: [
        { name: "RNDR", lsb: 60, width: 4, value: 0n, origin: written("field ID_AA64ISAR0_EL1.RNDR = 0") },
      ],
    },
  ],
  vcpuFeatures: [
    { value: "PSCI_0_2", origin: { kind: "default", span: at("guest full"), statement: "psci" } },
    { value: "PMU_V3", origin: written("pmu on {") },
    { value: "SVE", origin: written("sve lengths 128, 256") },
    { value: "PTRAUTH_ADDRESS", origin: written("pauth on") },
    { value: "PTRAUTH_GENERIC", origin: written("pauth on") },
  ],
  capabilities: [
    { value: "KVM_CAP_ARM_SYSTEM_SUSPEND", required: true, origin: written("capability system-suspend") },
  ],
  sveLengths: { value: [128, 256], origin: written("sve lengths 128, 256") },
  pmu: {
    origin: written("pmu on {"),
    counters: undefined,
    intid: { value: 23, origin: written("intid 23") },
    events: [{ first: 0x11, last: 0x11, action: "deny", origin: written("deny events 0x11") }],
  },
  psci: { value: "1.1", origin: written("psci 1.1") },
  bitmaps: [
    { register: "KVM_REG_ARM_STD_BMAP", value: 0n, origin: written("services pv-time") },
    { register: "KVM_REG_ARM_STD_HYP_BMAP", value: 1n, origin: written("services pv-time") },
    { register: "KVM_REG_ARM_VENDOR_HYP_BMAP", value: 0n, origin: written("services pv-time") },
    { register: "KVM_REG_ARM_VENDOR_HYP_BMAP_2", value: 0n, origin: written("services pv-time") },
  ],
  services: [{ value: "pv-time", origin: written("services pv-time") }],
  filter: [
    { first: 0xc3000000, last: 0xc300ffff, action: "deny", origin: written("deny oem fast64") },
    {
      first: 0xc6000100,
      last: 0xc60001ff,
      action: "forward",
      origin: written("forward 0xC600_0100 ..= 0xC600_01FF"),
    },
  ],
  workarounds: [
    {
      register: "KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1",
      level: "not-available",
      origin: written("workaround SMCCC_ARCH_WORKAROUND_1 = not-available"),
    },
  ],
  timers: [{ timer: "virtual", intid: 27, origin: written("timer virtual intid 27") }],
  stolenTime: { value: 0x48000000n, origin: written("stolen-time at 0x4800_0000") },
  counterOffset: { value: 0x1000n, origin: written("counter-offset 0x1000") },
  ipaBits: { value: 40, origin: written("ipa 40 bits") },
  gic: { value: "v3", origin: written("gic v3") },
  vcpus: { value: 2, origin: written("vcpus 2") },
  hosts: [],
  tests: [],
};

const emulatedFile: SourceFile = {
  path: "guests/emulated.guest",
  text: `edition 2026

cpu plain {
  baseline host
  sve lengths 128, 256, 512
  pmu off
  pauth on
}

guest emulated {
  cpu plain
  gic v3
  vcpus 2
  services trng, pv-time, kvm-features, ptp
}
`,
};

const emulated = (text: string): Origin => ({ kind: "statement", span: spanOf(emulatedFile, text) });

/** A contract that QEMU's classic properties can carry, but for the services of newer kernels. */
export const emulatedContract: Contract = {
  arch: "arm64",
  guest: "emulated",
  documentation: [],
  span: spanOf(emulatedFile, "guest emulated"),
  sealed: false,
  cpu: "plain",
  registers: [
    {
      name: "ID_AA64DFR0_EL1",
      id: 0x603000000013c028n,
      fields: [
        {
          name: "PMUVer",
          lsb: 8,
          width: 4,
          value: 0n,
          origin: { kind: "derived", span: spanOf(emulatedFile, "pmu off"), because: "no PMU" },
        },
        { name: "DebugVer", lsb: 0, width: 4, value: "host", origin: emulated("baseline host") },
      ],
    },
  ],
  vcpuFeatures: [
    {
      value: "PSCI_0_2",
      origin: { kind: "default", span: spanOf(emulatedFile, "guest emulated"), statement: "psci" },
    },
    { value: "SVE", origin: emulated("sve lengths 128, 256, 512") },
    { value: "PTRAUTH_ADDRESS", origin: emulated("pauth on") },
    { value: "PTRAUTH_GENERIC", origin: emulated("pauth on") },
  ],
  capabilities: [],
  sveLengths: { value: [128, 256, 512], origin: emulated("sve lengths 128, 256, 512") },
  pmu: undefined,
  psci: {
    value: "host",
    origin: { kind: "default", span: spanOf(emulatedFile, "guest emulated"), statement: "psci" },
  },
  bitmaps: [
    {
      register: "KVM_REG_ARM_STD_BMAP",
      value: 1n,
      origin: emulated("services trng, pv-time, kvm-features, ptp"),
    },
    {
      register: "KVM_REG_ARM_STD_HYP_BMAP",
      value: 1n,
      origin: emulated("services trng, pv-time, kvm-features, ptp"),
    },
    {
      register: "KVM_REG_ARM_VENDOR_HYP_BMAP",
      value: 3n,
      origin: emulated("services trng, pv-time, kvm-features, ptp"),
    },
    {
      register: "KVM_REG_ARM_VENDOR_HYP_BMAP_2",
      value: 0n,
      origin: emulated("services trng, pv-time, kvm-features, ptp"),
    },
  ],
  services: ["trng", "pv-time", "kvm-features", "ptp"].map((value) => ({
    value,
    origin: emulated("services trng, pv-time, kvm-features, ptp"),
  })),
  filter: [],
  workarounds: [],
  timers: [],
  stolenTime: undefined,
  counterOffset: undefined,
  ipaBits: undefined,
  gic: { value: "v3", origin: emulated("gic v3") },
  vcpus: { value: 2, origin: emulated("vcpus 2") },
  hosts: [],
  tests: [],
};

export const emulatedPlan: Plan = {
  arch: "arm64",
  guest: "emulated",
  documentation: [],
  open: [],
  operations: [],
};

/** Text that breaks a careless generator. */
export const hostileTexts: readonly string[] = [
  "ends */ the comment",
  "opens /* another",
  "*/ int injected = 1; /*",
  "trigraphs ??/ ??' ??( ????/",
  "continues \\",
  "continues \\  ",
  'quote " backslash \\ percent %s %n',
  "new\nline",
  "carriage\rreturn",
  "nul \u0000 bell \u0007",
  "right-to-left \u202e override \u2066 isolate",
  "line separator \u2028 next",
  "lone surrogate \ud800 here",
  "Größe, 大きさ, 🦀",
  "digits behind octal é7",
  "*\\\n/ spliced end",
  "// line comment \\",
  "__DATE__ #define x",
  "",
  " ",
];

/** `fullPlan` under another name, with `text` wherever a user's or a table's text goes. */
export function hostilePlan(guest: string, text: string): Plan {
  const source: SourceFile = { path: text, text: `${text}\nguest` };
  return {
    ...fullPlan,
    guest,
    documentation: [text, text, ""],
    open: [text],
    operations: fullPlan.operations.map((operation) => ({
      ...operation,
      summary: text,
      name: operation.kind === "create-vm" ? `named ${text}` : operation.name,
      source: { file: source, start: 0, end: 0 },
    })),
  };
}
