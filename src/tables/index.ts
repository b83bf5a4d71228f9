/** Typed, lazily parsed access to the fact tables. Functions answer `undefined` for what is unknown; nothing throws. */

export { fieldMask, fieldOf } from "./bits.ts";
export { constraints, constraintsNaming, constraintsOf, fieldRules } from "./constraints.ts";
export { cpu, cpuByMidr, cpuByProduct, cpuHas, cpus, fieldState, registerState } from "./cpus.ts";
export {
  controllerDevice,
  type DeviceType,
  deviceType,
  deviceTypes,
  type GicGroup,
  gicGroup,
  gicGroups,
} from "./devices.ts";
export { type Encoding, genericName, inIdSpace, sysregEncoding, sysregId } from "./encoding.ts";
export { type ExprState, evaluate, mentioned, parseExpr, printExpr } from "./expr.ts";
export {
  architecture,
  architectureByWord,
  architectures,
  architectureWord,
  compareArch,
  feature,
  featureAliases,
  featureNames,
  features,
  featuresNaming,
  featuresOfFacility,
  featuresWithHwcap,
  featuresWithTwins,
} from "./features.ts";
export { instruction, instructions } from "./instructions.ts";
export {
  bitmapRegister,
  bitmapRegisters,
  capabilities,
  capability,
  commonVcpuFeatures,
  deviceAttribute,
  deviceAttributes,
  firmwareRegister,
  firmwareRegisters,
  identityCapabilities,
  ioctl,
  ioctls,
  kernelRules,
  kernelRulesFor,
  service,
  services,
  timerAttribute,
  vcpuFeature,
  vcpuFeatures,
} from "./kvm.ts";
export { describeOneReg, type OneReg, type OneRegClass, parseOneReg, sveLengthsRegister } from "./one-reg.ts";
export { eventCounters } from "./pmu.ts";
export {
  compareFieldValues,
  contractRegisters,
  field,
  fieldCalled,
  fieldKey,
  idRegister,
  idRegisterById,
  idRegisters,
  kvmCap,
  registerOfKey,
  signedValue,
  valueName,
} from "./registers.ts";
export {
  describeSmcccId,
  reservedFilterRanges,
  type SmcccId,
  smcCalls,
  smcccConventions,
  smcccFunction,
  smcccFunctions,
  smcccOwners,
  smcccYieldingRanges,
} from "./smccc.ts";
export { source, sources } from "./sources.ts";
export { sysInstructions, systemRegister, systemRegisterAt, systemRegisters } from "./system-registers.ts";
export { fieldValues, registerValues, traps } from "./traps.ts";
export type * from "./types.ts";
export { compareVersions, seriesOf } from "./version.ts";
