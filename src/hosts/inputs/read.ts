/** Reads every form in which a host may be described; which one it is shows in the text, not in the file's name. */
import type { HostProfile } from "../profile.ts";
import { duplicateKeys, positionOf, readHostProfile } from "../read.ts";
import { isCaptureLine, readCapture } from "./capture.ts";
import { completeReadings, type Given, type Unfit } from "./complete.ts";
import { firecrackerForm, readFirecracker } from "./firecracker.ts";
import { isIdregsLine, readIdregs } from "./idregs.ts";
import type { InputForm, InputNote, InputProblem, ReadReadings } from "./readings.ts";
import { isHeading, isRegisterLine } from "./register-line.ts";
import { readRegisterList } from "./register-list.ts";
import { type Line, linesOf, problemIn, saysNothing, shown } from "./text.ts";
import { isTrace, readTrace } from "./trace.ts";

export type { Given } from "./complete.ts";
export type { InputForm, InputNote, InputProblem } from "./readings.ts";

export type HostInput =
  | { readonly form: InputForm; readonly profile: HostProfile; readonly notes: readonly InputNote[] }
  | {
      /** undefined: of no known form. */
      readonly form: InputForm | undefined;
      readonly problems: readonly InputProblem[];
    };

/** The forms in words, for documents and messages. */
export const formTitles: Readonly<Record<InputForm, string>> = {
  "guestc-profile": "a host profile of guestc's",
  "firecracker-fingerprint": "a Firecracker fingerprint",
  "firecracker-cpu-config": "a Firecracker CPU configuration",
  "kvm-idregs": "KVM's debugfs file `idregs`",
  "kvm-register-list": "a dump of KVM registers as text",
  "kvm-trace": "a trace of KVM_GET_ONE_REG calls",
  "kvm-capture": "a capture of KVM's answers, a letter a line",
};

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function given(form: InputForm, read: ReadReadings, more: Given): HostInput {
  if ("problems" in read) return { form, problems: read.problems };
  const completed: { readonly profile: HostProfile; readonly notes: readonly InputNote[] } | Unfit =
    completeReadings(read.readings, more);
  return { form, ...completed };
}

const hasSchema = (json: unknown): boolean =>
  typeof json === "object" &&
  json !== null &&
  "schema" in json &&
  typeof json.schema === "string" &&
  json.schema.startsWith("guestc.host-profile/");

/** A profile without its `schema` is told what it lacks; other JSON that it is none. */
const looksLikeProfile = (json: unknown): boolean =>
  typeof json === "object" &&
  json !== null &&
  ["schema", "configurations", "origin"].some((key) => key in json);

const expected =
  "a host profile, a file of Firecracker's, KVM's `idregs`, or registers with their values as text";

/** Of the whole text. */
const nothing = (text: string, message: string): InputProblem => ({
  message,
  instancePath: "",
  ...positionOf(text, Math.max(0, text.search(/\S/))),
});

/** A dump may count its lines in brackets. */
const beginsLikeJson = (text: string): boolean => /^\s*[{[]/.test(text) && !isRegisterLine(text);

/** The form of a text that is no JSON, by its first line that says anything. */
function formOfText(text: string, first: Line): Exclude<InputForm, "guestc-profile"> | undefined {
  if (isCaptureLine(first.text)) return "kvm-capture";
  if (isIdregsLine(first.text)) return "kvm-idregs";
  if (isRegisterLine(first.text) || isHeading(first.text)) return "kvm-register-list";
  // A trace has other calls before.
  return isTrace(text) ? "kvm-trace" : undefined;
}

/** Whether a text means to describe a host, as far as one sees without reading it; JSON that is broken may. */
export function describesHost(text: string): boolean {
  const first = linesOf(text).find((line) => !saysNothing(line));
  if (first === undefined) return false;
  if (!beginsLikeJson(first.text)) return formOfText(text, first) !== undefined;
  const json = parsedJson(text);
  return json === undefined || hasSchema(json) || firecrackerForm(json) !== undefined;
}

/**
 * A host from a text of any form, or everything that is wrong with it. A problem with `lacks` is not the text's fault:
 * the user has to add a fact.
 *
 * @param text no byte order mark
 * @param path what the messages call the file; it is not opened
 */
export function readHostInput(text: string, path: string, more: Given = {}): HostInput {
  const lines = linesOf(text);
  const first = lines.find((line) => !saysNothing(line));
  if (first === undefined)
    return { form: undefined, problems: [nothing(text, `${path} is empty; expected ${expected}`)] };
  const json = parsedJson(text);
  if (json !== undefined || beginsLikeJson(first.text)) {
    const form = firecrackerForm(json);
    if (form !== undefined) {
      const problems = duplicateKeys(text, json);
      return problems.length > 0 ? { form, problems } : given(form, readFirecracker(text, json, form), more);
    }
    if (json !== undefined && !looksLikeProfile(json))
      return {
        form: undefined,
        problems: [nothing(text, `${path} is JSON, but describes no host; expected ${expected}`)],
      };
    const read = readHostProfile(text, path);
    if ("problems" in read) return { form: "guestc-profile", problems: read.problems };
    const fact = more.kernel !== undefined ? "kernel" : more.cpu !== undefined ? "CPU" : undefined;
    if (fact === undefined) return { form: "guestc-profile", profile: read.profile, notes: [] };
    const message = `a host profile says its ${fact} itself; no other can be given`;
    return { form: "guestc-profile", problems: [{ message, instancePath: "" }] };
  }
  switch (formOfText(text, first)) {
    case "kvm-capture":
      return { form: "kvm-capture", ...readCapture(text, more) };
    case "kvm-idregs":
      return given("kvm-idregs", readIdregs(text), more);
    case "kvm-register-list":
      return given("kvm-register-list", readRegisterList(text), more);
    case "kvm-trace":
      return given("kvm-trace", readTrace(text), more);
  }
  const at = first.text.search(/\S/);
  const message = `${path} is neither JSON nor a list of registers: it begins with \`${shown(first.text)}\``;
  return { form: undefined, problems: [problemIn(first, at, message)] };
}
