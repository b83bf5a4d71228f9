/** `guestc probe` and `guestc host check`. */
import { readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { guestc, scratch } from "./run.ts";

const folder = scratch();
const here = { cwd: folder };
const source = readFileSync("probe/guestc-probe.c", "utf8");
const shipped = resolve("hosts/neoverse-n1.linux-6.12.json");
const text = readFileSync(shipped, "utf8");

describe("probe", () => {
  it("prints the program's source, byte for byte", () => {
    expect(guestc(["probe"])).toEqual({ status: 0, stdout: source, stderr: "" });
    // The bundle keeps it as Latin-1.
    expect(/[^\0-\x7f]/.test(source)).toBe(false);
  });

  it("writes it into a file, and leaves that alone when it is the same", () => {
    const path = join(folder, "probe.c");
    expect(guestc(["probe", "-o", "probe.c"], here)).toEqual({
      status: 0,
      stdout: "",
      stderr: "written probe.c\n",
    });
    expect(readFileSync(path, "utf8")).toBe(source);
    const past = new Date("2020-01-01T00:00:00Z");
    utimesSync(path, past, past);
    expect(guestc(["probe", "--out", "probe.c"], here).stderr).toBe("unchanged probe.c\n");
    expect(statSync(path).mtimeMs).toBe(past.getTime());
  });

  it("tells the three commands that a user needs", () => {
    const { stdout } = guestc(["probe", "--help"]);
    for (const line of ["1. compile: guestc probe | ", "2. copy:    scp ", "3. run:     ssh "])
      expect(stdout).toContain(`\n${line}`);
  });
});

describe("host check", () => {
  it("says what a profile holds: kernel, CPU, what KVM offers, configurations, what is missing", () => {
    const { status, stdout, stderr } = guestc(["host", "check", shipped]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("neoverse-n1.linux-6.12\n");
    expect(stdout).toMatch(/\n {2}kernel +6\.12\./);
    expect(stdout).toMatch(/\n {2}PMU +yes\n/);
    expect(stdout).toMatch(
      /\n {2}SVE +no: KVM_ARM_VCPU_INIT answered EINVAL for the vCPU features PSCI_0_2, SVE/,
    );
    expect(stdout).toMatch(/\n {4}base +\d+ registers, \d+ with a value; \d+ writable; \d+ swept/);
    expect(stdout).toMatch(/\n {4}impid +refused: KVM_ENABLE_CAP answered EINVAL/);
  });

  it("names the CPU by MIDR_EL1 where the profile does not, and what a profile lacks", () => {
    const bare = text
      .replace(/"cpu": \{[^}]*\}/, '"cpu": { "midr": "0x00000000413fd0c1", "platform": "" }')
      .replace(/"sweeps": \{[^}]*\}/, '"sweeps": null');
    writeFileSync(join(folder, "bare.json"), bare);
    const { status, stdout } = guestc(["host", "check", "bare.json"], here);
    expect(status).toBe(0);
    expect(stdout).toMatch(/\n {2}cpu +neoverse-n1 \(MIDR_EL1 0x413fd0c1\)\n/);
    expect(stdout).toMatch(/\n {2}missing\n/);
    expect(stdout).toMatch(
      /\n {4}sweeps of `base`.*; so whether KVM takes a value is judged by mask and by rule\n/,
    );
  });

  it("tells every problem of every wrong file with its place, and the pages of the right ones", () => {
    writeFileSync(join(folder, "wrong.json"), text.replace('"PSCI_0_2", "SVE"', '"psci", "SVE"'));
    writeFileSync(join(folder, "none.json"), "{ 1 }");
    const { status, stdout, stderr } = guestc(["host", "check", "wrong.json", shipped, "none.json"], here);
    expect(status).toBe(1);
    expect(stdout).toContain("neoverse-n1.linux-6.12\n");
    expect(stderr).toMatch(/^wrong\.json:\d+:\d+: .*a vCPU feature such as `PMU_V3`/m);
    expect(stderr).toMatch(/^none\.json:1:3: none\.json is not JSON: expected a key in double quotes/m);
  });

  it("does the same as a document", () => {
    writeFileSync(join(folder, "wrong.json"), text.replace('"origin": "recorded"', '"origin": "guessed"'));
    const { status, stdout, stderr } = guestc(
      ["host", "check", shipped, "wrong.json", "--format", "json"],
      here,
    );
    expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
    const { schema, hosts } = JSON.parse(stdout);
    expect(schema).toBe("guestc.hosts/1");
    expect(hosts[0]).toMatchObject({
      problems: [],
      host: { name: "neoverse-n1.linux-6.12", cpu: { name: "neoverse-n1", known: true } },
    });
    const byName = Object.fromEntries(
      hosts[0].host.facilities.map((one: { name: string; offered: boolean }) => [one.name, one.offered]),
    );
    expect(byName).toMatchObject({ PMU: true, SVE: false, "nested virtualisation": false });
    expect(hosts[1]).toMatchObject({ file: "wrong.json", problems: [{ instancePath: "/origin", line: 5 }] });
  });

  it("exits with 2 for a file that cannot be read, before anything is said, and for another word", () => {
    expect(guestc(["host", "check", shipped, "missing.json"], here)).toMatchObject({ status: 2, stdout: "" });
    const other = guestc(["host", "chekc", shipped]);
    expect(other).toMatchObject({ status: 2, stdout: "" });
    expect(other.stderr).toContain("`guestc host check FILE…` checks host profiles");
    expect(guestc(["host", "check"]).status).toBe(2);
  });
});
