/** What a report is about. */
import type { Contract } from "../contract.ts";
import type { Amend } from "../migrate/journeys.ts";
import type { NamedHost } from "../migrate/machine.ts";
import type { Vmm } from "../migrate/vmm.ts";
import type { Plan } from "../planner/plan.ts";

export interface GuestSubject {
  readonly contract: Contract;
  readonly plan: Plan;
  /** Those that it is looked at on, each once. */
  readonly hosts: readonly NamedHost[];
  /** Absent: whether what would help makes a migration safe is not tried. */
  readonly amend?: Amend;
}

export interface ReportSubject {
  /** As the user gave it. */
  readonly path: string;
  readonly guests: readonly GuestSubject[];
  /** Whose rules hold for migrations, beside KVM's. */
  readonly vmm: Vmm;
}
