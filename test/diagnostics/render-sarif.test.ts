import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { fnv1a } from "../../src/diagnostics/fingerprint.ts";
import { renderSarif, uriOf } from "../../src/diagnostics/render-sarif.ts";
import type { SourceFile } from "../../src/diagnostics/span.ts";
import { sample, spanOf, web } from "./sample.ts";

/** What SARIF 2.1.0 (sections 3.13 to 3.57) demands of the objects that we write. */
const index = { type: "integer", minimum: 0 };
const message = {
  type: "object",
  required: ["text"],
  properties: { text: { type: "string", minLength: 1 } },
};
const object = (required: readonly string[], properties: object) => ({
  type: "object",
  required,
  properties,
  additionalProperties: false,
});
const array = (items: object, more: object = {}) => ({ type: "array", items, ...more });
const region = object(["startLine", "startColumn", "endLine", "endColumn", "charOffset", "charLength"], {
  startLine: { type: "integer", minimum: 1 },
  startColumn: { type: "integer", minimum: 1 },
  endLine: { type: "integer", minimum: 1 },
  endColumn: { type: "integer", minimum: 1 },
  charOffset: index,
  charLength: index,
});
const artifactLocation = object(["uri", "index"], { uri: { type: "string", pattern: "^[^ \\\\]*$" }, index });
const physicalLocation = object(["artifactLocation", "region"], { artifactLocation, region });
const level = { enum: ["none", "note", "warning", "error"] };
const shape = object(["$schema", "version", "runs"], {
  $schema: { type: "string", pattern: "^https://.*sarif-schema-2\\.1\\.0\\.json$" },
  version: { const: "2.1.0" },
  runs: array(
    object(["tool", "results", "columnKind", "artifacts"], {
      tool: object(["driver"], {
        driver: object(["name", "version", "semanticVersion", "rules"], {
          name: { const: "guestc" },
          version: { type: "string" },
          semanticVersion: { type: "string", pattern: "^\\d+\\.\\d+\\.\\d+" },
          rules: array(
            object(["id", "name", "shortDescription", "fullDescription", "defaultConfiguration", "help"], {
              id: { type: "string", pattern: "^GC\\d{4}$" },
              name: { type: "string", pattern: "^([A-Z0-9][a-z0-9]*)+$" },
              shortDescription: message,
              fullDescription: message,
              defaultConfiguration: object(["level"], { level }),
              help: object(["text", "markdown"], { text: { type: "string" }, markdown: { type: "string" } }),
              properties: object(["tags"], { tags: array({ type: "string" }, { uniqueItems: true }) }),
            }),
            { uniqueItems: true },
          ),
        }),
      }),
      columnKind: { const: "utf16CodeUnits" },
      artifacts: array(
        object(["location"], {
          location: object(["uri"], { uri: { type: "string" } }),
          sourceLanguage: { type: "string" },
        }),
        { uniqueItems: true },
      ),
      results: array(
        object(["ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints"], {
          ruleId: { type: "string" },
          ruleIndex: index,
          level,
          message,
          locations: array(object(["physicalLocation"], { physicalLocation }), { minItems: 1 }),
          relatedLocations: array(
            object(["id", "physicalLocation", "message"], { id: index, physicalLocation, message }),
            {
              minItems: 1,
              uniqueItems: true,
            },
          ),
          fixes: array(
            object(["description", "artifactChanges"], {
              description: message,
              artifactChanges: array(
                object(["artifactLocation", "replacements"], {
                  artifactLocation,
                  replacements: array(
                    object(["deletedRegion", "insertedContent"], {
                      deletedRegion: region,
                      insertedContent: object(["text"], { text: { type: "string" } }),
                    }),
                    { minItems: 1 },
                  ),
                }),
                { minItems: 1 },
              ),
            }),
          ),
          partialFingerprints: object(["guestc/v1"], {
            "guestc/v1": { type: "string", pattern: "^[0-9a-f]{16}:\\d+$" },
          }),
        }),
      ),
    }),
    { minItems: 1 },
  ),
});

