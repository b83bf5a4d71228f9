/** Migrations of short guests between shipped hosts. */
import { depart, type NamedHost } from "../../src/migrate/machine.ts";
import { judgeMigration, type Migration } from "../../src/migrate/pair.ts";
import { type Vmm, vmm } from "../../src/migrate/vmm.ts";
import { shipped } from "../hosts/shipped.ts";
import { type Planned, planned } from "../predict/support.ts";

export const host = (name: string): NamedHost => ({ name, profile: shipped(name) });

export function rules(name: string): Vmm {
  const found = vmm(name);
  if (found === undefined) throw new Error(`no VMM ${name}`);
  return found;
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
