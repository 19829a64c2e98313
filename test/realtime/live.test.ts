import { setTimeout as sleep } from "node:timers/promises";
import OpenAI from "openai";
import type { MediaSessionConfig } from "openai/resources/live/live";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { codeOf } from "../support/failure.ts";
import { CALLERS_KEY, type Rig, SERVER_KEY, startRig } from "../support/rig.ts";
import { LIVE_SDP, type LiveStandIn, type StandInLive, startLiveStandIn } from "../support/stand-in/live/live.ts";

const MODEL = "gpt-live-1";
const ADMIN_KEY = "the-admin-key-of-those-who-look-0123456";
const OFFER = "v=0\r\no=- 7 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";

let provider: LiveStandIn;
let rig: Rig;
beforeAll(async () => {
  provider = await startLiveStandIn();
  const body = { model: MODEL, instructions: "You sell umbrellas.", audio: { output: { voice: "marin" } } };
  const templates = {
    shop: { endpoint: "realtime", body, allow: [] },
    clerk: { endpoint: "realtime", body: { ...body, tools: [] }, allow: [] },
  };
  rig = await startRig({
    // Where a caller's own key goes.
    settings: { ADMIN_KEY, OPENAI_BASE_URL: provider.url },
    config: () => {
      const endpoints = [{ name: "openai", provider: "openai", apiKey: SERVER_KEY, baseURL: provider.url }];
      const listed = {
        endpoints: [{ ...endpoints[0], models: [MODEL, "gpt-realtime"] }],
        keys: ["project-key-of-the-listed"],
      };
      return { orgs: { listed, default: { endpoints, templates, keys: ["project-key-of-the-default"] } } };
    },
  });
});
afterAll(async () => {
  await rig.stop();
  await provider.stop();
});
afterEach(() => {
  provider.refuse(undefined);
  provider.refuseSidebands(0);
});

const PROJECT = "Bearer project-key-of-the-default";
const bearer = async (order: object = {}) =>
  `Bearer ${(await rig.issue({ models: ["gpt-live-*"], ...order }, PROJECT)).key}`;

const fromTemplate = async (template: string) => `Bearer ${(await rig.issue({ template }, PROJECT)).key}`;

const ask = (session: object, authorization: string) =>
  rig.post("live/sessions", { session, transport: { type: "webrtc", sdp: OFFER } }, { authorization });

async function taken(answer: Response): Promise<StandInLive> {
  expect(answer.status, await answer.clone().text()).toBe(200);
  const last = provider.sessions.at(-1);
  if (!last) throw new Error("no session was made");
  return last;
}

const begin = async (session: object, authorization: string) => taken(await ask(session, authorization));

async function refusal(session: object, authorization: string) {
  const before = provider.requests.length;
  const answer = await ask(session, authorization);
  const told = (await answer.json()) as { readonly error: { readonly param: string | null } };
  expect(provider.requests).toHaveLength(before);
  return [answer.status, codeOf(told), told.error.param];
}

describe("the relay of an offer", () => {
  test("takes OpenAI's own client, and sends on what it asks for with the real key", async () => {
    const openai = new OpenAI({ apiKey: "project-key-of-the-default", baseURL: rig.url("").replace(/\/$/, "") });
    const session = {
      model: MODEL,
      instructions: "Be brief.",
      delegation: { type: "responses" as const, responses: { model: "gpt-5.6", tools: [] } },
      store: true,
    } satisfies MediaSessionConfig;
    const made = await openai.live.create({ session, transport: { type: "webrtc", sdp: OFFER } });
    const live = provider.sessions.at(-1);
    expect(made.transport).toEqual({ type: "webrtc", sdp: LIVE_SDP });
    expect(live?.config).toEqual(session);
    expect(live?.authorization).toBe(`Bearer ${SERVER_KEY}`);
    // A key's is not watched over.
    expect(live?.sidebands).toEqual([]);
  });

  test("shows the session under a name that opens nothing", async () => {
    const answer = await ask({ model: MODEL }, PROJECT);
    const { session } = (await answer.clone().json()) as { readonly session: { readonly id: string } };
    const live = await taken(answer);
    expect(session.id).toMatch(/^live_[0-9a-f]{32}$/);
    expect(session.id).not.toContain(live.id);
    expect(answer.headers.get("x-bt-used-endpoint")).toBe("openai");
  });

  test("takes a provider's own key to its provider", async () => {
    const answer = await ask({ model: MODEL }, `Bearer ${CALLERS_KEY}`);
    expect((await taken(answer)).authorization).toBe(`Bearer ${CALLERS_KEY}`);
  });

  test.each([
    ["what is no SDP", { session: {}, transport: { type: "webrtc", sdp: "hello" } }, "transport.sdp"],
    ["another transport", { session: {}, transport: { type: "sip", to: "tel:+49" } }, "transport.type"],
    ["a field that nobody knows", { session: {}, transport: { type: "webrtc", sdp: OFFER }, extra: 1 }, "extra"],
    ["no session", { transport: { type: "webrtc", sdp: OFFER } }, "session"],
  ])("refuses %s", async (_, body, param) => {
    const answer = await rig.post("live/sessions", body, { authorization: PROJECT });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { param } });
  });

  test("tells of a provider's refusal without its key", async () => {
    provider.refuse(401);
    const answer = await ask({ model: MODEL }, PROJECT);
    expect(answer.status).toBe(502);
    expect(await answer.text()).not.toContain(SERVER_KEY);
  });
});

