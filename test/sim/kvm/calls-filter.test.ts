import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { filterAction, getAttribute, hasAttribute } from "../../../src/sim/kvm/index.ts";
import type { Vm } from "../../../src/sim/kvm/machine.ts";
import { actionAt, inOrder } from "../../../src/sim/rules/ranges.ts";
import { reservedFilterRanges } from "../../../src/tables/index.ts";
import { filter, filterBytes, put, said, vmOn } from "./calls-support.ts";

const host = "neoverse-n1.linux-6.12";
const [HANDLE, DENY, FORWARD] = [0, 1, 2];
const words = ["handle", "deny", "forward"];
const VENDOR = 0xc600_0000;

describe("KVM_ARM_VM_SMCCC_FILTER (kvm_smccc_set_filter)", () => {
  it("is the VM's one attribute, to be set and not read", () => {
    const vm = vmOn(host);
    expect(said(hasAttribute(vm, 0, 0))).toBe("ok");
    expect(said(hasAttribute(vm, 0, 1))).toBe("ENXIO");
    expect(said(hasAttribute(vm, 1, 0))).toBe("ENXIO");
    expect(said(getAttribute(vm, 0, 0))).toBe("EINVAL");
    expect(put(vm, 0, 0, "nowhere")).toBe("EFAULT");
    expect(put(vm, 0, 1, "nowhere")).toBe("ENXIO");
  });
  it("is no attribute of linux 6.1, whose VMs have none", () => {
    const vm = vmOn("neoverse-n1.linux-6.1");
    expect(said(hasAttribute(vm, 0, 0))).toBe("EINVAL");
    expect(filter(vm, VENDOR, 1, DENY)).toBe("EINVAL");
  });
  it("wants padding of zeros, three actions, and a range that does not wrap", () => {
    const vm = vmOn(host);
    expect(put(vm, 0, 0, filterBytes(VENDOR, 1, DENY, [1]))).toBe("EINVAL");
    expect(filter(vm, VENDOR, 1, 3)).toBe("EINVAL");
    expect(filter(vm, 0xffff_ffff, 2, DENY)).toBe("EINVAL");
    expect(filter(vm, 0xffff_ffff, 1, DENY)).toBe("ok");
  });
  it("refuses what is there already, whatever its action", () => {
    const vm = vmOn(host);
    expect(filter(vm, VENDOR + 0x10, 0x10, DENY)).toBe("ok");
    for (const [first, count] of [
      [0x10, 0x10],
      [0x1f, 1],
      [0xf, 2],
      [0, 0x100],
    ] as const)
      expect(filter(vm, VENDOR + first, count, DENY)).toBe("EEXIST");
    expect(filter(vm, VENDOR + 0xf, 1, FORWARD)).toBe("ok");
    expect(filter(vm, VENDOR + 0x20, 1, FORWARD)).toBe("ok");
  });
  it("leaves the ranges that KVM keeps for itself alone (kvm_smccc_filter_insert_reserved)", () => {
    const vm = vmOn(host);
    for (const { first, last } of reservedFilterRanges()) {
      expect(filter(vm, first, 1, HANDLE)).toBe("EEXIST");
      expect(filter(vm, last, 2, DENY)).toBe("EEXIST");
      expect(filter(vm, last + 1, 1, DENY)).toBe("ok");
    }
  });
  it("is fixed once a vCPU has run, after what is wrong with it by itself", () => {
    const vm = vmOn(host);
    filter(vm, VENDOR, 1, DENY);
    vm.ran = true;
    expect(filter(vm, VENDOR, 1, DENY)).toBe("EBUSY");
    expect(filter(vm, VENDOR + 1, 1, 3)).toBe("EINVAL");
  });
  it("takes nothing from function 0 on for everything, until linux 7.2", () => {
    const answers = ["6.12", "7.1", "7.2"].map((kernel) =>
      filter(vmOn(`neoverse-n1.linux-${kernel}`), 0, 0, DENY),
    );
    expect(answers).toEqual(["EEXIST", "EEXIST", "EINVAL"]);
    expect(filter(vmOn(host), VENDOR, 0, DENY)).toBe("EINVAL");
  });
});

interface Asked {
  readonly base: number;
  readonly count: number;
  readonly action: number;
}

/** Ranges near each other, so that they meet, and near the ends of all numbers. */
const asked = fc.record({
  base: fc.oneof(
    fc.integer({ min: 0x8400_0000, max: 0x8400_0100 }),
    fc.integer({ min: 0, max: 0xffff_ffff }),
  ),
  count: fc.oneof(fc.integer({ min: 1, max: 0x20 }), fc.integer({ min: 1, max: 0xffff_ffff })),
  action: fc.integer({ min: 0, max: 2 }),
});

