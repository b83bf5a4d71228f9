/** `guestc report` as its users meet it: where it writes, which guests and hosts it takes, and what it says when it cannot. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { bad, good, guestc, scratch } from "./run.ts";

const folder = scratch();
const here = { cwd: folder };
const hosts = ["--host", "neoverse-n1.linux-6.18", "--host", "neoverse-n1.linux-7.2"];
writeFileSync(join(folder, "g.guest"), good);
writeFileSync(join(folder, "wrong.guest"), bad);
writeFileSync(join(folder, "none.guest"), "edition 2026\n");
writeFileSync(join(folder, "two.guest"), `${good}\nguest other {\n  cpu c\n}\n`);

describe("guestc report", () => {
  it("writes a page into a file, leaves it alone when nothing changed, and leaves nothing beside it", () => {
    const first = guestc(["report", "g.guest", ...hosts, "--out", "g.html"], here);
    expect(first).toEqual({ status: 0, stdout: "", stderr: "written g.html\n" });
    const { mtimeMs } = statSync(join(folder, "g.html"));
    const second = guestc(["report", "g.guest", ...hosts, "-o", "g.html"], here);
    expect(second).toEqual({ status: 0, stdout: "", stderr: "unchanged g.html\n" });
    expect(statSync(join(folder, "g.html")).mtimeMs).toBe(mtimeMs);
    expect(readdirSync(folder).filter((name) => name.includes("tmp"))).toEqual([]);
    const html = readFileSync(join(folder, "g.html"), "utf8");
    expect(html).toMatch(/^<!DOCTYPE html>\n<html lang="en">/);
    expect(html).toMatch(/<\/html>\n$/);
    for (const piped of [["--out", "-"], []])
      expect(guestc(["report", "g.guest", ...hosts, ...piped], here)).toEqual({
        status: 0,
        stdout: html,
        stderr: "",
      });
  });

  it("tells of all guests, or of those that are named", () => {
    const titles = (...args: readonly string[]) =>
      [
        ...guestc(["report", "two.guest", ...args], here).stdout.matchAll(
          /<span class="soft">guest<\/span> (\w+)/g,
        ),
      ].map(([, name]) => name);
    expect(titles()).toEqual(["g", "other"]);
    expect(titles("--guest", "other")).toEqual(["other"]);
    expect(titles("--guest", "other", "--guest", "g")).toEqual(["g", "other"]);
  });

  it("takes a host once, and its profile by path", () => {
    const path = resolve("hosts/neoverse-n1.linux-6.18.json");
    const { stdout } = guestc(["report", "g.guest", ...hosts, "--host", path], here);
    expect([...stdout.matchAll(/<tr id="h\d+">/g)]).toHaveLength(2);
  });

  it("reads a program from standard input", () => {
    const { status, stdout } = guestc(["report", "-"], { ...here, input: good });
    expect(status).toBe(0);
    expect(stdout).toContain("<h1>&lt;stdin&gt;</h1>");
  });

  it.each([
    [["missing.guest"], 2, /^guestc: missing\.guest: /],
    [["."], 2, /^guestc: \.: is a directory|^guestc: \.: /],
    [["binary.guest"], 2, /^guestc: binary\.guest: is no UTF-8 text\n$/],
    [["none.guest"], 2, /declares no guest, so there is nothing to report\n$/],
    [["two.guest", "--guest", "othr"], 2, /the file has no guest `othr`\n {2}did you mean `other`\?/],
    [["g.guest", "--host", "neoverse-n1.linux-6.81"], 2, /did you mean/],
    [["g.guest", "--vmm", "xen"], 2, /--vmm/],
    [["g.guest", "--out", "nowhere/g.html"], 2, /nowhere\/g\.html: there is no folder nowhere\n$/],
    [["g.guest", "--out", "folder"], 2, /^guestc: folder: /],
    [["wrong.guest"], 1, /^error\[GC\d+\]/],
  ] as const)("%j: exits %i and says why in a few lines", (args, exit, message) => {
    writeFileSync(join(folder, "binary.guest"), new Uint8Array([0xff, 0xfe, 0, 1]));
    mkdirSync(join(folder, "folder"), { recursive: true });
    const { status, stdout, stderr } = guestc(["report", ...args], here);
    expect({ status, stdout }).toEqual({ status: exit, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n {4}at /);
  });
});
