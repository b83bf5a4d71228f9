import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import { noColours, type Palette, renderText, summarise } from "../../src/diagnostics/render-text.ts";
import type { SourceFile } from "../../src/diagnostics/span.ts";
import { displayWidth } from "../../src/diagnostics/text/display.ts";
import { sample, spanOf, web } from "./sample.ts";

const fileOf = (text: string, path = "a.guest"): SourceFile => ({ path, text });
const text = (found: Diagnostic, width?: number): string =>
  renderText([found], width === undefined ? {} : { width });
const brief = (file: SourceFile, part: string, more: Partial<Diagnostic> = {}): string =>
  text(sample(spanOf(file, part), { message: "m", ...more }));

/** Characters that a terminal would act upon, or that change the order of what follows. */
const unsafe = (out: string): readonly string[] =>
  [...out].filter((character) => /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u.test(character) && character !== "\n");

describe("a frame", () => {
  it("shows message, place, line, markers, label, notes, help and the changed line of a fix", () => {
    const zero = spanOf(web, "0", 2);
    const found = sample(zero, {
      label: "expected at least 1",
      notes: ["KVM_CAP_MAX_VCPUS of every known kernel is at least 1"],
      help: ["write the number of vCPUs"],
      fixes: [{ title: "write `1`", confidence: "unsafe", edits: [{ span: zero, text: "1" }] }],
    });
    expect(text(found)).toMatchInlineSnapshot(`
      "error[GC0302]: the number of vCPUs lies between 1 and 512, not 0
       --> web.guest:5:9
        |
      5 |   vcpus 0
        |         ^ expected at least 1
        |
        = note: KVM_CAP_MAX_VCPUS of every known kernel is at least 1
        = help: write the number of vCPUs
        = fix: write \`1\`
        |
      5 -   vcpus 0
      5 +   vcpus 1
      "
    `);
  });

  it("puts a near related place into the same frame and fills a gap of one line", () => {
    expect(
      brief(web, "vcpus", {
        label: "here",
        related: [{ span: spanOf(web, "web"), message: "of this guest" }],
      }),
    ).toMatchInlineSnapshot(`
      "error[GC0302]: m
       --> web.guest:5:3
        |
      3 | guest web {
        |       --- of this guest
      4 |   cpu portable
      5 |   vcpus 0
        |   ^^^^^ here
      "
    `);
  });

  it("marks a longer gap", () => {
    const file = fileOf("a 1\nb\nc\nd\na 2\n");
    expect(
      brief(file, "a 2", { label: "again", related: [{ span: spanOf(file, "a 1"), message: "first" }] }),
    ).toMatchInlineSnapshot(`
      "error[GC0302]: m
       --> a.guest:5:1
        |
      1 | a 1
        | --- first
      ...
      5 | a 2
        | ^^^ again
      "
    `);
  });

  it("gives a far place and one in another file frames of their own", () => {
    const file = fileOf(`cpu c\n${"\n".repeat(20)}guest g\n`);
    const other = fileOf("host h\nhost i\n", "lib/hosts.guest");
    expect(
      brief(file, "guest g", {
        related: [
          { span: spanOf(file, "cpu c"), message: "declared here" },
          { span: spanOf(other, "host i"), message: "and there" },
          { span: spanOf(other, "host h"), message: "also" },
        ],
      }),
    ).toMatchInlineSnapshot(`
      "error[GC0302]: m
        --> a.guest:22:1
         |
      22 | guest g
         | ^^^^^^^
         |
        ::: a.guest:1:1
         |
       1 | cpu c
         | ----- declared here
         |
        ::: lib/hosts.guest:1:1
         |
       1 | host h
         | ------ also
       2 | host i
         | ------ and there
      "
    `);
  });

  it("stacks several labels on one line", () => {
    const file = fileOf("with FEAT_AES, FEAT_PMULL, FEAT_SHA1\n");
    expect(
      brief(file, "FEAT_PMULL", {
        label: "needs the first",
        related: [
          { span: spanOf(file, "FEAT_AES"), message: "the first" },
          { span: spanOf(file, "FEAT_SHA1"), message: "the third" },
        ],
      }),
    ).toMatchInlineSnapshot(`
      "error[GC0302]: m
       --> a.guest:1:16
        |
      1 | with FEAT_AES, FEAT_PMULL, FEAT_SHA1
        |      --------  ^^^^^^^^^^  --------- the third
        |      |         |
        |      |         needs the first
        |      the first
      "
    `);
  });

  it("lists two labels of the same place one below the other", () => {
    const file = fileOf("vcpus 4\n");
    expect(
      brief(file, "vcpus", { label: "one", related: [{ span: spanOf(file, "vcpus 4"), message: "two" }] }),
    ).toMatchInlineSnapshot(`
      "error[GC0302]: m
       --> a.guest:1:1
        |
      1 | vcpus 4
        | ^^^^^--
        | |
        | one
        | two
      "
    `);
  });

  it("draws a bar beside a span of several lines", () => {
    expect(
      brief(web, "guest web {\n  cpu portable\n  vcpus 0\n}", { label: "all of it" }),
    ).toMatchInlineSnapshot(`
      "error[GC0302]: m
       --> web.guest:3:1
        |
      3 | / guest web {
      4 | |   cpu portable
      5 | |   vcpus 0
      6 | | }
        | |_^ all of it
      "
    `);
  });

  it("elides the middle of a long span, and begins a bar below a line where text stands before it", () => {
    const file = fileOf("smccc { deny a\n  b\n  c\n  d\n  e\n  f }\n");
    expect(brief(file, "{ deny a\n  b\n  c\n  d\n  e\n  f }", { label: "the block" })).toMatchInlineSnapshot(`
      "error[GC0302]: m
       --> a.guest:1:7
        |
      1 |   smccc { deny a
        |  _______^
      2 | |   b
      3 | |   c
      ... |
      6 | |   f }
        | |_____^ the block
      "
    `);
  });

  it("runs bars side by side with marks inside them", () => {
    expect(
      brief(web, "vcpus 0", {
        label: "this",
        related: [
          { span: spanOf(web, "guest web {\n  cpu portable\n  vcpus 0\n}"), message: "in this guest" },
        ],
      }),
    ).toMatchInlineSnapshot(`
      "error[GC0302]: m
       --> web.guest:5:3
        |
      3 | / guest web {
      4 | |   cpu portable
      5 | |   vcpus 0
        | |   ^^^^^^^ this
      6 | | }
        | |_- in this guest
      "
    `);
  });

  it("aligns markers under tabs, wide, combining and emoji characters", () => {
    const file = fileOf('\ttest "日本語 e\u0301 👩‍👩‍👧 ✔\ufe0f" WRONG\n');
    const out = brief(file, "WRONG", { label: "here" });
    const [line, marker] = out.split("\n").slice(3, 5);
    const upTo = (whole: string | undefined, part: string): number =>
      displayWidth((whole ?? "").slice(0, (whole ?? "").indexOf(part)));
    expect(upTo(marker, "^")).toBe(upTo(line, "WRONG"));
    expect(line).toBe('1 |     test "日本語 e\u0301 👩‍👩‍👧 ✔\ufe0f" WRONG');
    expect(upTo(line, "WRONG")).toBe(4 + 4 + 6 + 6 + 1 + 1 + 1 + 2 + 1 + 2 + 2);
  });

  it("lets no control or reordering character reach the terminal", () => {
    const file = fileOf("a\u001b[31m \u202e\u0007b\u009b\r\n", "x\u001by.guest");
    const out = brief(file, "b", { message: "found `\u001b]0;title\u0007`", notes: ["\u2066"] });
    expect(unsafe(out)).toEqual([]);
    expect(out).toContain("a␛[31m �␇b�");
    expect(out).toContain("x␛y.guest:1:10");
  });

  it("cuts a long line to what lies around the marker", () => {
    const file = fileOf(`${"x".repeat(200)} WRONG ${"y".repeat(200)}\n`);
    const out = text(sample(spanOf(file, "WRONG"), { message: "m" }), 60).split("\n");
    expect(out[3]).toBe(`1 | …${"x".repeat(19)} WRONG ${"y".repeat(28)}…`);
    expect(out[4]?.indexOf("^^^^^")).toBe(out[3]?.indexOf("WRONG"));
    expect(Math.max(...out.map((line) => line.length))).toBeLessThanOrEqual(60);
  });

  it("stands at the end of a file, in an empty file, and behind a line end", () => {
    expect(text(sample({ file: fileOf(""), start: 0, end: 0 }, { message: "m" }))).toBe(
      "error[GC0302]: m\n --> a.guest:1:1\n  |\n1 |\n  | ^\n",
    );
    const file = fileOf("ab\n");
    expect(text(sample({ file, start: 3, end: 3 }, { message: "m" }))).toContain("2 |\n  | ^\n");
    expect(text(sample({ file, start: 2, end: 3 }, { message: "m" }))).toContain("1 | ab\n  |   ^\n");
    expect(text(sample({ file, start: 90, end: 99 }, { message: "m" }))).toContain("2 |\n  | ^\n");
  });

  it("makes room for line numbers of several digits", () => {
    const file = fileOf(`${"\n".repeat(99)}here\nthere\n`);
    expect(brief(file, "here", { notes: ["n"] })).toBe(
      "error[GC0302]: m\n   --> a.guest:100:1\n    |\n100 | here\n    | ^^^^\n    |\n    = note: n\n",
    );
  });
});

