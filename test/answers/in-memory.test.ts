import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createMintServer, type MintServer } from "../../mint-server/embed.ts";
import type { Orders } from "../support/stand-in/orders.ts";
import { type StandIn, startStandIn } from "../support/stand-in.ts";
import { bytesOf, newKey, streaming } from "./asking.ts";

// A server embedded in Node, without Durable Objects: the same answers under way, in this process.

const KEY = "project-key-of-an-embedded-server";
let standIn: StandIn;
let server: MintServer;

beforeAll(async () => {
  standIn = await startStandIn();
  const endpoints = [{ name: "openai", provider: "openai", apiKey: "sk-embedded", baseURL: standIn.url }];
  server = createMintServer({
    secrets: ["Q3p5m0tq6mB8xTt5yJcR2eLhUaGpSdFi4oQwX7zKsYA"],
    publicURLs: ["https://mint.example"],
    orgs: { default: { keys: [KEY], endpoints } },
  });
});
afterAll(() => standIn.stop());
beforeEach(() => {
  standIn.requests.length = 0;
});

interface Asking {
  readonly key?: string;
  readonly path?: string;
  readonly orders?: Orders;
  readonly fields?: object;
  readonly position?: number;
  readonly signal?: AbortSignal;
  readonly hold?: number;
}

function ask({
  key,
  path = "chat/completions",
  orders = {},
  fields,
  position,
  signal,
  hold,
}: Asking): Promise<Response> {
  const headers = new Headers({ authorization: `Bearer ${KEY}`, "content-type": "application/json" });
  if (key !== undefined) headers.set("idempotency-key", key);
  if (position !== undefined) headers.set("x-mintgate-position", String(position));
  if (hold !== undefined) headers.set("x-mintgate-hold", String(hold));
  const body = JSON.stringify(streaming(orders, fields));
  const url = `https://mint.example/v1/${path}`;
  return server.fetch(new Request(url, { method: "POST", headers, body, ...(signal && { signal }) }));
}

test.each([
  ["as it came", {}],
  ["translated", { path: "anthropic/v1/messages", fields: { max_tokens: 50, metadata: undefined } }],
])("a stream that is %s goes on byte for byte", async (_, asking) => {
  const key = newKey();
  const whole = await bytesOf(ask({ key, ...asking }));
  expect(whole.length).toBeGreaterThan(500);
  const rest = await ask({ key, position: 123, ...asking });
  expect(rest.headers.get("x-mintgate-position")).toBe("123");
  expect((await bytesOf(rest)).equals(whole.subarray(123))).toBe(true);
  expect(standIn.requests).toHaveLength(1);
});

test("identical requests that may be cached share one call", async () => {
  const asking = { orders: { events: 20, firstByteDelayMs: 200 }, fields: { temperature: 0 } };
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(asking)));
  const bodies = await Promise.all(answers.map(bytesOf));
  expect(new Set(bodies.map(String)).size).toBe(1);
  expect(standIn.requests).toHaveLength(1);
});

test.each(["reader", "signal"])("one who leaves closes the provider where nothing is held (by its %s)", async (way) => {
  const leaving = new AbortController();
  const asking = { key: newKey(), orders: { events: 50, gate: way }, signal: leaving.signal, hold: 0 };
  standIn.gate(way).allow(3);
  const { body } = await ask(asking);
  const reader = body?.getReader();
  await reader?.read();
  if (way === "reader") await reader?.cancel();
  else leaving.abort();
  await standIn.waitFor((request) => request.closed && request.leftEarly);
});
