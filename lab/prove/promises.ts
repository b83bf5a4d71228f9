/**
 * What a guest saw, held against its contract alone. The predictions follow the plan, so a plan that leaves something out
 * would be predicted to leave it out; the contract says that it must not.
 */
import type { Contract } from "../../src/contract.ts";
import { fieldOf, services } from "../../src/tables/index.ts";
import type { Difference } from "./difference.ts";
import type { Report, Seen, SeenCall } from "./report.ts";
import { callSubject, describeSeen, hex } from "./words.ts";

type Ran = Extract<Report, { kind: "ran" }>;

export interface Promises {
  /** How many were looked at and are kept. */
  readonly kept: number;
  readonly broken: readonly Difference[];
}

type Held = "kept" | Difference;

function fieldPromises(contract: Contract, report: Ran): readonly Held[] {
  return contract.registers.flatMap((register) => {
    const seen = report.registers.get(register.name);
    if (seen?.kind !== "value") return [];
    return register.fields.flatMap((field): Held[] => {
      if (field.value === "host") return [];
      const shown = fieldOf(seen.value, field);
      if (shown === field.value) return ["kept"];
      return [
        {
          subject: `${register.name}.${field.name}`,
          predicted: hex(field.value),
          because: "the contract says so",
          seen: hex(shown),
        },
      ];
    });
  });
}

/** X0 of a call that nobody answers: -1, of 32 or 64 bits. */
const isNotSupported = (seen: Seen): boolean =>
  seen.kind === "answer" && BigInt.asUintN(32, seen.x[0] ?? 0n) === 0xffff_ffffn;

const conduits = ["hvc", "smc"] as const;

/** Functions of services that the guest does not have and that no range of the filter is about. */
function hiddenFunctions(contract: Contract): ReadonlySet<number> {
  const bitmaps = new Map(contract.bitmaps.map(({ register, value }) => [register, value]));
  const hidden = services().filter(({ register, bit }) => {
    const value = bitmaps.get(register);
    return value !== undefined && ((value >> BigInt(bit)) & 1n) === 0n;
  });
  const ids = hidden.flatMap(({ functions }) => functions);
  return new Set(ids.filter((id) => !contract.filter.some(({ first, last }) => first <= id && id <= last)));
}

function servicePromises(contract: Contract, calls: readonly SeenCall[]): readonly Held[] {
  const hidden = hiddenFunctions(contract);
  return calls
    .filter(({ functionId }) => hidden.has(functionId))
    .flatMap((call) =>
      conduits.flatMap((conduit): Held[] => {
        const seen = call[conduit];
        if (seen.kind !== "answer") return [];
        if (isNotSupported(seen)) return ["kept"];
        return [
          {
            subject: callSubject(conduit, call.functionId, []),
            predicted: "answers -1",
            because: "the contract does not allow the service",
            seen: describeSeen(seen),
          },
        ];
      }),
    );
}

const PSCI_VERSION = 0x8400_0000;

function psciPromises(contract: Contract, calls: readonly SeenCall[]): readonly Held[] {
  const promised = contract.psci.value;
  if (
    promised === "host" ||
    contract.filter.some(({ first, last }) => first <= PSCI_VERSION && PSCI_VERSION <= last)
  )
    return [];
  const [major = "0", minor = "0"] = promised.split(".");
  const version = (BigInt(major) << 16n) | BigInt(minor);
  return calls
    .filter(({ functionId }) => functionId === PSCI_VERSION)
    .flatMap(({ hvc }): Held[] => {
      if (hvc.kind !== "answer") return [];
      if (hvc.x[0] === version) return ["kept"];
      return [
        {
          subject: callSubject("hvc", PSCI_VERSION, []),
          predicted: `answers ${hex(version)}`,
          because: `the contract says psci ${promised}`,
          seen: describeSeen(hvc),
        },
      ];
    });
}

/** Bits of the vector length that ZCR_EL1.LEN counts in. */
const QUADWORD = 128;
/** Largest value of ZCR_EL1.LEN. */
const MOST_LEN = 15;
const MSR_ZCR_EL1_X0 = "0xd5181200";
const RDVL_X0_1 = "0x04bf5020";
const lengthName = (len: number): string => `VL_${len}`;
const lens = Array.from({ length: MOST_LEN + 1 }, (_, len) => len);

/**
 * Questions that find a guest's vector lengths, as lines of a question file: for every value of ZCR_EL1.LEN the length
 * that it gives. None for a guest without SVE or whose lengths are the host's.
 *
 * @param level at which the guest begins; at EL2, ZCR_EL1 is ZCR_EL2
 */
export function lengthQuestions(contract: Contract, level: 1 | 2): string {
  if (contract.sveLengths === undefined || contract.sveLengths.value === "host") return "";
  return lens
    .map(
      (len) =>
        `instruction SET_${lengthName(len)} ${level} ${MSR_ZCR_EL1_X0} ${hex(len)}\nregister ${lengthName(len)} ${RDVL_X0_1}\n`,
    )
    .join("");
}

function lengthPromises(contract: Contract, report: Ran): readonly Held[] {
  const promised = contract.sveLengths?.value;
  if (promised === undefined || promised === "host") return [];
  return lens.map((len): Held => {
    const seen = report.registers.get(lengthName(len)) ?? { kind: "unanswered" };
    const most = (len + 1) * QUADWORD;
    const bits = Math.max(...promised.filter((length) => length <= most));
    if (seen.kind === "value" && seen.value * 8n === BigInt(bits)) return "kept";
    return {
      subject: `vector length with ZCR_EL1.LEN = ${len}`,
      predicted: `${bits} bits`,
      because: `the contract says lengths ${promised.join(", ")}`,
      seen: seen.kind === "value" ? `${seen.value * 8n} bits` : describeSeen(seen),
    };
  });
}

/** Which of the contract's promises that a guest can see are kept. */
export function promisesOf(contract: Contract, report: Ran): Promises {
  const held = [
    ...fieldPromises(contract, report),
    ...servicePromises(contract, report.calls),
    ...psciPromises(contract, report.calls),
    ...lengthPromises(contract, report),
  ];
  const broken = held.filter((one) => one !== "kept");
  return { kept: held.length - broken.length, broken };
}
