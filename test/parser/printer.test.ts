/** The canonical format: its laws over random files, and its look. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lex } from "../../src/parser/lexer.ts";
import { lineWidth } from "../../src/parser/printer.ts";
import { errorsOf, examples, fileText, format, outline, page, parseText, tokenTexts } from "./support.ts";

const runs = { numRuns: 400, seed: 20260 };

describe("laws of the format", () => {
  it("accepts what the generator makes", () => {
    fc.assert(
      fc.property(fileText, (text) => {
        expect(errorsOf(text)).toEqual([]);
      }),
      runs,
    );
  });

  it("is reached in one step", () => {
    fc.assert(
      fc.property(fileText, (text) => {
        const once = format(text);
        expect(format(once)).toBe(once);
      }),
      runs,
    );
  });

  it("keeps the tree", () => {
    fc.assert(
      fc.property(fileText, (text) => {
        const printed = parseText(format(text));
        expect(printed.diagnostics).toEqual([]);
        expect(outline(printed.file)).toEqual(outline(parseText(text).file));
      }),
      runs,
    );
  });

  it("keeps every token and every comment, in order", () => {
    fc.assert(
      fc.property(fileText, (text) => {
        const comments = (of: string): string[] =>
          lex({ path: "", text: of }).comments.map((one) => one.text);
        expect(tokenTexts(format(text))).toEqual(tokenTexts(text));
        expect(comments(format(text))).toEqual(comments(text));
      }),
      runs,
    );
  });

  it("leaves no blanks at line ends, no double blank lines, and none at the edge of a block", () => {
    fc.assert(
      fc.property(fileText, (text) => {
        const printed = format(text);
        expect(printed).not.toMatch(/[ \t]\n|\n\n\n|^\n|\r/);
        expect(printed === "" || printed.endsWith("\n")).toBe(true);
        expect(printed).not.toMatch(/\n\n *\}/);
        expect(printed.endsWith("\n\n")).toBe(false);
      }),
      runs,
    );
  });

  it("ends lines within the width where a comma lets it", () => {
    const list = Array.from({ length: 60 }, (_, at) => `FEAT_Number${at}`).join(",");
    const printed = format(`cpu c {\n with ${list}\n without FEAT_X\n}`);
    for (const line of printed.split("\n")) expect(line.length).toBeLessThanOrEqual(lineWidth);
    expect(printed).toContain("\n          FEAT_Number");
  });
});

describe("the look", () => {
  it.each(examples)("$path is written in it, or differs by blanks only", ({ text }) => {
    const squeezed = (of: string): string => of.replace(/ +/g, " ");
    expect(squeezed(format(text))).toBe(squeezed(text));
  });

  it("of the sample page", () => {
    expect(format(page)).toMatchInlineSnapshot(`
      "edition 2026

      /// Machines that this guest may be moved between.
      host n1-lts { profile "hosts/neoverse-n1.linux-6.12.json" }  // recorded on a machine
      host v1-new { cpu neoverse-v1; kernel linux 6.18 }           // derived from the tables
      fleet prod  { hosts n1-lts, v1-new }

      cpu portable {
        baseline armv8.2-a  // what that version makes mandatory, nothing optional
        with     FEAT_LSE, FEAT_DotProd, FEAT_SSBS2
        without  FEAT_RNG
        sve      off  // or: sve lengths 128, 256
        pmu      off
        field    ID_AA64MMFR0_EL1.PARANGE = 40 bits  // raw fields: named values or numbers
      }

      cpu portable-crypto extends portable {
        with     FEAT_AES, FEAT_SHA256
        override field ID_AA64MMFR0_EL1.PARANGE = 44 bits
      }

      guest web {
        cpu      portable
        runs-on  prod
        psci     1.1
        services trng, pv-time  // all else is denied, also what newer kernels add
        smccc {
          deny    oem fast64  // owners and conventions by name
          forward vendor-hyp fast64 0x40 ..= 0x5f
          forward 0xC600_0100 ..= 0xC600_01FF  // or by function id
        }
        sealed  // nothing may be left to the host: else an error
      }

      test web "no SVE, no surprise" {
        read    ID_AA64PFR0_EL1.SVE = 0
        execute FEAT_SVE            = undefined
        hvc     TRNG_VERSION        = 0x1_0000
        hvc     0xC600_0100         = forwarded
        migrate n1-lts to v1-new    = safe
      }
      "
    `);
  });

  it("of comments in a list", () => {
    expect(
      format("cpu c {\nwith A, // why A\n  // own\n B,C ..= // to\n D\n  read X = // because\n 3 // end\n}"),
    ).toMatchInlineSnapshot(`
      "cpu c {
        with A,  // why A
             // own
             B, C ..=  // to
             D
        read X =  // because
                 3  // end
      }
      "
    `);
  });

  it("of further arguments of statements with one name", () => {
    expect(
      format("guest g {\n timer virtual intid 27\n timer hyp-physical intid 26\n gic v3\n sealed\n}"),
    ).toMatchInlineSnapshot(`
      "guest g {
        timer virtual      intid 27
        timer hyp-physical intid 26
        gic   v3
        sealed
      }
      "
    `);
  });

  it("of a name that is much longer than the rest", () => {
    expect(format("guest g {\n cpu c\n a-name-of-twenty-chars x\n psci 1.1\n}")).toMatchInlineSnapshot(`
      "guest g {
        cpu  c
        a-name-of-twenty-chars x
        psci 1.1
      }
      "
    `);
  });

  it("of blocks that do not fit on a line", () => {
    const path = `"hosts/${"very-".repeat(18)}long.json"`;
    expect(format(`host n1 { profile ${path} } // recorded`)).toBe(
      `host n1 {  // recorded\n  profile ${path}\n}\n`,
    );
  });

  it("of comments around blocks", () => {
    expect(
      format(
        "// top\n\n\n/// doc\ncpu c { // open\n\n// in\n\na\n\n// last\n\n} // close\nhost h {} // one\n// end",
      ),
    ).toMatchInlineSnapshot(`
      "// top

      /// doc
      cpu c {  // open
        // in

        a

        // last
      }  // close

      host h {}  // one
      // end
      "
    `);
  });

  it("of strings and numbers: values as written, quotes canonical", () => {
    expect(format('x "a\\\\b\\"" 0xF 0xAb_c 1_0')).toBe('x "a\\\\b\\"" 0xF 0xAb_c 1_0\n');
  });

  it("of nothing", () => {
    expect(format("\n\n;;\n")).toBe("");
    expect(format("// only\n\n")).toBe("// only\n");
  });
});
