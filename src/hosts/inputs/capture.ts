/**
 * A capture of KVM's answers, a letter a line, as small recorders print them:
 *
 * - `ORACLE RELEASE`: the kernel
 * - `K NUMBER DEV VM`: KVM_CHECK_EXTENSION on /dev/kvm and on the VM
 * - `C CONFIGURATION STEP ERRNO`: `init`, `finalize`; `C CONFIGURATION nregs N`: length of KVM_GET_REG_LIST
 * - `MC CONFIGURATION STEP ERRNO`: KVM_ENABLE_CAP before
 * - `R CONFIGURATION ID VALUE ERRNO`: a register of the list, and what KVM_GET_ONE_REG read
 * - `M CONFIGURATION ERRNO`: KVM_ARM_GET_REG_WRITABLE_MASKS; `W CONFIGURATION ID MASK`: its masks
 * - `S CONFIGURATION ID ANSWERS`: for the 16 nibbles of a register, what KVM_SET_ONE_REG answered to 0 to 15 in it, as in
 *   a profile's sweeps
 * - `DONE`
 *
 * It holds what a profile holds, in another form: nothing of it is computed but what is missing.
 */
import { commonVcpuFeatures, cpuByMidr, sveLengthsRegister } from "../../tables/index.ts";
import { deriveHost, deriveTable } from "../derive.ts";
import type { Configuration, HostProfile, RefusedStep, Sweep } from "../profile.ts";
import type { ProfileProblem } from "../read.ts";
import { type Completed, type Given, versionOf } from "./complete.ts";
import { bitsOf, type InputNote, type InputProblem, keptValues } from "./readings.ts";
import { systemId } from "./table.ts";
import { type Line, linesOf, MOST_PROBLEMS, problemIn, saysNothing, shown } from "./text.ts";

/** Whether a line can only be one of a capture. */
export const isCaptureLine = (text: string): boolean =>
  /^(?:ORACLE\s+\S+|K\s+\d+\s+-?\d+\s+-?\d+|(?:C|MC)\s+[a-z]\w*\s+\w+\s+\w+|R\s+[a-z]\w*\s+(?:0x)?[0-9a-fA-F]{16}\s+(?:0x)?[0-9a-fA-F]+\s+\w+)\s*$/.test(
    text,
  );

interface Draft {
  readonly name: string;
  refused: { readonly step: RefusedStep; readonly errno: string } | undefined;
  listed: number | undefined;
  masks: boolean;
  readonly registers: Map<bigint, bigint | null>;
  readonly writable: Map<bigint, bigint>;
  readonly sweeps: Map<bigint, Sweep>;
}

interface Capture {
  release: string | undefined;
  done: boolean;
  readonly capabilities: Map<number, number>;
  readonly drafts: Map<string, Draft>;
}

const answers = /^[.xINBPO]{16}(?:,[.xINBPO]{16}){15}$/;
const hex = /^(?:0x)?[0-9a-fA-F]{1,32}$/;
const number = (digits: string): bigint => BigInt(digits.startsWith("0x") ? digits : `0x${digits}`);

/** The configuration that a capture's name means; undefined: none of ours. */
const rowOf = (name: string) =>
  deriveTable().configurations.find((row) => row.name === name.replaceAll("_", "-"));

function draftOf(capture: Capture, name: string): Draft {
  const key = name.replaceAll("_", "-");
  const known = capture.drafts.get(key);
  if (known !== undefined) return known;
  const draft: Draft = {
    name: key,
    refused: undefined,
    listed: undefined,
    masks: false,
    registers: new Map(),
    writable: new Map(),
    sweeps: new Map(),
  };
  capture.drafts.set(key, draft);
  return draft;
}

const steps: Readonly<Record<string, RefusedStep>> = {
  init: "init",
  finalize: "finalize",
  writable_imp: "enable-cap",
  enable_cap: "enable-cap",
  create_device: "create-device",
};

