/** All classes of instructions. */
import type { InstructionClass, Subject } from "../class.ts";
import { atomic } from "./atomic.ts";
import { branch } from "./branch.ts";
import { crypto } from "./crypto.ts";
import { float } from "./float.ts";
import { integer } from "./integer.ts";
import { memory } from "./memory.ts";
import { scalable } from "./scalable.ts";
import { sequence } from "./sequence.ts";
import { system } from "./system.ts";
import { vector } from "./vector.ts";

export const classes: readonly InstructionClass[] = [
  ...integer,
  ...branch,
  ...memory,
  ...atomic,
  ...sequence,
  ...system,
  ...vector,
  ...float,
  ...crypto,
];

export { scalable };

/** Those of some subjects. */
export const classesOf = (subjects: ReadonlySet<Subject>): readonly InstructionClass[] =>
  [...classes, ...scalable].filter(({ subject }) => subjects.has(subject));
