/** From a contract to the KVM operations that establish it, in the order that KVM demands. */
import type { Contract, FieldContract, Origin, RegisterContract } from "../contract.ts";
import type { Span } from "../diagnostics/span.ts";
import { openChoices } from "../open.ts";
import {
  bitmapRegister,
  compareVersions,
  deviceAttribute,
  capability as findCapability,
  ioctl as findIoctl,
  firmwareRegister,
  sveLengthsRegister,
  timerAttribute,
  vcpuFeature,
} from "../tables/index.ts";
import { counterOffset, pmuEventFilter, smcccFilter, u32, u64 } from "./payload.ts";
import { type Operation, type Phase, type Plan, phases } from "./plan.ts";

/** A row that the tables must have; its absence is a fault of the tables, which their tests would find. */
function row<T>(found: T | undefined, what: string): T {
  if (found === undefined) throw new Error(`the tables lack ${what}`);
  return found;
}

const ioctlOf = (name: string): { name: string; nr: number } => {
  const found = row(findIoctl(name), name);
  return { name: found.name, nr: found.nr };
};

/** 6.1 is the oldest kernel that guestc describes, so an older `since` says nothing. */
const sinceOf = (version: string): string | null => (/^[0-5]\.|^6\.[01]$/.test(version) ? null : version);

const all64 = (1n << 64n) - 1n;

// ------------------------------------------------------------------ create, check, vm

function createVm(contract: Contract): readonly Operation[] {
  const { ipaBits } = contract;
  if (ipaBits === undefined) return [];
  return [
    {
      kind: "create-vm",
      phase: "create",
      ioctl: ioctlOf("KVM_CREATE_VM"),
      fd: "kvm",
      name: "KVM_VM_TYPE_ARM_IPA_SIZE",
      summary: `${ipaBits.value}-bit guest-physical addresses`,
      since: null,
      source: ipaBits.origin.span,
      type: BigInt(ipaBits.value),
    },
  ];
}

/** A capability that must answer at least `atLeast`. */
function check(name: string, span: Span, summary: string, atLeast = 1): Operation {
  const found = row(findCapability(name), name);
  return {
    kind: "check-extension",
    phase: "check",
    ioctl: ioctlOf("KVM_CHECK_EXTENSION"),
    fd: "vm",
    name: found.name,
    summary,
    since: sinceOf(found.since),
    source: span,
    capability: found.number,
    atLeast,
  };
}

function checks(contract: Contract): readonly Operation[] {
  const operations: Operation[] = [];
  const add = (operation: Operation): void => {
    if (!operations.some((earlier) => earlier.name === operation.name)) operations.push(operation);
  };
  if (contract.ipaBits !== undefined)
    add(
      check(
        "KVM_CAP_ARM_VM_IPA_SIZE",
        contract.ipaBits.origin.span,
        "size of guest-physical addresses",
        contract.ipaBits.value,
      ),
    );
  for (const { value, origin } of contract.vcpuFeatures) {
    const feature = row(vcpuFeature(value), value);
    const needed = feature.capability === null ? undefined : findCapability(feature.capability);
    if (needed !== undefined) add(check(needed.name, origin.span, `vCPU feature ${feature.name}`));
  }
  for (const { value, origin, required } of contract.capabilities)
    if (required) add(check(value, origin.span, "is enabled below"));
  if (contract.stolenTime !== undefined)
    add(check("KVM_CAP_STEAL_TIME", contract.stolenTime.origin.span, "stolen time"));
  if (contract.counterOffset !== undefined)
    add(check("KVM_CAP_COUNTER_OFFSET", contract.counterOffset.origin.span, "counter offset"));
  return operations;
}

function enableCapabilities(contract: Contract): readonly Operation[] {
  return contract.capabilities.map(({ value, origin, required }) => {
    const found = row(findCapability(value), value);
    return {
      kind: "enable-capability",
      phase: "vm",
      ioctl: ioctlOf("KVM_ENABLE_CAP"),
      fd: "vm",
      name: found.name,
      summary: found.effect,
      since: required ? sinceOf(found.since) : null,
      source: origin.span,
      capability: found.number,
      args: [],
      ifPresent: !required,
    };
  });
}

const filterActions = { handle: 0, deny: 1, forward: 2 } as const;
const hexId = (id: number): string => `0x${id.toString(16).padStart(8, "0")}`;

