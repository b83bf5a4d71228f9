/** What is written, and how. */
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { good, guestc, scratch } from "./run.ts";

const folder = scratch();
const path = (name: string): string => join(folder, name);
const untidy = good.replace("  baseline", "baseline");
const two = `${good}\nguest h {\n  cpu c\n}\n`;
writeFileSync(path("good.guest"), good);
writeFileSync(path("two.guest"), two);
const here = { cwd: folder };
const past = new Date("2020-01-01T00:00:00Z");

const schemaOf = (name: string) =>
  new Ajv2020({ strict: false }).compile(JSON.parse(readFileSync(`schemas/${name}.schema.json`, "utf8")));
const diagnosticsSchema = schemaOf("diagnostics");
const planSchema = schemaOf("plan");

describe("check --format", () => {
  it("json and sarif give documents on stdout, for good files and wrong ones", () => {
    writeFileSync(path("bad.guest"), good.replace("  cpu c\n}\n", "  cpu c\n  vcpus 0\n}\n"));
    for (const [name, status, count] of [
      ["good.guest", 0, 0],
      ["bad.guest", 1, 1],
    ] as const) {
      const json = guestc(["check", name, "--format", "json"], here);
      expect({ status: json.status, stderr: json.stderr }).toEqual({ status, stderr: "" });
      const document = JSON.parse(json.stdout);
      expect(diagnosticsSchema(document), JSON.stringify(diagnosticsSchema.errors)).toBe(true);
      expect(document.diagnostics).toHaveLength(count);
      const sarif = guestc(["check", name, "--format", "sarif"], here);
      expect(sarif.status).toBe(status);
      expect(JSON.parse(sarif.stdout).runs[0].results).toHaveLength(count);
    }
  });
});

