/** Host profiles in their JSON form, one row a line. `readHostProfile` reads back the same. */
import { hexId } from "./answer.ts";
import type { AttributeFile, Configuration, HostProfile } from "./profile.ts";
import { formatSweep } from "./sweep.ts";

type Values<Value> = ReadonlyMap<bigint, Value>;

const hexOrNull = (value: bigint | null): string | null => (value === null ? null : hexId(value));

const record = <Value, Written>(map: Values<Value>, write: (value: Value, id: bigint) => Written) =>
  Object.fromEntries([...map].map(([id, value]) => [hexId(id), write(value, id)]));

/** `[0, 2, 3, 4]` as `0,2-4`. */
function ranges(numbers: readonly number[]): string {
  const items: string[] = [];
  for (let first = 0; first < numbers.length; ) {
    let last = first;
    while (numbers[last + 1] === (numbers[last] ?? 0) + 1) last++;
    items.push(first === last ? `${numbers[first]}` : `${numbers[first]}-${numbers[last]}`);
    first = last + 1;
  }
  return items.join(",");
}

function attributesOf(
  attributes: NonNullable<Configuration["attributes"]>,
): Record<string, readonly string[]> {
  const files: readonly AttributeFile[] = ["vm", "vcpu", "gic"];
  return Object.fromEntries(
    files.flatMap((file) => {
      const groups = attributes[file];
      return groups === undefined
        ? []
        : [[file, [...groups].map(([group, list]) => `${group}:${ranges(list)}`)] as const];
    }),
  );
}

function triedOf(answers: Values<string>): Record<string, readonly string[]> {
  const byAnswer = new Map<string, string[]>();
  for (const [value, answer] of answers)
    byAnswer.set(answer, [...(byAnswer.get(answer) ?? []), hexId(value)]);
  return Object.fromEntries(byAnswer);
}

const sweepTexts = ({ sweeps, registers }: Configuration): ReadonlyMap<bigint, string> =>
  new Map([...sweeps].map(([id, sweep]) => [id, formatSweep(sweep, registers.get(id) ?? 0n)]));

/** The entries of `own` that `parent` has otherwise or not at all, and the ids that it has and `own` lacks. */
function difference<Value>(
  own: Values<Value>,
  parent: Values<Value> | undefined,
  same: (a: Value, b: Value) => boolean = (a, b) => a === b,
): { readonly changed: Values<Value>; readonly removed: readonly bigint[] } {
  if (parent === undefined) return { changed: own, removed: [] };
  const changed = [...own].filter(([id, value]) => {
    const before = parent.get(id);
    return before === undefined || !same(before, value);
  });
  return { changed: new Map(changed), removed: [...parent.keys()].filter((id) => !own.has(id)) };
}

function configurationJson(own: Configuration, parent: Configuration | undefined): object {
  const head = {
    features: own.features,
    capabilities: own.capabilities,
    ...(own.devices === undefined ? {} : { devices: own.devices }),
  };
  if (own.refused !== undefined) return { ...head, refused: own.refused };
  const registers = difference(own.registers, parent?.registers);
  const masks = own.writable === undefined ? undefined : difference(own.writable, parent?.writable);
  const sweeps = difference(sweepTexts(own), parent && sweepTexts(parent));
  const tried = difference(
    own.tried ?? new Map<bigint, Values<string>>(),
    parent?.tried,
    (a, b) => JSON.stringify(triedOf(a)) === JSON.stringify(triedOf(b)),
  );
  const removed = Object.fromEntries(
    Object.entries({
      registers: registers.removed,
      writable: masks?.removed ?? [],
      sweeps: sweeps.removed,
      tried: tried.removed,
    }).flatMap(([section, ids]) => (ids.length === 0 ? [] : [[section, ids.map(hexId)] as const])),
  );
  // null, where nobody asked; an heir says it only to take it away.
  const nobodyAsked = own.writable === undefined && (parent === undefined || parent.writable !== undefined);
  return {
    ...(parent === undefined ? {} : { inherits: parent.name }),
    ...head,
    ...(own.listed === undefined ? {} : { listed: own.listed }),
    ...(own.vectorLengths === undefined || own.vectorLengths === parent?.vectorLengths
      ? {}
      : { vectorLengths: own.vectorLengths }),
    ...(parent === undefined || registers.changed.size > 0
      ? { registers: record(registers.changed, hexOrNull) }
      : {}),
    ...(nobodyAsked ? { writable: null } : {}),
    ...(masks !== undefined && (masks.changed.size > 0 || parent?.writable === undefined)
      ? { writable: record(masks.changed, hexId) }
      : {}),
    ...(sweeps.changed.size > 0 ? { sweeps: record(sweeps.changed, (text) => text) } : {}),
    ...(tried.changed.size > 0 ? { tried: record(tried.changed, triedOf) } : {}),
    ...(own.attributes === undefined || own.attributes === parent?.attributes
      ? {}
      : { attributes: attributesOf(own.attributes) }),
    ...(Object.keys(removed).length > 0 ? { removed } : {}),
  };
}

