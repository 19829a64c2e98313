import { beforeAll, describe, expect, test } from "vitest";
import { compileConfig, type ServerConfig } from "../../mint-server/config.ts";
import type { Endpoint } from "../../mint-server/providers/provider.ts";
import { readSettings, settingNames } from "../../mint-server/settings.ts";
import { startTokenEndpoint } from "../support/token-endpoint.ts";

const FIXED = {
  MINT_SECRET: "0WZ1vN3kq6mB8xTt5yJcR2eLhUaGpSdFi4oQwX7zKsY",
  PUBLIC_URL: "https://mint.example",
};
const AWS = { AWS_ACCESS_KEY_ID: "AKIACANARY", AWS_SECRET_ACCESS_KEY: "aws-secret-canary", AWS_REGION: "eu-west-1" };
const BEDROCK = { AWS_BEARER_TOKEN_BEDROCK: "bedrock-key-canary", AWS_REGION: "eu-west-1" };
const PLACE = { GOOGLE_CLOUD_PROJECT: "acme-1", GOOGLE_CLOUD_LOCATION: "europe-west1" };
const VERTEX = { ...PLACE, GOOGLE_VERTEX_ACCESS_TOKEN: "ya29.canary" };
const NAMES = [
  ...["ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "GEMINI_API_KEY", "GOOGLE_BASE_URL"],
  ...["BEDROCK_BASE_URL", "VERTEX_BASE_URL", "AWS_SESSION_TOKEN", "GOOGLE_SERVICE_ACCOUNT_JSON"],
  ...Object.keys({ ...AWS, ...BEDROCK, ...VERTEX }),
];

let keyFile: Readonly<Record<string, string>>;

beforeAll(async () => {
  const endpoint = await startTokenEndpoint();
  ({ keyFile } = endpoint);
  await endpoint.stop();
});

const configOf = (settings: Record<string, string>): ServerConfig =>
  compileConfig(readSettings({ ...FIXED, ...settings }));
const endpointsOf = (settings: Record<string, string>): readonly Endpoint[] =>
  configOf(settings).orgs.get("default")?.endpoints ?? [];
const configured = (endpoint: object) =>
  endpointsOf({ MINT_CONFIG: JSON.stringify({ orgs: { default: { endpoints: [{ name: "it", ...endpoint }] } } }) });

test("every setting of a provider reaches the Worker", () => {
  expect(settingNames({})).toEqual(expect.arrayContaining(NAMES));
});

describe("an endpoint arises from", () => {
  test.each<[string, Record<string, string>, object]>([
    [
      "a key of Anthropic's",
      { ANTHROPIC_API_KEY: "k" },
      { name: "anthropic", baseURL: "https://api.anthropic.com", apiKey: "k", auth: "api-key" },
    ],
    [
      "a key of Google's, at another address",
      { GEMINI_API_KEY: "k", GOOGLE_BASE_URL: "https://mine.example/g/" },
      { name: "google", baseURL: "https://mine.example/g", apiKey: "k", auth: "api-key" },
    ],
    [
      "a key of Bedrock's",
      BEDROCK,
      { name: "bedrock", baseURL: "https://bedrock-runtime.eu-west-1.amazonaws.com", apiKey: "bedrock-key-canary" },
    ],
    [
      "a key of Bedrock's, before the keys of an account",
      { ...AWS, ...BEDROCK },
      { name: "bedrock", apiKey: "bedrock-key-canary", options: { region: "eu-west-1" } },
    ],
    [
      "a key of Bedrock's and an address, without a region",
      { AWS_BEARER_TOKEN_BEDROCK: "k", BEDROCK_BASE_URL: "http://127.0.0.1:9/b" },
      { name: "bedrock", baseURL: "http://127.0.0.1:9/b", apiKey: "k" },
    ],
    [
      "an access token of Google's",
      VERTEX,
      {
        name: "vertex",
        baseURL: "https://europe-west1-aiplatform.googleapis.com",
        apiKey: "ya29.canary",
        auth: "bearer",
        options: { project: "acme-1", location: "europe-west1" },
      },
    ],
  ])("%s", (_, settings, expected) => {
    const endpoints = endpointsOf(settings);
    expect(endpoints).toHaveLength(1);
    expect(endpoints[0]).toMatchObject(expected);
    expect(endpoints[0]).not.toHaveProperty("authority");
  });

  test("keys of an account, and shows them nowhere", () => {
    const [endpoint, ...more] = endpointsOf({ ...AWS, AWS_SESSION_TOKEN: "session-canary" });
    expect([endpoint?.name, endpoint?.options, more]).toEqual(["bedrock", { region: "eu-west-1" }, []]);
    expect(endpoint?.authority?.secrets()).toEqual(["AKIACANARY", "aws-secret-canary", "session-canary"]);
    expect(JSON.stringify(endpoint)).not.toMatch(/canary/i);
  });

  test("a service account, and shows it nowhere", () => {
    const [endpoint, ...more] = endpointsOf({ ...PLACE, GOOGLE_SERVICE_ACCOUNT_JSON: JSON.stringify(keyFile) });
    expect([endpoint?.name, more]).toEqual(["vertex", []]);
    expect(endpoint?.authority?.secrets()).toContain(keyFile.private_key?.trim());
    expect(JSON.stringify(endpoint)).not.toMatch(/canary|BEGIN|gserviceaccount/);
  });

  test.each([
    { AWS_REGION: "eu-west-1" },
    { GOOGLE_CLOUD_LOCATION: "eu" },
    PLACE,
    { BEDROCK_BASE_URL: "https://b.example" },
  ])("not from %j", (settings) => {
    expect(endpointsOf(settings)).toEqual([]);
  });
});

describe("half of what belongs together stops the start, and names the other half", () => {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = AWS;
  test.each<[Record<string, string>, string]>([
    [{ AWS_ACCESS_KEY_ID, AWS_REGION: "x-1" }, "AWS_SECRET_ACCESS_KEY: is missing; AWS_ACCESS_KEY_ID needs it"],
    [{ AWS_SECRET_ACCESS_KEY }, "AWS_ACCESS_KEY_ID: is missing; AWS_SECRET_ACCESS_KEY needs it"],
    [{ AWS_SESSION_TOKEN: "canary" }, "AWS_ACCESS_KEY_ID: is missing; AWS_SESSION_TOKEN needs it"],
    [{ AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY }, "AWS_REGION: is missing; AWS_ACCESS_KEY_ID needs it"],
    [
      { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, BEDROCK_BASE_URL: "https://b.example" },
      "AWS_REGION: is missing; AWS_ACCESS_KEY_ID needs it",
    ],
    [{ AWS_BEARER_TOKEN_BEDROCK: "canary" }, "AWS_REGION: is missing; AWS_BEARER_TOKEN_BEDROCK needs it"],
    [
      { GOOGLE_VERTEX_ACCESS_TOKEN: "canary", GOOGLE_CLOUD_LOCATION: "eu" },
      "GOOGLE_CLOUD_PROJECT: is missing; GOOGLE_VERTEX_ACCESS_TOKEN needs it",
    ],
    [
      { GOOGLE_VERTEX_ACCESS_TOKEN: "canary", GOOGLE_CLOUD_PROJECT: "acme-1" },
      "GOOGLE_CLOUD_LOCATION: is missing; GOOGLE_VERTEX_ACCESS_TOKEN needs it",
    ],
    [
      { GOOGLE_SERVICE_ACCOUNT_JSON: "canary", GOOGLE_CLOUD_PROJECT: "acme-1", VERTEX_BASE_URL: "https://v.example" },
      "GOOGLE_CLOUD_LOCATION: is missing; GOOGLE_SERVICE_ACCOUNT_JSON needs it",
    ],
  ])("%j", (settings, message) => {
    expect(() => configOf(settings)).toThrow(expect.objectContaining({ message }));
  });
});

describe("what becomes part of an address is checked", () => {
  const vertex = (google: object) => ({ provider: "vertex", apiKey: "k", google: { ...google } });
  const bedrock = (aws: object) => ({ provider: "bedrock", aws });

  test.each<[object, string]>([
    [bedrock({ region: "us-east-1.evil.test/" }), "aws.region: must be a region such as us-east-1"],
    [bedrock({ region: "US-EAST-1" }), "aws.region: must be a region such as us-east-1"],
    [bedrock({ region: `${"a-".repeat(40)}1` }), "aws.region: must be a region such as us-east-1"],
    [bedrock({ region: "us-east-1", accessKeyId: "canary" }), "aws.secretAccessKey: is missing"],
    [bedrock({ region: "us-east-1", sessionToken: "canary" }), "aws.accessKeyId: is missing"],
    [bedrock({ accessKeyId: "canary", secretAccessKey: "canary" }), "aws.region: is missing"],
    [
      bedrock({ region: "us-east-1", accessKeyId: "canary", secretAccessKey: "can\nary" }),
      "aws.secretAccessKey: holds characters that no header can carry, or begins or ends with a space",
    ],
    [{ provider: "bedrock", apiKey: "canary" }, "aws.region: is missing"],
    [
      { ...bedrock({ region: "us-east-1", accessKeyId: "a", secretAccessKey: "canary" }), apiKey: "canary" },
      " holds more than one key; an endpoint has one",
    ],
    [bedrock({ region: "us-east-1", key: "canary" }), "aws.key: is not a known field"],
    [bedrock({ region: "us-east-1" }), "apiKey: is missing, and no `headers` carry the authority instead"],
    [vertex({ project: "acme-1" }), "google.location: is missing"],
    [vertex({ location: "eu" }), "google.project: is missing"],
    [vertex({ project: "a/../b", location: "eu" }), "google.project: must be the id or the number of a project"],
    [
      vertex({ project: "acme-1", location: "eu.evil.test" }),
      "google.location: must be a location such as europe-west1 or global",
    ],
    [{ provider: "google", apiKey: "k", google: {} }, "google: does not belong to an endpoint of google"],
    [{ provider: "openai", apiKey: "k", aws: {} }, "aws: does not belong to an endpoint of openai"],
  ])("%j", (endpoint, problem) => {
    const field = "orgs.default.endpoints[0]";
    const message = problem.startsWith(" ") ? `${field}:${problem}` : `${field}.${problem}`;
    expect(() => configured(endpoint)).toThrow(expect.objectContaining({ message }));
  });

  test.each<[string, (file: Readonly<Record<string, string>>) => unknown, RegExp]>([
    ["no JSON", () => "canary {", /serviceAccount: must be a service account's key file/],
    ["a JSON text", () => '"canary"', /serviceAccount: must be a service account's key file/],
    ["a number", () => 7, /serviceAccount: must be /],
    ["no key", (file) => ({ ...file, private_key: "" }), /serviceAccount\.private_key: is missing$/],
    ["a key that is none", (file) => ({ ...file, private_key: "canary" }), /private_key: is no PEM/],
    ["an address over http", (file) => ({ ...file, token_uri: "http://evil.test/canary" }), /token_uri: must be https/],
    ["no account", (file) => JSON.stringify({ ...file, client_email: 7 }), /client_email: is missing$/],
  ])("a service account with %s stops the start and is not shown", (_, change, problem) => {
    const google = { project: "acme-1", location: "eu", serviceAccount: change(keyFile) };
    const start = () => configured({ provider: "vertex", google });
    expect(start).toThrow(problem);
    expect(start).not.toThrow(/canary/);
  });
});

describe("a caller's own key", () => {
  test("finds region, project and address in the settings, and no secret of the server's", () => {
    const { providerBaseURLs, providerOptions } = configOf({ ...AWS, ...VERTEX });
    expect(providerBaseURLs.get("bedrock")).toBe("https://bedrock-runtime.eu-west-1.amazonaws.com");
    expect(providerBaseURLs.get("vertex")).toBe("https://europe-west1-aiplatform.googleapis.com");
    expect(providerOptions.get("bedrock")).toEqual({ region: "eu-west-1" });
    expect(providerOptions.get("vertex")).toEqual({ project: "acme-1", location: "europe-west1" });
  });

  test("reaches no Vertex without a project", () => {
    const { providerBaseURLs } = configOf({ VERTEX_BASE_URL: "https://v.example", GOOGLE_CLOUD_LOCATION: "eu" });
    expect(providerBaseURLs.has("vertex")).toBe(false);
  });
});

test("models of one's own may have any format", () => {
  const customModels = Object.fromEntries(
    ["openai", "anthropic", "google", "window", "js"].map((format) => [format, { flavor: "chat", format }]),
  );
  const [endpoint] = configured({ provider: "custom", apiKey: "k", baseURL: "https://a.example", customModels });
  for (const [name, { format }] of endpoint?.customModels ?? []) expect(format).toBe(name);
  expect(endpoint?.customModels.size).toBe(5);
});
