/** The page as text: valid, self-contained, the same bytes each time, and deaf to what names try. */
import { createHash } from "node:crypto";
import { HtmlValidate } from "html-validate";
import { describe, expect, it } from "vitest";
import { reportModel } from "../../src/report/model.ts";
import { reportPage } from "../../src/report/page.ts";
import type { ReportSubject } from "../../src/report/subject.ts";
import { shipped } from "../hosts/shipped.ts";
import { fleetSubject, smallSubject, subjectOf } from "./support.ts";

const validator = new HtmlValidate({
  extends: ["html-validate:recommended"],
  rules: {
    // It counts what is escaped as it is written.
    "long-title": "off",
    // An SVG has no element of its own for a list.
    "prefer-native-element": ["error", { exclude: ["list", "listitem"] }],
  },
});

const page = (subject: ReportSubject): string => reportPage(reportModel(subject));

async function faults(html: string): Promise<readonly string[]> {
  const { results } = await validator.validateString(html);
  return results.flatMap(({ messages }) =>
    messages.map(({ ruleId, message, line, column }) => `${line}:${column} ${ruleId}: ${message}`),
  );
}

const hostile = `</script><script>alert(1)</script><img src=x onerror='alert(2)'>"&amp;{{this}}\u202e\u0007`;

/** A program whose every name is hostile. */
function hostileSubject(): ReportSubject {
  const bad = (name: string) => {
    const profile = shipped(name);
    return {
      ...profile,
      name: hostile,
      kernel: { ...profile.kernel, release: hostile },
      cpu: { ...profile.cpu, name: hostile, platform: hostile },
    };
  };
  const subject = subjectOf(
    `edition 2026\n\ncpu any {\n  baseline host\n}\n\nguest g {\n  cpu any\n  psci 1.1\n  smccc {\n    deny oem\n  }\n}\n`,
    [
      [`${hostile} 1`, bad("neoverse-n1.linux-6.18")],
      [`${hostile} 2`, bad("neoverse-v1.linux-7.2")],
    ],
    (contract) => ({ ...contract, guest: hostile, cpu: hostile, documentation: [hostile, hostile] }),
  );
  return { ...subject, path: hostile };
}

const pages: readonly (readonly [string, () => ReportSubject])[] = [
  ["six hosts", fleetSubject],
  ["no host", () => smallSubject()],
  ["one host", () => smallSubject("max.linux-7.2")],
  ["hostile names", hostileSubject],
];

describe.each(pages)("a page of %s", (_, subject) => {
  const html = page(subject());

  it("is valid HTML", async () => {
    expect(await faults(html)).toEqual([]);
  });

  it("is the same bytes again", () => {
    expect(page(subject())).toBe(html);
  });

  it("asks for nothing: no address, no source, no import", () => {
    const text = html.replace(/<title>[^<]*<\/title>|>[^<]*</g, ">_<");
    expect(text).not.toMatch(/\b(?:https?|data|file|javascript):/i);
    expect(text).not.toMatch(/\b(?:src|srcset|action|formaction|background|poster|ping)\s*=/i);
    expect(text).not.toMatch(/\son\w+\s*=/i);
    const [, style = ""] = /<style>([\s\S]*?)<\/style>/.exec(html) ?? [];
    expect(style).not.toMatch(/@import|@font-face|url\((?!#)/);
    expect([...html.matchAll(/\bhref="([^"]*)"/g)].filter(([, to]) => !to?.startsWith("#"))).toEqual([]);
  });

  it("lets its own style and script run by their digests, and nothing else", () => {
    const digest = (text = ""): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
    const [, policy] = /Content-Security-Policy" content="([^"]*)"/.exec(html) ?? [];
    const written = policy?.replaceAll("&#x27;", "'").replaceAll("&#x3D;", "=");
    const only = (name: string) => {
      const found = [...html.matchAll(new RegExp(`<${name}>([\\s\\S]*?)</${name}>`, "g"))];
      expect(found, name).toHaveLength(1);
      return found[0]?.[1];
    };
    expect(written).toBe(
      `default-src 'none'; style-src ${digest(only("style"))}; script-src ${digest(only("script"))}; base-uri 'none'; form-action 'none'`,
    );
    expect(html).not.toMatch(/\sstyle=/);
  });

  it("has every place that its links lead to", () => {
    const ids = new Set([...html.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id));
    const missing = [...html.matchAll(/\bhref="#([^"]*)"/g)].filter(([, to]) => !ids.has(to));
    expect(missing.map(([, to]) => to)).toEqual([]);
  });
});

describe("hostile names", () => {
  const html = page(hostileSubject());

  it("stay text", () => {
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html.match(/<\/script/g)).toHaveLength(1);
    expect(html).not.toContain("<img");
    expect(html).toContain("&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src");
    expect(html).toContain("&amp;amp;{{this}}");
  });

  it("lose what turns the writing round or is no character", () => {
    expect(html).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
    expect(html).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f]/);
  });
});

describe("the size of a page", () => {
  it("is small for a small program", () => {
    expect(page(smallSubject("neoverse-n1.linux-6.18")).length).toBeLessThan(300_000);
  });
});
