import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { MODEL_ENDPOINTS } from "../../mint-server/contract/endpoints.ts";
import { codeOf } from "../support/failure.ts";
import { rawRequest } from "../support/raw-request.ts";
import { APP_ORIGIN, type Rig, startRig } from "../support/rig.ts";
import { chat } from "../support/work.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.stop());
afterEach(() => expect(rig.standIn.requests).toEqual([]));

test.each([
  "/v1.evil.test/chat/completions",
  "/v1/proxyx/chat/completions",
  "/v1/proxy/proxy/chat/completions",
  "/v1/chat/completions/",
  "/v1/chat/completions/x",
  "/v1//chat/completions",
  "/v1/chat%2Fcompletions",
  "/v1/%63hat/completions",
  "/V1/chat/completions",
  "/v1/Chat/completions",
  "/v1/proxy/../proxy/nothing",
  "/v1/proxy",
  "/v1/",
  "/v1/files",
  "/v1/chat/completions;x",
  "/v1/proxy/credentials/session/x",
  "/v1/.well-known/jwks.json",
])("there is nothing at %s", async (path) => {
  const answer = await rawRequest(rig.server.url, {
    method: "POST",
    path,
    headers: {
      authorization: `Bearer ${rig.server.projectKey}`,
      "content-type": "application/json",
      origin: APP_ORIGIN,
    },
    body: JSON.stringify(chat()),
  });
  expect([answer.status, JSON.parse(answer.body).error.code]).toEqual([404, "path_not_found"]);
  expect(answer.headers).toMatchObject({
    "cache-control": "no-store",
    vary: "Origin",
    "access-control-allow-origin": APP_ORIGIN,
  });
});

test.each([...MODEL_ENDPOINTS.map(({ path }) => path.replace("{model}", "m")), "credentials", "credentials/session"])(
  "%s takes POST alone",
  async (path) => {
    for (const method of ["GET", "PUT", "DELETE", "PATCH"]) {
      const answer = await fetch(rig.url(path), {
        method,
        headers: { authorization: `Bearer ${rig.server.projectKey}`, origin: APP_ORIGIN },
      });
      expect([answer.status, answer.headers.get("allow")], method).toEqual([405, "POST"]);
      expect(answer.headers.get("access-control-allow-origin")).toBe(APP_ORIGIN);
      expect(codeOf(await answer.json())).toBe("method_not_allowed");
    }
  },
);

test("an address beyond 8 KiB is refused", async () => {
  const answer = await fetch(rig.url(`models?${"x".repeat(9000)}`), {
    headers: { authorization: `Bearer ${rig.server.projectKey}` },
  });
  expect([answer.status, (await answer.json()).error.code]).toEqual([414, "url_too_long"]);
});

test("a query does not change the route, and nothing of it reaches the provider", async () => {
  const answer = await rig.post("chat/completions?api_base=https://evil.test&model=o1", chat());
  expect(answer.status).toBe(200);
  await answer.arrayBuffer();
  const [request] = rig.standIn.requests.splice(0);
  expect(request?.path).toBe("/v1/chat/completions");
});

test("a preflight is answered for an allowed origin and for no other", async () => {
  const ask = (origin: string) =>
    fetch(rig.url("chat/completions"), {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type,x-stainless-os",
      },
    });
  const allowed = await ask(APP_ORIGIN);
  expect(allowed.status).toBe(204);
  expect(allowed.headers.get("access-control-allow-origin")).toBe(APP_ORIGIN);
  expect(allowed.headers.get("access-control-allow-methods")).toMatch(/\bPOST\b/);
  expect(allowed.headers.get("access-control-allow-headers")).toBe("authorization,content-type,x-stainless-os");
  expect(allowed.headers.get("vary")).toMatch(/\bOrigin\b/);
  for (const origin of ["https://other.example", "https://app.example.evil.test", "http://app.example", "null"]) {
    const refused = await ask(origin);
    expect(refused.headers.get("access-control-allow-origin"), origin).toBeNull();
    expect(refused.headers.get("access-control-allow-headers"), origin).toBeNull();
    expect(refused.headers.get("vary")).toMatch(/\bOrigin\b/);
  }
});
