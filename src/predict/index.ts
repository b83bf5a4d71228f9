/** Says what real KVM will do: which operation it refuses, and what the guest sees where it refuses none. */
export type { Conduit } from "../sim/rules/calls.ts";
export type { CallOutcome, Expected, RegisterOutcome } from "../sim/rules/expected.ts";
export { printQuestion, printQuestions, type Question, questions } from "../sim/rules/questions.ts";
export { type Prediction, predict, type Refusal, start, type View, viewFrom } from "./predict.ts";
