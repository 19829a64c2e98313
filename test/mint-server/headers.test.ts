import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { CALLERS_KEY, type Rig, SERVER_KEY, startRig } from "../support/rig.ts";
import type { Orders } from "../support/stand-in/orders.ts";
import { chat } from "../support/work.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.standIn.requests.length = 0;
});

const UNWANTED = {
  cookie: "session=1",
  "x-api-key": "sk-ant-1",
  "api-key": "k",
  "openai-organization": "org-1",
  "openai-project": "proj-1",
  "x-forwarded-for": "1.2.3.4",
  "x-real-ip": "1.2.3.4",
  "x-forwarded-host": "evil.test",
  "x-portkey-provider": "evil",
  "x-bt-parent": "project:1",
  "x-bt-use-cache": "never",
  "x-stainless-lang": "js",
  "x-mintgate-request": "1",
  referer: "https://app.example/secret",
  "user-agent": "a browser",
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  "accept-language": "de",
};

describe("what reaches the provider", () => {
  test.each([
    ["a whole answer", false, "*/*"],
    ["a stream", true, "text/event-stream"],
  ])("is a fixed list of headers, whatever came: %s", async (_, stream, accept) => {
    const body = JSON.stringify(chat({}, { stream }));
    await (await rig.post("chat/completions", body, { headers: UNWANTED })).arrayBuffer();
    expect(rig.standIn.requests.map(({ headers }) => headers)).toEqual([
      {
        accept,
        "accept-encoding": "identity",
        authorization: `Bearer ${SERVER_KEY}`,
        "content-length": String(Buffer.byteLength(body)),
        "content-type": "application/json",
        host: new URL(rig.standIn.url).host,
        "user-agent": "mintgate",
      },
    ]);
  });
});

const UNWELCOME = {
  "set-cookie": ["a=1; Path=/", "b=2; HttpOnly"],
  "clear-site-data": '"*"',
  "service-worker-allowed": "/",
  "access-control-allow-origin": "*",
  "cache-control": "public, max-age=31536000",
  "content-security-policy": "default-src *",
  "strict-transport-security": "max-age=1",
  location: "https://evil.test/",
  link: "<https://evil.test/>; rel=preload",
  refresh: "0; url=https://evil.test/",
  "x-powered-by": "evil",
  "x-bt-cached": "HIT",
  "x-bt-used-endpoint": "evil",
  "dpop-nonce": "evil",
  "alt-svc": 'h3=":443"',
  nel: "{}",
  etag: '"1"',
};
const WELCOME = {
  "retry-after": "3",
  "retry-after-ms": "3000",
  "x-request-id": "req_1",
  "openai-version": "2020-10-01",
  "openai-processing-ms": "12",
  "x-ratelimit-remaining-tokens": "9",
  "x-ratelimit-reset-requests": "1s",
  "content-disposition": "attachment",
};

