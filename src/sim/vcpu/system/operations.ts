/** SYS and SYSL: who may execute them, and what AT leaves behind. */
import { type SysInstruction, sysInstructions } from "../../../tables/index.ts";
import { once } from "../../../tables/load.ts";
import type { Level } from "../state.ts";
import { type Access, type Core, encodingKey, type Hypervisor, UNDEFINED } from "../world.ts";
import { guardedByEl2, type Handler, opener } from "./access.ts";
import type { Opening } from "./behaviour.ts";
import operationsText from "./data/operations.json?raw";
import { cpuFits, perGeneration } from "./facts.ts";
import { systemTrap } from "./names.ts";
import { type AddressTranslation, translateInto } from "./translation.ts";

interface Row {
  readonly what: readonly string[];
  /** The bit that lets EL0 execute it. */
  readonly open?: Opening;
  readonly translates?: AddressTranslation;
  readonly why: string;
}

interface Operations {
  readonly byKey: ReadonlyMap<number, SysInstruction>;
  readonly rows: readonly { readonly row: Row; readonly matches: (name: string) => boolean }[];
}

const operations = once((): Operations => {
  const file: { readonly rows: readonly Row[] } = JSON.parse(operationsText);
  const rows = file.rows.map((row) => {
    const patterns = row.what.map((what) => new RegExp(`^${what.replace("*", ".*")}$`));
    return { row, matches: (name: string) => patterns.some((pattern) => pattern.test(name)) };
  });
  return { byKey: new Map(sysInstructions().map((row) => [encodingKey(row), row])), rows };
});

/** Lowest level of a SYS instruction, by op1. */
const levelOfOp1: Readonly<Record<number, Level | 3>> = { 3: 0, 4: 2, 5: 2, 6: 3, 7: 3 };

/** SYSL: they bring a value instead of taking one. */
const bringsValue = /^GCS(POPM|SS2)$/;

const undefinedAccess: Access = { kind: "trap", trap: UNDEFINED };
const alwaysUndefined: Handler = () => undefinedAccess;
const done: Access = { kind: "done", value: 0n };
const nothing: Handler = () => done;

function compile(hypervisor: Hypervisor, key: number, level: Level, reads: boolean): Handler {
  const { byKey, rows } = operations();
  const found = byKey.get(key);
  if (found === undefined || bringsValue.test(found.name) !== reads) return alwaysUndefined;
  if ((levelOfOp1[found.op1] ?? 1) > level) return alwaysUndefined;
  const row = rows.find(({ matches }) => matches(found.name))?.row;
  const has = found.gate === undefined || cpuFits(hypervisor, found.gate);
  const fate = hypervisor.fate(found.name.replaceAll(" ", "_"));
  const trapped: Access = { kind: "trap", trap: systemTrap(key, reads) };
  const translates = row?.translates;
  const allowed: Handler =
    fate === "undefined"
      ? alwaysUndefined
      : fate === "trapped"
        ? () => trapped
        : translates === undefined
          ? nothing
          : (core, value) => translateInto(core, value, translates);
  const nested = hypervisor.guest.level === 2 && level < 2 && fate === "executes";
  const inner = nested ? guardedByEl2(hypervisor, allowed, found.name, key, !reads) : allowed;
  if (level !== 0 || row?.open === undefined || !has) return inner;
  const isOpen = opener([row.open]);
  return (core, value) => (isOpen(core) ? inner(core, value) : trapped);
}

const handlers = perGeneration(() => new Map<number, Handler>());

/** How a SYS or SYSL at a level is carried out. */
export function operationOf(core: Core, key: number, level: Level, reads: boolean): Handler {
  const known = handlers(core);
  const at = (key << 3) | (level << 1) | (reads ? 1 : 0);
  const found = known.get(at);
  if (found !== undefined) return found;
  const handler = compile(core.hypervisor, key, level, reads);
  known.set(at, handler);
  return handler;
}