/** A filter that keeps to the letter: a list that is searched from its beginning. */
function slow(ranges: readonly Asked[]): (id: number) => string {
  const kept: { readonly first: number; readonly last: number; readonly action: number }[] = [
    ...reservedFilterRanges().map((range) => ({ ...range, action: HANDLE })),
  ];
  for (const { base, count, action } of ranges) {
    const last = base + count - 1;
    if (last > 0xffff_ffff || kept.some((one) => base <= one.last && one.first <= last)) continue;
    kept.push({ first: base, last, action });
  }
  return (id) => words[kept.find((one) => one.first <= id && id <= one.last)?.action ?? HANDLE] ?? "";
}

const probes = (ranges: readonly Asked[]): readonly number[] =>
  ranges
    .flatMap(({ base, count }) => [
      base - 1,
      base,
      base + 1,
      base + count - 2,
      base + count - 1,
      base + count,
    ])
    .map((id) => id >>> 0);

function made(ranges: readonly Asked[]): Vm {
  const vm = vmOn(host);
  for (const { base, count, action } of ranges) filter(vm, base, count, action);
  return vm;
}

describe("laws of the filter", () => {
  it("ranges stay disjoint and in order", () => {
    fc.assert(
      fc.property(fc.array(asked, { maxLength: 40 }), (ranges) => {
        const held = made(ranges).filter;
        for (const [at, { first, last }] of held.entries()) {
          expect(first).toBeLessThanOrEqual(last);
          expect(first).toBeGreaterThan(held[at - 1]?.last ?? -1);
        }
      }),
    );
  });
  it("decides as a list that is searched from its beginning", () => {
    fc.assert(
      fc.property(fc.array(asked, { maxLength: 40 }), (ranges) => {
        const vm = made(ranges);
        const expected = slow(ranges);
        for (const id of probes(ranges)) expect(filterAction(vm, id)).toBe(expected(id));
      }),
    );
  });
  it("ranges that were all taken decide the same in any order", () => {
    const apart = fc.uniqueArray(fc.integer({ min: 0, max: 0x3fff }), { maxLength: 30 });
    fc.assert(
      fc.property(apart, fc.infiniteStream(fc.nat()), (places, keys) => {
        const ranges = places.map((place, at) => ({ base: VENDOR + place * 4, count: 4, action: at % 3 }));
        const shuffled = ranges
          .map((range) => ({ range, key: keys.next().value ?? 0 }))
          .sort((a, b) => a.key - b.key)
          .map(({ range }) => range);
        const [one, other] = [made(ranges), made(shuffled)];
        expect(one.filter.length).toBe(ranges.length);
        expect(other.filter).toEqual(one.filter);
      }),
    );
  });
  it("a refused range changes nothing", () => {
    fc.assert(
      fc.property(fc.array(asked, { minLength: 1, maxLength: 20 }), asked, (ranges, further) => {
        const vm = made(ranges);
        const before = [...vm.filter];
        if (filter(vm, further.base, further.count, further.action) !== "ok")
          expect(vm.filter).toEqual(before);
        else expect(vm.filter.length).toBe(before.length + 1);
      }),
    );
  });
});

describe("ranges in order", () => {
  const deny = (first: number, last: number) => ({ first, last, action: "deny" as const });
  it("are found at both ends and not beside them", () => {
    const ranges = inOrder([deny(10, 20), deny(0, 0), deny(21, 21), deny(0xffff_ffff, 0xffff_ffff)]);
    const denied = [0, 1, 9, 10, 20, 21, 22, 0xffff_fffe, 0xffff_ffff].filter(
      (id) => actionAt(ranges, id) === "deny",
    );
    expect(denied).toEqual([0, 10, 20, 21, 0xffff_ffff]);
  });
  it("see a range that came after the last look", () => {
    const vm = vmOn(host);
    expect(filterAction(vm, VENDOR)).toBe("handle");
    for (let at = 0; at < 50; at++) {
      expect(filter(vm, VENDOR + at, 1, at % 2 === 0 ? DENY : FORWARD)).toBe("ok");
      expect(filterAction(vm, VENDOR + at)).toBe(at % 2 === 0 ? "deny" : "forward");
    }
  });
  it("are ten thousand at most times looked at as often as one", () => {
    const looks = (count: number): number => {
      const vm = vmOn(host);
      for (let at = count - 1; at >= 0; at--) expect(filter(vm, VENDOR + at * 2, 1, DENY)).toBe("ok");
      filterAction(vm, VENDOR);
      const looked = { count: 0 };
      const at = Reflect.get;
      const proxied = new Proxy(vm.filter, {
        get(target, key, receiver) {
          looked.count++;
          return at(target, key, receiver);
        },
      });
      expect(actionAt(proxied, VENDOR + 2 * (count - 1))).toBe("deny");
      looked.count = 0;
      for (let id = 0; id < 2 * count; id += 7)
        expect(actionAt(proxied, VENDOR + id)).toBe(id % 2 === 0 ? "deny" : "handle");
      return looked.count / Math.ceil((2 * count) / 7);
    };
    expect(looks(10_000)).toBeLessThanOrEqual(looks(10));
  });
});
