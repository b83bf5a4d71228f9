/** `guestc probe` and `guestc host check`. */
import { readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { shownPath } from "../../src/cli/files.ts";
import { readHosts } from "../../src/cli/hosts.ts";
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
    expect(other.stderr).toContain("`guestc host check FILE…` checks host profiles and other files");
    expect(guestc(["host", "check"]).status).toBe(2);
    expect(guestc(["host", "check", ""]).stderr).toBe("guestc: the name of a host is empty\n");
  });
});

describe("other files that describe a host", () => {
  const sample = (name: string): string => resolve("test/hosts/inputs/samples", name);

  it("are checked, with what they do not say", () => {
    const { status, stdout, stderr } = guestc(["host", "check", sample("fingerprint.json")]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/\n {2}form +a Firecracker fingerprint\n/);
    expect(stdout).toMatch(/\n {2}made +recorded by Firecracker 1\.12\.0\n/);
    expect(stdout).toMatch(
      /\n {4}pmu +\d+ registers, \d+ with a value; computed, not read; no masks; not swept\n/,
    );
    expect(stdout).toMatch(/\n {2}missing\n {4}whether the dump was made with a CPU template/);
    expect(stdout).toMatch(/\n {4}writable masks: .* \(before 6\.7\); so masks are those/);
  });

  it("need the kernel where they do not name it", () => {
    const without = guestc(["host", "check", sample("idregs")]);
    expect(without).toMatchObject({ status: 1, stdout: "" });
    expect(without.stderr).toMatch(
      /does not say which kernel the host runs .*\n {2}give `--kernel VERSION`\n$/,
    );
    const { status, stdout } = guestc([
      "host",
      "check",
      sample("idregs"),
      "--kernel",
      "6.18",
      "--format",
      "json",
    ]);
    expect(status).toBe(0);
    const [one] = JSON.parse(stdout).hosts;
    expect(one).toMatchObject({ form: "kvm-idregs", problems: [], host: { kernel: "6.18" } });
    expect(one.notes.map(({ id }: { id: string }) => id)).toContain("values-of-a-vm");
    expect(one.host.gaps.map(({ id }: { id: string }) => id)).toContain("writable-masks");
  });

  it("of a kernel that the tables do not have say so, and nothing is said to be by them", () => {
    const args = ["host", "check", sample("registers.txt"), "--kernel"];
    const { status, stdout } = guestc([...args, "99.1"]);
    expect(status).toBe(0);
    expect(stdout).not.toContain("by guestc's tables for linux 99.1");
    expect(stdout).toMatch(
      /\n {2}SVE +no: nobody asked KVM_CHECK_EXTENSION\(170, KVM_CAP_ARM_SVE\), and guestc's tables have no linux 99\.1\n/,
    );
    expect(stdout).toMatch(/ 99\.1 is none of them; so what was not read counts as absent, .* linux 7\.3/);
    expect(stdout).not.toContain("\n    linux 99.1 in guestc's tables; so ");
    writeFileSync(
      join(folder, "future.json"),
      text.replace(/"kernel": \{[^}]*\}/, '"kernel": { "release": "99.1", "version": "99.1" }'),
    );
    expect(guestc(["host", "check", "future.json"], here).stdout).toContain(
      "\n    linux 99.1 in guestc's tables; so ",
    );
    expect(guestc([...args, "5.4"]).stdout).toContain("every write is judged as refused");
    expect(guestc([...args, "6.12"]).stdout).not.toContain("linux 6.12 in guestc's tables; so");
    expect(guestc([...args, "6.12"]).stdout).toContain("by guestc's tables for linux 6.12");
  });

  it("are converted into profiles that are read like any other", () => {
    const ran = guestc(
      ["host", "convert", sample("registers.txt"), "--kernel", "6.12", "-o", "n1.json"],
      here,
    );
    expect(ran).toMatchObject({ status: 0, stdout: "" });
    expect(ran.stderr).toMatch(/^written n1\.json\n.*registers\.txt: does not say the whole register list/);
    const checked = guestc(["host", "check", "n1.json"], here);
    expect(checked.stdout).toContain("n1.json: neoverse-n1.linux-6.12\n");
    // From standard input to standard output, the same bytes.
    const piped = guestc(["host", "convert", "-", "--kernel", "6.12"], {
      ...here,
      input: readFileSync(sample("registers.txt"), "utf8"),
    });
    expect(piped.stdout).toBe(readFileSync(join(folder, "n1.json"), "utf8"));
    expect(guestc(["host", "convert", "n1.json"], here)).toEqual({
      status: 0,
      stdout: piped.stdout,
      stderr: "",
    });
  });

  it("that are none, or templates, say so with line and column", () => {
    const { status, stderr } = guestc(["host", "convert", sample("template.json")]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/template\.json:12:17: this is a CPU template, not a host/);
  });

  it("are shown as a CPU template's guests see them", () => {
    const template = (file: string, bitmap: string): string => {
      writeFileSync(
        join(folder, file),
        `{\n  "reg_modifiers": [\n    { "addr": "0x603000000013c030", "bitmap": "${bitmap}" }\n  ]\n}\n`,
      );
      return file;
    };
    const convert = (...args: readonly string[]) =>
      guestc(["host", "convert", "neoverse-v1.linux-6.18", "--template", ...args], here);
    expect(
      convert(template("low.json", "0b000000000000xxxxxxxxxxxxxxxx0001xxxxxxxxxxxx"), "-o", "v1-low.json"),
    ).toEqual({
      status: 0,
      stdout: "",
      stderr: "written v1-low.json\n",
    });
    const { stdout } = guestc(["diff", "neoverse-v1.linux-6.18", "v1-low.json"], here);
    expect(stdout).toContain("SHA2 2 (SHA512) → 1 (SHA256)");
    const high = convert(template("high.json", `0b1111${"x".repeat(60)}`));
    expect(high).toMatchObject({ status: 1, stdout: "" });
    expect(high.stderr).toMatch(
      /^high\.json:3:47: KVM refuses ID_AA64ISAR0_EL1 with RNDR 0x1 → 0xf: KVM_SET_ONE_REG answered EINVAL/,
    );
    expect(high.stderr).toContain("no profile was made");
    expect(convert("gone.json")).toMatchObject({ status: 2 });
    writeFileSync(join(folder, "nothing.json"), "{}\n");
    const same = convert("nothing.json", "-o", "v1-same.json");
    expect(same).toMatchObject({ status: 0, stdout: "" });
    expect(same.stderr).toContain("nothing.json: the template changes nothing: ");
    const idle = convert(template("idle.json", `0b${"x".repeat(64)}`), "-o", "v1-same.json");
    expect(idle).toMatchObject({ status: 0, stdout: "" });
    expect(idle.stderr).toContain("idle.json: the template changes nothing: ");
    const core = "cpu neoverse-v1 kernel linux 6.18";
    expect(guestc(["host", "convert", core, "--template", "low.json", "-o", "core.json"], here).status).toBe(
      0,
    );
    expect(guestc(["diff", core, "core.json"], here).stdout).toContain("SHA2 2 (SHA512) → 1 (SHA256)");
    expect(convert(shipped).stderr).toContain("this is a document of guestc's, not a CPU template");
    expect(guestc(["host", "check", "v1-low.json", "--template", "low.json"], here).status).toBe(2);
    expect(guestc(["diff", "low.json", shipped], here).stderr).toContain(
      "`guestc host convert HOST --template low.json -o FILE`",
    );
  });

  it("are shown so in docs/hosts.md too", () => {
    const page = readFileSync("docs/hosts.md", "utf8");
    const [, json = ""] = /<!-- plain-crypto\.json -->\n```json\n([\s\S]*?)```/.exec(page) ?? [];
    const [, session = ""] = /```text\n(\$ guestc host convert neoverse-v1[\s\S]*?)```/.exec(page) ?? [];
    writeFileSync(join(folder, "plain-crypto.json"), json);
    const lines = session.split("\n").filter((line) => line !== "" && line !== "…");
    const outputs = lines
      .filter((line) => line.startsWith("$ guestc "))
      .map((line) => guestc(line.slice("$ guestc ".length).split(" "), here).stdout);
    const said = lines.filter((line) => !line.startsWith("$"));
    expect(said.length).toBeGreaterThan(4);
    for (const line of said) expect(outputs.join("").split("\n")).toContain(line);
  });

  it("take each option with its own verb", () => {
    for (const args of [
      ["host", "check", shipped, "--out", "x"],
      ["host", "convert", shipped, "--format", "json"],
      ["host", "convert", shipped, shipped],
    ])
      expect(guestc(args)).toMatchObject({ status: 2, stdout: "" });
  });

  it("stand in a program, with the kernel beside them", () => {
    const program = (host: string): string =>
      `edition 2026\n\nhost h {\n${host}\n}\n\ncpu c {\n  baseline host\n}\n\nguest g {\n  cpu c\n  runs-on h\n}\n`;
    for (const name of ["fingerprint.json", "idregs", "registers.txt", "template.json"])
      writeFileSync(join(folder, name), readFileSync(sample(name)));
    const check = (host: string) => {
      writeFileSync(join(folder, "p.guest"), program(host));
      return guestc(["check", "p.guest"], here);
    };
    expect(check('  profile "fingerprint.json"').status).toBe(0);
    expect(check('  profile "idregs"; kernel linux 6.18').status).toBe(0);
    expect(check('  profile "registers.txt"; kernel linux 6.12; cpu neoverse-n1').status).toBe(0);
    const problems: readonly (readonly [string, RegExp])[] = [
      ['  profile "idregs"', /GC0215.*`idregs` does not say which kernel the host runs/s],
      ['  profile "fingerprint.json"; kernel linux 6.18', /GC0207/],
      ['  profile "registers.txt"; kernel linux 6.12; cpu neoverse-v1', /GC0208.*that of neoverse-n1/s],
      ['  profile "template.json"', /GC0208.*a CPU template, not a host.*\(line 12, column 17\)/s],
    ];
    for (const [host, expected] of problems) {
      const { status, stderr } = check(host);
      expect({ host, status }).toEqual({ host, status: 1 });
      expect(stderr).toMatch(expected);
    }
  });

  describe("are hosts of every command", () => {
    writeFileSync(
      join(folder, "g.guest"),
      "edition 2026\n\ncpu c {\n  baseline host\n}\n\nguest g {\n  cpu c\n}\n",
    );
    for (const name of ["fingerprint.json", "cpu-config.json", "idregs", "registers.txt", "template.json"])
      writeFileSync(join(folder, name), readFileSync(sample(name)));
    const commands: Readonly<Record<string, (host: string) => readonly string[]>> = {
      check: (host) => ["check", "g.guest", "--host", host],
      build: (host) => ["build", "g.guest", "--host", host],
      view: (host) => ["view", "g.guest", "--host", host],
      test: (host) => ["test", "t.guest", "--host", host],
      "migrate --host": (host) => ["migrate", "g.guest", "--host", host, "--host", shipped],
      "migrate --from": (host) => ["migrate", "g.guest", "--from", host, "--to", shipped],
      "migrate --to": (host) => ["migrate", "g.guest", "--from", shipped, "--to", host],
      baseline: (host) => ["baseline", host, shipped],
      diff: (host) => ["diff", host, shipped],
    };
    writeFileSync(
      join(folder, "t.guest"),
      `${readFileSync(join(folder, "g.guest"), "utf8")}\ntest g "has a PSCI" {\n  hvc PSCI_VERSION = 0x1_0001\n}\n`,
    );

    it.each(Object.keys(commands))("%s", (name) => {
      const command = commands[name] ?? (() => []);
      // A core of another revision than the shipped host's has no common guest with it: MIDR_EL1.
      const status = name === "baseline" ? 1 : 0;
      expect(guestc(command("fingerprint.json"), here)).toMatchObject({ status, stderr: "" });
      const lacks: Readonly<Record<string, string>> = {
        idregs: "`guestc host convert idregs --kernel VERSION -o idregs.json`",
        "registers.txt": "`guestc host convert registers.txt --kernel VERSION -o registers.json`",
        "cpu-config.json":
          "`guestc host convert cpu-config.json --kernel VERSION -o cpu-config.profile.json`",
      };
      for (const [file, hint] of Object.entries(lacks)) {
        const { status, stdout, stderr } = guestc(command(file), here);
        expect({ file, status, stdout }).toEqual({ file, status: 2, stdout: "" });
        expect(stderr).toContain(hint);
      }
      const template = guestc(command("template.json"), here);
      expect(template).toMatchObject({ status: 2, stdout: "" });
      expect(template.stderr).toContain("template.json:12:17: this is a CPU template, not a host");
    });

    it("with a core to give where MIDR_EL1 is missing too", () => {
      const old = readFileSync(sample("idregs"), "utf8").replace(
        /^.*(?:SYS_MIDR|SYS_REVIDR|SYS_AIDR).*\n/gm,
        "",
      );
      writeFileSync(join(folder, "vm 7"), old);
      expect(guestc(["diff", "vm 7", shipped], here).stderr).toContain(
        "`guestc host convert 'vm 7' --kernel VERSION --cpu CORE -o 'vm 7.json'`",
      );
    });

    it("packed by gzip too", () => {
      writeFileSync(join(folder, "packed.json.gz"), gzipSync(readFileSync(sample("fingerprint.json"))));
      expect(guestc(["view", "g.guest", "--host", "packed.json.gz"], here).status).toBe(0);
      expect(guestc(["diff", "packed.json.gz", "fingerprint.json", "--exit-code"], here).status).toBe(0);
      expect(guestc(["host", "check", "packed.json.gz"], here).stdout).toContain("a Firecracker fingerprint");
    });

    it("also those that are alike: two files are two hosts", () => {
      writeFileSync(join(folder, "twin.json"), readFileSync(sample("fingerprint.json")));
      const { stdout } = guestc(
        [
          "migrate",
          "g.guest",
          "--host",
          "fingerprint.json",
          "--host",
          "twin.json",
          "--host",
          "fingerprint.json",
        ],
        here,
      );
      expect(stdout).toContain("2     neoverse-n1.linux-6.1.150 (twin.json)");
      expect(stdout).not.toContain("to 3");
    });

    it("and a file is another host than one that the program calls as the file's is called", () => {
      writeFileSync(join(folder, "own.json"), text.replace(/"name": "[^"]*"/, '"name": "own"'));
      const input = `${readFileSync(join(folder, "g.guest"), "utf8")}
host own {
  cpu neoverse-n1
  kernel linux 6.12
}
`;
      const found = guestc(["migrate", "-", "--host", "own", "--host", "own.json"], { ...here, input });
      expect(found).toMatchObject({ status: 0, stderr: "" });
      expect(found.stdout).toContain("own (own.json)");
    });

    it("whose names do not depend on what another command read", async () => {
      const [one, twin] = ["fingerprint.json", "twin.json"].map((name) => join(folder, name));
      const names = async (paths: readonly (string | undefined)[]): Promise<readonly string[]> =>
        (await readHosts(paths.map(String))).map(({ name }) => name);
      const name = "neoverse-n1.linux-6.1.150";
      expect(await names([one, twin])).toEqual([name, `${name} (${shownPath(String(twin))})`]);
      expect(await names([twin, one, twin])).toEqual([name, `${name} (${shownPath(String(one))})`, name]);
    });
  });
});

