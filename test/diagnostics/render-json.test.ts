import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { renderJson } from "../../src/diagnostics/render-json.ts";
import { sample, spanOf, web } from "./sample.ts";

const valid = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true }).compile(
  JSON.parse(readFileSync("schemas/diagnostics.schema.json", "utf8")),
);

const full = sample(spanOf(web, "vcpus 0"), {
  label: "here",
  related: [{ span: spanOf(web, "web"), message: "of this guest" }],
  notes: ["n"],
  help: ["h"],
  fixes: [{ title: "write `1`", confidence: "unsafe", edits: [{ span: spanOf(web, "0", 2), text: "1" }] }],
});

describe("diagnostics as JSON", () => {
  it("say all that there is, with offsets and positions", () => {
    const document: unknown = JSON.parse(renderJson([full]));
    expect(document).toEqual({
      schema: "guestc.diagnostics/1",
      summary: { errors: 1, warnings: 0, notes: 0 },
      diagnostics: [
        {
          code: "GC0302",
          slug: "number-out-of-range",
          severity: "error",
          message: full.message,
          location: {
            file: "web.guest",
            start: { offset: 43, line: 5, column: 3 },
            end: { offset: 50, line: 5, column: 10 },
          },
          label: "here",
          related: [
            {
              location: {
                file: "web.guest",
                start: { offset: 20, line: 3, column: 7 },
                end: { offset: 23, line: 3, column: 10 },
              },
              message: "of this guest",
            },
          ],
          notes: ["n"],
          help: ["h"],
          fixes: [
            {
              title: "write `1`",
              confidence: "unsafe",
              edits: [
                {
                  location: {
                    file: "web.guest",
                    start: { offset: 49, line: 5, column: 9 },
                    end: { offset: 50, line: 5, column: 10 },
                  },
                  text: "1",
                },
              ],
            },
          ],
        },
      ],
    });
    expect(valid(document), JSON.stringify(valid.errors)).toBe(true);
  });

  it("are a document also when there are none", () => {
    const document: unknown = JSON.parse(renderJson([]));
    expect(document).toEqual({
      schema: "guestc.diagnostics/1",
      summary: { errors: 0, warnings: 0, notes: 0 },
      diagnostics: [],
    });
    expect(valid(document)).toBe(true);
  });

  it.each(["code", "location", "label", "fixes"])("are refused by the schema without `%s`", (key) => {
    const document = JSON.parse(renderJson([full]));
    delete document.diagnostics[0][key];
    expect(valid(document)).toBe(false);
  });
});
