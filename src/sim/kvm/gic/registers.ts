/** Which registers of an interrupt controller user space may name. */
import { systemRegisters } from "../../../tables/index.ts";
import { once } from "../../../tables/load.ts";
import { encodingKey } from "../../vcpu/world.ts";
import text from "../data/gic-registers.json?raw";

export type Frame = "v3-distributor" | "redistributor" | "v2-distributor" | "v2-cpu" | "its";

interface Row {
  readonly frame: Frame;
  readonly name: string;
  readonly at: string;
  readonly bytes: number;
  readonly bitsPerInterrupt?: number;
}

interface Place {
  readonly first: number;
  readonly bytes: number;
  readonly bitsPerInterrupt: number | undefined;
}

const file = once((): { readonly registers: readonly Row[]; readonly cpuRegisters: readonly string[] } =>
  JSON.parse(text),
);

const places = once((): ReadonlyMap<Frame, readonly Place[]> => {
  const all = new Map<Frame, Place[]>();
  for (const { frame, at, bytes, bitsPerInterrupt } of file().registers)
    all.set(frame, [...(all.get(frame) ?? []), { first: Number(at), bytes, bitsPerInterrupt }]);
  return all;
});

const cpuRegisters = once((): ReadonlySet<number> => {
  const names = new Set(file().cpuRegisters);
  return new Set(
    systemRegisters()
      .filter(({ name }) => names.has(name))
      .map(encodingKey),
  );
});

/**
 * Whether a frame has a register at an offset (vgic_get_mmio_region).
 *
 * @param interrupts how many the GIC has, private ones included
 */
export function hasFrameRegister(frame: Frame, offset: number, interrupts: number): boolean {
  const found = places()
    .get(frame)
    ?.find(({ first, bytes }) => first <= offset && offset < first + bytes);
  if (found === undefined) return false;
  const { first, bitsPerInterrupt } = found;
  return bitsPerInterrupt === undefined || ((offset - first) * 8) / bitsPerInterrupt < interrupts;
}

/** Whether an encoding is a register of the CPU interface (vgic_v3_has_cpu_sysregs_attr). */
export const hasCpuRegister = (key: number): boolean => cpuRegisters().has(key);
