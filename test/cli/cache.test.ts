/** The launcher's code cache: made once, used when it fits, never in the way. */
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { good, guestc, type Ran, scratch } from "./run.ts";

const folder = scratch();
writeFileSync(join(folder, "good.guest"), good);
const clean: Ran = { status: 0, stdout: "", stderr: "" };
const past = new Date("2020-01-01T00:00:00Z");

function check(cache: string, args: readonly string[] = ["check", "good.guest"]): Ran {
  return guestc(args, { cwd: folder, env: { GUESTC_CACHE: cache } });
}

/** A folder with the cache of one run, and the cache's path. */
function cached(name: string): { readonly cache: string; readonly file: string } {
  const cache = join(folder, name);
  expect(check(cache)).toEqual(clean);
  const [only = ""] = readdirSync(cache);
  return { cache, file: join(cache, only) };
}

describe("a cache", () => {
  it("is made by the first run, for this user alone, and left alone by the next", () => {
    const { cache, file } = cached("first/deep");
    expect(readdirSync(cache)).toHaveLength(1);
    expect(file).toMatch(/\/check-[0-9a-f]{16}-[^/]+\.cache$/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(cache).mode & 0o777).toBe(0o700);
    utimesSync(file, past, past);
    expect(check(cache)).toEqual(clean);
    expect(statSync(file).mtimeMs).toBe(past.getTime());
  });

  it("belongs to one command, and is not made by help or by a wrong command line", () => {
    const { cache } = cached("commands");
    check(cache, ["check", "--help"]);
    check(cache, ["fmt", "--help"]);
    check(cache, ["fmt", "missing.guest"]);
    check(cache, ["--version"]);
    expect(readdirSync(cache)).toHaveLength(1);
    check(cache, ["fmt", "--check", "good.guest"]);
    expect(readdirSync(cache).map((name) => name.split("-")[0])).toEqual(["check", "fmt"]);
  });

  it.each<readonly [string, (file: string) => void]>([
    ["cut short", (file) => truncateSync(file, 1000)],
    ["empty", (file) => truncateSync(file, 0)],
    ["of other bytes", (file) => writeFileSync(file, Buffer.alloc(5000, 0xa5))],
    ["of another V8", (file) => writeFileSync(file, flipped(readFileSync(file), 4))],
  ])("that is %s is replaced", (title, damage) => {
    const { cache, file } = cached(title);
    const size = statSync(file).size;
    damage(file);
    utimesSync(file, past, past);
    expect(check(cache)).toEqual(clean);
    expect(statSync(file).mtimeMs).toBeGreaterThan(past.getTime());
    expect(Math.abs(statSync(file).size - size)).toBeLessThan(size / 4);
    expect(check(cache)).toEqual(clean);
  });

  it("that others may write to is not used", () => {
    const { cache, file } = cached("shared");
    chmodSync(file, 0o666);
    expect(check(cache)).toEqual(clean);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("is done without where none can be written, or none is wanted", () => {
    expect(check(join(folder, "good.guest/sub"))).toEqual(clean);
    expect(check("off")).toEqual(clean);
    expect(existsSync(join(folder, "off"))).toBe(false);
  });
});

/** The bytes with one of them changed: byte 4 lies in the header's hash of V8's version. */
function flipped(bytes: Buffer, at: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[at] = (changed[at] ?? 0) ^ 0xff;
  return changed;
}
