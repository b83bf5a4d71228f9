/** What KVM offers and asks for: vCPU features, capabilities, services, firmware registers, calls, kernels. */
import capabilitiesText from "./data/capabilities.json?raw";
import deviceAttributesText from "./data/device-attributes.json?raw";
import firmwareText from "./data/firmware.json?raw";
import ioctlsText from "./data/ioctls.json?raw";
import kernelRulesText from "./data/kernel-rules.json?raw";
import servicesText from "./data/services.json?raw";
import vcpuFeaturesText from "./data/vcpu-features.json?raw";
import { indexed, once } from "./load.ts";
import type {
  BitmapRegister,
  Capability,
  DeviceAttribute,
  FirmwareRegister,
  Ioctl,
  KernelRules,
  Service,
  VcpuFeature,
} from "./types.ts";
import { compareVersions, seriesOf } from "./version.ts";

type Row<T, Defaulted extends keyof T, Read extends keyof T = never> = Omit<T, Defaulted | Read> &
  Partial<Pick<T, Exclude<Defaulted, Read>>>;

/** Every vCPU feature, in order of index. */
export const vcpuFeatures = once((): readonly VcpuFeature[] => {
  const file: {
    readonly vcpuFeatures: readonly Row<
      VcpuFeature,
      "capability" | "finalize" | "needs" | "excludes" | "excludesCapabilities"
    >[];
  } = JSON.parse(vcpuFeaturesText);
  return file.vcpuFeatures.map((row) => ({
    capability: null,
    finalize: false,
    needs: [],
    excludes: [],
    excludesCapabilities: [],
    ...row,
  }));
});

/** By the kernel's name without its prefix, `PTRAUTH_ADDRESS`. */
export const vcpuFeature: (name: string) => VcpuFeature | undefined = indexed(vcpuFeatures, (row) => [
  row.name,
]);

/**
 * Names of the vCPU features that every vCPU has, and of those that change no register: by neither do vCPUs differ in
 * what they show.
 */
export const commonVcpuFeatures = once(
  (): { readonly ofEvery: ReadonlySet<string>; readonly unseen: ReadonlySet<string> } => {
    const names = (of: (row: VcpuFeature) => boolean): ReadonlySet<string> =>
      new Set(
        vcpuFeatures()
          .filter(of)
          .map(({ name }) => name),
      );
    return {
      ofEvery: names(({ always }) => always === true),
      unseen: names((row) => row.unseen === true),
    };
  },
);

/** Every capability that an arm64 kernel has answered so far, in order of number. */
export const capabilities = once((): readonly Capability[] => {
  const file: { readonly capabilities: readonly Row<Capability, "beforeVcpus">[] } =
    JSON.parse(capabilitiesText);
  return file.capabilities.map((row) => ({ beforeVcpus: false, ...row }));
});

/** Capabilities with which a kernel lets the identity be written. */
export const identityCapabilities = (): readonly Capability[] =>
  capabilities().filter(({ writesIdentity }) => writesIdentity === true);

/** By name, `KVM_CAP_ARM_MTE`, or number. */
export const capability: (nameOrNumber: string | number) => Capability | undefined = indexed(
  capabilities,
  (row): readonly (string | number)[] => [row.name, row.number],
);

interface ServicesFile {
  readonly services: readonly (Omit<Service, "functions" | "needs"> & {
    readonly functions: readonly string[];
    readonly needs?: readonly string[];
  })[];
  readonly bitmaps: readonly (Omit<BitmapRegister, "id" | "reset"> & {
    readonly id: string;
    readonly reset: string;
  })[];
}

const servicesFile = once((): ServicesFile => JSON.parse(servicesText));

/** Every service, in order of register and bit. */
export const services = once((): readonly Service[] =>
  servicesFile().services.map((row) => ({
    ...row,
    needs: row.needs ?? [],
    functions: row.functions.map(Number),
  })),
);

/** By the language's word, `trng`. */
export const service: (name: string) => Service | undefined = indexed(services, (row) => [row.name]);

/** The firmware bitmap registers, in order of id. */
export const bitmapRegisters = once((): readonly BitmapRegister[] =>
  servicesFile().bitmaps.map((row) => ({ ...row, id: BigInt(row.id), reset: BigInt(row.reset) })),
);

/** By name, `KVM_REG_ARM_STD_BMAP`. */
export const bitmapRegister: (name: string) => BitmapRegister | undefined = indexed(
  bitmapRegisters,
  (row) => [row.name],
);

