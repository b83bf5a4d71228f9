// An inventory of a made-up fleet in 60 classes, on stdout: the same at every run.
//
//   node bench/inventory.mjs paths|inline HOSTS > fleet.ndjson
import { writeSync } from "node:fs";
import { inventory } from "./lib/inventory.mjs";
import { root } from "./lib/modules.mjs";

const [form, hosts] = process.argv.slice(2);
if ((form !== "paths" && form !== "inline") || !/^[1-9]\d*$/.test(hosts ?? "")) {
  process.stderr.write("usage: node bench/inventory.mjs paths|inline HOSTS\n");
  process.exit(2);
}
for (const text of inventory(root, form, Number(hosts))) {
  const bytes = Buffer.from(text, "utf8");
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(1, bytes, at);
    } catch (error) {
      if (error.code === "EPIPE") process.exit(0);
      if (error.code !== "EAGAIN") throw error;
    }
  }
}
