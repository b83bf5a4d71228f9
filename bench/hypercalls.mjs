// Hypercalls: how many the simulated KVM decides in a second with 1, 100 and 10,000 ranges in its SMCCC filter, and what
// putting the ranges in took. The calls are the same each time, and every other one is denied. Time of a call relative to
// that with one range: 1.0 all the way down is flat.
//
//   node bench/hypercalls.mjs [RANGES...]
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { modules, root } from "./lib/modules.mjs";

const { createVcpu, createVm, initVcpu, setAttribute, coreOf, readHostProfile, writeX } = await modules({
  "src/sim/kvm/index.ts": ["createVcpu", "createVm", "initVcpu", "setAttribute"],
  "src/sim/kvm/guest.ts": ["coreOf"],
  "src/hosts/read.ts": ["readHostProfile"],
  "src/sim/vcpu/state.ts": ["writeX"],
});

const host = "neoverse-n1.linux-6.12";
const { profile } = readHostProfile(readFileSync(join(root, "hosts", `${host}.json`), "utf8"), host);
const given = process.argv.slice(2).map(Number);
const sizes = given.length > 0 ? given : [1, 100, 10_000];
const rounds = 150;
const calls = 2_000;
/** So many function ids are called, one after another in no order. */
const ids = 20_000;
/** Vendor-specific hypervisor services, fast 64-bit calls. */
const FIRST = 0xc600_0000;
const GENERIC = 5;
const PSCI_0_2 = 4;

/** struct kvm_smccc_filter that denies. */
function range(base, count) {
  const bytes = new Uint8Array(24);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, base, true);
  view.setUint32(4, count, true);
  view.setUint8(8, 1);
  return bytes;
}

/** So many ranges with gaps of their own length, put in from both ends in turn. */
function machine(count) {
  const vm = createVm({ profile }, 0n).value;
  const length = Math.floor(ids / count / 2);
  const start = performance.now();
  for (let at = 0; at < count; at++) {
    const place = at % 2 === 0 ? at / 2 : count - (at + 1) / 2;
    const { ok, errno } = setAttribute(vm, 0, 0, range(FIRST + place * 2 * length, length));
    if (!ok) throw new Error(`range ${at}: ${errno}`);
  }
  const took = performance.now() - start;
  const vcpu = createVcpu(vm, 0).value;
  const { ok, errno } = initVcpu(vcpu, GENERIC, [PSCI_0_2]);
  if (!ok) throw new Error(errno);
  return { core: coreOf(vcpu), took };
}

/** @param round each asks about other ids */
function measure(core, round) {
  const { hypervisor, state } = core;
  const start = performance.now();
  for (let at = 0; at < calls; at++) {
    writeX(state, 0, BigInt(FIRST + (((round * calls + at) * 7919) % ids)));
    if (hypervisor.call(state, "hvc", 0) !== undefined)
      throw new Error("a call that KVM answers left the guest");
  }
  return performance.now() - start;
}

const cases = sizes.map((count) => ({ count, ...machine(count), best: Number.POSITIVE_INFINITY }));
for (const one of cases) for (let round = 0; round < 20; round++) measure(one.core, round);
for (let round = 0; round < rounds; round++)
  for (const one of cases) one.best = Math.min(one.best, measure(one.core, round));

process.stdout.write(`Node ${process.version}, best of ${rounds} rounds of ${calls} calls\n`);
process.stdout.write(
  `${["ranges", "calls/s", "growth", "ms to put in"].map((head) => head.padStart(14)).join("")}\n`,
);
for (const { count, best, took } of cases) {
  const cells = [
    count,
    Math.round((calls / best) * 1000),
    (best / cases[0].best).toFixed(2),
    took.toFixed(1),
  ];
  process.stdout.write(`${cells.map((cell) => String(cell).padStart(14)).join("")}\n`);
}
