/** A guest's registers. */
import type { Contract } from "../../contract.ts";
import type { By } from "../../sim/view/decider.ts";
import type { Sightings } from "../sightings.ts";
import type { RegisterBlock } from "./block.ts";
import { originWords } from "./origin.ts";
import { promisedRegisters } from "./promised.ts";
import { seenRegisters } from "./seen.ts";

/** How many fields have an origin of a kind. */
export interface OriginCount {
  readonly by: By;
  readonly word: string;
  readonly title: string;
  readonly fields: number;
}

export interface RegistersSection {
  readonly registers: readonly RegisterBlock[];
  readonly origins: readonly OriginCount[];
  readonly fields: number;
  readonly differing: number;
  /** What the values are those of. */
  readonly basis: string;
  /** Several hosts are compared. */
  readonly compares: boolean;
  /** Nothing would be shown but for what is left out at first. */
  readonly showsAll: boolean;
}

const titles: Readonly<Record<By, string>> = {
  statement: "a statement of the program",
  baseline: "the baseline that the CPU model names",
  derived: "a rule: it follows from another decision",
  default: "the language's default for an absent statement",
  host: "left to the host, which shows what it has",
  kvm: "KVM, whatever the contract says",
};

const kinds: readonly By[] = ["statement", "baseline", "derived", "default", "host", "kvm"];

function basisOf({ seen, refused }: Sightings): string {
  if (seen.length === 1) return `As the guest reads them on ${seen[0]?.host.name ?? ""}.`;
  if (seen.length > 1) return `As the guest reads them on its ${seen.length} hosts.`;
  return refused.length > 0
    ? "KVM starts the guest on none of its hosts: these are the values that the contract decides."
    : "The guest names no host: these are the values that the contract decides.";
}

export function registersSection(contract: Contract, sighted: Sightings, path: string): RegistersSection {
  const { seen } = sighted;
  const registers = seen.length === 0 ? promisedRegisters(contract, path) : seenRegisters(seen, path);
  const fields = registers.flatMap((one) => one.fields);
  const distinct = fields.filter(({ again }) => !again);
  return {
    registers,
    origins: kinds.flatMap((by) => {
      const many = fields.filter(({ origin }) => origin.by === by).length;
      return many === 0 ? [] : [{ by, word: originWords[by], title: titles[by], fields: many }];
    }),
    fields: distinct.length,
    differing: distinct.filter(({ differs }) => differs).length,
    basis: basisOf(sighted),
    compares: seen.length > 1,
    showsAll: !registers.some(({ kind, notable }) => kind === "aarch64" && notable),
  };
}
