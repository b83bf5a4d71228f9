/** Headings of the groups, by what is compared. */
import type { Diff, Group } from "./difference.ts";

const titles: Readonly<Record<Diff["kind"], Readonly<Partial<Record<Group, string>>>>> = {
  hosts: { guest: "What a guest sees", vmm: "What a VMM may set", kvm: "What KVM offers" },
  contracts: {
    guest: "What the guest sees",
    vmm: "What the VMM sets up",
    hosts: "Where it runs",
    tests: "What is tested",
  },
  plans: { vmm: "What the VMM does itself", plan: "What KVM is told" },
};

export const groupTitle = (kind: Diff["kind"], group: Group): string => titles[kind][group] ?? group;
