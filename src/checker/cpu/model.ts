/** Every `cpu` declaration, with its parents, resolved once. */
import type { RegisterContract } from "../../contract.ts";
import type { Span } from "../../diagnostics/span.ts";
import { hasStatement, matchStatements } from "../forms.ts";
import { type Declaration, lookUp, type Scope } from "../names.ts";
import type { Report } from "../report.ts";
import { checkCommon, commonCpus, type FleetSource, withCommon } from "./common.ts";
import { decidable, decidableInherited, lintCpu } from "./lints.ts";
import { type ResolvedCpu, registerContracts, resolveCpu } from "./resolve.ts";
import { checkConstraints, checkFieldRules } from "./rules.ts";
import { type CpuStatements, inherit, noStatements, readCpuStatements } from "./statements.ts";

export interface CpuModel {
  readonly name: string;
  readonly nameSpan: Span;
  /** Its own statements over its parents'. */
  readonly statements: CpuStatements;
  /** Undefined when the baseline is missing or wrong; that has been reported. */
  readonly resolved: ResolvedCpu | undefined;
  readonly registers: readonly RegisterContract[];
}

export interface CpuModels {
  readonly get: (declaration: Declaration) => CpuModel;
}

export function cpuModels(scope: Scope, source: FleetSource, report: Report): CpuModels {
  const common = commonCpus(scope, source, report);
  const done = new Map<string, CpuModel>();
  const open: string[] = [];

  const parentOf = (declaration: Declaration): CpuModel | undefined => {
    const atom = declaration.matched.slots.get("parent")?.[0];
    if (atom === undefined) return undefined;
    const parent = lookUp(atom, ["cpu"], scope, report, declaration.name);
    if (parent === undefined) return undefined;
    if (open.includes(parent.name)) {
      report.add("extends-cycle", atom.span, {
        chain: [...open.slice(open.indexOf(parent.name)), parent.name].join(" → "),
      });
      return undefined;
    }
    return get(parent);
  };

  const get = (declaration: Declaration): CpuModel => {
    const known = done.get(declaration.name);
    if (known !== undefined) return known;
    open.push(declaration.name);
    const parent = parentOf(declaration);
    open.pop();
    const block = matchStatements(declaration.matched.statement.block?.statements ?? [], "cpu", report);
    const own = decidable(readCpuStatements(block, report), parent?.statements.singles ?? {}, report);
    const merged = inherit(parent?.statements ?? noStatements, own, report);
    const decided = decidableInherited(merged, own, report);
    const ofFleet = common.of(decided);
    const statements = withCommon(decided, ofFleet);
    const hasParent = declaration.matched.slots.has("parent");
    const stated = hasStatement(declaration.matched.statement.block, "baseline");
    if (statements.singles.baseline === undefined && !stated && !hasParent)
      report.add(
        "baseline-missing",
        declaration.nameSpan,
        { cpu: declaration.name },
        {
          help: [
            "write `baseline armv8.2-a` (an architecture version), `baseline neoverse-n1` (a core), `baseline common of FLEET` or `baseline host`",
          ],
        },
      );
    const found = resolveCpu(statements, declaration.nameSpan);
    const hasValues =
      found !== undefined &&
      (ofFleet === undefined || checkCommon(ofFleet, found, statements, scope, report));
    const resolved = hasValues ? found : undefined;
    if (resolved !== undefined) {
      lintCpu(resolved, statements, own, report);
      checkConstraints(resolved, statements, report);
      checkFieldRules(resolved, report);
    }
    const model: CpuModel = {
      name: declaration.name,
      nameSpan: declaration.nameSpan,
      statements,
      resolved,
      registers: resolved === undefined ? [] : registerContracts(resolved.cells),
    };
    done.set(declaration.name, model);
    return model;
  };

  return { get };
}
