/** `guestc baseline`: fleets by path, folder and name, the three forms, parts that are merged, exit codes. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { guestc, scratch } from "./run.ts";

const folder = scratch();
const here = { cwd: folder };
const n1 = "neoverse-n1.linux-6.18";
const v1 = "neoverse-v1.linux-6.18";
const a76 = "cortex-a76.linux-7.2";
const valid = new Ajv2020({ strict: false }).compile(
  JSON.parse(readFileSync("schemas/baseline.schema.json", "utf8")),
);

describe("baseline", () => {
  it("says what is common and who limits it", () => {
    const { status, stdout, stderr } = guestc(["baseline", n1, a76], here);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^ {2}hosts +2 in 2 classes\n/);
    expect(stdout).toMatch(/\n {2}sve +off: no host has it\n/);
    expect(stdout).toMatch(/\n {2}ID_AA64PFR1_EL1.SSBS +1 \(IMP\) +2 \(SSBS2\) +cortex-a76.linux-7.2\n/);
    expect(stdout).not.toContain("no common guest");
  });

  it("exits 1 where there is no common guest, and says what stands against it", () => {
    const { status, stdout } = guestc(["baseline", n1, v1], here);
    expect(status).toBe(1);
    expect(stdout).toMatch(/\n {4}field +\[1\] +\[2\] +common if it could be written\n/);
    expect(stdout).toMatch(/\n {4}ID_AA64MMFR2_EL1.FWB +1 \(IMP\) +0 \(NI\) +0 \(NI\)\n/);
    expect(stdout).toContain("\n      [2] neoverse-n1.linux-6.18\n");
    expect(stdout).toMatch(
      /\n {4}no remedy: no kernel up to linux \S+ lets a VMM write .*ID_AA64MMFR2_EL1.FWB/,
    );
    expect(stdout).toContain("\nwithout 1 host the other has one\n");
  });

  it("prints a block that checks against the hosts it was made of", () => {
    const made = guestc(["baseline", n1, a76, "--format", "guest", "-o", "common.guest"], here);
    expect(made).toEqual({ status: 0, stdout: "", stderr: "written common.guest\n" });
    writeFileSync(
      join(folder, "web.guest"),
      'edition 2026\n\nimport "common.guest"\n\nguest web {\n  cpu common\n}\n',
    );
    const args = ["check", "web.guest", "--host", n1, "--host", a76, "--deny", "warnings", "--root", "."];
    expect(guestc(args, here)).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(guestc(["fmt", "--check", "common.guest"], here).status).toBe(0);
  });

  it("says in the block what was not read on the hosts", () => {
    writeFileSync(
      join(folder, "made.guest"),
      "edition 2026\n\nhost a { cpu neoverse-n1; kernel linux 6.18 }\nhost b { cpu neoverse-n1; kernel linux 7.2 }\n",
    );
    const { stdout } = guestc(["baseline", "made.guest", "--format", "guest"], here);
    expect(stdout).toMatch(
      /\n\/\/\/ By guestc's tables, not read on every host: what ID registers show, .*\.\n/,
    );
    expect(guestc(["baseline", n1, "--format", "guest"], here).stdout).not.toContain("not read on");
  });

  it("prints a block of a fleet in conflict only where that is asked for", () => {
    const refused = guestc(["baseline", n1, v1, "--format", "guest"], here);
    expect({ status: refused.status, stdout: refused.stdout }).toEqual({ status: 1, stdout: "" });
    expect(refused.stderr).toContain("`--open` leaves the fields in conflict to each host");
    const open = guestc(["baseline", n1, v1, "--format", "guest", "--open"], here);
    expect(open.stdout).toMatch(/field +ID_AA64MMFR2_EL1.IDS += host\n/);
  });

  it("calls packed files of one host by their paths, in parts as in the whole", () => {
    const packed = gzipSync(readFileSync(resolve(`hosts/${n1}.json`)));
    for (const name of ["first.gz", "second.gz"]) writeFileSync(join(folder, name), packed);
    const json = (...args: readonly string[]) => guestc(["baseline", ...args, "--format", "json"], here);
    const whole = json("first.gz", "second.gz");
    expect(JSON.parse(whole.stdout).classes[0].names).toEqual([`${n1} (first.gz)`, `${n1} (second.gz)`]);
    json("first.gz", "second.gz", "--shard", "1/2", "-o", "one.json");
    json("first.gz", "second.gz", "--shard", "2/2", "-o", "two.json");
    expect(json("--merge", "one.json", "two.json")).toEqual(whole);
  });

  it("takes a folder, and merges parts to the same document", () => {
    const fleet = join(folder, "fleet");
    mkdirSync(fleet);
    for (const name of [n1, v1, a76])
      writeFileSync(join(fleet, `${name}.json`), readFileSync(resolve(`hosts/${name}.json`)));
    const json = (...args: readonly string[]) => guestc(["baseline", ...args, "--format", "json"], here);
    const whole = json("fleet");
    expect(valid(JSON.parse(whole.stdout)), JSON.stringify(valid.errors)).toBe(true);
    json("fleet", "--shard", "1/2", "-o", "a.json");
    json("fleet", "--shard", "2/2", "-o", "b.json");
    expect(JSON.parse(readFileSync(join(folder, "a.json"), "utf8")).hosts).toBe(2);
    expect(json("--merge", "b.json", "a.json")).toEqual(whole);
    // Of four parts of three hosts one is empty, and still a document.
    mkdirSync(join(folder, "parts"));
    for (const part of [1, 2, 3, 4]) json("fleet", "--shard", `${part}/4`, "-o", `parts/${part}.json`);
    const none: unknown = JSON.parse(readFileSync(join(folder, "parts/4.json"), "utf8"));
    expect(valid(none), JSON.stringify(valid.errors)).toBe(true);
    expect(json("--merge", "parts")).toEqual(whole);
  });

  it("takes the fleet of a file", () => {
    const example = resolve("examples/portable-web.guest");
    const { status, stdout } = guestc(["baseline", example, "--fleet", "prod"], here);
    expect(status).toBe(0);
    expect(stdout).toContain("limited by");
    expect(stdout).toContain("a76-72\n");
    const { status: wrong, stderr } = guestc(["baseline", example, "--fleet", "prd"], here);
    expect(wrong).toBe(2);
    expect(stderr).toContain("did you mean `prod`?");
  });

  it("says of a part that it is one, in the block too", () => {
    const part = guestc(["baseline", n1, a76, "--shard", "1/2", "--format", "guest"], here);
    expect(part.status).toBe(0);
    expect(part.stdout).toContain("\n/// Part 1 of 2 alone: what the whole fleet has in common is less.\n");
  });

  it("leaves out no host of a file whose declaration is wrong, and heeds no other error", () => {
    const host = (name: string, what = n1): string => `host ${name} { profile "${what}" }\n`;
    const file = (text: string): string => {
      writeFileSync(join(folder, "declared.guest"), `edition 2026\n${text}`);
      return "declared.guest";
    };
    for (const [text, code] of [
      [host("a") + host("a", v1), "GC0202"],
      [host("a") + host('"b"', v1), "GC0102"],
      [host("a") + host("b", "nowhere.json"), "GC0204"],
      [`${host("a")}hots b { profile "${v1}" }\n`, "GC0101"],
    ] as const) {
      const { status, stdout, stderr } = guestc(["baseline", file(text)], here);
      expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
      expect(stderr).toContain(`error[${code}]`);
    }
    const apart = file(
      `${host("a")}${host("b", "nowhere.json")}fleet f { hosts a }\nfleet h { hosts a, b }\ncpu c { baseline common of h }\nguest g { cpu missing }\n`,
    );
    expect(guestc(["baseline", apart, "--fleet", "f"], here)).toMatchObject({ status: 0, stderr: "" });
    const whole = guestc(["baseline", apart, "--fleet", "h"], here);
    expect(whole.status).toBe(1);
    expect(whole.stderr).toContain("error[GC0204]");
    expect(whole.stderr).not.toContain("missing");
    expect(guestc(["baseline", file(host("a")), "--fleet", "f"], here).stderr).toBe(
      "guestc: declared.guest: has no fleet `f`\n  it declares none\n",
    );
  });

  it("refuses an option that would have no effect", () => {
    for (const [args, message] of [
      [
        [n1, "--fleet", "x"],
        "--fleet names a fleet of a `.guest` file, and there is none among the operands",
      ],
      [[n1, "--open"], "--open has a meaning with `--format guest` alone"],
      [[n1, "--with", "sve,none"], "--with takes `none`, or facilities, and not both"],
      [["x.json", "--merge", "--keep-going"], "--merge takes whole documents, and no --keep-going"],
      [["[z-a].json"], "`[z-a].json` is no pattern: a range such as `[a-z]` goes upwards"],
    ] as const) {
      const { status, stderr } = guestc(["baseline", ...args], here);
      expect({ status, stderr }).toEqual({ status: 2, stderr: `guestc: ${message}\n` });
    }
  });

  it("says what is wrong with paths that cannot be looked at, and follows no link round in a ring", () => {
    symlinkSync("ring.json", join(folder, "ring.json"));
    const long = `${"a".repeat(300)}.json`;
    for (const [args, message] of [
      [["ring.json"], "ring.json: too many symbolic links"],
      [["--merge", "ring.json"], "ring.json: too many symbolic links"],
      [[long], `${long}: the name is too long`],
    ] as const) {
      const { status, stderr } = guestc(["baseline", ...args], here);
      expect({ status, stderr }).toEqual({ status: 2, stderr: `guestc: ${message}\n` });
    }
    // A link that leads nowhere is a host that is missing, not one that was never meant.
    mkdirSync(join(folder, "links"));
    symlinkSync("ring.json", join(folder, "links", "ring.json"));
    symlinkSync("nowhere.json", join(folder, "links", "gone.json"));
    symlinkSync("..", join(folder, "links", "up"));
    for (const operand of ["links", "links/*.json", "links/**/*.json"]) {
      const { status, stderr } = guestc(["baseline", operand], here);
      expect(status).toBe(1);
      expect(stderr.split("\n").slice(0, 3)).toEqual([
        "guestc: 2 of 2 hosts cannot be read",
        "  links/gone.json: no such file or directory",
        "  links/ring.json: too many symbolic links",
      ]);
    }
    writeFileSync(join(folder, "odd.ndjson"), `"ring.json"\n"${long}"\n"a\\u0000"\n`);
    const { status, stderr } = guestc(["baseline", "odd.ndjson"], here);
    expect(status).toBe(1);
    expect(stderr).toContain("3 of 3 hosts cannot be read\n  odd.ndjson:1:1: ring.json: too many");
    expect(stderr).toContain("odd.ndjson:3:1: is no path: it has a NUL in it");
  });

  it("says what is wrong with a command line", () => {
    const problem = (...args: readonly string[]) => {
      const { status, stderr } = guestc(["baseline", ...args], here);
      expect(status).toBe(2);
      return stderr;
    };
    expect(problem(n1, "--shard", "3/2")).toContain("--shard takes PART/PARTS such as 2/5, not `3/2`");
    expect(problem("nosuch.json", "-o", "none/a.json")).toBe(
      "guestc: none/a.json: there is no folder none\n",
    );
    expect(problem(n1, "--with", "svee")).toContain("did you mean `sve`?");
    expect(problem(n1, "--shard", "2/2")).toContain("this part of the fleet has no host");
    writeFileSync(join(folder, "no.json"), "{}");
    expect(problem("--merge", "no.json")).toBe("guestc: no.json: is no guestc.baseline/1 document\n");
    mkdirSync(join(folder, "empty"));
    expect(problem("empty")).toContain("guestc: empty: has no profile (*.json)\n");
  });
});
