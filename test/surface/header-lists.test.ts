import { request as send } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { providers } from "../../mint-server/providers/table.ts";
import { createDpopClient, type DpopClient } from "../support/dpop.ts";
import { APP_ORIGIN, type Rig, startRig } from "../support/rig.ts";
import { chat } from "../support/work.ts";
import { type HostileProvider, startHostileProvider } from "./hostile-provider.ts";

// Which names of headers pass, each way. A name that is new on either side fails: it has to be meant, and written down here.

const KEY = "project-key-of-the-default";
const FIELDS = ["accept", "accept-encoding", "content-length", "content-type", "host", "user-agent"];
const BEARER = ["authorization"];

/** A provider: what its endpoint is configured with, the model that is asked for, and the names that carry its authority. */
interface Row {
  readonly endpoint?: object;
  readonly model?: string;
  readonly authority: readonly string[];
}

/** Every row of the table, and each of a provider's ways that has headers of its own. */
const ROWS: Readonly<Record<string, Row>> = {
  openai: { authority: BEARER },
  azure: { endpoint: { azure: { apiVersion: "2024-10-21" } }, authority: ["api-key"] },
  "azure, with a token": { endpoint: { auth: "bearer" }, authority: BEARER },
  anthropic: { model: "claude-a", authority: ["anthropic-version", "x-api-key"] },
  google: { model: "gemini-a", authority: ["x-goog-api-key"] },
  vertex: {
    endpoint: { google: { project: "my-project", location: "us-central1", accessToken: "t" } },
    model: "gemini-a",
    authority: BEARER,
  },
  "vertex, with Anthropic's models": {
    endpoint: { google: { project: "my-project", location: "us-central1", accessToken: "t" } },
    model: "claude-a",
    authority: [...BEARER, "anthropic-version"],
  },
  bedrock: { endpoint: { aws: { region: "us-east-1" } }, model: "anthropic.claude-a", authority: BEARER },
  "bedrock, signed": {
    endpoint: { aws: { region: "us-east-1", accessKeyId: "AKIA0", secretAccessKey: "s", sessionToken: "t" } },
    model: "anthropic.claude-a",
    authority: [...BEARER, "x-amz-date", "x-amz-security-token"],
  },
  mistral: { authority: BEARER },
  xai: { authority: BEARER },
  deepseek: { authority: BEARER },
  cohere: { authority: BEARER },
  perplexity: { authority: BEARER },
  fireworks: { authority: BEARER },
  replicate: { authority: BEARER },
  cerebras: { authority: BEARER },
  groq: { authority: BEARER },
  lepton: { authority: BEARER },
  databricks: { authority: BEARER },
  nvidia: { authority: BEARER },
  openrouter: { authority: BEARER },
  together: { authority: BEARER },
  baseten: { authority: BEARER },
  huggingface: { authority: BEARER },
  ollama: { endpoint: { auth: "none" }, authority: [] },
  custom: { authority: BEARER },
  "custom, with a header of the operator's": {
    endpoint: { headers: { "x-team": "a" } },
    authority: [...BEARER, "x-team"],
  },
};

/** What comes back of a good answer, whoever gave it: a provider's own, then the server's. */
const PROVIDERS_OWN = [
  ...["anthropic-ratelimit-requests-remaining", "content-type", "openai-processing-ms", "openai-version", "request-id"],
  ...["retry-after", "retry-after-ms", "x-ratelimit-remaining-requests", "x-request-id"],
];
const OURS = [
  ...["cache-control", "content-length", "server-timing", "vary", "x-bt-used-endpoint", "x-content-type-options"],
];
const OF_ANSWERS = ["x-mintgate-source"];
const OF_BROWSERS = [
  "access-control-allow-credentials",
  "access-control-allow-origin",
  "access-control-expose-headers",
];

/** What a browser, an SDK, a proxy or an enemy adds to a request. */
const CALLERS: Readonly<Record<string, string>> = {
  cookie: "session=1",
  origin: APP_ORIGIN,
  referer: `${APP_ORIGIN}/secret`,
  "user-agent": "a browser",
  "accept-language": "de",
  "sec-fetch-site": "cross-site",
  "sec-ch-ua": '"Chromium"',
  "x-forwarded-for": "1.2.3.4",
  "x-forwarded-host": "evil.test",
  forwarded: "for=1.2.3.4",
  "cf-connecting-ip": "1.2.3.4",
  "x-real-ip": "1.2.3.4",
  "openai-organization": "org-1",
  "openai-project": "proj-1",
  "x-stainless-lang": "js",
  "x-bt-parent": "project:1",
  "x-mintgate-hold": "5",
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  "x-portkey-provider": "evil",
  "x-something-new": "1",
};

