/**
 * The examples are what users start from: free of diagnostics, canonical, buildable. Against every shipped
 * host the outcome is in `test/golden/examples-on-hosts.txt`: `ok`, or the codes that say why not.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compile, findTarget, format, planFor, readHostProfile } from "../../src/index.ts";
import { compileFile, describeDiagnostic, projectLoader } from "../support/compile-text.ts";

const examples = readdirSync("examples")
  .filter((file) => file.endsWith(".guest"))
  .map((file) => `examples/${file}`)
  .sort();

const profiles = readdirSync("hosts")
  .filter((file) => file.endsWith(".json"))
  .sort()
  .map((file) => {
    const path = `hosts/${file}`;
    const read = readHostProfile(readFileSync(path, "utf8"), path);
    if (!("profile" in read)) throw new Error(`${path}: ${read.problems[0]?.message}`);
    return { name: file.replace(/\.json$/, ""), profile: read.profile };
  });

describe.each(examples)("%s", (path) => {
  const text = readFileSync(path, "utf8");

  it("gives no diagnostic", () => {
    expect(compileFile(path).diagnostics.map(describeDiagnostic)).toEqual([]);
  });

  it("is in canonical form", () => {
    expect(format({ path, text })).toEqual({ text });
  });

  it.each(["one-reg", "c-header"])("builds %s, the same bytes twice", (name) => {
    const emit = () =>
      compileFile(path).guests.map((guest) => {
        const made = findTarget(name)?.emit(planFor(guest), guest);
        if (made === undefined || !("files" in made)) throw new Error(`${name} made no files`);
        return made.files;
      });
    const first = emit();
    expect(first.flat().length).toBeGreaterThan(0);
    expect(emit()).toEqual(first);
  });
});

describe("every example on every shipped host", () => {
  /** The example's own hosts are replaced by one: `runs-on` would add theirs. */
  const outcome = (path: string, host: (typeof profiles)[number]): string => {
    const text = readFileSync(path, "utf8").replace(/^ *runs-on .*\n/m, "");
    const { diagnostics } = compile({ path, text }, projectLoader, { hosts: [host.profile] });
    const codes = new Set(diagnostics.filter((one) => one.severity === "error").map((one) => one.code));
    return codes.size === 0 ? "ok" : [...codes].sort().join(" ");
  };

  it("comes out as recorded", () => {
    const width = Math.max(...profiles.map((host) => host.name.length));
    const lines = examples.flatMap((path) => [
      path,
      ...profiles.map((host) => `  ${host.name.padEnd(width)}  ${outcome(path, host)}`),
    ]);
    const golden = "test/golden/examples-on-hosts.txt";
    const text = `${lines.join("\n")}\n`;
    if (process.env.UPDATE_GOLDEN === "1") writeFileSync(golden, text);
    expect(text).toBe(existsSync(golden) ? readFileSync(golden, "utf8") : "");
  });
});
