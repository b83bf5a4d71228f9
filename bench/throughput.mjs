// Throughput: parses and checks generated files of 1,000 to 10,000 guests in one process. Prints MB/s and the time
// of a guest relative to the smallest file's: 1.00 all the way down is linear growth.
//
//   node bench/throughput.mjs [GUESTS...]
import { performance } from "node:perf_hooks";

const { compile } = await import("../dist/index.js").catch(() => {
  process.stderr.write("build first: npm run build\n");
  process.exit(2);
});

const given = process.argv.slice(2).map(Number);
const sizes = given.length > 0 ? given : [1000, 2000, 5000, 10_000];
const rounds = 5;

const services = ["trng", "trng, pv-time", "kvm-features", "none"];
const features = [
  "FEAT_DotProd",
  "FEAT_LRCPC",
  "FEAT_FP16",
  "FEAT_AES, FEAT_PMULL",
  "FEAT_SHA1, FEAT_SHA256",
];

/** A file of so many guests, with one CPU model for every ten of them, half of them derived from another. */
function generate(guests) {
  const parts = ["edition 2026\n"];
  for (let at = 0; at < guests; at++) {
    if (at % 10 === 0) {
      const model = at / 10;
      const parent = model % 2 === 1 ? ` extends cpu-${model - 1}` : "";
      const baseline = parent === "" ? "  baseline armv8.2-a\n" : "";
      const own = parent === "" ? features[(model / 2) % features.length] : "FEAT_SSBS";
      parts.push(`/// Model ${model}.\ncpu cpu-${model}${parent} {\n${baseline}  with     ${own}\n}\n`);
    }
    const service = services[at % services.length];
    const stolen = service?.includes("pv-time") ? "  stolen-time at 0x4800_0000\n" : "";
    parts.push(
      `guest guest-${at} {\n  cpu      cpu-${Math.floor(at / 10)}\n  vcpus    ${(at % 16) + 1}\n  psci     1.1\n  services ${service}\n${stolen}}\n`,
    );
  }
  return parts.join("\n");
}

const loader = { read: () => undefined, inside: () => true };

function measure(text) {
  const start = performance.now();
  const compilation = compile({ path: "bench.guest", text }, loader);
  return { took: performance.now() - start, compilation };
}

// Everything is warm before the first size is measured, so that the smallest is not the slowest.
measure(generate(200));

process.stdout.write(`Node ${process.version}, best of ${rounds} rounds\n`);
process.stdout.write(
  `${["guests", "MB", "ms", "MB/s", "µs/guest", "growth"].map((head) => head.padStart(10)).join("")}\n`,
);
const cases = sizes.map((size) => ({ size, text: generate(size), best: Number.POSITIVE_INFINITY }));
// In turns, so that what else runs on the machine hits all sizes alike.
for (let round = 0; round < rounds; round++) {
  for (const one of cases) {
    const { took, compilation } = measure(one.text);
    one.best = Math.min(one.best, took);
    const errors = compilation.diagnostics.filter(({ severity }) => severity === "error");
    if (errors.length > 0 || compilation.guests.length !== one.size) {
      throw new Error(
        `the generated file is wrong: ${compilation.guests.length} guests, ${errors[0]?.message}`,
      );
    }
  }
}
let first;
for (const { size, text, best } of cases) {
  const megabytes = Buffer.byteLength(text) / 1e6;
  const each = (best * 1000) / size;
  first ??= each;
  const cells = [
    String(size),
    megabytes.toFixed(2),
    best.toFixed(0),
    ((megabytes * 1000) / best).toFixed(2),
    each.toFixed(1),
    (each / first).toFixed(2),
  ];
  process.stdout.write(`${cells.map((cell) => cell.padStart(10)).join("")}\n`);
}
