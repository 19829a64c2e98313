import { expect, test } from "vitest";
import { grantOf, type OrderForm, parseOrderForm } from "../../mint-server/credentials/order-form.ts";
import type { Template } from "../../mint-server/credentials/template.ts";

const bad = (param: string, detail: string) => ({ ok: false, failure: { kind: "bad_field", param, detail } });
const JKT = "x".repeat(43);

type Refused = readonly [body: Record<string, unknown>, param: string, problem: string];

test.each<Refused>([
  [{ model: 1 }, "model", "must be a model id"],
  [{ model: "" }, "model", "must not be empty"],
  [{ model: "x".repeat(257) }, "model", "is too long"],
  [{ models: "x" }, "models", "must be a list of model ids"],
  [{ models: [] }, "models", "must not be empty"],
  [{ models: [1] }, "models.0", "must be a model id"],
  [{ endpoints: [] }, "endpoints", "must not be empty"],
  [{ endpoints: ["nowhere"] }, "endpoints.0", "holds a name that is no endpoint"],
  [{ origins: [] }, "origins", "must not be empty"],
  [{ origins: [1] }, "origins.0", "must be an origin"],
  ...["https://a.example/", "a.example", "*", "https://A.example", "null"].map(
    (origin) => [{ origins: [origin] }, "origins.0", "must be an exact origin, such as https://app.example"] as const,
  ),
  [{ features: ["all"] }, "features.0", "may hold hosted_tools, store, background, multiple_choices, service_tier"],
  [{ template: "" }, "template", "must not be empty"],
  [{ template: 1 }, "template", "must be a template's name"],
  [{ subject: 1 }, "subject", "must be a subject"],
  [{ jkt: "x".repeat(42) }, "jkt", "must be the SHA-256 thumbprint of a key, as base64url"],
  [{ jkt: "x".repeat(44) }, "jkt", "must be the SHA-256 thumbprint of a key, as base64url"],
  [{ jkt: `${"x".repeat(42)}=` }, "jkt", "must be the SHA-256 thumbprint of a key, as base64url"],
  [{ ttl_seconds: "1" }, "ttl_seconds", "must be a number"],
  [{ ttl_seconds: 1.5 }, "ttl_seconds", "must be a whole number"],
  [{ ttl_seconds: 0 }, "ttl_seconds", "must be from 1 to 86400"],
  [{ ttl_seconds: 86_401 }, "ttl_seconds", "must be from 1 to 86400"],
  [{ logging: { project_name: 1 } }, "logging.project_name", "must be a project's name"],
  [{ logging: "p" }, "logging", "must be an object"],
  [{ logging: {} }, "logging.project_name", "is missing"],
  [{ logging: { project_name: "p", x: 1 } }, "logging.x", "is not a known field"],
  [{ modle: "x" }, "modle", "is not a known field"],
  [{ limits: 5 }, "limits", "must be an object"],
  [{ limits: {} }, "limits", "must hold a limit"],
  [{ limits: { per: "day" } }, "limits", "must hold a limit"],
  [{ limits: { requests: 1, per: "week" } }, "limits.per", "must be credential, hour, day, month or total"],
  [{ limits: { requests: "1" } }, "limits.requests", "must be a number"],
  [{ limits: { requests: 1.5 } }, "limits.requests", "must be a whole number"],
  [{ limits: { requests: -1 } }, "limits.requests", "must be at least 0"],
  [{ limits: { requestsPerMinute: 0 } }, "limits.requestsPerMinute", "must be at least 1"],
  [{ limits: { maxTokensPerRequest: 0 } }, "limits.maxTokensPerRequest", "must be at least 1"],
  [{ limits: { usd: "1" } }, "limits.usd", "must be a number"],
  [{ limits: { usd: -0.1 } }, "limits.usd", "must be at least 0"],
  [{ limits: { usd: 1e9 + 1 } }, "limits.usd", "must be at most 1000000000"],
  [{ limits: { x: 1 } }, "limits.x", "is not a known field"],
])("refuses %j", (body, param, problem) => {
  expect(parseOrderForm(body)).toEqual(bad(param, `\`${param}\` ${problem}.`));
});

test.each<readonly [body: Record<string, unknown>]>([
  [{}],
  [{ model: "x".repeat(256), ttl_seconds: 1, jkt: JKT }],
  [{ ttl_seconds: 86_400, subject: "a" }],
  [{ origins: ["https://a.example", "http://localhost:5173"] }],
  [{ limits: { requests: 0, tokens: 0, usd: 0, realtimeSeconds: 0, requestsPerMinute: 1, maxTokensPerRequest: 1 } }],
  ...["credential", "hour", "day", "month", "total"].map((per) => [{ limits: { usd: 1e9, per } }] as const),
])("takes %j", (body) => {
  expect(parseOrderForm(body)).toMatchObject({ ok: true, value: body });
});

test("ten minutes unless it says otherwise", () => {
  expect(parseOrderForm({})).toMatchObject({ ok: true, value: { ttl_seconds: 600 } });
  expect(parseOrderForm({ ttl_seconds: null })).toMatchObject({ ok: true, value: { ttl_seconds: 600 } });
});

const formOf = (body: Record<string, unknown>): OrderForm => {
  const parsed = parseOrderForm(body);
  if (!parsed.ok) throw new Error("no form");
  return parsed.value;
};

test("a grant says what was ordered, and nothing that was not", () => {
  const grant = (body: Record<string, unknown>) => grantOf(formOf(body), { org: "acme" });
  expect(grant({})).toStrictEqual({ ok: true, value: { org: "acme" } });
  expect(grant({ features: [], model: null, models: null, origins: null, limits: null, logging: null })).toStrictEqual({
    ok: true,
    value: { org: "acme" },
  });
  const whole = {
    endpoints: ["embeddings"],
    origins: ["https://a.example"],
    features: ["store"],
    limits: { requests: 1 },
    logging: { project_name: "p" },
  };
  expect(grant({ ...whole, model: "a", models: ["b", "c"], subject: "x" })).toEqual({
    ok: true,
    value: { org: "acme", ...whole, models: ["a", "b", "c"] },
  });
});

test("a template settles model, endpoint and features; the rest may be ordered beside it", () => {
  const tutor: Template = {
    name: "tutor",
    endpoint: "chat/completions",
    model: "gpt-4o",
    fixed: {},
    allow: new Set(),
    features: ["store"],
  };
  const plain = { ...tutor, name: "plain", features: [] };
  const templates = new Map([tutor, plain].map((each) => [each.name, each]));
  const grant = (body: Record<string, unknown>) => grantOf(formOf(body), { org: "acme", templates });
  const covered = { org: "acme", endpoints: ["chat/completions"], models: ["gpt-4o"] };
  expect(grant({ template: "tutor", limits: { usd: 1 } })).toEqual({
    ok: true,
    value: { ...covered, template: "tutor", features: ["store"], limits: { usd: 1 } },
  });
  expect(grant({ template: "plain" })).toEqual({ ok: true, value: { ...covered, template: "plain" } });
  expect(grant({ template: "none" })).toEqual(bad("template", "`template` names no template of this organisation."));
  expect(grantOf(formOf({ template: "tutor" }), { org: "acme" })).toMatchObject({ ok: false });
  for (const [name, value] of Object.entries({ model: "a", models: ["a"], endpoints: ["embeddings"], features: [] })) {
    expect(grant({ template: "tutor", [name]: value })).toEqual(bad(name, `\`${name}\` is settled by the template.`));
  }
});
