/** The package as its users get it: packed, installed elsewhere, run, imported, type-checked. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { environment, good, scratch } from "./run.ts";

const folder = scratch();
const pack = join(folder, "pack");
const user = join(folder, "user");
const installed = join(user, "node_modules/guestc");

function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    env: environment({ npm_config_update_notifier: "false", npm_config_loglevel: "error" }),
  });
  if (error !== undefined) throw error;
  expect(status, `${command} ${args.join(" ")}\n${stdout}${stderr}`).toBe(0);
  return stdout;
}

beforeAll(() => {
  mkdirSync(pack);
  mkdirSync(user);
  for (const name of readdirSync("."))
    if (!["node_modules", "dist", "build", "src", "test", "coverage"].includes(name) && !name.startsWith("."))
      cpSync(name, join(pack, name), { recursive: true });
  run(process.execPath, ["scripts/build.mjs", "--out", join(pack, "dist")], resolve("."));
  const packed: readonly { filename: string }[] = JSON.parse(
    run("npm", ["pack", "--json", "--ignore-scripts"], pack),
  );
  writeFileSync(join(user, "package.json"), '{ "name": "user", "private": true, "type": "module" }\n');
  run(
    "npm",
    ["install", "--offline", "--no-audit", "--no-fund", join(pack, packed[0]?.filename ?? "")],
    user,
  );
  writeFileSync(join(user, "g.guest"), good);
});

describe("the package", () => {
  it("depends on nothing and brings what the compiler ships, without the build's caches", () => {
    const { dependencies } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
    expect(dependencies).toBeUndefined();
    expect(readdirSync(join(user, "node_modules")).filter((name) => !name.startsWith("."))).toEqual([
      "guestc",
    ]);
    for (const name of ["LICENSE", "dist/cli.cjs", "dist/index.js", "dist/types/index.d.ts"])
      expect(existsSync(join(installed, name)), name).toBe(true);
    for (const room of ["examples", "grammar", "hosts", "schemas"])
      expect(readdirSync(join(installed, room)), room).toEqual(readdirSync(room));
    expect(existsSync(join(installed, "dist/cache"))).toBe(false);
    expect(existsSync(join(installed, "src"))).toBe(false);
  });

  it("runs by its name: check against a shipped host, build, explain", () => {
    const bin = join(user, "node_modules/.bin/guestc");
    expect(run(bin, ["--version"], user)).toMatch(/^guestc \d/);
    expect(run(bin, ["check", "g.guest", "--host", "neoverse-n1.linux-6.12"], user)).toBe("");
    expect(JSON.parse(run(bin, ["build", "g.guest"], user)).guest).toBe("g");
    expect(run(bin, ["explain", "FEAT_LSE"], user)).toContain("FEAT_LSE");
  });

  it("is a library, with types that need no compiler option", () => {
    writeFileSync(
      join(user, "use.ts"),
      [
        'import { compile, type Compilation, planFor } from "guestc";',
        'import { readFileSync } from "node:fs";',
        'const source = { path: "g.guest", text: readFileSync("g.guest", "utf8") };',
        "const found: Compilation = compile(source, { read: () => undefined, inside: () => true });",
        "const [guest] = found.guests;",
        "const count: number = guest === undefined ? 0 : planFor(guest).operations.length;",
        'process.stdout.write(String(count > 0) + "\\n");',
        "",
      ].join("\n"),
    );
    const types = resolve("node_modules/@types");
    for (const module of ["nodenext", "preserve"]) {
      const options = { module, target: "es2022", strict: true, noEmit: false, skipLibCheck: false };
      const compilerOptions = { ...options, outDir: "out", types: ["node"], typeRoots: [types] };
      writeFileSync(join(user, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["use.ts"] }));
      run(process.execPath, [resolve("node_modules/typescript/bin/tsc"), "-p", "."], user);
    }
    expect(run(process.execPath, ["out/use.js"], user)).toBe("true\n");
  });
});
