/** `guestc baseline` on inventories: every form of line, parts, hosts that cannot be read, runs that are killed. */
import { spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  watch,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { progressLine } from "../../src/cli/fleet/progress.ts";
import { recent } from "../../src/cli/fleet/recent.ts";
import { shippedNames } from "../hosts/shipped.ts";
import { cli, environment, guestc, scratch } from "./run.ts";

const folder = scratch();
const here = { cwd: folder };
const n1 = "neoverse-n1.linux-6.18";
const v1 = "neoverse-v1.linux-6.18";
const a76 = "cortex-a76.linux-7.2";
const some = [n1, v1, a76, "a64fx.linux-6.12", "neoverse-n2.linux-7.2", "cortex-a53.linux-6.1"];
const valid = new Ajv2020({ strict: false }).compile(
  JSON.parse(readFileSync("schemas/baseline.schema.json", "utf8")),
);

const textOf = (name: string): string => readFileSync(resolve(`hosts/${name}.json`), "utf8");
const compact = (name: string): object => JSON.parse(textOf(name));
const write = (name: string, lines: readonly (object | string)[]): string => {
  const texts = lines.map((line) => JSON.stringify(line));
  writeFileSync(join(folder, name), `${texts.join("\n")}\n`);
  return name;
};
const json = (...args: readonly string[]) => guestc(["baseline", ...args, "--format", "json"], here);
const classesOf = (text: string): readonly { hosts: number; names: readonly string[]; id: string }[] =>
  JSON.parse(text).classes;

/** A fleet of so many hosts, all forms of lines among them. */
function mixed(count: number): readonly (object | string)[] {
  mkdirSync(join(folder, "mixed"), { recursive: true });
  for (const name of some) writeFileSync(join(folder, "mixed", `${name}.json`), textOf(name));
  return Array.from({ length: count }, (_, at) => {
    const name = some[(at * 7) % some.length] ?? n1;
    const host = `host-${String(at).padStart(6, "0")}`;
    if (at % 5 === 0) return { name: host, host: compact(name) };
    if (at % 5 === 1) return `mixed/${name}.json`;
    if (at % 5 === 2) return { host: name, count: (at % 3) + 1, name: host };
    if (at % 5 === 3) return { ...compact(name), name: host, description: `Number ${at}.` };
    return { name: host, cpu: "neoverse-v1", kernel: "6.18" };
  });
}

describe("an inventory", () => {
  it("takes every form of line, and hosts with equal facts as one class", () => {
    const { name: _name, ...rest } = compact(n1) as { name: string };
    write("forms.ndjson", [
      n1,
      { name: "b", host: n1 },
      { name: "c", host: compact(n1) },
      { ...compact(n1), name: "d", description: "The same." },
      // Keys in another order.
      { name: "e", host: { ...Object.fromEntries(Object.entries(rest).toReversed()), name: "f" } },
      { name: "a", host: n1, count: 1000 },
    ]);
    const { status, stdout } = json("forms.ndjson");
    expect(status).toBe(0);
    expect(valid(JSON.parse(stdout)), JSON.stringify(valid.errors)).toBe(true);
    const classes = classesOf(stdout);
    expect(classes.map(({ hosts, names }) => ({ hosts, names }))).toEqual([
      { hosts: 1005, names: ["a", "b", "c", "d", "e", n1] },
    ]);
    // The same as a profile on the command line.
    expect(classesOf(json(n1).stdout)[0]?.id).toBe(classes[0]?.id);
  });

  it("has paths relative to its folder, on standard input to where the user stands", () => {
    mkdirSync(join(folder, "below/hosts"), { recursive: true });
    writeFileSync(join(folder, "below/hosts/x.json"), textOf(n1));
    write("below/list.ndjson", ["hosts/x.json"]);
    expect(classesOf(json("below/list.ndjson").stdout)[0]?.names).toEqual(["hosts/x.json"]);
    const input = readFileSync(join(folder, "below/list.ndjson"));
    expect(guestc(["baseline", "-"], { cwd: join(folder, "below"), input }).status).toBe(0);
    const { status, stderr } = guestc(["baseline", "-"], { ...here, input });
    expect(status).toBe(1);
    expect(stderr).toContain("  <stdin>:1:1: hosts/x.json: no such file or directory\n");
  });

  it("is told by its first line, whatever it is called", () => {
    write("called.json", [{ host: n1 }]);
    expect(classesOf(json("called.json").stdout)[0]?.names).toEqual([n1]);
    writeFileSync(join(folder, "one.json"), JSON.stringify(compact(n1)));
    expect(classesOf(json("one.json").stdout)[0]?.names).toEqual([`${n1} (one.json)`]);
    writeFileSync(
      join(folder, "two.txt"),
      `\n${JSON.stringify(compact(n1))}\r\n\r\n${JSON.stringify(compact(a76))}`,
    );
    expect(classesOf(json("two.txt").stdout)).toHaveLength(2);
  });

  it("may be a pattern that the shell does not see, or a folder", () => {
    mixed(0);
    const whole = json("mixed");
    expect(classesOf(whole.stdout)).toHaveLength(some.length);
    expect(json("mixed/*.json")).toEqual(whole);
    expect(json("**/[!x]*linux-[67].*.json").stdout).toBe(whole.stdout);
    expect(json("mixed/neoverse-?1*").stdout).toContain('"hosts": 2');
    const { status, stderr } = json("mixed/*.jsn");
    expect({ status, stderr }).toEqual({ status: 2, stderr: "guestc: no file matches `mixed/*.jsn`\n" });
  });
});

describe("parts", { timeout: 240_000 }, () => {
  const lines = mixed(60);
  const parts = (of: number, make: (shard: string, out: string) => void): readonly string[] =>
    Array.from({ length: of }, (_, at) => {
      const out = `part-${at + 1}-of-${of}.json`;
      make(`${at + 1}/${of}`, out);
      return out;
    });

  it("give the bytes of the whole, in any order, from a file and from standard input", () => {
    write("whole.ndjson", lines);
    const whole = json("whole.ndjson").stdout;
    expect(JSON.parse(whole).hosts).toBeGreaterThan(60);
    for (const of of [3, 2]) {
      const made = parts(of, (shard, out) => {
        const { status, stderr } = json("whole.ndjson", "--shard", shard, "-o", out);
        expect({ status, stderr }).toEqual({ status: 0, stderr: `written ${out}\n` });
        expect(valid(JSON.parse(readFileSync(join(folder, out), "utf8"))), JSON.stringify(valid.errors)).toBe(
          true,
        );
      });
      const order = of === 3 ? made : made.toReversed();
      expect(json("--merge", ...order).stdout).toBe(whole);
    }
    const made = ["part-1-of-2.json", "part-2-of-2.json"];
    const table = guestc(["baseline", "whole.ndjson"], here);
    expect(guestc(["baseline", "--merge", ...made], here)).toEqual(table);
    const input = readFileSync(join(folder, "whole.ndjson"));
    const piped = parts(2, (shard, out) => {
      guestc(["baseline", "-", "--shard", shard, "--format", "json", "-o", out], { ...here, input });
    });
    expect(json("--merge", ...piped).stdout).toBe(whole);
    // A part from the file and one from the pipe are parts of the same inventory.
    json("whole.ndjson", "--shard", "1/2", "-o", "part-1-of-2.json");
    expect(json("--merge", ...piped).stdout).toBe(whole);
  });

  it("are refused when one is missing, doubled, or of another inventory, program or size", () => {
    write("small.ndjson", some);
    const [one = "", two = ""] = parts(2, (shard, out) => json("small.ndjson", "--shard", shard, "-o", out));
    const problem = (...paths: readonly string[]): string => {
      const { status, stdout, stderr } = json("--merge", ...paths);
      expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
      return stderr;
    };
    expect(problem(one)).toContain("guestc: part 2 of 2 is missing\n");
    writeFileSync(join(folder, "copy.json"), readFileSync(join(folder, one)));
    expect(problem(one, "copy.json", two)).toContain(
      "copy.json and part-1-of-2.json are the same part, 1 of 2\n",
    );
    write("small.ndjson", [...some, n1]);
    json("small.ndjson", "--shard", "2/2", "-o", "later.json");
    expect(problem(one, "later.json")).toContain(
      "are parts of different inventories, or it changed between them\n",
    );
    const text = readFileSync(join(folder, two), "utf8");
    writeFileSync(
      join(folder, "foreign.json"),
      text.replace(/"tables": "[^"]*"/, '"tables": "guestc 0.0.1"'),
    );
    expect(problem(one, "foreign.json")).toContain(
      "foreign.json: was made with other tables than this guestc's",
    );
    writeFileSync(join(folder, "half.json"), text.slice(0, text.length / 2));
    expect(problem(one, "half.json")).toBe("guestc: half.json: is no JSON, or was not written to its end\n");
    writeFileSync(join(folder, "edited.json"), text.replace(/"0x0-0x2"/, '"0x0-0x1"'));
    expect(problem(one, "edited.json")).toMatch(/edited.json: classes\[\d\] is not what its id says\n/);
    expect(problem(one, "--shard", "1/2")).toContain("--merge takes whole documents, and no --shard");
  });

  it("may be empty", () => {
    write("few.ndjson", [n1]);
    const made = parts(3, (shard, out) => json("few.ndjson", "--shard", shard, "-o", out));
    expect(json("--merge", ...made).stdout).toBe(json("few.ndjson").stdout);
  });
});

describe("hosts that cannot be read", () => {
  const lines = [n1, "nosuch.json", { cpu: "neoverse-v9", kernel: "6.18" }, { host: { schema: 1 } }, a76];

  it("are told with their places, and there is no result", () => {
    write("bad.ndjson", lines);
    writeFileSync(join(folder, "old.json"), "old\n");
    const { status, stdout, stderr } = json("bad.ndjson", "-o", "old.json");
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toBe(
      [
        "guestc: 3 of 5 hosts cannot be read",
        "  bad.ndjson:2:1: nosuch.json: no such file or directory",
        "  bad.ndjson:3:1: no core is called `neoverse-v9`; cores that can be derived: neoverse-n1, neoverse-v1, neoverse-n2, neoverse-e1, neoverse-v2, neoverse-v3ae, neoverse-v3, neoverse-n3",
        "  bad.ndjson:4:9: the profile lacks the key `name`",
        "  `--keep-going` leaves them out and says how many there are",
        "",
      ].join("\n"),
    );
    expect(readFileSync(join(folder, "old.json"), "utf8")).toBe("old\n");
  });

  it("are left out and counted where that is wanted, in parts as well", () => {
    write("bad.ndjson", [...lines, ...lines]);
    const whole = json("bad.ndjson", "--keep-going");
    expect(whole.status).toBe(0);
    expect(whole.stderr).toBe("guestc: 6 hosts cannot be read and are left out\n");
    const document = JSON.parse(whole.stdout);
    expect(valid(document), JSON.stringify(valid.errors)).toBe(true);
    expect(document).toMatchObject({ hosts: 4, unreadable: { count: 6 } });
    expect(document.unreadable.first.map(({ line }: { line: number }) => line)).toEqual([2, 3, 4, 7, 8, 9]);
    for (const part of [1, 2])
      json("bad.ndjson", "--keep-going", "--shard", `${part}/2`, "-o", `kept-${part}.json`);
    expect(json("--merge", "kept-2.json", "kept-1.json").stdout).toBe(whole.stdout);
    const table = guestc(["baseline", "bad.ndjson", "--keep-going"], here).stdout;
    expect(table).toContain(
      "\nleft out: 6 hosts that cannot be read\n  bad.ndjson:2:1: nosuch.json: no such",
    );
    const block = guestc(["baseline", "bad.ndjson", "--keep-going", "--format", "guest"], here).stdout;
    expect(block).toContain("Without 6 hosts that cannot be read.");
  });

  it("end the run when they are so many that the file must be the wrong one", () => {
    write(
      "wrong.ndjson",
      Array.from({ length: 3000 }, (_, at) => `nosuch-${at}.json`),
    );
    const { status, stderr } = json("wrong.ndjson");
    expect(status).toBe(1);
    expect(stderr).toContain(
      "guestc: 1000 and more hosts cannot be read\n  wrong.ndjson:1:1: nosuch-0.json:",
    );
    expect(stderr).toContain("\n  and 980 more\n  these are so many that the rest was not read\n");
  });

  it("are told of folders too", () => {
    mkdirSync(join(folder, "broken"));
    writeFileSync(join(folder, "broken/a.json"), textOf(n1));
    writeFileSync(join(folder, "broken/b.json"), textOf(n1).slice(0, 900));
    const { status, stderr } = json("broken");
    expect(status).toBe(1);
    expect(stderr).toMatch(/^guestc: 1 of 2 hosts cannot be read\n {2}broken\/b.json:\d+:\d+: is not JSON: /);
    expect(JSON.parse(json("broken", "--keep-going").stdout)).toMatchObject({
      hosts: 1,
      unreadable: { count: 1 },
    });
  });
});

describe("a run that is killed", { timeout: 240_000 }, () => {
  it("leaves the old file or the new one, and the next run makes the same", async () => {
    write("killed.ndjson", mixed(1000));
    const args = ["baseline", "killed.ndjson", "--shard", "1/1", "--format", "json", "-o", "killed.json"];
    const whole = guestc(args.slice(0, -2), here).stdout;
    const path = join(folder, "killed.json");
    const startAndKill = async (kill: (stop: () => void) => void): Promise<void> => {
      const child = spawn(process.execPath, [cli, ...args], {
        cwd: folder,
        env: environment(),
        stdio: "ignore",
      });
      const ended = new Promise((done) => child.once("exit", done));
      kill(() => child.kill("SIGKILL"));
      await ended;
    };
    let [killed, finished] = [0, 0];
    const look = (): void => {
      if (!existsSync(path)) killed++;
      else {
        expect(readFileSync(path, "utf8")).toBe(whole);
        finished++;
        rmSync(path);
      }
    };
    const started = performance.now();
    guestc(args.slice(0, -2), here);
    const usual = performance.now() - started;
    for (const share of [0.2, 0.5, 0.8]) {
      await startAndKill((stop) => setTimeout(stop, usual * share));
      look();
    }
    // In the midst of the writing, as far as it can be met: when the file beside appears.
    const beside = (name: string): boolean => name.startsWith(".killed.json.");
    for (let round = 0; round < 2; round++) {
      const watcher = watch(folder);
      await startAndKill((stop) => watcher.on("change", (_, name) => beside(String(name)) && stop()));
      watcher.close();
      look();
      for (const name of readdirSync(folder).filter(beside)) rmSync(join(folder, name));
    }
    expect(killed).toBeGreaterThan(0);
    expect(guestc(args, here).status).toBe(0);
    look();
    expect(finished).toBeGreaterThan(0);
  });
});

describe("the progress bar", { timeout: 240_000 }, () => {
  it("says how far it is, how fast, and how long it will be", () => {
    const standing = { hosts: 250_000, done: 25, total: 100, elapsedMs: 10_000 };
    expect(progressLine(standing, 100)).toBe(
      "[######..................]  25% 250,000 hosts, 25,000/s, 30 s left",
    );
    expect(progressLine(standing, 50)).toBe(" 25% 250,000 hosts, 25,000/s, 30 s left");
    expect(progressLine(standing, 20)).toHaveLength(20);
    expect(progressLine({ ...standing, total: undefined }, 100)).toBe("250,000 hosts, 25,000/s");
    expect(progressLine({ ...standing, done: 1 }, 100)).toContain("16 min 30 s left");
    expect(progressLine({ ...standing, done: 0 }, 100)).toContain("? left");
    expect(progressLine({ hosts: 0, done: 0, total: 0, elapsedMs: 0 }, 100)).toBe("0 hosts, 0/s");
  });

  it("is drawn on a terminal, removed at the end, and nowhere else", () => {
    // As many classes as lines: each takes some milliseconds.
    write("long.ndjson", shippedNames.slice(0, 60));
    const onTerminal = (...more: readonly string[]): string => {
      const words = [
        process.execPath,
        cli,
        "baseline",
        "long.ndjson",
        "--format",
        "json",
        "-o",
        "long.json",
        ...more,
      ];
      rmSync(join(folder, "long.json"), { force: true });
      const line = words.map((word) => `'${word}'`).join(" ");
      const { stdout, error } = spawnSync("script", ["-qec", line, "/dev/null"], {
        cwd: folder,
        encoding: "utf8",
        env: environment(),
      });
      if (error !== undefined) throw error;
      return stdout;
    };
    const drawn = onTerminal();
    expect(drawn).toMatch(/\r\[#*\.*\] +\d+% [\d,]+ hosts, [\d,]+\/s, .* left.\[K/);
    expect(drawn.endsWith("\r\u001b[Kwritten long.json\r\n")).toBe(true);
    expect(onTerminal("--no-progress")).toBe("written long.json\r\n");
    expect(json("long.ndjson", "-o", "long.json").stderr).toBe("unchanged long.json\n");
  });
});

describe("what was seen lately", () => {
  it("is bounded, and keeps what is used", () => {
    const kept = recent<number>(100);
    kept.set("used", 1);
    for (let at = 0; at < 1000; at++) {
      kept.set(`${at}`, at);
      expect(kept.get("used")).toBe(1);
    }
    const left = Array.from({ length: 1000 }, (_, at) => kept.get(`${at}`)).filter(
      (one) => one !== undefined,
    );
    expect(left.length).toBeLessThan(300);
    expect(kept.get("999")).toBe(999);
  });
});

describe("a large inventory", () => {
  it("takes no more memory than a small one", () => {
    const peakOf = (count: number): number => {
      const path = join(folder, "large.ndjson");
      const lines = some.map((name) => JSON.stringify({ host: compact(name) }).slice(1));
      const texts = Array.from({ length: count }, (_, at) => `{"name":"h${at}",${lines[at % lines.length]}`);
      writeFileSync(path, texts.join("\n"));
      expect(statSync(path).size).toBeGreaterThan(count * 10_000);
      const code = `process.on("exit", () => process.stderr.write("rss " + process.resourceUsage().maxRSS))`;
      writeFileSync(join(folder, "peak.cjs"), code);
      const { stderr } = spawnSync(
        process.execPath,
        ["--require", join(folder, "peak.cjs"), cli, "baseline", path, "-o", join(folder, "large.txt")],
        { encoding: "utf8", env: environment() },
      );
      rmSync(path);
      return Number(/rss (\d+)/.exec(stderr)?.[1]);
    };
    const [small, large] = [peakOf(500), peakOf(10_000)];
    expect(small).toBeGreaterThan(10_000);
    // 170 MB of lines more.
    expect(large - small).toBeLessThan(60_000);
  });
});