let provider: HostileProvider;
let rig: Rig;
let dpop: DpopClient;
let credential: string;
beforeAll(async () => {
  provider = await startHostileProvider();
  const endpoints = Object.entries(ROWS).map(([name, { endpoint, model = "m-1" }]) => {
    const id = name.split(",")[0];
    const isSecretElsewhere = JSON.stringify(endpoint ?? {}).match(/accessToken|accessKeyId|none/);
    const baseURL = `${provider.origin}/${nameOf(name)}`;
    return {
      name: nameOf(name),
      provider: id,
      baseURL,
      models: [model],
      ...(!isSecretElsewhere && { apiKey: "k" }),
      ...endpoint,
    };
  });
  const orgs = { default: { keys: [KEY], origins: [APP_ORIGIN], endpoints } };
  rig = await startRig({ settings: { MINT_CONFIG: JSON.stringify({ orgs }) } });
  dpop = await createDpopClient();
  credential = (await rig.issue({ jkt: dpop.jkt }, `Bearer ${KEY}`)).key;
  // The first proof has no nonce yet.
  await dpop.fetch(rig.url("models"), { credential });
});
afterAll(async () => {
  await rig.stop();
  await provider.stop();
});
beforeEach(() => {
  provider.status = 200;
  provider.seen.clear();
});

const nameOf = (row: string): string => row.replaceAll(/\W+/g, "-");

