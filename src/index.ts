/**
 * The library: everything that the command line does, without a file system. Runs in a browser.
 *
 * ```ts
 * const { guests, diagnostics } = compile({ path: "web.guest", text }, loader);
 * const [web] = guests;
 * if (web !== undefined) console.log(planFor(web).operations);
 * ```
 */
import type { Contract } from "./contract.ts";
import type { Plan } from "./planner/plan.ts";
import { plan } from "./planner/planner.ts";

export { type Compilation, type CompileOptions, compile } from "./checker/compile.ts";
export type { FileLoader } from "./checker/load.ts";
export type { Emission, EmitOptions, EmittedFile, Target } from "./codegen/target.ts";
export { findTarget, targets } from "./codegen/targets.ts";
export type * from "./contract.ts";
export {
  type Diagnostic,
  type Fix,
  type Related,
  type Severity,
  sortDiagnostics,
} from "./diagnostics/diagnostic.ts";
export { type DiagnosticRow, type DiagnosticSlug, findDiagnostic, registry } from "./diagnostics/registry.ts";
export { formatLocation, type Position, positionAt, type SourceFile, type Span } from "./diagnostics/span.ts";
export { diffContracts } from "./diff/contracts/diff.ts";
export { type Diff, type Difference, mirrored } from "./diff/difference.ts";
export { diffDocument } from "./diff/document.ts";
export { diffHosts } from "./diff/hosts/diff.ts";
export { diffPlans } from "./diff/plans/diff.ts";
export { type PlanDocument, readPlan } from "./diff/plans/read.ts";
export { diffText } from "./diff/text.ts";
export { type Baseline, baselineOf } from "./fleet/baseline.ts";
export { baselineDocument, readFleet } from "./fleet/baseline-document.ts";
export { classOf, type Fleet, type FleetClass, mergeFleets } from "./fleet/classes.ts";
export { type GuestText, guestText } from "./fleet/guest-text.ts";
export { offerOf } from "./fleet/host-offer.ts";
export { meet } from "./fleet/meet.ts";
export type { Offer } from "./fleet/offer.ts";
export { type FleetRecord, joinRecords, type Part } from "./fleet/part.ts";
export { baselineTable } from "./fleet/table.ts";
export { format } from "./format.ts";
export {
  formTitles,
  type Given,
  type HostInput,
  type InputForm,
  type InputNote,
  type InputProblem,
  readHostInput,
} from "./hosts/inputs/read.ts";
export { type ReadTemplate, readTemplate, type Template } from "./hosts/inputs/template.ts";
export { applyTemplate, type Effect } from "./hosts/inputs/template-effect.ts";
export type { HostProfile } from "./hosts/profile.ts";
export { readHostProfile } from "./hosts/read.ts";
export { formatHostProfile } from "./hosts/write.ts";
export { vocabulary } from "./language/vocabulary.ts";
export { migrationsDocument } from "./migrate/document.ts";
export type { Fact, Verdict } from "./migrate/fact.ts";
export { type Journeys, judgeJourneys } from "./migrate/journeys.ts";
export type { Moving, NamedHost } from "./migrate/machine.ts";
export type { Migration } from "./migrate/pair.ts";
export { migrationsText } from "./migrate/table.ts";
export { type Vmm, vmm, vmms } from "./migrate/vmm.ts";
export type { GuestFile } from "./parser/ast.ts";
export { parse } from "./parser/parse.ts";
export type { Operation, Phase, Plan } from "./planner/plan.ts";
export type { CallOutcome, Expected, Prediction, RegisterOutcome, View } from "./predict/index.ts";
export { predict } from "./predict/index.ts";
export { parseRecording, type Recording, type RecordingError } from "./recordings/index.ts";
export { type ReportModel, reportModel } from "./report/model.ts";
export { reportPage } from "./report/page.ts";
export type { GuestSubject, ReportSubject } from "./report/subject.ts";
export type { Streams } from "./sim/machine/devices.ts";
export { establish, type Machine } from "./sim/machine/establish.ts";
export { loadProgram, RAM_BASE, readImage } from "./sim/machine/image.ts";
export { type Course, type Ending, type RunOptions, runMachine } from "./sim/machine/run.ts";
export { restoreVm, type Snapshot, saveVm } from "./sim/snapshot.ts";
export { resultsDocument } from "./sim/tests/document.ts";
export { junitText } from "./sim/tests/junit.ts";
export { type Counts, countOutcomes, type Outcome, type TestRun } from "./sim/tests/outcome.ts";
export { runTests } from "./sim/tests/run.ts";
export { resultsText } from "./sim/tests/text.ts";
export { viewDocument } from "./sim/view/document.ts";
export { viewText } from "./sim/view/table.ts";
export { type GuestView, guestView } from "./sim/view/view.ts";

/** The KVM operations that establish a contract. */
export function planFor(contract: Contract): Plan {
  return plan(contract);
}
