/** The arrows of docs/architecture.md: which room may import which. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";

/** Rooms by path prefix; the longest prefix wins. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  "src/diagnostics": [],
  "src/language": [],
  "src/tables": [],
  "src/parser": ["src/diagnostics", "src/language"],
  "src/hosts": ["src/diagnostics", "src/tables", "src/generated"],
  "src/contract.ts": ["src/diagnostics"],
  "src/open.ts": ["src/contract.ts", "src/tables"],
  // What both the checker and a fleet's common CPU are judged by.
  "src/checker/cpu/state.ts": ["src/contract.ts", "src/tables"],
  "src/checker/cpu/broken.ts": ["src/checker/cpu/state.ts", "src/tables"],
  "src/checker": [
    "src/checker/cpu/state.ts",
    "src/checker/cpu/broken.ts",
    "src/fleet",
    "src/open.ts",
    "src/diagnostics",
    "src/language",
    "src/parser",
    "src/tables",
    "src/hosts",
    "src/contract.ts",
  ],
  "src/planner": ["src/open.ts", "src/diagnostics", "src/contract.ts", "src/tables"],
  "src/recordings": [],
  "src/codegen": [
    "src/open.ts",
    "src/diagnostics",
    "src/contract.ts",
    "src/tables",
    "src/planner",
    "src/generated",
  ],
  "src/sim/rules": ["src/tables", "src/hosts"],
  "src/sim/vcpu": ["src/tables", "src/sim/rules"],
  "src/sim/kvm": ["src/tables", "src/hosts", "src/sim/rules", "src/sim/vcpu"],
  "src/sim/replay": [
    "src/tables",
    "src/hosts",
    "src/recordings",
    "src/sim/rules",
    "src/sim/vcpu",
    "src/sim/kvm",
  ],
  "src/sim/view": [
    "src/contract.ts",
    "src/diagnostics",
    "src/tables",
    "src/hosts",
    "src/planner",
    "src/predict",
    "src/sim/rules",
  ],
  "src/migrate": [
    "src/contract.ts",
    "src/diagnostics",
    "src/language",
    "src/parser",
    "src/tables",
    "src/hosts",
    "src/planner",
    "src/predict",
    "src/sim/kvm",
    "src/sim/machine",
    "src/sim/snapshot.ts",
    "src/sim/view",
  ],
  "src/sim/tests": [
    "src/migrate",
    "src/contract.ts",
    "src/diagnostics",
    "src/tables",
    "src/hosts",
    "src/planner",
    "src/predict",
    "src/sim/view",
  ],
  "src/sim/machine": [
    "src/contract.ts",
    "src/tables",
    "src/hosts",
    "src/planner",
    "src/sim/vcpu",
    "src/sim/kvm",
  ],
  "src/sim/snapshot.ts": ["src/tables", "src/planner", "src/sim/rules", "src/sim/kvm"],
  "src/predict": [
    "src/sim/machine",
    "src/contract.ts",
    "src/tables",
    "src/hosts",
    "src/planner",
    "src/sim/rules",
    "src/sim/kvm",
    "src/sim/machine",
  ],
  "src/fleet": [
    "src/checker/cpu/state.ts",
    "src/checker/cpu/broken.ts",
    "src/contract.ts",
    "src/diagnostics",
    "src/parser",
    "src/tables",
    "src/hosts",
  ],
  "src/fleet/guest-text.ts": [
    "src/checker/cpu/state.ts",
    "src/format.ts",
    "src/tables",
    "src/checker",
    "src/fleet",
  ],
  "src/fleet/table.ts": ["src/tables", "src/checker", "src/fleet", "src/fleet/conflict-text.ts"],
  "src/fleet/conflict-text.ts": ["src/tables", "src/checker", "src/fleet"],
  "src/diff": [
    "src/diagnostics",
    "src/contract.ts",
    "src/tables",
    "src/hosts",
    "src/planner",
    "src/generated",
  ],
  "src/report": [
    "src/diagnostics",
    "src/contract.ts",
    "src/tables",
    "src/hosts",
    "src/planner",
    "src/predict",
    "src/sim/view",
    "src/fleet",
    "src/migrate",
    "src/generated",
  ],
  "src/explain": ["src/diagnostics", "src/language", "src/tables", "src/checker", "src/hosts"],
  "src/format.ts": ["src/diagnostics", "src/language", "src/parser"],
  "src/index.ts": ["src"],
  "src/cli": ["src", "probe"],
  probe: [],
  "src/generated": [],
};

function roomOf(path: string): string {
  const rooms = Object.keys(mayImport).filter((room) => path === room || path.startsWith(`${room}/`));
  return rooms.sort((a, b) => b.length - a.length)[0] ?? "nowhere";
}

const files = readdirSync("src", { recursive: true, encoding: "utf8" })
  .map((file) => `src/${file}`)
  .filter((file) => /(?<!\.d)\.ts$/.test(file) && !file.startsWith("src/generated/"))
  .sort();

const importsOf = (file: string): readonly string[] =>
  [...readFileSync(file, "utf8").matchAll(/(?:from|import\()\s*"([^"]+)"|^import "([^"]+)"/gm)].map(
    ([, a, b]) => a ?? b ?? "",
  );

describe("rooms", () => {
  it("hold every source file", () => {
    expect(files.filter((file) => roomOf(file) === "nowhere")).toEqual([]);
  });

  it.each(files)("%s imports only what its room may", (file) => {
    const room = roomOf(file);
    const strange = importsOf(file)
      .filter((target) => target.startsWith("."))
      .map((target) => normalize(join(dirname(file), target)).replace(/\?raw$/, ""))
      .filter((target) => {
        const other = roomOf(target);
        const allowed = mayImport[room] ?? [];
        return (
          other !== room && !allowed.includes(other) && !(allowed.includes("src") && other !== "nowhere")
        );
      });
    expect(strange).toEqual([]);
  });

  it.each(files.filter((file) => !file.startsWith("src/cli/")))(
    "%s runs in a browser: no node: import",
    (file) => {
      expect(importsOf(file).filter((target) => target.startsWith("node:"))).toEqual([]);
    },
  );

  it("are all named in docs/architecture.md", () => {
    const text = readFileSync("docs/architecture.md", "utf8");
    const unnamed = Object.keys(mayImport)
      .filter((room) => room !== "src/generated")
      .filter((room) => !text.includes(`\`${room.endsWith(".ts") ? room : `${room}/`}\``));
    expect(unnamed).toEqual([]);
  });
});
