/**
 * The script of a recording: which cases, in which order. It depends on the seed, the tables and the name of the CPU,
 * never on what a machine answers: the same script on every kernel.
 */
import type { ScriptCase } from "../../src/recordings/index.ts";
import { randomFor } from "./random.ts";
import { attributeCases } from "./subjects/attributes.ts";
import { bitmapCases } from "./subjects/bitmaps.ts";
import { callCases } from "./subjects/calls.ts";
import { capabilityCases } from "./subjects/capabilities.ts";
import { filterCases } from "./subjects/filters.ts";
import { hiddenCases } from "./subjects/hidden.ts";
import { idRegisterBoundaryCases, idRegisterCases } from "./subjects/id-registers.ts";
import { instructionCases } from "./subjects/instructions.ts";
import { lengthCases } from "./subjects/lengths.ts";
import { machineCases } from "./subjects/machines.ts";
import { nestedCases } from "./subjects/nested.ts";
import { registerCases } from "./subjects/registers.ts";
import { sequenceCases } from "./subjects/sequences.ts";
import { systemRegisterCases } from "./subjects/system-registers.ts";

export interface Plan {
  /** 0 to 2^32 - 1. */
  readonly seed: number;
  /** How many random sequences. */
  readonly cases: number;
  /** Name of the CPU. */
  readonly cpu: string;
  /** Cases for guests with an EL2 of their own, instead of all others. */
  readonly nested: boolean;
}

export const defaultSeed = 1;
export const defaultCases = 40;

/** Filters at random: so many of them for each random sequence. */
const FILTERS_PER_CASE = 0.25;

/**
 * CPUs that are asked everything: the one with all that the emulator knows, and one that is built.
 * The others are asked what lies at a boundary, and of the rest one case in {@link THINNING}, each CPU others.
 */
const wholeCpus: ReadonlySet<string> = new Set(["max", "neoverse-n1"]);
const THINNING = 4;

/** Cases at the boundaries that KVM's documents name: every machine is asked them. */
function boundaryCases(random: ReturnType<typeof randomsOf>, cases: number): readonly ScriptCase[] {
  return [
    ...machineCases(),
    ...lengthCases(random("lengths")),
    ...filterCases(random("filters"), Math.ceil(cases * FILTERS_PER_CASE)),
    ...bitmapCases(),
    ...idRegisterBoundaryCases(),
  ];
}

function furtherCases(random: ReturnType<typeof randomsOf>, cases: number): readonly ScriptCase[] {
  return [
    ...capabilityCases(random("capabilities")),
    ...idRegisterCases(random("id-registers")),
    ...registerCases(random("registers")),
    ...attributeCases(random("attributes")),
    ...systemRegisterCases(random("system-registers")),
    ...instructionCases(random("instructions")),
    ...hiddenCases(),
    ...callCases(random("calls")),
    ...sequenceCases(random("sequences"), cases),
  ];
}

/** A stream of random numbers for each subject. */
const randomsOf =
  (seed: number) =>
  (subject: string): ReturnType<typeof randomFor> =>
    randomFor(seed, subject);

export function generate({ seed, cases, cpu, nested }: Plan): readonly ScriptCase[] {
  if (nested) return nestedCases();
  const random = randomsOf(seed);
  const further = furtherCases(random, cases);
  const choice = random(`cases of ${cpu}`);
  return [
    ...boundaryCases(random, cases),
    ...(wholeCpus.has(cpu) ? further : further.filter(() => choice.once(THINNING))),
  ];
}