describe("notes", () => {
  it("wrap at the width with a hanging indent and keep their own line ends", () => {
    const note = "KVM answers EINVAL for it, because the field may only be lowered\nand 日本語 counts double";
    expect(text(sample(spanOf(web, "vcpus"), { message: "m", notes: [note] }), 40)).toMatchInlineSnapshot(`
      "error[GC0302]: m
       --> web.guest:5:3
        |
      5 |   vcpus 0
        |   ^^^^^
        |
        = note: KVM answers EINVAL for it,
                because the field may only be
                lowered
                and 日本語 counts double
      "
    `);
  });
});

describe("a fix", () => {
  const fixOf = (file: SourceFile, edits: readonly { start: number; end: number; text: string }[]): string =>
    text(
      sample(
        { file, start: 0, end: 1 },
        {
          message: "m",
          fixes: [
            {
              title: "t",
              confidence: "safe",
              edits: edits.map((edit) => ({
                span: { file, start: edit.start, end: edit.end },
                text: edit.text,
              })),
            },
          ],
        },
      ),
    ).split("= fix: t\n")[1] ?? "";

  it("that inserts lines shows only them", () => {
    expect(fixOf(fileOf("guest g\n"), [{ start: 0, end: 0, text: "edition 2026\n\n" }])).toBe(
      "  |\n1 + edition 2026\n2 +\n",
    );
  });

  it("that takes a line away shows only that", () => {
    expect(fixOf(fileOf("a\nb\nc\n"), [{ start: 2, end: 4, text: "" }])).toBe("  |\n2 - b\n");
  });

  it("shows edits of neighbouring lines together and of others apart", () => {
    const file = fileOf("a\nb\nc\nd\ne\n");
    const edits = [8, 2, 0].map((start) => ({ start, end: start + 1, text: "X" }));
    expect(fixOf(file, edits)).toBe("  |\n1 - a\n2 - b\n1 + X\n2 + X\n5 - e\n5 + X\n");
  });

  it("names another file", () => {
    const other = fileOf("x\n", "other.guest");
    const out = text(
      sample(spanOf(web, "web"), {
        message: "m",
        fixes: [{ title: "t", confidence: "safe", edits: [{ span: spanOf(other, "x"), text: "y" }] }],
      }),
    );
    expect(out).toContain("  = fix: t\n  |\n --> other.guest\n1 - x\n1 + y\n");
  });
});

