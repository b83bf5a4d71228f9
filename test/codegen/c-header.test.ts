/** The C header: what compilers say of it. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { headersFolder, openParts } from "../../lab/parts.ts";
import { identifierPrefix } from "../../src/codegen/c-header/escape.ts";
import { headerModel } from "../../src/codegen/c-header/model.ts";
import { cHeader } from "../../src/codegen/c-header/target.ts";
import { templates } from "../../src/generated/templates.js";
import type { Plan } from "../../src/planner/plan.ts";
import { emulatedPlan, fullContract, fullPlan, hostilePlan, hostileTexts } from "./plans.ts";
import { hasTool, inTemporaryFolder, run } from "./tools.ts";

const strict =
  "-Wall -Wextra -Wpedantic -Werror -Wconversion -Wsign-conversion -Wshadow -Wcast-align -Wcast-qual -Wundef -Wwrite-strings -Wtrigraphs -Wbidi-chars=any -O2 -c -o /dev/null".split(
    " ",
  );

const compilers = [
  { program: "aarch64-linux-gnu-gcc", flags: ["-std=c11", "-Wstrict-prototypes"], language: "c" },
  { program: "aarch64-linux-gnu-gcc", flags: ["-std=gnu17"], language: "c" },
  { program: "aarch64-linux-gnu-g++", flags: ["-std=c++17", "-Wold-style-cast"], language: "c++" },
  { program: "aarch64-linux-gnu-g++", flags: ["-std=c++20"], language: "c++" },
  { program: "gcc", flags: ["-std=c11"], language: "c" },
  { program: "g++", flags: ["-std=c++17"], language: "c++" },
] as const;

const kernelHeaders = "/usr/aarch64-linux-gnu/include";

function header(plan: Plan): string {
  const emission = cHeader.emit(plan, fullContract);
  if ("diagnostics" in emission) throw new Error("the target wrote nothing");
  return emission.files[0]?.text ?? "";
}

/** A function that calls all of the guest's, so that the compiler looks into each. */
function caller(guest: string): string {
  const prefix = identifierPrefix(guest);
  return [
    `int use_${prefix}(struct guestc_error *error, char *text);`,
    `int use_${prefix}(struct guestc_error *error, char *text) {`,
    `  return ${prefix}_create_vm(3, error) + ${prefix}_configure_vm(3, 4, error) + ${prefix}_configure_vcpu(4, 5, 1, 1, error) +`,
    `         ${prefix}_configure_devices(5, 1, error) + ${prefix}_verify_vcpu(5, error) + ${prefix}_describe_error(error, text, 9);`,
    "}",
    "",
  ].join("\n");
}

/** Compiles a unit that includes the headers of `plans` as `0.h`, `1.h` …, each twice, and calls all their functions. */
function compile(
  compiler: (typeof compilers)[number],
  plans: readonly Plan[],
  flags: readonly string[] = [],
): { status: number | null; stderr: string } {
  return inTemporaryFolder((folder) => {
    const includes = plans.map((plan, at) => {
      writeFileSync(`${folder}/${at}.h`, header(plan));
      return `#include "${at}.h"\n#include "${at}.h"\n`;
    });
    writeFileSync(`${folder}/unit.c`, [...includes, ...plans.map(({ guest }) => caller(guest))].join(""));
    const { status, stderr } = run(compiler.program, [
      ...strict,
      ...compiler.flags,
      ...flags,
      `-I${folder}`,
      "-x",
      compiler.language,
      `${folder}/unit.c`,
    ]);
    return { status, stderr };
  });
}

const clean = { status: 0, stderr: "" };

describe.each(compilers)("$program $flags", (compiler) => {
  it("takes the header without a warning", () => {
    if (!hasTool(compiler.program, "the header's compilation")) return;
    expect(compile(compiler, [fullPlan])).toEqual(clean);
  });

  it("takes several guests in one unit, also those whose names look alike", () => {
    if (!hasTool(compiler.program, "several headers in one unit")) return;
    const names = ["web-small", "web_small", "web.small", "1st", "int"];
    const plans = names.map((guest) => ({ ...fullPlan, guest }));
    expect(compile(compiler, [...plans, emulatedOperations()])).toEqual(clean);
  });

  it("takes hostile names, comments and paths", () => {
    if (!hasTool(compiler.program, "hostile text in headers")) return;
    const plans = hostileTexts.map((text, at) => hostilePlan(`hostile-${at}`, text));
    plans.push(...hostileTexts.filter((text) => text !== "").map((text) => ({ ...fullPlan, guest: text })));
    expect(compile(compiler, plans)).toEqual(clean);
  });
});

/** A plan of one operation, so that arrays and constants that others have are absent. */
function emulatedOperations(): Plan {
  return { ...emulatedPlan, operations: fullPlan.operations.filter(({ kind }) => kind === "vcpu-init") };
}

