/** The page in a browser: no request, no complaint, by keyboard, without script, in both colours and widths, on paper. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findChromium, openBrowser } from "../../scripts/lib/browser.mjs";
import { reportModel } from "../../src/report/model.ts";
import { reportPage } from "../../src/report/page.ts";
import { fleetSubject, smallSubject } from "./support.ts";

/** Looked at by people after a change: `build/report/*.png`. */
const folder = resolve("build/report");
const fleet = resolve(folder, "fleet.html");
const hostless = resolve(folder, "no-host.html");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

function hasBrowser(): boolean {
  if (findChromium() !== undefined) return true;
  if (process.env.CI === "true")
    throw new Error("chromium is missing: `npm run lab:setup` installs it (Debian's package `chromium`)");
  process.stderr.write(
    "left out for want of chromium (`npm run lab:setup` installs it): the report's page in a browser\n",
  );
  return false;
}

interface Opened {
  readonly page: Page;
  /** Addresses other than the page's own. */
  readonly requests: string[];
  /** What the console and the page complain of. */
  readonly complaints: string[];
}

async function open(context: BrowserContext, file: string): Promise<Opened> {
  const page = await context.newPage();
  const address = pathToFileURL(file).href;
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on("request", (request) => {
    if (request.url().split("#")[0] !== address) requests.push(request.url());
  });
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(address);
  return { page, requests, complaints };
}

let browser: Browser | undefined;

/** Opens a page as if for the first time. */
async function look(
  file: string,
  use: (opened: Opened) => Promise<void>,
  options: BrowserContextOptions = {},
): Promise<void> {
  browser ??= await openBrowser();
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    offline: true,
    ...options,
  });
  try {
    await use(await open(context, file));
  } finally {
    await context.close();
  }
}

