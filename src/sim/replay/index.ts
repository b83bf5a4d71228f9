/** Recordings put to the simulator. */
export { derivedFor, type NamedProfile, profileFor, underKernel } from "./machine.ts";
export { type Count, type Difference, type Replay, type ReplayOptions, replay } from "./replay.ts";
