import { describe, expect, it } from "vitest";
import { wantsColours } from "../../src/cli/colours.ts";
import { internalErrorReport, systemError, UsageError } from "../../src/cli/errors.ts";
import type { Io } from "../../src/cli/io.ts";
import { main } from "../../src/cli/main.ts";

function fakeIo(more: Partial<Io> = {}): { readonly io: Io; readonly said: { out: string; err: string } } {
  const said = { out: "", err: "" };
  const io: Io = {
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    stdin: () => Buffer.alloc(0),
    env: {},
    terminal: () => undefined,
    ...more,
  };
  return { io, said };
}

describe("a fault of the compiler", () => {
  it("is reported briefly, with what to send and without the user's folders", async () => {
    const { io, said } = fakeIo({
      stdin: () => {
        throw new TypeError("tables are upside down");
      },
    });
    expect(await main(["check", "-"], io)).toBe(2);
    expect(said.out).toBe("");
    expect(said.err).toMatch(/^guestc: internal error: TypeError: tables are upside down\n/);
    expect(said.err).toContain("Please report it with the file and the lines below.");
    expect(said.err).toContain('arguments: ["check","-"]');
    expect(said.err.split("\n").length).toBeLessThanOrEqual(11);
    expect(said.err).not.toContain(process.cwd());
  });

  it("may be anything that is thrown", () => {
    expect(internalErrorReport("a string", "1.2.3", [])).toContain("internal error: a string");
  });
});

describe("a system call's failure", () => {
  it("is said in words, by its code where there are none", () => {
    const failure = (code: string): Error => Object.assign(new Error("x"), { code });
    expect(systemError("a", failure("EACCES"))).toEqual(new UsageError("a: permission denied"));
    expect(systemError("a", failure("EWEIRD")).message).toBe("a: EWEIRD");
  });

  it("is only that: other errors go on", () => {
    expect(() => systemError("a", new RangeError("ours"))).toThrow(RangeError);
  });
});

describe("colours", () => {
  const terminal: Partial<Io> = { terminal: () => ({ columns: 80 }) };
  it.each([
    ["auto", {}, true],
    [undefined, {}, true],
    ["never", {}, false],
    ["never", { FORCE_COLOR: "1" }, false],
    ["always", { NO_COLOR: "1" }, true],
    [undefined, { NO_COLOR: "1" }, false],
    [undefined, { NO_COLOR: "" }, true],
    [undefined, { FORCE_COLOR: "0" }, false],
    [undefined, { TERM: "dumb" }, false],
  ])("on a terminal with --color %s and %j: %s", (when, env, wanted) => {
    expect(wantsColours(when, "err", fakeIo({ ...terminal, env }).io)).toBe(wanted);
  });

  it("are not for anything else, unless forced", () => {
    expect(wantsColours(undefined, "err", fakeIo().io)).toBe(false);
    expect(wantsColours(undefined, "err", fakeIo({ env: { FORCE_COLOR: "1" } }).io)).toBe(true);
  });
});