/** The kernel's headers without the macros that `text` guards: what an older kernel had, or worse. */
function olderHeaders(text: string, folder: string): string[] {
  const names = [...text.matchAll(/^#ifndef (KVM_\w+)$/gm)].map(([, name]) => name ?? "");
  for (const path of ["linux/kvm.h", "asm/kvm.h"]) {
    const whole = readFileSync(`${kernelHeaders}/${path}`, "utf8");
    const trimmed = names.reduce(
      (left, name) => left.replace(new RegExp(`^#define[ \\t]+${name}\\b(?:.*\\\\\\n)*.*\\n`, "gm"), ""),
      whole,
    );
    mkdirSync(`${folder}/${path.split("/")[0]}`, { recursive: true });
    writeFileSync(`${folder}/${path}`, trimmed);
  }
  return names;
}

const cross = compilers.filter(({ program }) => program.startsWith("aarch64"));

describe("kernel headers of other ages", () => {
  it.each(cross)("older ones than $program has ($flags)", (compiler) => {
    if (!hasTool(compiler.program, "older kernel headers")) return;
    inTemporaryFolder((folder) => {
      const removed = olderHeaders(header(fullPlan), folder);
      expect(removed).toContain("KVM_CAP_ARM_SVE");
      expect(removed.length).toBeGreaterThan(15);
      for (const name of removed) {
        const probe = run(
          compiler.program,
          ["-isystem", folder, "-x", "c", "-E", "-"],
          `#include <linux/kvm.h>\n#ifdef ${name}\n#error still there\n#endif\n`,
        );
        expect(probe.stderr).toBe("");
      }
      expect(compile(compiler, [fullPlan], ["-isystem", folder])).toEqual(clean);
    });
  });

  it.each(cross)("newer ones than $program has ($flags)", (compiler) => {
    if (!hasTool(compiler.program, "newer kernel headers")) return;
    const newer = headersFolder(openParts(process.cwd(), process.env));
    if (!existsSync(newer)) {
      process.stderr.write("left out: newer kernel headers; `npm run lab:setup` fetches them\n");
      return;
    }
    expect(compile(compiler, [fullPlan], ["-isystem", newer])).toEqual(clean);
  });

  it("with another number are refused", () => {
    const [compiler] = cross;
    if (compiler === undefined || !hasTool(compiler.program, "headers that disagree")) return;
    const { status, stderr } = compile(compiler, [fullPlan], ["-DKVM_ARM_VM_SMCCC_FILTER=7"]);
    expect(status).toBe(1);
    expect(stderr).toContain("<linux/kvm.h> has another number");
  });
});

describe("the template's model", () => {
  const schema = JSON.parse(
    readFileSync(new URL("../../src/codegen/c-header/model.schema.json", import.meta.url), "utf8"),
  ) as object;
  const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema);
  const runtime = "#ifndef GUESTC_RUNTIME_H_1\n";

  it("keeps to its schema, whatever the texts", () => {
    const plans = [
      fullPlan,
      emulatedOperations(),
      ...hostileTexts.map((text) => hostilePlan(text === "" ? "h" : text, text)),
    ];
    for (const plan of plans)
      expect(validate(headerModel(plan, fullContract, runtime)), JSON.stringify(validate.errors)).toBe(true);
  });

  it("is refused where a text is not safe", () => {
    const model = headerModel(fullPlan, fullContract, runtime);
    expect(validate({ ...model, guest: "ends */ here" })).toBe(false);
    expect(validate({ ...model, documentation: ["two\nlines"] })).toBe(false);
    expect(validate({ ...model, prefix: "a-b" })).toBe(false);
    expect(validate({ ...model, constants: [{ name: "a", value: "0; int b", comment: "" }] })).toBe(false);
  });

  it("must have every name that the template asks for", () => {
    const { prefix, ...rest } = headerModel(fullPlan, fullContract, runtime);
    expect(templates["c-header/header"]({ ...rest, prefix })).toContain(`${prefix}_operations`);
    expect(() => templates["c-header/header"](rest)).toThrow(/prefix/);
    // A list that is missing would only be empty to the template; the schema refuses it.
    const { rows, ...without } = headerModel(fullPlan, fullContract, runtime);
    expect(rows).toHaveLength(fullPlan.operations.length);
    expect(validate(without)).toBe(false);
  });
});

describe("operations that the header's functions cannot reach", () => {
  it("are named, and nothing is written", () => {
    const operations = fullPlan.operations.map((operation) =>
      operation.name === "KVM_ARM_VCPU_PMU_V3_INIT" ? { ...operation, fd: "vm" as const } : operation,
    );
    const emission = cHeader.emit({ ...fullPlan, operations }, fullContract);
    expect(
      "diagnostics" in emission && emission.diagnostics.map(({ code, message }) => [code, message]),
    ).toEqual([
      [
        "GC0801",
        "target `c-header` cannot carry KVM_SET_DEVICE_ATTR of KVM_ARM_VCPU_PMU_V3_INIT on the vm descriptor in phase devices",
      ],
    ]);
  });
});
