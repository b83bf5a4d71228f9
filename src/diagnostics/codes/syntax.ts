/** GC00xx: characters, tokens and the shape of statements. */
import type { DiagnosticRow } from "../registry.ts";

export const syntax = {
  "unexpected-character": {
    code: "GC0001",
    severity: "error",
    message: "unexpected character `{character}`",
    explain:
      "The character has no meaning outside a string or a comment. Names are made of letters, digits, `_`, `-` and `.`; numbers of digits, `_` and a `0x` or `0b` in front.",
    wrong: "edition 2026\n\nguest g {\n  cpu @c\n}\n",
    right: 'edition 2026\n\n// @ may stand in a comment\ncpu c {\n  baseline host\n}\n\nguest g {\n  cpu c\n}\n',
  },
  "unterminated-string": {
    code: "GC0002",
    severity: "error",
    message: "this string is not closed",
    explain: 'A string begins and ends with `"` on one line. Inside it `\\"` is a quote and `\\\\` a backslash; there are no other escapes.',
    wrong: 'edition 2026\n\nimport "base.guest\n',
    right: 'edition 2026\n\nimport "base.guest"\n',
  },
  "bad-escape": {
    code: "GC0003",
    severity: "error",
    message: "`{escape}` is not an escape",
    explain: 'Inside a string only `\\"` and `\\\\` are escapes. Paths use `/` on every system, so no backslash is needed.',
    wrong: 'edition 2026\n\nimport "lib\\base.guest"\n',
    right: 'edition 2026\n\nimport "lib/base.guest"\n',
  },
  "malformed-number": {
    code: "GC0004",
    severity: "error",
    message: "`{text}` is not a number",
    explain:
      "Numbers are decimal (`40`), hexadecimal (`0x8400_0050`) or binary (`0b101`); `_` may stand between digits. A version has dots (`1.1`, `6.12`). A unit is a word of its own: `40 bits`, not `40bits`.",
    wrong: "edition 2026\n\nguest g {\n  vcpus 0x\n}\n",
    right: "edition 2026\n\ncpu c {\n  baseline host\n}\n\nguest g {\n  cpu c\n  vcpus 4\n}\n",
  },
  "unexpected-token": {
    code: "GC0005",
    severity: "error",
    message: "expected {expected}, found {found}",
    explain:
      "A file is a list of statements. A statement is a name, its arguments, perhaps `= value`, and perhaps a `{ block }` of statements; the end of the line or a `;` ends it. Arguments of a list are separated by commas.",
    wrong: "edition 2026\n\n= 4\n",
    right: "edition 2026\n\ncpu c {\n  baseline host\n}\n",
  },
  "unclosed-block": {
    code: "GC0006",
    severity: "error",
    message: "this block is never closed",
    explain: "Every `{` needs its `}`. The place where the block was opened is shown.",
    wrong: "edition 2026\n\ncpu c {\n  baseline host\n",
    right: "edition 2026\n\ncpu c {\n  baseline host\n}\n",
  },
  "stray-brace": {
    code: "GC0007",
    severity: "error",
    message: "this `}` closes nothing",
    explain: "There is one `}` more than there are `{`. A misplaced brace a few lines up is the usual cause.",
    wrong: "edition 2026\n\ncpu c {\n  baseline host\n}\n}\n",
    right: "edition 2026\n\ncpu c {\n  baseline host\n}\n",
  },
  "bare-range": {
    code: "GC0008",
    severity: "error",
    message: "a range says whether its end is in: `..=` or `..<`",
    explain: "`0x40 ..= 0x5f` holds 0x5f, `0x40 ..< 0x60` does not hold 0x60. A bare `..` would leave that to memory.",
    wrong: "edition 2026\n\ncpu c {\n  baseline host\n}\n\nguest g {\n  cpu c\n  smccc {\n    deny vendor-hyp fast64 0x40 .. 0x5f\n  }\n}\n",
    right:
      "edition 2026\n\ncpu c {\n  baseline host\n}\n\nguest g {\n  cpu c\n  smccc {\n    deny vendor-hyp fast64 0x40 ..= 0x5f\n  }\n}\n",
  },
} as const satisfies Readonly<Record<string, DiagnosticRow>>;
