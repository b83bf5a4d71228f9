/** QEMU's properties: what QEMU says of them, and what they cannot carry. */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { declarations, parts } from "../../src/codegen/declarations.ts";
import { judge } from "../../src/codegen/limits.ts";
import { qemu } from "../../src/codegen/qemu/target.ts";
import { shellWord } from "../../src/codegen/shell.ts";
import type { Contract, Origin } from "../../src/contract.ts";
import { formatLocation } from "../../src/diagnostics/span.ts";
import { planFor } from "../../src/index.ts";
import { field } from "../../src/tables/index.ts";
import { compileFile } from "../support/compile-text.ts";
import { emulatedContract, emulatedPlan, fullContract, fullPlan } from "./plans.ts";
import { hasTool, run } from "./tools.ts";

const program = "qemu-system-aarch64";

interface QemuDocument {
  readonly machine: { readonly type: string; readonly props: Readonly<Record<string, boolean | string>> };
  readonly cpu: { readonly model: string; readonly props: Readonly<Record<string, boolean | string>> };
}

function emit(contract: Contract, format: string): string {
  const emission = qemu.emit(emulatedPlan, contract, { format });
  if ("diagnostics" in emission)
    throw new Error(emission.diagnostics.map(({ message }) => message).join("\n"));
  return emission.files[0]?.text ?? "";
}

const document = (contract: Contract): QemuDocument => JSON.parse(emit(contract, "json")) as QemuDocument;

const statement: Origin = { kind: "statement", span: emulatedContract.span };

/** SVE, pointer authentication and PMU in the ways that a contract may decide them. */
function contractWith(sve: readonly number[] | "host" | "off", pauth: boolean, pmu: boolean): Contract {
  const features = [
    ...(sve === "off" ? [] : ["SVE"]),
    ...(pauth ? ["PTRAUTH_ADDRESS", "PTRAUTH_GENERIC"] : []),
    ...(pmu ? ["PMU_V3"] : []),
  ];
  return {
    ...emulatedContract,
    registers: [],
    vcpuFeatures: features.map((value) => ({ value, origin: statement })),
    sveLengths: sve === "off" ? undefined : { value: sve, origin: statement },
    pmu: pmu ? { origin: statement, counters: undefined, intid: undefined, events: [] } : undefined,
  };
}

/** The examples' guests that QEMU can carry. */
const ofExamples: readonly Contract[] = readdirSync("examples")
  .filter((file) => file.endsWith(".guest"))
  .flatMap((file) => compileFile(`examples/${file}`).guests)
  .filter((contract) => "files" in qemu.emit(planFor(contract), contract));

const variants = [
  contractWith("off", false, false),
  contractWith("off", true, true),
  contractWith("host", true, false),
  contractWith([128], false, true),
  contractWith([128, 256], true, false),
  contractWith([128, 256, 512], true, true),
  contractWith([128, 256, 384, 512], true, true),
  contractWith([128, 256, 512, 1024, 2048], false, false),
];

/** Properties that exist only with KVM, which the test machine lacks. */
const kvmOnly = (name: string): boolean => name.startsWith("kvm-");

/** Asks QEMU with the machine's properties to expand `max` with the CPU's. */
function expansion(wanted: QemuDocument): {
  readonly error?: { readonly desc: string };
  readonly props: Readonly<Record<string, unknown>>;
} {
  const machine = Object.entries(wanted.machine.props).map(
    ([name, value]) => `${name}=${value === true ? "on" : value === false ? "off" : value}`,
  );
  const props = Object.fromEntries(Object.entries(wanted.cpu.props).filter(([name]) => !kvmOnly(name)));
  const input = [
    { execute: "qmp_capabilities" },
    { execute: "query-cpu-model-expansion", arguments: { type: "full", model: { name: "max", props } } },
    { execute: "quit" },
  ]
    .map((command) => JSON.stringify(command))
    .join("\n");
  const answered = run(
    program,
    [
      "-machine",
      ["virt", ...machine].join(","),
      "-cpu",
      "max",
      "-S",
      "-display",
      "none",
      "-nic",
      "none",
      "-qmp",
      "stdio",
    ],
    input,
  );
  expect(answered.stderr).toBe("");
  const answers = answered.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const [, , answer] = answers.filter(
    (candidate) => "QMP" in candidate || "return" in candidate || "error" in candidate,
  );
  const { error, return: result } = answer as {
    error?: { desc: string };
    return?: { model: { props: Record<string, unknown> } };
  };
  return { ...(error === undefined ? {} : { error }), props: result?.model.props ?? {} };
}

