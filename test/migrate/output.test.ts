/** The table and the document. */
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { displayWidth } from "../../src/diagnostics/text/display.ts";
import { migrationsDocument } from "../../src/migrate/document.ts";
import { type Journeys, judgeJourneys } from "../../src/migrate/journeys.ts";
import { migrationsText } from "../../src/migrate/table.ts";
import { vmms } from "../../src/migrate/vmm.ts";
import { source } from "../../src/tables/index.ts";
import { golden } from "../support/golden.ts";
import { host, movable, rules } from "./support.ts";

const schema: object = JSON.parse(readFileSync("schemas/migrate.schema.json", "utf8"));
const validate = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false }).compile(schema);

const names = [
  "neoverse-n1.linux-6.1",
  "neoverse-n1.linux-6.18",
  "neoverse-n1.linux-7.2",
  "cortex-a76.linux-7.2",
  "neoverse-v1.linux-6.12",
  "max.linux-7.2",
];

function journeys(of: readonly string[], by = "kvm"): Journeys {
  const { moving, amend } = movable("baseline host", "psci 1.1\nvcpus 2");
  return judgeJourneys(moving, of.map(host), rules(by), { amend });
}

const all = journeys(names);

describe("the document", () => {
  it("keeps to its schema", () => {
    for (const one of [all, journeys(names.slice(0, 2), "qemu")]) {
      validate(migrationsDocument(one));
      expect(validate.errors ?? []).toEqual([]);
    }
  });

  it("has every pair once, and the same bytes each time", () => {
    const document = JSON.stringify(migrationsDocument(all));
    const pairs = all.migrations.map(({ from, to }) => `${from.name} ${to.name}`);
    expect(new Set(pairs).size).toBe(names.length * (names.length - 1));
    expect(JSON.stringify(migrationsDocument(journeys(names)))).toBe(document);
  });
});

describe("the table", () => {
  it("is as the golden file has it", () => {
    golden("test/golden/migrate/matrix.txt", migrationsText(journeys(names.slice(0, 4))));
  });

  it.each([72, 100, 120])("keeps to %i columns", (width) => {
    const lines = migrationsText(all, { width, all: true }).split("\n");
    expect(lines.filter((line) => displayWidth(line) > width)).toEqual([]);
    expect(lines.filter((line) => line !== line.trimEnd())).toEqual([]);
  });

  it("tells many hosts by their numbers, and verdicts of more by a letter", () => {
    // The verdicts of the pairs that were judged, laid out for as many hosts as there are.
    const many = (count: number): Journeys => {
      const hosts = Array.from({ length: count }, (_, at) => ({
        ...host(names[0] ?? ""),
        name: `h${at + 1}`,
      }));
      const judged = all.migrations.find(({ verdict }) => verdict === "unsafe");
      if (judged === undefined) throw new Error("nothing is unsafe");
      const migrations = hosts.flatMap((from) =>
        hosts.flatMap((to) => (from === to ? [] : [{ ...judged, from, to }])),
      );
      return { ...all, hosts, migrations };
    };
    const five = migrationsText(many(5)).split("\n");
    expect(five).toContain(`  5  h5 (neoverse-n1, linux ${host(names[0] ?? "").profile.kernel.version})`);
    expect(five).toContain("  2     UNSAFE  =       UNSAFE  UNSAFE  UNSAFE");
    expect(five).toContain("1 to 2-5; 2 to 1, 3-5; 3 to 1-2, 4-5; 4 to 1-3, 5; 5 to 1-4");
    const twelve = migrationsText(many(12)).split("\n");
    expect(twelve).toContain("  s safe, n safe with notes, ? safe as far as is known, U unsafe");
    expect(twelve).toContain("  2     U  =  U  U  U  U  U  U  U  U   U   U");
    // Wider than the page, it is left out.
    expect(migrationsText(many(40), { width: 100 })).not.toContain("  from  1");
  });

  it("tells remarks only where all is asked for", () => {
    expect(migrationsText(all)).not.toMatch(/^ {2}remark/m);
    expect(migrationsText(all, { all: true })).toMatch(/^ {2}remark/m);
  });
});

describe("the tables of the room", () => {
  it("have sources", () => {
    for (const file of ["vmms", "changes"]) {
      const rows = Object.values(
        JSON.parse(readFileSync(`src/migrate/data/${file}.json`, "utf8")) as Record<string, unknown>,
      ).flat() as readonly { readonly source?: string }[];
      expect(rows.length).toBeGreaterThan(1);
      expect(rows.filter((row) => source(row.source ?? "") === undefined)).toEqual([]);
    }
  });

  it("name the VMMs that the command line offers", () => {
    expect(vmms().map(({ name }) => name)).toEqual(["kvm", "qemu", "qemu-11.1"]);
  });
});
