import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { addressOf } from "../../mint-server/providers/address.ts";
import type { Endpoint, Provider } from "../../mint-server/providers/provider.ts";
import { providers } from "../../mint-server/providers/table.ts";
import { codeOf } from "../support/failure.ts";
import { type Orders, orderInText } from "../support/stand-in/orders.ts";
import {
  authorityOf,
  baseFor,
  CALLERS_KEY,
  expectedAuthority,
  keyFor,
  type ProviderRig,
  startProviders,
} from "./rig.ts";

// What holds of each row of the table: a row that is added is tested by being there. Rows are asked in the schema that is
// their own; what only those that speak OpenAI's get, the last part has.

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
const ROWS = providers();
/** Lets the server, where it tries once more, do so without a pause. */
const AT_ONCE = { "retry-after-ms": "1" };

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
  messages: [{ role: "user", content: `Say something. ${orderInText(orders)}` }],
  ...fields,
});

/** How those who speak a wire format are asked, in a schema that is theirs or else in Chat, and how they refuse. */
interface Way {
  request(orders: Orders, init?: { readonly model?: string; readonly stream?: boolean }): readonly [string, object];
  refusal(status: number, message: string): object;
}

const inChat: Way["request"] = (orders, { model = MODEL, stream } = {}) => [
  "chat/completions",
  chat(orders, { model, ...(stream && { stream }) }),
];

const WAYS: Readonly<Record<string, Way>> = {
  openai: { request: inChat, refusal: (_, message) => ({ error: { message, type: "t", code: "c" } }) },
  anthropic: {
    request: (orders, { model = MODEL, stream } = {}) => [
      "anthropic/v1/messages",
      chat(orders, { model, max_tokens: 99, ...(stream && { stream }) }),
    ],
    refusal: (_, message) => ({ type: "error", error: { type: "invalid_request_error", message } }),
  },
  google: {
    request: (orders, { model = MODEL, stream } = {}) => [
      `google/v1beta/models/${encodeURIComponent(model)}:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`,
      { contents: [{ role: "user", parts: [{ text: `Say something. ${orderInText(orders)}` }] }] },
    ],
    refusal: (status, message) => ({ error: { code: status, message, status: "INVALID_ARGUMENT" } }),
  },
  bedrock: { request: inChat, refusal: (_, message) => ({ message }) },
};

function wayOf({ wire }: Provider): Way {
  const way = WAYS[wire];
  if (!way) throw new Error(`nobody knows how to ask in ${wire}`);
  return way;
}

interface Told {
  readonly message: string;
  readonly param?: string | null;
  readonly details?: readonly { readonly metadata?: { readonly param?: string } }[];
}

