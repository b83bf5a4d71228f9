/** The Plan as a document of plain JSON values, `guestc.plan/1` (`schemas/plan.schema.json`). */
import type { Contract } from "../../contract.ts";
import { formatLocation } from "../../diagnostics/span.ts";
import type { Operation, Plan } from "../../planner/plan.ts";
import { bytesText, hexadecimal, registerId, registerValue } from "../hexadecimal.ts";
import { payloadBytes, payloadMembers } from "../payload.ts";

export type Json = string | number | boolean | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** Keys without a value are left out. */
function object(entries: Readonly<Record<string, Json | undefined>>): JsonObject {
  const kept: Record<string, Json> = {};
  for (const [key, value] of Object.entries(entries)) if (value !== undefined) kept[key] = value;
  return kept;
}

/** What only this kind of operation has. */
function specific(operation: Operation): Readonly<Record<string, Json | undefined>> {
  switch (operation.kind) {
    case "create-vm":
      return { type: hexadecimal(operation.type, 16) };
    case "check-extension":
      return { capability: hexadecimal(operation.capability), atLeast: operation.atLeast };
    case "enable-capability":
      return {
        capability: hexadecimal(operation.capability),
        ifPresent: operation.ifPresent,
        payload: {
          flags: hexadecimal(0, 8),
          args: operation.args.map((argument) => hexadecimal(argument, 16)),
        },
      };
    case "set-counter-offset":
      return {};
    case "vcpu-init":
      return { payload: { target: "preferred", features: [hexadecimal(operation.features, 8)] } };
    case "vcpu-finalize":
      return { payload: { feature: hexadecimal(operation.feature) } };
    case "set-register":
      return {
        id: registerId(operation.id),
        bits: operation.bits,
        mask: registerValue(operation.mask, operation.bits),
        value: registerValue(operation.value, operation.bits),
        absentIsFine: operation.absentIsFine,
      };
    case "clear-unknown-bitmaps":
      return { known: operation.known.map(registerId) };
    case "set-device-attribute":
      return {
        group: hexadecimal(operation.group),
        attribute: hexadecimal(operation.attribute),
        firstVcpuOnly: operation.firstVcpuOnly,
        perVcpu: operation.perVcpu === 0n ? undefined : hexadecimal(operation.perVcpu),
      };
    case "verify-register":
      return {
        id: registerId(operation.id),
        bits: operation.bits,
        mask: registerValue(operation.mask, operation.bits),
        value: registerValue(operation.value, operation.bits),
        compare: operation.compare,
        absentIsFine: operation.absentIsFine,
      };
  }
}

function operationObject(operation: Operation): JsonObject {
  const bytes = payloadBytes(operation);
  const { payload, ...rest } = specific(operation);
  return object({
    phase: operation.phase,
    kind: operation.kind,
    ioctl: operation.ioctl.name,
    nr: hexadecimal(operation.ioctl.nr, 8),
    fd: operation.fd,
    name: operation.name,
    summary: operation.summary,
    ...rest,
    payload: payload ?? payloadMembers(operation),
    bytes: bytes === undefined ? undefined : bytesText(bytes),
    since: operation.since ?? undefined,
    source: formatLocation(operation.source),
  });
}

/** What the VMM must do itself, because no operation of the plan can: as far as the contract decides it. */
function vmmObject(contract: Contract): JsonObject {
  return object({
    gic: contract.gic?.value,
    vcpus: contract.vcpus?.value,
    ipaBits: contract.ipaBits?.value,
  });
}

export function planDocument(plan: Plan, contract: Contract): JsonObject {
  return {
    schema: "guestc.plan/1",
    arch: plan.arch,
    guest: plan.guest,
    documentation: plan.documentation,
    vmm: vmmObject(contract),
    open: plan.open,
    operations: plan.operations.map(operationObject),
  };
}
