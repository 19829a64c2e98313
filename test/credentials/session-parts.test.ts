import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { compileConfig, type Org } from "../../mint-server/config.ts";
import { askJson } from "../../mint-server/credentials/ask-json.ts";
import { deriveKeyring, type Keyring } from "../../mint-server/credentials/keys.ts";
import type { Ledger } from "../../mint-server/credentials/ledger.ts";
import { createMemoryLedger } from "../../mint-server/credentials/ledger-memory.ts";
import type { ProofVerifier } from "../../mint-server/credentials/proof.ts";
import { createSessionAuthorizer } from "../../mint-server/credentials/session-authorizer.ts";
import { createSessionDoor } from "../../mint-server/credentials/sessions.ts";
import { fail } from "../../mint-server/failures.ts";
import type { OrgFinder } from "../../mint-server/orgs/stored-orgs.ts";

const denied = { ok: false, failure: { kind: "no_session", reason: "denied" } };

test.each([
  ["alice", { ok: true, value: { subject: "alice" } }],
  ["", denied],
  [{ subject: "alice" }, { ok: true, value: { subject: "alice" } }],
  [
    { subject: "alice", session: "s" },
    { ok: true, value: { subject: "alice", session: "s" } },
  ],
  [
    { subject: "alice", session: 1 },
    { ok: true, value: { subject: "alice" } },
  ],
  [{ subject: 1 }, denied],
  [{}, denied],
  [null, denied],
  [undefined, denied],
  [7, denied],
])("of an app's function that says %j", async (said, answer) => {
  const authorize = createSessionAuthorizer();
  const applicant = {
    org: { name: "acme" },
    policy: { authorize: async () => said },
    ledger: createMemoryLedger(),
    jkt: "thumbprint",
    challenge: undefined,
    now: 0,
  };
  const request = new Request("https://mint.example/v1/credentials/session", { method: "POST" });
  expect(await authorize(request, applicant as never)).toStrictEqual(answer);
});

describe("what another server answers", () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });
  const ask = (body: BodyInit | null, type?: string, status = 200) => {
    const headers = type === undefined ? {} : { "content-type": type };
    vi.spyOn(globalThis, "fetch").mockResolvedValueOnce(new Response(body, { status, headers }));
    return askJson("https://app.example/session", { method: "GET" });
  };

  test.each(["application/json", "application/json; charset=utf-8", "application/json ;x", "APPLICATION/JSON"])(
    "is an object where it says so: %s",
    async (type) => {
      expect(await ask('{"a":1}', type)).toEqual({ status: 200, body: { a: 1 } });
    },
  );

  test.each([
    ['{"a":1}', "application/jsonp"],
    ['{"a":1}', "text/application/json"],
    ["[1]", "application/json"],
    ["null", "application/json"],
    ['"text"', "application/json"],
    ["{", "application/json"],
    ['{"a":1,"a":2}', "application/json"],
    [null, "application/json"],
  ])("is none else: %s as %s", async (body, type) => {
    expect(await ask(body, type, 400)).toEqual({ status: 400 });
  });

  test("is read up to 64 KiB, however it comes", async () => {
    const padded = (length: number) => `{"a":"${"x".repeat(length - 8)}"}`;
    expect(await ask(padded(65_536), "application/json")).toMatchObject({ body: {} });
    expect(await ask(padded(65_537), "application/json")).toEqual({ status: 200 });
    const bytes = new TextEncoder().encode('{"a":"Łódź"}');
    const inBytes = new ReadableStream({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    expect(await ask(inBytes, "application/json")).toEqual({ status: 200, body: { a: "Łódź" } });
    expect(await ask(new Uint8Array([...bytes, 0xc5]), "application/json")).toEqual({ status: 200 });
  });
});

test("a solved challenge opens nothing where the ledger cannot say that it is the first time", async () => {
  vi.spyOn(globalThis, "fetch").mockResolvedValueOnce(Response.json({ success: true }));
  const pinned: unknown[] = [];
  const ledger = {
    pinSessionKey: (...given: unknown[]) => {
      pinned.push(given);
      return Promise.reject(new Error("the ledger is gone"));
    },
  };
  const policy = { authorize: { type: "turnstile", secretKey: "secret" } };
  const request = new Request("https://mint.example/v1/credentials/session", { method: "POST" });
  const applicant = { policy, ledger, jkt: "thumbprint", challenge: "token", now: 5 };
  const authorize = createSessionAuthorizer();
  expect(await authorize(request, applicant as never)).toEqual({ ok: false, failure: { kind: "ledger_unavailable" } });
  expect(pinned).toEqual([[expect.stringMatching(/^challenge\.[\w-]{43}$/), expect.any(String), 5 + 60 * 60 * 1000]]);
  vi.restoreAllMocks();
});