describe("colours", () => {
  it("come from the palette and change nothing else", () => {
    const named = (name: string) => (part: string) => `<${name}>${part}</${name}>`;
    const palette: Palette = Object.fromEntries(
      Object.keys(noColours).map((name) => [name, named(name)]),
    ) as unknown as Palette;
    const found = sample(spanOf(web, "vcpus 0"), {
      label: "here",
      related: [{ span: spanOf(web, "web"), message: "there" }],
      help: ["h"],
      fixes: [{ title: "t", confidence: "safe", edits: [{ span: spanOf(web, "vcpus"), text: "x" }] }],
    });
    const coloured = renderText([found], { palette });
    expect(coloured).toContain("<error>error[GC0302]</error>");
    expect(coloured).toContain("<error>^^^^^^^</error> <error>here</error>");
    expect(coloured).toContain("<secondary>---</secondary> <secondary>there</secondary>");
    expect(coloured).toContain("<added>+   x 0</added>");
    expect(coloured.replace(/<\/?\w+>/g, "")).toBe(renderText([found]));
  });
});

describe("any span of any text", () => {
  it("gives frames whose primary marker is there, and no line end is lost", () => {
    const unit = fc.constantFrom("a", " ", "\t", "\n", "\r\n", "日", "e\u0301", "👩‍👩‍👧", "\u0000", "{");
    const source = fc.string({ unit, maxLength: 40 });
    fc.assert(
      fc.property(source, fc.nat(50), fc.nat(50), fc.nat(50), (content, start, length, other) => {
        const file = fileOf(content);
        const found = sample(
          { file, start, end: start + length },
          { label: "LABEL", related: [{ span: { file, start: other, end: other + 3 }, message: "OTHER" }] },
        );
        const out = text(found);
        expect(out).toContain("^");
        expect(out.split("LABEL")).toHaveLength(2);
        expect(out.split("OTHER")).toHaveLength(2);
        expect(unsafe(out)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

describe("the summary", () => {
  it("counts by severity", () => {
    const span = spanOf(web, "web");
    const warning = sample(span, { severity: "warning" });
    expect(summarise([])).toBe("");
    expect(summarise([sample(span)])).toBe("1 error");
    expect(summarise([warning, sample(span), sample(span), sample(span, { severity: "note" })])).toBe(
      "2 errors, 1 warning, 1 note",
    );
  });
});
