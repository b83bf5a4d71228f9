/** GC01xx: which statement stands where, and what it takes. */
import type { DiagnosticRow } from "../registry.ts";
import { cpu, file, guest } from "../samples.ts";

export const statements = {
  "unknown-statement": {
    code: "GC0101",
    severity: "error",
    message: "no statement `{name}` {place}",
    page: () => ({
      explain:
        "Every statement has its place: `with` belongs in a `cpu` block, `services` in a `guest` block. `guestc explain STATEMENT` shows where a statement stands and what it takes.",
      wrong: guest("sevices trng"),
      right: guest("services trng"),
    }),
  },
  "unexpected-argument": {
    code: "GC0102",
    severity: "error",
    message: "`{statement}` does not take `{found}` here",
    page: () => ({
      explain:
        "The statement is known, its arguments are not those of any of its forms. The forms are listed below the message.",
      wrong: cpu("sve on"),
      right: cpu("sve lengths 128, 256"),
    }),
  },
  "missing-argument": {
    code: "GC0103",
    severity: "error",
    message: "`{statement}` is not complete",
    page: () => ({
      explain:
        "The statement stops before one of its forms is complete. The forms are listed below the message.",
      wrong: cpu("sve lengths"),
      right: cpu("sve lengths 128"),
    }),
  },
  "unexpected-value": {
    code: "GC0104",
    severity: "error",
    message: "`{statement}` takes no `=`",
    page: () => ({
      explain:
        "Only statements that give a value to something named (`field`, `workaround`, and those of a `test` block) have an `=`.",
      wrong: guest("psci = 1.1"),
      right: guest("psci 1.1"),
    }),
  },
  "missing-block": {
    code: "GC0105",
    severity: "error",
    message: "`{statement}` needs a block in braces",
    page: () => ({
      explain: "What the statement says stands in a block of statements behind it.",
      wrong: file("cpu c"),
      right: file("cpu c {\n  baseline host\n}"),
    }),
  },
  "unexpected-block": {
    code: "GC0106",
    severity: "error",
    message: "`{statement}` takes no block",
    page: () => ({
      explain: "The statement is complete at the end of its line.",
      wrong: cpu("pauth on {\n}"),
      right: cpu("pauth on"),
    }),
  },
  "repeated-statement": {
    code: "GC0107",
    severity: "error",
    message: "`{statement}` is stated twice",
    page: () => ({
      explain:
        "Order has no meaning in the language, so of two statements none could win. Lists can be written in one statement (`services trng, pv-time`).",
      wrong: guest("psci 1.1\npsci 1.0"),
      right: guest("psci 1.1"),
    }),
  },
  "override-outside-cpu": {
    code: "GC0108",
    severity: "error",
    message: "`override {name}` stands outside a `cpu` block",
    page: () => ({
      explain: "Only a CPU model has a parent whose statements can be replaced.",
      wrong: guest("override psci 1.1"),
      right: guest("psci 1.1"),
    }),
  },
  "override-missing": {
    code: "GC0109",
    severity: "error",
    message: "{what} is already stated by the parent",
    page: () => ({
      explain:
        "A model that `extends` another may replace what its parent states, and says so with `override`, so that neither is replaced by accident.",
      wrong: file(
        "cpu base {\n  baseline armv8.2-a\n  sve off\n}\n\ncpu child extends base {\n  sve lengths 128\n}\n\nguest g {\n  cpu child\n}",
      ),
      right: file(
        "cpu base {\n  baseline armv8.2-a\n  sve off\n}\n\ncpu child extends base {\n  override sve lengths 128\n}\n\nguest g {\n  cpu child\n}",
      ),
    }),
  },
  "override-needless": {
    code: "GC0110",
    severity: "error",
    message: "`override` replaces nothing: no parent states {what}",
    page: () => ({
      explain:
        "`override` promises the reader that the parent says something else. Where it does not, the word misleads, or the parent has changed.",
      wrong: file(
        "cpu base {\n  baseline armv8.2-a\n}\n\ncpu child extends base {\n  override sve lengths 128\n}\n\nguest g {\n  cpu child\n}",
      ),
      right: file(
        "cpu base {\n  baseline armv8.2-a\n}\n\ncpu child extends base {\n  sve lengths 128\n}\n\nguest g {\n  cpu child\n}",
      ),
    }),
  },
  "edition-missing": {
    code: "GC0111",
    severity: "error",
    message: "the file does not say its edition",
    page: () => ({
      explain:
        "A file begins with the edition of the language that it is written in, so that a later compiler reads it as it was meant.",
      wrong: "cpu c {\n  baseline host\n}\n\nguest g {\n  cpu c\n}\n",
      right: "edition 2026\n\ncpu c {\n  baseline host\n}\n\nguest g {\n  cpu c\n}\n",
    }),
  },
  "edition-unknown": {
    code: "GC0112",
    severity: "error",
    message: "there is no edition `{edition}`",
    page: () => ({
      explain: "This compiler knows the edition 2026.",
      wrong: "edition 2031\n",
      right: "edition 2026\n",
    }),
  },
  "edition-not-first": {
    code: "GC0113",
    severity: "error",
    message: "`edition` is not the first statement",
    page: () => ({
      explain: "What stands above it would be read before the edition is known.",
      wrong: "cpu c {\n  baseline host\n}\n\nedition 2026\n\nguest g {\n  cpu c\n}\n",
      right: "edition 2026\n\ncpu c {\n  baseline host\n}\n\nguest g {\n  cpu c\n}\n",
    }),
  },
} as const satisfies Readonly<Record<string, DiagnosticRow>>;
