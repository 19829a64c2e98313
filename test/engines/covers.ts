import type { OpenOptions } from "../support/browser-rig.ts";

/** Who answers a page's requests. */
export const COVERS: readonly { readonly by: string; readonly options: OpenOptions }[] = [
  { by: "the worker", options: {} },
  { by: "the page itself", options: { withoutWorkers: true } },
];
