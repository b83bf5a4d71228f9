/** What the template of the C header sees: ready strings only. Its schema is `model.schema.json`. */

import type { Contract } from "../../contract.ts";
import { formatLocation } from "../../diagnostics/span.ts";
import { openByRegister } from "../../open.ts";
import type { Operation, Phase, Plan } from "../../planner/plan.ts";
import { hexadecimal, words64 } from "../hexadecimal.ts";
import { payloadBytes } from "../payload.ts";
import { cComment, cString, identifierPart, identifierPrefix } from "./escape.ts";
import { isUapiMacro, vcpuFeatureMacros } from "./uapi.ts";

/** `#define name value`, with a comment (perhaps empty) behind it. */
export interface Constant {
  readonly name: string;
  readonly value: string;
  readonly comment: string;
}

/** `static const type name[] = { values };` */
export interface ConstantArray {
  readonly type: string;
  readonly name: string;
  /** Lines of values, each with its commas. */
  readonly lines: readonly string[];
}

/** A row of the operation table: a comment (perhaps empty) above it, its initialisers in order, in lines. */
export interface Row {
  readonly comment: string;
  readonly lines: readonly string[];
}

export interface HeaderModel {
  readonly guest: string;
  readonly prefix: string;
  readonly documentation: readonly string[];
  readonly open: readonly string[];
  readonly uapi: readonly Constant[];
  readonly ioctls: readonly Constant[];
  readonly constants: readonly Constant[];
  readonly arrays: readonly ConstantArray[];
  readonly rows: readonly Row[];
  readonly runtime: string;
}

const phaseConstants: Readonly<Record<Phase, string>> = {
  create: "GUESTC_PHASE_CREATE",
  check: "GUESTC_PHASE_CHECK",
  vm: "GUESTC_PHASE_VM",
  init: "GUESTC_PHASE_INIT",
  lengths: "GUESTC_PHASE_LENGTHS",
  finalize: "GUESTC_PHASE_FINALIZE",
  registers: "GUESTC_PHASE_REGISTERS",
  devices: "GUESTC_PHASE_DEVICES",
  verify: "GUESTC_PHASE_VERIFY",
};

const kindConstants: Readonly<Record<Operation["kind"], string>> = {
  "create-vm": "GUESTC_CREATE_VM",
  "check-extension": "GUESTC_CHECK_EXTENSION",
  "enable-capability": "GUESTC_ENABLE_CAPABILITY",
  "set-counter-offset": "GUESTC_SET_COUNTER_OFFSET",
  "vcpu-init": "GUESTC_VCPU_INIT",
  "vcpu-finalize": "GUESTC_VCPU_FINALIZE",
  "set-register": "GUESTC_SET_REGISTER",
  "clear-unknown-bitmaps": "GUESTC_CLEAR_UNKNOWN_BITMAPS",
  "set-device-attribute": "GUESTC_SET_DEVICE_ATTRIBUTE",
  "verify-register": "GUESTC_VERIFY_REGISTER",
};

const fdConstants: Readonly<Record<Operation["fd"], string>> = {
  kvm: "GUESTC_FD_KVM",
  vm: "GUESTC_FD_VM",
  vcpu: "GUESTC_FD_VCPU",
};

const u64 = (value: bigint): string => `UINT64_C(${hexadecimal(value, 16)})`;
const u32 = (value: number): string => `UINT32_C(${hexadecimal(value, 8)})`;

/** Values in lines of `each`, every one followed by a comma. */
function inLines(values: readonly string[], each: number): string[] {
  const lines: string[] = [];
  for (let at = 0; at < values.length; at += each)
    lines.push(
      values
        .slice(at, at + each)
        .map((value) => `${value},`)
        .join(" "),
    );
  return lines;
}

/** Hands out names, numbered where two operations have the same. */
function freshNames(): (wanted: string) => string {
  const taken = new Set<string>();
  return (wanted) => {
    let name = wanted;
    for (let number = 2; taken.has(name); number++) name = `${wanted}_${number}`;
    taken.add(name);
    return name;
  };
}

/** The kernel's own name for the number where it has one; the header makes sure that both are equal. */
function macroOr(operation: Operation, number: string): string {
  return isUapiMacro(operation.name) ? operation.name : number;
}

