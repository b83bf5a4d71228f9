/** What a profile says of its host, as a text: equal for hosts with equal facts, whatever they are called. */
import type { HostProfile } from "../hosts/profile.ts";

/** In one order, whatever the order of the profile; every kind of value in a form of its own. */
function canonical(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `x${value.toString(16)}`;
  if (typeof value !== "object" || value === null) return String(value);
  if (value instanceof Map) {
    const entries = [...value].map(([key, one]) => `${canonical(key)}:${canonical(one)}`);
    return `{${entries.sort().join()}}`;
  }
  if (value instanceof Set) return `<${[...value].map(canonical).sort().join()}>`;
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  const entries = Object.entries(value).flatMap(([key, one]) =>
    one === undefined ? [] : [`${key}:${canonical(one)}`],
  );
  return `(${entries.sort().join()})`;
}

/**
 * Everything in a profile but its name, its description and the program that recorded it. What a host offers depends on
 * nothing else, so that it is computed once for hosts with equal texts.
 */
export function factsText(profile: HostProfile): string {
  const { name: _name, description: _description, recorder: _recorder, ...facts } = profile;
  return canonical(facts);
}
