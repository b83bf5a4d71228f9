/** Reports of short programs on shipped hosts. */
import { readFileSync } from "node:fs";
import type { Contract } from "../../src/contract.ts";
import type { HostProfile } from "../../src/hosts/profile.ts";
import { planFor } from "../../src/index.ts";
import { type Vmm, vmm } from "../../src/migrate/vmm.ts";
import type { ReportSubject } from "../../src/report/subject.ts";
import { shipped } from "../hosts/shipped.ts";
import { compileText } from "../support/compile-text.ts";

export const fleetFile = "test/docs/readme/fleet.guest";

/** A guest with a filter, and a field that is left to the host. */
const small = `edition 2026

cpu quiet {
  baseline armv8.2-a
  with     FEAT_DotProd
}

/// Serves < & "quotes".
guest web {
  cpu      quiet
  psci     1.1
  services trng
  smccc {
    deny    oem fast64
    deny    PSCI_SYSTEM_RESET2
    forward vendor-hyp fast64 0x40 ..= 0x5f
  }
}
`;

function rules(): Vmm {
  const found = vmm("kvm");
  if (found === undefined) throw new Error("no VMM kvm");
  return found;
}

/** A host by another name than its profile's, and with other words in its profile. */
export type NamedProfile = readonly [name: string, profile: HostProfile];

export function subjectOf(
  text: string,
  hosts: readonly NamedProfile[],
  change: (contract: Contract) => Contract = (contract) => contract,
): ReportSubject {
  const { guests, diagnostics } = compileText(text, "web.guest");
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join("\n"));
  return {
    path: "web.guest",
    vmm: rules(),
    guests: guests.map((contract) => ({
      contract: change(contract),
      plan: planFor(contract),
      hosts: hosts.map(([name, profile]) => ({ name, profile })),
    })),
  };
}

/** The short program on shipped hosts. */
export const smallSubject = (...names: readonly string[]): ReportSubject =>
  subjectOf(
    small,
    names.map((name) => [name, shipped(name)]),
  );

/** The program of the README's picture. */
export function fleetSubject(): ReportSubject {
  const { guests, hosts } = compileText(readFileSync(fleetFile, "utf8"), fleetFile);
  return {
    path: fleetFile,
    vmm: rules(),
    guests: guests.map((contract) => ({
      contract,
      plan: planFor(contract),
      hosts: contract.hosts.map(({ value: name }) => {
        const profile = hosts.get(name);
        if (profile === undefined) throw new Error(`no host ${name}`);
        return { name, profile };
      }),
    })),
  };
}
