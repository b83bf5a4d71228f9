/** What a CPU template writes to a firmware register or a bitmap of services, which have rules of their own. */
import { bitmapRegisters, firmwareRegisters } from "../../tables/index.ts";
import { bitmapBits, psciVersions } from "../facilities.ts";
import type { Found, Modifier } from "./firecracker-json.ts";
import { apply, type Ground, hex, type Refusal } from "./template-write.ts";

/** What KVM holds after a write of a register with rules of its own, or why it refuses; undefined: it is another one. */
export function firmwareWrite(
  { profile }: Ground,
  modifier: Modifier,
  before: bigint,
  pointer: string,
): { readonly value: bigint; readonly refusal?: Refusal; readonly remark?: Found } | undefined {
  const value = apply(before, modifier);
  const firmware = firmwareRegisters().find(({ id }) => id === modifier.id);
  if (firmware?.holds === "version") {
    const versions = psciVersions(profile);
    const taken = Object.entries(firmware.values).some(
      ([name, one]) => one === value && versions?.names.includes(name) === true,
    );
    if (taken || value === before) return { value };
    return {
      value,
      refusal: {
        pointer,
        message: `KVM refuses PSCI_VERSION = ${hex(value)}: ${versions?.fact ?? "no version is known"}`,
      },
    };
  }
  if (firmware !== undefined) {
    if (value > before)
      return {
        value,
        refusal: {
          pointer,
          message: `KVM refuses ${firmware.name} = ${hex(value)}: the host's level is ${hex(before)}`,
        },
      };
    // KVM forgets a lower level than its own.
    return value === before
      ? { value }
      : {
          value: before,
          remark: {
            pointer,
            message: `KVM takes ${hex(value)} in ${firmware.name}, and its guests see ${hex(before)} all the same`,
          },
        };
  }
  const bitmap = bitmapRegisters().find(({ id }) => id === modifier.id);
  if (bitmap === undefined) return undefined;
  const bits = bitmapBits(profile, bitmap.name);
  const strange = value & ~(bits?.known ?? 0n);
  if (strange === 0n || value === before) return { value };
  return {
    value,
    refusal: {
      pointer,
      message: `KVM refuses the bits ${hex(strange)} of ${bitmap.name}: ${bits?.fact ?? "no bit is known"}`,
    },
  };
}
