/** A report's model in few lines: what a golden file holds and a person can look through. */
import type { GuestModel, ReportModel } from "../../src/report/model.ts";

const indent = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);

function migrationLines({ migrations }: GuestModel): readonly string[] {
  if (migrations.why !== undefined) return [migrations.why];
  const marks = { safe: "+", "safe-with-notes": "!", undecided: "?", unsafe: "x", self: "." } as const;
  return [
    `${migrations.safe} safe, ${migrations.notes} with notes, ${migrations.undecided} as far as is known, ${migrations.unsafe} unsafe of ${migrations.total}`,
    ...migrations.rows.map(
      ({ host, cells, ways }) =>
        `${cells.map(({ verdict }) => marks[verdict]).join(" ")}  ${host.name}: ${ways}`,
    ),
    ...migrations.obstacles.map(
      (one) =>
        `${one.weight} ${one.subjects.join(", ")} (+${one.moreSubjects}): ${one.text}; ${one.migrations} (${one.share} %); ${one.remedies.join(" / ")}`,
    ),
    ...migrations.groups.flatMap(({ id, text, title, journeys, parts, statements, advice, executed }) => [
      `${id} ${text}, ${title}: ${journeys.map(({ from, to }) => `${from} -> ${to}`).join("; ")}`,
      ...indent([
        ...(advice === "" ? [] : [advice]),
        ...statements,
        ...parts.flatMap(({ weight, facts }) =>
          facts.map(
            ({ label, line }) =>
              `${label} ${weight} ${line.subjects.join(", ")}: ${line.text} | ${line.fields.map((f) => `${f.name} ${f.before} -> ${f.after}`).join(", ")} | ${line.detail} | ${line.remedies.join(" / ")}`,
          ),
        ),
        executed,
      ]),
    ]),
  ];
}

function registerLines({ registers }: GuestModel): readonly string[] {
  return [
    `${registers.basis} ${registers.fields} fields, ${registers.differing} differ; ${registers.origins.map(({ word, fields }) => `${word} ${fields}`).join(", ")}`,
    ...registers.registers
      .filter(({ notable, kind }) => notable && kind === "aarch64")
      .flatMap(({ name, whole, fields }) => [
        `${name}: ${whole.map(({ text, hosts }) => `${text}${hosts === undefined ? "" : ` on ${hosts.text}`}`).join("; ")}`,
        ...indent(
          fields
            .filter(({ notable }) => notable)
            .map(
              ({ bits, name: field, value, meaning, features, hosts, origin }) =>
                `${bits} ${field} = ${value} ${meaning} ${features.join(" ")} [${origin.word} ${origin.place?.short ?? ""} ${origin.why}]${hosts === undefined ? "" : ` on ${hosts.text}`}`,
            ),
        ),
      ]),
  ];
}

function callLines({ calls }: GuestModel): readonly string[] {
  return [
    calls.basis,
    `legend: ${calls.legend.map(({ title }) => title).join("; ")}`,
    ...calls.rows.flatMap(({ owner, lanes }) =>
      lanes
        .filter(({ bar, zooms }) => zooms.length > 0 || bar.segments.some(({ state }) => state !== "handled"))
        .flatMap(({ label, range, bar, zooms }) => [
          `${owner} ${label} ${range}`,
          ...indent([
            ...bar.segments
              .filter(({ state }) => state !== "handled")
              .map(({ x, width, title }) => `at ${x} +${width}: ${title}`),
            ...zooms.map(
              ({ caption, segments }) =>
                `${caption}: ${segments.map(({ state, width }) => `${state} ${width}`).join(", ")}`,
            ),
          ]),
        ]),
    ),
    ...calls.ranges.map(
      ({ title, ranges, more, ids, place }) =>
        `${title}: ${ranges.join(", ")} +${more} (${ids}), ${place.short}: ${place.text}`,
    ),
    ...calls.functions.map(
      ({ name, idText, state, outcomes, place }) =>
        `${name} ${idText} ${state}: ${outcomes.map(({ text, hosts }) => `${text}${hosts === undefined ? "" : ` on ${hosts.text}`}`).join("; ")} ${place?.short ?? ""}`,
    ),
    `silent: ${calls.silent.join(" ")}`,
  ];
}

function latticeLines({ lattice }: ReportModel): readonly string[] {
  if (lattice.why !== undefined) return [lattice.why];
  const { diagram } = lattice;
  return [
    lattice.summary,
    `${diagram.width} x ${diagram.height}`,
    ...diagram.boxes.map(
      ({ node, x, y, lines, isBottom }) =>
        `${node}${isBottom ? " (bottom)" : ""} at ${x} ${y}: ${lines.map(({ text }) => text).join(" / ")}; related ${lattice.related[node]}`,
    ),
    ...diagram.lines.map(({ upper, lower }) => `${lower} below ${upper}`),
    ...lattice.covers.map(
      ({ upper, lower, more, further }) => `${upper} above ${lower}: ${more.join("; ")} (+${further.length})`,
    ),
    ...lattice.common.map(({ label, value }) => `${label}: ${value}`),
    ...lattice.conflicts.map(({ fields, sides }) => `conflict ${fields}: ${sides.join(" | ")}`),
    `leave out: ${lattice.leaveOut}`,
  ];
}

/** Ends with a line end. */
export function outline(model: ReportModel): string {
  const lines = [
    `${model.path}: ${model.subject}`,
    ...model.hosts.map(
      ({ number, name, cpu, release, origin }) => `${number} ${name} ${cpu} ${release} ${origin}`,
    ),
    ...model.guests.flatMap((guest) => [
      `guest ${guest.name} (${guest.source}), cpu ${guest.cpu}: ${guest.documentation}`,
      ...indent([
        ...guest.refused.map(
          ({ host, call, errno, why }) => `refused on ${host.name}: ${call} ${errno}, ${why}`,
        ),
        "migrations",
        ...indent(migrationLines(guest)),
        "machine",
        ...indent(
          guest.machine.map(
            ({ label, value, hosts, origin }) =>
              `${label}: ${value} [${origin.word}]${hosts === undefined ? "" : ` on ${hosts.text}`}`,
          ),
        ),
        "registers",
        ...indent(registerLines(guest)),
        "calls",
        ...indent(callLines(guest)),
      ]),
    ]),
    "lattice",
    ...indent(latticeLines(model)),
  ];
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`;
}
