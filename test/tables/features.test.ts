import { describe, expect, it } from "vitest";
import {
  architecture,
  architectureByWord,
  architectures,
  architectureWord,
  constraints,
  contractRegisters,
  type Expr,
  evaluate,
  type Feature,
  feature,
  featureAliases,
  features,
  field,
  mentioned,
} from "../../src/tables/index.ts";
import { repeated } from "./data.ts";
import { featuresOf, fieldAt, keyOf, makeAbsent, makePresent, nothing, stateOf } from "./state.ts";

function must(name: string): Feature {
  const found = feature(name);
  if (found === undefined) throw new Error(name);
  return found;
}

/** Shown in a register of the contract, and so decidable by it unless the row says why not. */
const inContract = (one: Feature): boolean => {
  if (one.advertisedBy === undefined) return false;
  const registers = new Set<string>();
  mentioned(one.advertisedBy, { field: (register) => registers.add(register) });
  const contract = contractRegisters().map((register) => register.name);
  return registers.size > 0 && [...registers].every((register) => contract.includes(register));
};

const settings = features().flatMap((one) =>
  [...one.present, ...one.absent, ...one.presentAArch32, ...one.twins.flatMap((twin) => twin.settings)].map(
    (setting) => [one.name, setting] as const,
  ),
);

describe("features", () => {
  it("are 357, with one name each, in order of name", () => {
    const names = features().map((one) => one.name);
    expect(names).toHaveLength(357);
    expect(repeated(names)).toEqual([]);
    expect(names).toEqual([...names].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)));
    expect(names.filter((name) => !/^FEAT_\w+$/.test(name))).toEqual([]);
  });

  it("refer to fields, features and versions that exist", () => {
    const unknown: string[] = [];
    const version = (name: string | null): boolean => name === null || architecture(name) !== undefined;
    for (const one of features()) {
      for (const name of [
        ...one.requires,
        ...one.excludes,
        ...featuresOf(one.advertisedBy, one.when, ...one.twins.map((twin) => twin.when)),
      ])
        if (feature(name) === undefined) unknown.push(`${one.name}: ${name}`);
      if (one.advertisedBy !== undefined)
        mentioned(one.advertisedBy, {
          field: (register, name) => {
            if (field(register, name)?.name !== name) unknown.push(`${one.name}: ${register}.${name}`);
          },
        });
      if (![one.since, one.introducedIn, one.mandatoryFrom].every(version))
        unknown.push(`${one.name}: version`);
    }
    expect(unknown).toEqual([]);
  });

  it("set fields by their own names, to values that fit", () => {
    expect(settings.filter(([, one]) => field(one.reg, one.field)?.name !== one.field)).toEqual([]);
    expect(settings.filter(([, one]) => one.value < 0 || one.value >= 2 ** fieldAt(one).width)).toEqual([]);
    expect(settings.length).toBeGreaterThan(600);
  });

  it("have a level below each that they are lowered from", () => {
    const bottom = features().flatMap((one) =>
      one.absent.filter((setting) => {
        const of = fieldAt(setting);
        return setting.how === "min" && setting.value === (of.signed ? 2 ** (of.width - 1) : 0);
      }),
    );
    expect(bottom).toEqual([]);
  });

  it("exist no later than they are mandatory", () => {
    const late = features().filter(
      (one) =>
        one.since !== null &&
        one.mandatoryFrom !== null &&
        architecture(one.mandatoryFrom)?.includes.includes(one.since) !== true,
    );
    expect(late.map((one) => one.name)).toEqual([]);
  });

  it("require what a constraint of theirs requires", () => {
    const requires = constraints("requires");
    const conjuncts = (expr: Expr): readonly string[] =>
      "feat" in expr ? [expr.feat] : "all" in expr ? expr.all.flatMap(conjuncts) : [];
    const implied = (name: string): ReadonlySet<string> =>
      new Set(
        requires
          .filter((rule) => "feat" in rule.if && rule.if.feat === name)
          .flatMap((rule) => conjuncts(rule.then))
          .concat(
            requires
              .filter((rule) => rule.kind === "iff" && "feat" in rule.then && rule.then.feat === name)
              .flatMap((rule) => conjuncts(rule.if)),
          ),
      );
    const bare = features().flatMap((one) =>
      one.requires.filter((need) => !implied(one.name).has(need)).map((need) => `${one.name}: ${need}`),
    );
    expect(bare).toEqual([]);
  });
});