describe("what comes back", () => {
  test.each([
    ["a whole answer", false, "application/json"],
    ["a stream", true, "text/event-stream; charset=utf-8"],
  ])("is a fixed list of headers, whatever the provider sent: %s", async (_, stream, contentType) => {
    const answer = await rig.post("chat/completions", chat({ headers: { ...UNWELCOME, ...WELCOME } }, { stream }));
    await answer.arrayBuffer();
    const {
      "server-timing": timing,
      "content-length": length,
      "transfer-encoding": coding,
      connection,
      ...headers
    } = Object.fromEntries(answer.headers);
    expect(timing).toMatch(/^auth;dur=\d+, upstream;dur=\d+$/);
    expect([length, coding, connection].join()).not.toContain("evil");
    expect(headers).toEqual({
      ...WELCOME,
      "content-type": contentType,
      "x-ratelimit-remaining-requests": "4999",
      "x-bt-used-endpoint": "openai",
      "x-mintgate-source": "upstream",
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
      vary: "Origin",
    });
  });

  test.each([
    "text/html",
    "text/html; charset=utf-8",
    "TEXT/HTML",
    "application/xhtml+xml",
    "image/svg+xml",
    "text/javascript",
    "application/javascript",
    "text/xml",
  ])("is never %s", async (contentType) => {
    const answer = await rig.post(
      "chat/completions",
      chat({ headers: { "content-type": contentType }, body: "<script>alert(1)</script>" }),
    );
    expect(await answer.text()).not.toContain("script");
    expect([answer.status, answer.headers.get("content-type")]).toEqual([502, "application/json"]);
  });

  test.each([301, 302, 303, 307, 308])("is never a redirect, nor what stands behind it: %i", async (status) => {
    const answer = await rig.post(
      "chat/completions",
      chat({ status, headers: { location: `${rig.standIn.url}/elsewhere` }, body: "{}" }),
    );
    expect([answer.status, (await answer.json()).error.code, answer.headers.get("location")]).toEqual([
      502,
      "upstream_malformed",
      null,
    ]);
    expect(rig.standIn.requests.map(({ path }) => path)).toEqual(["/v1/chat/completions"]);
  });
});

describe("a provider's error", () => {
  const ask = async (orders: Orders, authorization?: string) => {
    const answer = await rig.post("chat/completions", chat(orders), { authorization });
    const { error } = (await answer.json()) as { error: { code: string; message: string; type: string } };
    expect(answer.headers.get("cache-control")).toBe("no-store");
    return {
      status: answer.status,
      code: error.code,
      retryAfter: answer.headers.get("retry-after"),
      message: error.message,
    };
  };

  test.each([400, 404, 409, 413, 422, 429])("of status %i keeps it, and its retry-after", async (status) => {
    // Too long to wait for another attempt.
    expect(await ask({ status, headers: { "retry-after": "21" } })).toMatchObject({ status, retryAfter: "21" });
    expect(rig.standIn.requests).toHaveLength(1);
  });

  test.each([
    ["a second", {}, "1"],
    ["the milliseconds, rounded up", { "retry-after-ms": "30001" }, "31"],
    ["the reset of what is used up", { "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "42s" }, "42"],
  ])("of status 429 without a retry-after has one: %s", async (_, headers, retryAfter) => {
    expect(await ask({ status: 429, headers })).toMatchObject({ status: 429, retryAfter });
  });

  test.each([500, 502, 503, 529])("of status %i is 502", async (status) => {
    expect((await ask({ status })).status).toBe(502);
  });

  test.each([401, 403])("of status %i is 502 for the server's own key", async (status) => {
    expect(await ask({ status })).toMatchObject({ status: 502, code: "upstream_refused_key" });
  });

  test("of status 401 is the caller's for the key that the caller brought", async () => {
    expect(await ask({ status: 401 }, `Bearer ${CALLERS_KEY}`)).toMatchObject({ status: 401, code: "invalid_api_key" });
  });

  test.each([
    ["a web page", { status: 500, headers: { "content-type": "text/html" }, body: "<html>nginx</html>" }],
    ["nothing", { status: 400, body: "" }],
    ["another shape", { status: 400, body: { message: 7, error: [1, { x: "<script>" }] } }],
    ["half a megabyte", { status: 400, body: "x".repeat(500_000) }],
    ["half a body", { status: 400, cutAfterBytes: 5 }],
  ] satisfies [string, Orders][])("that is %s becomes one of ours", async (_, orders) => {
    const { status, message } = await ask(orders);
    expect([400, 502]).toContain(status);
    expect(message).not.toMatch(/<|x{100}/);
  });
});

test("a provider that cannot be reached is 502", async () => {
  const lonely = await startRig();
  await lonely.standIn.stop();
  const answer = await lonely.post("chat/completions", chat());
  expect([answer.status, (await answer.json()).error.code]).toEqual([502, "upstream_unreachable"]);
  await lonely.stop();
});
