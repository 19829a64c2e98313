import { expect, test } from "vitest";
import { baseURLSettings, providers } from "../../mint-server/providers/table.ts";
import { readSettings, settingNames } from "../../mint-server/settings.ts";
import { blocksOf, PAGES, readPage } from "./pages.ts";

test("shows configurations that the server takes", () => {
  const blocks = PAGES.flatMap(blocksOf)
    .filter(({ language, marker }) => language === "json" && marker === undefined)
    .map(({ code }) => code);
  expect(blocks.length).toBeGreaterThan(4);
  for (const json of blocks) {
    const MINT_CONFIG = json.includes('"orgs"') ? json : `{"orgs": {"default": {"sessions": {"authorize": ${json}}}}}`;
    expect(() => readSettings({ ...SETTINGS, MINT_CONFIG }), json).not.toThrow();
  }
});

test("lists every setting, and none that does not exist", () => {
  const page = readPage("docs/configuration.md") + readPage("docs/providers.md");
  const known = [...settingNames({}), ...LOCAL_SETTINGS].filter((name) => !UNLISTED.has(name));
  expect(known.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  const shown = [...page.matchAll(/`([A-Z][A-Z0-9]+_[A-Z0-9_]+)`/g)].map(([, name = ""]) => name);
  expect(shown.filter((name) => !known.includes(name))).toEqual([]);
});

test("the table of providers has each with its key and addresses, and no other", () => {
  const rows = [...readPage("docs/providers.md").matchAll(/^\| `(\w+)` \|.*$/gm)];
  const known = providers().filter(({ id }) => id !== "custom");
  expect(rows.map(([, id]) => id).sort()).toEqual(known.map(({ id }) => id).sort());
  for (const [row, id] of rows) {
    const provider = known.find((candidate) => candidate.id === id);
    expect(provider).toBeDefined();
    if (!provider) continue;
    const { keySetting, baseURL } = provider;
    for (const fact of [keySetting, baseURL, ...baseURLSettings(provider)]) expect(row).toContain(fact ?? "");
  }
});

/** Enough to read any configuration that the pages show. */
const SETTINGS = {
  MINT_SECRET: "0WZ1vN3kq6mB8xTt5yJcR2eLhUaGpSdFi4oQwX7zKsY",
  PUBLIC_URL: "https://mint.example",
  OPENAI_API_KEY: "sk-example",
  ACME_PROJECT_KEY: "a-project-key-of-acme",
  TURNSTILE_SECRET: "0x4AAAAAAA-example",
};

/** Read by `npm start` itself. */
const LOCAL_SETTINGS = ["PORT", "HOST", "MINTGATE_STATE", "MINTGATE_ASSETS"];

/** Of a provider that has no use for it: its endpoints name their own. */
const UNLISTED = new Set(["CUSTOM_BASE_URL"]);
