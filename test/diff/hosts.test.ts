/** Differences of hosts: complete, each way the same, and in words that people have read. */
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Diff, type Difference, mirrored } from "../../src/diff/difference.ts";
import { diffDocument } from "../../src/diff/document.ts";
import { diffHosts } from "../../src/diff/hosts/diff.ts";
import { workingPairs } from "../../src/diff/hosts/pairs.ts";
import { diffText } from "../../src/diff/text.ts";
import { deriveHost } from "../../src/hosts/derive.ts";
import { shownRegister } from "../../src/hosts/field.ts";
import type { Configuration, HostProfile } from "../../src/hosts/profile.ts";
import {
  capability,
  cpu,
  describeOneReg,
  fieldOf,
  idRegisters,
  parseOneReg,
} from "../../src/tables/index.ts";
import { shipped, shippedNames, spread } from "../hosts/shipped.ts";
import { golden } from "../support/golden.ts";

const schema: object = JSON.parse(readFileSync("schemas/diff.schema.json", "utf8"));
const validate = new Ajv2020({
  strict: true,
  strictRequired: false,
  strictTypes: false,
  allErrors: true,
}).compile(schema);

/** Whether a difference is told of a configuration. */
const holdsIn = ({ where }: Difference, configuration: string): boolean =>
  where === null || where.includes(configuration);

/** Subjects of one kind that are told of a configuration. */
const subjects = (diff: Diff, about: Difference["about"], configuration: string): ReadonlySet<string> =>
  new Set(
    diff.differences
      .filter((one) => one.about === about && holdsIn(one, configuration))
      .map(({ subject }) => subject),
  );

const anyName = fc.constantFrom(...shippedNames);
const runs = { numRuns: 15 } as const;

describe("two hosts", () => {
  it.each([...spread])("%s and itself differ in nothing", (name) => {
    expect(diffHosts(shipped(name), shipped(name))).toMatchObject({ differences: [], unsaid: [] });
  });

  it("the other way round is the mirror image", () => {
    fc.assert(
      fc.property(anyName, anyName, (a, b) => {
        expect(diffHosts(shipped(b), shipped(a))).toEqual(mirrored(diffHosts(shipped(a), shipped(b))));
      }),
      runs,
    );
  });

  it("every field that a guest reads otherwise is named, and no other", () => {
    fc.assert(
      fc.property(anyName, anyName, (a, b) => {
        const [before, after] = [shipped(a), shipped(b)];
        const diff = diffHosts(before, after);
        for (const pair of workingPairs(before, after)) {
          const told = subjects(diff, "field", pair.name);
          for (const register of idRegisters()) {
            const was = shownRegister(before, pair.before, register).value;
            const is = shownRegister(after, pair.after, register).value;
            if (was === undefined || is === undefined) continue;
            for (const field of register.fields) {
              const name = `${register.name}.${field.name}`;
              const differs = fieldOf(was, field) !== fieldOf(is, field);
              if (told.has(name) !== differs) expect.fail(`${a} ${b} ${pair.name} ${name}`);
            }
          }
        }
      }),
      runs,
    );
  });

  it("every capability and every listed register that only one has is named", () => {
    fc.assert(
      fc.property(anyName, anyName, (a, b) => {
        const [before, after] = [shipped(a), shipped(b)];
        const diff = diffHosts(before, after);
        const numbers = new Set([...before.capabilities.keys(), ...after.capabilities.keys()]);
        const told = subjects(diff, "capability", "base");
        for (const number of numbers) {
          const differs = before.capabilities.get(number) !== after.capabilities.get(number);
          expect(told.has(capability(number)?.name ?? `capability ${number}`)).toBe(differs);
        }
        for (const pair of workingPairs(before, after)) {
          const listed = subjects(diff, "listed", pair.name);
          const ids = new Set([...pair.before.registers.keys(), ...pair.after.registers.keys()]);
          for (const id of ids) {
            const differs = pair.before.registers.has(id) !== pair.after.registers.has(id);
            const name = describeOneReg(id)?.name ?? "";
            if (listed.has(name) !== differs) expect.fail(`${a} ${b} ${pair.name} ${name}`);
          }
        }
      }),
      runs,
    );
  });

  it("with every kind of pair the document keeps to its schema, the text to its width", () => {
    fc.assert(
      fc.property(anyName, anyName, (a, b) => {
        const diff = diffHosts(shipped(a), shipped(b));
        const document = JSON.parse(JSON.stringify(diffDocument(diff)));
        expect(validate(document), JSON.stringify(validate.errors?.slice(0, 3))).toBe(true);
        for (const all of [false, true]) {
          const lines = diffText(diff, { all, width: 100 }).split("\n");
          expect(lines.filter((line) => line.length > 100 || /\s$/.test(line))).toEqual([]);
        }
      }),
      runs,
    );
  });
});

/** A host with another value at one place. */
function edited(
  host: HostProfile,
  configuration: string,
  edit: (configuration: Configuration) => Partial<Configuration>,
): HostProfile {
  const own = host.configurations.get(configuration);
  if (own === undefined) throw new Error(`no configuration ${configuration}`);
  return {
    ...host,
    configurations: new Map([...host.configurations, [configuration, { ...own, ...edit(own) }]]),
  };
}

