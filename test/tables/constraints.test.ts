import { describe, expect, it } from "vitest";
import {
  architecture,
  type Constraint,
  constraints,
  constraintsNaming,
  constraintsOf,
  type Expr,
  feature,
  field,
  fieldRules,
  idRegister,
  mentioned,
  printExpr,
} from "../../src/tables/index.ts";
import { repeated } from "./data.ts";

const parts = (rule: Constraint): readonly Expr[] => [
  rule.if,
  rule.then,
  ...(rule.when === undefined ? [] : [rule.when]),
];

function versions(expr: Expr): readonly string[] {
  if ("arch" in expr) return [expr.arch];
  if ("not" in expr) return versions(expr.not);
  return "all" in expr ? expr.all.flatMap(versions) : "any" in expr ? expr.any.flatMap(versions) : [];
}

function unknownIn(exprs: readonly Expr[]): readonly string[] {
  const unknown: string[] = [];
  for (const expr of exprs) {
    mentioned(expr, {
      feature: (name) => {
        if (feature(name) === undefined) unknown.push(name);
      },
      field: (register, name) => {
        if (field(register, name)?.name !== name) unknown.push(`${register}.${name}`);
      },
    });
    unknown.push(...versions(expr).filter((version) => architecture(version) === undefined));
  }
  return unknown;
}

const hasField = (expr: Expr): boolean => {
  let found = false;
  mentioned(expr, {
    field: () => {
      found = true;
    },
  });
  return found;
};
const hasFeature = (expr: Expr): boolean => {
  let found = false;
  mentioned(expr, {
    feature: () => {
      found = true;
    },
  });
  return found;
};

describe("constraints", () => {
  it("have one id each", () => {
    expect(constraints()).toHaveLength(1291);
    expect(repeated(constraints().map((rule) => rule.id))).toEqual([]);
  });

  it("refer to features, fields, values and versions that exist", () => {
    expect(
      constraints().flatMap((rule) => unknownIn(parts(rule)).map((name) => `${rule.id}: ${name}`)),
    ).toEqual([]);
    const owners = constraints().filter(
      (rule) => feature(rule.owner) === undefined && architecture(rule.owner) === undefined,
    );
    expect(owners.map((rule) => rule.id)).toEqual([]);
  });

  it("compare fields with values that they can have", () => {
    const wide: string[] = [];
    const look = (rule: Constraint, expr: Expr): void => {
      if ("reg" in expr) {
        const of = field(expr.reg, expr.field);
        for (const value of typeof expr.value === "number" ? [expr.value] : expr.value)
          if (of !== undefined && value >= 2 ** of.width) wide.push(`${rule.id}: ${printExpr(expr)}`);
      } else if ("not" in expr) look(rule, expr.not);
      else if ("all" in expr) for (const one of expr.all) look(rule, one);
      else if ("any" in expr) for (const one of expr.any) look(rule, one);
    };
    for (const rule of constraints()) for (const expr of parts(rule)) look(rule, expr);
    // PMUVer < 15 and PerfMon < 15 compare with a value; nothing compares beyond a field's width.
    expect(wide).toEqual([]);
  });

  it("that are errors compare no field and rest on no version alone", () => {
    for (const rule of constraints("requires")) {
      expect(parts(rule).some(hasField), rule.id).toBe(false);
      expect(hasFeature(rule.if) && hasFeature(rule.then), rule.id).toBe(true);
      expect(versions(rule.then), rule.id).toEqual([]);
    }
  });

  it("that tie features to fields have a field", () => {
    for (const rule of constraints("encoding")) expect(parts(rule).some(hasField), rule.id).toBe(true);
  });

  it("that tell the first version conclude with versions only", () => {
    for (const rule of constraints("since")) {
      expect(hasFeature(rule.then), rule.id).toBe(false);
      expect(versions(rule.then).length, rule.id).toBeGreaterThan(0);
      expect(versions(rule.if), rule.id).toEqual([]);
    }
  });

  it("that a version demands start from one", () => {
    for (const rule of constraints("mandatory")) expect(versions(rule.if).length, rule.id).toBeGreaterThan(0);
  });

  it("are found by owner and class", () => {
    expect(constraintsOf("FEAT_SVE", "requires").map((rule) => printExpr(rule.then))).toContain(
      "FEAT_FCMA and FEAT_FP16",
    );
    expect(constraintsOf("FEAT_SVE").every((rule) => rule.owner === "FEAT_SVE")).toBe(true);
    const sum = [...new Set(constraints().map((rule) => rule.owner))].flatMap((owner) =>
      constraintsOf(owner),
    );
    expect(sum).toHaveLength(constraints().length);
    expect(constraintsOf("FEAT_NONE")).toEqual([]);
  });
});

describe("rules that name something", () => {
  const names = (rule: Constraint): ReadonlySet<string> => {
    const found = new Set<string>([rule.owner]);
    for (const expr of parts(rule)) mentioned(expr, { feature: (name) => found.add(name) });
    return found;
  };

  it.each(["FEAT_SVE", "FEAT_FP16", "FEAT_SME2", "FEAT_LSE", "FEAT_RAS"])(
    "are found for %s by its whole name",
    (name) => {
      const expected = constraints("requires").filter((rule) => names(rule).has(name));
      expect(constraintsNaming([name])).toEqual(expected);
    },
  );

  it("are found once for several names, in the table's order", () => {
    const found = constraintsNaming(["FEAT_SVE", "FEAT_FP16", "FEAT_SVE"]).map((rule) => rule.id);
    const order = constraints("requires").map((rule) => rule.id);
    expect(found).toEqual(order.filter((id) => found.includes(id)));
    expect(repeated(found)).toEqual([]);
    expect(constraintsNaming(["FEAT_NONE"])).toEqual([]);
  });
});

describe("rules over fields", () => {
  it("have one id and a reason each", () => {
    expect(repeated(fieldRules().map((one) => one.id))).toEqual([]);
    expect(fieldRules().filter((one) => one.why === "")).toEqual([]);
    expect(fieldRules()).toHaveLength(29);
  });

  it("refer to fields, features and registers that exist", () => {
    for (const { id, rule } of fieldRules()) {
      const refs =
        "sameField" in rule
          ? rule.sameField
          : "atMostOneNonZero" in rule
            ? rule.atMostOneNonZero
            : "lessOrEqualField" in rule
              ? rule.lessOrEqualField
              : [];
      expect(
        refs.filter((one) => field(one.reg, one.field)?.name !== one.field),
        id,
      ).toEqual([]);
      const exprs: Expr[] = [];
      if ("iffAll" in rule) exprs.push(...rule.iffAll.flat());
      if ("holds" in rule) exprs.push(rule.holds);
      if ("if" in rule) {
        exprs.push(rule.if);
        if ("regIsZero" in rule.then) expect(idRegister(rule.then.regIsZero), id).toBeDefined();
        else exprs.push(rule.then);
      }
      expect(refs.length + exprs.length, id).toBeGreaterThan(0);
      expect(unknownIn(exprs), id).toEqual([]);
    }
  });
});
