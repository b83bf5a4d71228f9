/** What the program that made recordings holds in one case: its VM, vCPUs, devices, memory, and the agents in guests. */
import type { Kvm, Vcpu, Vm } from "../kvm/machine.ts";
import type { AgentOn } from "./agent.ts";

/** It keeps vCPUs with ids below this one; others are made and closed again. */
export const MOST_VCPUS = 4;
export const MOST_DEVICES = 16;
export const MOST_MEMORIES = 8;

export interface Session {
  readonly kvm: Kvm;
  vm: Vm | undefined;
  /** By id, those that it keeps. */
  readonly vcpus: Map<number, Vcpu>;
  /** How many were made; of the others only so many as it keeps. */
  devices: number;
  memories: number;
  /** Bytes of slot 0. */
  readonly memory: Uint8Array;
  /** By vCPU id. */
  readonly agents: Map<number, AgentOn>;
}

/** @param memory AGENT_MEMORY_SIZE bytes, which may be another case's of before: the agent clears them */
export const newSession = (kvm: Kvm, memory: Uint8Array): Session => ({
  kvm,
  vm: undefined,
  vcpus: new Map(),
  devices: 0,
  memories: 0,
  memory,
  agents: new Map(),
});