describe("qemu", () => {
  it("carries the examples that are meant for it", () => {
    expect(ofExamples.map((contract) => contract.guest)).toEqual(
      expect.arrayContaining(["analytics", "inner", "minimal"]),
    );
  });

  it("has properties that QEMU takes, and that then hold", () => {
    if (!hasTool(program, "property lists, asked over QMP")) return;
    for (const contract of [...ofExamples, ...variants]) {
      const wanted = document(contract);
      const { error, props } = expansion(wanted);
      expect(error).toBeUndefined();
      const asked = Object.entries(wanted.cpu.props).filter(([name]) => !kvmOnly(name));
      expect(asked.length).toBeGreaterThan(3);
      // `aarch64` can be given but is not listed for an emulated CPU in every release.
      for (const [name, value] of asked)
        if (name in props) expect([name, props[name]]).toEqual([name, value]);
      if (contract.sveLengths !== undefined && contract.sveLengths.value !== "host")
        expect(
          Object.entries(props)
            .filter(([name, value]) => /^sve\d+$/.test(name) && value === true)
            .map(([name]) => Number(name.slice(3)))
            .sort((a, b) => a - b),
        ).toEqual(contract.sveLengths.value);
    }
  });

  it("makes QEMU refuse a set of lengths that it would otherwise fill up", () => {
    if (!hasTool(program, "vector lengths that QEMU must refuse")) return;
    // 512 needs 256: with 256 unnamed, QEMU would switch it on.
    const { error } = expansion(document(contractWith([128, 512], false, false)));
    expect(error?.desc).toContain("cannot disable sve256");
  });

  it("has arguments that QEMU starts with", () => {
    if (!hasTool(program, "arguments that QEMU starts with")) return;
    for (const contract of [...ofExamples, ...variants]) {
      const line = emit(contract, "args")
        .trim()
        .replace("-accel kvm ", "")
        .replace("-cpu host,", "-cpu max,")
        .replace(/,kvm-[a-z-]+=[\w.]+/g, "");
      const started = spawnSync(
        "sh",
        ["-c", `exec ${program} ${line} -S -display none -nic none -qmp stdio`],
        {
          encoding: "utf8",
          timeout: 60_000,
          input: '{"execute":"qmp_capabilities"}\n{"execute":"quit"}\n',
        },
      );
      expect([started.status, started.stderr]).toEqual([0, ""]);
    }
  });

  it("has the same in its arguments and its JSON", () => {
    for (const contract of variants) {
      const { machine, cpu } = document(contract);
      const option = (head: string, props: Readonly<Record<string, boolean | string>>): string =>
        [
          head,
          ...Object.entries(props).map(
            ([name, value]) => `${name}=${value === true ? "on" : value === false ? "off" : value}`,
          ),
        ].join(",");
      expect(emit(contract, "args")).toBe(
        `-accel kvm -machine ${option(machine.type, machine.props)} -cpu ${option(cpu.model, cpu.props)} -smp 2\n`,
      );
    }
  });

  it("asks for the release that has the properties", () => {
    const release = (contract: Contract): unknown =>
      (JSON.parse(emit(contract, "json")) as { qemu: unknown }).qemu;
    expect(release(emulatedContract)).toBe("7.2");
    expect(release({ ...emulatedContract, psci: { value: "1.1", origin: statement } })).toBe("11.1");
    expect(
      document({ ...emulatedContract, psci: { value: "1.1", origin: statement } }).cpu.props[
        "kvm-psci-version"
      ],
    ).toBe("1.1");
    expect(
      release({
        ...emulatedContract,
        capabilities: [{ value: "KVM_CAP_ARM_MTE", required: true, origin: statement }],
      }),
    ).toBe("10.0");
  });
});

