/** What is known of a word: a page from the tables for whatever the compiler can name. */
import { didYouMean } from "../diagnostics/suggest.ts";
import { featureAliases } from "../tables/index.ts";
import { coreNames, corePages } from "./core.ts";
import { diagnosticNames, diagnosticPage } from "./diagnostic.ts";
import { featureNames, featurePages } from "./feature.ts";
import { fieldNames, fieldPages } from "./field.ts";
import { kvmNames, kvmPages } from "./kvm.ts";
import { type Page, pageJson, pageText } from "./page.ts";
import { registerNames, registerPages } from "./register.ts";
import { smcccNames, smcccPages } from "./smccc.ts";
import { statementNames, statementPages } from "./statement.ts";

export interface Explanation {
  /** `diagnostic`, `feature`, `field`, `register`, `smccc-function`, `statement` … */
  readonly kind: string;
  /** For people; ends with a line end. */
  readonly text: string;
  /** The same facts for programs, keyed. */
  readonly json: Readonly<Record<string, unknown>>;
}

export interface ExplainOptions {
  /** Columns for text; default 100. */
  readonly width?: number;
}

interface Subjects {
  readonly pages: (subject: string) => readonly Page[];
  readonly names: () => readonly string[];
}

const subjects: readonly Subjects[] = [
  {
    pages: (subject) => {
      const page = diagnosticPage(subject);
      return page === undefined ? [] : [page];
    },
    names: diagnosticNames,
  },
  { pages: statementPages, names: statementNames },
  { pages: featurePages, names: featureNames },
  { pages: fieldPages, names: fieldNames },
  { pages: registerPages, names: registerNames },
  { pages: smcccPages, names: smcccNames },
  { pages: kvmPages, names: kvmNames },
  { pages: corePages, names: coreNames },
];

const pagesOf = (subject: string): readonly Page[] => subjects.flatMap(({ pages }) => pages(subject));

/** Names that are the word but for upper and lower case. */
function sameButCase(subject: string): readonly string[] {
  const wanted = subject.toLowerCase();
  return [...new Set(subjects.flatMap(({ names }) => names()))].filter(
    (name) => name.toLowerCase() === wanted,
  );
}

/** The few names of any kind that the word may stand for; each kind is asked by itself, as a word may begin many. */
function suggestionsFor(subject: string): readonly string[] {
  const near = subjects.flatMap(({ names }) => didYouMean(subject, names()));
  const nearest = didYouMean(subject, near);
  return nearest.length > 0 ? nearest : [...new Set(near)].slice(0, 3);
}

/**
 * Explains a diagnostic's code or slug, a feature, a field, a register's name or KVM id, an SMCCC function id or
 * name, a service, a capability, a vCPU feature, a core, an architecture version or a statement. A word that names
 * several things gives a page for each. Case counts only where two names differ in nothing else.
 *
 * @returns `suggestions`, perhaps empty, where nothing is known by that name
 */
export function explain(
  subject: string,
  options: ExplainOptions = {},
): { readonly pages: readonly Explanation[] } | { readonly suggestions: readonly string[] } {
  const exact = pagesOf(subject);
  const alike = exact.length > 0 ? exact : sameButCase(subject).flatMap(pagesOf);
  const alias = featureAliases().get(subject.toLowerCase());
  const found = alike.length > 0 || alias === undefined ? alike : pagesOf(alias);
  if (found.length === 0) {
    return { suggestions: suggestionsFor(subject) };
  }
  const width = options.width ?? 100;
  return {
    pages: found.map((page) => ({ kind: page.kind, text: pageText(page, width), json: pageJson(page) })),
  };
}
