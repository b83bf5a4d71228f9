/** The rules of prediction, held against what guests answered on real KVM when the recordings were made. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it, vi } from "vitest";
import { parseRecording, type Recording } from "../../src/recordings/index.ts";
import { shipped } from "../hosts/shipped.ts";
import { replay } from "./replay.ts";

vi.setConfig({ testTimeout: 120_000 });

const folder = "test/recordings";
const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".txt.gz")) : [];

function read(text: string): Recording {
  const parsed = parseRecording(text);
  if (!parsed.ok) throw new Error(`line ${parsed.error.line}: ${parsed.error.message}`);
  return parsed.value;
}

/** What a guest on linux 7.3 and a Neoverse N1 answered, and one answer that it did not give. */
const sample = `guestc.recording/1
kernel 7.3.4+deb13-cloud-arm64
qemu 10.0.2
cpu neoverse-n1
nested no
seed 1
cases 2
answers 17

case FEAT_LRCPC hidden
vm 0x0 = ok
vcpu 0 = ok
offer 0 0x7c 102 126 170 171 172 = 0xc
set-attribute cpu0 0 1 none ; PMU_V3_INIT = ok
put 0 0x603000000013c031 20 4 0x0 ; ID_AA64ISAR1_EL1.LRCPC = ok
run 0 = ok
  ask 0 0xf8bfc001 0x40011000 ; LDAPR = same
  ask 1 0xd5380620 ; ID_AA64ISAR1_EL1 = x0 0x1
  ask 1 0xd5382220 ; APDAKeyHi_EL1 = undefined

case filter
vm 0x0 = ok
filter 0x84000000 0x1 2 = ok
vcpu 0 = ok
init 0 preferred 0x4 = ok
run 0 = ok
  ask 1 0xd4000002 0x84000000 = hypercall 0x84000000 0x0 then same
  ask 1 0xd4000002 0x84000003 0x0 0x40000000 0x7 ; PSCI_CPU_ON = x0 0xfffffffffffffffc x2 0x0 x3 0x0
  ask 1 0xd4000003 0x84000006 = x0 0x3
`;

describe("replaying", () => {
  it("finds the one answer that is not as predicted", () => {
    const tally = replay(read(sample), shipped("neoverse-n1.linux-7.3"));
    expect(tally.differences).toEqual([
      "filter: smc 0x84000006: predicted 0x2 0x0 0x0 0x0, seen 0x3 0x0 0x0 0x0",
    ]);
    expect(tally.agreed).toBe(5);
  });

  it.each(files)("%s", (file) => {
    const recording = read(gunzipSync(readFileSync(`${folder}/${file}`)).toString());
    const host = shipped(file.replace(/\.txt\.gz$/, ""));
    const tally = replay(recording, host);
    expect(tally.differences).toEqual([]);
    expect(tally.agreed).toBeGreaterThan(1000);
    expect(tally.open).toBeLessThan(tally.agreed / 100);
  });
});