describe("what QEMU cannot carry", () => {
  const judged = (contract: Contract): { errors: string[]; warnings: string[] } => {
    const { errors, warnings } = judge(qemu, emulatedPlan, contract);
    const texts = (found: typeof errors): string[] =>
      found.map(({ code, span, message }) => `${code} ${formatLocation(span)} ${message}`);
    return { errors: texts(errors), warnings: texts(warnings) };
  };

  it("is named statement by statement, and nothing is written", () => {
    const emission = qemu.emit(fullPlan, fullContract);
    expect("files" in emission).toBe(false);
    expect(judged(fullContract).errors).toMatchInlineSnapshot(`
      [
        "GC0801 guests/full.guest:6:3 target \`qemu\` cannot carry ID_AA64PFR0_EL1.CSV3 = 0x0",
        "GC0801 guests/full.guest:5:3 target \`qemu\` cannot carry ID_AA64ISAR0_EL1.RNDR = 0x0",
        "GC0801 guests/full.guest:11:5 target \`qemu\` cannot carry PMU event filter deny 0x11 ..= 0x11",
        "GC0801 guests/full.guest:24:3 target \`qemu\` cannot carry KVM_REG_ARM_STD_BMAP = 0x0; KVM_REG_ARM_VENDOR_HYP_BMAP = 0x0",
        "GC0801 guests/full.guest:31:5 target \`qemu\` cannot carry SMCCC filter deny 0xc3000000 ..= 0xc300ffff",
        "GC0801 guests/full.guest:32:5 target \`qemu\` cannot carry SMCCC filter forward 0xc6000100 ..= 0xc60001ff",
        "GC0801 guests/full.guest:25:3 target \`qemu\` cannot carry capability KVM_CAP_ARM_SYSTEM_SUSPEND = on",
        "GC0801 guests/full.guest:27:3 target \`qemu\` cannot carry KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1 = not-available",
        "GC0801 guests/full.guest:29:3 target \`qemu\` cannot carry stolen-time 0x48000000",
        "GC0801 guests/full.guest:26:3 target \`qemu\` cannot carry counter-offset 0x1000",
        "GC0801 guests/full.guest:20:3 target \`qemu\` cannot carry ipa 40",
      ]
    `);
  });

  it("has a limit or a property for every part of a contract", () => {
    const limited = new Set(qemu.limits.flatMap((limit) => (limit.on === "declaration" ? [limit.part] : [])));
    const carried = new Set(["sve", "pauth", "pmu", "mte", "el1", "psci", "vcpus"]);
    for (const part of parts) expect(limited.has(part) !== carried.has(part), part).toBe(true);
    expect([...new Set(declarations(fullContract).map(({ part }) => part))].sort()).toEqual(
      [...parts].filter((part) => part !== "pmu-counters").sort(),
    );
  });

  it("is a warning where nobody wrote it, an error in a sealed guest", () => {
    const byDefault: Origin = { kind: "default", span: emulatedContract.span, statement: "services" };
    const contract: Contract = {
      ...emulatedContract,
      bitmaps: emulatedContract.bitmaps.map((bitmap) => ({ ...bitmap, value: 0n, origin: byDefault })),
    };
    expect(judged(contract)).toMatchInlineSnapshot(`
      {
        "errors": [],
        "warnings": [
          "GC0802 guests/emulated.guest:10:1 target \`qemu\` leaves open what guestc decides by default: KVM_REG_ARM_STD_BMAP = 0x0; KVM_REG_ARM_VENDOR_HYP_BMAP = 0x0; services of newer kernels denied",
        ],
      }
    `);
    expect(judged({ ...contract, sealed: true })).toMatchInlineSnapshot(`
      {
        "errors": [
          "GC0801 guests/emulated.guest:10:1 target \`qemu\` cannot carry KVM_REG_ARM_STD_BMAP = 0x0; KVM_REG_ARM_VENDOR_HYP_BMAP = 0x0; services of newer kernels denied",
        ],
        "warnings": [],
      }
    `);
    const emission = qemu.emit(emulatedPlan, contract);
    expect("files" in emission && emission.warnings.map(({ slug }) => slug)).toEqual([
      "target-leaves-default",
    ]);
  });

  it("is no field that a property or KVM itself decides", () => {
    const carried = (
      subject: string,
      value: bigint,
      contract = contractWith("off", false, false),
    ): boolean => {
      const [register = "", name = ""] = subject.split(".");
      const row = field(register, name);
      if (row === undefined) throw new Error(`the tables have no ${subject}`);
      const { lsb, width } = row;
      const fields = [{ name, lsb, width, value, origin: statement }];
      return judged({ ...contract, registers: [{ name: register, id: 0n, fields }] }).errors.length === 0;
    };
    expect(carried("ID_AA64PFR0_EL1.SVE", 0n)).toBe(true);
    expect(carried("ID_AA64ZFR0_EL1.SVEver", 0n)).toBe(true);
    expect(carried("ID_AA64ZFR0_EL1.SVEver", 0n, contractWith([128], false, false))).toBe(false);
    expect(carried("ID_AA64PFR0_EL1.SVE", 1n, contractWith([128], false, false))).toBe(true);
    expect(carried("ID_AA64ISAR1_EL1.API", 0n)).toBe(true);
    expect(carried("ID_AA64ISAR1_EL1.API", 1n, contractWith("off", true, false))).toBe(false);
    expect(carried("ID_AA64DFR0_EL1.PMUVer", 0n)).toBe(true);
    expect(carried("ID_AA64DFR0_EL1.PMUVer", 4n, contractWith("off", false, true))).toBe(false);
    expect(carried("ID_AA64PFR0_EL1.GIC", 1n)).toBe(true);
    expect(carried("ID_AA64PFR0_EL1.GIC", 1n, { ...emulatedContract, gic: undefined })).toBe(false);
    expect(carried("ID_AA64PFR0_EL1.CSV3", 0n)).toBe(false);
    expect(carried("ID_AA64ISAR0_EL1.RNDR", 0n)).toBe(false);
  });

  it("carries timers and PMU interrupts only where the machine has them", () => {
    const timer = (name: string, intid: number): Contract => ({
      ...emulatedContract,
      timers: [{ timer: name, intid, origin: statement }],
    });
    expect(judged(timer("virtual", 27)).errors).toEqual([]);
    expect(judged(timer("virtual", 28)).errors).toHaveLength(1);
    expect(judged(timer("physical", 27)).errors).toHaveLength(1);
  });
});

describe("shell words", () => {
  it("come back from the shell as they were", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\u0000")),
        (text) => {
          expect(run("sh", ["-c", `printf %s ${shellWord(text)}`]).stdout).toBe(text);
        },
      ),
      { numRuns: 60 },
    );
    for (const text of ["", "a'b", "$(id)", "`id`", "a b", "*", "~", "#", "\\", "a\nb"])
      expect(run("sh", ["-c", `printf %s ${shellWord(text)}`]).stdout).toBe(text);
  });
});
