/** Tokenises text with the engine of VS Code. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import onigurumaModule from "vscode-oniguruma";
import textmateModule from "vscode-textmate";

/** One stretch of a text and its scopes from the outside in, without `source.guest`. */
export interface Scoped {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly scopes: readonly string[];
}

export type Tokeniser = (text: string) => readonly Scoped[];

export async function loadTokeniser(grammarText: string): Promise<Tokeniser> {
  const wasm = createRequire(import.meta.url).resolve("vscode-oniguruma/release/onig.wasm");
  await onigurumaModule.loadWASM(readFileSync(wasm));
  const registry = new textmateModule.Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (sources) => new onigurumaModule.OnigScanner(sources),
      createOnigString: (text) => new onigurumaModule.OnigString(text),
    }),
    loadGrammar: () => Promise.resolve(textmateModule.parseRawGrammar(grammarText, "guest.tmLanguage.json")),
  });
  const grammar = await registry.loadGrammar("source.guest");
  if (grammar === null) throw new Error("no grammar");
  return (text) => {
    const found: Scoped[] = [];
    let state = textmateModule.INITIAL;
    let offset = 0;
    for (const line of text.split("\n")) {
      const bare = line.replace(/\r$/, "");
      const { tokens, ruleStack } = grammar.tokenizeLine(bare, state);
      state = ruleStack;
      for (const { startIndex, endIndex, scopes } of tokens) {
        // The engine counts a line break behind the line.
        const end = Math.min(endIndex, bare.length);
        if (end <= startIndex) continue;
        found.push({
          start: offset + startIndex,
          end: offset + end,
          text: bare.slice(startIndex, end),
          scopes: scopes.slice(1),
        });
      }
      offset += line.length + 1;
    }
    return found;
  };
}
