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
