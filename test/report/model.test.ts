/** The report's model: what the page shows is what `migrate`, `view` and `baseline` find. */
import { describe, expect, it } from "vitest";
import { planFor } from "../../src/index.ts";
import { amended } from "../../src/migrate/amend.ts";
import { judgeJourneys } from "../../src/migrate/journeys.ts";
import { reportModel } from "../../src/report/model.ts";
import type { GuestSubject, ReportSubject } from "../../src/report/subject.ts";
import { guestView } from "../../src/sim/view/view.ts";
import { shipped } from "../hosts/shipped.ts";
import { compileText } from "../support/compile-text.ts";
import { golden } from "../support/golden.ts";
import { outline } from "./outline.ts";
import { fleetSubject, smallSubject, subjectOf } from "./support.ts";

const three = ["neoverse-n1.linux-6.18", "neoverse-n1.linux-7.2", "neoverse-v1.linux-7.2"] as const;

const only = <T>(list: readonly T[]): T => {
  const [first] = list;
  if (first === undefined) throw new Error("an empty list");
  return first;
};

function migrationsOf(subject: ReportSubject) {
  const { migrations } = only(reportModel(subject).guests);
  if (migrations.why !== undefined) throw new Error(migrations.why);
  return migrations;
}

describe("the model", () => {
  it("of three hosts comes out as recorded", () => {
    golden("test/golden/report/three-hosts.txt", outline(reportModel(smallSubject(...three))));
  });

  it("of no host comes out as recorded", () => {
    golden("test/golden/report/no-host.txt", outline(reportModel(smallSubject())));
  });

  it("is the same for the same input", () => {
    const twice = [1, 2].map(() => JSON.stringify(reportModel(smallSubject(...three))));
    expect(twice[0]).toBe(twice[1]);
  });

  it("says for what there is nothing to show", () => {
    const none = reportModel(smallSubject());
    const one = reportModel(smallSubject("neoverse-n1.linux-6.18"));
    expect(only(none.guests).migrations.why).toMatch(/names no host/);
    expect(only(one.guests).migrations.why).toMatch(/runs on one host, neoverse-n1\.linux-6\.18/);
    expect(none.lattice.why).toMatch(/No guest names a host/);
    expect(one.lattice.why).toMatch(/one host/);
    expect(only(one.guests).registers.registers.length).toBeGreaterThan(50);
    expect(only(none.guests).registers.basis).toMatch(/the contract decides/);
  });
});

