/** What every command has in common: help, usage errors, exit codes, streams. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { commands } from "../../src/cli/commands.ts";
import { bad, cli, doubtful, environment, good, guestc, scratch } from "./run.ts";

const folder = scratch();
const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
file("good.guest", good);
file("bad.guest", bad);
file("doubtful.guest", doubtful);
file("binary.guest", Uint8Array.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2]));
file("latin1.guest", Buffer.from("// caf\u00e9\n", "latin1"));
file("empty.guest", "");
file("bom.guest", `\ufeff${good}`);
mkdirSync(join(folder, "folder.guest"));
const here = { cwd: folder };

describe("help", () => {
  it("lists every command, with exit codes and examples", () => {
    const { status, stdout, stderr } = guestc(["--help"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    for (const { name, title } of commands) {
      expect(stdout).toContain(`  ${name} `);
      expect(stdout).toContain(title);
    }
    expect(stdout).toContain("Examples:");
    expect(stdout).toContain("Exit status:");
  });

  it.each(commands)(
    "of $name has its options and examples and fits 100 columns",
    ({ name, options, examples }) => {
      const { status, stdout } = guestc([name, "--help"]);
      expect(status).toBe(0);
      expect(examples.length).toBeGreaterThan(1);
      for (const { line, title } of examples) {
        expect(line).toMatch(new RegExp(`^guestc ${name}\\b`));
        expect(stdout).toContain(`  # ${title}\n  ${line}\n`);
      }
      for (const option of options) expect(stdout).toContain(`--${option.name}`);
      expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
      expect(guestc(["help", name]).stdout).toBe(stdout);
      expect(guestc([name, "-h"]).stdout).toBe(stdout);
    },
  );

  it("of build lists the targets with their formats", () => {
    expect(guestc(["build", "--help"]).stdout).toMatch(/Targets:\n {2}one-reg +.*\(json, yaml, table\)/);
  });

  it("is not needed for the version", () => {
    expect(guestc(["--version"])).toEqual({ status: 0, stdout: "guestc 0.1.0\n", stderr: "" });
    expect(guestc(["-V"]).stdout).toBe("guestc 0.1.0\n");
  });
});

describe("a wrong command line exits with 2 and a hint", () => {
  it.each([
    [[], "no command is given", "--help"],
    [["chekc", "x"], "there is no command `chekc`", "did you mean `check`?"],
    [["check"], "`check` needs FILE…", "guestc check --help"],
    [["check", "--hots", "x", "good.guest"], "`--hots` is no option of `check`", "did you mean `--host`?"],
    [["check", "-x", "good.guest"], "`-x` is no option", ""],
    [
      ["check", "--format", "jsno", "good.guest"],
      "takes text, json, sarif, not `jsno`",
      "did you mean `json`?",
    ],
    [["check", "--format"], "`--format` needs a value", "text|json|sarif"],
    [["check", "--format", "json", "--format", "json", "good.guest"], "given twice", ""],
    [["fmt", "--check=yes", "good.guest"], "takes no value", ""],
    [["build", "a.guest", "b.guest"], "takes no further operand: `b.guest`", ""],
    [["build", "good.guest", "--target", "c-heeder"], "no target `c-heeder`", "did you mean `c-header`?"],
    [["build", "good.guest", "--format", "yam"], "has no format `yam`", "did you mean `yaml`?"],
    [["build", "good.guest", "--guest", "h"], "has no guest `h`", "`g`"],
    [["build", "good.guest", "--messages", "json"], "needs `--out`", ""],
    [
      ["check", "good.guest", "--host", "neoverse-n1.linx-6.12"],
      "is called `neoverse-n1.linx-6.12`",
      "`neoverse-n1.linux-6.12`?",
    ],
    [
      ["check", "good.guest", "--host", "nowhere"],
      "is called `nowhere`",
      "shipped, as CPU.linux-KERNEL:\n    a64fx, cortex-a35, ",
    ],
    [["explain", "FEAT_LSEE"], "`FEAT_LSEE`", "`FEAT_LSE2` or `FEAT_LSE`"],
  ])("%j", (args, message, hint) => {
    const { status, stdout, stderr } = guestc(args, here);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^guestc: /);
    expect(stderr).toContain(message);
    expect(stderr).toContain(hint);
  });
});

describe("a file that cannot be read exits with 2 and names it", () => {
  it.each([
    ["missing.guest", "missing.guest: no such file or directory"],
    ["folder.guest", "folder.guest: is a directory"],
    ["good.guest/x.guest", "a part of the path is no directory"],
    ["binary.guest", "binary.guest: is no UTF-8 text"],
    ["latin1.guest", "latin1.guest: is no UTF-8 text"],
  ])("%s", (name, message) => {
    for (const command of ["check", "build", "fmt"]) {
      const { status, stdout, stderr } = guestc([command, name], here);
      expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
      expect(stderr).toBe(`guestc: ${stderr.slice("guestc: ".length)}`);
      expect(stderr).toContain(message);
      expect(stderr).not.toContain("at ");
    }
  });
});

describe("several operands that cannot be read", () => {
  it.each([["host check"], ["diff"], ["baseline"]])("are told all by %s", (command) => {
    const { status, stdout, stderr } = guestc([...command.split(" "), "gone.json", "nohost"], here);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    const lines = stderr.split("\n");
    expect(lines.slice(0, 3)).toEqual([
      "guestc: 2 files or hosts cannot be read",
      "  gone.json: no such file or directory",
      "  no file and no shipped host is called `nohost`",
    ]);
  });

  it("are told with their remarks, and what they have in common once", () => {
    mkdirSync(join(folder, "bare"), { recursive: true });
    const { status, stderr } = guestc(["baseline", "one", "bare", "two", "one"], here);
    expect(status).toBe(2);
    expect(stderr).toContain("guestc: 3 files or hosts cannot be read\n");
    for (const said of ["called `one`", "bare: has no profile (*.json)", "called `two`", "shipped, as CPU"])
      expect(stderr.split(said).length).toBe(2);
    expect(guestc(["baseline", "one", "one"], here).stderr).toMatch(/^guestc: no file and no shipped host/);
  });
});

describe("exit codes", () => {
  it("are 0 for clean, 1 for errors, and for warnings as --deny says", () => {
    expect(guestc(["check", "good.guest"], here)).toEqual({ status: 0, stdout: "", stderr: "" });
    const wrong = guestc(["check", "bad.guest"], here);
    expect({ status: wrong.status, stdout: wrong.stdout }).toEqual({ status: 1, stdout: "" });
    expect(wrong.stderr).toContain("error[GC0302]");
    expect(wrong.stderr).toContain("\n --> bad.guest:9:9\n");
    expect(wrong.stderr).toMatch(/\n1 error; `guestc explain GC0302` says more\n$/);
    const warned = guestc(["check", "doubtful.guest"], here);
    expect(warned.status).toBe(0);
    expect(warned.stderr).toContain("warning[");
    expect(guestc(["check", "doubtful.guest", "--deny", "warnings"], here).status).toBe(1);
    expect(guestc(["build", "doubtful.guest", "--deny", "warnings"], here)).toMatchObject({
      status: 1,
      stdout: "",
    });
  });

  it("come from the worst of several files, whose diagnostics are all shown", () => {
    const { status, stderr } = guestc(["check", "good.guest", "bad.guest", "doubtful.guest"], here);
    expect(status).toBe(1);
    expect(stderr).toContain("1 error, 1 warning");
  });

  it("treat an empty file as a text with its own diagnostic", () => {
    const { status, stderr } = guestc(["check", "empty.guest"], here);
    expect(status).toBe(1);
    expect(stderr).toContain("empty.guest:1:1");
  });

  it("do not mind a byte order mark", () => {
    expect(guestc(["check", "bom.guest"], here)).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  it("read from standard input for `-`", () => {
    expect(guestc(["check", "-"], { input: good }).status).toBe(0);
    const { status, stderr } = guestc(["check", "-"], { input: bad });
    expect(status).toBe(1);
    expect(stderr).toContain("<stdin>:9:9");
    expect(guestc(["check", "-"], { input: Uint8Array.from([255, 254]) }).status).toBe(2);
  });
});

describe("imports", () => {
  it("are found beside the file, wherever the user stands, and stay inside the project", () => {
    const project = join(folder, "project");
    mkdirSync(join(project, "guests"), { recursive: true });
    writeFileSync(join(project, "package.json"), "{}");
    writeFileSync(join(project, "cpus.guest"), "edition 2026\n\ncpu c {\n  baseline armv8.2-a\n}\n");
    writeFileSync(
      join(project, "guests/g.guest"),
      'edition 2026\n\nimport "../cpus.guest"\n\nguest g {\n  cpu c\n}\n',
    );
    writeFileSync(join(project, "guests/out.guest"), 'edition 2026\n\nimport "../../good.guest"\n');
    for (const [cwd, path] of [
      [project, "guests/g.guest"],
      [join(project, "guests"), "g.guest"],
      [folder, "project/guests/g.guest"],
    ]) {
      expect(guestc(["check", path ?? ""], { cwd: cwd ?? "" })).toEqual({
        status: 0,
        stdout: "",
        stderr: "",
      });
    }
    expect(guestc(["check", "guests/out.guest"], { cwd: project }).status).toBe(1);
    expect(guestc(["check", "guests/out.guest", "--root", ".."], { cwd: project }).status).toBe(0);
    expect(guestc(["check", "guests/g.guest", "--root", "guests"], { cwd: project }).status).toBe(1);
  });
});

describe("streams", () => {
  it("carry no colours into a pipe, unless asked for", () => {
    const plain = guestc(["check", "bad.guest"], here).stderr;
    expect(plain).not.toContain("\u001b");
    const coloured = guestc(["check", "bad.guest", "--color", "always"], here).stderr;
    expect(coloured).toContain("\u001b[31merror[GC0302]");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(coloured.replace(/\u001b\[\d+m/g, "")).toBe(plain);
    expect(guestc(["check", "bad.guest"], { ...here, env: { FORCE_COLOR: "1" } }).stderr).toBe(coloured);
    expect(guestc(["check", "bad.guest"], { ...here, env: { FORCE_COLOR: "0" } }).stderr).toBe(plain);
    const both = { ...here, env: { FORCE_COLOR: "1", NO_COLOR: "1" } };
    expect(guestc(["check", "bad.guest"], both).stderr).toBe(plain);
    expect(guestc(["--color=always", "check", "bad.guest"], both).stderr).toBe(coloured);
    expect(guestc(["check", "--color", "always", "missing.guest"], here).stderr).toContain(
      "\u001b[31mguestc:",
    );
  });

  it("may end early: a closed pipe is no error to report", () => {
    const script = `"$0" "$1" explain $(yes FEAT_SVE2 | head -n 400) | head -n 1; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = spawnSync("bash", ["-c", script, process.execPath, cli], {
      encoding: "utf8",
      env: environment(),
    });
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^FEAT_SVE2: .*\n2\n$/);
  });
});

describe.runIf(existsSync("/dev/full"))("a full disk", () => {
  const status = (stdout: string, stderr: string, ...words: readonly string[]) => {
    const line = `"$0" "$@" >${stdout} 2>${stderr}; echo $?`;
    const ran = spawnSync("sh", ["-c", line, process.execPath, cli, ...words], {
      ...here,
      encoding: "utf8",
      env: environment(),
    });
    return ran.stdout;
  };

  it("is told, and ends with 2", () => {
    expect(status("/dev/full", "full.txt", "--version")).toBe("2\n");
    expect(readFileSync(join(folder, "full.txt"), "utf8")).toBe("guestc: standard output: no space left\n");
  });

  it("ends with 2 where it cannot be told", () => {
    expect(status("/dev/full", "/dev/full", "--version")).toBe("2\n");
    expect(status("/dev/null", "/dev/full", "check", "nowhere.guest")).toBe("2\n");
  });
});
