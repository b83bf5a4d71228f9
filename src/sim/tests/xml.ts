/** XML 1.0 as text: elements, attributes, text. */

export interface Element {
  readonly name: string;
  /** Without a value: left out. */
  readonly attributes: Readonly<Record<string, string | number | undefined>>;
  readonly children?: readonly Element[];
  /** Stands where there are no children. */
  readonly text?: string;
}

/** What XML 1.0 has no way to write, half surrogate pairs among them. */
const unspeakable = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  // An attribute's white space becomes blanks, and a text's CR a line end, unless written so.
  "\t": "&#9;",
  "\n": "&#10;",
  "\r": "&#13;",
};

const escapeText = (text: string): string =>
  text.replace(unspeakable, "\ufffd").replace(/[&<>\r]/g, (one) => entities[one] ?? one);
const escapeAttribute = (text: string): string =>
  text.replace(unspeakable, "\ufffd").replace(/[&<>"\t\n\r]/g, (one) => entities[one] ?? one);

function lines({ name, attributes, children = [], text = "" }: Element, indent: string): readonly string[] {
  const written = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${escapeAttribute(String(value))}"`],
  );
  const head = `${indent}<${name}${written.join("")}`;
  if (children.length > 0)
    return [`${head}>`, ...children.flatMap((child) => lines(child, `${indent}  `)), `${indent}</${name}>`];
  return [text === "" ? `${head}/>` : `${head}>${escapeText(text)}</${name}>`];
}

/** A document of UTF-8 text; ends with a line end. */
export const xmlText = (root: Element): string =>
  `${['<?xml version="1.0" encoding="UTF-8"?>', ...lines(root, "")].join("\n")}\n`;
