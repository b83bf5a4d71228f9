/** Migrations as a document of plain JSON values, `guestc.migrate/1` (`schemas/migrate.schema.json`). */
import { formatLocation } from "../diagnostics/span.ts";
import type { Fact, FieldChange } from "./fact.ts";
import type { Journey, Journeys } from "./journeys.ts";
import type { NamedHost } from "./machine.ts";
import type { Migration } from "./pair.ts";
import { statementsFor } from "./statements.ts";

const hex = (value: bigint, digits = 1): string => `0x${value.toString(16).padStart(digits, "0")}`;
const idText = (id: bigint | undefined): string | null => (id === undefined ? null : hex(id, 16));

const host = ({ name, profile }: NamedHost) => ({
  name,
  origin: profile.origin,
  kernel: profile.kernel.release,
  cpu: profile.cpu.name,
  platform: profile.cpu.platform,
});

const field = ({ field: name, before, after, meaning: [was, is], weight }: FieldChange) => ({
  name,
  before: hex(before),
  after: hex(after),
  meaning: { before: was ?? null, after: is ?? null },
  weight,
});

const fact = (one: Fact) => ({
  topic: one.topic,
  weight: one.weight,
  subject: one.subject,
  text: one.text,
  detail: one.detail === "" ? null : one.detail,
  register: idText(one.register),
  errno: one.errno ?? null,
  fields: one.fields.map(field),
  members: one.members,
  statements: one.remedies,
  source: one.source === undefined ? null : formatLocation(one.source),
});

function migration(one: Journey) {
  const { advised } = one;
  return {
    from: one.from.name,
    to: one.to.name,
    verdict: one.verdict,
    refused: one.refused === undefined ? null : { ...one.refused, register: idText(one.refused.register) },
    executed: one.executed === true,
    notExecuted: one.executed === true ? null : one.executed,
    statements: statementsFor(one),
    withStatements: typeof advised === "object" ? advised.verdict : null,
    facts: one.facts.map(fact),
  };
}

/** Complete: nothing that the table leaves out is missing here. */
export function migrationsDocument({ guest, vmm, hosts, migrations }: Journeys): object {
  const count = (verdict: Migration["verdict"]): number =>
    migrations.filter((one) => one.verdict === verdict).length;
  return {
    schema: "guestc.migrate/1",
    guest: guest.guest,
    source: formatLocation(guest.span),
    vmm: vmm.name,
    summary: {
      safe: count("safe"),
      safeWithNotes: count("safe-with-notes"),
      undecided: count("undecided"),
      unsafe: count("unsafe"),
    },
    hosts: hosts.map(host),
    migrations: migrations.map(migration),
  };
}
