/**
 * Encodings as rows. A row is a picture of the 32 bits as the architecture's manual draws them, from bit 31 down:
 * words of `0` and `1` are fixed, `x` is any bit, `name:width` is a field.
 *
 *     row("sf:1 0 0 01011 shift:2 0 m:5 amount:6 n:5 d:5", { name: "add" }, ({ sf, shift, … }) => …)
 */

/** The names of a picture's fields. */
type FieldNames<Picture extends string> = Picture extends `${infer First} ${infer Rest}`
  ? FieldNames<First> | FieldNames<Rest>
  : Picture extends `${infer Name}:${number}`
    ? Name
    : never;

export type Fields<Picture extends string> = Readonly<Record<FieldNames<Picture>, number>>;

/** What an instruction needs to be let through before it does anything. */
export interface Gate {
  /**
   * Row of `instructions.json` whose fate it shares; where that does not execute, neither does this.
   * Absent: every Armv8.0 CPU has it.
   */
  readonly fate?: string;
  /** The register file that CPACR_EL1 and its like can trap. */
  readonly uses?: "fp" | "sve" | "sme";
}

export interface Naming extends Gate {
  /** The mnemonic, or the one that stands for several (`ldadd`). */
  readonly name: string;
}

export interface Row<Instruction> extends Naming {
  readonly mask: number;
  readonly value: number;
  /** Fixed bits; of two rows that fit, the one with more wins. */
  readonly fixed: number;
  /** undefined: this encoding is not allocated. */
  readonly make: (word: number) => Instruction | undefined;
}

interface Field {
  readonly name: string;
  readonly shift: number;
  readonly mask: number;
}

/**
 * A row of the decoder's tables.
 *
 * @param make gives the instruction from its fields (each an unsigned number); undefined where the fields' values are
 *   not allocated
 * @throws Error if the picture has not 32 bits
 */
export function row<Picture extends string, Instruction>(
  picture: Picture,
  naming: Naming,
  make: (fields: Fields<Picture>, word: number) => Instruction | undefined,
): Row<Instruction> {
  const fields: Field[] = [];
  let at = 32;
  let mask = 0;
  let value = 0;
  let fixed = 0;
  for (const token of picture.split(" ")) {
    const colon = token.indexOf(":");
    if (colon > 0) {
      const width = Number(token.slice(colon + 1));
      at -= width;
      fields.push({ name: token.slice(0, colon), shift: at, mask: 2 ** width - 1 });
      continue;
    }
    for (const bit of token) {
      at--;
      if (bit === "x") continue;
      if (bit !== "0" && bit !== "1") throw new Error(`"${bit}" in the picture "${picture}"`);
      fixed++;
      mask |= 1 << at;
      if (bit === "1") value |= 1 << at;
    }
  }
  if (at !== 0) throw new Error(`the picture "${picture}" has ${32 - at} bits`);
  return {
    ...naming,
    mask,
    value,
    fixed,
    make: (word) => {
      const found: Record<string, number> = {};
      for (const field of fields) found[field.name] = (word >>> field.shift) & field.mask;
      return make(found as Fields<Picture>, word);
    },
  };
}

/** Something that the architecture has and the engine has not. */
export interface Lacks {
  readonly group: "none";
  readonly kind: "lacks";
  readonly what: string;
}

export const lacks = (what: string): Lacks => ({ group: "none", kind: "lacks", what });

/** A row for what the engine lacks. */
export const lackingRow = (picture: string, naming: Naming): Row<Lacks> =>
  row(picture, naming, () => lacks(naming.name));
