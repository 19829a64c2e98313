import { fileURLToPath } from "node:url";

const fromRoot = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

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
