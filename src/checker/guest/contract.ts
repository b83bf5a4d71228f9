/** One `guest` block, with its CPU model, as a contract. */
import type {
  Contract,
  Decided,
  Origin,
  PmuContract,
  RegisterContract,
  TestContract,
} from "../../contract.ts";
import { documentation } from "../../parser/ast.ts";
import {
  capabilities as allCapabilities,
  feature as findFeature,
  field as findField,
  vcpuFeatures,
} from "../../tables/index.ts";
import type { CpuModel, CpuModels } from "../cpu/model.ts";
import { identityRegisters } from "../cpu/resolve.ts";
import { stateOf } from "../cpu/state.ts";
import type { CpuStatements, Stated } from "../cpu/statements.ts";
import { hasStatement, matchStatements, slotAtom } from "../forms.ts";
import { type Declaration, lookUp, type Scope } from "../names.ts";
import type { Report } from "../report.ts";
import { type GuestBlock, groupByName, readGuestPart } from "./statements.ts";

const byStatement = <T>(stated: Stated<T>): Decided<T> => ({
  value: stated.value,
  origin: { kind: "statement", span: stated.span },
});

/** A statement that asks for something: neither absent, nor off, nor left to the host. */
function asksFor(stated: Stated<unknown> | undefined, word: string | undefined): boolean {
  if (stated === undefined || stated.value === "off") return false;
  return word === undefined || stated.value === word;
}

/** The statements that stand at most once, by name; a field of MIDR_EL1 counts as `midr`. */
function statedSingles(statements: CpuStatements): ReadonlyMap<string, Stated<unknown>> {
  const stated = new Map<string, Stated<unknown>>(Object.entries(statements.singles));
  for (const { statement, register } of identityRegisters)
    for (const { value, span, override } of statements.fields.values())
      if (value.field.register === register && value.value !== "host")
        stated.set(statement, { value: value.value, span, override });
  return stated;
}

/** The vCPU features that the tables tie to statements. PSCI 0.1 demands that PSCI_0_2 is absent, later versions that it is there. */
function vcpuFeaturesOf(statements: CpuStatements, psci: Decided<string>): readonly Decided<string>[] {
  const singles = statedSingles(statements);
  return vcpuFeatures().flatMap((feature): readonly Decided<string>[] => {
    if (feature.name === "PSCI_0_2")
      return psci.value === "0.1" ? [] : [{ value: feature.name, origin: psci.origin }];
    const stated = singles.get(feature.statement?.name ?? "");
    if (stated === undefined || !asksFor(stated, feature.statement?.word)) return [];
    return [{ value: feature.name, origin: { kind: "statement", span: stated.span } }];
  });
}

/** The identity that a fleet's common CPU decides, by the statement that would. */
function commonIdentity(model: CpuModel): ReadonlyMap<string, Stated<unknown>> {
  const { baseline } = model.statements.singles;
  if (baseline?.value.kind !== "common") return new Map();
  return new Map(
    identityRegisters
      .filter(({ register }) =>
        model.registers
          .find(({ name }) => name === register)
          ?.fields.some(({ value, origin }) => value !== "host" && origin.kind === "baseline"),
      )
      .map(({ statement }) => [statement, baseline]),
  );
}

/** Capabilities that the tables tie to statements: memory tagging, and writable identity where one is decided. */
function impliedCapabilities(model: CpuModel): Contract["capabilities"] {
  const singles = new Map([...commonIdentity(model), ...statedSingles(model.statements)]);
  return allCapabilities().flatMap((capability): Contract["capabilities"] => {
    const stated = (capability.statements ?? [])
      .map((name) => singles.get(name))
      .find((one) => asksFor(one, undefined) && one?.value !== "host");
    if (stated === undefined) return [];
    const origin: Origin = { kind: "statement", span: stated.span };
    return [{ value: capability.name, required: capability.optional !== true, origin }];
  });
}

function pmuOf(statements: CpuStatements): PmuContract | undefined {
  const stated = statements.singles.pmu;
  if (stated === undefined || stated.value === "off") return undefined;
  const { counters, intid, events } = stated.value;
  return {
    origin: { kind: "statement", span: stated.span },
    counters: counters === undefined ? undefined : byStatement(counters),
    intid: intid === undefined ? undefined : byStatement(intid),
    events: events.map(({ first, last, action, span }) => ({
      first,
      last,
      action,
      origin: { kind: "statement", span },
    })),
  };
}

/**
 * The GIC fields follow the guest's interrupt controller: KVM clears them at the first run of a guest
 * without a GICv3. The AArch32 twin is shown only where EL0 can use AArch32.
 */
