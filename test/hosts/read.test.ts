import { describe, expect, it } from "vitest";
import { readHostProfile } from "../../src/hosts/read.ts";
import { seriesOf, shipped, shippedFiles, shippedNames, shippedText, spread } from "./shipped.ts";

/** Smallest profile that is right, as a value to change. */
function small() {
  return {
    schema: "guestc.host-profile/1",
    name: "small",
    origin: "recorded",
    kernel: { release: "6.12.3-test", version: "6.12.3" },
    cpu: { name: "neoverse-n1", platform: "" },
    capabilities: { "126": 1 },
    configurations: {
      base: {
        features: ["PSCI_0_2"],
        capabilities: [],
        registers: { "0x603000000013c020": "0x0000000000000021", "0x6030000000100000": null },
        writable: { "0x603000000013c020": "0x00000000000000ff" },
        sweeps: { "0x603000000013c020": "4:0-2", "0x603000000013c021": "fixed" },
      },
      pmu: {
        inherits: "base",
        features: ["PSCI_0_2", "PMU_V3"],
        capabilities: [],
        removed: { registers: ["0x6030000000100000"] },
        registers: { "0x603000000013c020": "0x0000000000000031" },
      },
      sve: { features: ["PSCI_0_2", "SVE"], capabilities: [], refused: { step: "init", errno: "EINVAL" } },
    },
  };
}

function change(path: readonly string[], value: unknown): string {
  const profile: unknown = small();
  let at = profile;
  for (const key of path.slice(0, -1)) at = (at as Record<string, unknown>)[key];
  const last = path[path.length - 1] ?? "";
  if (value === undefined) delete (at as Record<string, unknown>)[last];
  else (at as Record<string, unknown>)[last] = value;
  return JSON.stringify(profile, null, 1);
}

function problemsOf(text: string) {
  const read = readHostProfile(text, "host.json");
  return "problems" in read ? read.problems : [];
}

describe("a right profile", () => {
  it("resolves what a configuration inherits, over its own readings", () => {
    const read = readHostProfile(JSON.stringify(small()), "host.json");
    expect(read).toHaveProperty("profile");
    if (!("profile" in read)) return;
    const base = read.profile.configurations.get("base");
    const pmu = read.profile.configurations.get("pmu");
    expect([...(base?.registers ?? [])]).toEqual([
      [0x6030000000100000n, null],
      [0x603000000013c020n, 0x21n],
    ]);
    expect([...(pmu?.registers ?? [])]).toEqual([[0x603000000013c020n, 0x31n]]);
    expect(pmu?.writable).toEqual(base?.writable);
    // The nibble that the text omits accepts the present value of each configuration.
    expect(base?.sweeps.get(0x603000000013c020n)?.slice(0, 2)).toEqual([
      "I.IIIIIIIIIIIIII",
      "...IIIIIIIIIIIII",
    ]);
    expect(pmu?.sweeps.get(0x603000000013c020n)?.slice(0, 2)).toEqual([
      "I.IIIIIIIIIIIIII",
      "...IIIIIIIIIIIII",
    ]);
    expect(read.profile.configurations.get("sve")?.refused).toEqual({ step: "init", errno: "EINVAL" });
  });

  it("takes an omitted nibble from the heir's own reading", () => {
    const text = change(["configurations", "base", "sweeps", "0x603000000013c020"], "fixed");
    const read = readHostProfile(text, "host.json");
    if (!("profile" in read)) throw new Error("refused");
    expect(read.profile.configurations.get("base")?.sweeps.get(0x603000000013c020n)?.[1]).toBe(
      "II.IIIIIIIIIIIII",
    );
    expect(read.profile.configurations.get("pmu")?.sweeps.get(0x603000000013c020n)?.[1]).toBe(
      "III.IIIIIIIIIIII",
    );
  });

  it("finds an heir that stands before its parent", () => {
    const { base, pmu } = small().configurations;
    const all = { ...pmu, inherits: "pmu", removed: undefined, registers: undefined };
    const read = readHostProfile(
      JSON.stringify({ ...small(), configurations: { all, pmu, base } }),
      "host.json",
    );
    if (!("profile" in read)) throw new Error(JSON.stringify(read.problems));
    expect([...read.profile.configurations.keys()]).toEqual(["all", "pmu", "base"]);
    expect(read.profile.configurations.get("all")?.registers.get(0x603000000013c020n)).toBe(0x31n);
  });
});