/** Whether an heir can say all that it is as a difference: lengths and attributes cannot be taken away. */
function mayInherit(own: Configuration, parent: Configuration): boolean {
  return (
    own !== parent &&
    parent.refused === undefined &&
    (own.vectorLengths !== undefined || parent.vectorLengths === undefined) &&
    (own.attributes !== undefined || parent.attributes === undefined)
  );
}

function assumedJson(assumed: NonNullable<HostProfile["assumed"]>): object {
  return {
    ...(assumed.capabilities ? { capabilities: true } : {}),
    ...(assumed.list ? { list: true } : {}),
    ...(assumed.configurations.size > 0 ? { configurations: [...assumed.configurations] } : {}),
    ...(assumed.registers.size > 0 ? { registers: [...assumed.registers].map(hexId) } : {}),
  };
}

const WIDTH = 110;

/** JSON with what fits into a line in one, but for maps by register. */
function print(value: unknown, indent: string, room: number): string {
  const flat = JSON.stringify(value, null, 1).replace(/\n */g, " ");
  if (typeof value !== "object" || value === null) return flat;
  const byRegister = Object.keys(value).some((key) => /^0x|^\d/.test(key)) && !Array.isArray(value);
  const line = flat.replace(/^\[ /, "[").replace(/ \]$/, "]");
  if (!byRegister && line.length <= room && !/[[{].*[[{]/.test(line)) return line;
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    return `[\n${value.map((item) => inner + print(item, inner, WIDTH - inner.length)).join(",\n")}\n${indent}]`;
  }
  const rows = Object.entries(value).map(([key, item]) => {
    const head = `${inner}${JSON.stringify(key)}: `;
    return head + print(item, inner, WIDTH - head.length);
  });
  return rows.length === 0 ? "{}" : `{\n${rows.join(",\n")}\n${indent}}`;
}

/** The text of a profile, with a line end at its end. The same profile gives the same text. */
export function formatHostProfile(profile: HostProfile): string {
  const { name, description, origin, recorder, kernel, cpu, highestCapability, devices, user, assumed } =
    profile;
  const base = profile.configurations.get("base");
  const configurations = [...profile.configurations.values()].map((one) => {
    const parent = base !== undefined && mayInherit(one, base) ? base : undefined;
    return [one.name, configurationJson(one, parent)] as const;
  });
  const json = {
    schema: "guestc.host-profile/1",
    name,
    ...(description === undefined ? {} : { description }),
    origin,
    ...(recorder === undefined ? {} : { recorder }),
    kernel: { release: kernel.release, version: kernel.version },
    cpu: {
      name: cpu.name,
      ...(cpu.midr === undefined ? {} : { midr: hexId(cpu.midr) }),
      platform: cpu.platform,
    },
    capabilities: Object.fromEntries(
      [...profile.capabilities].map(([number, answer]) => [String(number), answer]),
    ),
    ...(highestCapability === undefined ? {} : { highestCapability }),
    ...(devices === undefined ? {} : { devices }),
    ...(user === undefined
      ? {}
      : { user: { hwcap: user.hwcap.map(hexId), registers: record(user.registers, hexId) } }),
    ...(assumed === undefined ? {} : { assumed: assumedJson(assumed) }),
    configurations: Object.fromEntries(configurations),
  };
  return `${print(json, "", WIDTH)}\n`;
}
