/** The guests that are moved: the examples, and `guests.guest` beside this file for what these lack. */
import { type Example, exampleNames, readExamples } from "../prove/examples.ts";

const OWN = "lab/migrate/guests.guest";

/** All of them, the examples first; a guest of `guests.guest` is called by its own name. */
export const readGuests = (project: string): readonly Example[] => [
  ...exampleNames(project).flatMap((name) => readExamples(project, `examples/${name}.guest`)),
  ...readExamples(project, OWN).map((guest) => ({ ...guest, name: guest.contract.guest })),
];
