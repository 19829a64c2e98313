import { fileURLToPath } from "node:url";

// Where the package is installed, this file is compiled and one folder deeper, in `dist/`.
const ROOT = new URL(import.meta.url.endsWith(".ts") ? "../../" : "../../../", import.meta.url);

const fromRoot = (path: string): string => fileURLToPath(new URL(path, ROOT));

/** How each file for browsers begins. Apps have copies of them, and no use for a linter's opinion of those. */
export const BANNER = "/* eslint-disable */ // built by mintgate";

/** Absolute paths of what is built from and into. */
export const PATHS = {
  root: fromRoot("."),
  dist: fromRoot("dist"),
  /** The mint-server as an ES module for workerd; what it imports on demand is beside it, as `mint-server-*.js`. */
  serverBundle: fromRoot("dist/mint-server.js"),
  /** What `npm start` runs around it; imports `./mint-server.js`. */
  localBundle: fromRoot("dist/local-entry.js"),
  /** The page client's and the ready-made worker's files: `mintgate.js`, its chunks, `mintgate-sw.js`. */
  browser: fromRoot("dist/browser"),
  demo: fromRoot("dist/demo"),
} as const;
