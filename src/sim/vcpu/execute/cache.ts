/** DC and IC: what they do to memory, and the aborts that they take as loads and stores do. */
import { encodingKey } from "../world.ts";
import { maintenanceAbort, storeBytes } from "./access.ts";
import { zeroesDeviceMemory } from "./leniency.ts";
import { type Answer, type Machine, NEXT, RAISE, RENEW, raise } from "./machine.ts";
import { setTags, withoutChecks } from "./tags.ts";
import { FAULT, translateWith } from "./translate.ts";

/** What a DC instruction of the ZVA family changes. */
export interface Zeroes {
  readonly data: boolean;
  readonly tags: boolean;
}

const dc = (op2: number): number => encodingKey({ op0: 1, op1: 3, crn: 7, crm: 4, op2 });

const FAMILY: ReadonlyMap<number, Zeroes> = new Map([
  [dc(1), { data: true, tags: false }],
  [dc(3), { data: false, tags: true }],
  [dc(4), { data: true, tags: true }],
]);

/** What a SYS instruction of the family changes; undefined: it is another. */
export const zeroesOf = (key: number): Zeroes | undefined => FAMILY.get(key);

const DCZID_EL0 = encodingKey({ op0: 3, op1: 3, crn: 0, crm: 0, op2: 7 });
const zeroes = new Uint8Array(2048);

/** DC ZVA, DC GVA and DC GZVA: a block of the size that DCZID_EL0 says. */
export function zeroBlock(machine: Machine, address: bigint, { data, tags }: Zeroes): Answer {
  const size = 4 << Number((machine.core.hypervisor.idRegister(DCZID_EL0) ?? 4n) & 0xfn);
  const low = Number(BigInt.asIntN(32, address)) & ~(size - 1);
  const high = Number(BigInt.asIntN(32, address >> 32n));
  if (!machine.context.mmu && !zeroesDeviceMemory(machine.core))
    return raise(machine, {
      ...maintenanceAbort(machine, Number(BigInt.asIntN(32, address)), high, FAULT.alignment),
      iss: FAULT.alignment | (1 << 6),
    });
  if (data) {
    const store = (): Answer => storeBytes(machine, low, high, zeroes, 0, size, 1);
    const answer = tags ? withoutChecks(machine, store) : store();
    if (answer !== NEXT) {
      // The fault's address is the one that the instruction was given.
      if (answer === RAISE) machine.trap = { ...machine.trap, far: address };
      return answer;
    }
  }
  return tags ? setTags(machine, low, high, size, Number((address >> 56n) & 0xfn)) : NEXT;
}

/** CRm of instructions by address. */
const BY_ADDRESS: readonly number[] = [5, 6, 10, 11, 12, 13, 14];
const SET_WAY = 2;

/** Other DC and IC: caches are not modelled, but an address without translation aborts. */
export function maintain(machine: Machine, key: number, address: bigint): Answer {
  const crm = (key >> 3) & 0xf;
  const op1 = (key >> 11) & 7;
  const op2 = key & 7;
  const { context } = machine;
  if (!context.mmu || !BY_ADDRESS.includes(crm)) return RENEW;
  if (op1 === 0 && (crm !== 6 || op2 === SET_WAY)) return RENEW;
  const found = translateWith(machine.core, context, {
    address,
    kind: "read",
    el: context.el,
    pan: false,
  });
  if (found.kind !== "fault") return RENEW;
  const low = Number(BigInt.asIntN(32, address));
  const high = Number(BigInt.asIntN(32, address >> 32n));
  return raise(machine, maintenanceAbort(machine, low, high, found.code));
}
