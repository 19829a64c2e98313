import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { APP_ORIGIN, issueBound, type PostOptions } from "../support/rig.ts";
import {
  byHeader,
  byProtocol,
  type Client,
  connectTo,
  HandshakeRefused,
  pcm,
  type RealtimeRig,
  startRealtimeRig,
  userText,
} from "./rig.ts";

let rig: RealtimeRig;
beforeAll(async () => {
  rig = await startRealtimeRig();
});
afterAll(() => rig?.stop());

const GREETED = (client: Client) => client.next("session.created");
const issue = async (order: object): Promise<string> => (await rig.issue(order)).key;

async function open(order: object, query?: string) {
  const key = await issue(order);
  const before = rig.provider.connections.length;
  const client = await connectTo(rig.socketURL(query), byHeader(key));
  await GREETED(client);
  const provider = rig.provider.connections[before];
  if (!provider) throw new Error("nobody came");
  return { client, provider, key };
}

/** The end as the client saw it, and that the provider was let go of within two seconds of it. */
async function ended({ client, provider }: Awaited<ReturnType<typeof open>>) {
  const how = await client.closed;
  const at = performance.now();
  await rig.provider.until(() => provider.closed);
  expect(performance.now() - at).toBeLessThan(2000);
  return how;
}

async function refusal(key: string, query?: string, init?: PostOptions["headers"]) {
  const answer = await connectTo(rig.socketURL(query), { headers: { authorization: `Bearer ${key}`, ...init } }).catch(
    (error) => error,
  );
  if (!(answer instanceof HandshakeRefused)) throw answer instanceof Error ? answer : new Error("it was let in");
  return { status: answer.status, code: JSON.parse(answer.body).error.code as string };
}

/** The same for a client that cannot read an HTTP error: one event, and a close. */
async function told(key: string, query?: string, origin?: string) {
  const client = await connectTo(rig.socketURL(query), { ...byProtocol(key), ...(origin && { origin }) });
  const closed = await client.closed;
  expect(client.socket.protocol).toBe("realtime");
  expect(client.events.map(({ type }) => type)).toEqual(["error"]);
  return { ...closed, error: (client.events[0] as { error?: { code: string } } | undefined)?.error?.code };
}

describe("one who is not let in", () => {
  test("hears it by HTTP, or by one event and a close code, and the provider hears nothing", async () => {
    const before = rig.provider.connections.length;
    const spent = await issue({ limits: { requests: 0 } });
    const timeless = await issue({ limits: { realtimeSeconds: 0 } });
    const elsewhere = await issue({ endpoints: ["models"] });
    const narrow = await issue({ models: ["gpt-realtime-mini"] });
    const revoked = await rig.issue({ subject: "gone" });
    await rig.post("credentials/revoke", { subject: "gone" });
    for (const [key, query, status, code, closeCode, reason] of [
      ["eyJx.y.z", "", 401, "invalid_token", 1008, "invalid_token"],
      [revoked.key, undefined, 401, "invalid_token", 4003, "credential_revoked"],
      [spent, undefined, 402, "budget_exceeded", 4010, "budget_exhausted"],
      [timeless, undefined, 402, "budget_exceeded", 4008, "session_duration_exceeded"],
      [elsewhere, undefined, 403, "insufficient_scope", 1008, "insufficient_scope"],
      [narrow, undefined, 403, "insufficient_scope", 4103, "model_not_allowed"],
      [narrow, "?model=gpt-realtime-miniature", 403, "insufficient_scope", 4103, "model_not_allowed"],
      [await issue({}), "?model=nobody-has-this", 404, "model_not_found", 4103, "model_not_allowed"],
      [await issue({}), "?model=guide", 400, "invalid_value", 1008, "bad_field"],
      [await issue({}), "?call_id=rtc_1", 400, "invalid_value", 1008, "bad_field"],
      [
        await issue({ limits: { usd: 1 } }),
        "?model=gpt-5-realtime-unheard-of",
        403,
        "unpriced_model",
        4103,
        "model_not_allowed",
      ],
    ] as const) {
      expect(await refusal(key, query), code).toEqual({ status, code });
      expect(await told(key, query), code).toEqual({ code: closeCode, reason, error: code });
    }
    expect(await told("null")).toMatchObject({ code: 1008 });
    expect(rig.provider.connections.length).toBe(before);
  });

  test("is a page of an unknown origin, whatever it has", async () => {
    const evil = "https://evil.example";
    for (const key of [rig.server.projectKey ?? "", await issue({}), "sk-a-providers-key"]) {
      expect(await refusal(key, undefined, { origin: evil })).toEqual({ status: 403, code: "origin_not_allowed" });
      expect(await told(key, undefined, evil)).toMatchObject({ code: 4103, reason: "origin_not_allowed" });
      await GREETED(await connectTo(rig.socketURL(), { ...byProtocol(key), origin: APP_ORIGIN }));
    }
  });

  test("is the holder of a bound credential without its key", async () => {
    const { credential } = await issueBound(rig);
    expect(await refusal(credential)).toEqual({ status: 401, code: "invalid_token" });
    expect(await told(credential)).toMatchObject({ code: 1008, reason: "invalid_token" });
  });

  test("comes too often", async () => {
    const key = await issue({ limits: { requestsPerMinute: 2 } });
    for (let i = 0; i < 2; i++) await GREETED(await connectTo(rig.socketURL(), byHeader(key)));
    expect(await refusal(key)).toEqual({ status: 429, code: "rate_limit_exceeded" });
    expect(await told(key)).toMatchObject({ code: 4029, reason: "rate_limited" });
  });

  test("has too many sessions open, until one of them ends", async () => {
    const key = await issue({ limits: { realtimeSessions: 2 } });
    const [first] = [await connectTo(rig.socketURL(), byHeader(key)), await connectTo(rig.socketURL(), byHeader(key))];
    expect(await refusal(key)).toEqual({ status: 429, code: "too_many_sessions" });
    expect(await told(key)).toMatchObject({ code: 4029 });
    first?.socket.close();
    await first?.closed;
    await expect
      .poll(() => connectTo(rig.socketURL(), byHeader(key)).then(GREETED, () => undefined), { timeout: 5000 })
      .toBeDefined();
  });

  test("of 50 who come at once, as many as the limit are let in", async () => {
    const key = await issue({ limits: { requests: 5 } });
    const all = await Promise.allSettled(Array.from({ length: 50 }, () => connectTo(rig.socketURL(), byHeader(key))));
    expect(all.filter(({ status }) => status === "fulfilled").length).toBe(5);
  });
});