describe.each(ROWS.map((row) => [row.id, row] as const))("%s", (id, row) => {
  const { request: make, refusal: refusing } = wayOf(row);
  const refusal = (status: number, message: string): Orders => ({ status, body: refusing(status, message) });
  const ask = (orders: Orders = {}, { key, ...init }: { model?: string; stream?: boolean; key?: string } = {}) => {
    const [path, body] = make(orders, init);
    return rig.post(path, body, { endpoint: id, ...(key && { key }) });
  };

  test("is asked below its base with its key, and so named", async () => {
    const answer = await ask({ text: "Hello." });
    expect([answer.status, answer.headers.get("x-bt-used-endpoint")]).toEqual([200, id]);
    expect(await answer.text()).toContain("Hello.");
    const [request, ...more] = rig.standIn.requests;
    expect([more.length, request?.path.startsWith(`${baseFor(row)}/`)]).toEqual([0, true]);
    expect(authorityOf(request)).toEqual(expectedAuthority(row, keyFor(row)));
  });

  test("streams, and its events come back as they are where the schema is its own", async () => {
    const answer = await ask({ events: 3, crlf: true }, { stream: true });
    const text = await answer.text();
    expect(answer.headers.get("content-type")).toMatch(/^text\/event-stream/);
    expect(text).toMatch(/w0.*w1.*w2/s);
    if (row.wire !== "bedrock") expect(text).toBe(rig.standIn.requests[0]?.answer.toString());
    expect(text).toMatch(/data: \[DONE\]\s*$|"message_stop"|"finishReason":\s*"STOP"/);
  });

  test("gets a caller's own key where the caller names it, and it asks for one", async () => {
    const answer = await ask({}, { key: CALLERS_KEY });
    expect(answer.status).toBe(row.auth === "none" ? 404 : 200);
    if (row.auth === "none") return expect(rig.standIn.requests).toEqual([]);
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
    ["429 with its pause", { ...refusal(429, "slow"), headers: { "retry-after": "30" } }, { status: 429, pause: "30" }],
    ["500", refusal(500, "broken"), { status: 502, message: "broken" }],
    ["a plain text", { status: 503, body: "upstream is down" }, { status: 502 }],
    [
      "a page",
      { body: "<html>", headers: { "content-type": "text/html" } },
      { status: 502, code: "upstream_malformed" },
    ],
    ["a redirect", { status: 302, headers: { location: "https://evil.test/" } }, { status: 502 }],
  ])("answers %s", async (_, orders, expected) => {
    const answer = await ask({ headers: AT_ONCE, ...orders });
    const text = await answer.text();
    const body = JSON.parse(text) as { error: Told };
    expect({
      status: answer.status,
      message: body.error.message,
      code: codeOf(body),
      pause: answer.headers.get("retry-after"),
    }).toMatchObject(expected);
    expect(text).not.toContain(keyFor(row));
  });

  test("quotes no key back, not even its own", async () => {
    const answer = await ask(refusal(400, `what is ${keyFor(row)}?`));
    expect([answer.status, (await answer.text()).includes("canary")]).toEqual([400, row.auth === "none"]);
  });

  test.each(HOSTILE)("keeps the model %j below its base, or refuses it", async (model) => {
    for (const stream of [false, true]) {
      await (await ask({}, { stream })).arrayBuffer();
      const plain = rig.standIn.requests[0]?.path;
      rig.standIn.requests.length = 0;
      const answer = await ask({}, { model, stream });
      const text = await answer.text();
      const [request] = rig.standIn.requests;
      rig.standIn.requests.length = 0;
      if (answer.status === 200) {
        expect(request?.path.startsWith(`${baseFor(row)}/`)).toBe(true);
        expect(new URL(`http://h${request?.path}`).pathname).toBe(request?.path.replace(/\?.*/, ""));
        expect(segments(request?.path)).toBe(segments(plain));
      } else {
        const { param, details } = (JSON.parse(text) as { error: Told }).error;
        expect([answer.status, param ?? details?.[0]?.metadata?.param, request]).toEqual([400, "model", undefined]);
      }
    }
  });

  test("has a default base that no model's name leads away from", () => {
    const baseURL = row.baseURL ?? row.baseFor?.(OPTIONS);
    if (baseURL === undefined)
      return expect(row.auth === "none" || row.id === "custom" || row.baseURLSetting).toBeTruthy();
    const base = new URL(baseURL);
    expect([base.protocol, base.href.replace(/\/$/, "") === baseURL]).toEqual(["https:", true]);
    for (const model of [MODEL, ...HOSTILE]) {
      const address = addressOf(endpointAt(row, baseURL), {
        wire: row.wire,
        path: PATHS[row.wire] ?? "chat/completions",
        model,
        stream: true,
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

/** What a call of a conversation is called in each wire format. */
const PATHS: Readonly<Record<string, string>> = {
  anthropic: "messages",
  google: "streamGenerateContent",
  bedrock: "converse-stream",
};

describe.each(ROWS.filter(({ wire }) => wire === "openai").map((row) => [row.id, row] as const))(
  "%s, which speaks OpenAI's format",
  (id, row) => {
    test.each([
      ["chat/completions", chat()],
      ["completions", { model: MODEL, prompt: "Say" }],
      ["embeddings", { model: MODEL, input: ["a", "b"] }],
    ])("gets %s byte for byte, and its answer comes back so", async (path, body) => {
      const text = `${JSON.stringify(body, null, 1)}\n`;
      const answer = await rig.post(path, text, { endpoint: id });
      const bytes = Buffer.from(await answer.arrayBuffer());
      const [request, ...more] = rig.standIn.requests;
      expect([answer.status, more.length]).toEqual([200, 0]);
      if (!row.url) expect(request?.path).toBe(`${baseFor(row)}/${path}`);
      expect(request?.body.toString()).toBe(text);
      expect(bytes.equals(request?.answer ?? Buffer.alloc(0))).toBe(true);
    });

    test.each([
      ["a message alone", { message: "only this" }, "only this"],
      ["a text for an error", { error: "only that" }, "only that"],
    ])("answers %s", async (_, body, message) => {
      const answer = await rig.post("chat/completions", chat({ status: 400, body }), { endpoint: id });
      const { error } = (await answer.json()) as { error: Told };
      expect([answer.status, error.message]).toEqual([400, message]);
    });
  },
);

/** How many parts a path has: a name that became two would be another place. */
function segments(path: string | undefined): string {
  return `${path?.split("/").length} ${path?.split("?").length}`;
}

const OPTIONS = { project: "a-project", location: "europe-west4", region: "eu-central-1" };

function endpointAt(provider: Provider, baseURL: string): Endpoint {
  return {
    name: provider.id,
    provider,
    baseURL,
    auth: provider.auth,
    headers: {},
    customModels: new Map(),
    options: OPTIONS,
    weight: 1,
    supportsStreaming: true,
  };
}
