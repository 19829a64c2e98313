import { expect, test } from "vitest";
import type { Caller } from "../../mint-server/credentials/verify.ts";
import { createGeminiLeash } from "../../mint-server/realtime/gemini-leash.ts";

const caller = (session: object) => ({ by: "credential", grant: { org: "a", session } }) as unknown as Caller;

test("what is settled holds in either spelling", () => {
  const locked = { type: "realtime", audio: { output: { voice: "Kore" } } };
  const leash = createGeminiLeash(caller(locked), "gemini-live", 100);
  const generationConfig = {
    max_output_tokens: 60_000,
    speech_config: { voiceConfig: { prebuiltVoiceConfig: { voiceName: "Puck" } } },
    top_p: 0.5,
  };
  const set = leash.setUp({ model: "models/gemini-live", generationConfig });
  expect(set).toMatchObject({ ok: true, value: { generationConfig: { maxOutputTokens: 100, topP: 0.5 } } });
  const text = JSON.stringify(set);
  expect(text).toContain("Kore");
  expect(text).not.toMatch(/Puck|max_output|speech_config/);
});
