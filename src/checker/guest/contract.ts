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
import { feature as findFeature, field as findField, vcpuFeatures } from "../../tables/index.ts";
import type { CpuModel, CpuModels } from "../cpu/model.ts";
import { type FacilitySwitch, facilitySwitch } from "../cpu/resolve.ts";
import { stateOf } from "../cpu/state.ts";
import type { CpuStatements, Stated } from "../cpu/statements.ts";
import { matchStatements, slotAtom } from "../forms.ts";
import { type Declaration, lookUp, type Scope } from "../names.ts";
import type { Report } from "../report.ts";
import { type GuestBlock, groupByName, readGuestPart } from "./statements.ts";

const byStatement = <T>(stated: Stated<T>): Decided<T> => ({
  value: stated.value,
  origin: { kind: "statement", span: stated.span },
});

/** vCPU features behind the statements: which word of which statement asks for which rows of the vCPU feature table. */
const facilityFeatures: readonly {
  readonly facility: "sve" | "pauth" | "pmu";
  readonly features: readonly string[];
}[] = [
  { facility: "pmu", features: ["PMU_V3"] },
  { facility: "sve", features: ["SVE"] },
  { facility: "pauth", features: ["PTRAUTH_ADDRESS", "PTRAUTH_GENERIC"] },
];

function vcpuFeaturesOf(
  statements: CpuStatements,
  psci: Decided<string>,
  model: CpuModel,
): readonly Decided<string>[] {
  const asked: Decided<string>[] = [];
  const ask = (value: string, origin: Origin): void => {
    asked.push({ value, origin });
  };
  const { el1, el2 } = statements.singles;
  if (el1?.value === "aarch32") ask("EL1_32BIT", { kind: "statement", span: el1.span });
  // KVM_REG_ARM_PSCI_VERSION 0.1 demands that the feature is absent, every later version that it is there.
  if (psci.value !== "0.1") ask("PSCI_0_2", psci.origin);
  for (const { facility, features } of facilityFeatures) {
    const { on, origin }: FacilitySwitch = facilitySwitch(statements, facility, model.nameSpan);
    if (on) for (const feature of features) ask(feature, origin);
  }
  if (el2 !== undefined && el2.value !== "off") {
    ask("HAS_EL2", { kind: "statement", span: el2.span });
    if (el2.value === "nvhe") ask("HAS_EL2_E2H0", { kind: "statement", span: el2.span });
  }
  const order = vcpuFeatures().map((one) => one.name);
  return asked.sort((a, b) => order.indexOf(a.value) - order.indexOf(b.value));
}

/** Capabilities that statements with other names enable: MTE, and writable identity where MIDR & co. are stated. */
function impliedCapabilities(statements: CpuStatements): Contract["capabilities"] {
  const { mte, midr, revidr, aidr } = statements.singles;
  const implied: Contract["capabilities"][number][] = [];
  if (mte !== undefined && mte.value !== "off")
    implied.push({ value: "KVM_CAP_ARM_MTE", required: true, origin: { kind: "statement", span: mte.span } });
  const identity = [midr, revidr, aidr].find((stated) => stated !== undefined && stated.value !== "host");
  if (identity !== undefined)
    // A host whose own identity is the stated one satisfies it without the capability.
    implied.push({
      value: "KVM_CAP_ARM_WRITABLE_IMP_ID_REGS",
      required: false,
      origin: { kind: "statement", span: identity.span },
    });
  return implied;
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
function withGic(model: CpuModel, gic: Contract["gic"]): readonly RegisterContract[] {
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
      if (row?.facility !== "gic" || field.origin.kind === "statement") return field;
      const setting = shown.find((one) => findField(one.reg, one.field) === row);
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
  const stated = matched.statement.block?.statements.some((statement) => statement.name.text === "cpu");
  if (cpuStatement === undefined && stated !== true)
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
    nameSpan,
    { pmuIntid: pmu?.intid, hasEl2: el2 !== undefined && el2.value !== "off" },
    report,
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
    registers: withGic(model, part.gic),
    vcpuFeatures: vcpuFeaturesOf(statements, part.psci, model),
    sveLengths:
      sve === undefined || sve.value === "off"
        ? undefined
        : { value: sve.value, origin: { kind: "statement", span: sve.span } },
    pmu,
    ...part,
    capabilities: [...impliedCapabilities(statements), ...part.capabilities],
    hosts,
    tests,
  };
}
