/** Pages of what KVM calls things: capabilities, vCPU features, device attributes, ioctls. */
import {
  capabilities,
  capability,
  deviceAttribute,
  deviceAttributes,
  ioctl,
  ioctls,
  type VcpuFeature,
  vcpuFeature,
  vcpuFeatures,
} from "../tables/index.ts";
import { fact, type Page } from "./page.ts";
import { hex, sourceWords } from "./words.ts";

function capabilityPages(subject: string): readonly Page[] {
  const of = capability(subject) ?? capabilities().find(({ word }) => word === subject);
  if (of === undefined) return [];
  return [
    {
      kind: "capability",
      name: of.name,
      title: of.effect,
      facts: [
        fact("number", "number", String(of.number)),
        fact("since", "since", `Linux ${of.since}`),
        fact(
          "use",
          "use",
          of.kind === "check"
            ? "asked with KVM_CHECK_EXTENSION"
            : "asked with KVM_CHECK_EXTENSION, enabled with KVM_ENABLE_CAP on the VM",
        ),
        fact("order", "order", of.beforeVcpus ? "enabled before the first vCPU exists" : undefined),
        fact(
          "statement",
          "statement",
          of.word === undefined ? undefined : `\`capability ${of.word}\` in a guest`,
        ),
        fact("source", "source", sourceWords(of.source)),
      ],
    },
  ];
}

function vcpuFeaturePage(of: VcpuFeature): Page {
  const cap = of.capability === null ? undefined : capability(of.capability);
  return {
    kind: "vcpu-feature",
    name: of.name,
    title: `vCPU feature: ${of.effect}`,
    facts: [
      fact("index", "bit", `${of.index} of features[0] in KVM_ARM_VCPU_INIT`),
      fact("since", "since", `Linux ${of.since}`),
      fact("capability", "capability", cap === undefined ? undefined : `${cap.name} (${cap.number})`),
      fact("finalize", "finalize", of.finalize ? "KVM_ARM_VCPU_FINALIZE before the first run" : undefined),
      fact("needs", "needs", of.needs),
      fact("excludes", "excludes", [
        ...of.excludes,
        ...of.excludesCapabilities.map((number) => capability(number)?.name ?? String(number)),
      ]),
      fact("source", "source", sourceWords(of.source)),
    ],
  };
}

function vcpuFeaturePages(subject: string): readonly Page[] {
  const found = vcpuFeature(subject.replace(/^KVM_ARM_VCPU_/, ""));
  return found === undefined ? [] : [vcpuFeaturePage(found)];
}

function attributePages(subject: string): readonly Page[] {
  const of = deviceAttribute(subject);
  if (of === undefined) return [];
  return [
    {
      kind: "device-attribute",
      name: of.name,
      title: `attribute ${of.attr} of ${of.groupName} (${of.group})`,
      facts: [
        fact("fd", "on", of.fd === "vm" ? "the VM" : "each vCPU"),
        fact("payload", "payload", of.type === "none" ? "none" : of.type),
        fact("since", "since", `Linux ${of.since}`),
        fact("default", "default", of.default === undefined ? undefined : String(of.default)),
        fact("timer", "statement", of.timer === undefined ? undefined : `\`timer ${of.timer}\` in a guest`),
        fact("source", "source", sourceWords(of.source)),
      ],
    },
  ];
}

function ioctlPages(subject: string): readonly Page[] {
  const of = ioctl(subject);
  if (of === undefined) return [];
  const on = { kvm: "/dev/kvm", vm: "the VM", vcpu: "a vCPU", any: "/dev/kvm, the VM or a vCPU" }[of.fd];
  return [
    {
      kind: "ioctl",
      name: of.name,
      title: `ioctl on ${on}`,
      facts: [
        fact("number", "number", hex(of.nr, 8)),
        fact("since", "since", of.since === undefined ? undefined : `Linux ${of.since}`),
        fact("source", "source", sourceWords(of.source)),
      ],
    },
  ];
}

/** By the kernel's name, or by the word of the language's `capability` statement. */
export const kvmPages = (subject: string): readonly Page[] => [
  ...capabilityPages(subject),
  ...vcpuFeaturePages(subject),
  ...attributePages(subject),
  ...ioctlPages(subject),
];

export const kvmNames = (): readonly string[] => [
  ...capabilities().flatMap(({ name, word }) => (word === undefined ? [name] : [name, word])),
  ...vcpuFeatures().map(({ name }) => name),
  ...deviceAttributes().map(({ name }) => name),
  ...ioctls().map(({ name }) => name),
];
