/** The example VMM with the header of every example: what the cross compiler says of it, and its Makefile. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { identifierPrefix } from "../../src/codegen/c-header/escape.ts";
import { cHeader } from "../../src/codegen/c-header/target.ts";
import { planFor } from "../../src/index.ts";
import { compileFile } from "../support/compile-text.ts";
import { hasTool, inTemporaryFolder, run } from "./tools.ts";

const compiler = "aarch64-linux-gnu-gcc";
const folder = resolve("examples/vmm");
const strict = "-std=gnu11 -O2 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wwrite-strings -Werror -pthread";

const headers = readdirSync("examples")
  .filter((file) => file.endsWith(".guest"))
  .flatMap((file) =>
    compileFile(`examples/${file}`).guests.map((contract) => {
      const emission = cHeader.emit(planFor(contract), contract);
      if ("diagnostics" in emission) throw new Error(`${file}: no header`);
      return { file, guest: contract.guest, text: emission.files[0]?.text ?? "" };
    }),
  );

const sources = readdirSync(folder).filter((name) => /\.[cS]$/.test(name));

describe("the example VMM", () => {
  it.each(headers)("takes the header of $guest in $file without a warning", ({ guest, text }) => {
    if (!hasTool(compiler, "the example VMM")) return;
    inTemporaryFolder((out) => {
      writeFileSync(`${out}/guest.h`, text);
      const built = run(compiler, [
        ...strict.split(" "),
        `-DGUEST=${identifierPrefix(guest)}`,
        `-DGUEST_HEADER="${out}/guest.h"`,
        ...sources.map((name) => `${folder}/${name}`),
        "-static",
        "-o",
        `${out}/vmm`,
      ]);
      expect(built).toEqual({ status: 0, stdout: "", stderr: "" });
      // An arm64 program that brings its C library along, and the agent as a whole number of vector tables.
      const symbols = run("aarch64-linux-gnu-nm", [`${out}/vmm`]).stdout;
      const address = (name: string): number =>
        Number.parseInt(new RegExp(`^(\\w+) [a-zA-Z] ${name}$`, "m").exec(symbols)?.[1] ?? "none", 16);
      expect(address("agent_image") % 0x800).toBe(0);
      expect(address("vectors_el2") - address("vectors_el1")).toBe(0x800);
      expect(address("agent_image_end") - address("agent_image")).toBeLessThan(0x10000);
    });
  });

  it("is built by its Makefile from any folder", () => {
    if (!hasTool("make", "the example VMM's Makefile") || !hasTool(compiler, "the same")) return;
    const [header] = headers;
    inTemporaryFolder((out) => {
      const without = run("make", ["-C", out, "-f", `${folder}/Makefile`, "HEADER=none.h"]);
      expect(without.status).toBe(2);
      expect(without.stderr).toContain("HEADER names no header of guestc");
      writeFileSync(`${out}/guest.h`, header?.text ?? "");
      const { status, stderr } = run("make", ["-C", out, "-f", `${folder}/Makefile`, "HEADER=guest.h"]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(readFileSync(`${out}/vmm`).subarray(0, 4).toString("latin1")).toBe("\x7fELF");
    });
  });
});
