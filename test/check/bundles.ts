import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { PUBLIC_HOSTS } from "../../mint-server/contract/hosts.ts";
import { type BuiltModule, readModules } from "../../mint-server/local/modules.ts";
import { PATHS } from "../../mint-server/local/paths.ts";
import { providers } from "../../mint-server/providers/table.ts";

// `npm run bundles`: what is shipped stays small, and holds nothing that belongs on the other side.

interface Budget {
  readonly name: string;
  readonly path: string;
  /** For the entry with all that loads along with it; what is imported on demand is not counted. */
  readonly maxGzipBytes: number;
  readonly forbidden: readonly RegExp[];
}

/** Hosts that only the mint-server talks to. The worker answers for those of the public SDKs, so it knows them. */
const providerHosts = providers()
  .flatMap(({ baseURL }) => (baseURL ? [new URL(baseURL).hostname] : []))
  .filter((host) => !PUBLIC_HOSTS.some(({ origin }) => origin === `https://${host}`))
  .map((host) => new RegExp(host.replaceAll(".", "\\.")));

const serverOnly = [/MINT_SECRET/, /MINTGATE_PROJECT_KEY/, /_API_KEY\b/, /\bsk-/, /cloudflare:/, ...providerHosts];
const browserOnly = [/\bindexedDB\b/, /\bIDBObjectStore\b/, /\bself\.clients\b/, /["'`]node:/];

const BUDGETS: readonly Budget[] = [
  { name: "worker", path: join(PATHS.browser, "mintgate-sw.js"), maxGzipBytes: 23_000, forbidden: serverOnly },
  { name: "page client", path: join(PATHS.browser, "mintgate.js"), maxGzipBytes: 4_000, forbidden: serverOnly },
  { name: "mint-server", path: PATHS.serverBundle, maxGzipBytes: 96_000, forbidden: browserOnly },
];

/** It shows code of every kind. */
const DOCUMENTATION = /^mint-server-documentation-/;

const problems = BUDGETS.flatMap(({ name, path, maxGzipBytes, forbidden }) => {
  const modules = readModules(path);
  const later = modules.filter((module) => module.onDemand);
  const atOnce = modules.filter((module) => !module.onDemand);
  const size = gzipBytes(atOnce);
  console.log(`${name}: ${size} of ${maxGzipBytes} bytes gzipped`);
  for (const module of later) console.log(`  ${module.name}, on demand: ${gzipBytes([module])} bytes gzipped`);
  if (later.length > 0) {
    console.log(`  all of it: ${later.reduce((sum, module) => sum + gzipBytes([module]), size)} bytes gzipped`);
  }
  return [
    ...(size > maxGzipBytes ? [`${name} is ${size - maxGzipBytes} bytes over its budget`] : []),
    ...modules
      .filter(({ name: file }) => !DOCUMENTATION.test(file))
      .flatMap(({ name: file, code }) =>
        forbidden.filter((pattern) => pattern.test(code)).map((pattern) => `${name} holds ${pattern}, in ${file}`),
      ),
  ];
});

function gzipBytes(modules: readonly BuiltModule[]): number {
  return gzipSync(modules.map(({ code }) => code).join("\n"), { level: 9 }).length;
}

for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
