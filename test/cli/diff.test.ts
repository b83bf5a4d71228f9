/** `guestc diff` as its users meet it: what it takes, exit codes, and the samples of its documentation. */
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { good, guestc, scratch } from "./run.ts";

const folder = scratch();
const here = { cwd: folder };
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return name;
};
file("one.guest", good);
file("two.guest", `${good.replace("  cpu c\n}", "  cpu c\n  vcpus 2\n}")}\nguest other {\n  cpu c\n}\n`);
file("wrong.guest", good.replace("  cpu c\n}", "  cpu c\n  vcpus 0\n}"));
file("one.plan.json", guestc(["build", "one.guest"], here).stdout);
file("two.plan.json", guestc(["build", "two.guest", "--guest", "g"], here).stdout);
const planText = readFileSync(join(folder, "one.plan.json"), "utf8");
const yamlText = guestc(["build", "one.guest", "--format", "yaml"], here).stdout;
file("one.plan.yaml", yamlText);
const shippedProfile = readFileSync("hosts/neoverse-n1.linux-7.2.json", "utf8");
const [old, fresh] = ["neoverse-n1.linux-7.2", "neoverse-n1.linux-7.3"];

describe("guestc diff", () => {
  it("compares shipped hosts and files, and exits 0", () => {
    const { status, stdout, stderr } = guestc(["diff", old, resolve(`hosts/${fresh}.json`)], here);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("What KVM offers\n  + KVM_CAP_ARM_PMU_V3_STRICT");
  });

  it("exits 1 with --exit-code when there is a difference, and only then", () => {
    expect(guestc(["diff", old, fresh, "--exit-code"], here).status).toBe(1);
    expect(guestc(["diff", old, old, "--exit-code"], here).status).toBe(0);
    expect(guestc(["diff", "neoverse-n1.linux-7.1", old, "--exit-code"], here).stdout).toContain(
      "no differences",
    );
  });

  it("compares guests, named behind the file, by --guest, or the only one", () => {
    for (const args of [
      ["one.guest", "two.guest:g"],
      ["one.guest:g", "two.guest", "--guest", "g"],
    ]) {
      const { status, stdout } = guestc(["diff", ...args], here);
      expect(status).toBe(0);
      expect(stdout).toContain("+ vCPUs added: 2");
      expect(stdout).toContain("two.guest:9:3 vcpus 2");
    }
  });

  it("compares plans", () => {
    const { status, stdout } = guestc(["diff", "one.plan.json", "two.plan.json"], here);
    expect(status).toBe(0);
    expect(stdout).toContain("+ vcpus added: 2");
  });

  it("reads plans in YAML as those in JSON", () => {
    const same = guestc(["diff", "one.plan.json", "one.plan.yaml", "--exit-code"], here);
    expect(same).toMatchObject({ status: 0, stderr: "" });
    expect(same.stdout).toContain("\nno differences\n");
    const [json, yaml] = ["one.plan.json", "one.plan.yaml"].map((name) =>
      guestc(["diff", name, "two.plan.json", "--exit-code"], here),
    );
    expect(yaml?.status).toBe(1);
    expect(yaml?.stdout.split("\n").slice(1)).toEqual(json?.stdout.split("\n").slice(1));
  });

  it("says of a file and itself that there are no differences", () => {
    for (const [name, code] of [
      ["one.guest", 0],
      ["one.plan.json", 0],
      [old, 0],
    ] as const) {
      const { status, stdout } = guestc(["diff", name, name, "--exit-code"], here);
      expect(status).toBe(code);
      expect(stdout).toMatch(/\nno differences\n$/);
    }
  });

  it("gives the document, on stdout or in a file", () => {
    const { stdout } = guestc(["diff", old, fresh, "--format", "json"], here);
    expect(JSON.parse(stdout)).toMatchObject({ schema: "guestc.diff/1", kind: "hosts" });
    guestc(["diff", old, fresh, "--format", "json", "--out", "diff.json"], here);
    expect(readFileSync(join(folder, "diff.json"), "utf8")).toBe(stdout);
  });

  it("reads one of the two from standard input", () => {
    const input = readFileSync(join(folder, "two.plan.json"), "utf8");
    expect(guestc(["diff", "one.plan.json", "-"], { ...here, input }).stdout).toContain("<stdin>");
    expect(guestc(["diff", "-", "-"], { ...here, input }).status).toBe(2);
  });

  it("refuses --guest where there is none to choose", () => {
    const hosts = guestc(["diff", old, fresh, "--guest", "g"], here);
    expect(hosts).toEqual({
      status: 2,
      stdout: "",
      stderr: "guestc: --guest chooses a guest of a `.guest` file, and each of the two is a host\n",
    });
    expect(guestc(["diff", "one.plan.json", "two.plan.json", "--guest", "g"], here).status).toBe(2);
  });

  it("tells a program's errors and exits 2, since 1 says that there is a difference", () => {
    const { status, stdout, stderr } = guestc(["diff", "one.guest", "wrong.guest"], here);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain("GC0302");
  });

  it.each([
    [["one.guest", old], "a contract cannot be compared with a host"],
    [["one.guest", "two.guest"], "declares several guests"],
    [["one.guest:nobody", "one.guest"], "no guest `nobody`"],
    [["one.plan.json:g", "one.plan.json"], "has no guests"],
    [["neoverse-n1.linux-7.22", old], "did you mean"],
    [["one.guest"], "needs A B"],
    [[file("empty.json", "{}"), old], "is no host and no plan"],
    [[file("bad.plan.json", '{"schema": "guestc.plan/1"}'), "one.plan.json"], "lacks the key"],
    [
      [file("id.plan.json", planText.replace('"0x603', '"0X603')), "one.plan.json"],
      /is no plan: `id` is `"0X603\w+"`; expected .* \(at \/operations\/\d+\/id\)/,
    ],
    [
      [file("cut.plan.yaml", yamlText.slice(0, 700)), "one.plan.json"],
      /cut\.plan\.yaml:\d+:\d+: is no YAML: Missing closing/,
    ],
    [[file("alias.plan.yaml", `${yamlText}x: &a 1\ny: *a\n`), "one.plan.json"], "has an alias"],
    [[file("key.plan.yaml", yamlText.replace("operations:", "steps:")), "one.plan.json"], "lacks the key"],
    [[file("diff.json", '{"schema": "guestc.diff/1"}'), old], 'is a document of "guestc.diff/1"'],
    [
      [file("one.h", guestc(["build", "one.guest", "--target", "c-header"], here).stdout), old],
      "is a C header",
    ],
    [[file("empty", " \n"), old], "is empty"],
    [[file("notes.txt", "hello world\n"), old], "declares no guest"],
    [[file("cut.json", shippedProfile.slice(0, 2000)), old], /cut\.json:\d+:\d+: .* is not JSON/],
    [[".", old], "is a directory"],
    [["gone.guest", "one.guest"], "no such file"],
  ])("%j is a wrong command line", (args, message) => {
    const { status, stdout, stderr } = guestc(["diff", ...args], here);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    if (typeof message === "string") expect(stderr).toContain(message);
    else expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});

describe("the samples of docs/cli.md", () => {
  const section =
    readFileSync("docs/cli.md", "utf8").split("## guestc diff A B\n")[1]?.split("\n## ")[0] ?? "";

  it("are what the commands print", () => {
    const samples = [...section.matchAll(/```text\n\$ guestc (.*)\n([\s\S]*?)```/g)];
    expect(samples.length).toBeGreaterThan(1);
    for (const [, command = "", text] of samples) expect(guestc(command.split(" ")).stdout).toBe(text);
  });

  it("have the document of a command", () => {
    const [, command = "", json = ""] =
      /`guestc ([^`]*--format json)`:\n\n```json\n([\s\S]*?)```/.exec(section) ?? [];
    expect(JSON.parse(guestc(command.split(" ")).stdout)).toEqual(JSON.parse(json));
  });
});
