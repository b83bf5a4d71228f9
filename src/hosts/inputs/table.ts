/** `data/inputs.json`: what foreign files leave out, and how what they hold is understood. */
import {
  describeOneReg,
  type Encoding,
  idRegister,
  type OneRegClass,
  sysregEncoding,
  sysregId,
  systemRegister,
} from "../../tables/index.ts";
import { once } from "../../tables/load.ts";
import text from "../data/inputs.json?raw";

type Range = number | readonly [number, number];

/** Registers of a class of ids, by name, or by encoding. */
interface Block {
  readonly class?: OneRegClass;
  readonly is?: string;
  readonly op0?: number;
  readonly op1?: Range;
  readonly crn?: number;
  readonly crm?: Range;
  readonly except?: readonly string[];
}

interface FacilityRow {
  /** vCPU feature by table name, or capability. */
  readonly feature?: string;
  readonly capability?: string;
  readonly shownBy: string;
  /** Before this release `shownBy` is listed to every vCPU and shows nothing; undefined: in every release it does. */
  readonly shownSince?: string;
  /** undefined: nobody can tell what a vCPU without it would list. */
  readonly brings?: readonly Block[];
  readonly source: string;
}

interface InputsTable {
  readonly facilities: readonly FacilityRow[];
  readonly state: readonly Block[];
  readonly fingerprintSkips: readonly {
    readonly id: string;
    readonly with?: string;
    readonly source: string;
  }[];
  readonly fingerprintWrites: readonly {
    readonly register: string;
    readonly since: string;
    readonly source: string;
  }[];
  readonly templateCapabilities: readonly {
    readonly capability: string;
    /** Who enables it, as a sentence's subject. */
    readonly by: string;
    readonly source: string;
  }[];
  readonly templateRefusals: readonly {
    readonly feature: string;
    /** Behind "Firecracker refuses:". */
    readonly why: string;
    readonly source: string;
  }[];
  readonly idregs: readonly { readonly register?: string; readonly since: string; readonly source: string }[];
}

/** The rows of `data/inputs.json`. */
export const inputsTable = once((): InputsTable => JSON.parse(text));

/** ONE_REG id of a system register by its name. @throws Error for a name that no table has */
export function systemId(name: string): bigint {
  const found = idRegister(name) ?? systemRegister(name);
  if (found === undefined) throw new Error(`no system register is called ${name}`);
  return sysregId(found.op0, found.op1, found.crn, found.crm, found.op2);
}

const within = (range: Range | undefined, value: number): boolean =>
  range === undefined ||
  (typeof range === "number" ? value === range : value >= range[0] && value <= range[1]);

function encodedWithin(block: Block, { op0, op1, crn, crm }: Encoding): boolean {
  return within(block.op0, op0) && within(block.op1, op1) && within(block.crn, crn) && within(block.crm, crm);
}

/** Whether a ONE_REG id lies in a block. */
export function inBlock(block: Block, id: bigint): boolean {
  if (block.is !== undefined) return systemId(block.is) === id;
  const kind = describeOneReg(id)?.class;
  if (block.class !== undefined) return kind === block.class;
  if (kind !== "sysreg" || !encodedWithin(block, sysregEncoding(id))) return false;
  return block.except?.some((name) => systemId(name) === id) !== true;
}
