/** `guestc view`, `guestc test` and `guestc run` as their users meet them: streams, exit codes, files. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { readXml } from "../support/xml.ts";
import { guestc, scratch } from "./run.ts";

const folder = scratch();
const here = { cwd: folder };
writeFileSync(join(folder, "package.json"), "{}\n");
mkdirSync(join(folder, "hosts"));
for (const name of ["neoverse-n1.linux-6.12", "neoverse-n1.linux-6.18", "neoverse-n1.linux-6.1"])
  copyFileSync(`hosts/${name}.json`, join(folder, `hosts/${name}.json`));
const file = (name: string, text: string | Uint8Array): void => writeFileSync(join(folder, name), text);

const hosts = `edition 2026

host n1  { profile "hosts/neoverse-n1.linux-6.12.json" }
host new { profile "hosts/neoverse-n1.linux-6.18.json" }
host old { profile "hosts/neoverse-n1.linux-6.1.json" }

cpu plain {
  baseline host
}
`;
const web = (expectations: string, more = ""): string =>
  `${hosts}
guest web {
  cpu      plain
  runs-on  n1
  psci     1.1
  services trng
${more}}

test web "sees <what> it should" {
${expectations}
}
`;
file("good.guest", web("  hvc TRNG_VERSION = 0x1_0000\n  execute FEAT_SVE = undefined"));
file("failing.guest", web("  hvc TRNG_VERSION = denied\n  execute FEAT_SVE = undefined"));
file("two.guest", `${web("  vectors = none")}\nguest other {\n  cpu plain\n}\n`);
file("filtered.guest", web("  hvc 0xC300_0000 = denied", "  smccc {\n    deny oem\n  }\n"));
file("moved.guest", web("  migrate new to n1 = safe"));
file("nowhere.guest", web("  vectors = none").replace(/ +runs-on .*\n/, ""));
file("untested.guest", `${hosts}\nguest web {\n  cpu plain\n}\n`);
file("wrong.guest", web("  vectors = none", "  vcpus 0\n"));
copyFileSync("test/sim/programs/threads.elf", join(folder, "threads.elf"));
const expected = readFileSync("test/sim/programs/threads.txt", "latin1");

describe("guestc view", () => {
  it("shows what the only guest sees on its only host", () => {
    const { status, stdout, stderr } = guestc(["view", "good.guest"], here);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^guest web on host n1\nlinux 6\.12\.\S+ on neoverse-n1/);
    expect(stdout).toMatch(/TRNG_VERSION +0x84000050 +0x10000 +line 15/);
  });

  it("takes a guest and a host, of the file, shipped, or by path", () => {
    for (const host of ["new", "neoverse-n1.linux-6.18", "hosts/neoverse-n1.linux-6.18.json"]) {
      const { status, stdout } = guestc(["view", "two.guest", "--guest", "other", "--host", host], here);
      expect(status).toBe(0);
      expect(stdout).toContain("guest other on host");
      expect(stdout).toContain("linux 6.18.");
    }
  });

  it("writes a document, also into a file", () => {
    const { stdout } = guestc(["view", "good.guest", "--format", "json"], here);
    const written = guestc(["view", "good.guest", "--format", "json", "-o", "view.json"], here);
    expect(written).toEqual({ status: 0, stdout: "", stderr: "written view.json\n" });
    expect(readFileSync(join(folder, "view.json"), "utf8")).toBe(stdout);
    expect(JSON.parse(stdout)).toMatchObject({ schema: "guestc.view/1", guest: "web", outcome: "runs" });
    expect(guestc(["view", "good.guest", "--format", "json", "-o", "view.json"], here).stderr).toBe(
      "unchanged view.json\n",
    );
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("says which call a host refuses, and exits with 1", () => {
    const { status, stdout } = guestc(["view", "filtered.guest", "--host", "old"], here);
    expect(status).toBe(1);
    expect(stdout).toContain("KVM refuses the guest");
    expect(stdout).toMatch(/answer +EINVAL/);
    expect(stdout).toMatch(/asked for by +filtered\.guest:\d+:5/);
  });

  it("tells of errors as check does, and exits with 1", () => {
    const { status, stdout, stderr } = guestc(["view", "wrong.guest"], here);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toContain("error[GC0302]");
  });

  it.each([
    [["view", "two.guest"], "declares several guests", "`web`, `other`"],
    [["view", "two.guest", "--guest", "othre"], "no guest `othre`", "did you mean `other`?"],
    [["view", "two.guest", "--guest", "other"], "names no host", "--host"],
    [["view", "good.guest", "--host", "nowhere"], "`nowhere`", "hosts of the file: `n1`, `new`, `old`"],
  ])("%j is a wrong command line", (args, message, hint) => {
    const { status, stdout, stderr } = guestc(args, here);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr).toContain(hint);
  });
});

describe("guestc test", () => {
  it("exits with 0 where everything holds", () => {
    const { status, stdout, stderr } = guestc(["test", "good.guest"], here);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/\n2 passed\n$/);
  });

  it("exits with 1 where something does not, and shows what, where and why", () => {
    const { status, stdout } = guestc(["test", "failing.guest"], here);
    expect(status).toBe(1);
    expect(stdout).toContain(
      "error[GC0903]: on host `n1` HVC of TRNG_VERSION (0x84000050) answers 0x10000, not denied",
    );
    expect(stdout).toContain("---- decided here");
    expect(stdout).toMatch(/\n1 passed, 1 failed\n$/);
  });

  it("runs many files on the hosts that are named", () => {
    const { status, stdout } = guestc(
      ["test", "good.guest", "two.guest", "--host", "new", "--host", "n1"],
      here,
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(/\n6 passed\n$/);
    expect(stdout).toContain("on new, n1");
  });

  it("carries migrations out, and tells which register is refused", () => {
    const { status, stdout } = guestc(["test", "moved.guest"], here);
    expect(status).toBe(1);
    expect(stdout).toContain("error[GC0908]: moving from new to n1 is unsafe, not safe");
    expect(stdout).toContain("KVM_REG_ARM_VENDOR_HYP_BMAP_2");
  });

  it("exits with 1 where nothing was run", () => {
    const { status, stdout } = guestc(["test", "nowhere.guest"], here);
    expect(status).toBe(1);
    expect(stdout).toContain("warning[GC0907]");
    expect(stdout).toMatch(/\n0 passed, 1 not run\n$/);
    expect(guestc(["test", "good.guest", "--guest", "web"], here).status).toBe(0);
    expect(guestc(["test", "good.guest", "--guest", "wbe"], here).stderr).toContain("did you mean `web`?");
  });

  it("writes JSON and JUnit XML, into a file where one is named", () => {
    const { status, stdout } = guestc(["test", "failing.guest", "--format", "json"], here);
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      schema: "guestc.tests/1",
      summary: { passed: 1, failed: 1, undecided: 0, notRun: 0 },
    });
    const written = guestc(["test", "failing.guest", "--format", "junit", "-o", "results.xml"], here);
    expect(written).toEqual({ status: 1, stdout: "", stderr: "written results.xml\n" });
    const root = readXml(readFileSync(join(folder, "results.xml"), "utf8"));
    expect(root.attributes).toMatchObject({ tests: "2", failures: "1", errors: "0", skipped: "0" });
  });

  it("runs nothing of a file with errors", () => {
    const { status, stdout, stderr } = guestc(["test", "wrong.guest"], here);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toContain("error[GC0302]");
  });

  it("gives a document of a file with errors too, where one is asked for", () => {
    const json = guestc(["test", "wrong.guest", "--format", "json"], here);
    expect(json.status).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({ tests: [], diagnostics: [{ code: "GC0302" }] });
    const junit = guestc(["test", "good.guest", "wrong.guest", "--format", "junit"], here);
    expect(junit.status).toBe(1);
    const root = readXml(junit.stdout);
    expect(root.attributes).toMatchObject({ tests: "1", failures: "0", errors: "1" });
    expect(root.children.map(({ attributes }) => attributes.name)).toEqual(["wrong.guest"]);
    expect(junit.stdout).toContain('type="GC0302"');
  });

  it("says that a file has no tests", () => {
    expect(guestc(["test", "untested.guest"], here)).toEqual({ status: 0, stdout: "no tests\n", stderr: "" });
  });

  it("says which folder is missing where a file is to be written", () => {
    for (const args of [
      ["test", "good.guest", "-o", "none/results.txt"],
      ["run", "good.guest", "threads.elf", "--trace-file", "none/results.txt"],
    ]) {
      const { status, stderr } = guestc(args, here);
      expect(status).toBe(2);
      expect(stderr).toBe("guestc: none/results.txt: there is no folder none\n");
    }
  });

  it("colours results where asked, and files never", () => {
    const plain = guestc(["test", "failing.guest"], here).stdout;
    const coloured = guestc(["test", "failing.guest", "--color", "always"], here).stdout;
    expect(plain).not.toContain("\u001b");
    expect(coloured).toContain("\u001b[31m");
    guestc(["test", "failing.guest", "--color", "always", "-o", "results.txt"], here);
    expect(readFileSync(join(folder, "results.txt"), "utf8")).toBe(plain);
  });
});

/** movz x0, #0x20; adr x1, 12; hlt #0xf000; .quad 0x20026, STATUS */
function exitsWith(status: number): Uint8Array {
  const bytes = Buffer.alloc(32);
  for (const [at, word] of [0xd280_0400, 0x1000_0061, 0xd45e_0000].entries())
    bytes.writeUInt32LE(word, 4 * at);
  bytes.writeBigUInt64LE(0x2_0026n, 16);
  bytes.writeBigUInt64LE(BigInt(status), 24);
  return bytes;
}

