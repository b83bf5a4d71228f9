/** The Plan as a text table, for people. */

import { formatLocation } from "../../diagnostics/span.ts";
import { openByRegister } from "../../open.ts";
import { type Operation, type Plan, phases } from "../../planner/plan.ts";
import { bytesText, hexadecimal, registerId, registerValue } from "../hexadecimal.ts";
import { payloadMembers } from "../payload.ts";

/** Registers wider than 64 bits without leading zeros: they would fill the line. */
function valueText(value: bigint, bits: number): string {
  return bits > 64 ? hexadecimal(value) : registerValue(value, bits);
}

/** What is set to what, in one cell. */
function setting(operation: Operation): string {
  switch (operation.kind) {
    case "create-vm":
      return `type ${hexadecimal(operation.type)}`;
    case "check-extension":
      return `capability ${operation.capability} >= ${operation.atLeast}`;
    case "enable-capability":
      return [
        `capability ${operation.capability}`,
        ...operation.args.map((argument) => hexadecimal(argument)),
        ...(operation.ifPresent ? ["if present"] : []),
      ].join(" ");
    case "vcpu-init":
      return `features ${hexadecimal(operation.features, 8)}`;
    case "vcpu-finalize":
      return `feature ${operation.feature}`;
    case "set-register":
    case "verify-register":
      return [
        registerId(operation.id),
        operation.kind === "set-register" ? "=" : operation.compare === "equal" ? "==" : ">=",
        valueText(operation.value, operation.bits),
        ...(operation.mask === (1n << BigInt(operation.bits)) - 1n
          ? []
          : [`mask ${valueText(operation.mask, operation.bits)}`]),
        ...(operation.absentIsFine ? ["if present"] : []),
      ].join(" ");
    case "clear-unknown-bitmaps":
      return `all but ${operation.known.map(registerId).join(" ")}`;
    case "set-counter-offset":
    case "set-device-attribute": {
      const members = payloadMembers(operation);
      const where =
        operation.kind === "set-device-attribute"
          ? [`group ${operation.group} attribute ${operation.attribute}`]
          : [];
      const what =
        members === undefined
          ? operation.payload.length === 0
            ? []
            : [bytesText(operation.payload)]
          : Object.entries(members).map(([name, value]) => `${name} ${value}`);
      const each =
        operation.kind === "set-device-attribute" && operation.perVcpu !== 0n
          ? [`+ ${operation.perVcpu} a vCPU`]
          : [];
      const once =
        operation.kind === "set-device-attribute" && operation.firstVcpuOnly ? ["on vCPU 0 only"] : [];
      return [...where, ...what, ...each, ...once].join(" ");
    }
  }
}

/** Control characters would break the rows. */
function printable(text: string): string {
  return text.replace(/\p{Cc}|\p{Cf}|[\u2028\u2029]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u{${code.toString(16)}}`;
  });
}

/** Rows as columns, two blanks between them, no blank at a line's end; a column without text is left out. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, at) => {
      widths[at] = Math.max(widths[at] ?? 0, cell.length);
    });
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .filter((_, at) => (widths[at] ?? 0) > 0)
      .join("  ")
      .trimEnd(),
  );
}

export function tableText(plan: Plan): string {
  const lines = [`guest ${printable(plan.guest)} (${plan.arch}), ${plan.operations.length} operations`];
  for (const line of plan.documentation) lines.push(`  ${printable(line)}`.trimEnd());
  for (const phase of phases) {
    const operations = plan.operations.filter((operation) => operation.phase === phase);
    if (operations.length === 0) continue;
    lines.push("", phase);
    const rows = operations.map((operation) =>
      [
        `  ${operation.fd}`,
        operation.ioctl.name,
        operation.name,
        setting(operation),
        operation.since === null ? "" : `since ${operation.since}`,
        operation.summary,
        formatLocation(operation.source),
      ].map(printable),
    );
    lines.push(...columns(rows));
  }
  if (plan.open.length > 0) {
    lines.push("", "left to the host");
    for (const line of openByRegister(plan.open)) lines.push(`  ${printable(line)}`);
  }
  return `${lines.join("\n")}\n`;
}