function withGic(model: CpuModel, gic: Contract["gic"], report: Report): readonly RegisterContract[] {
  if (gic === undefined || model.resolved === undefined) return model.registers;
  const gicv3 = findFeature("FEAT_GICv3");
  const aarch32 = stateOf(model.resolved.cells, model.resolved.architecture).feature("FEAT_AA32EL0");
  const shown =
    gic.value === "v3"
      ? [...(gicv3?.present ?? []), ...(aarch32 === false ? [] : (gicv3?.presentAArch32 ?? []))]
      : [];
  return model.registers.map((register) => ({
    ...register,
    fields: register.fields.map((field) => {
      const row = findField(register.name, field.name);
      if (row?.facility !== "gic") return field;
      const setting = shown.find((one) => findField(one.reg, one.field) === row);
      if (field.origin.kind === "statement") {
        const given = BigInt(setting?.value ?? row.absent);
        if (field.value !== "host" && field.value !== given)
          report.add(
            "gic-contradicted",
            field.origin.span,
            { field: `${register.name}.${field.name}`, gic: gic.value, value: given },
            { related: [{ span: gic.origin.span, message: "the guest's interrupt controller" }] },
          );
        return field;
      }
      const unknownTwin =
        aarch32 === undefined && gicv3?.presentAArch32.some((one) => findField(one.reg, one.field) === row);
      if (unknownTwin === true) return field;
      return { ...field, value: BigInt(setting?.value ?? row.absent), origin: gic.origin };
    }),
  }));
}

function runsOn(block: GuestBlock, scope: Scope, report: Report): readonly Decided<string>[] {
  const hosts: Decided<string>[] = [];
  const add = (value: string, origin: Origin): void => {
    if (!hosts.some((one) => one.value === value)) hosts.push({ value, origin });
  };
  for (const atom of block.get("runs-on")?.[0]?.slots.get("hosts") ?? []) {
    const found = lookUp(atom, ["host", "fleet"], scope, report);
    if (found === undefined) continue;
    const origin: Origin = { kind: "statement", span: atom.span };
    if (found.matched.row.name === "host") add(found.name, origin);
    else for (const host of fleetHosts(found, scope, report)) add(host, origin);
  }
  return hosts;
}

/** The hosts of a fleet, each once. Unknown ones are reported where the fleet names them. */
export function fleetHosts(fleet: Declaration, scope: Scope, report: Report): readonly string[] {
  const [statement] = matchStatements(fleet.matched.statement.block?.statements ?? [], "fleet", report);
  const atoms = statement?.slots.get("hosts") ?? [];
  if (statement === undefined) report.add("fleet-empty", fleet.nameSpan, { fleet: fleet.name });
  return [
    ...new Set(
      atoms.map((atom) => lookUp(atom, ["host"], scope, report)?.name).filter((name) => name !== undefined),
    ),
  ];
}

/** A guest as far as it can be understood; undefined where it has no usable CPU (which is reported). */
export function guestContract(
  declaration: Declaration,
  tests: readonly TestContract[],
  scope: Scope,
  cpus: CpuModels,
  report: Report,
): Contract | undefined {
  const { matched, name, nameSpan } = declaration;
  const block = groupByName(matchStatements(matched.statement.block?.statements ?? [], "guest", report));
  const cpuStatement = block.get("cpu")?.[0];
  if (cpuStatement === undefined && !hasStatement(matched.statement.block, "cpu"))
    report.add(
      "guest-without-cpu",
      nameSpan,
      { guest: name },
      { help: ["write `cpu NAME` with one of the file's `cpu` blocks"] },
    );
  const cpu =
    cpuStatement === undefined ? undefined : lookUp(slotAtom(cpuStatement, "cpu"), ["cpu"], scope, report);
  const model = cpu === undefined ? undefined : cpus.get(cpu);
  const pmu = model === undefined ? undefined : pmuOf(model.statements);
  const el2 = model?.statements.singles.el2;
  const part = readGuestPart(
    block,
    matched.statement.block,
    nameSpan,
    {
      pmuIntid: pmu?.intid,
      hasEl2: model === undefined ? undefined : el2 !== undefined && el2.value !== "off",
    },
    report,
  );
  if (pmu !== undefined && pmu.intid === undefined && part.gic !== undefined && part.gic.value !== "none")
    report.add(
      "pmu-without-intid",
      pmu.origin.span,
      { gic: part.gic.value },
      {
        related: [{ span: part.gic.origin.span, message: "the guest's interrupt controller" }],
        help: ["write `pmu on { intid 23 }`: 23 is what QEMU's `virt` machine and most device trees have"],
      },
    );
  const hosts = runsOn(block, scope, report);
  if (model?.resolved === undefined) return undefined;
  const { statements } = model;
  const { sve } = statements.singles;
  return {
    arch: "arm64",
    guest: name,
    documentation: documentation(matched.statement),
    span: nameSpan,
    sealed: block.has("sealed"),
    cpu: model.name,
    registers: withGic(model, part.gic, report),
    vcpuFeatures: vcpuFeaturesOf(statements, part.psci),
    sveLengths:
      sve === undefined || sve.value === "off"
        ? undefined
        : { value: sve.value, origin: { kind: "statement", span: sve.span } },
    pmu,
    ...part,
    capabilities: [...impliedCapabilities(model), ...part.capabilities],
    hosts,
    tests,
  };
}