describe("guestc migrate", () => {
  it("judges the pair that is named, and exits with 1 only where that is asked for", () => {
    const pair = ["migrate", "two.guest", "--guest", "web", "--from", "new", "--to", "n1"];
    const { status, stdout, stderr } = guestc(pair, here);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/new to n1\n {2}UNSAFE/);
    expect(stdout).toContain("0 safe, 0 safe with notes, 1 unsafe");
    expect(guestc([...pair, "--exit-code"], here).status).toBe(1);
    const same = ["migrate", "two.guest", "--guest", "web", "--from", "n1", "--to", "n1", "--exit-code"];
    expect(guestc(same, here)).toMatchObject({ status: 0, stderr: "" });
  });

  it("makes a matrix of the hosts that are named, by the rules of a VMM", () => {
    const matrix = ["migrate", "good.guest", "--host", "n1", "--host", "new", "--vmm", "qemu"];
    const { status, stdout } = guestc([...matrix, "--format", "json"], here);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      schema: "guestc.migrate/1",
      vmm: "qemu",
      hosts: [{ name: "n1" }, { name: "new" }],
      migrations: [
        { from: "n1", to: "new", verdict: "unsafe" },
        { from: "new", to: "n1" },
      ],
    });
    expect(guestc(matrix, here).stdout).toMatch(/to 1 +to 2\n/);
  });

  it("says what is missing", () => {
    const alone = guestc(["migrate", "good.guest"], here);
    expect(alone.status).toBe(2);
    expect(alone.stderr).toContain("guest `web` has one host, `n1`,");
    expect(guestc(["migrate", "good.guest", "--from", "nobody"], here).status).toBe(2);
    for (const end of ["--from", "--to"]) {
      const { status, stderr } = guestc(["migrate", "good.guest", "--host", "n1", end, "n1"], here);
      expect(status).toBe(2);
      expect(stderr).toContain("has one host, `n1`, so that there is nowhere to go");
    }
    expect(guestc(["migrate", "wrong.guest"], here)).toMatchObject({ status: 1, stdout: "" });
    expect(guestc(["migrate", "good.guest", "--vmm", "xen"], here).status).toBe(2);
  });
});

