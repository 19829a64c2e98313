import { describe, expect, test } from "vitest";
import { compileConfig, type MintServerConfig } from "../../mint-server/config.ts";
import { readSettings } from "../../mint-server/settings.ts";

const SETTINGS = {
  MINT_SECRET: "0WZ1vN3kq6mB8xTt5yJcR2eLhUaGpSdFi4oQwX7zKsY",
  PUBLIC_URL: "https://mint.example",
  TURNSTILE_SECRET: "0x4AAA-secret",
};

const compile = (org: object, settings: object = {}) =>
  compileConfig(
    readSettings({
      ...SETTINGS,
      ...settings,
      MINT_CONFIG: JSON.stringify({ orgs: { acme: org } }),
    }) as MintServerConfig,
  );
const ANONYMOUS = { authorize: { type: "anonymous" } };
const policyOf = (sessions: object, org: object = {}) =>
  compile({ ...org, sessions: { ...ANONYMOUS, ...sessions } }).orgs.get("acme")?.sessions;

const LIMITS = {
  usd: 0.1,
  tokens: 5000,
  requests: 100,
  requestsPerMinute: 20,
  realtimeSeconds: 60,
  maxTokensPerRequest: 1000,
};

describe("limits", () => {
  test("of sessions count by the day, unless they say otherwise", () => {
    expect(policyOf({ limits: LIMITS })?.limits).toEqual({ ...LIMITS, per: "day" });
    expect(policyOf({ limits: { usd: 1, per: "month" } })?.limits).toEqual({ usd: 1, per: "month" });
    expect(policyOf({})).not.toHaveProperty("limits");
  });

  test("of an organisation do, too", () => {
    expect(compile({ limits: { usd: 100 } }).orgs.get("acme")?.limits).toEqual({ usd: 100, per: "day" });
    expect(compile({}).orgs.get("acme")).not.toHaveProperty("limits");
  });

  test("of an organisation cannot count by credential", () => {
    expect(() => compile({ limits: { usd: 1, per: "credential" } })).toThrow("orgs.acme.limits.per: must be hour, day");
  });

  test.each<[object, string]>([
    [{}, "limits: must hold a limit"],
    [{ per: "day" }, "limits: must hold a limit"],
    [{ usd: -1 }, "limits.usd: must be at least 0"],
    [{ usd: "1" }, "limits.usd: must be a number"],
    [{ usd: 1e10 }, "limits.usd: must be at most"],
    [{ requests: 1.5 }, "limits.requests: must be a whole number"],
    [{ tokens: 2 ** 53 }, "limits.tokens: must be a whole number"],
    [{ requestsPerMinute: 0 }, "limits.requestsPerMinute: must be at least 1"],
    [{ usd: 1, per: "year" }, "limits.per: must be credential, hour"],
    [{ euros: 1 }, "limits.euros: is not a known field"],
  ])("%j are refused", (limits, problem) => {
    expect(() => policyOf({ limits })).toThrow(`orgs.acme.sessions.${problem}`);
    expect(() => compile({ limits })).toThrow(`orgs.acme.${problem}`);
  });
});

describe("sessions", () => {
  test("have features that exist", () => {
    expect(policyOf({ features: ["store"] })?.features).toEqual(["store"]);
    expect(() => policyOf({ features: ["everything"] })).toThrow("orgs.acme.sessions.features[0]");
  });

  test("offer templates of the organisation alone", () => {
    const org = { templates: { tutor: { endpoint: "responses", body: { model: "gpt-4o" } } } };
    expect(policyOf({ templates: ["tutor"] }, org)?.templates).toEqual(["tutor"]);
    expect(() => policyOf({ templates: ["tutor", "judge"] }, org)).toThrow(
      "orgs.acme.sessions.templates[1]: names no template",
    );
    expect(() => policyOf({ templates: [] }, org)).toThrow("orgs.acme.sessions.templates");
  });

  test("open at a rate", () => {
    expect(policyOf({})?.rate).toEqual({ network: 60, unknown: 600 });
    expect(policyOf({ rate: { perMinute: 5 } })?.rate).toEqual({ network: 5, unknown: 50 });
    for (const perMinute of [0, 1.5, "5"])
      expect(() => policyOf({ rate: { perMinute } })).toThrow("orgs.acme.sessions.rate.perMinute");
  });

  test.each<[object, string]>([
    [{ type: "turnstile" }, "secretKey: is missing"],
    [{ type: "turnstile", secretKey: "$NOWHERE" }, "secretKey: refers to a setting that is not set"],
    [{ type: "turnstile", secretKey: "a\nb" }, "secretKey: holds characters"],
    [{ type: "turnstile", secretKey: "x", hostnames: [] }, "hostnames"],
    [{ type: "turnstile", secretKey: "x", verifyURL: "http://verify.example" }, "verifyURL: must be https"],
    [{ type: "turnstile", secretKey: "x", siteKey: "y" }, "siteKey: is not a known field"],
    [{ type: "callback" }, "url: is missing"],
    [{ type: "callback", url: "http://app.example/session" }, "url: must be https"],
    [{ type: "callback", url: "https://user:pass@app.example/session" }, "url: must not hold a user name"],
    [{ type: "callback", url: "https://app.example", forward: ["x-user"] }, "forward[0]"],
  ])("are not authorised by %j", (authorize, problem) => {
    expect(() => policyOf({ authorize })).toThrow(`orgs.acme.sessions.authorize.${problem}`);
  });

  test("are authorised by a challenge whose key is a setting, or by a private address", () => {
    const turnstile = { type: "turnstile", secretKey: "$TURNSTILE_SECRET", hostnames: ["app.example"] };
    expect(policyOf({ authorize: turnstile })?.authorize).toEqual({ ...turnstile, secretKey: "0x4AAA-secret" });
    const callback = { type: "callback", url: "http://10.0.0.7:3000/session/" };
    expect(policyOf({ authorize: callback })?.authorize).toEqual(callback);
  });
});

test("the header with the caller's address is one header", () => {
  expect(compile({}).clientAddressHeader).toBeUndefined();
  expect(compile({}, { CLIENT_ADDRESS_HEADER: "X-Real-IP" }).clientAddressHeader).toBe("x-real-ip");
  expect(() => compile({}, { CLIENT_ADDRESS_HEADER: "X-Real-IP, Forwarded" })).toThrow("CLIENT_ADDRESS_HEADER");
});