describe("what the probe adds", () => {
  const { name: _name, ...cpu } = small().cpu;
  const lengths = "0x606000000015ffff";
  const added = {
    ...small(),
    recorder: "guestc-probe 1",
    cpu: { ...cpu, midr: "0x00000000410fd0c2" },
    highestCapability: 511,
    devices: [4, 7],
    user: { hwcap: ["0x0000000000000800"], registers: { "0x603000000013c020": "0x0000000000000011" } },
    configurations: {
      ...small().configurations,
      sve: {
        inherits: "base",
        features: ["PSCI_0_2", "SVE"],
        capabilities: [],
        vectorLengths: [128, 512],
        registers: { [lengths]: "0x0000000000000009" },
        tried: {
          [lengths]: {
            EINVAL: ["0x0000000000000000", "0x0000000000000008"],
            accepted: ["0x0000000000000001"],
          },
        },
        attributes: { vcpu: ["0:0-2,4", "1:0"] },
      },
      all: {
        inherits: "sve",
        features: ["PSCI_0_2", "SVE", "PMU_V3"],
        capabilities: [],
        removed: { tried: [lengths] },
      },
      gic: {
        features: ["PSCI_0_2"],
        capabilities: [],
        devices: [7],
        refused: { step: "create-device", errno: "ENODEV" },
      },
    },
  };
  const read = readHostProfile(JSON.stringify(added), "host.json");
  if (!("profile" in read)) throw new Error(JSON.stringify(read.problems));
  const { profile } = read;

  it("is read as numbers, and inherited", () => {
    expect(profile).toMatchObject({ recorder: "guestc-probe 1", highestCapability: 511, devices: [4, 7] });
    expect(profile.user).toEqual({ hwcap: [0x800n], registers: new Map([[0x603000000013c020n, 0x11n]]) });
    const sve = profile.configurations.get("sve");
    expect(sve?.vectorLengths).toEqual([128, 512]);
    expect([...(sve?.tried?.get(BigInt(lengths)) ?? [])]).toEqual([
      [0n, "EINVAL"],
      [1n, "accepted"],
      [8n, "EINVAL"],
    ]);
    expect(sve?.attributes?.vcpu).toEqual(
      new Map([
        [0, [0, 1, 2, 4]],
        [1, [0]],
      ]),
    );
    const all = profile.configurations.get("all");
    expect(all).toMatchObject({ vectorLengths: [128, 512], attributes: sve?.attributes });
    expect(all?.tried).toBeUndefined();
    expect(profile.configurations.get("gic")).toMatchObject({
      devices: [7],
      refused: { step: "create-device" },
    });
  });

  it("finds the CPU's name by MIDR_EL1, whatever the revision; a CPU that nobody knows is called by it", () => {
    expect(profile.cpu).toEqual({ name: "neoverse-n1", midr: 0x410fd0c2n, platform: "" });
    const unknown = JSON.stringify({ ...small(), cpu: { midr: "0x00000000ff00fff0", platform: "" } });
    const other = readHostProfile(unknown, "host.json");
    expect(other).toMatchObject({ profile: { cpu: { name: "midr-ff00fff0" } } });
  });

  it("must agree with the register", () => {
    const text = JSON.stringify({
      ...added,
      configurations: {
        ...added.configurations,
        sve: { ...added.configurations.sve, vectorLengths: [128] },
      },
    });
    expect(problemsOf(text)).toMatchObject([
      {
        instancePath: "/configurations/sve/vectorLengths",
        message:
          "these lengths are 0x0000000000000001 in KVM_REG_ARM64_SVE_VLS, which reads 0x0000000000000009",
      },
    ]);
  });
});