describe("guestc run", () => {
  const words = (...of: readonly number[]): Uint8Array => {
    const bytes = Buffer.alloc(4 * of.length);
    for (const [at, word] of of.entries()) bytes.writeUInt32LE(word, 4 * at);
    return bytes;
  };
  file("seven.bin", exitsWith(7));
  file("loop.bin", words(0x1400_0000));
  file("lost.bin", words(0xd503_201f, 0xd2a1_4001, 0xf940_0020)); // nop; mov x1, #0xa000000; ldr x0, [x1]
  // Reads a byte from the serial port and writes it back while there is one, and then waits for more.
  file("echo.bin", words(0xd2a1_2009, 0xb940_192a, 0x3720_006a, 0x3940_012b, 0x3900_012b, 0x17ff_fffc));
  file("program.txt", "no ELF, and no instruction either");
  file("cut.elf", readFileSync("test/sim/programs/threads.elf").subarray(0, 2000));

  it("prints the console and exits with the guest's status", () => {
    expect(guestc(["run", "good.guest", "threads.elf"], here)).toEqual({
      status: 0,
      stdout: expected,
      stderr: "",
    });
    expect(guestc(["run", "good.guest", "seven.bin"], here)).toEqual({ status: 7, stdout: "", stderr: "" });
    expect(
      guestc(["run", "good.guest", "seven.bin", "--load", "0x40000000", "--memory", "64K"], here).status,
    ).toBe(7);
  });

  it("exits with 124 when the instructions are used up, 126 when nobody has what the guest wants", () => {
    expect(guestc(["run", "good.guest", "loop.bin", "--max-instructions", "1000"], here)).toEqual({
      status: 124,
      stdout: "",
      stderr: "guestc: not at its end after 1000 instructions (--max-instructions)\n",
    });
    const { status, stderr } = guestc(["run", "good.guest", "lost.bin"], here);
    expect(status).toBe(126);
    expect(stderr).toBe(
      "guestc: a read of 0xa000000, where no memory and no device is (instruction at 0x40080008)\n  `--trace` lists what the guest did before\n",
    );
    const traced = guestc(["run", "good.guest", "lost.bin", "--trace-file", "lost.txt"], here).stderr;
    expect(stderr).toBe(`${traced}  \`--trace\` lists what the guest did before\n`);
  });

  it("gives the guest what it reads from its console", () => {
    file("input.txt", "echo");
    const { status, stdout } = guestc(
      ["run", "good.guest", "echo.bin", "--input", "input.txt", "--max-instructions", "1000"],
      here,
    );
    expect({ status, stdout: stdout.slice(0, 4) }).toEqual({ status: 124, stdout: "echo" });
  });

  it("lists what is executed, on stderr or in a file", () => {
    const { stderr } = guestc(["run", "good.guest", "seven.bin", "--trace"], here);
    expect(stderr).toMatch(/^0x0000000040080000 {2}0xd2800400 {2}mov/);
    expect(stderr).toContain("semihosting 0x20: the end, status 7");
    expect(guestc(["run", "good.guest", "seven.bin", "--trace-file", "trace.txt"], here).stderr).toBe("");
    expect(readFileSync(join(folder, "trace.txt"), "utf8")).toBe(stderr);
  });

  it("says what the host refuses, and exits with 1", () => {
    const { status, stdout, stderr } = guestc(["run", "filtered.guest", "seven.bin", "--host", "old"], here);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toContain("KVM refuses the guest");
  });

  it.each([
    [["run", "good.guest", "cut.elf"], "cut.elf: it is cut off"],
    [["run", "good.guest", "none.elf"], "none.elf: no such file"],
    [["run", "good.guest", "threads.elf", "--memory", "1M"], "memory reaches from 0x40000000 to 0x400fffff"],
    [["run", "good.guest", "threads.elf", "--memory", "1M"], "`--memory` gives more"],
    [["run", "good.guest", "threads.elf", "--load", "0x40000000"], "says itself where it is loaded"],
    [["run", "good.guest", "seven.bin", "--load", "0x40000002"], "a multiple of 4"],
    [["run", "good.guest", "seven.bin", "--memory", "lots"], "takes a size such as 64M"],
    [["run", "good.guest", "seven.bin", "--max-instructions", "many"], "takes a number"],
    [["run", "-", "-"], "standard input"],
    [["run", "good.guest"], "needs FILE IMAGE"],
  ])("%j is refused with 2", (args, message) => {
    const { status, stdout, stderr } = guestc(args, here);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(message);
  });

  it("takes any bytes as a flat image and comes to an end", () => {
    const { status } = guestc(["run", "good.guest", "program.txt", "--max-instructions", "100000"], here);
    expect([124, 125, 126]).toContain(status);
  });
});

describe("the program without the simulator", () => {
  const text = (name: string): string => readFileSync(resolve(`dist/${name}.cjs`), "latin1");

  it("has nothing of it, so that the other commands start as soon as before", () => {
    for (const name of ["runMachine", "guestView", "callOutcome"])
      expect([name, text("simulator").includes(name), text("guestc").includes(name)]).toEqual([
        name,
        true,
        false,
      ]);
  });

  it("hands over a command that the launcher took for another", () => {
    // The value of an option looks like a command.
    const { status, stderr } = guestc(["--out", "check", "view", "good.guest"], here);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "written check\n" });
    expect(readFileSync(join(folder, "check"), "utf8")).toContain("guest web on host n1");
    expect(guestc(["--out", "view", "probe"], here).stderr).toBe("written view\n");
  });
});
