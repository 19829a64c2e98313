import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { describe as describeFailure } from "../../mint-server/failure-answers.ts";
import type { Failure } from "../../mint-server/failures.ts";
import { PASSAGES } from "../../mint-server/guide/passages.ts";
import { readSettings, settingNames } from "../../mint-server/settings.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const PAGES = [
  "README.md",
  "SECURITY.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  ...globSync("docs/**/*.md", { cwd: ROOT }),
];

describe("the documentation", () => {
  test("links only to files that exist", () => {
    for (const page of PAGES) {
      for (const [, target = ""] of read(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g)) {
        expect(globSync(join(dirname(page), target), { cwd: ROOT }), `${page} → ${target}`).toHaveLength(1);
      }
    }
  });

  test("explains every error code", () => {
    const explained = PASSAGES.filter(({ page }) => page === "docs/errors.md").map(({ heading }) => heading);
    const codes = Object.values(SAMPLES).flatMap((failures) =>
      failures.map((failure) => describeFailure(failure).details.code),
    );
    expect(codes.length).toBeGreaterThan(25);
    expect(codes.filter((code) => !explained.includes(code ?? ""))).toEqual([]);
  });

  test("shows only scripts that exist", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const shown = PAGES.flatMap((page) =>
      [...read(page).matchAll(/npm run ([\w:]+)/g)].map(([, script = ""]) => script),
    );
    expect(shown.length).toBeGreaterThan(5);
    expect(shown.filter((script) => !Object.hasOwn(scripts, script))).toEqual([]);
  });

  test("shows configurations that the server takes", () => {
    const blocks = PAGES.flatMap((page) =>
      [...read(page).matchAll(/```json\n([\s\S]*?)```/g)].map(([, json = ""]) => json),
    );
    expect(blocks.length).toBeGreaterThan(4);
    for (const json of blocks) {
      const MINT_CONFIG = json.includes('"orgs"')
        ? json
        : `{"orgs": {"default": {"sessions": {"authorize": ${json}}}}}`;
      expect(() => readSettings({ ...SETTINGS, MINT_CONFIG }), json).not.toThrow();
    }
  });

  test("lists every setting, and none that does not exist", () => {
    const page = read("docs/configuration.md") + read("docs/providers.md");
    const known = [...settingNames({}), ...LOCAL_SETTINGS].filter((name) => !UNLISTED.has(name));
    expect(known.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
    const shown = [...page.matchAll(/`([A-Z][A-Z0-9]+_[A-Z0-9_]+)`/g)].map(([, name = ""]) => name);
    expect(shown.filter((name) => !known.includes(name))).toEqual([]);
  });

  test("imports only what the package exports", async () => {
    const exported: Record<string, object> = {
      mintgate: await import("../../sw/client.ts"),
      "mintgate/sw": await import("../../sw/index.ts"),
      "mintgate/mint-server": await import("../../mint-server/embed.ts"),
    };
    const imports = PAGES.flatMap((page) => [...read(page).matchAll(/import \{ (\w+) \} from "(mintgate[\w/-]*)"/g)]);
    expect(imports.length).toBeGreaterThan(5);
    for (const [line, name = "", from = ""] of imports) expect(Object.keys(exported[from] ?? {}), line).toContain(name);
  });
});

/** Enough to read any configuration that the pages show. */
const SETTINGS = {
  MINT_SECRET: "0WZ1vN3kq6mB8xTt5yJcR2eLhUaGpSdFi4oQwX7zKsY",
  PUBLIC_URL: "https://mint.example",
  OPENAI_API_KEY: "sk-example",
  ACME_PROJECT_KEY: "a-project-key-of-acme",
  TURNSTILE_SECRET: "0x4AAAAAAA-example",
};

/** Read by `npm start` itself. */
const LOCAL_SETTINGS = ["PORT", "HOST", "MINTGATE_STATE", "MINTGATE_ASSETS"];

/** Of a provider that has no use for it: its endpoints name their own. */
const UNLISTED = new Set(["CUSTOM_BASE_URL"]);

type Samples = { readonly [Kind in Failure["kind"]]: readonly Extract<Failure, { readonly kind: Kind }>[] };