describe("migrations", () => {
  const subject = fleetSubject();
  const told = migrationsOf(subject);
  const { contract, plan, hosts } = only(subject.guests);
  const judged = judgeJourneys({ contract, plan }, hosts, subject.vmm).migrations;

  it("have in each cell the verdict of `guestc migrate`", () => {
    for (const [row, from] of hosts.entries())
      for (const [column, to] of hosts.entries()) {
        const verdict = judged.find((one) => one.from === from && one.to === to)?.verdict ?? "self";
        expect(told.rows[row]?.cells[column]?.verdict, `${from.name} to ${to.name}`).toBe(verdict);
      }
    expect(told.safe + told.notes + told.unsafe).toBe(judged.length);
  });

  it("have in each cell a group that is there, of that verdict, with all subjects of the facts", () => {
    for (const [row, from] of hosts.entries())
      for (const [column, to] of hosts.entries()) {
        const cell = told.rows[row]?.cells[column];
        if (from === to || cell === undefined) continue;
        const group = told.groups.find(({ id }) => id === cell.group);
        expect(group?.verdict).toBe(cell.verdict);
        const subjects = group?.parts.flatMap(({ facts }) => facts.flatMap(({ line }) => line.subjects));
        const facts = judged.find((one) => one.from === from && one.to === to)?.facts ?? [];
        expect([...(subjects ?? [])].sort()).toEqual(facts.map(({ subject: name }) => name).sort());
      }
  });

  it("that are alike are told in few words: who goes to whom", () => {
    const safe = told.groups.find(({ verdict }) => verdict === "safe");
    expect(safe?.journeys).toEqual([
      {
        from: "a76-618, a76-72, n1-618, n1-72",
        to: "each other",
        names: expect.stringContaining("a76-618, a76-72, n1-618, n1-72 to "),
      },
    ]);
    expect(told.groups.map(({ title }) => Number.parseInt(title, 10)).reduce((a, b) => a + b)).toBe(
      judged.length,
    );
  });

  it("name the statements that help, and say whether they suffice", () => {
    const subject = subjectOf(
      "edition 2026\n\ncpu any {\n  baseline host\n}\n\nguest g {\n  cpu  any\n  psci 1.1\n}\n",
      [
        ["n1", shipped("neoverse-n1.linux-6.18")],
        ["a76", shipped("cortex-a76.linux-7.2")],
      ],
    );
    const unsafeOf = (of: ReportSubject) =>
      migrationsOf(of).groups.filter(({ verdict }) => verdict === "unsafe");
    for (const { statements, advice } of unsafeOf(subject)) {
      expect(statements).toContainEqual(expect.stringMatching(/^midr /));
      expect(advice).toMatch(
        /^These would help; whether all of them make it safe is not known: it was not tried\.$/,
      );
    }
    const guests = subject.guests.map(
      (guest): GuestSubject => ({
        ...guest,
        amend: (statements) => {
          const { file } = guest.contract.span;
          const source = amended(file, guest.contract.guest, statements);
          const contract = source === undefined ? undefined : compileText(source.text, source.path).guests[0];
          return contract === undefined ? undefined : { contract, plan: planFor(contract) };
        },
      }),
    );
    for (const { advice } of unsafeOf({ ...subject, guests }))
      expect(advice).toMatch(
        /^(With all of these it is safe|These would help; with all of them it is still unsafe)/,
      );
  });

  it("print a fact once where there are many hosts, and each with its group where there are few", () => {
    expect(told.inPlace).toBe(true);
    const names = ["6.1", "6.18"].flatMap((kernel) =>
      ["cortex-a53", "neoverse-n1", "neoverse-v1", "max"].map((cpu) => `${cpu}.linux-${kernel}`),
    );
    const many = migrationsOf(
      subjectOf(
        "edition 2026\n\ncpu any {\n  baseline host\n}\n\nguest g {\n  cpu any\n}\n",
        names.map((name) => [name, shipped(name)]),
      ),
    );
    expect(many.inPlace).toBe(false);
    expect(new Set(many.facts.map(({ id }) => id)).size).toBe(many.facts.length);
    const printed = many.groups.flatMap(({ parts }) => parts.flatMap(({ facts }) => facts));
    expect(new Set(printed)).toEqual(new Set(many.facts));
    expect(printed.length).toBeGreaterThan(2 * many.facts.length);
  });
});

describe("registers", () => {
  it("have the values and deciders of `guestc view`, host by host", () => {
    const subject = smallSubject(...three);
    const { contract, plan, hosts } = only(subject.guests);
    const { registers } = only(reportModel(subject).guests).registers;
    for (const { name: hostName, profile } of hosts) {
      const { outcome } = guestView({ contract, plan, hostName, profile });
      if (outcome.kind !== "runs") throw new Error(outcome.why);
      for (const seen of outcome.registers)
        for (const one of seen.fields) {
          const lines = registers
            .find(({ name }) => name === seen.register.name)
            ?.fields.filter(({ name }) => name === one.field.name);
          const own = lines?.filter(
            ({ hosts: of }) => of === undefined || of.names.split(", ").includes(hostName),
          );
          expect(own, `${seen.register.name}.${one.field.name} on ${hostName}`).toHaveLength(1);
          expect(BigInt(own?.[0]?.value ?? -1)).toBe(one.value);
          expect(own?.[0]?.origin.by).toBe(one.decided.by);
        }
    }
  });

  it("say where hosts differ", () => {
    const { registers, differing } = only(reportModel(smallSubject(...three)).guests).registers;
    const fields = registers.flatMap((one) => one.fields);
    expect(differing).toBeGreaterThan(0);
    expect(fields.filter(({ differs }) => differs).every(({ hosts }) => hosts !== undefined)).toBe(true);
    expect(fields.filter(({ differs }) => !differs).every(({ hosts }) => hosts === undefined)).toBe(true);
  });
});

describe("a guest that KVM refuses", () => {
  it("is told with the call, the errno and the statement", () => {
    const subject = subjectOf(
      "edition 2026\n\ncpu wide {\n  baseline host\n  sve      lengths 128\n}\n\nguest g {\n  cpu wide\n}\n",
      [
        ["n1", shipped("neoverse-n1.linux-6.18")],
        ["v1", shipped("neoverse-v1.linux-6.18")],
      ],
    );
    const { refused, registers } = only(reportModel(subject).guests);
    expect(refused.map(({ host }) => host.name)).toEqual(["n1"]);
    expect(refused[0]?.errno).toMatch(/^E/);
    expect(refused[0]?.source.text).toContain("sve");
    expect(registers.basis).toContain("v1");
  });
});
