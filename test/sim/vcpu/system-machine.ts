/** vCPUs of shipped hosts that have begun to run, for what system registers answer. */
import {
  coreOf,
  createDevice,
  createVcpu,
  createVm,
  enterGuest,
  finalizeVcpu,
  initVcpu,
  setAttribute,
  type Vcpu,
} from "../../../src/sim/kvm/index.ts";
import { GIC_V3 } from "../../../src/sim/kvm/objects.ts";
import { readSystem, writeSystem } from "../../../src/sim/vcpu/system/index.ts";
import { keyOf } from "../../../src/sim/vcpu/system/names.ts";
import { type Access, type Core, encodingKey } from "../../../src/sim/vcpu/world.ts";
import { sysInstructions, vcpuFeature } from "../../../src/tables/index.ts";
import { shipped } from "../../hosts/shipped.ts";

/** The value of an answer. @throws where KVM refuses */
function taken<T>(
  answer: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly errno: string },
): T {
  if (!answer.ok) throw new Error(answer.errno);
  return answer.value;
}

const bytesOf = (value: bigint): Uint8Array =>
  Uint8Array.from({ length: 8 }, (_, at) => Number((value >> BigInt(8 * at)) & 0xffn));

const DISTRIBUTOR = 2;
const REDISTRIBUTOR = 3;

/** A GICv3 with its addresses, which a guest with an EL2 of its own needs. */
function addGic(vcpu: Vcpu): void {
  const device = taken(createDevice(vcpu.vm, GIC_V3, 0));
  if (device === undefined) throw new Error("the GIC was only tried");
  taken(setAttribute(device, 0, DISTRIBUTOR, bytesOf(0x800_0000n)));
  taken(setAttribute(device, 0, REDISTRIBUTOR, bytesOf(0x80a_0000n)));
  taken(setAttribute(device, 4, 0, "none"));
}

const PMU_IRQ = 23n;

/** A PMU that is initialised; beside a GIC it has an interrupt. */
function addPmu(vcpu: Vcpu, hasGic: boolean): void {
  if (hasGic) taken(setAttribute(vcpu, 0, 0, bytesOf(PMU_IRQ).slice(0, 4)));
  taken(setAttribute(vcpu, 0, 1, "none"));
}

/** A vCPU with PSCI_0_2 and these features, at its first instruction. */
export function running(host: string, ...features: readonly string[]): Core {
  const vm = taken(createVm({ profile: shipped(host) }, 0n));
  const vcpu = taken(createVcpu(vm, 0));
  const word = ["PSCI_0_2", ...features].reduce(
    (bits, name) => bits | (1 << (vcpuFeature(name)?.index ?? 0)),
    0,
  );
  taken(initVcpu(vcpu, 5, [word]));
  if (features.includes("SVE")) taken(finalizeVcpu(vcpu, vcpuFeature("SVE")?.index ?? 0));
  if (features.includes("HAS_EL2")) addGic(vcpu);
  if (features.includes("PMU_V3")) addPmu(vcpu, features.includes("HAS_EL2"));
  const stop = enterGuest(vcpu);
  if (stop !== undefined) throw new Error(JSON.stringify(stop));
  return coreOf(vcpu);
}

export const read = (core: Core, name: string): Access => readSystem(core, keyOf(name));
export const write = (core: Core, name: string, value: bigint): Access =>
  writeSystem(core, keyOf(name), value);

/** What a register reads. @throws where it does not */
export function held(core: Core, name: string): bigint {
  const access = read(core, name);
  if (access.kind !== "done") throw new Error(`${name}: ${JSON.stringify(access)}`);
  return access.value;
}

/** The key of a SYS instruction. */
export function operation(name: string): number {
  const row = sysInstructions().find((one) => one.name === name);
  if (row === undefined) throw new Error(`no SYS instruction is called ${name}`);
  return encodingKey(row);
}
