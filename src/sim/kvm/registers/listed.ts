/** Which registers a vCPU has: as the profile lists them. */
import type { Vm } from "../machine.ts";
import { configurationOfVm } from "./configuration.ts";

/** Registers by ONE_REG id with their fresh value; null: nothing says it. */
export type Listed = ReadonlyMap<bigint, bigint | null>;

/** Registers of a VM's vCPUs, but those that its ID registers hide. */
export const registersOf = (vm: Vm): Listed => configurationOfVm(vm).registers;