function filters(contract: Contract): readonly Operation[] {
  const attribute = row(deviceAttribute("KVM_ARM_VM_SMCCC_FILTER"), "the SMCCC filter");
  return contract.filter.map(({ first, last, action, origin }) => ({
    kind: "set-device-attribute",
    phase: "vm",
    ioctl: ioctlOf("KVM_SET_DEVICE_ATTR"),
    fd: "vm",
    name: attribute.name,
    summary: `${action} ${first === last ? hexId(first) : `${hexId(first)} ..= ${hexId(last)}`}`,
    since: sinceOf(attribute.since),
    source: origin.span,
    group: attribute.group,
    attribute: attribute.attr,
    payload: smcccFilter(first, last - first + 1, filterActions[action]),
    perVcpu: 0n,
    firstVcpuOnly: false,
  }));
}

function counterOffsets(contract: Contract): readonly Operation[] {
  const { counterOffset: stated } = contract;
  if (stated === undefined) return [];
  return [
    {
      kind: "set-counter-offset",
      phase: "vm",
      ioctl: ioctlOf("KVM_ARM_SET_COUNTER_OFFSET"),
      fd: "vm",
      name: "KVM_ARM_SET_COUNTER_OFFSET",
      summary: `virtual and physical counter ${stated.value} behind the host's`,
      since: sinceOf(row(findCapability("KVM_CAP_COUNTER_OFFSET"), "the counter offset").since),
      source: stated.origin.span,
      payload: counterOffset(stated.value),
    },
  ];
}

// ------------------------------------------------------------------ init, lengths, finalize

function initVcpu(contract: Contract): readonly Operation[] {
  const rows = contract.vcpuFeatures.map(({ value }) => row(vcpuFeature(value), value));
  const newest = rows
    .map((feature) => sinceOf(feature.since))
    .filter((since) => since !== null)
    .reduce<string | null>((a, b) => (a === null || compareVersions(a, b) < 0 ? b : a), null);
  const init: Operation = {
    kind: "vcpu-init",
    phase: "init",
    ioctl: ioctlOf("KVM_ARM_VCPU_INIT"),
    fd: "vcpu",
    name: rows.length === 0 ? "no features" : rows.map((feature) => feature.name).join(" | "),
    summary: "vCPU features; one set for the whole VM",
    since: newest,
    source: contract.span,
    features: rows.reduce((bits, feature) => bits | (1 << feature.index), 0),
  };
  const finalize = contract.vcpuFeatures.flatMap(({ value, origin }): Operation[] => {
    const feature = row(vcpuFeature(value), value);
    if (!feature.finalize) return [];
    return [
      {
        kind: "vcpu-finalize",
        phase: "finalize",
        ioctl: ioctlOf("KVM_ARM_VCPU_FINALIZE"),
        fd: "vcpu",
        name: feature.name,
        summary: "fixes the vector lengths",
        since: sinceOf(feature.since),
        source: origin.span,
        feature: feature.index,
      },
    ];
  });
  return [init, ...finalize];
}

/** KVM_REG_ARM64_SVE_VLS: bit n of the 512 stands for a vector length of (n + 1) · 128 bits. */
function vectorLengths(contract: Contract): readonly Operation[] {
  const { sveLengths } = contract;
  if (sveLengths === undefined || sveLengths.value === "host") return [];
  const value = sveLengths.value.reduce((bits, length) => bits | (1n << BigInt(length / 128 - 1)), 0n);
  const register = sveLengthsRegister();
  return [
    {
      kind: "set-register",
      phase: "lengths",
      ioctl: ioctlOf("KVM_SET_ONE_REG"),
      fd: "vcpu",
      name: register.name,
      summary: `${sveLengths.value.join(", ")} bits`,
      since: null,
      source: sveLengths.origin.span,
      id: register.id,
      bits: register.bits,
      mask: (1n << BigInt(register.bits)) - 1n,
      value,
      absentIsFine: false,
    },
  ];
}

// ------------------------------------------------------------------ registers

interface Decision {
  readonly mask: bigint;
  readonly value: bigint;
  readonly fields: readonly FieldContract[];
}

function decisionOf(register: RegisterContract): Decision {
  const fields = register.fields.filter((field) => field.value !== "host");
  let mask = 0n;
  let value = 0n;
  for (const field of fields) {
    mask |= ((1n << BigInt(field.width)) - 1n) << BigInt(field.lsb);
    value |= (field.value === "host" ? 0n : field.value) << BigInt(field.lsb);
  }
  return { mask, value, fields };
}

