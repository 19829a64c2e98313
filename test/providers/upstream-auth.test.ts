import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { compileConfig } from "../../mint-server/config.ts";
import { startDeadlines } from "../../mint-server/providers/deadlines.ts";
import type { Endpoint } from "../../mint-server/providers/provider.ts";
import { SYSTEM_TIMING } from "../../mint-server/providers/timing.ts";
import { type Attempt, fetchUpstream } from "../../mint-server/providers/upstream.ts";
import { verifyAwsSignature } from "../support/aws-signature.ts";
import { startTokenEndpoint, type TokenEndpoint } from "../support/token-endpoint.ts";

interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders & Record<string, string | undefined>;
  readonly body: Buffer;
}

const SECRET = "aws-secret-canary-51b7";
const KEY = "key-canary-7c01";
const received: Received[] = [];
let answer: { status: number; body: (request: Received) => unknown };
let tokens: TokenEndpoint;

const server = createServer((message, response) => {
  void (async () => {
    const body = Buffer.concat(await Array.fromAsync<Buffer<ArrayBuffer>>(message));
    const { method = "", url: path = "", headers } = message;
    const request: Received = { method, path, headers: headers as Received["headers"], body };
    received.push(request);
    response.writeHead(answer.status, { "content-type": "application/json" });
    response.end(JSON.stringify(answer.body(request)));
  })();
});

beforeAll(async () => {
  tokens = await startTokenEndpoint();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await tokens.stop();
});
const good = { status: 200, body: () => ({}) };
answer = good;
afterEach(() => {
  received.length = 0;
  tokens.tokens.length = 0;
  answer = good;
});

