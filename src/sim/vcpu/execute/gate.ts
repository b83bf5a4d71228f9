/** What has to be asked before an instruction does anything: whether the guest has it, and whether it is trapped. */
import type { Gate } from "../decode/row.ts";
import { type Trap, UNDEFINED } from "../world.ts";
import { type Answer, type FateCell, type Machine, NEXT, type Op, raise } from "./machine.ts";

/** The answers of one name, shared by all instructions with the same fate. */
export function fateCell(machine: Machine, name: string): FateCell {
  const known = machine.fates.get(name);
  if (known !== undefined) return known;
  const cell: FateCell = { name, at: [] };
  machine.fates.set(name, cell);
  return cell;
}

/** Forgets the answers when they may have changed. */
export function refreshFates(machine: Machine): void {
  const { generation } = machine.core.hypervisor;
  if (machine.fateGeneration === generation) return;
  machine.fateGeneration = generation;
  for (const cell of machine.fates.values()) cell.at.length = 0;
}

/** Whether the guest has an instruction at the level at which it is. */
export function has(machine: Machine, cell: FateCell): boolean {
  const { el } = machine.state.pstate;
  const known = cell.at[el];
  if (known !== undefined) return known === "executes";
  const fate = machine.core.hypervisor.fate(cell.name);
  cell.at[el] = fate;
  return fate === "executes";
}

/** What the enable bits make of an instruction with such registers; QEMU looks at those of FP before those of SME. */
function enableTrap({ context: { traps } }: Machine, uses: Gate["uses"]): Trap | undefined {
  if (uses === undefined) return undefined;
  return uses === "sme" ? (traps.fp ?? traps.sme) : traps[uses];
}

/**
 * Wraps an op in its gates: whether the CPU has it, whether its registers are let through, and whether KVM leaves it to
 * the guest.
 */
export function gated(machine: Machine, { fate, uses }: Gate, op: Op): Op {
  if (fate === undefined && uses === undefined) return op;
  const cell = fate === undefined ? undefined : fateCell(machine, fate);
  return (running) => {
    const trap = enableTrap(running, uses);
    if (cell !== undefined && !has(running, cell)) {
      const absent = trap === undefined || running.core.hypervisor.lacks?.(cell.name) === true;
      return raise(running, absent ? UNDEFINED : trap);
    }
    return trap === undefined ? op(running) : raise(running, trap);
  };
}

/** For an op that is a hint where the guest lacks what it belongs to. */
export const NOTHING: Op = (): Answer => NEXT;