interface Sent {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Sends exactly these headers, and returns the names of those that come back, sorted. */
function namesBack({
  path,
  headers,
  body,
}: Sent): Promise<{ readonly status: number; readonly names: readonly string[] }> {
  const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<typeof namesBack>>>();
  const method = body === undefined ? "GET" : "POST";
  const request = send(rig.url(path), {
    method,
    headers: { ...headers, ...(body && { "content-length": Buffer.byteLength(body) }) },
  });
  const told = ({ rawHeaders, statusCode = 0 }: { rawHeaders: string[]; statusCode?: number | undefined }): void => {
    const names = rawHeaders.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
    resolve({ status: statusCode, names: [...new Set(names)].toSorted() });
  };
  request.on("response", (response) => {
    told(response);
    response.resume();
  });
  request.on("upgrade", (response, socket) => {
    told(response);
    socket.destroy();
  });
  request.on("error", reject);
  request.end(body);
  return promise;
}

/** A page's request by way of its worker: a bound credential, a proof, and whatever else comes along. */
async function asBrowser(path: string, method = "POST"): Promise<Readonly<Record<string, string>>> {
  const proof = await dpop.proof(method, rig.url(path), { credential, nonce: dpop.nonce });
  return { ...CALLERS, authorization: `DPoP ${credential}`, dpop: proof };
}

const AS_SERVER = { authorization: `Bearer ${KEY}` };
const sorted = (...lists: readonly (readonly string[])[]): readonly string[] => lists.flat().toSorted();
const json = { "content-type": "application/json" };

test("the table below has every provider", () => {
  const named = new Set(Object.keys(ROWS).map((row) => row.split(",")[0]));
  expect([...named].toSorted()).toEqual(
    providers()
      .map(({ id }) => id)
      .toSorted(),
  );
});

describe.each(Object.entries(ROWS))("%s", (row, { model = "m-1", authority }) => {
  const endpoint = { ...json, "x-bt-endpoint-name": nameOf(row), "x-bt-use-cache": "never" };
  const body = JSON.stringify(chat({}, { model }));
  const ask = (headers: Readonly<Record<string, string>>) =>
    namesBack({ path: "chat/completions", headers: { ...endpoint, ...headers }, body });

  test("gets these headers and no others, and is heard with those and no others", async () => {
    const server = await ask(AS_SERVER);
    const toProvider = [...provider.seen.values()];
    provider.seen.clear();
    const browser = await ask(await asBrowser("chat/completions"));
    expect(toProvider).toEqual([sorted(FIELDS, authority)]);
    expect([...provider.seen.values()]).toEqual(toProvider);
    expect(server).toEqual({ status: 200, names: sorted(PROVIDERS_OWN, OURS, OF_ANSWERS) });
    expect(browser).toEqual({
      status: 200,
      names: sorted(PROVIDERS_OWN, OURS, OF_ANSWERS, OF_BROWSERS, ["dpop-nonce"]),
    });
  });

  test("has nothing of its own come back with an error", async () => {
    provider.status = 400;
    const { status, names } = await ask(AS_SERVER);
    expect({ status, names }).toEqual({ status: 400, names: sorted(["content-type", "retry-after"], OURS) });
  });
});

test("Anthropic's own versions go to it alone, from its own path", async () => {
  const versions = { "anthropic-version": "2023-06-01", "anthropic-beta": "files-api-2025-04-14" };
  const body = JSON.stringify({ model: "claude-a", max_tokens: 5, messages: [{ role: "user", content: "Hi" }] });
  const named = { ...json, ...versions, "x-bt-endpoint-name": "anthropic", "x-bt-use-cache": "never" };
  await namesBack({ path: "anthropic/v1/messages", headers: { ...named, ...AS_SERVER }, body });
  const extra = ["anthropic-beta", "anthropic-version", "x-api-key"];
  expect([...provider.seen.values()]).toEqual([sorted(FIELDS, extra)]);
  provider.seen.clear();
  const chatted = { ...named, "x-bt-endpoint-name": "openai" };
  await namesBack({
    path: "chat/completions",
    headers: { ...chatted, ...AS_SERVER },
    body: JSON.stringify(chat({}, { model: "m-1" })),
  });
  expect([...provider.seen.values()]).toEqual([sorted(FIELDS, BEARER)]);
});

/** What a handshake has by RFC 6455 and HTTP. */
const HANDSHAKE = ["connection", "host", "sec-websocket-key", "sec-websocket-version", "upgrade", "user-agent"];
const UPGRADE = {
  connection: "upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};
const SWITCHED = [
  "cache-control",
  "connection",
  "sec-websocket-accept",
  "server-timing",
  "upgrade",
  "vary",
  "x-bt-used-endpoint",
  "x-content-type-options",
];

const speaking = Object.entries(ROWS).filter(([row]) =>
  providers().some(({ id, realtime }) => realtime && row.split(",")[0] === id),
);

describe.each(speaking)("a session at %s", (row, { model = "m-1", authority }) => {
  test("is opened with these headers and no others, and answered with those and no others", async () => {
    const path = `realtime?model=${model}`;
    const headers = { ...UPGRADE, "x-bt-endpoint-name": nameOf(row) };
    const server = await namesBack({ path, headers: { ...headers, ...AS_SERVER } });
    const toProvider = [...provider.seen.values()];
    provider.seen.clear();
    const offered = { "sec-websocket-protocol": `realtime, openai-insecure-api-key.${KEY}, openai-organization.org-1` };
    const browser = await namesBack({ path, headers: { ...CALLERS, ...headers, ...offered } });
    expect(toProvider).toEqual([sorted(HANDSHAKE, authority)]);
    expect([...provider.seen.values()]).toEqual(toProvider);
    expect(server).toEqual({ status: 101, names: sorted(SWITCHED) });
    expect(browser).toEqual({ status: 101, names: sorted(SWITCHED, OF_BROWSERS, ["sec-websocket-protocol"]) });
  });
});

const OFFER = "v=0\r\no=- 7 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";
const live = JSON.stringify({ session: { model: "m-1" }, transport: { type: "webrtc", sdp: OFFER } });
const calling = speaking.flatMap(([row, rest]) => {
  const found = providers().find(({ id }) => row.split(",")[0] === id)?.realtime;
  return [
    ...(found?.calls ? [["realtime/calls?model=m-1", row, rest, "application/sdp", OFFER, ["location"]] as const] : []),
    ...(found?.live ? [["live/sessions", row, rest, "application/json", live, []] as const] : []),
  ];
});

test.each(calling)("%s at %s has these headers and no others", async (path, row, { authority }, type, body, more) => {
  const headers = { "content-type": type, "x-bt-endpoint-name": nameOf(row) };
  const server = await namesBack({ path, headers: { ...headers, ...AS_SERVER }, body });
  const toProvider = [...provider.seen.values()];
  provider.seen.clear();
  const browser = await namesBack({ path, headers: { ...CALLERS, ...headers, ...AS_SERVER }, body });
  expect(toProvider).toEqual([sorted(FIELDS, authority)]);
  expect([...provider.seen.values()]).toEqual(toProvider);
  const status = path === "live/sessions" ? 200 : 201;
  expect(server).toEqual({ status, names: sorted(["content-type"], more, OURS) });
  expect(browser).toEqual({ status, names: sorted(["content-type"], more, OURS, OF_BROWSERS) });
});
