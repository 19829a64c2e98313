import { exports } from "cloudflare:workers";
import { expect, test } from "vitest";

// The Worker as `wrangler deploy` ships it: the entry and bindings of `wrangler.toml`.

const worker = (exports as { default: Fetcher }).default;
const call = (path: string, init?: RequestInit): Promise<Response> => worker.fetch(`https://mint.example${path}`, init);

test("answers /health", async () => {
  const answer = await call("/health");
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({ ok: true });
});

test("publishes the key that belongs to its secret, and only its public half", async () => {
  const answer = await call("/.well-known/jwks.json");
  const { keys } = await answer.json<{ keys: Record<string, unknown>[] }>();
  expect(keys.map(({ kty, crv }) => [kty, crv])).toEqual([["OKP", "Ed25519"]]);
  expect(keys.flatMap(Object.keys)).not.toContain("d");
});

test("refuses a request without a credential", async () => {
  const answer = await call("/v1/chat/completions", { method: "POST", body: "{}" });
  expect(answer.status).toBe(401);
  expect(await answer.json()).toMatchObject({ error: { type: expect.any(String), code: expect.any(String) } });
});

test("loads on demand what a model needs", async () => {
  const headers = { authorization: "Bearer project-key-of-the-worker-under-test", "content-type": "application/json" };
  const body = JSON.stringify({
    model: "guide",
    messages: [{ role: "user", content: "How long does a credential live?" }],
  });
  const answer = await call("/v1/chat/completions", { method: "POST", headers, body });
  expect(await answer.text()).toContain("**How long a credential lives**");
});
