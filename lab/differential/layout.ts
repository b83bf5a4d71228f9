/** Instruction words from a line of bits and fields, as the Arm ARM prints encodings. */

/** A run of bits that is the same in all words of a class, or that a field fills. */
interface Part {
  readonly name: string | undefined;
  readonly width: number;
  /** Of a fixed part. */
  readonly value: number;
  /** Of its lowest bit. */
  readonly shift: number;
}

export interface Layout {
  readonly parts: readonly Part[];
  /** Fields by name, with their widths in bits. */
  readonly fields: ReadonlyMap<string, number>;
}

/** Values of fields by name. */
export type Fields = Readonly<Record<string, number>>;

const WORD_BITS = 32;

function readPart(token: string): Omit<Part, "shift"> {
  if (/^[01]+$/.test(token))
    return { name: undefined, width: token.length, value: Number.parseInt(token, 2) };
  const match = /^([a-z][a-z0-9]*)(?::(\d+))?$/i.exec(token);
  if (match?.[1] === undefined) throw new Error(`\`${token}\` is neither bits nor a field`);
  return { name: match[1], width: Number(match[2] ?? 1), value: 0 };
}

/**
 * @param text bits and fields from bit 31 to bit 0, with spaces between them: `sf op 0 100010 sh imm12:12 rn:5 rd:5`; a
 *   field without a width is one bit wide
 * @throws Error when it is not 32 bits long, or names a field twice
 */
export function layoutOf(text: string): Layout {
  const read = text.trim().split(/\s+/).map(readPart);
  const total = read.reduce((sum, { width }) => sum + width, 0);
  if (total !== WORD_BITS) throw new Error(`\`${text}\` has ${total} bits`);
  let shift = WORD_BITS;
  const parts = read.map((part): Part => {
    shift -= part.width;
    return { ...part, shift };
  });
  const fields = new Map(parts.flatMap(({ name, width }) => (name === undefined ? [] : [[name, width]])));
  const named = parts.filter(({ name }) => name !== undefined).length;
  if (named !== fields.size) throw new Error(`\`${text}\` names a field twice`);
  return { parts, fields };
}

/** @returns the word, unsigned */
export function encode(layout: Layout, fields: Fields): number {
  let word = 0;
  for (const { name, width, value, shift } of layout.parts) {
    const bits = name === undefined ? value : (fields[name] ?? 0);
    word |= (bits & (2 ** width - 1)) << shift;
  }
  return word >>> 0;
}

/** @returns values of the fields, or undefined when the fixed bits are others */
export function decodeFields(layout: Layout, word: number): Fields | undefined {
  const fields: Record<string, number> = {};
  for (const { name, width, value, shift } of layout.parts) {
    const bits = (word >>> shift) & (2 ** width - 1);
    if (name !== undefined) fields[name] = bits;
    else if (bits !== value) return undefined;
  }
  return fields;
}
