import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CALLERS_KEY, type Rig, startRig } from "../support/rig.ts";
import { type StandIn, startStandIn } from "../support/stand-in.ts";
import { aiSdkOpenAI } from "./ai-sdk.ts";
import { attempt, type Client } from "./client.ts";
import { CLIENTS } from "./clients.ts";
import { limitOf } from "./limits.ts";
import { PROVIDERS, type Provider, providerSettings } from "./providers.ts";
import { SCENARIOS, type Stage } from "./scenarios.ts";

let standIn: StandIn;
let rig: Rig;
beforeAll(async () => {
  standIn = await startStandIn();
  rig = await startRig({ settings: providerSettings(standIn.port) });
});
afterAll(async () => {
  await rig.stop();
  await standIn.stop();
});

describe.each(CLIENTS)("$name", (client) => {
  describe.each(PROVIDERS)("at $name", (provider) => {
    for (const [title, run] of Object.entries(SCENARIOS)) {
      const limit = limitOf(client, provider, title);
      if (limit === undefined) test(title, () => run(stageOf(client, provider)));
      else {
        // It fails as it is said to: the day the library can do it, the limit must go.
        test(`${title}: not, since ${limit.reason}`, () =>
          expect(run(stageOf(client, provider))).rejects.toMatchObject(limit.failsWith));
      }
    }
  });
});

// It names what was said before, which a credential may do with its own alone.
describe.each(PROVIDERS)("$name goes on by name for a credential", (provider) => {
  test.each(["signatures of thoughts, given back", "signatures of thoughts, given back, streaming"])(
    "%s",
    async (title) => {
      const { key } = await rig.issue({ subject: crypto.randomUUID() });
      await SCENARIOS[title]?.(stageOf(aiSdkOpenAI, provider, key));
    },
  );
});

function stageOf(client: Client, provider: Provider, key = rig.server.projectKey ?? ""): Stage {
  const baseURL = `${rig.server.url}/v1/proxy`;
  return {
    client,
    provider,
    standIn,
    attempt(question, { ownKey } = {}) {
      const apiKey = ownKey ? CALLERS_KEY : key;
      return attempt(client, { ...question, model: provider.model, baseURL, apiKey });
    },
  };
}