describe("a derived host", () => {
  const derived = "cpu neoverse-v1 kernel linux 6.18";

  it("is told as a file's is", () => {
    const { status, stdout, stderr } = guestc(["host", "check", derived, shipped], here);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^cpu neoverse-v1 kernel linux 6\.18: neoverse-v1\.linux-6\.18\n/);
    expect(stdout).toMatch(/\n {2}made +derived\n/);
    const json = JSON.parse(guestc(["host", "check", derived, "--format", "json"], here).stdout);
    expect(json.hosts).toMatchObject([{ file: derived, form: "guestc-profile", problems: [] }]);
  });

  it("takes no other facts, and its form is told where it is not whole", () => {
    for (const [args, message] of [
      [["check", derived, "--kernel", "6.1"], `\`${derived}\` says its kernel, and takes no --kernel`],
      [["convert", derived, "--cpu", "max"], `\`${derived}\` says its cpu, and takes no --cpu`],
      [
        ["check", "cpu neoverse-v1"],
        "`cpu neoverse-v1` is no host: the form is `cpu CORE kernel linux VERSION`",
      ],
    ] as const) {
      const { status, stderr } = guestc(["host", ...args], here);
      expect(status).toBe(2);
      expect(stderr.split("\n")[0]).toBe(`guestc: ${message}`);
    }
  });
});
