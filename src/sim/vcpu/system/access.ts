/** MRS and MSR of one register at one level, put together from the tables once and then carried out. */
import { type Expr, evaluate, inIdSpace, sysregEncoding } from "../../../tables/index.ts";
import { all } from "../../rules/expected.ts";
import { holds } from "../../rules/guest.ts";
import { contextOf } from "../execute/context.ts";
import { type Level, readPc } from "../state.ts";
import { type Access, type Core, type Hypervisor, type Trap, UNDEFINED } from "../world.ts";
import { type Behaviour, behavioursOf, type Opening, UNKNOWN } from "./behaviour.ts";
import { cpuFits, guestFits, perGeneration } from "./facts.ts";
import { PMUSERENR_EL0 } from "./keys.ts";
import { isIdEncoding, keyOf, readable, systemTrap, writable } from "./names.ts";
import { controlKey, type Redirection, redirectionOf, trapsToEl2 } from "./nested.ts";
import { hostCounters } from "./pmu.ts";
import { heldIn, keepIn, type Register } from "./view.ts";
import { views } from "./views.ts";

/** Reads, or writes a value; a write's answer has no meaning. */
export type Handler = (core: Core, value: bigint) => Access;

const undefinedAccess: Access = { kind: "trap", trap: UNDEFINED };
const alwaysUndefined: Handler = () => undefinedAccess;
const written: Access = { kind: "done", value: 0n };
const done = (value: bigint): Access => ({ kind: "done", value });

/** UNDEFINED; a read in the ID space is a trap of its own where the CPU has FEAT_IDST. */
function undefinedOf(hypervisor: Hypervisor, key: number, write: boolean): Handler {
  const idst = !write && isIdEncoding(sysregEncoding(BigInt(key))) && cpuFits(hypervisor, IDST);
  if (!idst) return alwaysUndefined;
  const answer: Access = { kind: "trap", trap: systemTrap(key, true) };
  return () => answer;
}

const IDST: Expr = { feat: "FEAT_IDST" };

/** The row that speaks of an access. */
function rowFor({ guest }: Hypervisor, name: string, level: Level, write: boolean): Behaviour | undefined {
  return behavioursOf(name).find(
    (row) =>
      (row.level === undefined || row.level === level) &&
      (row.access === undefined || (row.access === "write") === write) &&
      (row.guest === undefined || evaluate(row.guest, guest.view) === true) &&
      (row.hostCounters === undefined || Number(/\d+/.exec(name)?.[0]) < hostCounters(guest)) &&
      all(holds(guest, row)) === true,
  );
}

function registerOf(hypervisor: Hypervisor, key: number, row: Behaviour): Register {
  const also = row.also.filter(
    ({ where, guest }) =>
      (where === undefined || cpuFits(hypervisor, where)) &&
      (guest === undefined || guestFits(hypervisor, guest)),
  );
  const keeps = also.reduce((bits, one) => bits | one.bits, row.keeps);
  const { of: behind, alias, ...own } = row;
  if (alias !== undefined) {
    const other = rowFor(hypervisor, alias, 1, false);
    const reset = (other?.reset ?? UNKNOWN) & (other?.keeps ?? keeps);
    return { key: keyOf(alias), row: own, keeps, reset, of: undefined };
  }
  const of = behind === undefined ? undefined : registerOf(hypervisor, keyOf(behind), own);
  return { key, row, keeps, reset: (row.reset ?? UNKNOWN) & keeps, of };
}

/** A register by its name as its highest level writes it; undefined: no row speaks of it. */
export function registerFor({ hypervisor }: Core, name: string): Register | undefined {
  const row = rowFor(hypervisor, name, 2, true);
  return row === undefined ? undefined : registerOf(hypervisor, keyOf(name), row);
}

/** What reading or writing does once nothing forbids it. */
function action(register: Register, write: boolean): Handler {
  const { row } = register;
  const { constant, ones } = row;
  if (row.undefined === true) return alwaysUndefined;
  if (constant !== undefined) {
    const answer = done(constant);
    return () => answer;
  }
  if (row.view !== undefined) {
    const view = views[row.view];
    if (write) {
      const put = view.write;
      if (put === undefined) return alwaysUndefined;
      return (core, value) => put(core, value, register) ?? written;
    }
    const get = view.read;
    if (get === undefined) return alwaysUndefined;
    return (core) => {
      const value = get(core, register);
      return typeof value === "bigint" ? done(value) : value;
    };
  }
  // User space may have set bits that the register itself has not.
  if (!write) return (core) => done((heldIn(core, register) & register.keeps) | ones);
  return (core, value) => {
    keepIn(core, register, value);
    return written;
  };
}

/** Whether one of the bits that open a register to EL0 is set. */
export function opener(openings: readonly Opening[]): (core: Core) => boolean {
  const bits = openings.map(([name, bit]) => {
    const negated = name.startsWith("not ");
    return {
      key: keyOf(negated ? name.slice("not ".length) : name),
      bit: BigInt(bit),
      wanted: negated ? 0n : 1n,
    };
  });
  return (core) =>
    bits.some(
      ({ key, bit, wanted }) =>
        (((core.state.system.get(controlKey(core, key)) ?? 0n) >> bit) & 1n) === wanted,
    );
}

