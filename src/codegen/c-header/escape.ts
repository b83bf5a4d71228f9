/** Text made safe for C11 and C++17 source: string literals, comments, identifiers. */

/** UTF-8; a surrogate without its partner becomes U+FFFD. */
function utf8(text: string): number[] {
  return [...text].flatMap((character) => {
    const point = character.codePointAt(0) ?? 0;
    const code = point >= 0xd800 && point <= 0xdfff ? 0xfffd : point;
    const tail = (shift: number): number => 0x80 | ((code >> shift) & 0x3f);
    if (code < 0x80) return [code];
    if (code < 0x800) return [0xc0 | (code >> 6), tail(0)];
    if (code < 0x10000) return [0xe0 | (code >> 12), tail(6), tail(0)];
    return [0xf0 | (code >> 18), tail(12), tail(6), tail(0)];
  });
}

/**
 * The text as a string literal with its quotes. ASCII stays, but for quotes, backslashes, control
 * characters and the second of two question marks (trigraphs); the rest becomes octal escapes of its
 * UTF-8 bytes, always three digits, so that no following digit joins them.
 */
export function cString(text: string): string {
  let literal = "";
  let previous = "";
  for (const byte of utf8(text)) {
    const character = String.fromCharCode(byte);
    if (character === '"' || character === "\\" || (character === "?" && previous === "?"))
      literal += `\\${character}`;
    else if (byte < 0x20 || byte > 0x7e) literal += `\\${byte.toString(8).padStart(3, "0")}`;
    else literal += character;
    previous = character;
  }
  return `"${literal}"`;
}

/**
 * The text for the inside of a block comment, on one line: it can neither end the comment nor open one,
 * form a trigraph, continue a line, nor turn the direction of writing. Letters of all scripts stay.
 */
export function cComment(text: string): string {
  return text
    .replace(/\t/g, " ")
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\u2028\u2029]/gu, (character) => {
      const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
      return `<U+${code.padStart(4, "0")}>`;
    })
    .replace(/\?(?=\?)/g, "? ")
    .replace(/\*(?=\/)/g, "* ")
    .replace(/\/(?=\*)/g, "/ ")
    .replace(/\\\s*$/, "<U+005C>")
    .trimEnd();
}

/**
 * A guest's name as the prefix of all its identifiers; different names give different prefixes, and none
 * has a doubled `_`, which C++ reserves. `web-small` becomes `web_small`, `web_small` becomes
 * `web_smallZ`; any other name gets `g`, its words joined by `_`, and after `Z` the lengths of the words and
 * the codes of the characters between them. `Z` itself counts as such a character.
 */
export function identifierPrefix(guest: string): string {
  if (/^[A-Ya-z][A-Ya-z0-9]*(-[A-Ya-z0-9]+)*$/.test(guest)) return guest.replaceAll("-", "_");
  if (/^[A-Ya-z][A-Ya-z0-9]*(_[A-Ya-z0-9]+)*$/.test(guest)) return `${guest}Z`;
  const words = guest.split(/[^A-Ya-z0-9]/u);
  const between = [...guest].filter((character) => !/[A-Ya-z0-9]/.test(character));
  const places = between.map(
    (character, at) => `${words[at]?.length ?? 0}x${(character.codePointAt(0) ?? 0).toString(16)}`,
  );
  return ["g", ...words.filter((word) => word !== ""), `Z${places.join("z")}`].join("_");
}

/** A name of a table as the rest of an identifier. */
export function identifierPart(name: string): string {
  return name.replace(/[^A-Za-z0-9]+/g, "_").replace(/^_+|_+$/g, "");
}
