/** What a guest's own EL2 makes trap to it, and which of its registers EL2 reaches by the names of EL1. */
import { type Expr, evaluate } from "../../../tables/index.ts";
import { once } from "../../../tables/load.ts";
import type { Level, VcpuState } from "../state.ts";
import type { Core, Hypervisor } from "../world.ts";
import trapsText from "./data/nested-traps.json?raw";
import redirectionsText from "./data/redirections.json?raw";
import { HCR_EL2 } from "./keys.ts";
import { keyOf } from "./names.ts";
import type { ViewName } from "./views.ts";

const E2H = 1n << 34n;
const TGE = 1n << 27n;
const IN_HOST = E2H | TGE;

const hcr = (state: VcpuState): bigint => state.system.get(HCR_EL2) ?? 0n;

/** EL2 with HCR_EL2.E2H: it has the register names of EL1. */
export const isHost = (state: VcpuState): boolean => (hcr(state) & E2H) !== 0n;

/** EL0 of a hypervisor that is a host itself: EL1's controls are EL2's. */
export const isHostApplication = ({ state }: Core): boolean =>
  state.pstate.el === 0 && (hcr(state) & IN_HOST) === IN_HOST;

interface ControlRow {
  readonly control: string;
  readonly bit: number;
  readonly what: readonly string[];
  readonly access?: "read" | "write";
  /** It traps where the bit is clear. */
  readonly traps?: "clear";
  /** The bit stands so with HCR_EL2.E2H, or without. */
  readonly form?: "host" | "plain";
  readonly why: string;
}

/** Fine-grained traps: names with the number of their bit; `not`: it traps where the bit is clear. */
interface FineRow {
  readonly read?: string;
  readonly write?: string;
  readonly bits: readonly (readonly [string, number])[];
}

interface TrapFile {
  readonly controls: readonly ControlRow[];
  readonly fine: readonly FineRow[];
}

const traps = once((): TrapFile => JSON.parse(trapsText));

const FINE_GRAINED: Expr = { feat: "FEAT_FGT" };
const NOT = "not ";

const matches = (pattern: string, name: string): boolean =>
  pattern === name || (pattern.includes("*") && new RegExp(`^${pattern.replaceAll("*", ".*")}$`).test(name));

interface Check {
  readonly key: number;
  readonly bit: bigint;
  readonly trapsWhen: bigint;
  readonly form: "host" | "plain" | undefined;
}

function checksOf({ guest }: Hypervisor, name: string, write: boolean): readonly Check[] {
  const access = write ? "write" : "read";
  const controls = traps()
    .controls.filter((row) => row.access === undefined || row.access === access)
    .filter(({ what }) => what.some((pattern) => matches(pattern, name)))
    .map(
      ({ control, bit, traps: when, form }): Check => ({
        key: keyOf(control),
        bit: BigInt(bit),
        trapsWhen: when === "clear" ? 0n : 1n,
        form,
      }),
    );
  if (evaluate(FINE_GRAINED, guest.view) !== true) return controls;
  const fine = traps().fine.flatMap((row): readonly Check[] => {
    const control = row[access];
    if (control === undefined) return [];
    return row.bits
      .filter(([pattern]) => matches(pattern.startsWith(NOT) ? pattern.slice(NOT.length) : pattern, name))
      .map(([pattern, bit]) => ({
        key: keyOf(control),
        bit: BigInt(bit),
        trapsWhen: pattern.startsWith(NOT) ? 0n : 1n,
        form: undefined,
      }));
  });
  return [...controls, ...fine];
}

/**
 * Whether the guest's EL2 traps an access from EL1 or EL0.
 *
 * @param name of a register, or of a SYS instruction
 */
export function trapsToEl2(hypervisor: Hypervisor, name: string, write: boolean): (core: Core) => boolean {
  const checks = checksOf(hypervisor, name, write);
  return (core) => {
    const { state } = core;
    if (checks.length === 0 || state.pstate.el === 2 || isHostApplication(core)) return false;
    const form = isHost(state) ? "host" : "plain";
    return checks.some(
      (check) =>
        (check.form === undefined || check.form === form) &&
        (((state.system.get(check.key) ?? 0n) >> check.bit) & 1n) === check.trapsWhen,
    );
  };
}

export interface Redirection {
  readonly to: string;
  /** How the register is read and written so. */
  readonly view?: ViewName;
}

const redirections = once((): ReadonlyMap<number, Redirection> => {
  const file: { readonly withE2h: readonly (Redirection & { readonly from: string })[] } =
    JSON.parse(redirectionsText);
  return new Map(file.withE2h.map(({ from, ...rest }) => [keyOf(from), rest]));
});

/** Which register of EL2 an access by a name of EL1 reaches at a level, as HCR_EL2 stands. */
export function redirectionOf(core: Core, key: number, level: Level): Redirection | undefined {
  return level === 2 && isHost(core.state) ? redirections().get(key) : undefined;
}

/** EL1's controls of EL0 as a host's own EL0 has them. */
export function controlKey(core: Core, key: number): number {
  if (!isHostApplication(core)) return key;
  const redirection = redirections().get(key);
  return redirection === undefined ? key : keyOf(redirection.to);
}