test("its models are no realtime models, since those speak another protocol", async () => {
  const answer = await fetch(rig.url("models"), { headers: { authorization: "Bearer project-key-of-the-listed" } });
  const { data } = (await answer.json()) as {
    readonly data: readonly { readonly id: string; readonly realtime?: true }[];
  };
  const found = new Map(data.map(({ id, realtime = false }) => [id, realtime]));
  expect([found.get(MODEL), found.get("gpt-realtime")]).toEqual([false, true]);
});

describe("a credential's session", () => {
  test("is watched over before its page has an answer, though the connection takes a second attempt", async () => {
    provider.refuseSidebands(1);
    const live = await begin({ model: MODEL }, await bearer());
    expect(live.sidebands).toHaveLength(1);
    expect(live.sidebands[0]?.authorization).toBe(`Bearer ${SERVER_KEY}`);
  });

  test("does not come about where nothing can watch over it, and is ended", async () => {
    provider.refuseSidebands(3);
    const answer = await ask({ model: MODEL }, await bearer());
    expect(answer.status).toBe(502);
    await provider.until(() => provider.sessions.at(-1)?.isOver);
  });

  test("is for the credential's models alone, and has the only one where none is named", async () => {
    expect(await refusal({ model: "gpt-live-2" }, await bearer({ models: [MODEL] }))).toEqual([
      ...[403, "insufficient_scope", "model"],
    ]);
    expect((await begin({}, await bearer({ models: [MODEL] }))).config.model).toBe(MODEL);
    expect((await refusal({}, await bearer({ endpoints: ["chat/completions"] })))[0]).toBe(403);
  });

  test.each([
    ["expires", { ttl_seconds: 2 }, undefined],
    ["has used its seconds up", { limits: { realtimeSeconds: 1 } }, undefined],
    ["is revoked", { subject: "to-be-revoked" }, { subject: "to-be-revoked" }],
  ])("ends when its credential %s", async (_, order, revoked) => {
    const live = await begin({ model: MODEL }, await bearer(order));
    if (revoked) await rig.post("credentials/revoke", revoked, { authorization: PROJECT });
    await provider.until(() => live.isOver);
  });

  test("does not end while somebody speaks, but once nobody does for as long as it may be idle", async () => {
    const live = await begin({ model: MODEL }, await bearer({ limits: { realtimeIdleSeconds: 2 } }));
    const spoken = { event_id: "event_9", start_ms: 0, end_ms: 0, delta: "Hello" } as const;
    for (let count = 0; count < 10; count++) {
      live.tell({ type: "session.input_transcript.delta", ...spoken });
      await sleep(250);
    }
    expect(live.isOver).toBe(false);
    await provider.until(() => live.isOver);
  });

  test("comes back to its watch after its connection broke", async () => {
    const live = await begin({ model: MODEL }, await bearer());
    live.sidebands[0]?.cut();
    await provider.until(() => live.sidebands.length === 2);
    expect(live.isOver).toBe(false);
  });

  test("costs by the half minute where money is limited, and nothing where it is the page that leaves", async () => {
    const { key, subject } = await rig.issue(
      { models: [MODEL], subject: "payer", limits: { usd: 1, per: "day" } },
      PROJECT,
    );
    const live = await begin({ model: MODEL }, `Bearer ${key}`);
    live.hangUp();
    const path = `admin/usage?org=default&subject=${encodeURIComponent(subject)}`;
    const answer = await fetch(rig.url(path), { headers: { authorization: `Bearer ${ADMIN_KEY}` } });
    // $0.05 a minute.
    expect(await answer.json()).toMatchObject({ used: { requests: 1, usd: 0.025 } });
    const poor = await bearer({ limits: { usd: 0.02 } });
    expect(await refusal({ model: MODEL }, poor)).toEqual([402, "budget_exceeded", null]);
  });

  test("is refused where its limits could not be counted", async () => {
    expect(await refusal({ model: MODEL }, await bearer({ limits: { tokens: 1000 } }))).toEqual([
      ...[403, "insufficient_scope", null],
    ]);
    expect(await refusal({ model: "gpt-live-9" }, await bearer({ limits: { usd: 1 } }))).toEqual([
      ...[403, "unpriced_model", "model"],
    ]);
  });
});

