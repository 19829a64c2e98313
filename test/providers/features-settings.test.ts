import { describe, expect, test } from "vitest";
import { SETTINGS } from "../../mint-server/wire/chat-request.ts";
import { ALL_WIRES, CALLERS, schemas, wires } from "../wire/support/formats.ts";
import { type Fate, fateOf, spellingOf } from "./features-settings.ts";

// Each cell of the table of settings in docs/compatibility.md: a request that asks for the setting, and one that does not.

describe.each(ALL_WIRES)("in %s", (wire) => {
  test.each(SETTINGS)("%s meets the fate that its table says", (setting) => {
    const fates = CALLERS.flatMap((caller) => {
      const fate = fateOf(setting, caller, wire);
      return fate ? [{ ...fate, spelling: spellingOf(setting, caller) }] : [];
    });
    const support = wires[wire].support[setting];
    expect(fates.length).toBeGreaterThan(0);
    if (support === "sent") {
      // Not every value has its like; but none is refused.
      expect(fates.map(({ kind }) => kind)).toContain("sent");
      expect(fates.map(({ kind }) => kind)).not.toContain("refused");
    } else {
      const wanted = (param: string | undefined): Fate =>
        ({ kind: support, ...(support === "refused" && { param }) }) as Fate;
      expect(fates).toEqual(fates.map(({ spelling }) => ({ ...wanted(spelling), spelling })));
    }
  });
});

test("every spelling is a field of the schema, and no setting goes without one", () => {
  for (const setting of SETTINGS) {
    const spellings = CALLERS.map((caller) => spellingOf(setting, caller));
    expect(
      spellings.some((spelling) => spelling !== undefined),
      setting,
    ).toBe(true);
    for (const [at, caller] of CALLERS.entries()) {
      expect([setting, caller, spellings[at] === undefined]).toEqual([
        setting,
        caller,
        fateOf(setting, caller, "openai") === undefined,
      ]);
    }
  }
});

test("safety settings that turn filters off ask for nothing, and go with the request where they mean something", () => {
  const safetySettings = [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "BLOCK_NONE" }];
  const body = { contents: [{ role: "user", parts: [{ text: "Hi" }] }], safetySettings };
  const request = schemas.google.decodeRequest(body, { model: "gemini-2.5-pro", stream: false });
  expect(request.asked).toEqual(new Map());
  expect(wires.google.encodeRequest(request, {})).toMatchObject({ safetySettings });
  expect(wires.openai.encodeRequest(request, {})).not.toHaveProperty("safetySettings");
});
