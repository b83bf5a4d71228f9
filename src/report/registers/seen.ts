/** The registers that a guest reads on its hosts. */
import type { Expected, RegisterOutcome } from "../../predict/index.ts";
import type { FieldSeen, RegisterSeen } from "../../sim/view/registers.ts";
import { isNotable } from "../../sim/view/table.ts";
import { type HostRow, hostSet, variants } from "../hosts.ts";
import type { Sighting } from "../sightings.ts";
import { number, register64, shown } from "../words.ts";
import { bitsOf, type FieldLine, type RegisterBlock, type WholeLine } from "./block.ts";
import { originLine } from "./origin.ts";

function wholeText(outcome: Expected<RegisterOutcome>): { readonly text: string; readonly isValue: boolean } {
  if (!outcome.known) return { text: shown(`not decided: ${outcome.because}`), isValue: false };
  const { value } = outcome;
  if (typeof value === "bigint") return { text: register64(value), isValue: true };
  return { text: shown(`${value === "any" ? "differs" : value}: ${outcome.because}`), isValue: false };
}

function fieldLines(
  of: readonly (readonly [HostRow, FieldSeen])[],
  total: number,
  path: string,
): readonly FieldLine[] {
  const found = variants(of, ({ value, decided }) =>
    JSON.stringify([String(value), decided.by, decided.span?.start, decided.why]),
  );
  const differs = found.length > 1;
  const notable = found.some(({ value }) => value.notable);
  return found.map(({ value: { field, value, meaning, features, decided }, hosts }, at) => ({
    bits: bitsOf(field),
    name: field.name,
    again: at > 0,
    value: number(value),
    meaning: shown(meaning ?? ""),
    features,
    hosts: hosts.length === total ? undefined : hostSet(hosts),
    differs,
    origin: originLine(decided, path),
    notable,
  }));
}

function block(
  name: string,
  of: readonly (readonly [HostRow, RegisterSeen])[],
  total: number,
  path: string,
): RegisterBlock | undefined {
  const [first] = of;
  if (first === undefined) return undefined;
  const { register } = first[1];
  const whole = variants(
    of.map(([host, { outcome }]) => [host, wholeText(outcome)] as const),
    ({ text }) => text,
  ).map(
    ({ value, hosts }): WholeLine => ({
      ...value,
      hosts: hosts.length === total ? undefined : hostSet(hosts),
    }),
  );
  const fields = register.fields.flatMap((field) =>
    fieldLines(
      of.flatMap(([host, { fields: seen }]) => {
        const one = seen.find((candidate) => candidate.field === field);
        return one === undefined ? [] : [[host, one] as const];
      }),
      total,
      path,
    ),
  );
  return {
    name,
    id: register64(register.id),
    kind: register.kind === "aarch32-id" ? "aarch32" : "aarch64",
    whole,
    fields,
    notable: of.some(([, one]) => isNotable(one)),
    differs: whole.length > 1,
  };
}

/** In the order of the table. */
export function seenRegisters(seen: readonly Sighting[], path: string): readonly RegisterBlock[] {
  const byName = new Map<string, (readonly [HostRow, RegisterSeen])[]>();
  for (const { host, registers } of seen)
    for (const one of registers) {
      const known = byName.get(one.register.name);
      if (known === undefined) byName.set(one.register.name, [[host, one]]);
      else known.push([host, one]);
    }
  return [...byName].flatMap(([name, of]) => block(name, of, seen.length, path) ?? []);
}
