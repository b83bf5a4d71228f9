/** CPY* and SET*: copying and setting memory in three instructions (FEAT_MOPS). */
import { source } from "./registers.ts";
import { type Row, row } from "./row.ts";

export type Stage = "prologue" | "main" | "epilogue";

/** Registers are indices of `state.x`. `options` is op2's part that syndromes repeat. */
export type CopyInstruction =
  | {
      readonly group: "copy";
      readonly kind: "copy";
      readonly stage: Stage;
      /** CPYF: the regions do not overlap in a way that matters. */
      readonly forward: boolean;
      readonly options: number;
      readonly readUnprivileged: boolean;
      readonly writeUnprivileged: boolean;
      readonly d: number;
      readonly s: number;
      readonly n: number;
    }
  | {
      readonly group: "copy";
      readonly kind: "set";
      readonly stage: Stage;
      readonly tags: boolean;
      readonly options: number;
      readonly unprivileged: boolean;
      readonly d: number;
      readonly s: number;
      readonly n: number;
    };

const group = "copy";
const STAGES: readonly Stage[] = ["prologue", "main", "epilogue"];

export const copyRows: readonly Row<CopyInstruction>[] = [
  ...(["CPYFP", "CPYP"] as const).map((fate, both) =>
    row(
      `00 011 ${both} 01 stage:2 0 s:5 options:4 01 n:5 d:5` as "stage:2 s:5 options:4 n:5 d:5",
      { name: fate === "CPYP" ? "cpy" : "cpyf", fate },
      ({ stage, s, options, n, d }): CopyInstruction | undefined => {
        const name = STAGES[stage];
        if (name === undefined || d === s || d === n || s === n || [d, s, n].includes(31)) return undefined;
        return {
          group,
          kind: "copy",
          stage: name,
          forward: both === 0,
          options,
          readUnprivileged: (options & 2) !== 0,
          writeUnprivileged: (options & 1) !== 0,
          d,
          s,
          n,
        };
      },
    ),
  ),
  ...[false, true].map((tags) =>
    row(
      `00 011 ${tags ? 1 : 0} 01 11 0 s:5 stage:2 options:2 01 n:5 d:5` as "s:5 stage:2 options:2 n:5 d:5",
      { name: tags ? "setg" : "set", fate: "SETP" },
      ({ s, stage, options, n, d }): CopyInstruction | undefined => {
        const name = STAGES[stage];
        if (name === undefined || d === n || d === s || n === s || d === 31 || n === 31) return undefined;
        return {
          group,
          kind: "set",
          stage: name,
          tags,
          options: options | (stage << 2),
          unprivileged: (options & 1) !== 0,
          d,
          s: source(s),
          n,
        };
      },
    ),
  ),
];