const valid = new Ajv({ strict: false, allErrors: true }).compile(shape);
const other: SourceFile = { path: "lib/a b.guest", text: "host h\n" };
const log = (diagnostics: Parameters<typeof renderSarif>[0]) =>
  JSON.parse(renderSarif(diagnostics, { version: "1.2.3" }));
const fingerprintsOf = (diagnostics: Parameters<typeof renderSarif>[0]): readonly string[] =>
  log(diagnostics).runs[0].results.map(
    (result: { partialFingerprints: Record<string, string> }) => result.partialFingerprints["guestc/v1"],
  );

const full = sample(spanOf(web, "vcpus 0"), {
  label: "expected `{`",
  related: [{ span: spanOf(other, "h"), message: "of this host" }],
  notes: ["n"],
  help: ["h"],
  fixes: [{ title: "write `1`", confidence: "unsafe", edits: [{ span: spanOf(web, "0", 2), text: "1" }] }],
});
const unused = sample(spanOf(web, "web"), {
  code: "GC0203",
  slug: "unused-cpu",
  severity: "warning",
  message: "m",
});

describe("diagnostics as SARIF", () => {
  it("have the shape of a 2.1.0 log", () => {
    for (const found of [[], [full], [unused, full, full]]) {
      const document = log(found);
      expect(valid(document), JSON.stringify(valid.errors)).toBe(true);
    }
  });

  it("name rules, files and places consistently", () => {
    const [run] = log([full, unused]).runs;
    const rules = run.tool.driver.rules.map((rule: { id: string }) => rule.id);
    expect(rules).toEqual([...rules].sort());
    expect(run.artifacts.map((one: { location: { uri: string } }) => one.location.uri)).toEqual([
      "lib/a%20b.guest",
      "web.guest",
    ]);
    const [result] = run.results;
    expect(rules[result.ruleIndex]).toBe("GC0302");
    expect(result.level).toBe("error");
    expect(result.message.text).toBe(`${full.message}: expected \`{{\`\nnote: n\nhelp: h`);
    expect(result.locations[0].physicalLocation).toEqual({
      artifactLocation: { uri: "web.guest", index: 1 },
      region: { startLine: 5, startColumn: 3, endLine: 5, endColumn: 10, charOffset: 43, charLength: 7 },
    });
    expect(result.relatedLocations[0].physicalLocation.artifactLocation).toEqual({
      uri: "lib/a%20b.guest",
      index: 0,
    });
    expect(result.fixes[0].artifactChanges[0].replacements[0].insertedContent).toEqual({ text: "1" });
  });

  it("keep a finding's fingerprint when its line moves, and tell equal lines apart", () => {
    const moved: SourceFile = {
      path: web.path,
      text: `// new\n\n${web.text.replace("  vcpus", "    vcpus")}`,
    };
    const before = fingerprintsOf([sample(spanOf(web, "vcpus 0"))]);
    expect(fingerprintsOf([sample(spanOf(moved, "vcpus 0"), { message: "reworded" })])).toEqual(before);
    const changed: SourceFile = { path: web.path, text: web.text.replace("vcpus 0", "vcpus 900") };
    expect(fingerprintsOf([sample(spanOf(changed, "vcpus 900"))])).not.toEqual(before);
    const [first, second] = fingerprintsOf([full, full]);
    expect(first?.replace(/:1$/, ":2")).toBe(second);
  });

  it("write paths as URI references", () => {
    expect(uriOf("../a b/ü.guest")).toBe("../a%20b/%C3%BC.guest");
    expect(uriOf("/srv/x.guest")).toBe("file:///srv/x.guest");
    expect(uriOf("C:\\x\\y.guest")).toBe("file:///C:/x/y.guest");
  });
});

describe("fnv1a", () => {
  it("agrees with the published test vectors for ASCII", () => {
    expect(fnv1a("")).toBe("cbf29ce484222325");
    expect(fnv1a("a")).toBe("af63dc4c8601ec8c");
    expect(fnv1a("foobar")).toBe("85944171f73967e8");
  });
});
