/** Of any readings: what is printed is read again. Of any text: a profile or problems with places, never an exception. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readHostInput } from "../../../src/hosts/inputs/read.ts";
import { keptValues } from "../../../src/hosts/inputs/readings.ts";
import { readRegisterList } from "../../../src/hosts/inputs/register-list.ts";
import { readTemplate } from "../../../src/hosts/inputs/template.ts";
import { applyTemplate } from "../../../src/hosts/inputs/template-effect.ts";
import type { HostProfile } from "../../../src/hosts/profile.ts";
import { readHostProfile } from "../../../src/hosts/read.ts";
import { formatHostProfile } from "../../../src/hosts/write.ts";
import { describeOneReg, idRegister } from "../../../src/tables/index.ts";
import { shipped } from "../shipped.ts";
import {
  capture,
  cpuConfig,
  dump,
  fingerprint,
  idregs,
  idregsIds,
  registersOf,
  styles,
  trace,
  type Values,
} from "./printed.ts";

const pfr0 = idRegister("ID_AA64PFR0_EL1")?.id ?? 0n;
const word = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const fits = (id: bigint, value: bigint): bigint =>
  value & ((1n << BigInt(describeOneReg(id)?.bits ?? 64)) - 1n);

/** Values for some registers of a list, PFR0 always among them. */
const valuesOf = (ids: readonly bigint[]): fc.Arbitrary<Values> =>
  fc.record({ some: fc.subarray([...ids]), values: fc.infiniteStream(word) }).map(({ some, values }) => {
    const chosen = [...new Set([...some, pfr0])].sort((a, b) => (a < b ? -1 : 1));
    return new Map(chosen.map((id) => [id, fits(id, values.next().value ?? 0n)]));
  });

// Without general registers: a value in one tells that the vCPU has run, and then little is kept.
const listed = [...registersOf("neoverse-v1", "6.18", "all", 0x411f_d40fn).keys()].filter(
  (id) => describeOneReg(id)?.class !== "core",
);

function profileOf(text: string): HostProfile {
  const read = readHostInput(text, "x");
  const given = "problems" in read ? readHostInput(text, "x", { kernel: "6.18.3-example" }) : read;
  if ("problems" in given) throw new Error(JSON.stringify(given.problems.slice(0, 3)));
  return given.profile;
}

/** The registers of the configuration that was read. */
function readOf(profile: HostProfile): ReadonlyMap<bigint, bigint | null> {
  const own = [...profile.configurations.values()].find(
    ({ name }) => profile.assumed?.configurations.has(name) !== true,
  );
  return own?.registers ?? new Map();
}

describe("readings that are printed and read again", () => {
  const forms: Readonly<Record<string, (values: Values) => string>> = {
    fingerprint: (values) => fingerprint(values, "6.18.3-example"),
    "cpu configuration": cpuConfig,
    trace,
    ...Object.fromEntries(
      Object.entries(styles).map(([name, style]) => [
        `dump: ${name}`,
        (values: Values) => dump(values, style),
      ]),
    ),
  };

  it.each(Object.keys(forms))("are the same: %s", (form) => {
    fc.assert(
      fc.property(valuesOf(listed), (values) => {
        const profile = profileOf(forms[form]?.(values) ?? "");
        const own = readOf(profile);
        for (const [id, value] of keptValues(values, false)) {
          // Firecracker's helper leaves out what has more than 128 bits.
          const kept = /^(?:dump|trace)/.test(form) || (describeOneReg(id)?.bits ?? 64) <= 128;
          if (kept) expect(own.get(id), id.toString(16)).toBe(value);
        }
        expect(readHostProfile(formatHostProfile(profile), "x")).toEqual({ profile });
      }),
      { numRuns: 12, seed: 7 },
    );
  });

  it("are the same: idregs", () => {
    fc.assert(
      fc.property(valuesOf(idregsIds), (values) => {
        const profile = profileOf(idregs(values));
        const own = readOf(profile);
        for (const [id, value] of keptValues(values, true)) expect(own.get(id), id.toString(16)).toBe(value);
        expect(readHostProfile(formatHostProfile(profile), "x")).toEqual({ profile });
      }),
      { numRuns: 20, seed: 8 },
    );
  });

  it("are the same in every style of dump", () => {
    fc.assert(
      fc.property(valuesOf(listed), (values) => {
        const [first, ...others] = Object.values(styles).map((style) =>
          readRegisterList(dump(values, style)),
        );
        for (const other of others) expect(other).toEqual(first);
      }),
      { numRuns: 20, seed: 9 },
    );
  });
});

