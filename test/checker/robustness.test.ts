/** Odd, hostile and huge programs: diagnostics, never an exception, and time that grows with the text. */
import { describe, expect, it, vi } from "vitest";
import { compile } from "../../src/checker/compile.ts";
import { resolvePath } from "../../src/checker/load.ts";
import type { Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import { plan } from "../../src/planner/planner.ts";
import { compileText, describeDiagnostic } from "../support/compile-text.ts";
import { slugs } from "./support.ts";

// Random programs take their time on a loaded machine.
vi.setConfig({ testTimeout: 120_000 });

const errors = (found: readonly Diagnostic[]): readonly Diagnostic[] =>
  found.filter((one) => one.severity === "error");

describe("names that JavaScript gives to every object", () => {
  const inGuest = (line: string): string => `cpu c { baseline host }\nguest g {\n  cpu c\n  ${line}\n}`;
  const inCpu = (line: string): string => `cpu c {\n  baseline host\n  ${line}\n}\nguest g { cpu c }`;
  const wrong: readonly ((name: string) => string)[] = [
    (name) => `cpu c { baseline ${name} }`,
    (name) => inCpu(`with ${name}`),
    (name) => inCpu(`field ${name}.${name} = 1`),
    (name) => inCpu(`field ID_AA64PFR0_EL1.${name} = 1`),
    (name) => inCpu(`field ID_AA64PFR0_EL1.CSV2 = ${name}`),
    (name) => inCpu(`midr ${name} r0p0`),
    (name) => inCpu(`pmu on { version ${name} }`),
    (name) => inCpu(`${name} on`),
    (name) => inCpu(`override ${name} on`),
    (name) => `cpu c extends ${name} { }`,
    (name) => `host h { cpu ${name}; kernel linux 6.18 }`,
    (name) => `fleet f { hosts ${name} }`,
    (name) => `${name} x { }`,
    ...[
      "services NAME",
      "smccc { deny NAME }",
      "smccc { deny oem NAME }",
      "workaround NAME = available",
      "workaround SMCCC_ARCH_WORKAROUND_1 = NAME",
      "workaround SMCCC_ARCH_WORKAROUND_2 = NAME",
      "capability NAME",
      "timer NAME intid 20",
      "gic NAME",
      "psci NAME",
      "runs-on NAME",
      "ipa 40 NAME",
      "NAME",
    ].map((line) => (name: string) => inGuest(line.replace("NAME", name))),
    ...[
      "read NAME = 1",
      "execute NAME = works",
      "hvc NAME = 1",
      "hvc PSCI_VERSION = NAME",
      "read MIDR_EL1 = NAME",
    ].map((line) => (name: string) => `${inGuest("")}\ntest g "t" {\n  ${line.replace("NAME", name)}\n}`),
  ];

  it.each(["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf"])(
    "`%s` is unknown wherever a name is looked up",
    (name) => {
      for (const program of wrong) {
        const text = `edition 2026\n${program(name)}\n`;
        const { diagnostics, guests } = compileText(text);
        expect(errors(diagnostics).length, text).toBeGreaterThan(0);
        expect(
          JSON.stringify(diagnostics.map(({ message, help, notes }) => [message, help, notes])),
        ).not.toMatch(/native code|\[object|undefined/);
        for (const guest of guests) plan(guest);
      }
    },
  );

  it.each(["__proto__", "constructor", "toString"])("`%s` may be declared", (name) => {
    const text = `edition 2026
host ${name} { cpu neoverse-n1; kernel linux 6.12 }
cpu ${name} { baseline host }
guest ${name} {
  cpu ${name}
  runs-on ${name}
  psci 1.1
}
test ${name} "${name}" { read MIDR_EL1 = host }
`;
    const { diagnostics, guests } = compileText(text);
    expect(diagnostics.map(describeDiagnostic)).toEqual([]);
    expect(guests.map((one) => [one.guest, one.tests.length])).toEqual([[name, 1]]);
  });
});

describe("files", () => {
  const files: ReadonlyMap<string, string> = new Map([
    [
      "a.guest",
      'edition 2026\nimport "b.guest"\nimport "./b.guest"\nimport "x/../b.guest"\nimport ".//b.guest"\n',
    ],
    ["b.guest", 'edition 2026\nimport "a.guest"\ncpu b { baseline host }\nguest g {\n  cpu b\n}\n'],
    ["deep/er/c.guest", 'edition 2026\nimport "../../b.guest"\n'],
    ["self.guest", 'edition 2026\nimport "self.guest"\n'],
    ["back.guest", 'edition 2026\nimport "x\\\\y.guest"\n'],
  ]);
  const load = (path: string) =>
    compile(
      { path, text: files.get(path.replace(/^\.\//, "")) ?? "" },
      { read: (one) => files.get(one), inside: (one) => !one.startsWith("..") },
    );

  it("importing each other, under several spellings, are read once", () => {
    for (const path of ["a.guest", "./a.guest"]) {
      const { files: read, diagnostics, guests } = load(path);
      expect(diagnostics.map(describeDiagnostic)).toEqual([]);
      expect(read.map((one) => one.path).filter((one) => one.endsWith("b.guest"))).toEqual(["b.guest"]);
      expect(guests.map((one) => one.guest)).toEqual(["g"]);
    }
    expect(load("deep/er/c.guest").guests).toHaveLength(1);
    expect(load("self.guest").diagnostics).toEqual([]);
  });

  it("a backslash in a path is a character, and the file is missed", () => {
    expect(slugs(load("back.guest").diagnostics)).toEqual(["file-not-found"]);
  });

  it.each([
    ["main.guest", "b.guest", "b.guest"],
    ["./main.guest", "../b.guest", "../b.guest"],
    ["./x/main.guest", "../b.guest", "b.guest"],
    ["x/../main.guest", "b.guest", "b.guest"],
    ["/abs/x/main.guest", "../b.guest", "/abs/b.guest"],
    ["../x/main.guest", "../../b.guest", "../../b.guest"],
    ["x/main.guest", "../../../b.guest", "../../b.guest"],
  ])("from %s, %s is %s", (from, to, path) => {
    expect(resolvePath(from, to)).toBe(path);
  });

  it.each([
    ["nothing", ""],
    ["blank lines", "\n\n\n"],
    ["a comment", "// nothing here"],
  ])("with %s lack their edition", (_, text) => {
    expect(slugs(compileText(text).diagnostics)).toEqual(["edition-missing"]);
  });

  it("mean the same with CRLF", () => {
    const text = "edition 2026\ncpu c {\n  baseline armv8.2-a\n  with FEAT_LSE2\n}\nguest g {\n  cpu c\n}\n";
    const values = (one: string): unknown =>
      compileText(one).guests[0]?.registers.map((register) =>
        register.fields.map((field) => String(field.value)),
      );
    const crlf = text.replaceAll("\n", "\r\n");
    expect(values(crlf)).toEqual(values(text));
    expect(slugs(compileText(crlf).diagnostics)).toEqual(slugs(compileText(text).diagnostics));
  });
});

describe("numbers beyond what holds them", () => {
  it.each([
    ["cpu", "revidr 0x1_0000_0000_0000_0000"],
    ["cpu", "midr 0x1_0000_0000"],
    ["cpu", "midr neoverse-n1 r99999999999999999999p0"],
    ["cpu", "sve lengths 99999999999999999999"],
    ["cpu", "field REVIDR_EL1.IMPDEF = 0x1_0000_0000_0000_0000"],
    ["cpu", "pmu on { counters 0xffff_ffff_ffff_ffff_ffff }"],
    ["cpu", "pmu on { allow events 0 ..= 0x1_0000_0000_0000_0000 }"],
    ["guest", "vcpus 0xffff_ffff_ffff_ffff_ffff"],
    ["guest", "counter-offset 0x1_0000_0000_0000_0000"],
    ["guest", "ipa 99999999999999999999 bits"],
    ["guest", "stolen-time at 0x1_0000_0000_0000_0000"],
    ["guest", "smccc { deny 0x1_0000_0000_0000_0000 }"],
    ["guest", "smccc { deny oem fast32 0x1_0000_0000_0000_0000 }"],
    ["test", "hvc PSCI_VERSION = 0x1_0000_0000_0000_0000"],
    ["test", "read REVIDR_EL1 = 0x1_0000_0000_0000_0000"],
  ])("in a %s block: %s", (place, line) => {
    const at = (wanted: string): string => (place === wanted ? `  ${line}\n` : "");
    const text = `edition 2026\ncpu c {\n  baseline host\n${at("cpu")}}\nguest g {\n  cpu c\n${at("guest")}}\ntest g "t" {\n${at("test") || "  read MIDR_EL1 = host\n"}}\n`;
    expect(errors(compileText(text).diagnostics)).toHaveLength(1);
  });
});

it("a test keeps a range of calls and whole registers", () => {
  const { guests, diagnostics } = compileText(
    'edition 2026\ncpu c { baseline host }\nguest g {\n  cpu c\n}\ntest g "t" {\n  hvc 0x8300_0000 ..= 0x8300_00ff = denied\n  read MIDR_EL1 = 0x410f_d0c0\n}\n',
  );
  expect(diagnostics.map(describeDiagnostic)).toEqual([]);
  expect(guests[0]?.tests[0]?.expectations.map((one) => `${one.subject} = ${one.expected}`)).toEqual([
    "0x83000000 ..= 0x830000ff = denied",
    "MIDR_EL1 = 0x410fd0c0",
  ]);
});

describe("huge programs", () => {
  const lines = (count: number, line: (at: number) => string): string =>
    Array.from({ length: count }, (_, at) => line(at)).join("\n");

  it("a chain of a thousand models, the heirs first", () => {
    const text = `edition 2026\nguest g {\n  cpu c1000\n}\n${lines(1000, (at) => `cpu c${1000 - at} extends c${999 - at} { }`)}\ncpu c0 { baseline host }\n`;
    const { diagnostics, guests } = compileText(text);
    expect(diagnostics).toEqual([]);
    expect(guests).toHaveLength(1);
  });

  it("ten thousand filter entries, stated from the last to the first", () => {
    const text = `edition 2026\ncpu c { baseline host }\nguest g {\n  cpu c\n  smccc {\n${lines(10_000, (at) => `    deny ${0xc300_0000 + 2 * (9_999 - at)}`)}\n  }\n}\n`;
    const { diagnostics, guests } = compileText(text);
    expect(diagnostics).toEqual([]);
    expect(guests[0]?.filter).toHaveLength(10_000);
    expect(guests[0]?.filter[0]?.first).toBe(0xc300_0000);
  });

  it("suggests names while somebody may read them, not for thousands that are wrong", () => {
    const text = `edition 2026\n${lines(2000, (at) => `cpu model-number-${at} { baseline host }\nguest g${at} { cpu mdoel-nmuber-${at} }`)}\n`;
    const { diagnostics } = compileText(text);
    const unknown = diagnostics.filter((one) => one.slug === "unknown-name");
    expect(unknown).toHaveLength(2000);
    expect(unknown[0]?.fixes).toHaveLength(1);
    expect(unknown.at(-1)?.fixes).toEqual([]);
  }, 30_000);

  it("a circle of a thousand models is one error", () => {
    const text = `edition 2026\n${lines(1000, (at) => `cpu c${at} extends c${(at + 1) % 1000} { }`)}\n`;
    expect(slugs(compileText(text).diagnostics)).toEqual(["extends-cycle"]);
  });
});