/** The statement to blame for a register: one that a user wrote for it, before baselines and defaults. */
function sourceOf(fields: readonly FieldContract[], fallback: Span): Span {
  const rank: Record<Origin["kind"], number> = { statement: 0, derived: 1, baseline: 2, default: 3 };
  const sorted = [...fields].sort(
    (a, b) => rank[a.origin.kind] - rank[b.origin.kind] || a.origin.span.start - b.origin.span.start,
  );
  return sorted[0]?.origin.span ?? fallback;
}

function summarise(fields: readonly FieldContract[]): string {
  const shown = fields.slice(0, 6).map((field) => `${field.name}=${field.value}`);
  return shown.join(" ") + (fields.length > shown.length ? ` and ${fields.length - shown.length} more` : "");
}

/** ID registers are written whole where the contract decides every field, else the decided bits only. */
function idRegisters(contract: Contract): readonly Operation[] {
  return contract.registers.flatMap((register): Operation[] => {
    const { mask, value, fields } = decisionOf(register);
    if (mask === 0n) return [];
    return [
      {
        kind: "set-register",
        phase: "registers",
        ioctl: ioctlOf("KVM_SET_ONE_REG"),
        fd: "vcpu",
        name: register.name,
        summary: summarise(fields),
        since: null,
        source: sourceOf(fields, contract.span),
        id: register.id,
        bits: 64,
        mask,
        value,
        absentIsFine: value === 0n,
      },
    ];
  });
}

function firmwareRegisters(contract: Contract): readonly Operation[] {
  const operations: Operation[] = [];
  const write = (
    name: string,
    summary: string,
    value: bigint,
    span: Span,
    since: string | undefined,
    absentIsFine: boolean,
    id: bigint,
  ): void => {
    operations.push({
      kind: "set-register",
      phase: "registers",
      ioctl: ioctlOf("KVM_SET_ONE_REG"),
      fd: "vcpu",
      name,
      summary,
      since: since === undefined || absentIsFine ? null : sinceOf(since),
      source: span,
      id,
      bits: 64,
      mask: all64,
      value,
      absentIsFine,
    });
  };
  const { psci } = contract;
  if (psci.value !== "host") {
    const register = row(firmwareRegister("KVM_REG_ARM_PSCI_VERSION"), "the PSCI version register");
    write(
      register.name,
      `PSCI ${psci.value}`,
      row(register.values[psci.value], psci.value),
      psci.origin.span,
      register.valueSince[psci.value],
      false,
      register.id,
    );
  }
  for (const { register: name, value, origin } of contract.bitmaps) {
    const register = row(bitmapRegister(name), name);
    const services = contract.services.map((service) => service.value).join(", ");
    write(
      name,
      value === 0n ? "no service" : `services among ${services}`,
      value,
      origin.span,
      register.since,
      value === 0n,
      register.id,
    );
  }
  return operations;
}

function clearUnknownBitmaps(contract: Contract): Operation {
  return {
    kind: "clear-unknown-bitmaps",
    phase: "registers",
    ioctl: ioctlOf("KVM_GET_REG_LIST"),
    fd: "vcpu",
    name: "bitmap registers of newer kernels",
    summary: "set to zero, so that services nobody allowed stay denied",
    since: null,
    source: contract.bitmaps[0]?.origin.span ?? contract.span,
    known: contract.bitmaps.map(({ register }) => row(bitmapRegister(register), register).id),
  };
}

// ------------------------------------------------------------------ devices

