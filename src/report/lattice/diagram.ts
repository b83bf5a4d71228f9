/** The diagram as shapes: boxes with text, lines between them. Units are CSS pixels at full size. */
import { type Item, itemsOf, orderedLayers } from "./layers.ts";

export interface BoxText {
  /** Lines, the first the largest. */
  readonly lines: readonly string[];
  /** All of it. */
  readonly title: string;
}

export interface Box {
  readonly node: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly lines: readonly {
    readonly text: string;
    readonly x: number;
    readonly y: number;
    readonly isFirst: boolean;
  }[];
  readonly title: string;
  /** What all have in common. */
  readonly isBottom: boolean;
}

export interface Line {
  /** Of an SVG path. */
  readonly path: string;
  readonly lower: number;
  readonly upper: number;
}

export interface Diagram {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly Box[];
  readonly lines: readonly Line[];
}

const boxWidth = 204;
const lineHeight = 16;
const padding = 11;
const gapX = 22;
const gapY = 46;
const bendWidth = 8;
const margin = 4;
/** More of a layer go into further ones. */
const mostInRow = 5;

interface Spot {
  readonly x: number;
  /** Of the upper and the lower edge. */
  readonly top: number;
  readonly bottom: number;
}

const round = (value: number): number => Math.round(value * 10) / 10;

/** A line that leaves and arrives upright. */
function curve(from: readonly [number, number], to: readonly [number, number]): string {
  const middle = round((from[1] + to[1]) / 2);
  return `C${round(from[0])} ${middle} ${round(to[0])} ${middle} ${round(to[0])} ${round(to[1])}`;
}

/** Layers with more nodes than a row has room for become several, so that lines find their way past each. */
function spread(ranks: readonly number[]): readonly number[] {
  const layers: number[] = [];
  let next = 0;
  for (let rank = 0; rank <= Math.max(0, ...ranks); rank++) {
    const nodes = ranks.flatMap((one, node) => (one === rank ? [node] : []));
    const rows = Math.max(1, Math.ceil(nodes.length / mostInRow));
    const perRow = Math.ceil(nodes.length / rows);
    for (const [at, node] of nodes.entries()) layers[node] = next + Math.floor(at / perRow);
    next += rows;
  }
  return layers;
}

/** Rounds of moving the items of each row towards those that they are joined to. */
const settlings = 41;

/** Where the items of each row lie, near to their neighbours and apart from each other. */
function middlesOf(
  items: readonly Item[],
  rows: readonly (readonly number[])[],
  widthOf: (at: number) => number,
): { readonly middles: ReadonlyMap<number, number>; readonly width: number } {
  const near = items.map(({ down }) => [...down]);
  for (const [at, { down }] of items.entries()) for (const lower of down) near[lower]?.push(at);
  const middles = new Map<number, number>();
  const gap = (a: number, b: number): number =>
    widthOf(a) + widthOf(b) === 2 * bendWidth ? bendWidth : gapX;
  const apart = (a: number, b: number): number => (widthOf(a) + widthOf(b)) / 2 + gap(a, b);
  for (const row of rows) {
    let x = 0;
    for (const [n, at] of row.entries()) {
      x += n === 0 ? 0 : apart(row[n - 1] ?? at, at);
      middles.set(at, x);
    }
    for (const at of row) middles.set(at, (middles.get(at) ?? 0) - x / 2);
  }
  const settle = (row: readonly number[]): void => {
    const wanted = row.map((at) => {
      const joined = near[at] ?? [];
      if (joined.length === 0) return middles.get(at) ?? 0;
      return joined.reduce((sum, one) => sum + (middles.get(one) ?? 0), 0) / joined.length;
    });
    // As far to the left, and to the right, as the distances allow; the mean keeps them too.
    const fromLeft = [...wanted];
    const fromRight = [...wanted];
    for (let n = 1; n < row.length; n++)
      fromLeft[n] = Math.max(wanted[n] ?? 0, (fromLeft[n - 1] ?? 0) + apart(row[n - 1] ?? 0, row[n] ?? 0));
    for (let n = row.length - 2; n >= 0; n--)
      fromRight[n] = Math.min(wanted[n] ?? 0, (fromRight[n + 1] ?? 0) - apart(row[n] ?? 0, row[n + 1] ?? 0));
    for (const [n, at] of row.entries()) middles.set(at, ((fromLeft[n] ?? 0) + (fromRight[n] ?? 0)) / 2);
  };
  for (let round = 0; round < settlings; round++)
    for (const row of round % 2 === 0 ? rows : rows.toReversed()) settle(row);
  const left = Math.min(...[...middles].map(([at, x]) => x - widthOf(at) / 2));
  const right = Math.max(...[...middles].map(([at, x]) => x + widthOf(at) / 2));
  for (const [at, x] of middles) middles.set(at, x - left + margin);
  return { middles, width: right - left + 2 * margin };
}