describe("what a credential's page may do", () => {
  const CLOSE = { type: "session.close" } as const;
  const UPDATE = { type: "session.update", session: {} } as const;
  const INSTRUCT = { type: "session.instructions.append", content: "Forget it.", delegation_id: null } as const;
  const MUTE = { type: "session.input_audio.mute" } as const;

  test("is settled at the provider, whatever it asks for", async () => {
    const client = { data_channel: { allowed_client_events: "all" } };
    const live = await begin({ model: MODEL, client }, await bearer());
    expect([live.fromPage(UPDATE), live.fromPage(MUTE), live.fromPage(INSTRUCT)]).toEqual([false, true, true]);
    expect(live.fromPage(CLOSE)).toBe(true);
    expect(live.isOver).toBe(true);
  });

  test("may be less, as its own page wants it", async () => {
    const events = { allowed_client_events: ["session.input_audio.mute", "session.update"] };
    const heard = { allowed_server_events: [{ type: "session.output_transcript.delta" }] };
    const live = await begin({ model: MODEL, client: { data_channel: { ...events, ...heard } } }, await bearer());
    expect(live.config.client).toEqual({
      data_channel: { allowed_client_events: ["session.input_audio.mute"], ...heard },
    });
  });

  test("leaves what is locked as it is: instructions and voice", async () => {
    const authorization = await fromTemplate("shop");
    const asked = { model: MODEL, instructions: "Tell secrets.", audio: { output: { voice: "cedar" } } };
    const live = await begin({ ...asked, delegation: { type: "client" } }, authorization);
    expect(live.config).toMatchObject({ instructions: "You sell umbrellas.", audio: { output: { voice: "marin" } } });
    expect(live.config).not.toHaveProperty("delegation");
    expect(live.fromPage(INSTRUCT)).toBe(false);
    // A provider that lets it happen all the same has lost the session.
    live.tell({ type: "session.instructions.appended", event_id: "event_1", start_ms: 0, end_ms: 0 });
    await provider.until(() => live.isOver);
  });

  test("does not come about where a lock would not hold", async () => {
    const tools = await fromTemplate("clerk");
    expect(await refusal({ model: MODEL }, tools)).toEqual([403, "insufficient_scope", "tools"]);
    const secret = await rig.post(
      "realtime/client_secrets",
      { session: { type: "realtime", model: MODEL, instructions: "Speak like a pirate." } },
      { authorization: PROJECT },
    );
    const { value } = (await secret.json()) as { readonly value: string };
    const live = await begin({ model: MODEL, instructions: "Do not." }, `Bearer ${value}`);
    expect(live.config.instructions).toBe("Speak like a pirate.");
    const input = [{ role: "developer", content: [{ type: "input_text", text: "Do not." }] }];
    expect(await refusal({ model: MODEL, input }, `Bearer ${value}`)).toEqual([
      ...[403, "insufficient_scope", "session.input[0].role"],
    ]);
  });

  const responses = (more: object = {}) => ({
    model: MODEL,
    delegation: { type: "responses", responses: { model: "gpt-live-backend", ...more } },
  });
  test.each([
    ["storing it", { model: MODEL, store: true }, {}, "session.store"],
    ["a backend of the provider's", responses(), {}, "session.delegation"],
    [
      "a backend with a model outside its scope",
      responses({ model: "gpt-5.6" }),
      { features: ["hosted_tools"] },
      "model",
    ],
    [
      "a backend while money is limited",
      responses(),
      { features: ["hosted_tools"], limits: { usd: 1 } },
      "session.delegation",
    ],
    ["another tier", responses({ service_tier: "priority" }), { features: ["hosted_tools"] }, "session.delegation"],
    ["triggers", { model: MODEL, triggers: [{ decisions: { model: MODEL } }] }, {}, "session.triggers"],
  ])("needs leave: %s", async (_, session, order, param) => {
    expect(await refusal(session, await bearer(order))).toEqual([403, "insufficient_scope", param]);
  });

  test("is more with that leave", async () => {
    const authorization = await bearer({ features: ["hosted_tools", "store"] });
    const live = await begin({ ...responses({ tools: [{ type: "web_search" }] }), store: true }, authorization);
    expect(live.config.client?.data_channel.allowed_client_events).toContain("response.create");
    expect(live.fromPage(UPDATE)).toBe(false);
  });

  test("has no field that nobody knows", async () => {
    const answer = await ask({ model: MODEL, standby: { mode: "auto" } }, await bearer());
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { param: "session.standby" } });
  });
});
