/** What stands against a common guest: causes, remedies held to recorded kernels, pools, gains, assumptions. */
import { describe, expect, it } from "vitest";
import { type Baseline, baselineOf, usualFacilities } from "../../src/fleet/baseline.ts";
import { causesOf, poorest, waysOf } from "../../src/fleet/causes.ts";
import { classOf, commonOffer, type Fleet, mergeFleets } from "../../src/fleet/classes.ts";
import { gainsOf } from "../../src/fleet/gains.ts";
import { offerOf } from "../../src/fleet/host-offer.ts";
import { machineOf } from "../../src/fleet/machine.ts";
import { poolsOf } from "../../src/fleet/pools.ts";
import { remediesFor } from "../../src/fleet/remedies.ts";
import { baselineTable } from "../../src/fleet/table.ts";
import { withShortNames } from "../../src/fleet/words.ts";
import { deriveHost } from "../../src/hosts/derive.ts";
import type { HostProfile } from "../../src/hosts/profile.ts";
import { compareVersions, cpu } from "../../src/tables/index.ts";
import { shipped, shippedNames } from "../hosts/shipped.ts";
import { fleetOf } from "./support.ts";

function baseline(...names: readonly string[]): Baseline {
  const found = baselineOf(fleetOf(...names), usualFacilities);
  if (found === undefined) throw new Error("an empty fleet");
  return found;
}

const namesOf = (fleet: Fleet): readonly string[] => fleet.flatMap(({ names }) => names).sort();
const hasCommon = (fleet: Fleet): boolean => baselineOf(fleet)?.conflicts.length === 0;

function derived(core: string, kernel: string): HostProfile {
  const row = cpu(core);
  const made = row === undefined ? undefined : deriveHost(`${core}-${kernel}`, row, kernel);
  if (made === undefined || "problem" in made) throw new Error(`${core} on ${kernel}`);
  return made;
}

const fleetOfProfiles = (...profiles: readonly HostProfile[]): Fleet =>
  mergeFleets(
    profiles.map((profile) => {
      const offer = offerOf(profile);
      if (offer === undefined) throw new Error(profile.name);
      return [classOf(offer, profile.name)];
    }),
  );

describe("causes", () => {
  it("tells identity, AArch32 and what cannot be written apart", () => {
    const found = baseline("neoverse-n1.linux-6.1", "neoverse-v1.linux-6.1", "a64fx.linux-6.1");
    expect(causesOf(found).map(({ kind }) => kind)).toEqual(["aarch32", "unwritable", "identity"]);
    const identity = causesOf(found).find(({ kind }) => kind === "identity");
    expect(identity?.remedies.map(({ kernel }) => kernel)).toEqual(["6.15"]);
    expect(identity?.remedies[0]?.words).toContain("KVM_CAP_ARM_WRITABLE_IMP_ID_REGS");
  });

  it("knows of values that do not meet, though each host takes several", () => {
    const found = baseline("neoverse-v1.linux-6.12", "cortex-a710.linux-7.2", "neoverse-n2.linux-6.12");
    const kinds = causesOf(found).map(({ kind }) => kind);
    expect(kinds.length).toBeGreaterThan(0);
    for (const { kind, conflicts } of causesOf(found))
      if (kind === "apart")
        for (const { fields } of conflicts)
          for (const { takes } of fields) expect(takes.every((text) => /[-,]/.test(text))).toBe(true);
  });

  it("says which host would have to be lowered: a signed field, and not the smaller number", () => {
    const { fleet } = baseline("neoverse-n1.linux-6.1", "neoverse-v1.linux-6.1");
    expect(poorest("ID_AA64DFR0_EL1.DoubleLock", fleet)).toBe(15n);
    expect(poorest("ID_AA64PFR0_EL1.RAS", fleet)).toBeLessThan(2n);
    expect(poorest("MIDR_EL1.PartNum", fleet)).toBeUndefined();
  });
});

