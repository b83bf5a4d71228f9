/**
 * Firecracker's custom CPU templates, as text. Form: Firecracker src/vmm/src/cpu_config/aarch64/custom_cpu_template.rs
 * (CustomCpuTemplate and its `validate`). What is checked here is what Firecracker checks by itself; whether a host's
 * KVM takes it is `template-effect.ts`.
 */
import { locateJson } from "../json-locations.ts";
import { duplicateKeys, type ProfileProblem, positionOf } from "../read.ts";
import {
  type CapabilityEntry,
  type Complain,
  type FeatureWord,
  type Found,
  isObject,
  type Modifier,
  placed,
  readCapabilities,
  readFeatureWords,
  readModifiers,
} from "./firecracker-json.ts";

export interface Template {
  readonly capabilities: readonly CapabilityEntry[];
  readonly features: readonly FeatureWord[];
  readonly modifiers: readonly Modifier[];
}

export type ReadTemplate = { readonly template: Template } | { readonly problems: readonly ProfileProblem[] };

/** Whether no guest is any different by it: it has no entries, or masks without bits. */
export const changesNothing = ({ capabilities, features, modifiers }: Template): boolean =>
  capabilities.length === 0 && [...features, ...modifiers].every(({ filter }) => filter === 0n);

const keys = ["kvm_capabilities", "vcpu_features", "reg_modifiers"];

/** Keys of templates for x86-64. */
const foreignKeys = ["cpuid_modifiers", "msr_modifiers"];

/** Of so many bits a template may change a register. */
const widths = [32, 64, 128];

/** `features` of `struct kvm_vcpu_init` has seven words. */
const WORDS = 7;

const notOne = (key: string): string => {
  if (foreignKeys.includes(key)) return `\`${key}\` is of templates for x86-64; this is to be one for arm64`;
  if (key === "guest_cpu_config" || key === "firecracker_version")
    return "this is a fingerprint, which describes a host; a template changes one";
  if (key === "schema") return "this is a document of guestc's, not a CPU template";
  return `Firecracker refuses a template with \`${key}\`; it knows ${keys.join(", ")}`;
};

function checkModifier({ id, bits, filter, pointer }: Modifier, complain: Complain): void {
  if (!widths.includes(bits))
    complain(`${pointer}/addr`, `Firecracker changes registers of ${widths.join(", ")} bits, not of ${bits}`);
  else if (filter >> BigInt(bits) !== 0n)
    complain(
      `${pointer}/bitmap`,
      `Firecracker refuses it: there are digits for more than the ${bits} bits of 0x${id.toString(16)}; leave them out at the left`,
    );
}

/** A template, or what is wrong with it. @param path what messages call it */
export function readTemplate(text: string, path: string): ReadTemplate {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    const located = locateJson(text);
    const { message, offset } =
      "problem" in located ? located.problem : { message: "it cannot be read", offset: 0 };
    return {
      problems: [
        { message: `${path} is not JSON: ${message}`, instancePath: "", ...positionOf(text, offset) },
      ],
    };
  }
  const duplicates = duplicateKeys(text, json);
  if (duplicates.length > 0) return { problems: duplicates };
  const found: Found[] = [];
  const complain: Complain = (pointer, message) => {
    found.push({ pointer, message });
    return undefined;
  };
  if (!isObject(json)) {
    complain("", "a CPU template is an object");
    return { problems: placed(text, found) };
  }
  const [strange] = Object.keys(json).filter((key) => !keys.includes(key));
  if (strange !== undefined) {
    complain(`/${strange.replaceAll("~", "~0").replaceAll("/", "~1")}`, notOne(strange));
    return { problems: placed(text, found) };
  }
  const template: Template = {
    capabilities: readCapabilities(json, "", complain),
    features: readFeatureWords(json, "", complain),
    modifiers: readModifiers(json, "", complain),
  };
  for (const one of template.modifiers) checkModifier(one, complain);
  for (const { index, pointer } of template.features)
    if (!Number.isInteger(index) || index < 0 || index >= WORDS)
      complain(`${pointer}/index`, `the index is 0 to ${WORDS - 1}`);
  return found.length > 0 ? { problems: placed(text, found) } : { template };
}
