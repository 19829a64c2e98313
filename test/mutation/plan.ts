import { globSync } from "node:fs";
import { PATHS } from "../../mint-server/local/paths.ts";

/** What is mutated, and the tests that have a say in it: fast ones first, since the first that fails ends a trial. */
interface Part {
  readonly files: readonly string[];
  readonly tests: readonly string[];
}

const credential = (...names: string[]): readonly string[] => names.map((name) => `mint-server/credentials/${name}.ts`);
const on = (folder: string, ...names: string[]): readonly string[] =>
  names.map((name) => `test/${folder}/${name}.test.ts`);

const DOORS = on(
  "mint-server",
  "session-door",
  "session-grants",
  "session-members",
  "session-challenge",
  "session-app",
  "session-settings",
);
const FORGERIES = [
  ...on("credentials", "token", "proof", "keys", "nonces", "authoriser"),
  ...on("mint-server", "forged-proofs", "instances"),
];
const LEDGER = [
  ...on("ledger", "ledger-core", "replay-rows", "ledger-client", "ledger-grants", "ledger-slices", "ledger-shards"),
  ...on("ledger", "ledger-core.property", "ledger-leases.property"),
  ...on("mint-server", "instances"),
];
const LIMITS = on("limits", "accounts", "settling", "maximum");

const PARTS: readonly Part[] = [
  {
    files: ["mint-server/contract/json.ts", "mint-server/contract/bytes.ts", "mint-server/contract/credential.ts"],
    tests: [
      ...on("contract", "bytes.shared", "json.shared", "credential.shared"),
      ...on("credentials", "token", "proof"),
    ],
  },
  { files: ["mint-server/contract/dpop.ts"], tests: FORGERIES },
  {
    files: credential("claims", "issue", "keys", "nonces", "proof", "seal", "standing", "token", "verify"),
    tests: [...FORGERIES, ...on("mint-server", "scope", "issue-in-code")],
  },
  {
    files: credential("features", "limits-form", "order-form", "template"),
    tests: [
      ...on("credentials", "features", "order-form", "template"),
      ...on("mint-server", "scope", "issue-in-code", "template"),
      ...on("limits", "templates"),
    ],
  },
  {
    files: credential(
      "ask-json",
      "client-address",
      "id-token",
      "session-authorizer",
      "session-callback",
      "sessions",
      "turnstile",
    ),
    tests: [...on("credentials", "session-parts"), ...on("mint-server", "client-address"), ...DOORS],
  },
  {
    files: credential(
      "fit-reservation",
      "ledger-client",
      "ledger-clients",
      "ledger-core",
      "ledger-grants",
      "ledger-journal",
      "ledger-lease",
      "ledger-lease-sql",
      "ledger-memory",
      "ledger-periods",
      "ledger-queue",
      "ledger-shard",
      "ledger-shards",
      "ledger-slices",
      "ledger-sql",
      "ledger-storage",
      "minute-rate",
      "revocation-book",
    ),
    tests: [...LEDGER, ...on("limits", "accounts")],
  },
  {
    files: ["budget", "price", "bounds", "output"].map((name) => `mint-server/metering/${name}.ts`),
    tests: [...on("metering", "price", "bounds", "output", "budget", "usage"), ...LIMITS],
  },
];

export interface Planned {
  readonly path: string;
  readonly tests: readonly string[];
}

/** The modules to mutate, each with those of its tests that are there. */
export function plannedFiles(pattern = ""): readonly Planned[] {
  const there = new Set(globSync("test/**/*.test.ts", { cwd: PATHS.root }));
  return PARTS.flatMap(({ files, tests }) =>
    files
      .filter((path) => path.includes(pattern))
      .map((path) => ({ path, tests: [...new Set(tests)].filter((test) => there.has(test)) })),
  );
}
