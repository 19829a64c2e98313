import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { providers } from "../../mint-server/providers/table.ts";
import { CUSTOM_MODELS, FEATURE_IDS, FEATURES, lackOf, ROWS, ROWS_THAT_LACK } from "./features.ts";
import { CHECKS } from "./features-checks.ts";
import { renderCompatibility } from "./generate-compatibility.ts";
import { type ProviderRig, startProviders } from "./rig.ts";

// Each cell of the first table in docs/compatibility.md, asked for by the unmodified SDKs of four schemas.

let rig: ProviderRig;

beforeAll(async () => {
  rig = await startProviders([...new Set(ROWS.flatMap((row) => [row.model, row.embeddingModel]))], CUSTOM_MODELS);
});
afterAll(() => rig.stop());

describe.each(ROWS.map((row) => [row.id, row] as const))("%s", (_, row) => {
  for (const feature of FEATURE_IDS) {
    const lack = lackOf(row, feature);
    const title = lack ? `has no ${FEATURES[feature]}: ${lack.why}` : `has ${FEATURES[feature]}`;
    test.each(CHECKS[feature].callers(row))(`${title}, asked in %s`, async (caller) => {
      expect.hasAssertions();
      if (lack) await CHECKS[feature].empty({ rig, row }, caller, lack);
      else await CHECKS[feature].full({ rig, row }, caller);
    });
  }
});

test("the table has every provider in every wire format that it speaks", () => {
  for (const { id, wire, otherWires = [] } of providers()) {
    const own = ROWS.filter(({ provider }) => provider.id === id);
    expect(own.map((row) => row.wire)).toEqual(expect.arrayContaining([wire]));
    for (const [models, other] of otherWires) {
      expect(own.filter((row) => models.test(row.model)).map((row) => row.wire)).toEqual([other]);
    }
  }
});

test("only rows that there are lack something", () => {
  const ids = ROWS.map(({ id }) => id);
  expect(ROWS_THAT_LACK.filter((id) => !ids.includes(id))).toEqual([]);
});

test("the page says what these tests say", () => {
  const page = readFileSync(new URL("../../docs/compatibility.md", import.meta.url), "utf8");
  expect(page).toBe(renderCompatibility(page));
  expect(page.match(/\| ✓/g)).toHaveLength(
    ROWS.flatMap((row) => FEATURE_IDS.filter((feature) => !lackOf(row, feature))).length,
  );
});