/** Takes a line in; a sentence where it cannot be. */
function take(capture: Capture, words: readonly string[]): string | undefined {
  const [letter = "", first = "", second = "", third = "", fourth = ""] = words;
  const lengths: Readonly<Record<string, readonly number[]>> = {
    ORACLE: [2],
    DONE: [1],
    K: [4],
    C: [4],
    MC: [4],
    M: [3],
    R: [5],
    W: [4],
    S: [4],
  };
  const length = lengths[letter];
  if (length === undefined) return `a line begins with one of ${Object.keys(lengths).join(", ")}`;
  if (!length.includes(words.length))
    return `a line of \`${letter}\` has ${length.join(" or ")} words, this one ${words.length}`;
  switch (letter) {
    case "ORACLE":
      capture.release = first;
      return undefined;
    case "DONE":
      capture.done = true;
      return undefined;
    case "K":
      if (![first, second, third].every((word) => /^-?\d{1,10}$/.test(word)))
        return "expected three decimal numbers";
      if (Number(third) > 0) capture.capabilities.set(Number(first), Number(third));
      return undefined;
    default:
  }
  if (rowOf(first) === undefined) return `guestc knows no vCPU configuration \`${first}\``;
  const draft = draftOf(capture, first);
  if (letter === "C" || letter === "MC") {
    if (second === "nregs") {
      if (!/^\d{1,6}$/.test(third)) return `\`${third}\` is no number of registers`;
      draft.listed = Number(third);
      return undefined;
    }
    const step = steps[second];
    if (step === undefined) return `there is no step \`${second}\``;
    if (third !== "0") draft.refused ??= { step, errno: third };
    return undefined;
  }
  if (letter === "M") {
    draft.masks = second === "0";
    return undefined;
  }
  if (!hex.test(second)) return `\`${second}\` is no register's id`;
  const id = number(second);
  const bits = bitsOf(id);
  if (bits === undefined) return `${second} is no ONE_REG id of arm64`;
  if (letter === "S") {
    if (!answers.test(third)) return "expected 16 groups of 16 answers, of `.xINBPO`";
    draft.sweeps.set(id, third.split(","));
    return undefined;
  }
  if (!hex.test(third)) return `\`${third}\` is no hexadecimal value`;
  const value = number(third);
  // Of a register wider than 64 bits its lowest 64 are there.
  if (value >> BigInt(Math.min(bits, 64)) !== 0n)
    return `${third} does not fit into the register's ${bits} bits`;
  const into = letter === "W" ? draft.writable : draft.registers;
  if (into.has(id)) return `${second} stands twice in \`${first}\``;
  if (letter === "W") draft.writable.set(id, value);
  else draft.registers.set(id, fourth === "0" ? value : null);
  return undefined;
}

function configurationOf(draft: Draft): Configuration {
  const row = rowOf(draft.name);
  const lengths = sveLengthsRegister();
  const narrow = new Map(
    [...draft.registers].filter(([id]) => (bitsOf(id) ?? 64) <= 64 || id === lengths.id),
  );
  const kept = keptValues(narrow, false);
  const head = {
    name: draft.name,
    features: [...commonVcpuFeatures().ofEvery, ...(row?.features ?? [])],
    capabilities: row?.capabilities ?? [],
    ...(row?.devices === undefined ? {} : { devices: row.devices }),
    refused: draft.refused,
  };
  if (draft.refused !== undefined)
    return { ...head, registers: new Map(), writable: undefined, sweeps: new Map() };
  const bitmap = kept.get(lengths.id);
  return {
    ...head,
    ...(draft.listed === undefined ? {} : { listed: draft.listed }),
    registers: kept,
    writable: draft.masks ? draft.writable : undefined,
    sweeps: draft.sweeps,
    ...(typeof bitmap !== "bigint"
      ? {}
      : {
          vectorLengths: Array.from({ length: 64 }, (_, bit) => bit).flatMap((bit) =>
            (bitmap >> BigInt(bit)) & 1n ? [(bit + 1) * 128] : [],
          ),
        }),
  };
}

