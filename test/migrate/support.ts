/** Migrations of short guests between shipped hosts. */
import { compile } from "../../src/checker/compile.ts";
import { amended } from "../../src/migrate/amend.ts";
import type { Amend } from "../../src/migrate/journeys.ts";
import { depart, type NamedHost } from "../../src/migrate/machine.ts";
import { judgeMigration, type Migration } from "../../src/migrate/pair.ts";
import { type Vmm, vmm } from "../../src/migrate/vmm.ts";
import { plan } from "../../src/planner/planner.ts";
import { shipped } from "../hosts/shipped.ts";
import { type Planned, planned } from "../predict/support.ts";
import { projectLoader } from "../support/compile-text.ts";

export const host = (name: string): NamedHost => ({ name, profile: shipped(name) });

export function rules(name: string): Vmm {
  const found = vmm(name);
  if (found === undefined) throw new Error(`no VMM ${name}`);
  return found;
}

/** A guest as `planned` makes it, and what it becomes with further statements. */
export function movable(cpu: string, guest: string): { readonly moving: Planned; readonly amend: Amend } {
  const text = `edition 2026\ncpu c {\n${cpu}\n}\nguest g {\n  cpu c\n${guest}\n}\n`;
  const amend: Amend = (statements) => {
    const more = amended({ path: "sample.guest", text }, "g", statements);
    if (more === undefined) return undefined;
    const { diagnostics, guests } = compile(more, projectLoader);
    const [contract] = guests;
    const failed = contract === undefined || diagnostics.some(({ severity }) => severity === "error");
    return failed ? undefined : { contract, plan: plan(contract) };
  };
  return { moving: planned(cpu, guest), amend };
}

/** A guest of these statements moved between two shipped hosts. */
export function moved(
  guest: Planned | { readonly cpu?: string; readonly guest?: string },
  from: string,
  to: string,
  by = "kvm",
): Migration {
  const moving = "plan" in guest ? guest : planned(guest.cpu ?? "baseline host", guest.guest ?? "psci 1.1");
  return judgeMigration(moving, depart(moving, host(from)), host(from), host(to), rules(by));
}

/** `SUBJECT: weight` of all but remarks. */
export const weighty = ({ facts }: Migration): readonly string[] =>
  facts.filter(({ weight }) => weight !== "remark").map(({ subject, weight }) => `${subject}: ${weight}`);

export const remediesOf = ({ facts }: Migration, subject: string): readonly string[] | undefined =>
  facts.find((one) => one.subject === subject)?.remedies;
