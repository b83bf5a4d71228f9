/** Registers that differ in a number only: `PMEVTYPER0_EL0` to `PMEVTYPER30_EL0`. */

/** The name without its numbers, but for that of the exception level. */
const familyOf = (name: string): string => {
  const [, stem = name, level = ""] = /^(.*?)(_EL\d+)?$/.exec(name) ?? [];
  return `${stem.replace(/\d+/g, "#")}${level}`;
};

/** The first two of each family, and the last: what holds for them holds for those between. */
export function representatives<T extends { readonly name: string }>(rows: readonly T[]): readonly T[] {
  const families = new Map<string, T[]>();
  for (const row of rows) {
    const family = families.get(familyOf(row.name)) ?? [];
    family.push(row);
    families.set(familyOf(row.name), family);
  }
  const kept = new Set(
    [...families.values()].flatMap((family) => [...family.slice(0, 2), ...family.slice(-1)]),
  );
  return rows.filter((row) => kept.has(row));
}
