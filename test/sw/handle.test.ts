import { describe, expect, test } from "vitest";
import { HEADER } from "../../mint-server/contract/headers.ts";
import { CHAT, createRig } from "./rig.ts";

const errorOf = async (answer: Response) => ((await answer.json()) as { error: Record<string, unknown> }).error;

describe("what goes to the mint-server", () => {
  test("is built from nothing: the page's key, cookies and odd headers stay", async () => {
    const rig = createRig();
    const body = '{"model":"m","messages":[]}';
    const headers = {
      authorization: "Bearer sk-page",
      "content-type": "application/json",
      "x-stainless-lang": "js",
      "x-api-key": "sk-page",
      "openai-organization": "o",
      [HEADER.requestId]: "r1",
      [HEADER.useCache]: "always",
      "idempotency-key": "k",
    };
    await rig.call(`${CHAT}?a=1`, { method: "POST", headers, body });
    const [sent] = rig.server.calls();
    expect(sent?.url).toBe("https://app.example/v1/proxy/chat/completions?a=1");
    expect(sent?.body).toBe(body);
    expect([...(sent?.headers.keys() ?? [])].sort()).toEqual(
      [
        "authorization",
        "content-type",
        "dpop",
        "idempotency-key",
        HEADER.hold,
        HEADER.useCache,
        HEADER.completeness,
        "traceparent",
      ].sort(),
    );
    expect(sent?.headers.get("authorization")).toMatch(/^DPoP [\w-]+\.[\w-]+\./);
    expect(sent?.headers.get(HEADER.completeness)).toBe("caller");
    expect(sent?.init).toMatchObject({ redirect: "error", cache: "default", credentials: "same-origin" });
  });

  test("promises to prove completeness only where it knows the terminal marker", async () => {
    const rig = createRig();
    await rig.call("https://app.example/v1/proxy/anthropic/v1/complete");
    expect(rig.server.calls()[0]?.headers.has(HEADER.completeness)).toBe(false);
  });

  test("has no body for a GET", async () => {
    const rig = createRig();
    await rig.call("https://api.openai.com/v1/models", { method: "GET" });
    expect(rig.server.calls()[0]).toMatchObject({ method: "GET", body: "" });
    expect(rig.server.calls()[0]?.init.body).toBeUndefined();
  });

  test("carries binary bodies unchanged", async () => {
    const rig = createRig();
    const bytes = Uint8Array.from({ length: 256 }, (_, at) => at);
    let received: unknown;
    rig.server.answer = async ({ init }) => {
      received = new Uint8Array(init.body as ArrayBuffer);
      return Response.json({});
    };
    await rig.call("https://api.openai.com/v1/audio/transcriptions", { method: "POST", body: bytes });
    expect(received).toEqual(bytes);
  });
});

describe("nonces", () => {
  test("a wanted nonce is retried once, unseen, with the body as it was", async () => {
    const rig = createRig();
    await rig.call();
    rig.server.nonce = "n2";
    const answer = await rig.call(CHAT, { method: "POST", body: "the body" });
    expect(answer.status).toBe(200);
    const [, refused, taken] = rig.server.calls();
    expect([refused?.proof.nonce, taken?.proof.nonce]).toEqual([undefined, "n2"]);
    expect([refused?.body, taken?.body]).toEqual(["the body", "the body"]);
    expect(refused?.proof.jti).not.toBe(taken?.proof.jti);
  });

  test("the latest nonce of any answer is used at once", async () => {
    const rig = createRig();
    rig.server.nonce = "n1";
    await rig.call();
    expect(rig.server.calls()).toHaveLength(1);
    rig.server.answer = () => Response.json({}, { headers: { "dpop-nonce": "n2" } });
    await rig.call();
    rig.server.nonce = "n2";
    await rig.call();
    expect(rig.server.calls().map(({ proof }) => proof.nonce)).toEqual(["n1", "n1", "n2"]);
  });

  test("a server that never takes one is asked twice, and its answer handed on", async () => {
    const rig = createRig();
    await rig.call();
    rig.server.answer = () =>
      Response.json(
        { error: { code: "use_dpop_nonce" } },
        { status: 401, headers: { "www-authenticate": 'DPoP error="use_dpop_nonce"' } },
      );
    const answer = await rig.call();
    expect(answer.status).toBe(401);
    expect(rig.server.calls()).toHaveLength(3);
  });
});

describe("proofs", () => {
  test("that the server has seen, since the browser sent them again by itself, are replaced a few times", async () => {
    const rig = createRig();
    let refusals = 3;
    rig.server.answer = () =>
      refusals-- > 0
        ? new Response("{}", { status: 401, headers: { "www-authenticate": 'DPoP error="invalid_dpop_proof"' } })
        : Response.json({});
    expect((await rig.call()).status).toBe(200);
    expect(new Set(rig.server.calls().map(({ proof }) => proof.jti)).size).toBe(4);
    refusals = Number.POSITIVE_INFINITY;
    expect((await rig.call()).status).toBe(401);
    expect(rig.server.calls()).toHaveLength(8);
  });

  test("are each used once, whether requests come one by one or together", async () => {
    const rig = createRig();
    rig.server.nonce = "n1";
    for (let at = 0; at < 3; at++) await rig.call();
    await Promise.all([1, 2, 3].map(() => rig.call()));
    expect(new Set(rig.server.calls().map(({ proof }) => proof.jti)).size).toBe(6);
  });
});

