import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { addressOf } from "../../mint-server/providers/address.ts";
import type { Endpoint, Provider } from "../../mint-server/providers/provider.ts";
import { providers } from "../../mint-server/providers/table.ts";
import type { Orders } from "../support/stand-in/orders.ts";
import { order } from "../support/stand-in.ts";
import {
  authorityOf,
  baseFor,
  CALLERS_KEY,
  expectedAuthority,
  keyFor,
  type ProviderRig,
  startProviders,
} from "./rig.ts";

// What holds of each row of the table whose wire format is OpenAI's: a row that is added is tested by being there.

const MODEL = "a-model-1";
/** Names that would lead elsewhere if they went into a URL as they are. */
const HOSTILE = [
  "..",
  ".",
  "a/../../b",
  "../../models",
  "%2e%2e/%2e%2e",
  "a?api-version=1",
  "a#b",
  "a\\..\\b",
  "evil.test/",
  "evil.test#",
  "me@evil.test",
  "evil.test:443/",
  "a b",
  "a\nb",
  "modèle",
  "-a",
  "constructor",
  "__proto__",
];
const ROWS = providers().filter(({ wire }) => wire === "openai");

let rig: ProviderRig;

beforeAll(async () => {
  rig = await startProviders([MODEL, ...HOSTILE]);
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.standIn.requests.length = 0;
});

const chat = (orders: Orders = {}, fields: object = {}) => ({
  model: MODEL,
  messages: [{ role: "user", content: "Say something." }],
  ...order(orders),
  ...fields,
});