/** What EL1 has set for EL0, and CPACR_EL1 for both. */
function guarded(within: Handler, row: Behaviour, key: number, level: Level, write: boolean): Handler {
  let handler = within;
  const { uses } = row;
  if (uses !== undefined) {
    const next = handler;
    handler = (core, value) => {
      const trap = contextOf(core).traps[uses];
      return trap === undefined ? next(core, value) : { kind: "trap", trap };
    };
  }
  if (level !== 0) return handler;
  const { pmu, open } = row;
  if (pmu !== undefined) {
    const next = handler;
    const bits = BigInt(pmu);
    handler = (core, value) =>
      ((core.state.system.get(PMUSERENR_EL0) ?? 0n) & bits) === 0n ? undefinedAccess : next(core, value);
  }
  if (open === undefined) return handler;
  const isOpen = opener(open);
  const trapped: Access = { kind: "trap", trap: systemTrap(key, !write) };
  const next = handler;
  return (core, value) => (isOpen(core) ? next(core, value) : trapped);
}

/** What the guest's own EL2 traps of EL1 and EL0. */
export function guardedByEl2(
  hypervisor: Hypervisor,
  inner: Handler,
  name: string,
  key: number,
  write: boolean,
): Handler {
  const isTrapped = trapsToEl2(hypervisor, name, write);
  const trapped: Access = { kind: "trap", trap: systemTrap(key, !write, 2) };
  return (core, value) => (isTrapped(core) ? trapped : inner(core, value));
}

/** Puts an access together: what the CPU has, what EL1 has set, what KVM traps, and then what the register does. */
function compile(
  hypervisor: Hypervisor,
  key: number,
  level: Level,
  write: boolean,
  redirection: Redirection | undefined,
): Handler {
  const encoding = sysregEncoding(BigInt(key));
  const found = (write ? writable() : readable()).get(key);
  const missing = undefinedOf(hypervisor, key, write);
  if (found === undefined) {
    // KVM traps the whole space, and what nobody knows in it reads as zero.
    return !write && level > 0 && inIdSpace(encoding) ? () => written : missing;
  }
  const { name, minLevel, gate } = found;
  if (minLevel > level) return missing;
  const row = rowFor(hypervisor, name, level, write);
  if (row?.ahead === true) return action(registerOf(hypervisor, key, row), write);
  const fate = hypervisor.fate(`${write ? "MSR" : "MRS"}_${row?.like ?? name}`);
  const has = gate === undefined || inIdSpace(encoding) || cpuFits(hypervisor, gate);
  if (fate === "undefined" && !has) return missing;
  const trapped: Access = { kind: "trap", trap: fateTrap(row, key, write) };
  const allowed: Handler =
    fate === "executes"
      ? actionOf(hypervisor, key, name, row, write, redirection)
      : fate === "trapped"
        ? () => trapped
        : alwaysUndefined;
  const nested = hypervisor.guest.level === 2 && level < 2 && fate === "executes";
  const inner = nested ? guardedByEl2(hypervisor, allowed, name, key, write) : allowed;
  return row === undefined ? inner : guarded(inner, row, key, level, write);
}

/** ESR_ELx.EC of SME that is closed. */
const EC_SME = 0x1d;

/** The trap that a fate is. */
const fateTrap = (row: Behaviour | undefined, key: number, write: boolean): Trap =>
  row?.uses === "sme" ? { ec: EC_SME, iss: 0 } : systemTrap(key, !write);

/** What an access does: to the register itself, or to that of EL2 which HCR_EL2.E2H puts in its place. */
function actionOf(
  hypervisor: Hypervisor,
  key: number,
  name: string,
  row: Behaviour | undefined,
  write: boolean,
  redirection: Redirection | undefined,
): Handler {
  if (redirection === undefined)
    return row === undefined ? lacking(name) : action(registerOf(hypervisor, key, row), write);
  const { to, view } = redirection;
  const other = rowFor(hypervisor, to, 2, write);
  if (other === undefined) return lacking(to);
  const shown = view === undefined ? other : { ...other, view };
  return action(registerOf(hypervisor, keyOf(to), shown), write);
}

/** A register that guests have and nothing here speaks of. */
const lacking =
  (name: string): Handler =>
  ({ state }) => ({
    kind: "stop",
    stop: { kind: "lacks", word: 0, address: readPc(state), what: `the system register ${name}` },
  });

const handlers = perGeneration(() => new Map<number, Handler>());

/** Bits of a handler's number below the register's key: redirected, level, write. */
const KEY_AT = 4;
const LEVEL_AT = 1;
const REDIRECTED = 8;

/** How an access at a level is carried out. */
export function handlerOf(core: Core, key: number, level: Level, write: boolean): Handler {
  const known = handlers(core);
  const redirection = level === 2 ? redirectionOf(core, key, level) : undefined;
  const at =
    (key << KEY_AT) | (redirection === undefined ? 0 : REDIRECTED) | (level << LEVEL_AT) | (write ? 1 : 0);
  const found = known.get(at);
  if (found !== undefined) return found;
  const made = compile(core.hypervisor, key, level, write, redirection);
  known.set(at, made);
  return made;
}
