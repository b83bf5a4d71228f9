/** What becomes of a guest when the statements that would help are written into its program. */
import { amended } from "../migrate/amend.ts";
import type { Amend } from "../migrate/journeys.ts";
import { plan } from "../planner/planner.ts";
import type { CommandLine } from "./options.ts";
import { type Compiled, compileForHosts } from "./subjects.ts";

/** The guest with further statements, where the program then still has no error. */
export function amending({ source }: Compiled, line: CommandLine, name: string): Amend {
  return (statements) => {
    const more = amended(source, name, statements);
    if (more === undefined) return undefined;
    const { diagnostics, guests } = compileForHosts(more, line);
    const guest = guests.find((one) => one.guest === name);
    const failed = guest === undefined || diagnostics.some(({ severity }) => severity === "error");
    return failed ? undefined : { contract: guest, plan: plan(guest) };
  };
}