describe("remedies", () => {
  const cores = [...new Set(shippedNames.map((name) => name.replace(/\.linux.*$/, "")))].filter((core) =>
    shippedNames.includes(`${core}.linux-6.1`),
  );
  const recorded = ["6.12", "6.16", "6.17", "6.18", "6.19", "7.0", "7.1", "7.2", "7.3"];

  it("come true on the kernels that were recorded", () => {
    let mended = 0;
    let hopeless = 0;
    for (const [at, core] of cores.entries()) {
      const other = cores[(at + 3) % cores.length] ?? core;
      const { fleet, open } = baseline(`${core}.linux-6.1`, `${other}.linux-6.1`);
      const keys = [...open].filter(([, why]) => why === "conflict").map(([key]) => key);
      for (const { kernel, fields } of remediesFor(fleet, keys)) {
        // The first recorded kernel from the one named on; where none is named, the newest.
        const series =
          kernel === undefined ? "7.3" : recorded.find((one) => compareVersions(one, kernel) >= 0);
        const offer = commonOffer(fleetOf(`${core}.linux-${series}`, `${other}.linux-${series}`));
        for (const field of fields) {
          const set = offer?.fields.get(field);
          // Hidden from every guest, or no longer listed: it cannot differ.
          const isCommon = set === undefined || set.length > 0;
          expect(isCommon, `${field} of ${core} and ${other} on ${series}`).toBe(kernel !== undefined);
          if (kernel === undefined) hopeless++;
          else mended++;
        }
      }
    }
    expect(mended).toBeGreaterThan(100);
    expect(hopeless).toBeGreaterThan(5);
  });

  it("are not said before their time", () => {
    const { fleet, open } = baseline("neoverse-n1.linux-6.1", "neoverse-v1.linux-6.1");
    const keys = [...open].filter(([, why]) => why === "conflict").map(([key]) => key);
    const late = remediesFor(fleet, keys).filter(
      ({ kernel }) => kernel !== undefined && compareVersions(kernel, "6.12") > 0,
    );
    const offer = commonOffer(fleetOf("neoverse-n1.linux-6.12", "neoverse-v1.linux-6.12"));
    const early = late
      .flatMap(({ fields }) => fields)
      .filter((field) => offer?.fields.get(field)?.length !== 0);
    // What stable kernels carry back is not in the series' own rules.
    expect(early.filter((field) => !/^ID_(PFR|ISAR|MMFR|DFR)|TGran/.test(field))).toEqual([]);
    expect(late.length).toBeGreaterThan(0);
  });
});

describe("ways out", () => {
  const fleet = fleetOf(
    "neoverse-n1.linux-6.1",
    "neoverse-v1.linux-6.1",
    "neoverse-n1.linux-6.18",
    "neoverse-v1.linux-6.18",
    "neoverse-n2.linux-7.2",
    "cortex-a76.linux-7.2",
  );

  it("pools are disjoint, all hosts are in one, each has a common guest and the first is the largest", () => {
    const pools = poolsOf(fleet);
    expect(pools.flatMap(namesOf).sort()).toEqual(namesOf(fleet));
    expect(pools.every(hasCommon)).toBe(true);
    let largest = 0;
    for (let kept = 1; kept < 1 << fleet.length; kept++) {
      const some = fleet.filter((_, at) => (kept >> at) % 2 === 1);
      if (some.length > largest && hasCommon(some)) largest = some.length;
    }
    expect(pools[0]?.length).toBe(largest);
  });

  it("the fewest to leave out are fewer where identity or a newer kernel is given", () => {
    const found = baselineOf(fleet);
    if (found === undefined) throw new Error("no fleet");
    const { strict, ownIdentity, newerKernel } = waysOf(found, causesOf(found));
    expect(ownIdentity?.leaveOut.length).toBeLessThanOrEqual(strict.leaveOut.length);
    expect(newerKernel?.leaveOut.length).toBeLessThan(strict.leaveOut.length);
  });

  it("a newer kernel does what is said of it", () => {
    const old = baseline("neoverse-n1.linux-6.1", "neoverse-v1.linux-6.1", "neoverse-n2.linux-6.1");
    const { newerKernel } = waysOf(old, causesOf(old));
    const now = baseline("neoverse-n1.linux-6.18", "neoverse-v1.linux-6.18", "neoverse-n2.linux-6.18");
    const cores = (some: Fleet | undefined) =>
      namesOf(some ?? []).map((name) => name.replace(/\.linux.*/, ""));
    expect(compareVersions(newerKernel?.kernel ?? "9", "6.18")).toBeLessThanOrEqual(0);
    expect(cores(newerKernel?.leaveOut)).toEqual(cores(now.leaveOut));
    expect(cores(now.leaveOut)).toEqual(["neoverse-n1"]);
  });
});

describe("identity that can be written", () => {
  it("gives cores of two generations a common guest, and names the older", () => {
    const found = baseline("neoverse-v1.linux-6.18", "neoverse-n2.linux-6.18");
    expect(found.conflicts).toEqual([]);
    expect(found.values.get("MIDR_EL1.PartNum")).toBe(0xd40n);
    const before = baseline("neoverse-v1.linux-6.12", "neoverse-n2.linux-6.12");
    expect(before.conflicts.flatMap(({ fields }) => fields.map(({ field }) => field))).toContain(
      "MIDR_EL1.PartNum",
    );
  });

  it("does so for derived hosts too, from the kernel that has it", () => {
    const on = (kernel: string) =>
      baselineOf(fleetOfProfiles(derived("neoverse-n1", kernel), derived("neoverse-v1", kernel)));
    const identity = (found: Baseline | undefined) =>
      [...(found?.open ?? [])].filter(([key, why]) => key.startsWith("MIDR") && why === "conflict").length;
    expect(identity(on("6.14"))).toBeGreaterThan(0);
    expect(identity(on("6.15"))).toBe(0);
  });
});

