/** From a contract to the KVM operations that establish it, in the order that KVM demands. */
import type { Contract } from "../contract.ts";
import { openChoices } from "../open.ts";
import { deviceAttributes } from "./devices.ts";
import { type Operation, type Phase, type Plan, phases } from "./plan.ts";
import { clearUnknownBitmaps, firmwareRegisters, idRegisters, verifications } from "./registers.ts";
import { initVcpu, vectorLengths } from "./vcpu.ts";
import { checks, counterOffsets, createVm, enableCapabilities, filters } from "./vm.ts";

/** The plan of a contract. The same contract gives the same plan. */
export function plan(contract: Contract): Plan {
  const operations: readonly Operation[] = [
    ...createVm(contract),
    ...checks(contract),
    ...enableCapabilities(contract),
    ...filters(contract),
    ...counterOffsets(contract),
    ...initVcpu(contract),
    ...vectorLengths(contract),
    ...idRegisters(contract),
    ...firmwareRegisters(contract),
    clearUnknownBitmaps(contract),
    ...deviceAttributes(contract),
    ...verifications(contract),
  ];
  const rank = (phase: Phase): number => phases.indexOf(phase);
  return {
    arch: "arm64",
    guest: contract.guest,
    documentation: contract.documentation,
    operations: operations.toSorted((a, b) => rank(a.phase) - rank(b.phase)),
    open: openChoices(contract),
  };
}
