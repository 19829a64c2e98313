import { expect, test } from "vitest";
import { strangeModelField } from "../../mint-server/credentials/other-models.ts";

const GRANT = { org: "a", models: ["gpt-4o*"] };

test("a grant for any model covers every way to choose one", () => {
  expect(strangeModelField({ org: "a" }, { models: ["o3"], route: "fallback", fallbacks: "default" })).toBeUndefined();
});

test("an entry that is no name is the name of no model", () => {
  for (const entry of [null, 7, {}, { model: 7 }, ["gpt-4o"]])
    expect(strangeModelField(GRANT, { models: ["gpt-4o", entry] })).toBe("models");
  expect(strangeModelField(GRANT, { models: "gpt-4o" })).toBeUndefined();
  expect(strangeModelField(GRANT, { models: [] })).toBeUndefined();
});

test("what a template settles is not the caller's own", () => {
  const settled = { models: ["o3"], route: "fallback", generationConfig: { routingConfig: {} } };
  expect(strangeModelField(GRANT, settled, settled)).toBeUndefined();
  expect(strangeModelField(GRANT, { ...settled, fallbacks: [{ model: "o3" }] }, settled)).toBe("fallbacks");
  expect(strangeModelField(GRANT, settled)).toBe("models");
});