describe("build", () => {
  it("prints a single product, as its schema describes it", () => {
    const { status, stdout, stderr } = guestc(["build", "good.guest"], here);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const plan = JSON.parse(stdout);
    expect(planSchema(plan), JSON.stringify(planSchema.errors)).toBe(true);
    expect(guestc(["build", "good.guest"], here).stdout).toBe(stdout);
    expect(guestc(["build", "good.guest", "--target", "one-reg:yaml"], here).stdout).toBe(
      guestc(["build", "good.guest", "--format", "yaml"], here).stdout,
    );
  });

  it("wants a folder or a choice for several products", () => {
    const { status, stdout, stderr } = guestc(["build", "two.guest"], here);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain("2 files would be made");
    expect(JSON.parse(guestc(["build", "two.guest", "--guest", "h"], here).stdout).guest).toBe("h");
  });

  it("writes every product into --out and leaves alone what would not change", () => {
    const args = ["build", "two.guest", "--target", "one-reg,c-header", "--out", "out/deep"];
    const first = guestc(args, here);
    expect({ status: first.status, stdout: first.stdout }).toEqual({ status: 0, stdout: "" });
    const names = readdirSync(path("out/deep")).sort();
    expect(names).toEqual(["g.h", "g.plan.json", "h.h", "h.plan.json"]);
    expect(first.stderr).toBe(
      ["g.plan.json", "g.h", "h.plan.json", "h.h"].map((name) => `wrote out/deep/${name}\n`).join(""),
    );
    for (const name of names) utimesSync(path(`out/deep/${name}`), past, past);
    writeFileSync(path("out/deep/g.h"), "old");
    const second = guestc([...args, "--messages", "json"], here);
    expect(second.stderr).toBe("");
    const report = JSON.parse(second.stdout);
    expect(report).toMatchObject({ schema: "guestc.build/1", diagnostics: [] });
    expect(report.files).toEqual([
      { path: "out/deep/g.plan.json", guest: "g", target: "one-reg", state: "unchanged" },
      { path: "out/deep/g.h", guest: "g", target: "c-header", state: "written" },
      { path: "out/deep/h.plan.json", guest: "h", target: "one-reg", state: "unchanged" },
      { path: "out/deep/h.h", guest: "h", target: "c-header", state: "unchanged" },
    ]);
    expect(statSync(path("out/deep/h.h")).mtimeMs).toBe(past.getTime());
    expect(readFileSync(path("out/deep/g.h"), "utf8")).not.toBe("old");
    expect(readdirSync(path("out/deep")).sort()).toEqual(names);
  });

  it("writes nothing when there is an error, and nothing partial when a file is in the way", () => {
    expect(guestc(["build", "bad.guest", "--out", "none"], here).status).toBe(1);
    expect(readdirSync(folder)).not.toContain("none");
    const { status, stderr } = guestc(["build", "good.guest", "--out", "good.guest"], here);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^guestc: good\.guest: /);
  });

  it("gives one product to standard output for `--out -`", () => {
    const args = ["diff", "neoverse-n1.linux-6.12", "neoverse-n1.linux-6.18"];
    const plain = guestc(args, here);
    expect(plain.stdout).not.toBe("");
    expect(guestc([...args, "--out", "-"], here)).toEqual(plain);
    expect(guestc(["probe", "-o", "-"], here).stdout).toBe(readFileSync("probe/guestc-probe.c", "utf8"));
    expect(readdirSync(folder)).not.toContain("-");
  });

  it("checks against a further host, by path or by the name of a shipped one", () => {
    const missing = good.replace("baseline armv8.2-a", "baseline armv8.2-a\n  with FEAT_SVE");
    writeFileSync(path("sve.guest"), missing.replace("  with FEAT_SVE", "  sve lengths 128"));
    const { status, stderr } = guestc(["check", "sve.guest", "--host", "neoverse-n1.linux-6.12"], here);
    expect(status).toBe(1);
    expect(stderr).toContain("neoverse-n1");
    writeFileSync(path("host.json"), '{"name": 1}');
    const wrong = guestc(["check", "good.guest", "--host", "host.json"], here);
    expect(wrong.status).toBe(2);
    expect(wrong.stderr).toContain("host.json");
  });

  it("checks against a host that is derived from a core and a kernel", () => {
    const check = (host: string) => guestc(["check", "sve.guest", "--host", host], here);
    expect(check("cpu neoverse-n1 kernel linux 6.18").stderr).toContain("neoverse-n1.linux-6.18 (derived)");
    expect(check("cpu neoverse-n1; kernel linux 6.18").status).toBe(1);
    expect(check("cpu neovese-n1 kernel linux 6.18")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("did you mean `cpu neoverse-n1 kernel linux 6.18`?"),
    });
    expect(check("cpu neoverse-n1 kernel linux 4.19").stderr).toContain("cannot be derived: the tables");
  });

  it("takes a profile that comes with the compiler by its name, but a file of that name first", () => {
    const program = (name: string): string =>
      `${good.trimEnd().replace(/\}$/, "  runs-on h\n}")}\n\nhost h { profile "${name}" }\n`;
    const see = (name: string) => {
      writeFileSync(path("by-name.guest"), program(name));
      return guestc(["view", "by-name.guest"], here);
    };
    const found = see("neoverse-n1.linux-6.12");
    expect(found).toMatchObject({ status: 0, stderr: "" });
    expect(found.stdout).toContain("linux 6.12.107");
    writeFileSync(path("neoverse-n1.linux-6.12"), "not a profile");
    expect(see("neoverse-n1.linux-6.12").stderr).toContain("error[GC0");
    rmSync(path("neoverse-n1.linux-6.12"));
    expect(see("neoverse-n1.linux-6.11").stderr).toContain("GC0204");
  });
});

describe("a profile that there is not", () => {
  it.each([
    [".", "`.` is a folder"],
    ["nofile", "no file `nofile`, and no host of that name comes with guestc"],
    ["nofile.json", "no file `nofile.json`\n"],
    ["", "the path is empty"],
  ])("%s", (path, label) => {
    const input = `edition 2026\n\nhost h {\n  profile "${path}"\n}\n`;
    const { status, stdout, stderr } = guestc(["check", "-"], { cwd: folder, input });
    expect(status).toBe(1);
    expect(`${stdout}${stderr}`).toContain(label);
  });
});

