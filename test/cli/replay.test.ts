/** `guestc replay`: recordings as files, the machine that is taken, results and exit codes. */
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { guestc, scratch } from "./run.ts";

const folder = scratch();
const here = { cwd: folder };

const recording = `guestc.recording/1
kernel 7.3.4+deb13-cloud-arm64
qemu 10.0.2
cpu neoverse-n1
nested no
seed 4
cases 2
answers 10

case vCPU ids
vm 0x0 = ok
vcpu 0 = ok
vcpu 0 = EEXIST

case filter
vm 0x0 = ok
filter 0x84000000 0x1 2 = ok
vcpu 0 = ok
init 0 preferred 0x4 = ok
run 0 = ok
  ask 1 0xd4000002 0x84000000 ; PSCI_VERSION = hypercall 0x84000000 0x0 then same
  ask 1 0xd4000003 0x84000006 = x0 0x2
`;
const wrong = recording.replace("= EEXIST", "= EINVAL").replace("x0 0x2\n", "x0 0x3\n");

function file(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return name;
}

describe("replay", () => {
  it("says that all agrees, of text and of gzip", () => {
    const text = guestc(["replay", file("good.txt", recording)], here);
    expect(text).toEqual({
      status: 0,
      stderr: "",
      stdout: [
        "good.txt: neoverse-n1, linux 7.3.4+deb13-cloud-arm64, seed 4",
        "  host neoverse-n1.linux-7.3 (shipped, of this machine)",
        "  10 of 10 answers agree",
        "",
      ].join("\n"),
    });
    const packed = guestc(["replay", file("good.txt.gz", gzipSync(recording))], here);
    expect(packed.stdout).toBe(text.stdout.replace("good.txt:", "good.txt.gz:"));
    expect(packed.status).toBe(0);
  });

  it("shows differences with case, step, expected and seen, and exits 1", () => {
    const { status, stdout, stderr } = guestc(["replay", file("wrong.txt", wrong)], here);
    expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
    expect(stdout).toContain("\n  8 of 10 answers agree\n");
    expect(stdout).toMatch(/\n {2}step +agree +differ\n/);
    expect(stdout).toMatch(/\n {2}vcpu +2 +1\n/);
    expect(stdout).toContain(
      "\nwrong.txt:13: case vCPU ids, step 3\n  vcpu 0\n  expected  EINVAL\n  seen      EEXIST\n",
    );
    expect(stdout).toContain(
      "\nwrong.txt:22: case filter, step 7\n  ask 1 0xd4000003 0x84000006\n  expected  x0 0x3\n  seen      x0 0x2\n",
    );
  });

  it("shows as many as asked for, of one kind of step", () => {
    file("wrong.txt", wrong);
    const one = guestc(["replay", "wrong.txt", "--limit", "1"], here);
    expect(one.stdout).toContain("case vCPU ids, step 3");
    expect(one.stdout).not.toContain("case filter, step 7");
    expect(one.stdout).toContain("\n  and 1 more\n");
    const asks = guestc(["replay", "wrong.txt", "--step", "ask"], here);
    expect(asks.stdout).toContain("\n  1 of 2 answers agree\n");
    expect(asks.status).toBe(1);
    expect(guestc(["replay", "wrong.txt", "--step", "filter"], here).status).toBe(0);
  });

  it("gives a document for programs", () => {
    file("good.txt", recording);
    file("wrong.txt", wrong);
    const { status, stdout } = guestc(["replay", "good.txt", "wrong.txt", "--format", "json"], here);
    expect(status).toBe(1);
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({
      schema: "guestc.replay/1",
      agreed: 18,
      differed: 2,
      recordings: [
        { file: "good.txt", agreed: 10, differed: 0, differences: [] },
        {
          file: "wrong.txt",
          cpu: "neoverse-n1",
          host: { name: "neoverse-n1.linux-7.3", how: "shipped" },
          kinds: { vcpu: { agreed: 2, differed: 1 } },
          subjects: { vcpu: 1, "0xd4000003": 1 },
          differences: [{ line: 13, expected: "EINVAL", seen: "EEXIST" }, { line: 22 }],
        },
      ],
    });
  });

  it("says which machine it took: the given one, one near, a derived one", () => {
    file("good.txt", recording);
    const given = guestc(
      ["replay", "good.txt", "--host", resolve("hosts/neoverse-n1.linux-6.12.json")],
      here,
    );
    expect(given.stdout).toContain("\n  host neoverse-n1.linux-6.12 (as --host says)\n");
    file("near.txt", recording.replace("kernel 7.3.4", "kernel 6.14.3"));
    expect(guestc(["replay", "near.txt"], here).stdout).toContain(
      "\n  host neoverse-n1.linux-6.12 (shipped, of the same CPU with another kernel)\n",
    );
    file("derived.txt", recording.replace("cpu neoverse-n1", "cpu cortex-a78"));
    expect(guestc(["replay", "derived.txt"], here).stdout).toContain(
      "\n  host cortex-a78.linux-7.3 (derived from the tables)\n",
    );
  });

  it("names the line of what is no recording, and what else is wrong, with exit code 2", () => {
    file("broken.txt", recording.replace("vcpu 0 = EEXIST", "vcpus 0 = EEXIST"));
    expect(guestc(["replay", "broken.txt"], here)).toEqual({
      status: 2,
      stdout: "",
      stderr: "guestc: broken.txt:13: no step is called vcpus\n",
    });
    file("good.txt", recording);
    expect(guestc(["replay", "good.txt", "--step", "fliter"], here)).toMatchObject({ status: 2 });
    expect(guestc(["replay", "good.txt", "--step", "fliter"], here).stderr).toContain(
      "did you mean `filter`?",
    );
    expect(guestc(["replay", "good.txt", "--limit", "many"], here).stderr).toContain("takes a number");
    expect(guestc(["replay", "nowhere.txt"], here).stderr).toContain("no such file");
    file("torn.txt.gz", gzipSync(recording).subarray(0, 40));
    expect(guestc(["replay", "torn.txt.gz"], here).stderr).toBe("guestc: torn.txt.gz: cannot be unpacked\n");
    file("unknown.txt", recording.replace("cpu neoverse-n1", "cpu nobody-knows"));
    const unknown = guestc(["replay", "unknown.txt"], here);
    expect(unknown.status).toBe(2);
    expect(unknown.stderr).toContain("the tables know no CPU nobody-knows");
  });

  it("replays a committed recording", () => {
    const path = resolve("test/recordings/max-nested.linux-7.3.txt.gz");
    expect(readFileSync(path).length).toBeGreaterThan(1000);
    const { status, stdout } = guestc(["replay", path]);
    expect(stdout).toMatch(/ (\d+) of \1 answers agree\n/);
    expect(status).toBe(0);
  });
});
