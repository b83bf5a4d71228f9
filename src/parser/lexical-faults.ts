/** What is said about characters and tokens that are none, and what to write instead. */
import { type Details, type Diagnostic, diagnostic, type Fix } from "../diagnostics/diagnostic.ts";
import { type SourceFile, type Span, spanText } from "../diagnostics/span.ts";
import { hiddenCharacters } from "./tokens.ts";

function replace(span: Span, text: string, confidence: Fix["confidence"] = "safe"): Fix {
  return {
    title: text === "" ? `remove \`${spanText(span)}\`` : `write \`${text}\``,
    confidence,
    edits: [{ span, text }],
  };
}

const codePoint = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;

const anyHidden = new RegExp(
  `${hiddenCharacters}|[\\u00a0\\u1680\\u2000-\\u200d\\u202f\\u205f\\u3000\\ufeff]`,
);

/** The character as it may be shown in a terminal: one that does not show is named by its number. */
function visible(character: string): string {
  return anyHidden.test(character) || /[\ud800-\udfff]/.test(character.length === 1 ? character : "")
    ? codePoint(character)
    : character;
}

/** One kind of character that people write, and what they meant by it. */
interface Lookalike {
  readonly characters: RegExp;
  readonly help: string;
  /** What it can be replaced by without looking. */
  readonly plain?: string;
}