describe("a wrong profile", () => {
  it.each<[string, readonly string[], unknown, string, string]>([
    [
      "another version",
      ["schema"],
      "guestc.host-profile/2",
      "/schema",
      '`schema` is `"guestc.host-profile/2"`; expected `"guestc.host-profile/1"`',
    ],
    [
      "a misspelt key",
      ["kernle"],
      {},
      "/kernle",
      "unknown key `kernle` in the profile; did you mean `kernel`?",
    ],
    [
      "a foreign key",
      ["cpu", "colour"],
      "red",
      "/cpu/colour",
      "unknown key `colour` in `cpu`; expected `name`, `midr`, `platform`",
    ],
    ["a missing key", ["cpu"], undefined, "", "the profile lacks the key `cpu`"],
    ["a number for a string", ["name"], 5, "/name", "`name` is `5` (a number); expected a string"],
    [
      "null for an object",
      ["capabilities"],
      null,
      "/capabilities",
      "`capabilities` is null; expected an object",
    ],
    [
      "an origin of its own",
      ["origin"],
      "guessed",
      "/origin",
      '`origin` is `"guessed"`; expected one of `"recorded"`, `"derived"`',
    ],
    [
      "a short value",
      ["configurations", "base", "writable", "0x603000000013c020"],
      "0xff",
      "/configurations/base/writable/0x603000000013c020",
      '`0x603000000013c020` is `"0xff"`; expected `0x` and 16 lower-case hexadecimal digits',
    ],
    [
      "a short id",
      ["configurations", "base", "registers", "0x13c020"],
      null,
      "/configurations/base/registers/0x13c020",
      "unknown key `0x13c020` in `registers`; expected `0x` and 16 lower-case hexadecimal digits",
    ],
    [
      "a number for a register",
      ["configurations", "base", "registers", "0x603000000013c020"],
      33,
      "/configurations/base/registers/0x603000000013c020",
      "`0x603000000013c020` is `33` (a number); expected a string or null",
    ],
    [
      "a capability by name",
      ["capabilities", "KVM_CAP_ARM_PMU_V3"],
      1,
      "/capabilities/KVM_CAP_ARM_PMU_V3",
      "unknown key `KVM_CAP_ARM_PMU_V3` in `capabilities`; expected a capability number in decimal",
    ],
    [
      "a capability that answers 0",
      ["capabilities", "170"],
      0,
      "/capabilities/170",
      "`170` is `0`; expected a number >= 1",
    ],
    [
      "a feature twice",
      ["configurations", "base", "features"],
      ["SVE", "SVE"],
      "/configurations/base/features",
      '`features` holds `"SVE"` twice',
    ],
    [
      "a feature in lower case",
      ["configurations", "base", "features"],
      ["sve"],
      "/configurations/base/features/0",
      'item 0 is `"sve"`; expected a vCPU feature such as `PMU_V3`',
    ],
    ["an empty release", ["kernel", "release"], "", "/kernel/release", "`release` is empty"],
    [
      "readings of a refused configuration",
      ["configurations", "sve", "registers"],
      {},
      "/configurations/sve/registers",
      "`registers` has no place in a configuration that was refused",
    ],
    [
      "a sweep in other words",
      ["configurations", "base", "sweeps", "0x603000000013c021"],
      "anything",
      "/configurations/base/sweeps/0x603000000013c021",
      '`0x603000000013c021` is `"anything"`; expected `fixed`, `free`, `ignored`, or entries such as `8:0-2,x3`',
    ],
    [
      "no base",
      ["configurations", "base"],
      undefined,
      "/configurations",
      "`configurations` lacks the key `base`",
    ],
    // From here on the schema is satisfied.
    [
      "a sweep at an odd bit",
      ["configurations", "base", "sweeps", "0x603000000013c021"],
      "2:0",
      "/configurations/base/sweeps/0x603000000013c021",
      "the sweep of 0x603000000013c021: bit 2 does not begin a nibble; expected 0, 4, … 60",
    ],
    [
      "a sweep of a value that is not kept",
      ["configurations", "base", "sweeps", "0x6030000000100000"],
      "fixed",
      "/configurations/base/sweeps/0x6030000000100000",
      "0x6030000000100000 has a sweep, so its reading may not be null",
    ],
    [
      "another version than the release's",
      ["kernel", "version"],
      "6.1",
      "/kernel/version",
      "`version` is `6.1`; expected the leading numbers of the release `6.12.3-test`",
    ],
    [
      "an unknown parent",
      ["configurations", "pmu", "inherits"],
      "bsae",
      "/configurations/pmu/inherits",
      "`pmu` inherits from `bsae`, which is not in this profile; did you mean `base`?",
    ],
    [
      "itself as parent",
      ["configurations", "pmu", "inherits"],
      "pmu",
      "/configurations/pmu/inherits",
      "`pmu` inherits from itself: pmu → pmu",
    ],
    [
      "a refused parent",
      ["configurations", "pmu", "inherits"],
      "sve",
      "/configurations/pmu/inherits",
      "`pmu` inherits from `sve`, which was refused and has no readings",
    ],
    [
      "no registers at all",
      ["configurations", "base", "registers"],
      undefined,
      "/configurations/base",
      "`base` inherits nothing, so it needs `registers`",
    ],
    [
      "removal of what is not there",
      ["configurations", "pmu", "removed"],
      { writable: ["0x603000000013c021"] },
      "/configurations/pmu/removed/writable/0",
      "0x603000000013c021 cannot be removed: `base` does not have it",
    ],
    [
      "removal of what is set",
      ["configurations", "pmu", "removed"],
      { registers: ["0x603000000013c020"] },
      "/configurations/pmu/removed/registers/0",
      "0x603000000013c020 cannot be removed: `registers` here has it",
    ],
    [
      "a base that was refused",
      ["configurations", "base"],
      { features: [], capabilities: [], refused: { step: "init", errno: "EINVAL" } },
      "/configurations/base/refused",
      "the configuration `base` was refused; a profile needs one that works",
    ],
  ])("with %s is refused with its place", (_, path, value, instancePath, message) => {
    const text = change(path, value);
    const problems = problemsOf(text);
    expect(problems.map((problem) => problem.message)).toContain(message);
    const problem = problems.find((one) => one.message === message);
    expect(problem?.instancePath).toBe(instancePath);
    // The place is that of the value, or of the key where the key is wrong.
    const key = path[path.length - 1] ?? "";
    if (value !== undefined && instancePath.endsWith(`/${key}`)) {
      const line = text.split("\n")[(problem?.line ?? 0) - 1] ?? "";
      expect(line).toContain(`"${key}"`);
      const rest = line.slice((problem?.column ?? 0) - 1);
      const valueText = JSON.stringify(value, null, 1).split("\n")[0] ?? "";
      expect(rest.startsWith(`"${key}"`) || rest.startsWith(valueText)).toBe(true);
      expect(text.slice(problem?.offset).startsWith(rest)).toBe(true);
    }
  });

  it("names a ring of parents once", () => {
    const ring = small();
    const configurations = {
      ...ring.configurations,
      pmu: { ...ring.configurations.pmu, inherits: "el2" },
      el2: { ...ring.configurations.pmu, inherits: "pmu" },
    };
    const messages = problemsOf(JSON.stringify({ ...ring, configurations })).map(
      (problem) => problem.message,
    );
    expect(messages).toEqual([
      "`el2` inherits from itself: pmu → el2 → pmu",
      "`pmu` inherits from itself: el2 → pmu → el2",
    ]);
  });

  it("reports all faults of a file at once", () => {
    const text = JSON.stringify({ ...small(), name: 1, origin: "x", kernle: 1 });
    expect(problemsOf(text)).toHaveLength(3);
  });

  it("with a key twice is refused at the second", () => {
    const text = '{\n  "schema": "guestc.host-profile/1",\n  "name": "a",\n  "name": "b"\n}\n';
    expect(problemsOf(text)).toEqual([
      {
        message: "`name` stands twice in the same object",
        instancePath: "/name",
        offset: text.lastIndexOf('"name"'),
        line: 4,
        column: 3,
      },
    ]);
  });

  it.each([
    ["", "expected a value, found the end of the text", 1, 1],
    ["{", "expected a key in double quotes, found the end of the text", 1, 2],
    ['{\n  "a": 1,\n}', "a comma stands before the closing `}`", 3, 1],
    ['{\n  "a": [1, 2,]\n}', "a comma stands before the closing `]`", 2, 14],
    ['{ "a" 1 }', "expected `:` behind the key, found `1`", 1, 7],
    ["{ 'a': 1 }", "expected a key in double quotes, found `'`", 1, 3],
    ['{ "a": 0x10 }', "expected a value, found `0`", 1, 8],
    ['{ "a": 01 }', "expected a value, found `0`", 1, 8],
    ['{ "a": True }', "expected a value, found `T`", 1, 8],
    ['{ "a": "x\n" }', "the string that begins here has no closing quote on its line", 1, 8],
    ['{ "a": "\\q" }', 'unknown escape; JSON knows \\" \\\\ \\/ \\b \\f \\n \\r \\t and \\uXXXX', 1, 9],
    ['{ "a": 1 } x', "expected the end of the text, found `x`", 1, 12],
    ['{ "a": 1 // why\n}', "expected `,` or `}`, found `/`", 1, 10],
    ['\uFEFF{ "a": 1 }', "expected a value, found a byte order mark", 1, 1],
    ["[1\u00a0]", "expected `,` or `]`, found U+00A0", 1, 3],
  ])("that is not JSON (%j) is refused with a position", (text, message, line, column) => {
    expect(problemsOf(text)).toMatchObject([{ message: `host.json is not JSON: ${message}`, line, column }]);
  });
});

