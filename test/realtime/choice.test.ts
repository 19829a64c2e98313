import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Caller } from "../../mint-server/credentials/verify.ts";
import { ok } from "../../mint-server/failures.ts";
import { createHealth } from "../../mint-server/providers/health.ts";
import { createBalancer } from "../../mint-server/providers/turns.ts";
import { takenBy } from "../../mint-server/realtime/taken-by.ts";
import { createClock } from "../reliability/clock.ts";
import { endpointCalled } from "../reliability/endpoints.ts";
import { codeOf } from "../support/failure.ts";
import { type Rig, startRig } from "../support/rig.ts";
import { type CallsStandIn, startCallsStandIn } from "../support/stand-in/calls/calls.ts";
import { type RealtimeStandIn, startRealtimeStandIn } from "../support/stand-in/realtime/realtime.ts";
import { byHeader, byProtocol, type Client, connectTo, HandshakeRefused } from "./rig.ts";

const KEYS = {
  /** One before the other, by priority. */
  pair: "project-key-of-the-pair",
  single: "project-key-of-the-single",
  calls: "project-key-of-the-calls",
} as const;
const ADMIN_KEY = "the-admin-key-of-those-who-look-0123456";

let rig: Rig;
let one: RealtimeStandIn;
let other: RealtimeStandIn;
let caller: CallsStandIn;
let callee: CallsStandIn;
beforeAll(async () => {
  [one, other] = await Promise.all([startRealtimeStandIn(), startRealtimeStandIn()]);
  [caller, callee] = await Promise.all([startCallsStandIn(), startCallsStandIn()]);
  const at = (name: string, { url }: { readonly url: string }, more: object = {}) => ({
    ...{
      provider: "openai",
      apiKey: "sk-any",
      name,
      baseURL: url,
      breaker: { failuresInARow: 2, probeAfterSeconds: 600 },
    },
    ...more,
  });
  const orgs = {
    pair: { keys: [KEYS.pair], endpoints: [at("one", one), at("other", other, { priority: 1 })] },
    single: { keys: [KEYS.single], endpoints: [at("one", one)] },
    calls: { keys: [KEYS.calls], endpoints: [at("one", caller), at("other", callee, { priority: 1 })] },
  };
  rig = await startRig({ settings: { MINT_CONFIG: JSON.stringify({ orgs }), ADMIN_KEY } });
});
afterAll(async () => {
  await rig.stop();
  await Promise.all([one.stop(), other.stop(), caller.stop(), callee.stop()]);
});
beforeEach(() => {
  for (const { connections } of [one, other]) connections.length = 0;
});
afterEach(() => {
  for (const standIn of [one, other, caller, callee]) standIn.refuse(undefined);
});

let models = 0;
/** A model of its own, so that what one test breaks is sound in the next. */
const freshModel = () => `gpt-realtime-fresh-${++models}`;
const socketURL = (model: string) => `${rig.server.url.replace("http", "ws")}/v1/proxy/realtime?model=${model}`;

async function open(org: keyof typeof KEYS, model: string): Promise<Client> {
  const client = await connectTo(socketURL(model), byHeader(KEYS[org]));
  await client.next("session.created");
  return client;
}

async function refusal(org: keyof typeof KEYS, model: string) {
  const answer = await connectTo(socketURL(model), byHeader(KEYS[org])).catch((error: unknown) => error);
  if (!(answer instanceof HandshakeRefused)) throw answer instanceof Error ? answer : new Error("it was let in");
  return [answer.status, codeOf(JSON.parse(answer.body))];
}

interface Health {
  readonly endpoint: string;
  readonly model: string;
  readonly state: string;
}

async function healthOf(org: string, model: string): Promise<Readonly<Record<string, string>>> {
  const answer = await fetch(rig.url(`admin/usage?org=${org}`), { headers: { authorization: `Bearer ${ADMIN_KEY}` } });
  const { instance } = (await answer.json()) as { readonly instance: { readonly health: readonly Health[] } };
  const rows = instance.health.filter((row) => row.model === model);
  return Object.fromEntries(rows.map(({ endpoint, state }) => [endpoint, state]));
}