describe("--out", () => {
  it("is never a file that the command reads, by whatever way", () => {
    const host = "neoverse-n1.linux-6.18";
    const profile = readFileSync(`hosts/${host}.json`, "utf8");
    writeFileSync(path("n1.json"), profile);
    writeFileSync(path("one.guest"), good);
    symlinkSync("one.guest", path("way.guest"));
    for (const [args, out] of [
      [["baseline", "n1.json", host], "n1.json"],
      [["host", "convert", "n1.json"], "./n1.json"],
      [["diff", "one.guest:g", "one.guest:g"], "one.guest"],
      [["migrate", "one.guest", "--host", host, "--host", "n1.json"], "way.guest"],
      [["migrate", "one.guest", "--from", "n1.json", "--to", host], "n1.json"],
      [["view", "one.guest", "--host", host], "one.guest"],
      [["test", "one.guest"], "one.guest"],
    ] as const) {
      const { status, stdout, stderr } = guestc([...args, "--out", out], here);
      expect({ status, stdout, stderr }).toEqual({
        status: 2,
        stdout: "",
        stderr: `guestc: ${out}: is read by this command, and --out would write over it\n`,
      });
    }
    expect(readFileSync(path("n1.json"), "utf8")).toBe(profile);
    expect(readFileSync(path("one.guest"), "utf8")).toBe(good);
  });

  it("may not be a link that leads nowhere", () => {
    symlinkSync("nowhere", path("astray"));
    const { status, stderr } = guestc(["baseline", "neoverse-n1.linux-6.18", "--out", "astray"], here);
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: "guestc: astray: is a link to a file that does not exist\n",
    });
  });
});

describe("fmt", () => {
  it("rewrites a file in place, keeps its mode, and touches no canonical one", () => {
    writeFileSync(path("untidy.guest"), untidy);
    chmodSync(path("untidy.guest"), 0o640);
    symlinkSync("untidy.guest", path("link.guest"));
    expect(guestc(["fmt", "link.guest"], here)).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(readFileSync(path("untidy.guest"), "utf8")).toBe(good);
    expect(lstatSync(path("link.guest")).isSymbolicLink()).toBe(true);
    expect(statSync(path("untidy.guest")).mode & 0o777).toBe(0o640);
    utimesSync(path("untidy.guest"), past, past);
    expect(guestc(["fmt", "untidy.guest"], here).status).toBe(0);
    expect(statSync(path("untidy.guest")).mtimeMs).toBe(past.getTime());
  });

  it("--check writes nothing and lists what differs", () => {
    writeFileSync(path("untidy2.guest"), untidy);
    const { status, stdout } = guestc(["fmt", "--check", "good.guest", "untidy2.guest"], here);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "untidy2.guest\n" });
    expect(readFileSync(path("untidy2.guest"), "utf8")).toBe(untidy);
    const json = guestc(["fmt", "--check", "--format", "json", "good.guest", "untidy2.guest"], here);
    expect(JSON.parse(json.stdout)).toEqual({
      schema: "guestc.fmt/1",
      files: [
        { path: "good.guest", state: "canonical" },
        { path: "untidy2.guest", state: "differs" },
      ],
      diagnostics: [],
    });
    expect(guestc(["fmt", "--check", "good.guest"], here)).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  it("filters standard input", () => {
    expect(guestc(["fmt", "-"], { input: untidy })).toEqual({ status: 0, stdout: good, stderr: "" });
    expect(guestc(["fmt", "-", "good.guest"], here).status).toBe(2);
  });

  it("leaves a file with syntax errors as it is, and formats the others", () => {
    writeFileSync(path("broken.guest"), "guest {{{\n");
    writeFileSync(path("untidy3.guest"), untidy);
    const { status, stderr } = guestc(["fmt", "broken.guest", "untidy3.guest"], here);
    expect(status).toBe(1);
    expect(stderr).toContain("broken.guest:1:");
    expect(readFileSync(path("broken.guest"), "utf8")).toBe("guest {{{\n");
    expect(readFileSync(path("untidy3.guest"), "utf8")).toBe(good);
  });
});

describe("init", () => {
  it("writes a file that checks clean against a shipped host and is canonical, once", () => {
    const first = guestc(["init", "new/project"], here);
    expect({ status: first.status, stdout: first.stdout }).toEqual({ status: 0, stdout: "" });
    expect(
      guestc(
        ["check", "new/project/main.guest", "--host", "neoverse-n1.linux-6.12", "--deny", "warnings"],
        here,
      ),
    ).toEqual({
      status: 0,
      stdout: "",
      stderr: "",
    });
    expect(guestc(["fmt", "--check", "new/project/main.guest"], here).status).toBe(0);
    writeFileSync(path("new/project/main.guest"), "mine");
    const second = guestc(["init", "new/project"], here);
    expect(second.status).toBe(2);
    expect(second.stderr).toContain("exists already");
    expect(readFileSync(path("new/project/main.guest"), "utf8")).toBe("mine");
  });

  it("says what it wrote as JSON", () => {
    mkdirSync(path("json"));
    expect(JSON.parse(guestc(["init", "json", "--format", "json"], here).stdout)).toEqual({
      schema: "guestc.init/1",
      files: ["json/main.guest"],
    });
  });
});