const lookalikes: readonly Lookalike[] = [
  { characters: /[“”„‟«»‘’‚']/u, help: 'a string stands between two plain `"` on one line' },
  {
    characters: /[‐‑‒–—−]/u,
    help: "write the plain hyphen `-`; between numbers a range is `..=`",
    plain: "-",
  },
  {
    characters: /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/u,
    help: "this is a space, but not the plain one; write a plain space",
    plain: " ",
  },
  {
    characters: /[\u200b-\u200d\ufeff]/u,
    help: "this character has no width; remove it",
    plain: "",
  },
  { characters: /…/u, help: "a range is `..=` or `..<`" },
  { characters: /:/, help: "no colon stands between a name and its arguments" },
  { characters: /[()[\]]/, help: "lists have no brackets: items are separated by commas" },
  {
    characters: /-/,
    help: "`-` may stand inside a name; a range is `..=` or `..<`, and there are no negative numbers",
  },
  { characters: /\./, help: "`.` may stand inside a name or a version; a range is `..=` or `..<`" },
  { characters: /\//, help: "a comment begins with `//`; a path stands in quotes" },
  { characters: /\\/, help: "a line goes on behind `,` and `=` without a `\\`" },
  { characters: /\r/, help: "lines end with LF or CRLF" },
  { characters: /\p{L}/u, help: "names are made of ASCII letters, digits, `_`, `-` and `.`" },
];

/** One diagnostic for a run of characters that begin no token. */
export function unexpectedCharacters(span: Span): Diagnostic {
  const text = spanText(span);
  const first = String.fromCodePoint(text.codePointAt(0) ?? 0);
  const known = lookalikes.find(({ characters }) => characters.test(first));
  const uniform = [...text].every((character) => character === first);
  const details: Details = {
    ...(visible(first) === first && first > "\u007f" ? { label: codePoint(first) } : {}),
    ...(known === undefined ? {} : { help: [known.help] }),
    ...(known?.plain === undefined || !uniform
      ? {}
      : {
          fixes: [
            {
              title: known.plain === "" ? "remove it" : `write the plain \`${known.plain}\``,
              confidence: "safe" as const,
              edits: [{ span, text: known.plain.repeat([...text].length) }],
            },
          ],
        }),
  };
  return diagnostic("unexpected-character", span, { character: visible(first) }, details);
}

/** Why a numeral is none, with the number that was meant where that is clear. */
function numberDetails(text: string, span: Span): Details {
  const underscores = text
    .replace(/_+/g, "_")
    .replace(/_$/, "")
    .replace(/^(0[xb])_/, "$1");
  const unit = /^((?:0|[1-9][0-9]*)(?:_[0-9]+)*)([A-Za-z]+)$/.exec(text);
  if (/^0[XB]/.test(text)) {
    return {
      help: ["the letter behind the `0` is a small one"],
      fixes: [replace(span, text.slice(0, 2).toLowerCase() + text.slice(2))],
    };
  }
  if (/^0x_*$/.test(text)) return { help: ["hexadecimal digits stand behind `0x`"] };
  if (/^0b_*$/.test(text)) return { help: ["binary digits stand behind `0b`"] };
  if (/^0o[0-7_]*[0-7]$/.test(text)) {
    const value = BigInt(text.replaceAll("_", ""));
    return { help: ["there are no octal numbers"], fixes: [replace(span, `0x${value.toString(16)}`)] };
  }
  const prefix = /^0([xb])/.exec(text)?.[1];
  if (prefix !== undefined) {
    const bad = (prefix === "x" ? /[^0-9A-Fa-f_]/ : /[^01_]/).exec(text.slice(2))?.[0];
    if (bad !== undefined) {
      const kind = prefix === "x" ? "hexadecimal" : "binary";
      return { help: [`\`${bad}\` is no ${kind} digit`] };
    }
  }
  if (underscores !== text)
    return { help: ["one `_` stands between two digits"], fixes: [replace(span, underscores)] };
  if (unit !== null && !/^[0-9]*[A-Fa-f]+$/.test(text)) {
    const [, number = "", word = ""] = unit;
    return { help: ["a unit is a word of its own"], fixes: [replace(span, `${number} ${word}`)] };
  }
  if (/^[0-9A-Fa-f]+$/.test(text) && /[A-Fa-f]/.test(text)) {
    return { help: ["a hexadecimal number begins with `0x`"], fixes: [replace(span, `0x${text}`, "unsafe")] };
  }
  if (/^0[0-9_]+$/.test(text)) {
    const plain = text.replace(/^[0_]+(?=[0-9])/, "");
    return { help: ["no `0` stands in front of a decimal number"], fixes: [replace(span, plain, "unsafe")] };
  }
  if (/^[0-9]+(?:\.[0-9]+)+$/.test(text)) return { help: ["a part of a version has at most nine digits"] };
  return {
    help: ["a name begins with a letter; a version is made of decimal numbers with dots between them"],
  };
}

export function malformedNumber(span: Span): Diagnostic {
  const text = spanText(span);
  return diagnostic("malformed-number", span, { text: abbreviate(text) }, numberDetails(text, span));
}

/** At most 40 characters, so that a message stays one line. */
export function abbreviate(text: string): string {
  const characters = [...text.slice(0, 80)];
  return characters.length > 40 || text.length > 80 ? `${characters.slice(0, 39).join("")}…` : text;
}

function isClosed(text: string): boolean {
  return /^"(?:[^"\\]|\\[\s\S])*"$/.test(text);
}

/** Faults of one string token: its quotes, its end, its escapes. */
export function stringFaults(span: Span): readonly Diagnostic[] {
  const text = spanText(span);
  if (!text.startsWith('"')) {
    const inner = text.slice(1, -1);
    const fixed = quote(inner);
    return [
      diagnostic(
        "wrong-quotes",
        span,
        { open: text.charAt(0), close: text.charAt(text.length - 1) },
        {
          fixes: [replace(span, fixed)],
        },
      ),
    ];
  }
  if (!text.includes("\\") && text.length > 1 && text.endsWith('"')) return [];
  if (!isClosed(text)) {
    const end = { ...span, start: span.end };
    return [
      diagnostic(
        "unterminated-string",
        span,
        {},
        {
          help: ['a string ends with `"` on the line where it began'],
          fixes: [{ title: 'add the `"`', confidence: "unsafe", edits: [{ span: end, text: '"' }] }],
        },
      ),
    ];
  }
  const found: Diagnostic[] = [];
  for (const escaped of text.matchAll(/\\([\s\S])/gu)) {
    const [whole, character = ""] = escaped;
    if (character === '"' || character === "\\") continue;
    const start = span.start + escaped.index;
    const place = { ...span, start, end: start + whole.length };
    const known = /[ntr0xu]/.test(character)
      ? ["a string is one line of text and has no escapes for other characters"]
      : [];
    found.push(
      diagnostic(
        "bad-escape",
        place,
        { escape: `\\${visible(character)}` },
        {
          help: ["a path is written with `/`; a backslash itself is `\\\\`", ...known],
          fixes: [
            {
              title: "write `\\\\`",
              confidence: "unsafe",
              edits: [{ span: { ...place, end: start + 1 }, text: "\\\\" }],
            },
          ],
        },
      ),
    );
  }
  return found;
}

/** A text as a string literal. */
export function quote(value: string): string {
  return `"${value.replace(/["\\]/g, "\\$&")}"`;
}

export function foreignComment(span: Span): Diagnostic {
  const text = spanText(span);
  const mark = text.startsWith("#") ? "#" : "/*";
  const line = text.replace(/^(#+|\/\*+)[ \t]*/, "").replace(/[ \t]*\*\/$/, "");
  const fixes = line.includes("\n") ? [] : [replace(span, `// ${line}`, mark === "#" ? "safe" : "unsafe")];
  return diagnostic("foreign-comment", span, { mark }, { fixes });
}

/** Hidden characters inside comments and strings; elsewhere they are unexpected characters already. */
export function hiddenCharactersIn(source: SourceFile, spans: readonly Span[]): readonly Diagnostic[] {
  if (!new RegExp(hiddenCharacters).test(source.text)) return [];
  const found: Diagnostic[] = [];
  for (const span of spans) {
    const text = spanText(span).replace(/\r$/, "");
    for (const hidden of text.matchAll(new RegExp(`(?:${hiddenCharacters})+`, "g"))) {
      const start = span.start + hidden.index;
      const place = { ...span, start, end: start + hidden[0].length };
      found.push(
        diagnostic(
          "hidden-character",
          place,
          { character: codePoint(hidden[0]) },
          {
            fixes: [{ title: "remove it", confidence: "unsafe", edits: [{ span: place, text: "" }] }],
          },
        ),
      );
    }
  }
  return found;
}
