// Makes the picture of docs/report.md and the README anew: the report of the documents' fleet in headless Chromium.
//
//   node scripts/screenshot.mjs
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { openBrowser } from "./lib/browser.mjs";

const root = resolve(fileURLToPath(import.meta.url), "../..");
const picture = join(root, "docs/report.png");
/** As wide as a page of a code host shows it without making it smaller. */
const size = { width: 1180, height: 744 };

const scratch = mkdtempSync(join(tmpdir(), "guestc-screenshot-"));
try {
  const page = join(scratch, "report.html");
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(root, "dist/cli.cjs"), "report", "fleet.guest", "--root", root, "--out", page],
    { cwd: join(root, "test/docs/readme"), encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`guestc report exits with ${status}:\n${stderr}`);
  const browser = await openBrowser();
  try {
    const tab = await browser.newPage({ viewport: size, colorScheme: "light", offline: true });
    await tab.goto(pathToFileURL(page).href);
    await tab.locator("table.matrix td.unsafe a").first().click();
    await tab.screenshot({ path: picture });
  } finally {
    await browser.close();
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
