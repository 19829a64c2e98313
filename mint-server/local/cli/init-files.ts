import type { Project } from "./init-project.ts";

/** The date whose behaviour of the platform the Worker is written for. */
const COMPATIBILITY_DATE = "2026-10-23";

const CLASSES = ["Ledger", "Directory", "Answers", "Calls"] as const;

/** The entry of the Worker that is to be deployed. */
export const WORKER_ENTRY = `// The mint-server. Its settings and secrets are the Worker's own.
export { ${[...CLASSES].sort().join(", ")}, default } from "mintgate/mint-server/worker";
`;

/** The client hooks of a SvelteKit app that has none. */
export const CLIENT_HOOKS = `import { register } from "mintgate";

// Before the app starts, and so before it makes a client.
export const init = async () => {
  await register();
};
`;

/**
 * Its configuration for wrangler.
 *
 * @param site folder of the app's built files, from where the configuration lies; absent where the app is served elsewhere
 */
export function wranglerConfig({ name }: Pick<Project, "name">, site: string | undefined): string {
  const config = {
    name,
    main: "index.js",
    compatibility_date: COMPATIBILITY_DATE,
    compatibility_flags: ["enable_request_signal"],
    // Variables that were set elsewhere stay as they are; secrets are never in this file.
    keep_vars: true,
    ...(site !== undefined && {
      assets: { directory: site, run_worker_first: ["/v1/*", "/health", "/metrics", "/.well-known/*"] },
    }),
    durable_objects: {
      bindings: CLASSES.map((className) => ({ name: className.toUpperCase(), class_name: className })),
    },
    // Without an id: wrangler makes the namespace when it first deploys, and finds it from then on.
    kv_namespaces: [{ binding: "CACHE" }],
    migrations: [{ tag: "v1", new_sqlite_classes: CLASSES }],
  };
  return `// Secrets are set with: npx wrangler secret put NAME --config mint-server/wrangler.jsonc
${JSON.stringify(config, null, 2)}
`;
}
