import { describe, expect, test } from "vitest";
import { compileConfig, type ServerConfig } from "../../mint-server/config.ts";
import { addressOf } from "../../mint-server/providers/address.ts";
import type { Endpoint } from "../../mint-server/providers/provider.ts";
import { readSettings, settingNames } from "../../mint-server/settings.ts";

const FIXED = {
  MINT_SECRET: "0WZ1vN3kq6mB8xTt5yJcR2eLhUaGpSdFi4oQwX7zKsY",
  PUBLIC_URL: "https://mint.example",
};

const configOf = (settings: Record<string, string>): ServerConfig =>
  compileConfig(readSettings({ ...FIXED, ...settings }));

/** The one endpoint that these settings, or this endpoint of `MINT_CONFIG`, make. */
function endpointOf(settings: Record<string, string>): Endpoint {
  const endpoint = configOf(settings).orgs.get("default")?.endpoints[0];
  if (!endpoint) throw new Error("no endpoint");
  return endpoint;
}

const configured = (endpoint: object) =>
  endpointOf({ MINT_CONFIG: JSON.stringify({ orgs: { default: { endpoints: [{ name: "it", ...endpoint }] } } }) });

const CHAT = "chat/completions";

const urlOf = (endpoint: Endpoint, path: string, model: string) =>
  addressOf(endpoint, { wire: "openai", path, model, stream: false });

describe("Azure", () => {
  const AZURE = { AZURE_OPENAI_API_KEY: "k", AZURE_OPENAI_ENDPOINT: "https://acme.openai.azure.com/" };
  const DEPLOYMENTS = "https://acme.openai.azure.com/openai/deployments";

  test.each([
    ["gpt-4o", CHAT, `${DEPLOYMENTS}/gpt-4o/chat/completions?api-version=2024-10-21`],
    ["gpt-3.5-turbo", CHAT, `${DEPLOYMENTS}/gpt-35-turbo/chat/completions?api-version=2024-10-21`],
    ["gpt-35-turbo", CHAT, `${DEPLOYMENTS}/gpt-35-turbo/chat/completions?api-version=2024-10-21`],
    [
      "gpt-3.5-turbo-instruct",
      "completions",
      `${DEPLOYMENTS}/gpt-35-turbo-instruct/completions?api-version=2024-10-21`,
    ],
    ["a/b c", "embeddings", `${DEPLOYMENTS}/a%2Fb%20c/embeddings?api-version=2024-10-21`],
    ["gpt-5", "responses", "https://acme.openai.azure.com/openai/v1/responses"],
    ["..", CHAT, undefined],
    ["\ud800", CHAT, undefined],
  ])("%s of %s", (model, path, expected) => {
    expect(urlOf(endpointOf(AZURE), path, model)).toBe(expected);
  });

  test("takes its version from the setting, or from the endpoint's own configuration", () => {
    const version = { AZURE_OPENAI_API_VERSION: "2025-04-01-preview" };
    expect(urlOf(endpointOf({ ...AZURE, ...version }), CHAT, "m")).toMatch(/\?api-version=2025-04-01-preview$/);
    const { options } = configured({
      provider: "azure",
      apiKey: "k",
      baseURL: AZURE.AZURE_OPENAI_ENDPOINT,
      azure: { apiVersion: "preview" },
    });
    expect(options.apiVersion).toBe("preview");
    expect(configOf({ ...AZURE, ...version }).providerOptions.get("azure")).toEqual({
      apiVersion: "2025-04-01-preview",
    });
  });

  test("calls deployments as they are configured, whatever the model is called", () => {
    const endpoint = configured({
      provider: "azure",
      apiKey: "k",
      baseURL: AZURE.AZURE_OPENAI_ENDPOINT,
      azure: { deployments: { "gpt-3.5-turbo": "My Old.One" } },
    });
    expect(urlOf(endpoint, CHAT, "gpt-3.5-turbo")).toContain("/deployments/My%20Old.One/chat/");
    for (const model of ["constructor", "__proto__", "toString"]) {
      expect(urlOf(endpoint, CHAT, model)).toContain(`/deployments/${model}/chat/`);
    }
  });

  test("has OpenAI's own paths below a base of its newer form", () => {
    const endpoint = endpointOf({ ...AZURE, AZURE_OPENAI_ENDPOINT: "https://acme.openai.azure.com/openai/v1/" });
    expect(urlOf(endpoint, CHAT, "gpt-4o")).toBe("https://acme.openai.azure.com/openai/v1/chat/completions");
  });

  test.each([
    [{ AZURE_OPENAI_API_KEY: "k" }, /^AZURE_OPENAI_ENDPOINT: is missing/],
    [{ ...AZURE, AZURE_OPENAI_ENDPOINT: "acme.openai.azure.com" }, /^AZURE_OPENAI_ENDPOINT: is not a URL$/],
    [{ ...AZURE, AZURE_OPENAI_API_VERSION: "1&x=2" }, /azure\.apiVersion/],
  ])("does not start with %j", (settings, message) => {
    expect(() => configOf(settings)).toThrow(message);
  });

  test.each([
    [{ provider: "azure", azure: { version: "1" } }, /azure\.version/],
    [{ provider: "azure", azure: { deployments: { a: ".." } } }, /azure\.deployments\.a/],
    [{ provider: "azure", azure: { deployments: { a: "" } } }, /azure\.deployments\.a/],
    [{ provider: "openai", azure: {} }, /azure: does not belong to an endpoint of openai/],
  ])("does not start with the endpoint %j", (endpoint, message) => {
    expect(() => configured({ apiKey: "k", baseURL: "https://a.example", ...endpoint })).toThrow(message);
  });
});

