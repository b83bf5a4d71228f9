/** What was asked for lately, bounded: memory must not grow with the fleet. */

export interface Recent<Value> {
  readonly get: (key: string) => Value | undefined;
  readonly set: (key: string, value: Value) => void;
}

/**
 * Keeps at least the `size` entries used last and at most twice as many: when the younger half is full, the older one is
 * forgotten, which costs nothing at each look.
 */
export function recent<Value>(size: number): Recent<Value> {
  let [younger, older] = [new Map<string, Value>(), new Map<string, Value>()];
  const set = (key: string, value: Value): void => {
    if (younger.size >= size) [younger, older] = [new Map(), younger];
    younger.set(key, value);
  };
  return {
    set,
    get(key) {
      const value = younger.get(key);
      if (value !== undefined) return value;
      const kept = older.get(key);
      if (kept !== undefined) set(key, kept);
      return kept;
    },
  };
}
