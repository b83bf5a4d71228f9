/** Who is below whom: an order, drawn without loss. */
import { describe, expect, it } from "vitest";
import { offerOf } from "../../src/fleet/host-offer.ts";
import { meet } from "../../src/fleet/meet.ts";
import type { Offer } from "../../src/fleet/offer.ts";
import { numberedHosts } from "../../src/report/hosts.ts";
import { diagramOf } from "../../src/report/lattice/diagram.ts";
import { offersMore } from "../../src/report/lattice/differences.ts";
import { hasse } from "../../src/report/lattice/hasse.ts";
import { itemsOf, orderedLayers } from "../../src/report/lattice/layers.ts";
import { isBelow } from "../../src/report/lattice/order.ts";
import { latticeSection } from "../../src/report/lattice/section.ts";
import { shipped, shippedNames } from "../hosts/shipped.ts";
import { smallSubject } from "./support.ts";

/** Every third of the shipped hosts. */
const names = shippedNames.filter((_, at) => at % 3 === 0);

function offer(name: string): Offer {
  const found = offerOf(shipped(name));
  if (found === undefined) throw new Error(`${name} has no configuration that works`);
  return found;
}

const offers = names.map(offer);
const below = offers.map((a) => offers.map((b) => isBelow(a, b)));

describe("the order", () => {
  it("is reflexive and transitive", () => {
    for (const [a, row] of below.entries()) {
      expect(row[a]).toBe(true);
      for (const [b, isUnder] of row.entries())
        if (isUnder) for (const [c, over] of (below[b] ?? []).entries()) if (over) expect(row[c]).toBe(true);
    }
  });

  it("is that of the meet: the meet is below both, and a host is below another where it is below their meet", () => {
    for (const [a, one] of offers.entries())
      for (const [b, other] of offers.entries()) {
        if ((a + b) % 5 !== 0) continue;
        const both = meet(one, other);
        expect(isBelow(both, one) && isBelow(both, other), `${names[a]} and ${names[b]}`).toBe(true);
        expect(isBelow(one, both), `${names[a]} and ${names[b]}`).toBe(below[a]?.[b]);
      }
  });

  it("puts a kernel that lets a guest have more above one that lets it have less", () => {
    expect(isBelow(offer("neoverse-n1.linux-6.1"), offer("neoverse-n1.linux-6.12"))).toBe(true);
    expect(isBelow(offer("neoverse-n1.linux-6.12"), offer("neoverse-n1.linux-6.1"))).toBe(false);
  });

  it("can be told in words wherever a host is above another", () => {
    for (const [a, one] of offers.entries())
      for (const [b, other] of offers.entries())
        if (below[a]?.[b] === true)
          expect(offersMore(one, other).length > 0, `${names[b]} above ${names[a]}`).toBe(
            below[b]?.[a] !== true,
          );
  });
});

describe("the classes", () => {
  const equal = ["neoverse-n1.linux-7.0", "neoverse-n1.linux-7.1", "neoverse-n1.linux-7.2"];
  const rows = numberedHosts(smallSubject(...names, ...equal)).map(({ row }) => row);
  const classes = hasse(rows.map((host) => ({ host, offer: offer(host.name) })));

  it("hold every host once, with those that can offer the same", () => {
    expect(classes.flatMap(({ hosts }) => hosts.map(({ number }) => number)).sort((a, b) => a - b)).toEqual(
      rows.map(({ number }) => number),
    );
    expect(classes.length).toBeLessThan(rows.length);
  });

  it("are joined where nothing lies between, and by nothing else", () => {
    for (const [upper, { covers, below: under, rank }] of classes.entries()) {
      const reached = new Set(covers);
      for (const at of reached) for (const next of classes[at]?.covers ?? []) reached.add(next);
      expect([...reached].sort((a, b) => a - b)).toEqual(under);
      for (const at of covers) {
        expect(classes[at]?.rank).toBeLessThan(rank);
        expect(
          covers.some((other) => classes[other]?.below.includes(at) === true),
          `${upper}`,
        ).toBe(false);
      }
    }
  });
});

describe("the diagram", () => {
  const hosts = numberedHosts(smallSubject(...names));
  const section = latticeSection(hosts);
  if (section.why !== undefined) throw new Error(section.why);
  const { diagram } = section;

  it("has boxes that do not overlap and lie within it", () => {
    for (const a of diagram.boxes) {
      expect(a.x).toBeGreaterThanOrEqual(0);
      expect(a.x + a.width).toBeLessThanOrEqual(diagram.width);
      expect(a.y + a.height).toBeLessThanOrEqual(diagram.height);
      for (const b of diagram.boxes) {
        const apart =
          a.x + a.width < b.x || b.x + b.width < a.x || a.y + a.height < b.y || b.y + b.height < a.y;
        expect(a === b || apart, `${a.title} and ${b.title}`).toBe(true);
      }
    }
  });

  it("has a line down from each box to each that it covers, the lower box lower", () => {
    const box = new Map(diagram.boxes.map((one) => [one.node, one]));
    for (const { upper, lower, path } of diagram.lines) {
      expect(box.get(upper)?.y).toBeLessThan(box.get(lower)?.y ?? 0);
      expect(path).toMatch(/^M[\d. ]+(C[\d. ]+|L[\d. ]+)+$/);
    }
    const reached = new Set(diagram.lines.map(({ upper }) => upper));
    expect(diagram.boxes.filter(({ node }) => !reached.has(node)).map(({ node }) => node)).toEqual([
      section.bottom,
    ]);
  });

  it("marks a host as the bottom where all others can offer what it can", () => {
    const two = latticeSection(
      numberedHosts(smallSubject("neoverse-n1.linux-6.1", "neoverse-n1.linux-6.12")),
    );
    if (two.why !== undefined) throw new Error(two.why);
    expect(two.diagram.boxes.map(({ isBottom }) => isBottom)).toEqual([true, false]);
    expect(two.diagram.boxes[0]?.lines.map(({ text }) => text)).toContain("common to all");
  });

  it("gives a line that passes a layer a bend in it", () => {
    const items = itemsOf([0, 1, 2], [[], [0], [1, 0]]);
    expect(items.filter(({ node }) => node === undefined)).toEqual([
      { node: undefined, layer: 1, down: [0] },
    ]);
    expect(orderedLayers(items).map((layer) => layer.length)).toEqual([1, 2, 1]);
    const { lines } = diagramOf(
      [1, 2, 3].map((n) => ({ lines: [String(n)], title: String(n) })),
      [0, 1, 2],
      [[], [0], [1, 0]],
      0,
    );
    expect(lines.map(({ upper, lower }) => [upper, lower])).toEqual([
      [1, 0],
      [2, 1],
      [2, 0],
    ]);
  });
});
