import { readFileSync } from "node:fs";
import { defineConfig } from "vitest/config";
import { tablesDigest } from "./scripts/lib/tables-digest.mjs";

const { version }: { version: string } = JSON.parse(readFileSync("package.json", "utf8"));

export default defineConfig({
  define: { GUESTC_VERSION: JSON.stringify(version), GUESTC_TABLES: JSON.stringify(await tablesDigest(".")) },
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: ["test/support/seed.ts"],
    globalSetup: ["test/support/program.ts"],
    maxWorkers: 2,
    // Tests start compilers and emulators, and share the machine.
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
