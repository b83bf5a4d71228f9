/** The samples of docs/scale.md: its inventory is one, its scripts give what one run over the whole gives. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { hasTool } from "../codegen/tools.ts";
import { cli, environment, guestc, scratch } from "./run.ts";

const page = readFileSync("docs/scale.md", "utf8");
const folder = scratch();

/** The sample of a language, behind a mark where there is one. */
function sample(language: string, mark = ""): string {
  const at = page.indexOf(mark === "" ? `\`\`\`${language}\n` : `<!-- ${mark}: run by`);
  const text = new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(page.slice(at))?.[1];
  if (at === -1 || text === undefined) throw new Error(`docs/scale.md has no ${language} sample ${mark}`);
  return text;
}

const inventory = sample("ndjson");

/** A folder with a fleet of some lines, and a command `guestc` in the path. */
function place(): { readonly cwd: string; readonly env: NodeJS.ProcessEnv } {
  const cwd = mkdtempSync(join(folder, "run-"));
  writeFileSync(join(cwd, "fleet.ndjson"), inventory.repeat(5));
  const bin = join(cwd, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, "guestc"), `#!/bin/sh\nexec '${process.execPath}' '${cli}' "$@"\n`);
  chmodSync(join(bin, "guestc"), 0o755);
  // GNU parallel keeps notes in the home folder.
  return { cwd, env: { ...environment(), PATH: `${bin}:${process.env.PATH}`, HOME: cwd } };
}

function runScript(script: string) {
  const where = place();
  const { status, stdout, stderr, error } = spawnSync("sh", ["-euc", script], { ...where, encoding: "utf8" });
  if (error !== undefined) throw error;
  const whole = guestc(["baseline", "fleet.ndjson"], { cwd: where.cwd });
  return { status, stdout, stderr, whole };
}

describe("docs/scale.md", { timeout: 240_000 }, () => {
  it("shows an inventory that its schema takes and that has a common guest", () => {
    const valid = new Ajv2020({ strict: false }).compile(
      JSON.parse(readFileSync(resolve("schemas/inventory-line.schema.json"), "utf8")),
    );
    for (const line of inventory.trim().split("\n"))
      expect(valid(JSON.parse(line)), JSON.stringify(valid.errors)).toBe(true);
    const { cwd } = place();
    const { status, stdout } = guestc(["baseline", "fleet.ndjson"], { cwd });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^ {2}hosts +6015 in 3 classes\n/);
  });

  it("splits a fleet among the cores with a shell", () => {
    const { status, stdout, stderr, whole } = runScript(sample("sh", "shell"));
    expect({ status, stdout }).toEqual({ status: 0, stdout: whole.stdout });
    expect(stderr.split("\n").sort().join("\n").trim()).toBe(
      [1, 2, 3, 4].map((part) => `written part-${part}.json`).join("\n"),
    );
  });

  it.runIf(hasTool("parallel", "a fleet in parts by GNU parallel"))(
    "splits a fleet among the cores with GNU parallel",
    () => {
      const { status, stdout, whole } = runScript(sample("sh", "parallel"));
      expect({ status, stdout }).toEqual({ status: 0, stdout: whole.stdout });
    },
  );

  it.runIf(hasTool("parallel", "blocks of a pipe, by GNU parallel"))("cuts a pipe into blocks", () => {
    const shown = /```sh\n(zcat [\s\S]*?)```/.exec(page)?.[1] ?? "";
    expect(shown).toContain("--block 100M");
    const script = `gzip -k fleet.ndjson\n${shown.replace("--block 100M", "--block 500")}ls block-*.json | wc -l >&2`;
    const { status, stdout, stderr, whole } = runScript(script);
    expect({ status, stdout }).toEqual({ status: 0, stdout: whole.stdout });
    expect(Number(/(\d+)\n$/.exec(stderr)?.[1])).toBeGreaterThan(1);
  });

  it.runIf(hasTool("parallel", "parts that were killed, made again by GNU parallel"))(
    "makes again with GNU parallel what was killed",
    () => {
      // Of the first run every part from the third on kills itself.
      const script = [
        "run() { seq 4 | parallel --joblog log $1 ./part {}; }",
        "touch once",
        "printf '%s\\n' '#!/bin/sh' 'test -e once && test $1 -gt 2 && kill -KILL $$' >part",
        "echo 'exec guestc baseline fleet.ndjson --shard $1/4 --format json -o part-$1.json' >>part",
        "chmod +x part",
        "run '' && exit 9",
        "ls part-*.json >made",
        "guestc baseline --merge part-*.json 2>refused && exit 9",
        "rm once",
        "run --resume-failed",
        "guestc baseline --merge part-*.json",
        "cat made refused >&2",
      ].join("\n");
      const { status, stdout, stderr, whole } = runScript(script);
      expect({ status, stdout }).toEqual({ status: 0, stdout: whole.stdout });
      expect(stderr).toContain("part-1.json\npart-2.json\nguestc: parts 3, 4 of 4 are missing\n");
    },
  );
});