describe.each(ROWS.map((row) => [row.id, row] as const))("%s", (id, row) => {
  test.each([
    ["chat/completions", chat()],
    ["completions", { model: MODEL, prompt: "Say" }],
    ["embeddings", { model: MODEL, input: ["a", "b"] }],
  ])("gets %s below its base, with its key, byte for byte, and its answer comes back so", async (path, body) => {
    const text = `${JSON.stringify(body, null, 1)}\n`;
    const answer = await rig.post(path, text, { endpoint: id });
    const bytes = Buffer.from(await answer.arrayBuffer());
    const [request, ...more] = rig.standIn.requests;
    expect([answer.status, more.length]).toEqual([200, 0]);
    expect(answer.headers.get("x-bt-used-endpoint")).toBe(id);
    expect(request?.path.startsWith(`${baseFor(row)}/`)).toBe(true);
    if (!row.url) expect(request?.path).toBe(`${baseFor(row)}/${path}`);
    expect(authorityOf(request)).toEqual(expectedAuthority(row, keyFor(row)));
    expect(request?.body.toString()).toBe(text);
    expect(bytes.equals(request?.answer ?? Buffer.alloc(0))).toBe(true);
  });

  test("streams, and its events come back as they are", async () => {
    const answer = await rig.post("chat/completions", chat({ events: 3, crlf: true }, { stream: true }), {
      endpoint: id,
    });
    const text = await answer.text();
    expect(answer.headers.get("content-type")).toMatch(/^text\/event-stream/);
    expect(text).toBe(rig.standIn.requests[0]?.answer.toString());
    expect(text).toMatch(/data: \[DONE\]\s*$/);
  });

  test("gets a caller's own key where the caller names it", async () => {
    const answer = await rig.post("chat/completions", chat(), { endpoint: id, key: CALLERS_KEY });
    expect(answer.status).toBe(200);
    const [request] = rig.standIn.requests;
    expect(request?.path.startsWith(`${baseFor(row)}/`)).toBe(true);
    expect(authorityOf(request)).toEqual(expectedAuthority(row, CALLERS_KEY));
  });

  test.each<[string, Orders, object]>([
    ["400 with its reason", refusal(400, "bad temperature"), { status: 400, message: "bad temperature" }],
    ["422", refusal(422, "no such field"), { status: 422, message: "no such field" }],
    ["404", refusal(404, "no such model"), { status: 404, message: "no such model" }],
    ["401 as ours", refusal(401, "bad key"), { status: 502, code: "upstream_refused_key" }],
    ["403 as ours", refusal(403, "no leave"), { status: 502, code: "upstream_refused_key" }],
    ["429 with its pause", { ...refusal(429, "slow"), headers: { "retry-after": "7" } }, { status: 429, pause: "7" }],
    ["500", refusal(500, "broken"), { status: 502, message: "broken" }],
    ["a plain text", { status: 503, body: "upstream is down" }, { status: 502 }],
    ["a message alone", { status: 400, body: { message: "only this" } }, { status: 400, message: "only this" }],
    ["a text for an error", { status: 400, body: { error: "only that" } }, { status: 400, message: "only that" }],
    [
      "a page",
      { body: "<html>", headers: { "content-type": "text/html" } },
      { status: 502, code: "upstream_malformed" },
    ],
    ["a redirect", { status: 302, headers: { location: "https://evil.test/" } }, { status: 502 }],
  ])("answers %s", async (_, orders, expected) => {
    const answer = await rig.post("chat/completions", chat(orders), { endpoint: id });
    const text = await answer.text();
    const { error } = JSON.parse(text) as { error: { message: string; code: string | null } };
    expect({
      status: answer.status,
      message: error.message,
      code: error.code,
      pause: answer.headers.get("retry-after"),
    }).toMatchObject(expected);
    expect(text).not.toContain(keyFor(row));
  });

  test("quotes no key back, not even its own", async () => {
    const answer = await rig.post("chat/completions", chat(refusal(400, `what is ${keyFor(row)}?`)), { endpoint: id });
    expect([answer.status, (await answer.text()).includes("canary")]).toEqual([400, row.auth === "none"]);
  });

  test.each(HOSTILE)("keeps the model %j below its base, or refuses it", async (model) => {
    const answer = await rig.post("chat/completions", chat({}, { model }), { endpoint: id });
    const { error } = (await answer.json()) as { error?: { param: string } };
    const [request] = rig.standIn.requests;
    if (answer.status === 200) {
      expect(request?.path.startsWith(`${baseFor(row)}/`)).toBe(true);
      expect(new URL(`http://h${request?.path}`).pathname).toBe(request?.path.replace(/\?.*/, ""));
      expect(segments(request?.path)).toBe(segments(await pathOfPlainCall(id)));
    } else {
      expect([answer.status, error?.param, request]).toEqual([400, "model", undefined]);
    }
  });

  test("has a default base that no model's name leads away from", () => {
    const { baseURL } = row;
    if (baseURL === undefined)
      return expect(row.auth === "none" || row.id === "custom" || row.baseURLSetting).toBeTruthy();
    const base = new URL(baseURL);
    expect([base.protocol, base.href.replace(/\/$/, "") === baseURL]).toEqual(["https:", true]);
    for (const model of [MODEL, ...HOSTILE]) {
      const address = addressOf(endpointAt(row, baseURL), {
        wire: "openai",
        path: "chat/completions",
        model,
        stream: false,
      });
      if (address === undefined) continue;
      const url = new URL(address);
      expect(url.hostname === base.hostname || url.hostname === `${model}.${base.hostname}`).toBe(true);
      expect([url.pathname.startsWith(base.pathname.replace(/\/$/, "")), url.username, url.port, url.hash]).toEqual([
        true,
        "",
        "",
        "",
      ]);
    }
  });
});

function refusal(status: number, message: string): Orders {
  return { status, body: { error: { message, type: "t", code: "c" } } };
}

async function pathOfPlainCall(endpoint: string): Promise<string | undefined> {
  rig.standIn.requests.length = 0;
  await (await rig.post("chat/completions", chat(), { endpoint })).arrayBuffer();
  return rig.standIn.requests[0]?.path;
}

/** How many parts a path has: a name that became two would be another place. */
function segments(path: string | undefined): string {
  return `${path?.split("/").length} ${path?.split("?").length}`;
}

function endpointAt(provider: Provider, baseURL: string): Endpoint {
  return {
    name: provider.id,
    provider,
    baseURL,
    auth: provider.auth,
    headers: {},
    customModels: new Map(),
    options: {},
    weight: 1,
    supportsStreaming: true,
  };
}