/** Rules of accessibility that are broken, each with where. */
async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    interface Found {
      readonly id: string;
      readonly nodes: readonly { readonly target: readonly string[] }[];
    }
    const scope = globalThis as unknown as {
      readonly axe: { run(options: object): Promise<{ readonly violations: readonly Found[] }> };
    };
    const found = await scope.axe.run({ resultTypes: ["violations"] });
    return found.violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`,
    );
  });
}

const openAll = (page: Page): Promise<void> =>
  page.locator("details").evaluateAll((all) => {
    for (const one of all) one.setAttribute("open", "");
  });

/** Text of the cell that has the focus, by its row's and column's host. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(`(() => {
    const cell = document.activeElement?.closest("td");
    if (!cell) return document.activeElement?.id ?? "";
    const row = cell.parentElement;
    const head = row.closest("table").tHead.rows[0].cells[cell.cellIndex];
    return row.cells[0].querySelector("b").textContent + " to " + head.querySelector("b").textContent;
  })()`);

beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(fleet, reportPage(reportModel(fleetSubject())));
  writeFileSync(hostless, reportPage(reportModel(smallSubject())));
});

describe.runIf(hasBrowser())("the report in a browser", () => {
  const looks = [
    ["light", 1280],
    ["dark", 1280],
    ["light", 390],
    ["dark", 390],
  ] as const;

  it.each(looks)(
    "%s, %i pixels wide: no request, no complaint, no rule broken, nothing too wide",
    async (colorScheme, width) => {
      await look(
        fleet,
        async ({ page, requests, complaints }) => {
          await page.screenshot({ path: resolve(folder, `${colorScheme}-${width}.png`), fullPage: true });
          const inner = await page.evaluate("[document.documentElement.scrollWidth, innerWidth]");
          expect(inner).toEqual([width, width]);
          await openAll(page);
          expect(await violations(page)).toEqual([]);
          expect(requests).toEqual([]);
          expect(complaints).toEqual([]);
        },
        { colorScheme, viewport: { width, height: 850 } },
      );
    },
  );

  it("of a program without hosts breaks no rule either, and shows registers", async () => {
    await look(hostless, async ({ page, requests, complaints }) => {
      expect(await violations(page)).toEqual([]);
      expect(await page.locator("table.fields tr:visible").count()).toBeGreaterThan(10);
      expect([...requests, ...complaints]).toEqual([]);
    });
  });

  it("is walked by keyboard: arrows in the matrix, Enter opens, Escape closes", async () => {
    await look(fleet, async ({ page }) => {
      const keys = page.keyboard;
      const panel = page.locator("#panel");
      await keys.press("Tab");
      expect(await page.evaluate("document.activeElement.className")).toBe("skip");
      // The matrix is one stop of the Tab key.
      expect(await page.locator('table.matrix a[tabindex="0"]').count()).toBe(1);
      await page.locator('table.matrix a[tabindex="0"]').focus();
      const walk: string[] = [await focused(page)];
      for (const key of [
        "ArrowRight",
        "ArrowDown",
        "ArrowLeft",
        "End",
        "Control+End",
        "Home",
        "Control+Home",
      ]) {
        await keys.press(key);
        walk.push(await focused(page));
      }
      // A host's own cell is passed over.
      expect(walk).toEqual(["1 to 2", "1 to 3", "2 to 3", "2 to 1", "2 to 6", "6 to 5", "6 to 1", "1 to 2"]);
      await keys.press("ArrowUp");
      expect(await focused(page)).toBe("1 to 2");
      expect(await panel.isVisible()).toBe(false);
      for (const step of ["ArrowRight", "ArrowRight", "ArrowRight", "Enter"]) await keys.press(step);
      expect(await panel.isVisible()).toBe(true);
      expect(await focused(page)).toBe("panel-title");
      expect(await panel.textContent()).toMatch(/a76-618 → v1-618[\s\S]*unsafe[\s\S]*ID_AA64MMFR2_EL1/);
      expect(await violations(page)).toEqual([]);
      await page.screenshot({ path: resolve(folder, "panel.png") });
      await keys.press("Escape");
      expect(await panel.isVisible()).toBe(false);
      expect(await focused(page)).toBe("1 to 5");
      // Opened, it follows the arrows.
      await keys.press("Space");
      await page.locator('table.matrix a[tabindex="0"]').focus();
      await keys.press("ArrowLeft");
      expect(await panel.textContent()).toMatch(/a76-618 → n1-72[\s\S]*safe/);
    });
  });

  it("tells of the part of a drawing that has the focus or the pointer", async () => {
    await look(fleet, async ({ page }) => {
      const tell = page.locator(".tell");
      expect(await tell.isVisible()).toBe(false);
      await page.locator("svg.ids rect.denied").first().hover();
      expect(await tell.textContent()).toMatch(/denied by the filter .*deny oem/);
      await page.locator("svg.ids[aria-label^='0x84000000 to 0x8400001f'] rect").first().focus();
      expect(await tell.textContent()).toMatch(/PSCI_VERSION: answered by KVM: 0x10001/);
      await page.keyboard.press("ArrowRight");
      expect(await tell.textContent()).toMatch(/PSCI_CPU_SUSPEND/);
      await page.locator("svg.hasse .box").first().hover();
      const related = await page.locator("svg.hasse .box").first().getAttribute("data-related");
      expect(await page.locator("svg.hasse.dim .box.lit").count()).toBe(related?.split(" ").length);
    });
  });

  it("finds registers by word, and leaves out what is not asked for", async () => {
    await look(fleet, async ({ page }) => {
      const shown = (): Promise<number> =>
        page.locator("table.fields tbody tr:not(.register):visible").count();
      const first = await shown();
      await page.locator(".find-box").fill("isar0 dp");
      expect(await shown()).toBeGreaterThan(0);
      expect(await shown()).toBeLessThan(first);
      expect(await page.locator("table.fields").textContent()).toContain("FEAT_DotProd");
      await page.locator(".find-box").fill("no such register");
      expect(await shown()).toBe(0);
      expect(await page.locator(".found").textContent()).toMatch(/^0 of/);
      await page.locator(".find-box").fill("");
      expect(await shown()).toBe(first);
      await page.locator(".c-all").check();
      expect(await shown()).toBeGreaterThan(first);
      await page.locator(".c-all").uncheck();
      await page.locator(".c-differs").check();
      expect(await shown()).toBe(6);
      await page.locator(".c-differs").uncheck();
      await page.locator(".c-baseline").uncheck();
      expect(await page.locator("table.fields tr.by-baseline:visible").count()).toBe(0);
      expect(await page.locator("table.fields tr.by-statement:visible").count()).toBeGreaterThan(5);
    });
  });

  it("changes colours by its switch, whatever the system says", async () => {
    await look(
      fleet,
      async ({ page }) => {
        const background = (): Promise<string> =>
          page.evaluate("getComputedStyle(document.body).backgroundColor");
        const system = await background();
        await page.locator("#theme-light").check({ force: true });
        const light = await background();
        await page.locator("#theme-dark").check({ force: true });
        expect([system, light, await background()]).toEqual([
          "rgb(20, 23, 26)",
          "rgb(255, 255, 255)",
          "rgb(20, 23, 26)",
        ]);
      },
      { colorScheme: "dark" },
    );
  });

  it("is readable without script: a cell leads to what was found", async () => {
    await look(
      fleet,
      async ({ page }) => {
        expect(await page.locator(".find-box").isVisible()).toBe(false);
        const cell = page.locator("table.matrix td.unsafe a").first();
        const target = page.locator((await cell.getAttribute("href")) ?? "");
        expect(await target.isVisible()).toBe(false);
        await cell.click();
        expect(await target.isVisible()).toBe(true);
        expect(await target.textContent()).toContain("KVM_SET_ONE_REG answers EINVAL");
        await page.locator("#theme-dark").check({ force: true });
        const aarch32 = page.locator("tbody.aarch32 tr:visible");
        expect(await aarch32.count()).toBe(0);
        await page.locator(".c-aarch32").check();
        expect(await aarch32.count()).toBeGreaterThan(0);
      },
      { javaScriptEnabled: false },
    );
  });

  it("prints with everything open, light, without switches", async () => {
    await look(
      fleet,
      async ({ page }) => {
        await page.emulateMedia({ media: "print", colorScheme: "dark" });
        expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe(
          "rgb(255, 255, 255)",
        );
        expect(await page.locator(".theme").isVisible()).toBe(false);
        const pdf = await page.pdf({ format: "A4" });
        writeFileSync(resolve(folder, "print.pdf"), pdf);
        expect(pdf.subarray(0, 5).toString()).toBe("%PDF-");
        expect(await page.locator("details:not([open])").count()).toBeGreaterThan(0);
      },
      { colorScheme: "dark" },
    );
  });
});

afterAll(async () => {
  await browser?.close();
  // The pages can be made anew; the pictures are kept to be looked at.
  for (const file of [fleet, hostless]) rmSync(file, { force: true });
});