/**
 * @param texts by node
 * @param ranks layer of each node, 0 at the bottom
 * @param covers indexes of the nodes below, by node
 * @param common index of the node of what all have in common
 */
export function diagramOf(
  texts: readonly BoxText[],
  ranks: readonly number[],
  covers: readonly (readonly number[])[],
  common: number,
): Diagram {
  const items = itemsOf(spread(ranks), covers);
  const nodeOf = (at: number): number | undefined => items[at]?.node;
  const heightOf = (at: number): number => {
    const node = nodeOf(at);
    return node === undefined ? 0 : 2 * padding + lineHeight * (texts[node]?.lines.length ?? 1);
  };
  const widthOf = (at: number): number => (nodeOf(at) === undefined ? bendWidth : boxWidth);
  const rows = orderedLayers(items).toReversed();
  const { middles, width } = middlesOf(items, rows, widthOf);
  const spots = new Map<number, Spot>();
  const boxes: Box[] = [];
  let y = margin;
  for (const row of rows) {
    const height = Math.max(0, ...row.map(heightOf));
    for (const at of row) {
      const own = heightOf(at);
      const top = nodeOf(at) === undefined ? y : y + (height - own) / 2;
      const bottom = nodeOf(at) === undefined ? y + height : top + own;
      const middle = middles.get(at) ?? 0;
      spots.set(at, { x: middle, top, bottom });
      const node = nodeOf(at);
      const text = node === undefined ? undefined : texts[node];
      if (node !== undefined && text !== undefined)
        boxes.push({
          node,
          x: round(middle - boxWidth / 2),
          y: round(top),
          width: boxWidth,
          height: own,
          lines: text.lines.map((line, n) => ({
            text: line,
            x: round(middle),
            y: round(top + padding + lineHeight * (n + 1) - 4),
            isFirst: n === 0,
          })),
          title: text.title,
          isBottom: node === common,
        });
    }
    y += height + gapY;
  }
  const lines: Line[] = [];
  const follow = (upper: number, from: Spot, at: number, path: string): void => {
    const to = spots.get(at);
    if (to === undefined) return;
    const reached = `${path}${curve([from.x, from.bottom], [to.x, to.top])}`;
    const lower = nodeOf(at);
    if (lower !== undefined) {
      lines.push({ path: reached, lower, upper });
      return;
    }
    const passed = `${reached}L${round(to.x)} ${round(to.bottom)}`;
    for (const next of items[at]?.down ?? []) follow(upper, to, next, passed);
  };
  for (const [at, { node, down }] of items.entries()) {
    const from = spots.get(at);
    if (node === undefined || from === undefined) continue;
    for (const next of down) follow(node, from, next, `M${round(from.x)} ${round(from.bottom)}`);
  }
  boxes.sort((a, b) => a.node - b.node);
  return { width: Math.ceil(width), height: Math.ceil(y - gapY + margin), boxes, lines };
}