const unfit = (message: string, lacks?: "kernel"): { readonly problems: readonly InputProblem[] } => ({
  problems: [
    { message, instancePath: "", offset: 0, line: 1, column: 1, ...(lacks === undefined ? {} : { lacks }) },
  ],
});

function complete(capture: Capture, more: Given): Completed | { readonly problems: readonly InputProblem[] } {
  const base = capture.drafts.get("base");
  if (base === undefined || base.refused !== undefined || !base.registers.has(systemId("ID_AA64PFR0_EL1")))
    return unfit("it has no registers of the configuration `base`, of which every profile is made");
  if (capture.release !== undefined && more.kernel !== undefined)
    return unfit(`the file says that the host runs linux ${capture.release}; no other can be given`);
  const release = capture.release ?? more.kernel;
  if (release === undefined) return unfit("it has no line `ORACLE`, which says the host's kernel", "kernel");
  const version = versionOf(release);
  if (version === undefined) return unfit(`\`${release}\` is no kernel release; expected one such as 6.12`);
  const midr = base.registers.get(systemId("MIDR_EL1")) ?? undefined;
  const row = midr === undefined ? undefined : cpuByMidr(midr);
  if (more.cpu !== undefined && more.cpu !== row?.name)
    return unfit(`the core is known by MIDR_EL1 (${row?.name ?? "in no table"}); no other can be given`);
  const name = row?.name ?? (midr === undefined ? "unknown" : `midr-${midr.toString(16).padStart(8, "0")}`);
  const asked = capture.capabilities.size > 0;
  const derived = asked || row === undefined ? undefined : deriveHost("tables", row, version);
  const tables =
    derived !== undefined && !("problem" in derived) ? derived.capabilities : new Map<number, number>();
  const profile: HostProfile = {
    name: `${name}.linux-${version}`,
    description: "KVM's answers, from a capture",
    origin: "recorded",
    kernel: { release, version },
    cpu: { name, ...(midr === undefined ? {} : { midr }), platform: "" },
    capabilities: asked ? new Map([...capture.capabilities].sort(([a], [b]) => a - b)) : tables,
    ...(asked
      ? {}
      : { assumed: { capabilities: true, list: false, configurations: new Set(), registers: new Set() } }),
    configurations: new Map(
      [...capture.drafts.values()].map((draft) => [draft.name, configurationOf(draft)]),
    ),
  };
  const notes: InputNote[] = [
    ...(capture.done
      ? []
      : [
          {
            id: "cut-off",
            what: "that it is whole: there is no line `DONE`",
            cost: "what is there is taken for all",
          },
        ]),
    ...(asked
      ? []
      : [
          {
            id: "capabilities",
            what: "answers of KVM_CHECK_EXTENSION",
            cost: "they are those that guestc's tables have for the core and the kernel",
          },
        ]),
  ];
  return { profile, notes };
}

/** @param text a capture; empty lines and `#` comments may stand in it */
export function readCapture(
  text: string,
  more: Given,
): Completed | { readonly problems: readonly (InputProblem | ProfileProblem)[] } {
  const capture: Capture = { release: undefined, done: false, capabilities: new Map(), drafts: new Map() };
  const problems: ProfileProblem[] = [];
  const complain = (line: Line, message: string): void => {
    const at = line.text.search(/\S/);
    problems.push(problemIn(line, at, `${message}, found \`${shown(line.text)}\``));
  };
  for (const line of linesOf(text)) {
    if (saysNothing(line)) continue;
    const message = take(capture, line.text.trim().split(/\s+/));
    if (message !== undefined) complain(line, message);
  }
  return problems.length > 0 ? { problems: problems.slice(0, MOST_PROBLEMS) } : complete(capture, more);
}