describe("the session door", () => {
  const NOW = Date.UTC(2026, 10, 22, 12);
  const SERVER = "https://mint.example";
  const APP = "https://app.example";
  const GONE = { ok: false, failure: { kind: "ledger_unavailable" } };
  const config = compileConfig({
    secrets: [Buffer.from("a secret of thirty-two bytes, yes").toString("base64url")],
    publicURLs: [SERVER],
    clientAddressHeader: "x-real-ip",
    orgs: {
      default: { sessions: { authorize: { type: "anonymous" } } },
      app: {
        origins: [APP],
        sessions: { authorize: async () => ({ subject: "ada", session: "sign-in" }), rate: { perMinute: 7 } },
      },
    },
  });
  const stored = { ...config.orgs.get("app"), name: "stored", origins: new Set(["https://stored.example"]) } as Org;
  let keyring: Keyring;
  beforeAll(async () => {
    keyring = await deriveKeyring(config.secrets);
  });

  function setUp(given: Partial<Ledger> = {}, finder?: OrgFinder) {
    const ledger = { ...createMemoryLedger(), ...given };
    const enter = vi.spyOn(ledger, "enter");
    const pinSessionKey = vi.spyOn(ledger, "pinSessionKey");
    const ledgerOf = vi.fn(() => ledger);
    const proofs: ProofVerifier = {
      verify: async () => ({ ok: true, value: { jkt: "thumbprint", id: "proof" } }),
      nonce: () => "nonce",
    };
    const door = createSessionDoor({ config, keyring, proofs, ledgerOf, finder });
    const knock = (headers: Record<string, string> = {}, more: object = {}) =>
      door(new Request(`${SERVER}/v1/credentials/session`, { method: "POST", headers: { origin: APP, ...headers } }), {
        path: "/v1/credentials/session",
        now: NOW,
        ...more,
      });
    return { knock, enter, pinSessionKey, ledgerOf };
  }
  const failed = (kind: string) => ({ ok: false, failure: expect.objectContaining({ kind }) });

  test("counts who comes in by network, and more of those whose network nobody knows", async () => {
    const { knock, enter, ledgerOf } = setUp();
    expect(await knock({ "x-real-ip": "192.0.2.17" })).toMatchObject({ ok: true, value: { subject: "ada" } });
    await knock();
    expect(enter.mock.calls).toEqual([
      ["door:192.0.2.0/24", 7, NOW],
      ["door:unknown", 70, NOW],
    ]);
    expect(ledgerOf.mock.calls).toEqual([["app"], ["app"]]);
  });

  test("asks those to wait a minute for whom there is no room", async () => {
    const { knock } = setUp({ enter: async () => false });
    expect(await knock()).toEqual({ ok: false, failure: { kind: "rate_limited", retryAfterSeconds: 60 } });
  });

  test("pins a session's key for 30 days", async () => {
    const { knock, pinSessionKey } = setUp();
    expect(await knock()).toMatchObject({ ok: true });
    expect(pinSessionKey.mock.calls).toEqual([["sign-in", "thumbprint", NOW + 30 * 24 * 60 * 60 * 1000]]);
  });

  test.each(["enter", "pinSessionKey"] as const)("is shut where the ledger does not answer: %s", async (name) => {
    const { knock } = setUp({ [name]: () => Promise.reject(new Error("the ledger is gone")) });
    expect(await knock()).toEqual(GONE);
  });

  test.each([
    [APP, { "sec-fetch-site": "cross-site" }, true],
    [SERVER, { "sec-fetch-site": "same-origin" }, true],
    [SERVER, { "sec-fetch-site": "same-origin", "sec-fetch-mode": "navigate" }, false],
    [SERVER, { "sec-fetch-site": "cross-site" }, false],
    [APP, { "sec-fetch-site": "none" }, false],
    [SERVER, {}, true],
  ])("believes what the browser says of where a request came from: %s, %j", async (origin, headers, isOpen) => {
    const answer = await setUp().knock({ ...headers, origin });
    expect(answer).toMatchObject(isOpen ? { ok: true } : failed("origin_not_allowed"));
  });

  test("is the one of the organisation that is asked for, or that has the origin, be it a stored one", async () => {
    const finder: OrgFinder = {
      byName: async (name) => ({ ok: true, value: name === "stored" ? stored : undefined }),
      byOrigin: async (origin) => ({ ok: true, value: stored.origins.has(origin) ? [stored] : [] }),
      byKey: () => Promise.reject(new Error("not to be asked")),
    };
    const { knock, ledgerOf } = setUp({}, finder);
    const origin = "https://stored.example";
    expect(await knock({ origin })).toMatchObject({ ok: true });
    expect(await knock({ origin, "x-bt-org-name": "stored" })).toMatchObject({ ok: true });
    expect(await knock({ origin: SERVER })).toMatchObject({ ok: true });
    expect(await knock({ "x-bt-org-name": "app" })).toMatchObject({ ok: true });
    expect(ledgerOf.mock.calls).toEqual([["stored"], ["stored"], ["default"], ["app"]]);
    expect(await knock({ "x-bt-org-name": "stored" })).toEqual(failed("origin_not_allowed"));
    expect(await knock({ "x-bt-org-name": "nobody" })).toEqual(failed("org_not_found"));
    expect(await knock({ origin: "https://evil.example" })).toEqual(failed("origin_not_allowed"));
  });

  test("names the field of a template that the organisation does not have", async () => {
    const failure = { kind: "insufficient_scope", param: "template" };
    expect(await setUp().knock({}, { template: "tutor" })).toMatchObject({ ok: false, failure });
  });

  test("is shut while nobody can say whose it is", async () => {
    const gone = async () => fail({ kind: "ledger_unavailable" });
    const { knock } = setUp({}, { byName: gone, byOrigin: gone, byKey: gone });
    expect(await knock({ origin: "https://stored.example" })).toEqual(GONE);
    expect(await knock({ "x-bt-org-name": "stored" })).toEqual(GONE);
    expect(await knock()).toMatchObject({ ok: true });
  });
});
