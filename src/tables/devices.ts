/** Device types of KVM_CREATE_DEVICE and the attribute groups of the interrupt controller; `data/device-types.json`. */
import text from "./data/device-types.json?raw";
import { indexed, once } from "./load.ts";

export interface DeviceType {
  /** `KVM_DEV_TYPE_ARM_VGIC_V3`. */
  readonly name: string;
  readonly number: number;
  readonly effect: string;
  /** The word of the statement `gic` that asks for it. */
  readonly controller?: string;
  /** What it is called among the parts of in-kernel interrupt controllers: `v3`, `its`; absent: it is none. */
  readonly gicPart?: string;
  /** Key into `sources.json`. */
  readonly source: string;
}

/** A group of attributes of the in-kernel interrupt controller. */
export interface GicGroup {
  readonly name: string;
  readonly group: number;
  readonly source: string;
}

interface DevicesFile {
  readonly deviceTypes: readonly DeviceType[];
  readonly gicGroups: readonly GicGroup[];
}

const file = once((): DevicesFile => JSON.parse(text));

/** Every device type that arm64 may have. */
export const deviceTypes = (): readonly DeviceType[] => file().deviceTypes;

/** By name or number. */
export const deviceType: (nameOrNumber: string | number) => DeviceType | undefined = indexed(
  deviceTypes,
  (row): readonly (string | number)[] => [row.name, row.number],
);

/** The device that is the interrupt controller of a version. */
export function controllerDevice(version: "v2" | "v3"): DeviceType {
  const row = deviceTypes().find(({ controller }) => controller === version);
  if (row === undefined) throw new Error(`no device type is the controller ${version}`);
  return row;
}

export const gicGroups = (): readonly GicGroup[] => file().gicGroups;

/** By name or number. */
export const gicGroup: (nameOrNumber: string | number) => GicGroup | undefined = indexed(
  gicGroups,
  (row): readonly (string | number)[] => [row.name, row.group],
);
