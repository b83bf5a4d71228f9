/** Strings, comments and identifiers of the C header. */
import { writeFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cComment, cString, identifierPart, identifierPrefix } from "../../src/codegen/c-header/escape.ts";
import { hostileTexts } from "./plans.ts";
import { hasTool, inTemporaryFolder, run } from "./tools.ts";

const anyText = fc.string({ unit: "binary" });

describe("C strings", () => {
  it("are printable ASCII without trigraphs", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const literal = cString(text);
        expect(literal).toMatch(/^"[ -~]*"$/);
        expect(literal).not.toContain("??");
      }),
    );
  });

  it("are the same text to a C and to a C++ compiler", () => {
    const texts = hostileTexts.filter((text) => !text.includes("\u0000"));
    const program = [
      "#include <stdio.h>",
      "int main(void) {",
      ...texts.map((text) => `  fputs(${cString(text)}, stdout); fputc(0, stdout);`),
      "  return 0;",
      "}",
      "",
    ].join("\n");
    const wanted = texts
      .map((text) => `${Buffer.from(new TextEncoder().encode(text)).toString("utf8")}\u0000`)
      .join("");
    for (const [compiler, standard, language] of [
      ["gcc", "c11", "c"],
      ["g++", "c++17", "c++"],
    ] as const) {
      if (!hasTool(compiler, "string literals as the compiler reads them")) continue;
      inTemporaryFolder((folder) => {
        writeFileSync(`${folder}/text.c`, program);
        const strict = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Wtrigraphs", `-std=${standard}`];
        expect(
          run(compiler, [...strict, "-x", language, `${folder}/text.c`, "-o", `${folder}/text`]),
        ).toMatchObject({
          status: 0,
          stderr: "",
        });
        expect(run(`${folder}/text`, []).stdout).toBe(wanted);
      });
    }
  });
});

describe("C comments", () => {
  it("stay on one line and inside", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          anyText,
          fc.array(fc.constantFrom("*", "/", "?", "\\", "\n", " ", "\u202e")).map((parts) => parts.join("")),
        ),
        (text) => {
          const comment = cComment(text);
          expect(comment).not.toMatch(/\*\/|\/\*|\?\?|\\\s*$/);
          expect(comment).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u);
          // What stands in front and behind must not join with it either.
          expect(`/* ${comment} */`.match(/\*\//g)).toHaveLength(1);
        },
      ),
    );
  });

  it("keep what people write", () => {
    expect(cComment("Größe in MiB, 大きさ: 100 % (see a/b) what?")).toBe(
      "Größe in MiB, 大きさ: 100 % (see a/b) what?",
    );
  });
});

describe("identifiers", () => {
  it.each([
    ["web", "web"],
    ["web-small-2", "web_small_2"],
    ["web_small", "web_smallZ"],
    ["Web", "Web"],
    ["web.small", "g_web_small_Z3x2e"],
    ["web-small_x", "g_web_small_x_Z3x2dz5x5f"],
    ["1st", "g_1st_Z"],
    ["aZb", "g_a_b_Z1x5a"],
  ])("%s gets the prefix %s", (guest, prefix) => {
    expect(identifierPrefix(guest)).toBe(prefix);
  });

  it("are identifiers of C and C++, and no two guests share one", () => {
    const name = fc
      .array(fc.constantFrom("a", "b", "Z", "g", "1", "-", "_", ".", "é", "A"), { minLength: 1 })
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(name, name, (one, other) => {
        expect(identifierPrefix(one)).toMatch(/^[A-Za-z][A-Za-z0-9_]*$/);
        expect(identifierPrefix(one)).not.toContain("__");
        if (one !== other) expect(identifierPrefix(one)).not.toBe(identifierPrefix(other));
      }),
      { numRuns: 2000 },
    );
  });

  it("of table names drop what C does not take", () => {
    expect(identifierPart("bitmap registers of newer kernels")).toBe("bitmap_registers_of_newer_kernels");
    expect(identifierPart("*/ PSCI_0_2 | SVE")).toBe("PSCI_0_2_SVE");
  });
});
