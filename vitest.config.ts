import { availableParallelism } from "node:os";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { ENGINES } from "./test/support/engines/engine.ts";

// Root secret and project key of the Worker under test, made for this file alone.
const MINT_SECRET = "0WZ1vN3kq6mB8xTt5yJcR2eLhUaGpSdFi4oQwX7zKsY";
const MINTGATE_PROJECT_KEY = "project-key-of-the-worker-under-test";

// biome-ignore lint/style/noDefaultExport: Vitest reads its configuration from the default export.
export default defineConfig({
  test: {
    // Most tests wait for a server or for time to pass, and leave the processor free for others.
    maxWorkers: 2 * availableParallelism(),
    projects: [
      {
        test: {
          name: "node",
          include: ["test/**/*.test.ts"],
          exclude: ["test/browser/**", "test/engines/**", "test/package/**", "test/**/*.workers.test.ts"],
          sequence: { groupOrder: 0 },
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: { bindings: { MINT_SECRET, MINTGATE_PROJECT_KEY, PUBLIC_URL: "https://mint.example" } },
          }),
        ],
        test: {
          name: "workers",
          include: ["test/**/*.shared.test.ts", "test/**/*.workers.test.ts"],
          sequence: { groupOrder: 1 },
          // One workerd for all files: starting it costs more than most of them take, and none leaves anything behind.
          isolate: false,
          // The first call loads the whole Worker, module by module.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          // Two browsers keep two processors busy; more wait for each other.
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        // What strangers install and type, in a folder of theirs: `npm run test:package`, which asks the package registry.
        test: {
          name: "package",
          include: ["test/package/**/*.test.ts"],
          globalSetup: ["test/package/pack.ts"],
          maxWorkers: 2,
          testTimeout: 300_000,
          hookTimeout: 60_000,
        },
      },
      // The same tests in each engine. `npm test` runs those in Chromium alone.
      ...ENGINES.map((engine) => ({
        test: {
          name: `engines-${engine}`,
          include: ["test/engines/**/*.test.ts"],
          provide: { engine },
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      })),
    ],
  },
});