describe("present and absent", () => {
  const decided = features().filter(inContract);

  it("cover every feature that a contract's registers show, unless the row says why not", () => {
    const bare = decided.filter(
      (one) => (one.present.length === 0 || one.absent.length === 0) && one.limits === undefined,
    );
    expect(bare.map((one) => one.name)).toEqual([]);
    expect(decided.length).toBeGreaterThanOrEqual(300);
  });

  it("say why not only where something is missing, or does not suffice", () => {
    const needless = features().filter(
      (one) => one.limits !== undefined && one.present.length > 0 && one.absent.length > 0,
    );
    expect(needless.map((one) => one.name)).toEqual(["FEAT_BBM"]);
  });

  it.each(decided.filter((one) => one.present.length > 0).map((one) => one.name))(
    "make %s appear and vanish",
    (name) => {
      const one = must(name);
      const given = featuresOf(one.when);
      const values = nothing();
      const shown = (): boolean | undefined => stateOf(values, given).feature(name);
      makePresent(values, one.present);
      expect(shown()).toBe(true);
      if (one.absent.length === 0) return expect(one.limits).toBeDefined();
      makeAbsent(values, one.absentAll === true ? one.absent : one.absent.slice(0, 1));
      expect(shown()).toBe(false);
    },
  );

  it.each(decided.filter((one) => one.present.length === 0).map((one) => one.name))(
    "take %s away, whatever showed it",
    (name) => {
      const one = must(name);
      const { advertisedBy } = one;
      if (advertisedBy === undefined || !("any" in advertisedBy)) throw new Error("one way among several");
      for (const way of advertisedBy.any) {
        if (!("reg" in way) || typeof way.value !== "number") throw new Error("a comparison");
        const values = nothing().set(keyOf(fieldAt(way)), way.value);
        expect(stateOf(values).feature(name)).toBe(true);
        makeAbsent(values, one.absent);
        expect(stateOf(values).feature(name)).toBe(false);
      }
    },
  );

  it("leave a set without the feature as it was", () => {
    for (const one of decided) {
      const values = nothing();
      if (stateOf(values, featuresOf(one.when)).feature(one.name) !== false) continue;
      makeAbsent(
        values,
        one.absent.filter((setting) => setting.how === "min"),
      );
      expect(values, one.name).toEqual(nothing());
    }
  });

  it("start from a set that holds only what no PE lacks", () => {
    const state = stateOf(nothing());
    expect(decided.filter((one) => state.feature(one.name) === true).map((one) => one.name)).toEqual([
      "FEAT_AA64",
      "FEAT_AA64EL0",
      "FEAT_AA64EL1",
      "FEAT_Debugv8",
      "FEAT_EL0",
      "FEAT_EL1",
      "FEAT_GTG",
      "FEAT_IVIPT",
    ]);
  });
});

describe("the PMU's versions", () => {
  it("leave out the implementation-defined one, which is the highest number", () => {
    const values = nothing().set("ID_AA64DFR0_EL1.PMUVer", 15);
    expect(stateOf(values).feature("FEAT_PMUv3")).toBe(false);
    expect(stateOf(values.set("ID_AA64DFR0_EL1.PMUVer", 9)).feature("FEAT_PMUv3p9")).toBe(true);
  });
});

describe("facilities", () => {
  it.each([
    ["FEAT_SVE", "sve"],
    ["FEAT_SVE2", undefined],
    ["FEAT_PMUv3p5", "pmu"],
    ["FEAT_MTE2", "mte"],
    ["FEAT_PAuth", "pauth"],
    ["FEAT_NV2", "el2"],
    ["FEAT_GICv3", "gic"],
    ["FEAT_LSE", undefined],
  ])("%s is decided by %s", (name, facility) => {
    expect(must(name).facility).toBe(facility);
  });

  it("decide nothing that KVM hides", () => {
    expect(must("FEAT_MTE4").facility).toBeUndefined();
    expect(must("FEAT_MTE4").present.some((one) => fieldAt(one).role === "hidden")).toBe(true);
  });
});

describe("aliases", () => {
  it.each([
    ["sve2", "FEAT_SVE2"],
    ["atomics", "FEAT_LSE"],
    ["hwcap_asimd", "FEAT_AdvSIMD"],
    ["feat_dotprod", "FEAT_DotProd"],
    ["asimddp", "FEAT_DotProd"],
  ])("%s is %s", (alias, name) => {
    expect(featureAliases().get(alias)).toBe(name);
  });

  it("are in lower case and name features", () => {
    for (const [alias, name] of featureAliases()) {
      expect(alias).toBe(alias.toLowerCase());
      expect(feature(name)?.name).toBe(name);
    }
  });
});

describe("architecture versions", () => {
  it("include what they build on", () => {
    expect(architectures().map((one) => one.name)).toHaveLength(17);
    expect(architecture("v9.0")?.includes).toEqual(["v8.0", "v8.1", "v8.2", "v8.3", "v8.4", "v8.5", "v9.0"]);
    for (const one of architectures())
      for (const name of one.includes)
        expect(one.includes).toEqual(expect.arrayContaining([...(architecture(name)?.includes ?? [""])]));
  });

  it("inherit what is mandatory", () => {
    const v82 = architecture("v8.2")?.mandatory ?? [];
    expect(v82).toEqual(expect.arrayContaining(["FEAT_LSE", "FEAT_RAS", "FEAT_EL0"]));
    expect(architecture("v8.5")?.mandatory).toEqual(expect.arrayContaining([...v82]));
    expect(architecture("v9.0")?.prohibits).toContain("FEAT_DoubleLock");
  });

  it("name features that exist, and those that are mandatory nowhere earlier", () => {
    for (const one of architectures()) {
      const named = [
        ...one.mandatory,
        ...one.prohibits,
        ...one.mandatoryIf.flatMap((rule) => [rule.feature, ...featuresOf(rule.when)]),
      ];
      expect(
        named.filter((name) => feature(name) === undefined),
        one.name,
      ).toEqual([]);
    }
  });

  it("have a word in the language", () => {
    expect(architectureWord("v8.2")).toBe("armv8.2-a");
    for (const one of architectures()) expect(architectureByWord(architectureWord(one.name))).toBe(one);
    expect(architectureByWord("v8.2")).toBeUndefined();
  });
});

describe("expressions of features", () => {
  it("are decided once every field is known", () => {
    const state = stateOf(nothing());
    const open = features().filter(
      (one) =>
        inContract(one) && one.advertisedBy !== undefined && evaluate(one.advertisedBy, state) === undefined,
    );
    expect(open.map((one) => one.name)).toEqual([]);
  });
});