describe("a text that was broken", () => {
  const texts: Record<string, string> = Object.fromEntries(
    ["fingerprint.json", "cpu-config.json", "idregs", "registers.txt", "template.json"].map((name) => [
      name,
      readFileSync(new URL(`samples/${name}`, import.meta.url), "utf8"),
    ]),
  );
  texts["a trace"] = trace(registersOf("neoverse-n1", "6.12", "base", 0x410f_d0cfn)).slice(0, 6000);
  texts["a capture"] = capture(shipped("cortex-a53.linux-6.1")).slice(0, 20000);
  const host = shipped("neoverse-v1.linux-6.18");

  /** A profile, or problems that say where. */
  function judge(text: string): void {
    for (const given of [{}, { kernel: "6.18", cpu: "neoverse-n2" }]) {
      const read = readHostInput(text, "x", given);
      if ("profile" in read) {
        expect(readHostProfile(formatHostProfile(read.profile), "x")).toEqual({ profile: read.profile });
        continue;
      }
      expect(read.problems.length).toBeGreaterThan(0);
      for (const { message, line, column, lacks } of read.problems) {
        expect(message).toMatch(/\w/);
        // What a user adds, or adds wrongly, is no matter of a place.
        if (lacks === undefined && Object.keys(given).length === 0)
          expect([line, column], message).toEqual([expect.any(Number), expect.any(Number)]);
      }
    }
    const template = readTemplate(text, "t");
    if ("template" in template) applyTemplate(host, template.template, "t");
    else for (const { line } of template.problems) expect(line).toEqual(expect.any(Number));
  }

  it.each(Object.keys(texts))("by cutting it off anywhere: %s", (name) => {
    const text = texts[name] ?? "";
    for (let length = 0; length < text.length; length += text.length > 2000 ? 41 : 7)
      judge(text.slice(0, length));
  });

  const replacement = fc.constantFrom(
    "",
    "x",
    "0",
    "f",
    "{",
    "]",
    '"',
    ",",
    ":",
    "\n",
    "\u0000",
    "é",
    "1e9",
    "-",
    "#",
  );
  it.each(Object.keys(texts))("by changing characters: %s", (name) => {
    const text = texts[name] ?? "";
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(text.length), fc.nat(12), replacement), { minLength: 1, maxLength: 4 }),
        (edits) => {
          judge(
            edits.reduce(
              (now, [at, removed, inserted]) => now.slice(0, at) + inserted + now.slice(at + removed),
              text,
            ),
          );
        },
      ),
      { numRuns: 60, seed: 10 },
    );
  });

  it("into JSON of any shape", () => {
    const keys = fc.constantFrom(
      "guest_cpu_config",
      "firecracker_version",
      "kernel_version",
      "reg_modifiers",
      "vcpu_features",
      "kvm_capabilities",
      "addr",
      "bitmap",
      "index",
    );
    const values = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom("0x603000000013c020", "0b1x", "170", "!1", 0, 1.5, null, true, "", "6.1"),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(keys, tie("value"), { maxKeys: 4 }),
      ),
    })).value;
    fc.assert(
      fc.property(values, (value) => judge(JSON.stringify(value))),
      { numRuns: 300, seed: 11 },
    );
  });
});
