/** Reads XML strictly, as far as our documents go: elements, attributes, text. Throws where it is not well-formed. */

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

const named: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function decode(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that XML 1.0 forbids
  if (/[<\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text)) throw new Error(`not XML: ${text}`);
  return text.replace(/&(#\d+|#x[0-9a-f]+|\w+);|&/gi, (all, name?: string) => {
    if (name?.startsWith("#x")) return String.fromCodePoint(Number.parseInt(name.slice(2), 16));
    if (name?.startsWith("#")) return String.fromCodePoint(Number(name.slice(1)));
    const found = named[name ?? ""];
    if (found === undefined) throw new Error(`no entity ${all}`);
    return found;
  });
}

const tag = /<(\/?)([A-Za-z][\w.-]*)((?:\s+[A-Za-z][\w.-]*="[^"]*")*)\s*(\/?)>/y;

export function readXml(text: string): XmlElement {
  const head = '<?xml version="1.0" encoding="UTF-8"?>\n';
  if (!text.startsWith(head)) throw new Error("no XML declaration");
  let at = head.length;
  const next = (): RegExpExecArray => {
    tag.lastIndex = at;
    const found = tag.exec(text);
    if (found === null) throw new Error(`no tag at ${at}: ${text.slice(at, at + 40)}`);
    at = tag.lastIndex;
    return found;
  };
  const content = (): string => {
    const end = text.indexOf("<", at);
    const found = text.slice(at, end === -1 ? text.length : end);
    at += found.length;
    return decode(found);
  };
  const element = ([, close, name = "", list = "", empty]: RegExpExecArray): XmlElement => {
    if (close !== "") throw new Error(`</${name}> closes nothing`);
    const attributes: Record<string, string> = {};
    for (const [, key = "", value = ""] of list.matchAll(/([\w.-]+)="([^"]*)"/g)) {
      if (key in attributes) throw new Error(`${key} twice`);
      attributes[key] = decode(value);
    }
    const children: XmlElement[] = [];
    let words = "";
    while (empty === "") {
      words += content();
      const found = next();
      if (found[1] === "/") {
        if (found[2] !== name) throw new Error(`<${name}> closed by </${found[2]}>`);
        break;
      }
      children.push(element(found));
    }
    return { name, attributes, children, text: words };
  };
  const root = element(next());
  if (content().trim() !== "" || at !== text.length) throw new Error("more than one root");
  return root;
}
