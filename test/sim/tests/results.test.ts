/** The three forms of test results. */
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { findDiagnostic, registry } from "../../../src/diagnostics/registry.ts";
import { resultsDocument } from "../../../src/sim/tests/document.ts";
import { junitText } from "../../../src/sim/tests/junit.ts";
import type { TestRun } from "../../../src/sim/tests/outcome.ts";
import { findings } from "../../../src/sim/tests/run.ts";
import { resultsText } from "../../../src/sim/tests/text.ts";
import { xmlText } from "../../../src/sim/tests/xml.ts";
import { golden } from "../../support/golden.ts";
import { readXml, type XmlElement } from "../../support/xml.ts";
import { runText } from "./support.ts";

const json = (path: string): object => JSON.parse(readFileSync(path, "utf8"));
const ajv = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false, allErrors: true });
ajv.addSchema(json("schemas/diagnostics.schema.json"));
const validate = ajv.compile(json("schemas/tests.schema.json"));

/** One of each: met, broken in every way, undecided, not run; on a host that refuses and on two that do not. */
const every = `edition 2026
host n1 { profile "hosts/neoverse-n1.linux-6.12.json" }
host n1-618 { profile "hosts/neoverse-n1.linux-6.18.json" }
host old { profile "hosts/neoverse-n1.linux-6.1.json" }

cpu plain {
  baseline armv8.2-a
  with     FEAT_DotProd
}

guest web {
  cpu      plain
  runs-on  n1, n1-618, old
  psci     1.1
  services trng
  smccc {
    deny oem fast64
  }
}

test web "sees <what> it \\"should\\" & no more" {
  read    ID_AA64ISAR0_EL1.DP = 1
  read    ID_AA64ISAR0_EL1.DP = 0
  execute FEAT_LSE            = undefined
  execute FEAT_CSV2           = undefined
  hvc     TRNG_VERSION        = denied
  hvc     0xC300_0000         = denied
  vectors                     = 128
  migrate n1 to n1-618        = safe
}

guest idle {
  cpu plain
}

test idle "runs nowhere" {
  vectors = none
}
`;

const runs: readonly TestRun[] = runText(every);

describe("the samples of GC09xx", () => {
  const rows = Object.values(registry).filter(({ code }) => code.startsWith("GC09"));
  it.each(rows.map(({ code }) => code))(
    "%s is what its wrong sample gives, and not its right one",
    (code) => {
      const page = findDiagnostic(code)?.row.page();
      const codes = (text: string): readonly string[] => [
        ...new Set(findings(runText(text)).map((one) => one.code)),
      ];
      expect(codes(page?.wrong ?? "")).toEqual([code]);
      expect(codes(page?.right ?? "")).toEqual([]);
    },
  );
});

describe("text", () => {
  it("is as the golden file has it", () => {
    golden("test/golden/tests/every.txt", resultsText(runs));
  });
});

describe("the document", () => {
  it("keeps to its schema and counts what it lists", () => {
    const document = JSON.parse(JSON.stringify(resultsDocument(runs)));
    expect(validate(document), JSON.stringify(validate.errors?.slice(0, 3))).toBe(true);
    const statuses: readonly string[] = document.tests.flatMap(
      (one: { expectations: { status: string }[] }) => one.expectations.map(({ status }) => status),
    );
    const count = (status: string): number => statuses.filter((one) => one === status).length;
    expect(document.summary).toEqual({
      passed: count("passed"),
      failed: count("failed"),
      undecided: count("undecided"),
      notRun: count("not-run"),
    });
    expect(Object.values(document.summary)).not.toContain(0);
  });
});

/** Attributes and children that common readers' schema (Jenkins' junit-10.xsd) knows. */
const known: Readonly<
  Record<string, { readonly attributes: readonly string[]; readonly children: readonly string[] }>
> = {
  testsuites: {
    attributes: ["name", "time", "tests", "failures", "errors", "skipped"],
    children: ["testsuite"],
  },
  testsuite: {
    attributes: ["name", "tests", "failures", "errors", "skipped", "time"],
    children: ["testcase"],
  },
  testcase: {
    attributes: ["name", "classname", "file", "line", "time"],
    children: ["skipped", "error", "failure"],
  },
  failure: { attributes: ["message", "type"], children: [] },
  error: { attributes: ["message", "type"], children: [] },
  skipped: { attributes: ["message"], children: [] },
};

function structure(element: XmlElement): void {
  const rule = known[element.name];
  expect(rule, element.name).toBeDefined();
  expect(rule?.attributes).toEqual(expect.arrayContaining(Object.keys(element.attributes)));
  for (const child of element.children) {
    expect(rule?.children).toContain(child.name);
    structure(child);
  }
  if (rule?.children.length !== 0) expect(element.text.trim()).toBe("");
  for (const key of ["tests", "failures", "errors", "skipped", "line"]) {
    const value = element.attributes[key];
    if (value !== undefined) expect(value).toMatch(/^\d+$/);
  }
}

const casesOf = (element: XmlElement): readonly XmlElement[] =>
  element.name === "testcase" ? [element] : element.children.flatMap(casesOf);

describe("JUnit XML", () => {
  const root = readXml(junitText(runs));

  it("has the structure that readers know", () => {
    structure(root);
    expect(root.name).toBe("testsuites");
    for (const suite of root.children)
      for (const found of suite.children) {
        expect(found.attributes.name).toBeTruthy();
        expect(found.attributes.classname).toMatch(/^(web\.(n1|n1-618|old)|idle\.no host)$/);
        expect(found.children.length).toBeLessThanOrEqual(1);
      }
  });

  it("counts its cases", () => {
    for (const element of [root, ...root.children]) {
      const cases = casesOf(element);
      const of = (name: string): string =>
        String(cases.filter(({ children }) => children.some((child) => child.name === name)).length);
      expect(element.attributes).toMatchObject({
        tests: String(cases.length),
        failures: of("failure"),
        errors: of("error"),
        skipped: of("skipped"),
      });
    }
  });

  it("keeps titles and messages whole", () => {
    const names = casesOf(root).map(({ attributes }) => attributes.name ?? "");
    expect(names[0]).toContain('sees <what> it "should" & no more: read ID_AA64ISAR0_EL1.DP = 1');
    const failure = casesOf(root).flatMap(({ children }) => children)[0];
    expect(failure?.attributes.type).toBe("GC0901");
    expect(failure?.text).toContain("error[GC0901]");
    expect(failure?.text).toContain("FEAT_DotProd");
  });

  it("writes what XML cannot say as replacement characters, and white space so that it stays", () => {
    const text = 'a\u0000\u001b\ud800\ufffe<&>"\t\r\nz😀';
    const read = readXml(xmlText({ name: "a", attributes: { b: text }, text }));
    expect(read.attributes.b).toBe('a\ufffd\ufffd\ufffd\ufffd<&>"\t\r\nz😀');
    expect(read.text).toBe('a\ufffd\ufffd\ufffd\ufffd<&>"\t\r\nz😀');
  });
});
