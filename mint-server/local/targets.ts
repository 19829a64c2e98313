/** What can be bundled, and the files and folders below the root whose change makes a bundle stale. */
export const TARGETS = {
  "mint-server": { inputs: ["mint-server"], output: "mint-server.js" },
  "local-entry": { inputs: ["mint-server/local"], output: "local-entry.js" },
  browser: { inputs: ["sw", "mint-server/contract", "mint-server/wire"], output: "browser" },
  demo: { inputs: ["demo", "sw", "mint-server/contract", "mint-server/wire", "vite.config.ts"], output: "demo" },
} as const;

export type Target = keyof typeof TARGETS;

/** Inputs of every target: versions of the tools and packages, and how bundles are made. */
export const COMMON_INPUTS = [
  "package-lock.json",
  ...["bundle", "paths", "targets"].map((name) => `mint-server/local/${name}.ts`),
];

/** True for the name of a target. */
export function isTarget(name: string): name is Target {
  return Object.hasOwn(TARGETS, name);
}