describe("one edit of a host", () => {
  const host = shipped("neoverse-v1.linux-6.18");
  const base = host.configurations.get("base");
  if (base === undefined) throw new Error("no base");

  it("of a bit of an ID register is told with the field, or as bits of none", () => {
    const values = [...base.registers].filter(
      (row): row is [bigint, bigint] => row[1] !== null && idRegisters().some(({ id }) => id === row[0]),
    );
    fc.assert(
      fc.property(fc.constantFrom(...values), fc.nat({ max: 63 }), ([id, value], bit) => {
        const other = edited(host, "base", ({ registers }) => ({
          registers: new Map([...registers, [id, value ^ (1n << BigInt(bit))]]),
        }));
        const fields = diffHosts(host, other).differences.filter(({ about }) => about === "field");
        expect(fields).toHaveLength(1);
        const register = idRegisters().find((one) => one.id === id);
        const field = register?.fields.find(({ lsb, width }) => lsb <= bit && bit < lsb + width);
        expect(fields[0]?.subject).toMatch(
          field === undefined ? /^\S+ bits? [\d:]+$/ : `${register?.name}.${field.name}`,
        );
        expect(fields[0]?.where).toEqual(["base"]);
      }),
      { numRuns: 100 },
    );
  });

  it("of one answer of a sweep is told with the part of the register", () => {
    const swept = [...base.sweeps.keys()].filter((id) => describeOneReg(id)?.class === "sysreg");
    const answers = fc.constantFrom(..."IxNBPO");
    fc.assert(
      fc.property(
        fc.constantFrom(...swept),
        fc.nat({ max: 15 }),
        fc.nat({ max: 15 }),
        answers,
        (id, nibble, value, answer) => {
          const sweep = base.sweeps.get(id) ?? [];
          const before = sweep[nibble] ?? "";
          const present = Number(((base.registers.get(id) ?? 0n) >> BigInt(nibble * 4)) & 0xfn);
          fc.pre(before.charAt(value) !== answer && value !== present);
          // Fields narrower than the nibble: the answer counts where the neighbours are as shown.
          const fields = idRegisters().find((one) => one.id === id)?.fields ?? [];
          fc.pre(fields.some(({ lsb, width }) => lsb === nibble * 4 && width === 4));
          const other = edited(host, "base", ({ sweeps }) => ({
            sweeps: new Map([
              ...sweeps,
              [
                id,
                sweep.map((one, at) =>
                  at === nibble ? one.slice(0, value) + answer + one.slice(value + 1) : one,
                ),
              ],
            ]),
          }));
          const told = diffHosts(host, other).differences;
          expect(told.map(({ about, where }) => ({ about, where }))).toEqual([
            { about: "accepts", where: ["base"] },
          ]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("of a capability's answer, a device type, an attribute, a vector length is told", () => {
    const aboutOf = (other: HostProfile): readonly string[] =>
      diffHosts(host, other).differences.map(({ about, subject }) => `${about} ${subject}`);
    expect(aboutOf({ ...host, capabilities: new Map([...host.capabilities, [205, 1]]) })).toEqual([
      "capability KVM_CAP_ARM_MTE",
    ]);
    expect(aboutOf({ ...host, devices: (host.devices ?? []).filter((one) => one !== 7) })).toEqual([
      "device KVM_DEV_TYPE_ARM_VGIC_V3",
    ]);
    expect(aboutOf(edited(host, "sve", () => ({ vectorLengths: [128] })))).toEqual([
      "vectors SVE vector lengths",
    ]);
    expect(
      aboutOf(edited(host, "pmu", ({ attributes }) => ({ attributes: { ...attributes, vm: new Map() } }))),
    ).toEqual(["attribute KVM_ARM_VM_SMCCC_FILTER"]);
  });

  it("of what the vCPU was doing is none", () => {
    const ids = ["x3", "pc", "fpsr", "CNTV_CVAL_EL0", "PMCCNTR_EL0"].map((name) => parseOneReg(name) ?? 0n);
    const held = (value: bigint): HostProfile =>
      edited(host, "base", ({ registers }) => ({
        registers: new Map([...registers, ...ids.map((id) => [id, value] as const)]),
      }));
    expect(diffHosts(held(1n), held(2n)).differences).toEqual([]);
  });

  it("of its name, release or platform is none", () => {
    const other: HostProfile = {
      ...host,
      name: "other",
      kernel: { release: "6.18.99", version: "6.18.99" },
      cpu: { ...host.cpu, platform: "elsewhere" },
    };
    expect(diffHosts(host, other).differences).toEqual([]);
    expect(diffText(diffHosts(host, other))).toContain("\nno differences\n");
  });
});

describe("a recorded host and a derived one", () => {
  it("says what only one of them has said", () => {
    const core = cpu("neoverse-n1");
    if (core === undefined) throw new Error("no core");
    const derived = deriveHost("n1", core, "6.18");
    if ("problem" in derived) throw new Error(derived.problem);
    const diff = diffHosts(shipped("neoverse-n1.linux-6.18"), derived);
    expect(diff.unsaid).toContainEqual({ what: "sweeps of configuration base", by: "before" });
    expect(diffText(diff)).toContain("Not compared");
  });
});

describe("the words", () => {
  it.each([
    ["neoverse-n1.linux-6.12", "neoverse-n1.linux-6.18", false],
    ["neoverse-n1.linux-7.2", "neoverse-n1.linux-7.3", false],
    ["neoverse-v1.linux-6.18", "neoverse-n1.linux-6.18", false],
    ["neoverse-v1.linux-6.18", "neoverse-n1.linux-6.18", true],
  ] as const)("%s and %s, all: %s", (a, b, all) => {
    golden(
      `test/golden/diff/${a}.${b}${all ? ".all" : ""}.txt`,
      diffText(diffHosts(shipped(a), shipped(b)), { all }),
    );
  });
});
