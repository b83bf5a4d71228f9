/** Everything that may be asked of a host profile. Pure functions; each answer names the fact it rests on. */
export type { Answer } from "./answer.ts";
export {
  type ConfigurationMatch,
  composeConfigurations,
  configurationFor,
  hasRegister,
  refusalFact,
} from "./configuration.ts";
export {
  bitmapBits,
  capabilityAnswer,
  kernelAtLeast,
  psciVersions,
  supportsVcpuFeature,
  sveLengths,
  workaroundLevel,
} from "./facilities.ts";
export { acceptedValues, judgeField, judgeFieldByRule, type Shown, shownRegister } from "./field.ts";
export type { Configuration, HostProfile, Sweep, Verdict } from "./profile.ts";
