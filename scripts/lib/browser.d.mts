import type { Browser } from "playwright-core";

/** Path of a Chromium on this machine; undefined: there is none. */
export declare function findChromium(): string | undefined;

/** Starts a browser, with a profile of its own that is gone when it is closed. */
export declare function openBrowser(): Promise<Browser>;