describe("names in the table", () => {
  const named = (...names: readonly string[]): Fleet => {
    const offers = ["neoverse-n1.linux-6.18", "neoverse-v1.linux-6.18"].map((name) => offerOf(shipped(name)));
    return mergeFleets(
      names.map((name, at) => {
        const offer = offers[at % 2];
        if (offer === undefined) throw new Error(name);
        return [classOf(offer, name)];
      }),
    );
  };

  it("are without their files where no two hosts have one name", () => {
    expect(namesOf(withShortNames(named("a (x/one.json)", "b (x/two.json)")))).toEqual(["a", "b"]);
    const alike = ["a (x/one.json)", "a (x/two.json)", "b"];
    expect(namesOf(withShortNames(named(...alike)))).toEqual(alike);
    const found = baselineOf(named("a (x/one.json)", "b (x/two.json)"));
    if (found === undefined) throw new Error("no fleet");
    expect(baselineTable(found)).not.toContain("x/");
    expect(baselineTable(found)).toContain("\n    1 host: b\n");
  });
});

describe("gains", () => {
  it("are what the others have in common besides", () => {
    const found = baseline("neoverse-n1.linux-7.2", "neoverse-v1.linux-7.2", "neoverse-n2.linux-7.2");
    const [gain] = gainsOf(found).filter(({ facilities }) => facilities.includes("sve"));
    expect(namesOf(gain?.without ?? [])).toEqual(["neoverse-n1.linux-7.2"]);
    expect(gain?.features).toContain("FEAT_BF16");
    const others = baseline("neoverse-v1.linux-7.2", "neoverse-n2.linux-7.2");
    expect(others.facilities).toContain("sve");
  });
});

describe("the machine", () => {
  it("has the least of every host, and says whose", () => {
    const { ipaBits, gic, noCounterOffset } = machineOf(
      baseline("cortex-a53.linux-6.1", "neoverse-n1.linux-7.2"),
    );
    expect(ipaBits.value).toBe(40);
    expect(namesOf(ipaBits.by)).toEqual(["cortex-a53.linux-6.1"]);
    expect(gic).toContain("v3");
    expect(namesOf(noCounterOffset)).toEqual(["cortex-a53.linux-6.1"]);
  });
});

describe("assumptions", () => {
  it("of recorded hosts are none, of derived ones all, and a fleet has them of any", () => {
    const recorded = fleetOfProfiles(shipped("neoverse-n1.linux-7.2"));
    expect([...(recorded[0]?.offer.assumed ?? [])]).toEqual([]);
    const made = fleetOfProfiles(derived("neoverse-n1", "7.2"));
    for (const one of ["values", "writes", "list", "capabilities", "pmu"] as const)
      expect(made[0]?.offer.assumed.has(one), one).toBe(true);
    const both = mergeFleets([recorded, made]);
    expect(commonOffer(both)?.assumed).toEqual(made[0]?.offer.assumed);
    const found = baselineOf(both);
    if (found === undefined) throw new Error("no fleet");
    expect(baselineTable(found)).toMatch(
      /\nby guestc's tables, not read on the host\n {2}neoverse-n1-7\.2\n {4}what ID registers show/,
    );
    const read = baselineOf(fleetOfProfiles(shipped("neoverse-n1.linux-7.2")));
    if (read === undefined) throw new Error("no fleet");
    expect(baselineTable(read)).not.toContain("by guestc's tables");
  });

  it("leave what nobody knows to each host, and say so", () => {
    const found = baselineOf(
      fleetOfProfiles(derived("neoverse-v2", "6.12"), derived("neoverse-v2", "6.12.9")),
    );
    if (found === undefined) throw new Error("no fleet");
    expect(found.open.get("MIDR_EL1.PartNum")).toBe("unknown");
    expect(baselineTable(found)).toMatch(
      /\nnot known, so that each host shows its own\n {2}every host\n {4}MIDR_EL1, REVIDR_EL1, /,
    );
  });

  it("do not hide a conflict of those that tell", () => {
    const found = baselineOf(
      fleetOfProfiles(
        shipped("neoverse-n1.linux-6.12"),
        shipped("cortex-a76.linux-6.12"),
        derived("neoverse-v2", "6.12"),
      ),
    );
    expect(found?.open.get("MIDR_EL1.PartNum")).toBe("conflict");
    if (found === undefined) throw new Error("no fleet");
    expect(baselineTable(found)).toContain("not told");
  });

  it("do not keep an identity from being written that KVM takes whatever the host's is", () => {
    const fleet = fleetOfProfiles(derived("neoverse-v1", "7.2"), derived("neoverse-v2", "7.2"));
    expect(baselineOf(fleet)?.values.get("MIDR_EL1.PartNum")).toBe(0xd40n);
    // Of what no host shows there is nothing to choose from, though any value may be written.
    const silent = fleetOfProfiles(derived("neoverse-v2", "7.2"), derived("neoverse-v2", "7.1"));
    expect(baselineOf(silent)?.open.get("CLIDR_EL1.Ctype1")).toBe("unknown");
    expect(baselineOf(silent)?.open.get("MIDR_EL1.PartNum")).toBe("unknown");
  });
});
