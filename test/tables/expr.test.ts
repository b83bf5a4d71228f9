import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  constraints,
  type Expr,
  type ExprState,
  evaluate,
  features,
  mentioned,
  parseExpr,
  printExpr,
} from "../../src/tables/index.ts";

const names = ["FEAT_A", "FEAT_B", "FEAT_C"] as const;
const leaf: fc.Arbitrary<Expr> = fc.constantFrom(...names).map((feat) => ({ feat }));
const { tree } = fc.letrec<{ tree: Expr }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie("tree"), { minLength: 2, maxLength: 3 }).map((all) => ({ all })),
    fc.array(tie("tree"), { minLength: 2, maxLength: 3 }).map((any) => ({ any })),
    tie("tree").map((not) => ({ not })),
  ),
}));

type Truth = boolean | undefined;
const stateOf = (truth: Readonly<Record<string, Truth>>, field?: number): ExprState => ({
  feature: (name) => truth[name],
  field: () => field,
  arch: (version) => version === "v8.2",
});

describe("three-valued evaluation", () => {
  it.each<[Truth, Truth, Truth, Truth]>([
    [true, true, true, true],
    [true, false, false, true],
    [true, undefined, undefined, true],
    [false, false, false, false],
    [false, undefined, false, undefined],
    [undefined, undefined, undefined, undefined],
  ])("%s with %s gives %s by and, %s by or", (a, b, and, or) => {
    for (const [left, right] of [
      [a, b],
      [b, a],
    ]) {
      const state = stateOf({ FEAT_A: left, FEAT_B: right });
      expect(evaluate(parseExpr("FEAT_A and FEAT_B"), state)).toBe(and);
      expect(evaluate(parseExpr("FEAT_A or FEAT_B"), state)).toBe(or);
    }
  });

  it("denies what is known and nothing else", () => {
    expect(evaluate(parseExpr("not FEAT_A"), stateOf({ FEAT_A: true }))).toBe(false);
    expect(evaluate(parseExpr("not FEAT_A"), stateOf({ FEAT_A: false }))).toBe(true);
    expect(evaluate(parseExpr("not FEAT_A"), stateOf({}))).toBeUndefined();
  });

  it("never contradicts what it said before more became known", () => {
    const truth = fc.record({ FEAT_A: fc.boolean(), FEAT_B: fc.boolean(), FEAT_C: fc.boolean() });
    fc.assert(
      fc.property(tree, truth, fc.subarray([...names]), (expr, whole, kept) => {
        const part = Object.fromEntries(kept.map((name) => [name, whole[name]]));
        const early = evaluate(expr, stateOf(part));
        const late = evaluate(expr, stateOf(whole));
        expect(late).not.toBeUndefined();
        if (early !== undefined) expect(early).toBe(late);
      }),
    );
  });

  it("asks the state for versions", () => {
    expect(evaluate(parseExpr("v8.2"), stateOf({}))).toBe(true);
    expect(evaluate(parseExpr("v8.4"), stateOf({}))).toBe(false);
  });
});

describe("comparisons", () => {
  it.each([
    ["ID_AA64PFR0_EL1.SVE >= 1", 1, true],
    ["ID_AA64PFR0_EL1.SVE >= 1", 0, false],
    ["ID_AA64PFR0_EL1.SVE > 1", 1, false],
    ["ID_AA64PFR0_EL1.SVE <= 1", 1, true],
    ["ID_AA64PFR0_EL1.SVE < 1", 1, false],
    ["ID_AA64PFR0_EL1.SVE == 1", 1, true],
    ["ID_AA64PFR0_EL1.SVE != 1", 1, false],
    ["CTR_EL0.L1Ip in {2, 3}", 3, true],
    ["CTR_EL0.L1Ip in {2, 3}", 1, false],
    ["CTR_EL0.L1Ip not in {2, 3}", 1, true],
    ["CTR_EL0.L1Ip not in {2, 3}", 3, false],
    ["ID_AA64DFR0_EL1.DoubleLock >= 0", 15, false],
    ["ID_AA64DFR0_EL1.DoubleLock >= 0", 0, true],
    ["ID_AA64DFR0_EL1.DoubleLock < 0", 15, true],
    ["ID_AA64DFR0_EL1.PMUVer >= 1", 15, true],
  ])("%s of %i is %s", (text, value, expected) => {
    expect(evaluate(parseExpr(text), stateOf({}, value))).toBe(expected);
  });

  it("of a field that is left to the host are not known", () => {
    expect(evaluate(parseExpr("ID_AA64PFR0_EL1.SVE >= 1"), stateOf({}))).toBeUndefined();
  });
});

describe("the text form", () => {
  it("binds not, and, or in this order", () => {
    expect(parseExpr("not FEAT_A and FEAT_B or FEAT_C")).toEqual({
      any: [{ all: [{ not: { feat: "FEAT_A" } }, { feat: "FEAT_B" }] }, { feat: "FEAT_C" }],
    });
    expect(parseExpr("not (FEAT_A and (FEAT_B or FEAT_C))")).toEqual({
      not: { all: [{ feat: "FEAT_A" }, { any: [{ feat: "FEAT_B" }, { feat: "FEAT_C" }] }] },
    });
  });

  it("knows from the field whether a comparison is signed", () => {
    expect(parseExpr("ID_AA64PFR0_EL1.FP >= 0")).toMatchObject({ signed: true });
    expect(parseExpr("ID_AA64PFR0_EL1.SVE >= 0")).not.toHaveProperty("signed");
  });

  it("reads what it prints", () => {
    fc.assert(
      fc.property(tree, (expr) => {
        const text = printExpr(expr);
        expect(printExpr(parseExpr(text))).toBe(text);
        for (let bits = 0; bits < 8; bits++) {
          const state = stateOf(
            Object.fromEntries(names.map((name, at) => [name, ((bits >> at) & 1) === 1])),
          );
          expect(evaluate(parseExpr(text), state)).toBe(evaluate(expr, state));
        }
      }),
    );
  });

  it("reads back every expression of the tables", () => {
    const all = [
      ...constraints().flatMap((rule) => [
        rule.if,
        rule.then,
        ...(rule.when === undefined ? [] : [rule.when]),
      ]),
      ...features().flatMap((one) => (one.advertisedBy === undefined ? [] : [one.advertisedBy])),
    ];
    expect(all.length).toBeGreaterThan(2500);
    for (const expr of all) expect(printExpr(parseExpr(printExpr(expr)))).toBe(printExpr(expr));
  });

  it.each([
    "",
    "FEAT_A and",
    "(FEAT_A",
    "FEAT_A FEAT_B",
    "CTR_EL0.L1Ip in 2",
    "CTR_EL0.L1Ip ~ 2",
    "ID_X.Y",
    "FEAT_A )",
    "CTR_EL0.L1Ip in {2",
  ])("refuses `%s`", (text) => {
    expect(() => parseExpr(text)).toThrow("malformed expression");
  });
});

describe("what an expression mentions", () => {
  it("is found at every depth", () => {
    const seen: string[] = [];
    mentioned(parseExpr("not (FEAT_A or v8.2 and CTR_EL0.L1Ip in {2})"), {
      feature: (name) => seen.push(name),
      field: (register, name) => seen.push(`${register}.${name}`),
    });
    expect(seen).toEqual(["FEAT_A", "CTR_EL0.L1Ip"]);
  });
});