function deviceAttributes(contract: Contract): readonly Operation[] {
  const operations: Operation[] = [];
  const set = (
    name: string,
    summary: string,
    payload: Uint8Array,
    span: Span,
    { perVcpu = 0n, firstVcpuOnly = false } = {},
  ): void => {
    const attribute = row(deviceAttribute(name), name);
    operations.push({
      kind: "set-device-attribute",
      phase: "devices",
      ioctl: ioctlOf("KVM_SET_DEVICE_ATTR"),
      fd: "vcpu",
      name,
      summary,
      since: sinceOf(attribute.since),
      source: span,
      group: attribute.group,
      attribute: attribute.attr,
      payload,
      perVcpu,
      firstVcpuOnly,
    });
  };
  const { pmu, timers, stolenTime } = contract;
  for (const { timer, intid, origin } of timers)
    set(timerAttribute(timer), `INTID ${intid}`, u32(intid), origin.span);
  if (pmu !== undefined) {
    if (pmu.intid !== undefined)
      set("KVM_ARM_VCPU_PMU_V3_IRQ", `INTID ${pmu.intid.value}`, u32(pmu.intid.value), pmu.intid.origin.span);
    // The counter count is refused once a filter exists, and everything once INIT was called.
    if (pmu.counters !== undefined)
      set(
        "KVM_ARM_VCPU_PMU_V3_SET_NR_COUNTERS",
        `${pmu.counters.value} event counters`,
        u32(pmu.counters.value),
        pmu.counters.origin.span,
        { firstVcpuOnly: true },
      );
    // KVM's first filter entry fixes what happens to all other events: ALLOW first denies them, DENY first allows them.
    for (const action of ["allow", "deny"] as const)
      for (const range of pmu.events
        .filter((one) => one.action === action)
        .toSorted((a, b) => a.first - b.first))
        for (const { base, count } of splitEvents(range.first, range.last))
          set(
            "KVM_ARM_VCPU_PMU_V3_FILTER",
            `${action} events ${hexEvent(base)} ..= ${hexEvent(base + count - 1)}`,
            pmuEventFilter(base, count, action === "allow" ? 0 : 1),
            range.origin.span,
            { firstVcpuOnly: true },
          );
    set("KVM_ARM_VCPU_PMU_V3_INIT", "the PMU is ready", new Uint8Array(0), pmu.origin.span);
  }
  if (stolenTime !== undefined)
    set(
      "KVM_ARM_VCPU_PVTIME_IPA",
      `record at 0x${stolenTime.value.toString(16)} and 64 bytes further for each vCPU`,
      u64(stolenTime.value),
      stolenTime.origin.span,
      { perVcpu: 64n },
    );
  return operations;
}

const hexEvent = (event: number): string => `0x${event.toString(16)}`;

/** A filter entry counts its events in 16 bits, so all 65,536 need two. */
function splitEvents(first: number, last: number): readonly { base: number; count: number }[] {
  const count = last - first + 1;
  if (count <= 0xffff) return [{ base: first, count }];
  return [
    { base: first, count: 0xffff },
    { base: first + 0xffff, count: count - 0xffff },
  ];
}

// ------------------------------------------------------------------ verify

/** What KVM accepts without keeping it is read back: identity of ID registers, workaround levels, vector lengths. */
function verifications(contract: Contract): readonly Operation[] {
  const verify = (
    name: string,
    summary: string,
    id: bigint,
    bits: number,
    mask: bigint,
    value: bigint,
    compare: "equal" | "at-least",
    absentIsFine: boolean,
    span: Span,
  ): Operation => ({
    kind: "verify-register",
    phase: "verify",
    ioctl: ioctlOf("KVM_GET_ONE_REG"),
    fd: "vcpu",
    name,
    summary,
    since: null,
    source: span,
    id,
    bits,
    mask,
    value,
    compare,
    absentIsFine,
  });
  const registers = contract.registers.flatMap((register) => {
    const { mask, value, fields } = decisionOf(register);
    if (mask === 0n) return [];
    return [
      verify(
        register.name,
        summarise(fields),
        register.id,
        64,
        mask,
        value,
        "equal",
        value === 0n,
        sourceOf(fields, contract.span),
      ),
    ];
  });
  // KVM takes a lower level than its own without keeping it, and refuses a higher one: nothing can be set here.
  const workarounds = contract.workarounds.map(({ register: name, level, origin }) => {
    const register = row(firmwareRegister(name), name);
    return verify(
      name,
      contract.sealed ? level : `at least ${level}`,
      register.id,
      64,
      0xfn,
      row(register.values[level], level),
      contract.sealed ? "equal" : "at-least",
      false,
      origin.span,
    );
  });
  return [...registers, ...workarounds];
}

/** The plan of a contract. The same contract gives the same plan. */
export function plan(contract: Contract): Plan {
  const operations: readonly Operation[] = [
    ...createVm(contract),
    ...checks(contract),
    ...enableCapabilities(contract),
    ...filters(contract),
    ...counterOffsets(contract),
    ...initVcpu(contract),
    ...vectorLengths(contract),
    ...idRegisters(contract),
    ...firmwareRegisters(contract),
    clearUnknownBitmaps(contract),
    ...deviceAttributes(contract),
    ...verifications(contract),
  ];
  const rank = (phase: Phase): number => phases.indexOf(phase);
  return {
    arch: "arm64",
    guest: contract.guest,
    documentation: contract.documentation,
    operations: operations.toSorted((a, b) => rank(a.phase) - rank(b.phase)),
    open: openChoices(contract),
  };
}
