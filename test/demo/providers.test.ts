import { expect, test } from "vitest";
import { endpointOf, entriesOf, NEW_ENDPOINT } from "../../demo/providers/endpoint-entries.ts";
import { PROVIDER_ROWS } from "../../demo/providers/provider-rows.ts";
import { compileEndpoint } from "../../mint-server/endpoint-config.ts";
import { providers } from "../../mint-server/providers/table.ts";

test("knows every provider of the server, and no other", () => {
  const own = PROVIDER_ROWS.map(({ id }) => id);
  expect(own.toSorted()).toEqual(
    providers()
      .map(({ id }) => id)
      .toSorted(),
  );
});

/** What a person would enter where a form asks for it. */
const ENTERED: Readonly<Record<string, string>> = {
  apiKey: "sk-0123456789",
  baseURL: "https://own.example/v1",
  "google.project": "project-1",
  "google.location": "europe-west1",
  "google.accessToken": "ya29.token",
  "aws.region": "us-east-1",
};

test.each(PROVIDER_ROWS)("what its form asks of $id makes an endpoint that the server takes", ({ id, fields }) => {
  const asked = fields.filter(({ path, required }) => required || path === "google.accessToken" || path === "apiKey");
  const values = Object.fromEntries(asked.map(({ path }) => [path, ENTERED[path] ?? ""]));
  const made = endpointOf({ ...NEW_ENDPOINT, name: id, provider: id, values, models: "m-1, m-2" }, undefined);
  expect(compileEndpoint(made as never, "endpoint").models).toEqual(new Set(["m-1", "m-2"]));
});

const STORED = {
  name: "eu",
  provider: "bedrock",
  aws: { region: "eu-west-1", accessKeyId: "sealed:…", secretAccessKey: "sealed:…abcd" },
  models: ["anthropic.claude-3"],
  weight: 2,
  timeouts: { idleSeconds: 9 },
  customModels: {
    own: { flavor: "chat", format: "openai", multimodal: false, contextTokens: 9, inputCostPerMillionTokens: 1 },
  },
};

test("leaves as it was what a form does not show, secrets included", () => {
  expect(endpointOf(entriesOf(STORED), STORED)).toEqual(STORED);
});

test("changes what was entered, and only that", () => {
  const entries = entriesOf(STORED);
  const changed = { ...entries, weight: "", values: { ...entries.values, "aws.secretAccessKey": "new", baseURL: "" } };
  const { weight: _, ...rest } = STORED;
  expect(endpointOf(changed, STORED)).toEqual({ ...rest, aws: { ...STORED.aws, secretAccessKey: "new" } });
});

test("another provider keeps none of the last one's secrets", () => {
  const entries = { ...entriesOf(STORED), provider: "openai", values: { apiKey: "sk-new" } };
  const made = endpointOf(entries, STORED);
  expect(made).toMatchObject({ provider: "openai", apiKey: "sk-new", timeouts: { idleSeconds: 9 } });
  expect(JSON.stringify(made)).not.toContain("sealed");
});