/** A row in the making: what differs from zero, by the members of `struct guestc_operation`. */
interface Members {
  readonly flags?: string;
  readonly id?: string;
  readonly group?: string;
  readonly words?: number;
  readonly mask?: string;
  readonly value?: string;
  readonly list?: string;
  readonly payload?: string;
  readonly payloadSize?: string;
  readonly perVcpu?: string;
}

interface Collected {
  readonly constants: Constant[];
  readonly arrays: ConstantArray[];
  readonly fresh: (wanted: string) => string;
  readonly prefix: string;
}

function constant(to: Collected, suffix: string, value: string, comment = ""): string {
  const name = to.fresh(`${to.prefix}_${suffix}`);
  to.constants.push({ name, value, comment: comment === "" ? "" : cComment(comment) });
  return name;
}

function array(to: Collected, type: string, suffix: string, values: readonly string[], each: number): string {
  const name = to.fresh(`${to.prefix}_${suffix}`);
  to.arrays.push({ type, name, lines: inLines(values, each) });
  return name;
}

function registerMembers(
  to: Collected,
  operation: Extract<Operation, { readonly kind: "set-register" | "verify-register" }>,
): Members {
  const verify = operation.kind === "verify-register";
  const part = `${verify ? "VERIFY_" : ""}${identifierPart(operation.name)}`;
  const flags = [
    ...(operation.absentIsFine ? ["GUESTC_ABSENT_IS_FINE"] : []),
    ...(verify && operation.compare === "at-least" ? ["GUESTC_AT_LEAST"] : []),
  ].join(" | ");
  const base = {
    ...(flags === "" ? {} : { flags }),
    id: constant(to, `${part}_ID`, macroOr(operation, u64(operation.id)), operation.summary),
    words: operation.bits / 64,
  };
  if (operation.bits === 64)
    return {
      ...base,
      mask: constant(to, `${part}_MASK`, u64(operation.mask)),
      value: constant(to, `${part}_VALUE`, u64(operation.value)),
    };
  const words = [...words64(operation.mask, operation.bits), ...words64(operation.value, operation.bits)].map(
    u64,
  );
  return { ...base, list: array(to, "uint64_t", `${part}_MASK_AND_VALUE`, words, 2) };
}

function members(to: Collected, operation: Operation): Members {
  const part = identifierPart(operation.name);
  switch (operation.kind) {
    case "create-vm":
      return { id: constant(to, "VM_TYPE", u64(operation.type), operation.summary) };
    case "check-extension":
      return {
        id: constant(
          to,
          `CHECK_${part}`,
          macroOr(operation, String(operation.capability)),
          operation.summary,
        ),
        value: constant(to, `CHECK_${part}_AT_LEAST`, String(operation.atLeast)),
      };
    case "enable-capability":
      return {
        id: constant(
          to,
          `ENABLE_${part}`,
          macroOr(operation, String(operation.capability)),
          operation.summary,
        ),
        ...(operation.ifPresent ? { flags: "GUESTC_IF_PRESENT" } : {}),
        ...(operation.args.length === 0
          ? {}
          : {
              words: operation.args.length,
              list: array(to, "uint64_t", `ENABLE_${part}_ARGS`, operation.args.map(u64), 2),
            }),
      };
    case "set-counter-offset":
      return payloadMember(to, "COUNTER_OFFSET", operation);
    case "vcpu-init":
      return {
        value: constant(to, "VCPU_FEATURES", featureExpression(operation.features), operation.summary),
      };
    case "vcpu-finalize":
      return {
        id: constant(
          to,
          `FINALIZE_${part}`,
          vcpuFeatureMacros[operation.feature] ?? String(operation.feature),
          operation.summary,
        ),
      };
    case "set-register":
    case "verify-register":
      return registerMembers(to, operation);
    case "clear-unknown-bitmaps":
      return operation.known.length === 0
        ? {}
        : {
            words: operation.known.length,
            list: array(to, "uint64_t", "KNOWN_BITMAPS", operation.known.map(u64), 2),
          };
    case "set-device-attribute":
      return {
        group: constant(to, `${part}_GROUP`, String(operation.group), operation.summary),
        id: constant(to, `${part}_ATTRIBUTE`, macroOr(operation, String(operation.attribute))),
        ...payloadMember(to, part, operation),
        ...(operation.firstVcpuOnly ? { flags: "GUESTC_FIRST_VCPU_ONLY" } : {}),
        ...(operation.perVcpu === 0n
          ? {}
          : { perVcpu: constant(to, `${part}_PER_VCPU`, u64(operation.perVcpu)) }),
      };
  }
}