describe("a provider that does not take the session", () => {
  test("is told by HTTP, or by a close that clients try again after", async () => {
    const key = rig.server.projectKey ?? "";
    for (const [status, answered, code, closeCode] of [
      [401, 502, "upstream_refused_key", 1011],
      [500, 502, null, 1011],
      [429, 429, null, 1013],
      [400, 400, null, 1011],
    ] as const) {
      rig.provider.refuse(status);
      expect(await refusal(key)).toEqual({ status: answered, code });
      expect(await told(key)).toMatchObject({ code: closeCode });
    }
    rig.provider.refuse(undefined);
  });
});

describe("a session ends", () => {
  test("when its credential expires, with 4001", async () => {
    const session = await open({ ttl_seconds: 2 });
    expect(await ended(session)).toEqual({ code: 4001, reason: "credential_expired" });
    expect(session.client.events.at(-1)).toMatchObject({ type: "error", error: { code: "credential_expired" } });
    expect(await refusal(session.key)).toEqual({ status: 401, code: "invalid_token" });
    expect(await told(session.key)).toMatchObject({ code: 4001 });
  });

  test("within two seconds of its credential's revocation, with 4003", async () => {
    const session = await open({ subject: "to-be-revoked" });
    const at = performance.now();
    await rig.post("credentials/revoke", { subject: "to-be-revoked" });
    expect(await ended(session)).toEqual({ code: 4003, reason: "credential_revoked" });
    expect(performance.now() - at).toBeLessThan(2000);
  });

  test("when its seconds are over, with 4008, and what it did not use is left", async () => {
    const limits = { realtimeSeconds: 3 };
    const session = await open({ limits });
    await new Promise((resolve) => setTimeout(resolve, 1000));
    session.client.socket.close();
    await ended(session);
    await expect
      .poll(() => connectTo(rig.socketURL(), byHeader(session.key)).then(GREETED, () => undefined))
      .toBeDefined();
    const before = rig.provider.connections.length;
    const again = await connectTo(rig.socketURL(), byHeader(session.key)).catch(() => undefined);
    // The second session holds what the first left; a third finds nothing.
    expect(again).toBeUndefined();
    await rig.provider.until(() => rig.provider.connections[before - 1]?.closed);
  });

  test("when nobody has said anything for too long, with 4009", async () => {
    const session = await open({ limits: { realtimeIdleSeconds: 2 } });
    const started = performance.now();
    for (let i = 0; i < 8; i++) {
      session.client.send({ type: "input_audio_buffer.append", audio: pcm(20) });
      await new Promise((resolve) => setTimeout(resolve, 400));
    }
    expect(session.client.socket.readyState).toBe(1);
    expect(await ended(session)).toEqual({ code: 4009, reason: "idle_timeout" });
    expect(performance.now() - started).toBeGreaterThan(5000);
  });

  test("with warnings before, for a client that asked for them", async () => {
    const session = await open({ ttl_seconds: 2 }, "?model=gpt-realtime&mintgate_events=1");
    expect(await session.client.next("mintgate.warning")).toEqual({
      type: "mintgate.warning",
      code: "credential_expired",
      seconds_left: expect.any(Number),
    });
    await ended(session);
    expect(session.client.events.filter(({ type }) => type === "mintgate.warning").length).toBe(1);
    const other = await open({ ttl_seconds: 2 });
    await ended(other);
    expect(other.client.events.some(({ type }) => type === "mintgate.warning")).toBe(false);
  });

  test("when its money is too little for the next response, with 4010, before the provider is asked", async () => {
    const session = await open({ limits: { usd: 0.02 } });
    const { client, provider } = session;
    client.send(userText("Tell me everything."));
    for (let i = 0; i < 40 && client.socket.readyState === 1; i++) {
      client.send({ type: "response.create", event_id: `create-${i}` });
      const done = await client.next("response.done").catch(() => undefined);
      if (!done) break;
    }
    expect(await ended(session)).toEqual({ code: 4010, reason: "budget_exhausted" });
    const error = client.events.findLast(({ type }) => type === "error")?.error as { code: string; event_id: string };
    expect(error.code).toBe("budget_exceeded");
    const creates = provider.events().filter(({ type }) => type === "response.create");
    expect(creates.length).toBeGreaterThan(0);
    expect(creates.some(({ event_id: id }) => id === error.event_id)).toBe(false);
    for (const { response } of creates)
      expect((response as { max_output_tokens: number }).max_output_tokens).toBeLessThanOrEqual(313);
    expect(await refusal(session.key).catch(() => "let in")).toBe("let in");
  });
});