describe("refused credentials", () => {
  test("a revoked one is replaced, and the request sent again with its body", async () => {
    const rig = createRig();
    await rig.call();
    rig.server.revoked.add(rig.server.calls()[0]?.credential ?? "");
    const answer = await rig.call(CHAT, { method: "POST", body: "again" });
    expect(answer.status).toBe(200);
    expect(rig.server.mints()).toHaveLength(2);
    expect(
      rig.server
        .calls()
        .slice(1)
        .map(({ body }) => body),
    ).toEqual(["again", "again"]);
  });

  test("a second refusal is the page's", async () => {
    const rig = createRig();
    rig.server.answer = () =>
      new Response("{}", { status: 401, headers: { "www-authenticate": 'DPoP error="invalid_token"' } });
    expect((await rig.call()).status).toBe(401);
    expect(rig.server.calls()).toHaveLength(2);
    expect(rig.server.mints()).toHaveLength(2);
  });

  test("a 403 is the page's at once", async () => {
    const rig = createRig();
    rig.server.answer = () => Response.json({ error: { code: "insufficient_scope" } }, { status: 403 });
    const answer = await rig.call();
    expect([answer.status, (await errorOf(answer)).code]).toEqual([403, "insufficient_scope"]);
    expect(rig.server.calls()).toHaveLength(1);
  });

  test("50 refused at once mint once more", async () => {
    const rig = createRig();
    await rig.call();
    rig.server.revoked.add(rig.server.calls()[0]?.credential ?? "");
    const answers = await Promise.all(Array.from({ length: 50 }, () => rig.call()));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(rig.server.mints()).toHaveLength(2);
  });
});

describe("failures", () => {
  test("the session door's refusal is handed to the page, each time anew", async () => {
    const rig = createRig();
    const error = { message: "Another key.", type: "permission_error", param: null, code: "session_key_pinned" };
    rig.server.door = () => Response.json({ error }, { status: 403 });
    const answers = await Promise.all([rig.call(), rig.call()]);
    for (const answer of answers) {
      expect(answer.status).toBe(403);
      expect(await errorOf(answer)).toEqual(error);
    }
    rig.server.door = undefined;
    expect((await rig.call()).status).toBe(200);
  });

  test.each(["before minting", "after minting"])("an unreachable mint-server is a typed 503, %s", async (when) => {
    const rig = createRig();
    if (when === "after minting") await rig.call();
    rig.server.unreachable = true;
    const answer = await rig.call(CHAT, undefined, { id: "r7" });
    expect([answer.status, answer.headers.get("x-should-retry")]).toEqual([503, "false"]);
    expect(await errorOf(answer)).toMatchObject({ type: "connection_error", param: null, code: "offline" });
    expect(rig.events).toContainEqual({ type: "offline", by: "worker", requestId: "r7" });
    expect(rig.events.at(-1)).toMatchObject({ type: "done", outcome: "failed", error: { code: "offline" } });
    rig.server.unreachable = false;
    expect((await rig.call()).status).toBe(200);
  });

  test.each([
    ["a page of HTML", () => new Response("<!doctype html>", { headers: { "content-type": "text/html" } })],
    ["JSON that is no credential", () => Response.json({ key: "x" })],
    ["a 404 page", () => new Response("not found", { status: 404, headers: { "content-type": "text/plain" } })],
  ])("%s in place of the session door names the option to check", async (_, door) => {
    const rig = createRig();
    rig.server.door = door;
    const answer = await rig.call();
    const error = await errorOf(answer);
    expect([answer.status, error.code]).toEqual([502, "mint_server_not_found"]);
    expect(error.message).toContain("mintServer");
  });

  test("a proxy's 502 page in place of the session door counts as unreachable", async () => {
    const rig = createRig();
    rig.server.door = () => new Response("<html>", { status: 502, headers: { "content-type": "text/html" } });
    expect((await errorOf(await rig.call())).code).toBe("offline");
  });
});

describe("minting", () => {
  test("sends organisation, template, cookies and the app's ID token", async () => {
    const rig = createRig({ org: "acme", template: "kids", askSession: true }, async () => "id-token");
    await rig.call();
    const [mint] = rig.server.mints();
    expect(mint).toMatchObject({ method: "POST", body: '{"template":"kids"}', credential: undefined });
    expect(mint?.headers.get("authorization")).toBe("Bearer id-token");
    expect(mint?.headers.get(HEADER.orgName)).toBe("acme");
    expect(mint?.headers.get("content-type")).toBe("application/json");
    expect(mint?.init.credentials).toBe("include");
  });

  test("asks for no ID token unless told to", async () => {
    const rig = createRig({}, async () => "id-token");
    await rig.call();
    expect(rig.server.mints()[0]?.headers.has("authorization")).toBe(false);
    expect(rig.server.mints()[0]?.body).toBe("{}");
  });
});

describe("events", () => {
  test("tell the story of one request, without content or credential", async () => {
    const rig = createRig();
    rig.server.answer = () =>
      Response.json("secret answer", {
        headers: { [HEADER.source]: "edge-cache", [HEADER.cached]: "HIT", [HEADER.usedEndpoint]: "eu" },
      });
    await (await rig.call(`${CHAT}?q=secret`, { method: "POST", body: "secret prompt" }, { id: "r1" })).text();
    expect(rig.events).toMatchObject([
      { type: "request", requestId: "r1", url: CHAT },
      { type: "mint", claims: { grant: { org: "default" } } },
      { type: "hit", requestId: "r1", status: 200, source: "edge-cache", endpoint: "eu" },
      { type: "done", requestId: "r1", outcome: "complete", sizeBytes: 15 },
    ]);
    const text = JSON.stringify(rig.events);
    expect(text).not.toContain("secret");
    expect(text).not.toContain(rig.server.calls()[0]?.credential);
  });
});
