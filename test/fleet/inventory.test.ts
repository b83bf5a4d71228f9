/** Lines of an inventory: what is told of them without reading them, what is read, what is wrong. */
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sourceOf } from "../../src/cli/fleet/lines.ts";
import { beginsInventory, lookOverLine, readLine } from "../../src/fleet/inventory/line.ts";
import { membersOf, type Span, valueIn } from "../../src/fleet/inventory/outline.ts";
import { shippedText } from "../hosts/shipped.ts";

const valid = new Ajv2020({ strict: false }).compile(
  JSON.parse(readFileSync("schemas/inventory-line.schema.json", "utf8")),
);

function bytesOf(text: string) {
  const bytes = Buffer.from(text, "utf8");
  return { source: sourceOf(bytes), line: { from: 0, to: bytes.length } };
}

function look(text: string) {
  const { source, line } = bytesOf(text);
  const found = lookOverLine(source, line);
  const textOf = ({ from, to }: Span): string => Buffer.from(source.bytes).toString("utf8", from, to);
  return found && { ...found, decisive: found.decisive.map(textOf), host: textOf(found.host) };
}

const read = (text: string) => {
  const { source, line } = bytesOf(text);
  return readLine(source, line);
};

const profile = JSON.stringify(JSON.parse(shippedText("neoverse-n1.linux-6.18.json")));
const named = (name: string): string => profile.replace(/"name":"[^"]*"/, `"name":${JSON.stringify(name)}`);

describe("a look over a line", () => {
  it("finds the members that a parser finds, whatever is in them", () => {
    const objects = fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue());
    const blanks = fc.constantFrom(0, 1, "\t", "\r");
    fc.assert(
      fc.property(objects, blanks, (object, indent) => {
        const { source, line } = bytesOf(JSON.stringify(object, null, indent));
        const members = membersOf(source, line);
        expect(members?.map(({ key }) => key)).toEqual(Object.keys(JSON.parse(JSON.stringify(object))));
        for (const { key, value } of members ?? [])
          expect(JSON.stringify(valueIn(source, value))).toBe(JSON.stringify(object[key]));
      }),
      { numRuns: 500 },
    );
  });

  it("tells nothing of what is no object, or ends too soon or too late", () => {
    for (const text of [
      "[1]",
      "{",
      '{"a":1',
      '{"a":{}',
      '{"a":1}}',
      '{"a":1} {}',
      '{"a" 1}',
      "{a:1}",
      '{"a":}',
    ])
      expect(membersOf(bytesOf(text).source, bytesOf(text).line), text).toBeUndefined();
  });

  it("takes names, descriptions and counts aside, wherever they stand", () => {
    const parts = look('{"name":"a","host":"x.json","count":3}');
    expect(parts).toMatchObject({ name: "a", count: 3, host: '"x.json"' });
    expect(parts?.decisive).toEqual(look('{"name":"other","host":"x.json","count":70}')?.decisive);
    expect(parts?.decisive).not.toEqual(look('{"name":"a","host":"y.json","count":3}')?.decisive);
    const inner = look(`{"host":${named("n1")},"name":"b"}`);
    expect(inner).toMatchObject({ name: "b", profileName: "n1" });
    expect(inner?.decisive).toEqual(look(`{"host":${named("n2")},"name":"c"}`)?.decisive);
    expect(look(named("n1"))?.decisive).toEqual(look(named("n2"))?.decisive);
    expect(look(` ${named("n1")}\t`)?.decisive).toEqual(look(named("n2"))?.decisive);
  });

  it("leaves nothing aside that has to be judged", () => {
    for (const text of [
      '{"name":3,"host":"x.json"}',
      '{"name":"","host":"x.json"}',
      '{"name":"a","name":"b","host":"x.json"}',
      '{"host":"x.json","count":"3"}',
      '{"host":"x.json","count":1.5}',
    ])
      expect(look(text), text).toBeUndefined();
    // A profile's name that no profile may have stays where it is, and is refused with the line.
    expect(look(named("a b"))?.decisive.join("")).toContain("a b");
    expect(look(named("a").replace("{", '{"name":"b",'))?.decisive).toHaveLength(1);
    // A fingerprint has no name: a member that is called so is none of its own.
    expect(look('{"guest_cpu_config":{},"name":"b"}')?.decisive.join("")).toContain('"b"');
  });
});

