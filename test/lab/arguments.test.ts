import { describe, expect, it } from "vitest";
import { countOf, listOf, optionValue, readArguments } from "../../lab/arguments.ts";
import { commands } from "../../lab/commands.ts";
import { main } from "../../lab/main.ts";

const grammar = {
  name: "try",
  usage: "ONE TWO",
  options: [
    { name: "fast", title: "" },
    { name: "file", value: "FILE", repeatable: true, title: "" },
    { name: "count", value: "N", title: "" },
  ],
  least: 2,
} as const;

describe("words behind a command", () => {
  it("are operands and options in any order", () => {
    const args = readArguments(grammar, ["--file", "x", "a", "--fast", "--file=y=z", "b", "--count", "3"]);
    expect(args.operands).toEqual(["a", "b"]);
    expect([...args.flags]).toEqual(["fast"]);
    expect(args.values.get("file")).toEqual(["x", "y=z"]);
    expect(optionValue(args, "count")).toBe("3");
    expect(countOf(args, "count", 7)).toBe(3);
    expect(countOf(args, "missing", 7)).toBe(7);
  });

  it("are a program's own behind the program", () => {
    const args = readArguments({ ...grammar, verbatim: true }, ["--fast", "a", "b", "--fast", "--", "--x=1"]);
    expect(args.operands).toEqual(["a", "b", "--fast", "--", "--x=1"]);
  });

  it("are operands behind --", () => {
    expect(readArguments(grammar, ["--", "--fast", "-b"]).operands).toEqual(["--fast", "-b"]);
  });

  it("may be lists", () => {
    const args = readArguments({ ...grammar, least: 0 }, ["--count", "6.1,newest"]);
    expect(listOf(args, "count")).toEqual(["6.1", "newest"]);
    expect(listOf(args, "file")).toBeUndefined();
    const odd = readArguments({ ...grammar, least: 0 }, ["--count", "6.1,"]);
    expect(() => listOf(odd, "count")).toThrow("`--count 6.1,` has an empty part");
  });

  it.each([
    ["an unknown option", ["a", "b", "--slow"], "`--slow` is no option of `try`"],
    ["a short option", ["a", "b", "-f"], "`-f` is no option of `try`"],
    ["a switch with a value", ["a", "b", "--fast=1"], "`--fast` takes no value"],
    ["an option without its value", ["a", "b", "--count"], "`--count` needs N"],
    ["an option with an empty value", ["a", "b", "--count="], "`--count` needs N"],
    ["an option twice", ["a", "b", "--count", "1", "--count", "2"], "`--count` is given twice"],
    ["too few operands", ["a"], "`try` needs ONE TWO"],
    ["too many operands", ["a", "b", "c", "d"], "`try` takes no further operand: `c`, `d`"],
  ])("are refused: %s", (_, words, message) => {
    expect(() => readArguments(grammar, words)).toThrow(message);
  });

  it.each(["0", "-1", "1.5", "many"])("that should be a count are refused: %s", (value) => {
    const args = readArguments({ ...grammar, least: 0 }, [`--count=${value}`]);
    expect(() => countOf(args, "count", 1)).toThrow("`--count` needs a whole number from 1 on");
  });
});

describe("the lab's command line", () => {
  async function run(...words: readonly string[]) {
    let out = "";
    let err = "";
    const io = {
      out: (text: string) => {
        out += text;
      },
      err: (text: string) => {
        err += text;
      },
    };
    return { status: await main(process.cwd(), words, io), out, err };
  }

  it("lists every command in the help", async () => {
    const { status, out } = await run("--help");
    expect(status).toBe(0);
    for (const { name, summary } of commands) {
      expect(out).toMatch(new RegExp(`^ {2}${name} `, "m"));
      expect(out.replaceAll(/\s+/g, " ")).toContain(summary);
    }
  });

  it.each(commands.map(({ name }) => name))("says what %s takes", async (name) => {
    const { status, out } = await run(name, "--help");
    expect(status).toBe(0);
    expect(out).toContain(`Usage: npm run lab -- ${name}`);
    for (const option of commands.find((one) => one.name === name)?.options ?? [])
      expect(out).toContain(`--${option.name}`);
    expect((await run("help", name)).out).toBe(out);
  });

  it("leaves a program's --help to the program", async () => {
    const { status, err } = await run("boot", "6.12", "max", "no-such-program", "--help");
    expect({ status, err }).toEqual({ status: 2, err: "lab: no-such-program: no such file or directory\n" });
  });

  it("complains in one line and names what there is", async () => {
    const { status, out, err } = await run("bot");
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(err).toMatch(/^lab: there is no command `bot`\n {2}there are: setup, /);
  });

  it("shows the help when nothing is asked", async () => {
    const { status, out, err } = await run();
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(err).toContain("Commands:");
  });
});