function payloadMember(to: Collected, part: string, operation: Operation): Members {
  const bytes = payloadBytes(operation);
  if (bytes === undefined) return {};
  const values = [...bytes].map((byte) => hexadecimal(byte, 2));
  const name = array(to, "uint8_t", `${part}_PAYLOAD`, values, 12);
  return { payload: name, payloadSize: `sizeof ${name}` };
}

function row(to: Collected, operation: Operation): Row {
  const own = members(to, operation);
  const since = operation.since === null ? "" : `; since Linux ${operation.since}`;
  return {
    comment: cComment(`${operation.summary}${since}`),
    lines: [
      [
        phaseConstants[operation.phase],
        fdConstants[operation.fd],
        kindConstants[operation.kind],
        own.flags ?? "0",
      ],
      [u32(operation.ioctl.nr), cString(operation.ioctl.name), cString(operation.name)],
      [cString(formatLocation(operation.source))],
      [
        own.id ?? "0",
        own.group ?? "0",
        String(own.words ?? 0),
        own.mask ?? "0",
        own.value ?? "0",
        own.list ?? "NULL",
        own.payload ?? "NULL",
        own.payloadSize ?? "0",
        own.perVcpu ?? "0",
      ],
    ].map((values) => values.join(", ")),
  };
}

/** Macros of the kernel's headers that the operation stands for, with their numbers. */
function uapiConstants(operation: Operation): Constant[] {
  const named = (value: string): Constant[] =>
    isUapiMacro(operation.name) ? [{ name: operation.name, value, comment: "" }] : [];
  switch (operation.kind) {
    case "check-extension":
    case "enable-capability":
      return named(String(operation.capability));
    case "vcpu-init":
      return featureMacros(operation.features).map(([name, index]) => ({
        name,
        value: String(index),
        comment: "",
      }));
    case "vcpu-finalize":
      return featureMacros(1 << operation.feature).map(([name, index]) => ({
        name,
        value: String(index),
        comment: "",
      }));
    case "set-register":
    case "verify-register":
      return named(u64(operation.id));
    case "set-device-attribute":
      return named(String(operation.attribute));
    default:
      return [];
  }
}

/** Macro and index of each feature bit that has a macro. */
function featureMacros(features: number): [name: string, index: number][] {
  return vcpuFeatureMacros.flatMap((name, index): [string, number][] =>
    (features & (1 << index)) === 0 ? [] : [[name, index]],
  );
}

/** The features as an expression of their macros, bits without one in front. */
function featureExpression(features: number): string {
  const macros = featureMacros(features);
  const rest = macros.reduce((bits, [, index]) => bits & ~(1 << index), features) >>> 0;
  const terms = [
    ...(rest === 0 && macros.length > 0 ? [] : [u64(BigInt(rest))]),
    ...macros.map(([name]) => `(UINT64_C(1) << ${name})`),
  ];
  return terms.length === 1 ? terms.join("") : `(${terms.join(" | ")})`;
}

/** Each name once, in order of the name. */
function unique(constants: readonly Constant[]): Constant[] {
  const byName = new Map(constants.map((constant) => [constant.name, constant]));
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

export function headerModel(plan: Plan, contract: Contract, runtime: string): HeaderModel {
  const prefix = identifierPrefix(plan.guest);
  const to: Collected = { constants: [], arrays: [], fresh: freshNames(), prefix };
  if (contract.gic !== undefined)
    constant(
      to,
      "GIC",
      { v3: "3", v2: "2", none: "0" }[contract.gic.value],
      "version of the in-kernel GIC to create; 0: none",
    );
  if (contract.vcpus !== undefined) constant(to, "VCPUS", String(contract.vcpus.value), "vCPUs to create");
  if (contract.ipaBits !== undefined)
    constant(to, "IPA_BITS", String(contract.ipaBits.value), "size of the guest-physical address space");
  const rows = plan.operations.map((operation) => row(to, operation));
  return {
    guest: cComment(plan.guest),
    prefix,
    documentation: plan.documentation.map(cComment),
    open: openByRegister(plan.open).map(cComment),
    uapi: unique(plan.operations.flatMap(uapiConstants)),
    ioctls: unique(
      plan.operations.map(({ ioctl }) => ({ name: ioctl.name, value: u32(ioctl.nr), comment: "" })),
    ),
    constants: to.constants,
    arrays: to.arrays,
    rows,
    runtime,
  };
}