describe("the shipped profiles", () => {
  it("have a spread of every kernel and every CPU", () => {
    const [all, some] = [shippedNames.map(shipped), [...spread].map(shipped)];
    expect(new Set(some.map(seriesOf))).toEqual(new Set(all.map(seriesOf)));
    expect(new Set(some.map(({ cpu }) => cpu.name))).toEqual(new Set(all.map(({ cpu }) => cpu.name)));
    expect(some.length).toBeLessThan(all.length / 4);
  });

  it("are small, and one row a line", () => {
    expect(shippedFiles.length).toBeGreaterThanOrEqual(90);
    const sizes = shippedFiles.map((file) => new TextEncoder().encode(shippedText(file)).length);
    expect(Math.max(...sizes)).toBeLessThan(40_000);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(26_000 * shippedFiles.length);
    for (const file of shippedFiles) {
      const longest = Math.max(
        ...shippedText(file)
          .split("\n")
          .map((line) => line.length),
      );
      expect(longest, file).toBeLessThan(160);
    }
  });

  it.each(shippedNames)("%s reads, and its list is as long as KVM said", (name) => {
    const profile = shipped(name);
    expect(profile.name).toBe(name);
    expect(profile.origin).toBe("recorded");
    expect(name).toContain(profile.cpu.name);
    expect(profile.kernel.version.startsWith(/linux-(.*)$/.exec(name)?.[1] ?? "?")).toBe(true);
    let working = 0;
    for (const configuration of profile.configurations.values()) {
      if (configuration.refused !== undefined) {
        expect(configuration.registers.size).toBe(0);
        continue;
      }
      working++;
      // V0 to V31, or with SVE Z0 to Z31, P0 to P15 and FFR, are wider than 64 bits and left out.
      const wide = configuration.features.includes("SVE") ? 49 : 32;
      expect(configuration.registers.size + wide, configuration.name).toBe(configuration.listed);
      for (const [id, sweep] of configuration.sweeps) {
        const reading = configuration.registers.get(id) ?? 0n;
        expect(sweep).toHaveLength(16);
        for (const [nibble, answers] of sweep.entries()) {
          expect(answers).toMatch(/^[.xINBPO]{16}$/);
          const present = Number((reading >> BigInt(nibble * 4)) & 0xfn);
          expect(
            answers.charAt(present),
            `${configuration.name} 0x${id.toString(16)} nibble ${nibble}`,
          ).toMatch(/[.x]/);
        }
      }
    }
    expect(working).toBeGreaterThanOrEqual(2);
  });
});
