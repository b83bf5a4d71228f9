/** Whose a listed register is; `../data/families.json`. */
import { inBlock, inputsTable } from "../../hosts/inputs/table.ts";
import {
  describeOneReg,
  idRegisterById,
  printExpr,
  sysregEncoding,
  systemRegisterAt,
} from "../../tables/index.ts";
import { once } from "../../tables/load.ts";
import text from "../data/families.json?raw";

export interface Family {
  /** Stands for it in `kernels.json`. */
  readonly key: string;
  readonly one: string;
  readonly many: string;
  /** It is told how many of them there are. */
  readonly counted?: boolean;
}

interface Row extends Family {
  readonly feature?: string;
  readonly class?: string;
  readonly identifies?: boolean;
}

/** The rows of `families.json`. */
export const families = once((): readonly Row[] => {
  const file: { readonly families: readonly Row[] } = JSON.parse(text);
  return file.families;
});

function holds(row: Row, id: bigint): boolean {
  if (row.feature !== undefined) {
    return inputsTable().facilities.some(
      ({ feature, brings = [] }) => feature === row.feature && brings.some((block) => inBlock(block, id)),
    );
  }
  if (row.identifies === true) return idRegisterById(id) !== undefined;
  return describeOneReg(id)?.class === row.class;
}

function familyOf(id: bigint): Family {
  const row = families().find((one) => holds(one, id));
  if (row !== undefined) return row;
  const what = describeOneReg(id);
  const gate = what?.class === "sysreg" ? systemRegisterAt(sysregEncoding(id))?.gate : undefined;
  const key = gate === undefined ? "" : ` of ${printExpr(gate)}`;
  const kind = what === undefined ? "other " : gate === undefined ? "system " : "";
  return { key: key.trim() || kind.trim(), one: `${kind}register${key}`, many: `${kind}registers${key}` };
}

/** Tells families of ids, and remembers them as long as it is kept: for one comparison, whose hosts list much alike. */
export function familyReader(): (id: bigint) => Family {
  const known = new Map<bigint, Family>();
  return (id) => {
    const family = known.get(id) ?? familyOf(id);
    known.set(id, family);
    return family;
  };
}
