// Inventories of made-up fleets: so many hosts in 60 classes, the same at every run.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const classes = 60;

/**
 * @param {string} root the project's folder: its shipped profiles are the classes
 * @param {"paths" | "inline"} form whether a line names a profile's file or holds the profile
 * @param {number} hosts
 * @returns {Generator<string>} texts of some lines each
 */
export function* inventory(root, form, hosts) {
  const files = readdirSync(join(root, "hosts"))
    .filter((name) => name.endsWith(".json"))
    .sort()
    // From all over the list, so that CPUs and kernels are mixed.
    .filter(
      (_, at, all) =>
        Math.floor((at * classes) / all.length) !== Math.floor(((at - 1) * classes) / all.length),
    )
    .slice(0, classes)
    .map((name) => join(root, "hosts", name));
  const texts = files.map((path) =>
    form === "paths" ? JSON.stringify(path) : JSON.stringify(JSON.parse(readFileSync(path, "utf8"))),
  );
  if (texts.length !== classes) throw new Error(`${texts.length} classes instead of ${classes}`);
  let pending = "";
  for (let at = 0; at < hosts; at++) {
    // Neighbours are of different classes, and no class follows another at a fixed distance.
    const which = (at * 7919 + (at >>> 6) * 31 + (at >>> 12) * 17) % classes;
    pending += `{"name":"host-${String(at).padStart(7, "0")}","host":${texts[which]}}\n`;
    if (pending.length > 1 << 20) {
      yield pending;
      pending = "";
    }
  }
  yield pending;
}