describe("Lepton", () => {
  test("has the model in the host, if it can be part of one", () => {
    const endpoint = endpointOf({ LEPTON_API_KEY: "k" });
    expect(urlOf(endpoint, CHAT, "llama3-1-8b")).toBe("https://llama3-1-8b.lepton.run/api/v1/chat/completions");
    for (const model of [
      "evil.test/",
      "evil.test#",
      "a.b",
      "a@b",
      "",
      "-a",
      "a-",
      "A",
      "a".repeat(64),
      "ä",
      "xn--a b",
    ]) {
      expect(urlOf(endpoint, CHAT, model)).toBeUndefined();
    }
  });

  test("has a base that replaces all of it, model included", () => {
    const endpoint = endpointOf({ LEPTON_API_KEY: "k", LEPTON_BASE_URL: "https://mine.example/x" });
    expect(urlOf(endpoint, CHAT, "evil.test/")).toBe("https://mine.example/x/chat/completions");
  });
});

test("Databricks has one path for whatever a model does", () => {
  const endpoint = endpointOf({ DATABRICKS_TOKEN: "k", DATABRICKS_HOST: "https://adb-1.azuredatabricks.net" });
  const base = "https://adb-1.azuredatabricks.net/serving-endpoints";
  for (const path of [CHAT, "completions", "embeddings"]) {
    expect(urlOf(endpoint, path, "databricks-x")).toBe(`${base}/databricks-x/invocations`);
  }
  expect(urlOf(endpoint, "responses", "databricks-x")).toBe(`${base}/responses`);
  expect(urlOf(endpoint, CHAT, "a/../b")).toBe(`${base}/a%2F..%2Fb/invocations`);
});

test("every setting of a provider reaches the Worker", () => {
  expect(settingNames({})).toEqual(
    expect.arrayContaining([
      "AZURE_OPENAI_API_KEY",
      "AZURE_OPENAI_ENDPOINT",
      "AZURE_BASE_URL",
      "AZURE_OPENAI_API_VERSION",
      "LEPTON_BASE_URL",
      "DATABRICKS_HOST",
    ]),
  );
});
