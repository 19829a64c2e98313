import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CALLERS_KEY, type Rig, startRig } from "../support/rig.ts";
import { type StandIn, startStandIn } from "../support/stand-in.ts";
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

function stageOf(client: Client, provider: Provider): Stage {
  const baseURL = `${rig.server.url}/v1/proxy`;
  return {
    client,
    provider,
    standIn,
    attempt(question, { ownKey } = {}) {
      const apiKey = ownKey ? CALLERS_KEY : (rig.server.projectKey ?? "");
      return attempt(client, { ...question, model: provider.model, baseURL, apiKey });
    },
  };
}
