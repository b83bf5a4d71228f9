/** Says what real KVM will do: which operation it refuses, and what the guest sees where it refuses none. */
export type { Conduit } from "./calls.ts";
export type { CallOutcome, Expected, RegisterOutcome } from "./expected.ts";
export { type Prediction, predict, type View } from "./predict.ts";
export { printQuestion, printQuestions, type Question, questions } from "./questions.ts";