describe("a session", () => {
  test("goes to the endpoint of the lowest priority, and past it while that one fails", async () => {
    const model = freshModel();
    await open("pair", model);
    expect([one.connections.length, other.connections.length]).toEqual([1, 0]);
    one.refuse(500);
    await open("pair", model);
    expect([one.connections.length, other.connections.length]).toEqual([1, 1]);
  });

  test("does not even ask an endpoint that has failed twice in a row", async () => {
    const model = freshModel();
    one.refuse(503);
    for (let count = 0; count < 2; count++) await open("pair", model);
    expect(await healthOf("pair", model)).toEqual({ one: "open", other: "closed" });
    one.refuse(undefined);
    await open("pair", model);
    expect([one.connections.length, other.connections.length]).toEqual([0, 3]);
  });

  test("passes an endpoint over whose key was refused", async () => {
    const model = freshModel();
    one.refuse(403);
    await open("pair", model);
    expect(await healthOf("pair", model)).toEqual({ one: "quarantined", other: "closed" });
  });

  test("asks an only endpoint once more", async () => {
    const model = freshModel();
    one.refuse(500);
    const opening = open("single", model);
    // The second attempt comes half a second after the first.
    setTimeout(() => one.refuse(undefined), 100);
    await opening;
    expect(one.connections).toHaveLength(1);
  });

  test("is refused at once where every endpoint is left alone, in the way that its client can hear", async () => {
    const model = freshModel();
    one.refuse(500);
    for (let count = 0; count < 2; count++) expect((await refusal("single", model))[0]).toBe(502);
    one.refuse(undefined);
    expect(await refusal("single", model)).toEqual([503, "no_endpoint_healthy"]);
    const client = await connectTo(socketURL(model), byProtocol(KEYS.single));
    expect(await client.closed).toEqual({ code: 1013, reason: "try_again" });
    expect(client.events).toMatchObject([{ type: "error", error: { code: "no_endpoint_healthy" } }]);
    expect(one.connections).toEqual([]);
    // It costs a credential nothing.
    const { key } = await rig.issue({ limits: { requests: 1 } }, `Bearer ${KEYS.single}`);
    await expect(connectTo(socketURL(model), byHeader(key))).rejects.toMatchObject({ status: 503 });
    const other = await connectTo(socketURL(freshModel()), byHeader(key));
    await other.next("session.created");
  });
});

describe("a call", () => {
  const offer = (model: string) =>
    fetch(rig.url(`realtime/calls?model=${model}`), {
      method: "POST",
      headers: { authorization: `Bearer ${KEYS.calls}`, "content-type": "application/sdp" },
      body: "v=0\r\no=- 7 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n",
    });

  test("goes by the same rules: past what fails, not to what has failed, and nowhere if all have", async () => {
    const model = freshModel();
    const used = async () => (await offer(model)).headers.get("x-bt-used-endpoint");
    expect(await used()).toBe("one");
    caller.refuse(500);
    for (let count = 0; count < 2; count++) expect(await used()).toBe("other");
    caller.refuse(undefined);
    const before = caller.requests.length;
    expect(await used()).toBe("other");
    expect(caller.requests).toHaveLength(before);
    callee.refuse(500);
    for (let count = 0; count < 2; count++) expect((await offer(model)).status).toBe(502);
    const answer = await offer(model);
    expect([answer.status, codeOf(await answer.json())]).toEqual([503, "no_endpoint_healthy"]);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
  });
});

test("shares are the weights, as for requests over HTTP", async () => {
  const clock = createClock();
  const balancer = createBalancer(clock, createHealth(clock));
  const endpoints = [endpointCalled("one", { weight: 3 }), endpointCalled("other")] as const;
  const taken = { one: 0, other: 0 };
  const services = { balancer };
  const caller = { org: { name: "acme" } as Caller["org"] & object };
  const signal = AbortSignal.timeout(60_000);
  for (let count = 0; count < 400; count++) {
    const found = await takenBy({ services, caller, model: "m", endpoints, signal }, async () => ok(undefined));
    if (found.ok) taken[found.value.endpoint.name as keyof typeof taken] += 1;
  }
  // Three quarters of 400, and no more than three standard deviations away.
  expect(Math.abs(taken.one - 300)).toBeLessThan(26);
  expect(taken.one + taken.other).toBe(400);
});
