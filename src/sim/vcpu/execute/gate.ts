/** What has to be asked before an instruction does anything: whether the guest has it, and whether it is trapped. */
import type { Gate } from "../decode/row.ts";
import { UNDEFINED } from "../world.ts";
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

/** Wraps an op in its gates: first whether it exists, then whether its registers are let through. */
export function gated(machine: Machine, { fate, uses }: Gate, op: Op): Op {
  if (fate === undefined && uses === undefined) return op;
  const cell = fate === undefined ? undefined : fateCell(machine, fate);
  return (running) => {
    if (cell !== undefined && !has(running, cell)) return raise(running, UNDEFINED);
    const trap = uses === undefined ? undefined : running.context.traps[uses];
    return trap === undefined ? op(running) : raise(running, trap);
  };
}

/** For an op that is a hint where the guest lacks what it belongs to. */
export const NOTHING: Op = (): Answer => NEXT;