describe("every line", () => {
  const value = fc.oneof(
    fc.constantFrom(
      ...[
        '"a.json"',
        '"6.18"',
        "3",
        "0",
        '""',
        '"\\u0041"',
        '"\\ud800"',
        "null",
        "[]",
        "{}",
        '{"schema":1,"name":"n"}',
      ],
    ),
    fc.json(),
  );
  const key = fc.constantFrom(
    "name",
    "host",
    "count",
    "kernel",
    "cpu",
    "schema",
    "description",
    "n\\u0061me",
    "x",
  );
  const object = fc
    .array(fc.tuple(key, value), { maxLength: 5 })
    .map((members) => `{${members.map(([name, text]) => `"${name}" : ${text}`).join(" ,")}}`);
  const damaged = fc
    .tuple(object, fc.nat(60), fc.nat(60), fc.constantFrom("", '"', "}", "{", ",", "\\", "\u0001"))
    .map(([text, from, length, piece]) => text.slice(0, from) + piece + text.slice(from + length));

  it("is read, or wrong for a reason; one that is not looked over is wrong", () => {
    fc.assert(
      fc.property(fc.oneof(object, damaged, fc.string({ unit: "binary" })), (text) => {
        const { source, line } = bytesOf(text);
        const found = readLine(source, line);
        const seen = lookOverLine(source, line);
        if (seen === undefined) expect(found).toHaveProperty("message");
        if ("message" in found) expect(found.column).toBeLessThanOrEqual(text.length);
        // What the look takes aside is all that differs: the same line with other labels is about the same host.
        if (seen !== undefined && !("message" in found)) expect(seen.count).toBeGreaterThan(0);
      }),
      { numRuns: 3000 },
    );
  });

  it("is about the same host as one that differs in nothing but what is taken aside", () => {
    fc.assert(
      fc.property(object, fc.array(fc.tuple(key, value), { maxLength: 2 }), (text, more) => {
        const changed = more.reduce(
          (line, [name, label]) =>
            line.replace(new RegExp(`"${name}" : ("[^"]*"|\\d+)`), `"${name}" : ${label}`),
          text,
        );
        const [one, other] = [look(text), look(changed)];
        if (one === undefined || other === undefined) return;
        if (JSON.stringify(one.decisive) !== JSON.stringify(other.decisive)) return;
        const [a, b] = [read(text), read(changed)];
        expect("message" in a).toBe("message" in b);
        const plain = (source: typeof a) => ("text" in source ? { ...source, text: "", column: 0 } : source);
        if (!("message" in a) && !("message" in b)) expect(plain(a)).toEqual(plain(b));
      }),
      { numRuns: 3000 },
    );
  });
});

describe("a line", () => {
  const lines: readonly (readonly [string, object | string])[] = [
    ['"hosts/a.json"', { kind: "path", path: "hosts/a.json", given: {} }],
    ['{"host":"a.idregs","kernel":"6.18"}', { kind: "path", path: "a.idregs", given: { kernel: "6.18" } }],
    [
      '{"name":"x","cpu":"neoverse-v1","kernel":"6.18"}',
      { kind: "derived", cpu: "neoverse-v1", kernel: "6.18" },
    ],
    [profile, { kind: "inline", text: profile, given: {} }],
    [`{"name":"x","host":${profile} ,"count":2}`, { kind: "inline", text: profile, given: {} }],
    ['{"reg_modifiers":[]}', { kind: "inline", text: '{"reg_modifiers":[]}', given: {} }],
    ['""', "is an empty path"],
    ["[]", "is no host: a line is a path in double quotes, or an object"],
    ["7", "is no host: a line is a path in double quotes, or an object"],
    ["{}", "says no host: expected `host`, or `cpu` and `kernel`, or a host's profile"],
    ['{"host":7}', "`host` is a path, or a profile as an object"],
    ['{"cpu":"neoverse-v1"}', 'a core without a profile needs its `kernel`: "6.18"'],
    ['{"cpu":"neoverse-v1","kernel":6.18}', '`kernel` is a version as a text: "6.18"'],
    ['{"host":"a","count":0}', "`count` is how many such hosts there are: a whole number from 1 on"],
    ['{"host":"a","nmae":"b"}', "`nmae` is no member of a host's line; did you mean `name`?"],
    [
      '{"host":"a","name":"\\n"}',
      "`name` is a text of 1 to 256 characters, none of them a control character",
    ],
    ['"a\\u0000b"', "is no path: it has a NUL in it"],
    ['{"host":"a\\u0000b"}', "`host` is a path, or a profile as an object"],
  ];

  it.each(lines)("%s", (text, expected) => {
    expect(read(text)).toMatchObject(typeof expected === "string" ? { message: expected } : expected);
    // The published schema says the same.
    expect(valid(JSON.parse(text)), JSON.stringify(valid.errors)).toBe(typeof expected !== "string");
  });

  it("says where it is wrong", () => {
    expect(read('{"host":"a","count":0}')).toMatchObject({ column: 20 });
    expect(read('  {"host":"é","name":""}')).toMatchObject({ column: 21 });
    expect(read('{"host":"a"')).toEqual({
      message: "is no JSON: expected `,` or `}`, found the end of the text",
      column: 11,
    });
    expect(read('{"host":"a","host":"b"}')).toEqual({ message: "`host` stands twice", column: 19 });
    const { source } = { source: sourceOf(Buffer.from([0x22, 0xff, 0x22])) };
    expect(readLine(source, { from: 0, to: 3 })).toEqual({ message: "is no UTF-8 text", column: 0 });
  });

  it("is told from one host's file by what it looks like", () => {
    expect(beginsInventory('"a.json"', false)).toBe(true);
    expect(beginsInventory('{"host":"a.json"}', false)).toBe(true);
    expect(beginsInventory('{"cpu":"neoverse-v1","kernel":"6.18"}', false)).toBe(true);
    expect(beginsInventory(profile, true)).toBe(true);
    expect(beginsInventory(profile, false)).toBe(false);
    expect(beginsInventory("{", true)).toBe(false);
    expect(beginsInventory("0x603000000013c020 0x11", true)).toBe(false);
  });
});
