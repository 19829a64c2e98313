import { globSync } from "node:fs";
import { PATHS } from "../../mint-server/local/paths.ts";

/** What is mutated, and the tests that have a say in it: fast ones first, since the first that fails ends a trial. */
interface Part {
  readonly files: readonly string[];
  readonly tests: readonly string[];
}

const modules =
  (folder: string) =>
  (...names: string[]): readonly string[] =>
    names.map((name) => `mint-server/${folder}/${name}.ts`);
const contract = modules("contract");
const credential = modules("credentials");
const metering = modules("metering");
const on = (folder: string, ...names: string[]): readonly string[] =>
  names.map((name) => `test/${folder}/${name}.test.ts`);

const DOORS = on(
  "mint-server",
  "session-door",
  "session-grants",
  "session-members",
  "session-challenge",
  "session-settings",
  "session-app",
);
const FORGERIES = [
  ...on("credentials", "token", "proof", "keys", "nonces", "authoriser"),
  ...on("mint-server", "forged-proofs", "instances"),
];
const LEDGER = [
  ...on("ledger", "ledger-core", "replay-rows", "ledger-client", "ledger-grants", "ledger-slices"),
  ...on("ledger", "ledger-core.property"),
  ...on("mint-server", "instances"),
];
const SHARDS = on(
  "ledger",
  "ledger-grants",
  "ledger-slices",
  "ledger-shards",
  "shard-settings",
  "ledger-leases.property",
);

const PARTS: readonly Part[] = [
  {
    files: contract("json", "bytes", "credential"),
    tests: [
      ...on("contract", "bytes.shared", "json.shared", "lossy-number.shared", "credential.shared"),
      ...on("credentials", "token", "proof", "features"),
    ],
  },
  { files: contract("dpop"), tests: FORGERIES },
  {
    files: contract("canonical-json", "cache-key", "fields"),
    tests: on("contract", "canonical-json.shared", "cache-key.shared", "envelope.shared"),
  },
  { files: contract("cache-rules"), tests: on("contract", "cache-rules.shared") },
  { files: contract("envelope"), tests: on("contract", "envelope.shared") },
  { files: contract("endpoints"), tests: on("contract", "endpoints.shared", "cache-rules.shared") },
  {
    files: credential("claims", "issue", "keys", "nonces", "proof", "seal", "standing", "token", "verify"),
    tests: [...FORGERIES, ...on("mint-server", "scope", "issue-in-code")],
  },
  {
    files: credential("features", "leave", "limits-form", "order-form", "other-models", "stored-files", "template"),
    tests: [...on("credentials", "features", "other-models", "order-form"), ...on("mint-server", "template", "scope")],
  },
  {
    files: credential("ask-json"),
    tests: [...on("credentials", "session-parts"), ...on("mint-server", "session-challenge", "session-app")],
  },
  { files: credential("client-address"), tests: on("mint-server", "client-address", "session-door") },
  {
    files: credential("id-token"),
    tests: [...on("credentials", "id-token"), ...on("mint-server", "session-members")],
  },
  { files: credential("session-callback"), tests: on("mint-server", "session-app") },
  { files: credential("turnstile"), tests: on("mint-server", "session-challenge") },
  {
    files: credential("session-authorizer", "sessions"),
    tests: [...on("credentials", "session-parts"), ...DOORS],
  },
  {
    files: credential("ledger-client", "ledger-clients", "ledger-queue"),
    tests: [...on("ledger", "ledger-client"), ...on("mint-server", "instances")],
  },
  {
    files: [
      ...credential("fit-reservation", "ledger-core", "ledger-journal", "ledger-memory", "ledger-periods"),
      ...credential("ledger-sql", "ledger-storage", "minute-rate", "revocation-book"),
    ],
    tests: LEDGER,
  },
  {
    files: [
      ...credential("ledger-grants", "ledger-lease", "ledger-lease-sql", "ledger-leases", "ledger-shard"),
      ...credential("ledger-shards", "ledger-slices"),
    ],
    tests: SHARDS,
  },
  {
    files: metering("price", "bounds", "output", "media", "unpriced", "unseen-thoughts"),
    tests: on("metering", "price", "bounds", "output", "usage", "budget"),
  },
  {
    files: metering("budget", "charges", "light-reservation"),
    tests: on("metering", "budget", "budget-tiers"),
  },
  { files: metering("meter", "usage"), tests: on("metering", "usage", "streams.shared", "translated") },
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