function endpointOf(endpoint: object): Endpoint {
  const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/base`;
  const { orgs } = compileConfig({
    secrets: ["0WZ1vN3kq6mB8xTt5yJcR2eLhUaGpSdFi4oQwX7zKsY"],
    publicURLs: ["https://mint.example"],
    orgs: { default: { endpoints: [{ name: "it", provider: "custom", baseURL, ...endpoint }] } },
  });
  const [compiled] = orgs.get("default")?.endpoints ?? [];
  if (!compiled) throw new Error("no endpoint");
  return compiled;
}

const send = (endpoint: Endpoint, attempt: Pick<Attempt, "wire" | "path"> & Partial<Attempt>) =>
  fetchUpstream({
    deadlines: startDeadlines({}, { timing: SYSTEM_TIMING }),
    endpoint,
    model: "m-v1:0",
    stream: false,
    payload: '{"a":"☕"}',
    contentType: "application/json",
    accept: "*/*",
    callersKey: false,
    signal: new AbortController().signal,
    ...attempt,
  });

const MESSAGES = { wire: "anthropic", path: "messages" } as const;
const GENERATE = { wire: "google", path: "generateContent" } as const;
const CONVERSE = { wire: "bedrock", path: "converse" } as const;
const CHAT = { wire: "openai", path: "chat/completions" } as const;
const own = { customModels: { m: { flavor: "chat", format: "anthropic" } } };
const google = { project: "acme-1", location: "eu" };

describe("a key travels as its provider has it", () => {
  const AUTHORITIES = ["authorization", "api-key", "x-api-key", "x-goog-api-key"];

  test.each<[string, object, typeof MESSAGES | typeof GENERATE | typeof CONVERSE | typeof CHAT, string, string]>([
    ["Anthropic", { provider: "anthropic" }, MESSAGES, "x-api-key", KEY],
    [
      "Anthropic, as a bearer token",
      { provider: "anthropic", auth: "bearer" },
      MESSAGES,
      "authorization",
      `Bearer ${KEY}`,
    ],
    ["Google", { provider: "google" }, GENERATE, "x-goog-api-key", KEY],
    ["Vertex", { provider: "vertex", google }, GENERATE, "authorization", `Bearer ${KEY}`],
    ["Vertex, as an API key", { provider: "vertex", google, auth: "api-key" }, MESSAGES, "x-goog-api-key", KEY],
    ["Bedrock", { provider: "bedrock" }, CONVERSE, "authorization", `Bearer ${KEY}`],
    ["Azure", { provider: "azure" }, CHAT, "api-key", KEY],
    ["OpenAI", { provider: "openai" }, CHAT, "authorization", `Bearer ${KEY}`],
    ["a Claude-like model of one's own", { ...own, auth: "api-key" }, MESSAGES, "x-api-key", KEY],
    ["a Gemini-like model of one's own", { ...own, auth: "api-key" }, GENERATE, "x-goog-api-key", KEY],
    ["a server of one's own", own, MESSAGES, "authorization", `Bearer ${KEY}`],
  ])("%s", async (_, endpoint, call, name, value) => {
    expect(await send(endpointOf({ apiKey: KEY, ...endpoint }), call)).toMatchObject({ ok: true });
    const present = AUTHORITIES.filter((header) => received[0]?.headers[header] !== undefined);
    expect([present, received[0]?.headers[name]]).toEqual([[name], value]);
  });

  test("a token of the configuration is one", async () => {
    await send(endpointOf({ provider: "vertex", google: { ...google, accessToken: KEY } }), GENERATE);
    expect(received[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
    expect(received[0]?.path).toBe(
      "/base/v1/projects/acme-1/locations/eu/publishers/google/models/m-v1%3A0:generateContent",
    );
  });
});

describe("Anthropic's version", () => {
  const versionOf = async (endpoint: object, callerHeaders?: Attempt["callerHeaders"]) => {
    await send(endpointOf({ apiKey: KEY, provider: "anthropic", ...endpoint }), {
      ...MESSAGES,
      ...(callerHeaders ? { callerHeaders } : {}),
    });
    return received.at(-1)?.headers["anthropic-version"];
  };

  test("is always sent: the operator's, else the caller's, else a known one", async () => {
    expect(await versionOf({})).toBe("2023-06-01");
    expect(await versionOf({}, { "anthropic-version": "2030-01-01" })).toBe("2030-01-01");
    const headers = { "Anthropic-Version": "2029-01-01" };
    expect(await versionOf({ headers }, { "anthropic-version": "2030-01-01" })).toBe("2029-01-01");
  });

  test("is not sent to others, and a caller's header takes no authority's place", async () => {
    const callerHeaders = { "x-goog-api-key": "another", "anthropic-beta": "b-1" };
    await send(endpointOf({ provider: "google", apiKey: KEY }), { ...GENERATE, callerHeaders });
    expect(received[0]?.headers).toMatchObject({ "x-goog-api-key": KEY, "anthropic-beta": "b-1" });
    expect(received[0]?.headers).not.toHaveProperty("anthropic-version");
  });
});

describe("Bedrock, by keys of an account", () => {
  const aws = {
    region: "us-east-1",
    accessKeyId: "AKIACANARY",
    secretAccessKey: SECRET,
    sessionToken: "session-canary",
  };

  test("gets a signature over what arrives, and never the secret", async () => {
    const payload = new TextEncoder().encode('{"a":"☕"}');
    for (const body of [{}, { payload }])
      await send(endpointOf({ provider: "bedrock", aws }), { ...CONVERSE, ...body });
    expect(received).toHaveLength(2);
    for (const request of received) {
      expect(request.path).toBe("/base/model/m-v1%3A0/converse");
      expect(verifyAwsSignature(request, SECRET)).toContain("x-amz-security-token");
      expect(JSON.stringify(request.headers)).not.toContain(SECRET);
    }
  });

  test("and quotes nothing of them back", async () => {
    answer = { status: 400, body: ({ headers }) => ({ message: `${JSON.stringify(headers)} ${SECRET}` }) };
    const refused = await send(endpointOf({ provider: "bedrock", aws }), CONVERSE);
    expect(refused).toMatchObject({ ok: false, failure: { kind: "upstream_error", status: 400 } });
    expect(JSON.stringify(refused)).not.toMatch(/canary|AKIACANARY|127\.0\.0\.1/);
  });
});

describe("Vertex, by a service account", () => {
  const account = () => endpointOf({ provider: "vertex", google: { ...google, serviceAccount: tokens.keyFile } });

  test("gets a token, exchanged once for many requests, and another after a 401", async () => {
    const endpoint = account();
    await Promise.all(Array.from({ length: 8 }, () => send(endpoint, GENERATE)));
    const [token] = tokens.tokens;
    expect(new Set(received.map(({ headers }) => headers.authorization))).toEqual(new Set([`Bearer ${token}`]));
    answer = { status: 401, body: () => ({ error: { message: "expired" } }) };
    expect(await send(endpoint, GENERATE)).toEqual({ ok: false, failure: { kind: "upstream_refused_our_key" } });
    answer = good;
    await send(endpoint, GENERATE);
    expect(tokens.tokens).toHaveLength(2);
    expect(received.at(-1)?.headers.authorization).toBe(`Bearer ${tokens.tokens[1]}`);
  });

  test("takes the key file's text too", async () => {
    const serviceAccount = JSON.stringify(tokens.keyFile);
    await send(endpointOf({ provider: "vertex", google: { ...google, serviceAccount } }), GENERATE);
    expect(received[0]?.headers.authorization).toBe(`Bearer ${tokens.tokens.at(-1)}`);
  });

  test("reaches no provider without a token", async () => {
    tokens.next.push({ status: 400, body: { error: "invalid_grant" } });
    expect(await send(account(), GENERATE)).toEqual({ ok: false, failure: { kind: "upstream_refused_our_key" } });
    expect(received).toEqual([]);
  });

  test("and quotes nothing of it back", async () => {
    const { private_key: key, private_key_id: id, client_email: email } = tokens.keyFile;
    answer = {
      status: 400,
      body: ({ headers }) => ({ error: { message: [headers.authorization, key, id, email].join(" ") } }),
    };
    const refused = await send(account(), GENERATE);
    expect(refused).toMatchObject({ ok: false, failure: { kind: "upstream_error", status: 400 } });
    expect(JSON.stringify(refused)).not.toMatch(/canary|BEGIN|gserviceaccount/);
  });
});

test("an error is read as its wire format has it, and is cleaned all the same", async () => {
  answer = { status: 429, body: () => [{ wrong: `too fast, ${KEY}` }] };
  const decodeError = (body: string) => {
    const [{ wrong }] = JSON.parse(body) as [{ wrong: string }];
    return { message: wrong, type: "rate", code: null };
  };
  const refused = await send(endpointOf({ provider: "google", apiKey: KEY }), { ...GENERATE, decodeError });
  expect(refused).toMatchObject({
    failure: { kind: "upstream_error", status: 429, details: { message: "too fast, …", type: "rate" } },
  });
});

test.each([
  [false, { kind: "upstream_refused_our_key" }],
  [true, { kind: "upstream_error", status: 401, details: { code: "invalid_api_key" } }],
])("Google's 400 for a wrong key is a refusal of it (the caller's own: %s)", async (callersKey, failure) => {
  const details = [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "API_KEY_INVALID" }];
  const error = { code: 400, message: "API key not valid.", status: "INVALID_ARGUMENT", details };
  answer = { status: 400, body: () => ({ error }) };
  const endpoint = endpointOf({ provider: "google", apiKey: KEY });
  expect(await send(endpoint, { ...GENERATE, callersKey })).toMatchObject({ ok: false, failure });
  answer = { status: 400, body: () => ({ error: { ...error, message: JSON.stringify(error), details: [] } }) };
  expect(await send(endpoint, { ...GENERATE, callersKey })).toMatchObject({ failure: { status: 400 } });
});
