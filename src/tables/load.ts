/** Tables are parsed when first asked for, once. */

/** A function that computes its answer at the first call and keeps it. */
export function once<T>(compute: () => T): () => T {
  let kept: { readonly value: T } | undefined;
  return () => {
    kept ??= { value: compute() };
    return kept.value;
  };
}

/** A look-up by key over rows that are made when first needed. The first row of a key counts. */
export function indexed<K, T>(
  rows: () => readonly T[],
  keys: (row: T) => readonly K[],
): (key: K) => T | undefined {
  const index = once(() => {
    const map = new Map<K, T>();
    for (const row of rows()) for (const key of keys(row)) if (!map.has(key)) map.set(key, row);
    return map;
  });
  return (key) => index().get(key);
}

/** A table's rows, each parsed when it is first looked at. */
export interface LazyRows<Row> {
  /** What the key column says, row by row. */
  readonly keys: readonly string[];
  /** The row's JSON text, for searches that need not parse it. */
  readonly textAt: (position: number) => string;
  readonly at: (position: number) => Row | undefined;
  /** Rows, ascending, whose texts hold a name: a feature's, or `REGISTER.FIELD`. Nothing is parsed. */
  readonly naming: (name: string) => readonly number[];
  /** What stands beside the rows in the file's object, under `name`: a string. */
  readonly header: (name: string) => string;
}

/**
 * Splits a file `{ …, "rows": [ … ] }` into its rows without parsing them. Every row begins with the key
 * column, no nested object does, and nothing follows the rows; tests hold the files to it.
 */
export function lazyRows<Row>(text: string, key: string): LazyRows<Row> {
  const starts = [...text.matchAll(new RegExp(`\\{"${key}": ?"([^"]*)"`, "g"))];
  const end = text.lastIndexOf("]");
  const texts = starts.map(({ index }, position) =>
    text.slice(index, starts[position + 1]?.index ?? end).replace(/[,\s]+$/, ""),
  );
  const parsed: (Row | undefined)[] = [];
  /** The last row that begins at or before an offset. */
  const rowAt = (offset: number): number => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle]?.index ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  const naming = (name: string): readonly number[] => {
    const found: number[] = [];
    for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + name.length)) {
      const whole = !/\w/.test(text.charAt(at - 1)) && !/\w/.test(text.charAt(at + name.length));
      const position = rowAt(at);
      if (whole && found.at(-1) !== position) found.push(position);
    }
    return found;
  };
  return {
    naming,
    keys: starts.map(([, name = ""]) => name),
    textAt: (position) => texts[position] ?? "",
    at: (position) => {
      const row = texts[position];
      if (row === undefined) return undefined;
      parsed[position] ??= JSON.parse(row) as Row;
      return parsed[position];
    },
    header: (name) => new RegExp(`"${name}": ?"([^"]*)"`).exec(text.slice(0, starts[0]?.index))?.[1] ?? "",
  };
}
