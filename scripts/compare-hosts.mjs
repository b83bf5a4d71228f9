// What two host profiles say differently, one line a difference, inheritance resolved:
//
//   node scripts/compare-hosts.mjs OLD.json NEW.json
//
// Exit status 1 where they differ in something that both say. What only one of them says (a configuration, a key) is
// printed and is no difference: an older profile says less.
import { readFileSync } from "node:fs";

const sections = ["registers", "writable", "sweeps", "tried"];
const text = (value) => (value === undefined ? "nothing" : JSON.stringify(value));

/** Configurations by name, each with all that it inherits. */
function resolved(profile) {
  const done = new Map();
  const resolve = (name) => {
    if (done.has(name)) return done.get(name);
    const own = profile.configurations[name];
    const parent = own.inherits === undefined ? {} : resolve(own.inherits);
    const whole = { ...parent, removed: undefined, ...own, inherits: undefined };
    for (const section of sections) {
      if (own[section] === null || (own[section] === undefined && parent[section] === null)) {
        whole[section] = null;
        continue;
      }
      if (own[section] === undefined && parent[section] === undefined) continue;
      const gone = new Set(own.removed?.[section] ?? []);
      const inherited = Object.entries(parent[section] ?? {}).filter(([id]) => !gone.has(id));
      whole[section] = { ...Object.fromEntries(inherited), ...own[section] };
    }
    done.set(name, whole);
    return whole;
  };
  for (const name of Object.keys(profile.configurations)) resolve(name);
  return done;
}

const differences = [];
const additions = [];

function compare(what, old, fresh) {
  if (JSON.stringify(old) === JSON.stringify(fresh)) return;
  if (old === undefined || fresh === undefined) {
    additions.push(`${what}: only the ${old === undefined ? "second" : "first"} says it`);
  } else differences.push(`${what}: ${text(old)} → ${text(fresh)}`);
}

/** Both have it, so that a row which one lacks is a difference. */
function compareRows(what, old, fresh) {
  if (old === null || fresh === null || old === undefined || fresh === undefined) {
    compare(what, old ?? undefined, fresh ?? undefined);
    return;
  }
  for (const key of [...new Set([...Object.keys(old), ...Object.keys(fresh)])].sort()) {
    if (JSON.stringify(old[key]) !== JSON.stringify(fresh[key]))
      differences.push(`${what} ${key}: ${text(old[key])} → ${text(fresh[key])}`);
  }
}

const [oldPath, freshPath, ...more] = process.argv.slice(2);
if (oldPath === undefined || freshPath === undefined || more.length > 0) {
  process.stderr.write("usage: node scripts/compare-hosts.mjs OLD.json NEW.json\n");
  process.exit(2);
}
const [old, fresh] = [oldPath, freshPath].map((path) => JSON.parse(readFileSync(path, "utf8")));
for (const key of ["kernel", "cpu", "highestCapability", "devices", "user"])
  compare(key, old[key], fresh[key]);
compareRows("capability", old.capabilities, fresh.capabilities);
const [oldOnes, freshOnes] = [resolved(old), resolved(fresh)];
for (const name of new Set([...oldOnes.keys(), ...freshOnes.keys()])) {
  const [was, is] = [oldOnes.get(name), freshOnes.get(name)];
  if (was === undefined || is === undefined) {
    additions.push(`${name}: only the ${was === undefined ? "second" : "first"} has it`);
    continue;
  }
  for (const key of ["features", "capabilities", "devices", "listed", "vectorLengths", "attributes"])
    compare(`${name} ${key}`, was[key], is[key]);
  if (was.refused !== undefined || is.refused !== undefined) {
    if (text(was.refused) !== text(is.refused))
      differences.push(`${name} refused: ${text(was.refused)} → ${text(is.refused)}`);
    continue;
  }
  for (const section of sections) compareRows(`${name} ${section}`, was[section], is[section]);
}
process.stdout.write([...additions, ...differences].map((line) => `${line}\n`).join(""));
process.exit(differences.length === 0 ? 0 : 1);