/** The firmware pseudo-registers: PSCI version and workarounds. */
export const firmwareRegisters = once((): readonly FirmwareRegister[] => {
  const file: {
    readonly firmware: readonly (Omit<FirmwareRegister, "id" | "values" | "valueSince" | "kernelValues"> & {
      readonly id: string;
      readonly values: Readonly<Record<string, string>>;
      readonly valueSince?: Readonly<Record<string, string>>;
      readonly kernelValues?: Readonly<Record<string, string>>;
    })[];
  } = JSON.parse(firmwareText);
  return file.firmware.map((row) => ({
    ...row,
    id: BigInt(row.id),
    values: Object.fromEntries(Object.entries(row.values).map(([name, value]) => [name, BigInt(value)])),
    valueSince: row.valueSince ?? {},
    kernelValues: row.kernelValues ?? {},
  }));
});

/** By name, `KVM_REG_ARM_PSCI_VERSION`. */
export const firmwareRegister: (name: string) => FirmwareRegister | undefined = indexed(
  firmwareRegisters,
  (row) => [row.name],
);

/** Every ioctl that the tables know. */
export const ioctls = once((): readonly Ioctl[] => {
  const file: {
    readonly source: string;
    readonly ioctls: readonly (Omit<Ioctl, "nr" | "source"> & { readonly nr: string })[];
  } = JSON.parse(ioctlsText);
  return file.ioctls.map((row) => ({ ...row, nr: Number(row.nr), source: file.source }));
});

/** By name, `KVM_SET_ONE_REG`. */
export const ioctl: (name: string) => Ioctl | undefined = indexed(ioctls, (row) => [row.name]);

/** Every device attribute of the VM and of a vCPU. */
export const deviceAttributes = once((): readonly DeviceAttribute[] => {
  const file: { readonly deviceAttributes: readonly DeviceAttribute[] } = JSON.parse(deviceAttributesText);
  return file.deviceAttributes;
});

/** By name, `KVM_ARM_VCPU_PMU_V3_INIT`. */
export const deviceAttribute: (name: string) => DeviceAttribute | undefined = indexed(
  deviceAttributes,
  (row) => [row.name],
);

const byTimer = indexed(deviceAttributes, (row) => (row.timer === undefined ? [] : [row.timer]));

/** The name of the attribute that sets a timer's INTID, by the language's word (`virtual`); the word itself where there is none. */
export function timerAttribute(timer: string): string {
  return byTimer(timer)?.name ?? timer;
}

interface KernelRulesRow extends Omit<KernelRules, "writable"> {
  /** Against the row before, or the nearest one that is not `aside`; mask 0: no longer writable. */
  readonly changes: Readonly<Record<string, string>>;
  /** A branch: the next row does not build on it. */
  readonly aside?: true;
}

/** Every series, oldest first. */
export const kernelRules = once((): readonly KernelRules[] => {
  const file: { readonly kernelRules: readonly KernelRulesRow[] } = JSON.parse(kernelRulesText);
  const rules: KernelRules[] = [];
  let trunk: Readonly<Record<string, bigint>> = {};
  for (const { changes, aside, ...row } of file.kernelRules) {
    const all = {
      ...trunk,
      ...Object.fromEntries(Object.entries(changes).map(([name, mask]) => [name, BigInt(mask)])),
    };
    const writable = Object.fromEntries(Object.entries(all).filter(([, mask]) => mask !== 0n));
    rules.push({ ...row, writable });
    if (aside !== true) trunk = writable;
  }
  return rules;
});

/**
 * The rules of a kernel release: its own series (the `.y` row for a stable release), else the nearest
 * older one, then with the basis `interpolated`. Behind a row that stands alone there are none.
 *
 * @returns undefined for a kernel of a series that nobody read
 */
export function kernelRulesFor(version: string): KernelRules | undefined {
  const rows = kernelRules();
  const series = seriesOf(version);
  const stable = compareVersions(version, series) > 0;
  const own =
    (stable ? rows.find((row) => row.series === `${series}.y`) : undefined) ??
    rows.find((row) => row.series === series);
  if (own !== undefined) return own;
  const older = rows.filter((row) => !row.series.endsWith(".y") && compareVersions(row.series, series) < 0);
  const nearest = older.at(-1);
  return nearest === undefined || nearest.alone === true ? undefined : { ...nearest, basis: "interpolated" };
}
