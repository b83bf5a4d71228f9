// A headless Chromium for pages of our own: Debian's, through playwright-core, which brings none.
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** Offline, and with nothing of its own to do. */
const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // The same pixels whatever the machine's screen is.
  "--force-color-profile=srgb",
  "--hide-scrollbars",
];

const isExecutable = (path) => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** @returns {string | undefined} path of a Chromium on this machine */
export function findChromium() {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

/**
 * Starts a browser with a profile of its own, which is gone afterwards.
 *
 * @template Result
 * @param {(context: import("playwright-core").BrowserContext) => Promise<Result>} use
 * @param {import("playwright-core").BrowserContextOptions} [options]
 * @returns {Promise<Result>}
 */
export async function withBrowser(use, options = {}) {
  const executablePath = findChromium();
  if (executablePath === undefined)
    throw new Error("this machine has no Chromium: `npm run lab:setup` installs it");
  const profile = mkdtempSync(join(tmpdir(), "guestc-chromium-"));
  try {
    const context = await chromium.launchPersistentContext(profile, {
      executablePath,
      args: flags,
      offline: true,
      ...options,
    });
    try {
      return await use(context);
    } finally {
      await context.close();
    }
  } finally {
    rmSync(profile, { recursive: true, force: true });
  }
}
