/** Recordings: what real KVM answered, step by step. */
export type { Answer, Changed, End, Event, Kept, Value } from "./answers.ts";
export { printAnswer } from "./answers.ts";
export {
  type AnsweredStep,
  countAnswers,
  type Parsed,
  parseAnswer,
  parseRecording,
  printRecording,
  printScriptStep,
  type RecordedCase,
  type Recording,
  type RecordingError,
  type RecordingHeader,
  recordingFormat,
  type ScriptCase,
  type ScriptStep,
} from "./format.ts";
export { type Dumps, keptSets, type Lists } from "./kept.ts";
export { type FieldChange, printStep, type Step, type StepKind, type StepOf, stepKinds } from "./steps.ts";
