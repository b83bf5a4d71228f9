/** The statements that a migration's facts ask for, together. */
import type { Migration } from "./pair.ts";

/** Those that its unsafe facts name, each once, in their order. */
export const statementsFor = ({ facts }: Pick<Migration, "facts">): readonly string[] => [
  ...new Set(facts.flatMap(({ weight, remedies }) => (weight === "unsafe" ? remedies : []))),
];
