/** Places for a diagram in layers: which nodes lie in which row, and in what order, so that few lines cross. */

/** A node of the diagram, or a bend of a line that passes a layer. */
export interface Item {
  /** Index of the node; undefined: a bend. */
  readonly node: number | undefined;
  readonly layer: number;
  /** Indexes of the items that lines lead down to. */
  readonly down: readonly number[];
}

/** Sweeps up and down; more change little. */
const sweeps = 6;

/**
 * Lines that pass layers are given a bend in each, so that they find their own way between the nodes.
 *
 * @param ranks layer of each node, 0 at the bottom
 * @param covers indexes of the nodes below, by node
 */
export function itemsOf(ranks: readonly number[], covers: readonly (readonly number[])[]): readonly Item[] {
  const items: { node: number | undefined; layer: number; down: number[] }[] = ranks.map((layer, node) => ({
    node,
    layer,
    down: [],
  }));
  for (const [upper, lowers] of covers.entries())
    for (const lower of lowers) {
      let at = upper;
      for (let layer = (ranks[upper] ?? 0) - 1; layer > (ranks[lower] ?? 0); layer--) {
        items[at]?.down.push(items.length);
        at = items.length;
        items.push({ node: undefined, layer, down: [] });
      }
      items[at]?.down.push(lower);
    }
  return items;
}

/** The items of each layer, from the bottom up, in an order with few crossings (each goes to the mean of its neighbours). */
export function orderedLayers(items: readonly Item[]): readonly (readonly number[])[] {
  const last = Math.max(0, ...items.map(({ layer }) => layer));
  const layers = Array.from({ length: last + 1 }, (_, layer) =>
    items.flatMap((item, at) => (item.layer === layer ? [at] : [])),
  );
  const up = items.map((): number[] => []);
  for (const [at, { down }] of items.entries()) for (const lower of down) up[lower]?.push(at);
  const place = new Map<number, number>();
  const settle = (layer: readonly number[]): void => {
    for (const [position, at] of layer.entries()) place.set(at, (position + 0.5) / layer.length);
  };
  for (const layer of layers) settle(layer);
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const upwards = sweep % 2 === 0;
    for (let step = 0; step <= last; step++) {
      const layer = layers[upwards ? step : last - step] ?? [];
      const mean = (at: number): number => {
        const near = (upwards ? items[at]?.down : up[at]) ?? [];
        if (near.length === 0) return place.get(at) ?? 0;
        return near.reduce((sum, one) => sum + (place.get(one) ?? 0), 0) / near.length;
      };
      const means = new Map(layer.map((at) => [at, mean(at)]));
      layer.sort((a, b) => (means.get(a) ?? 0) - (means.get(b) ?? 0) || a - b);
      settle(layer);
    }
  }
  return layers;
}
