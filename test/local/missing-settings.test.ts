import { expect, test } from "vitest";
import { missingSettings } from "../../mint-server/local/missing-settings.ts";

test("names what every deployment needs", () => {
  expect(missingSettings({ env: {}, known: new Set() })).toEqual(["MINT_SECRET", "PUBLIC_URL"]);
  expect(missingSettings({ env: {}, known: new Set(["PUBLIC_URL", "MINT_SECRET"]) })).toEqual([]);
});

test("names each setting that the configuration refers to, once, and the configuration itself", () => {
  const endpoint = { name: "a", provider: "openai", apiKey: "$OPENAI_API_KEY" };
  const org = { keys: ["$ACME_KEY", "a-literal-project-key"], endpoints: [endpoint, { ...endpoint, name: "b" }] };
  const env = { MINT_CONFIG: JSON.stringify({ orgs: { acme: org } }), MINT_SECRET: "here, not there" };
  expect(missingSettings({ env, known: new Set(["PUBLIC_URL", "ACME_KEY"]) })).toEqual([
    "MINT_SECRET",
    "MINT_CONFIG",
    "OPENAI_API_KEY",
  ]);
});
