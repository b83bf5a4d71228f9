/** Vector lengths of SVE: KVM_REG_ARM64_SVE_VLS between init and finalize. */
import type { ScriptCase } from "../../../src/recordings/index.ts";
import { sveLengthsRegister } from "../../../src/tables/index.ts";
import {
  ask,
  caseOf,
  features,
  finalize,
  get,
  idOf,
  init,
  lengths,
  list,
  machine,
  offer,
  PSCI,
  run,
  set,
  setLengths,
  vcpu,
  vm,
} from "../build.ts";
import type { Random } from "../random.ts";

const SVE = features("PSCI_0_2", "SVE");
/** RDVL X0, #1: the vector length in bytes. */
const RDVL = 0x04bf_5020;

const sets = (random: Random): readonly bigint[] => [
  0n,
  lengths(128),
  lengths(128, 256),
  lengths(128, 256, 512),
  lengths(128, 256, 384, 512),
  lengths(128, 256, 384, 512, 640, 768, 896, 1024, 1152, 1280, 1408, 1536, 1664, 1792, 1920, 2048),
  lengths(128, 256, 512, 1024, 2048),
  lengths(256),
  lengths(256, 512),
  lengths(128, 512),
  lengths(128, 384),
  lengths(128, 2048),
  1n << 16n,
  1n | (1n << 16n),
  1n | (1n << 64n),
  1n << 511n,
  (1n << 512n) - 1n,
  ...Array.from({ length: 12 }, () => BigInt(random.below(0x1_0000))),
];

export function lengthCases(random: Random): readonly ScriptCase[] {
  const vls = sveLengthsRegister().id;
  return [
    ...sets(random).map((value) =>
      caseOf(
        `vector lengths 0x${value.toString(16)}`,
        vm(),
        vcpu(),
        init(SVE),
        setLengths(value),
        get(vls),
        finalize(),
        get(vls),
        get(idOf("z0")),
        run(),
        ask(1, RDVL, [], "rdvl"),
        ask(0, RDVL, [], "rdvl"),
      ),
    ),
    caseOf(
      "vector lengths, one after another",
      vm(),
      vcpu(),
      get(vls),
      setLengths(1n),
      init(SVE),
      get(vls),
      sets(random).flatMap((value) => [setLengths(value), get(vls)]),
      init(SVE),
      get(vls),
      setLengths(1n),
      list(),
      get(idOf("z0")),
      set(idOf("z0"), 0n),
      finalize(),
      setLengths(1n),
      get(vls),
      setLengths(lengths(128, 256)),
      run(),
      setLengths(1n),
      get(vls),
      init(SVE),
      get(vls),
      setLengths(1n),
      finalize(),
      run(),
    ),
    caseOf("vector lengths without SVE", machine(PSCI), get(vls), setLengths(1n)),
    caseOf(
      "vector lengths of two vCPUs",
      vm(),
      vcpu(0),
      vcpu(1),
      offer(SVE, 0),
      offer(SVE, 1),
      set(vls, 1n, 0),
      get(vls, 1),
      set(vls, lengths(128, 256), 1),
      finalize(4, 0),
      finalize(4, 1),
      get(vls, 0),
      get(vls, 1),
      run(0),
      run(1),
    ),
  ];
}
