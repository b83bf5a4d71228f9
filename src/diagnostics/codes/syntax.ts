/** GC00xx: characters, tokens and the shape of statements. */
import type { DiagnosticRow } from "../registry.ts";
import { file, guest } from "../samples.ts";

const model = "cpu c {\n  baseline host\n}";

export const syntax = {
  "unexpected-character": {
    code: "GC0001",
    severity: "error",
    message: "unexpected character `{character}`",
    page: () => ({
      explain:
        "The character has no meaning outside a string or a comment. Names are made of ASCII letters, digits, `_`, and of `-` and `.` between them; numbers of digits, `_` and a `0x` or `0b` in front.",
      wrong: guest("vcpus @4"),
      right: guest("vcpus 4 // @ may stand in a comment"),
    }),
  },
  "unterminated-string": {
    code: "GC0002",
    severity: "error",
    message: "this string is not closed",
    page: () => ({
      explain:
        'A string begins and ends with `"` on one line. Inside it `\\"` is a quote and `\\\\` a backslash; there are no other escapes.',
      wrong: file('host n1 { profile "hosts/neoverse-n1.linux-6.12.json }'),
      right: file('host n1 { profile "hosts/neoverse-n1.linux-6.12.json" }'),
    }),
  },
  "bad-escape": {
    code: "GC0003",
    severity: "error",
    message: "`{escape}` is not an escape",
    page: () => ({
      explain:
        'Inside a string only `\\"` and `\\\\` are escapes. Paths use `/` on every system, so no backslash is needed.',
      wrong: file('host n1 { profile "hosts\\neoverse-n1.linux-6.12.json" }'),
      right: file('host n1 { profile "hosts/neoverse-n1.linux-6.12.json" }'),
    }),
  },
  "malformed-number": {
    code: "GC0004",
    severity: "error",
    message: "`{text}` is not a number",
    page: () => ({
      explain:
        "Numbers are decimal (`40`), hexadecimal (`0x8400_0050`) or binary (`0b101`); `_` may stand between digits, and a decimal number has no `0` in front, which other languages read as octal. A version has dots (`1.1`, `6.12`). A unit is a word of its own: `40 bits`, not `40bits`.",
      wrong: guest("vcpus 0x"),
      right: guest("vcpus 0x4"),
    }),
  },
  "unexpected-token": {
    code: "GC0005",
    severity: "error",
    message: "expected {expected}, found {found}",
    page: () => ({
      explain:
        "A file is a list of statements. A statement is a name, its arguments, perhaps `= value`, and perhaps a `{ block }` of statements; the end of the line or a `;` ends it. Arguments of a list are separated by commas, and a line may go on behind a comma, `=` and a range operator.",
      wrong: file(`= 4\n\n${model}`),
      right: file(model),
    }),
  },
  "unclosed-block": {
    code: "GC0006",
    severity: "error",
    message: "this block is never closed",
    page: () => ({
      explain:
        "Every `{` needs its `}`. Where the indentation of the lines below tells where the `}` was meant to stand, that place is shown, and the rest of the file is read as if it stood there.",
      wrong: file(`cpu c {\n  baseline host\n\ncpu d {\n  baseline host\n}`),
      right: file(`${model}\n\ncpu d {\n  baseline host\n}`),
    }),
  },
  "stray-brace": {
    code: "GC0007",
    severity: "error",
    message: "this `}` closes nothing",
    page: () => ({
      explain:
        "There is one `}` more than there are `{`. A misplaced brace a few lines up is the usual cause.",
      wrong: file(`${model}\n}`),
      right: file(model),
    }),
  },
  "bare-range": {
    code: "GC0008",
    severity: "error",
    message: "a range says whether its end is in: `..=` or `..<`",
    page: () => ({
      explain:
        "`0x40 ..= 0x5f` holds 0x5f, `0x40 ..< 0x60` does not hold 0x60. A bare `..` would leave that to memory.",
      wrong: guest("smccc {\n  deny vendor-hyp fast64 0x40 .. 0x5f\n}"),
      right: guest("smccc {\n  deny vendor-hyp fast64 0x40 ..= 0x5f\n}"),
    }),
  },
  "blocks-too-deep": {
    code: "GC0009",
    severity: "error",
    message: "blocks are nested deeper than {limit}",
    page: () => ({
      explain:
        "The language has no use for blocks more than a few deep; the limit keeps a damaged or hostile file from exhausting the tools that read it.",
      wrong: file(`${"a {\n".repeat(65)}${"}\n".repeat(65)}`.trimEnd()),
      right: file(model),
    }),
  },
  "brace-on-own-line": {
    code: "GC0010",
    severity: "error",
    message: "the `{` of a block stands on the line of its statement",
    page: () => ({
      explain: "The end of a line ends a statement, so a `{` on the next line would belong to nothing.",
      wrong: file("cpu c\n{\n  baseline host\n}"),
      right: file(model),
    }),
  },
  "hidden-character": {
    code: "GC0011",
    severity: "error",
    message: "the character {character} does not show, or changes how the text around it shows",
    page: () => ({
      explain:
        "Control characters and the bidirectional controls of Unicode can make a comment or a string look like something else than what the compiler reads (CVE-2021-42574). They are refused everywhere; a tab is allowed.",
      wrong: file(`// a bell: \u0007\n${model}`),
      right: file(`// no bell\n${model}`),
    }),
  },
  "foreign-comment": {
    code: "GC0012",
    severity: "error",
    message: "a comment begins with `//`, not with `{mark}`",
    page: () => ({
      explain:
        "Comments run from `//` to the end of the line; `///` documents the statement below. There is no other form.",
      wrong: file(`# the host decides\n${model}`),
      right: file(`// the host decides\n${model}`),
    }),
  },
  "wrong-quotes": {
    code: "GC0013",
    severity: "error",
    message: 'a string stands between `"`, not between `{open}` and `{close}`',
    page: () => ({
      explain:
        "Only the plain double quote of ASCII makes a string. Word processors and chat programs turn it into typographic quotes when text is pasted through them.",
      wrong: file("host n1 { profile “hosts/neoverse-n1.linux-6.12.json” }"),
      right: file('host n1 { profile "hosts/neoverse-n1.linux-6.12.json" }'),
    }),
  },
} as const satisfies Readonly<Record<string, DiagnosticRow>>;