/** At least one of each failure: a new one does not compile until it is here, and then wants its section. */
const SAMPLES: Samples = {
  missing_credential: [{ kind: "missing_credential" }],
  invalid_credential: [{ kind: "invalid_credential", reason: "expired" }],
  invalid_proof: [{ kind: "invalid_proof", reason: "missing" }],
  use_dpop_nonce: [{ kind: "use_dpop_nonce", nonce: "n" }],
  provider_keys_off: [{ kind: "provider_keys_off" }],
  insufficient_scope: [{ kind: "insufficient_scope", param: null, detail: "" }],
  origin_not_allowed: [{ kind: "origin_not_allowed" }],
  no_session: (
    [
      "closed",
      "missing_token",
      "invalid_token",
      "denied",
      "issuer_unreachable",
      "missing_challenge",
      "challenge_refused",
      "unchecked",
    ] as const
  ).map((reason) => ({ kind: "no_session", reason })),
  session_key_pinned: [{ kind: "session_key_pinned" }],
  org_not_found: [{ kind: "org_not_found" }],
  admin_closed: [{ kind: "admin_closed" }],
  wrong_admin_key: [{ kind: "wrong_admin_key" }],
  stored_org_not_found: [{ kind: "stored_org_not_found", org: "x" }],
  stored_key_not_found: [{ kind: "stored_key_not_found", id: "x" }],
  org_is_static: [{ kind: "org_is_static", org: "x" }],
  org_unreadable: [{ kind: "org_unreadable", org: "x", reason: "changed" }],
  directory_unavailable: [{ kind: "directory_unavailable" }],
  endpoint_not_found: [{ kind: "endpoint_not_found" }],
  model_not_found: [{ kind: "model_not_found", model: "m", near: [] }],
  model_runs_in_browser: [{ kind: "model_runs_in_browser", model: "m" }],
  path_not_found: [{ kind: "path_not_found" }],
  method_not_allowed: [{ kind: "method_not_allowed", allow: "GET" }],
  url_too_long: [{ kind: "url_too_long", maxBytes: 1 }],
  body_too_large: [{ kind: "body_too_large", maxBytes: 1 }],
  bad_json: (["malformed", "duplicate_key"] as const).map((kind) => ({ kind: "bad_json", problem: { kind } })),
  bad_content_type: [{ kind: "bad_content_type", expected: "x" }],
  bad_field: [{ kind: "bad_field", param: "x", detail: "" }],
  bad_header: [{ kind: "bad_header", header: "x", detail: "" }],
  rate_limited: [{ kind: "rate_limited", retryAfterSeconds: 1 }],
  budget_exceeded: [{ kind: "budget_exceeded", limit: "usd" }],
  too_many_sessions: [{ kind: "too_many_sessions", most: 2, retryAfterSeconds: 30 }],
  upgrade_required: [{ kind: "upgrade_required" }],
  no_sockets: [{ kind: "no_sockets" }],
  unpriced_model: [{ kind: "unpriced_model", model: "m" }],
  credential_revoked: [{ kind: "credential_revoked" }],
  ledger_unavailable: [{ kind: "ledger_unavailable" }],
  no_endpoint_healthy: [{ kind: "no_endpoint_healthy", retryAfterSeconds: 1 }],
  upstream_unreachable: [{ kind: "upstream_unreachable" }],
  upstream_timeout: [{ kind: "upstream_timeout", phase: "first byte", seconds: 1 }],
  upstream_refused_our_key: [{ kind: "upstream_refused_our_key" }],
  upstream_malformed: [{ kind: "upstream_malformed" }],
  // A provider's own words pass through; the page says so in one section.
  upstream_error: [],
  answer_gone: [{ kind: "answer_gone" }],
  answer_cancelled: [{ kind: "answer_cancelled" }],
  answers_unavailable: [{ kind: "answers_unavailable" }],
  idempotency_key_reused: [{ kind: "idempotency_key_reused" }],
  call_not_found: [{ kind: "call_not_found" }],
  calls_unwatched: [{ kind: "calls_unwatched" }],
  unforeseen: [{ kind: "unforeseen" }],
  model_function_failed: [{ kind: "model_function_failed" }],
  caller_left: [{ kind: "caller_left" }],
};
