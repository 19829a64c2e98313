import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startServer } from "../../mint-server/local/server.ts";
import { SettingsError } from "../../mint-server/settings-error.ts";
import { start } from "../support/start.ts";
import { temporaryFolder } from "../support/temporary.ts";

/** In every value that a message could be tempted to show. */
const CANARY = "canary7f3a";
const GOOD_SECRET = "q83vEjRWeJq83vASNFZ4mrze8BI0VniavN7wEjRWeJo";

const config = (org: unknown): Record<string, string> => ({ MINT_CONFIG: JSON.stringify({ orgs: { acme: org } }) });
const endpoint = (fields: object): Record<string, string> =>
  config({ endpoints: [{ name: "one", provider: "openai", apiKey: `sk-${CANARY}`, ...fields }] });
const sessions = (fields: object): Record<string, string> =>
  config({ sessions: { authorize: { type: "anonymous" }, ...fields } });
const azure = (base: string): Record<string, string> => ({
  AZURE_OPENAI_API_KEY: `sk-${CANARY}`,
  AZURE_OPENAI_ENDPOINT: base,
});

const BAD: readonly (readonly [title: string, field: string, settings: Record<string, string>])[] = [
  ["a port that is no number", "PORT", { PORT: CANARY }],
  ["a port beyond the last", "PORT", { PORT: "65536" }],
  ["an address that is not this machine's", "HOST", { HOST: "203.0.113.1" }],
  ["a secret that is not base64url", "MINT_SECRET", { MINT_SECRET: `${CANARY}!!${"a".repeat(40)}` }],
  ["a short secret", "MINT_SECRET", { MINT_SECRET: CANARY }],
  ["a secret that is no secret", "MINT_SECRET", { MINT_SECRET: "a".repeat(43) }],
  ["a good secret before a short one", "MINT_SECRET", { MINT_SECRET: `${GOOD_SECRET},${CANARY}` }],
  ["a public URL with a path", "PUBLIC_URL", { PUBLIC_URL: `https://app.example/${CANARY}` }],
  ["a public URL that is none", "PUBLIC_URL", { PUBLIC_URL: CANARY }],
  ["a project key too short to be secret", "MINTGATE_PROJECT_KEY", { MINTGATE_PROJECT_KEY: "canary7f3a" }],
  ["origins with a wildcard", "ALLOWED_ORIGINS", { ALLOWED_ORIGINS: `https://*.${CANARY}.example` }],
  ["a switch that is neither on nor off", "ALLOW_PROVIDER_KEYS", { ALLOW_PROVIDER_KEYS: CANARY }],
  ["a door that is neither open nor shut", "MINTGATE_SESSIONS", { MINTGATE_SESSIONS: CANARY }],
  ["a short admin key", "ADMIN_KEY", { ADMIN_KEY: `${CANARY}-${"x".repeat(20)}` }],
  ["an admin key that no header can carry", "ADMIN_KEY", { ADMIN_KEY: `${CANARY}-${"ä".repeat(32)}` }],
  ["a body limit that is no number", "MAX_BODY_BYTES", { MAX_BODY_BYTES: CANARY }],
  ["a provider's key with a line break", "OPENAI_API_KEY", { OPENAI_API_KEY: `sk-${CANARY}\nx: y` }],
  ["a public base URL without TLS", "OPENAI_BASE_URL", { OPENAI_BASE_URL: `http://${CANARY}.example/v1` }],
  ["a base URL beside its key", "OPENAI_BASE_URL", { OPENAI_API_KEY: "sk", OPENAI_BASE_URL: `ftp://${CANARY}` }],
  ["an endpoint without TLS", "AZURE_OPENAI_ENDPOINT", azure(`http://${CANARY}.example`)],
  ["a base URL with a password", "OPENAI_BASE_URL", { OPENAI_BASE_URL: `https://user:${CANARY}@api.example/v1` }],
  ["a configuration that is not JSON", "MINT_CONFIG", { MINT_CONFIG: `{"orgs": ${CANARY}` }],
  ["a configuration file that is not there", "MINT_CONFIG", { MINT_CONFIG: `/nowhere/${CANARY}.json` }],
  ["a configuration without organisations", "orgs", { MINT_CONFIG: "{}" }],
  ["an unknown field at the top", "MINT_CONFIG.extra", { MINT_CONFIG: JSON.stringify({ orgs: {}, extra: CANARY }) }],
  ["an unknown field in an organisation", "orgs.acme.keyz", config({ keyz: [CANARY] })],
  ["an unknown field in an endpoint", "endpoints[0].model", endpoint({ model: CANARY })],
  ["a provider that nobody knows", "endpoints[0].provider", endpoint({ provider: CANARY })],
  ["two endpoints of one name", "endpoints[1].name", config({ endpoints: twice({ apiKey: `sk-${CANARY}` }) })],
  ["an endpoint without any key", "endpoints[0].apiKey", config({ endpoints: [{ name: "one", provider: "openai" }] })],
  ["a key that refers to nothing", "endpoints[0].apiKey", endpoint({ apiKey: "$NOT_SET_CANARY7F3A" })],
  ["a base URL that is none", "endpoints[0].baseURL", endpoint({ baseURL: CANARY })],
  ["a weight of nothing", "endpoints[0].weight", endpoint({ weight: 0 })],
  ["a header that the server sets", "endpoints[0].headers", endpoint({ headers: { Host: CANARY } })],
  ["a session without end", "sessions.ttlSeconds", sessions({ ttlSeconds: 86_401 })],
  ["a session for an endpoint that is none", "sessions.endpoints", sessions({ endpoints: [CANARY] })],
  ["a way to sign in that is none", "sessions.authorize", sessions({ authorize: { type: CANARY } })],
];

function twice(fields: object): object[] {
  const one = { name: "one", provider: "openai", ...fields };
  return [one, one];
}

test.for(BAD)("%s is told in one line that names %s and shows no value", async ([, field, settings]) => {
  const folder = await temporaryFolder();
  const starting = startServer({ env: { PORT: "0", ...settings }, stateFolder: join(folder, "state"), assets: folder });
  const error: unknown = await starting.then(({ stop }) => stop()).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(SettingsError);
  const { message } = error as SettingsError;
  expect(message).toMatch(/^[^\n]+$/);
  expect(message).toContain(field);
  expect(message.toLowerCase()).not.toContain(CANARY);
});

test("stops at a bad configuration in a file as at one in the environment", async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "config.json"), config({ keyz: [CANARY] }).MINT_CONFIG ?? "");
  const { printed, ended } = start({ settings: { MINT_CONFIG: "config.json" }, folder });
  expect(await ended).toBe(1);
  expect(printed).toEqual({ stdout: "", stderr: "mintgate: orgs.acme.keyz: is not a known field\n" });
});

test("a weak secret in .dev.vars stops it too", async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, ".dev.vars"), `MINT_SECRET=${CANARY}\n`);
  const { printed, ended } = start({ settings: {}, folder });
  expect(await ended).toBe(1);
  expect(printed.stderr).toMatch(/^mintgate: MINT_SECRET: [^\n]+\n$/);
  expect(printed.stderr).not.toContain(CANARY);
});
