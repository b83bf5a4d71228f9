/** What the guest reads: ID registers, firmware registers, hypercall bitmaps; written, and read back. */
import type { Contract, FieldContract, Origin, RegisterContract } from "../contract.ts";
import type { Span } from "../diagnostics/span.ts";
import { bitmapRegister, fieldMask, firmwareRegister } from "../tables/index.ts";
import type { Operation } from "./plan.ts";
import { all64, ioctlOf, row, sinceOf } from "./rows.ts";

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
    mask |= fieldMask(field);
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
  const rest = fields.length > shown.length ? ` and ${fields.length - shown.length} more` : "";
  return `${shown.join(" ")}${rest}${limits(fields)}`;
}

/** `; RAS limited by n1-lts`: which hosts of a fleet keep fields of its common CPU low. */
function limits(fields: readonly FieldContract[]): string {
  const byReason = new Map<string, string[]>();
  for (const { name, origin } of fields)
    if (origin.kind === "baseline" && origin.because !== undefined)
      byReason.set(origin.because, [...(byReason.get(origin.because) ?? []), name]);
  return [...byReason].map(([because, names]) => `; ${names.join(", ")} ${because}`).join("");
}

/** ID registers are written whole where the contract decides every field, else the decided bits only. */
export function idRegisters(contract: Contract): readonly Operation[] {
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

export function firmwareRegisters(contract: Contract): readonly Operation[] {
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

export function clearUnknownBitmaps(contract: Contract): Operation {
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

/** What KVM accepts without keeping it is read back: identity of ID registers, workaround levels, vector lengths. */
export function verifications(contract: Contract): readonly Operation[] {
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
