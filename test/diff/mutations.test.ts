/** One field of a host changed, for every field of every ID register: that field is told, and no other. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mirrored } from "../../src/diff/difference.ts";
import { diffDocument } from "../../src/diff/document.ts";
import { diffHosts } from "../../src/diff/hosts/diff.ts";
import { diffText } from "../../src/diff/text.ts";
import type { HostProfile } from "../../src/hosts/profile.ts";
import { compareFieldValues, type Field, fieldMask, fieldOf, idRegisters } from "../../src/tables/index.ts";
import { shipped, shippedNames } from "../hosts/shipped.ts";

/** A host of which nothing is known but ID registers, as few of guestc's inputs as there may be. */
const bare: HostProfile = { ...shipped("neoverse-v1.linux-6.18"), capabilities: new Map() };

function withRegisters(registers: ReadonlyMap<bigint, bigint>): HostProfile {
  const base = bare.configurations.get("base");
  if (base === undefined) throw new Error("no base");
  const { listed: _, writable: __, ...rest } = base;
  const configuration = { ...rest, registers, sweeps: new Map(), writable: new Map() };
  return { ...bare, configurations: new Map([["base", configuration]]) };
}

const word = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const count = idRegisters().length;
const words = fc.array(word, { minLength: count, maxLength: count });

interface Change {
  readonly id: bigint;
  readonly name: string;
  readonly field: Field;
  readonly was: number;
  readonly is: number;
}

/** A field of one register with another value. */
function changeOf(at: number, value: bigint, other: bigint, pick: number): Change | undefined {
  const register = idRegisters()[at];
  const field = register?.fields[pick % register.fields.length];
  if (register === undefined || field === undefined) return undefined;
  const [was, is] = [fieldOf(value, field), fieldOf(other, field)];
  const name = `${register.name}.${field.name}`;
  return was === is ? undefined : { id: register.id, name, field, was: Number(was), is: Number(is) };
}

function expectTold(values: readonly bigint[], changes: readonly Change[]): void {
  const registers = new Map(idRegisters().map(({ id }, at) => [id, values[at] ?? 0n]));
  const changed = new Map(registers);
  for (const { id, field, is } of changes) {
    const value = changed.get(id) ?? 0n;
    changed.set(id, (value & ~fieldMask(field)) | (BigInt(is) << BigInt(field.lsb)));
  }
  const { differences } = diffHosts(withRegisters(registers), withRegisters(changed));
  const told = differences.filter(({ group }) => group === "guest");
  expect(told.map(({ subject }) => subject).sort()).toEqual(changes.map(({ name }) => name).sort());
  for (const { name, field, was, is } of changes) {
    if (field.safe !== "lower" || field.width > 32) continue;
    const one = told.find(({ subject }) => subject === name);
    expect(one?.order, name).toBe(compareFieldValues(field, was, is) < 0 ? "more" : "less");
  }
}

describe("a changed field", () => {
  it("is told alone, with its order", () => {
    const at = fc.nat({ max: count - 1 });
    fc.assert(
      fc.property(words, word, at, fc.nat(63), (values, other, register, pick) => {
        const change = changeOf(register, values[register] ?? 0n, other, pick);
        fc.pre(change !== undefined);
        expectTold(values, change === undefined ? [] : [change]);
      }),
      { numRuns: 60 },
    );
  });

  it("of every register at once is told for every register, and no other field", () => {
    expect(count).toBe(77);
    fc.assert(
      fc.property(words, words, fc.nat(63), (values, others, pick) => {
        const changes = values.flatMap((value, at) => changeOf(at, value, others[at] ?? 0n, pick + at) ?? []);
        expectTold(values, changes);
      }),
      { numRuns: 60 },
    );
  });
});

describe("text and document", () => {
  const lines = (text: string): number => text.split("\n").filter((line) => /^ {2}[-+~] /.test(line)).length;

  it("have the same number of differences, and as many lines with --all", () => {
    const anyName = fc.constantFrom(...shippedNames);
    fc.assert(
      fc.property(anyName, anyName, (a, b) => {
        const diff = diffHosts(shipped(a), shipped(b));
        const document = JSON.parse(JSON.stringify(diffDocument(diff)));
        const rows = document.groups.flatMap((group: { differences: unknown[] }) => group.differences);
        expect(document.count).toBe(rows.length);
        const text = diffText(diff, { all: true });
        const told = /\n(?:no|(\d+)) differences?\n$/.exec(text)?.[1] ?? "0";
        expect(Number(told)).toBe(document.count);
        expect(lines(text)).toBe(document.count + document.assumed.count);
        expect(diffHosts(shipped(b), shipped(a))).toEqual(mirrored(diff));
      }),
      { numRuns: 10 },
    );
  });

  it("leave out nothing that a guest sees", () => {
    const anyName = fc.constantFrom(...shippedNames);
    fc.assert(
      fc.property(anyName, anyName, (a, b) => {
        const diff = diffHosts(shipped(a), shipped(b));
        const text = diffText(diff).replace(/\n +/g, " ");
        for (const { group, about, subject, before, after } of diff.differences) {
          if (group !== "guest" || (about !== "field" && about !== "register")) continue;
          const isZero = [before, after].some((words) => words !== null && /^0(?: |$)/.test(words));
          const zeroed =
            /\d+ fields of \d+ ID registers of AArch32 (?:read 0 now|no longer read 0) \(--all\): /;
          // Of AArch32 registers that come or go as a whole the line tells how many.
          if (isZero && zeroed.test(text) && /^(?:ID_(?!AA64)|MVFR)/.test(subject)) continue;
          const own = subject.includes(".") ? (subject.split(".")[1] ?? "") : subject.replace(/^[^[]*/, "");
          expect(text).toContain(`${own} ${before} → ${after}`);
        }
      }),
      { numRuns: 15 },
    );
  });
});
