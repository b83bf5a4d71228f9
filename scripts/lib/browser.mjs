// A headless Chromium for pages of our own: Debian's, through playwright-core, which brings none.
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** With nothing of its own to do. */
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
 * Starts a browser, with a profile of its own that is gone when it is closed.
 *
 * @returns {Promise<import("playwright-core").Browser>}
 */
export function openBrowser() {
  const executablePath = findChromium();
  if (executablePath === undefined)
    throw new Error("this machine has no Chromium: `npm run lab:setup` installs it");
  return chromium.launch({ executablePath, args: flags });
}
