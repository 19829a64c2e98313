import { createHash } from "node:crypto";
import { compileConfig } from "../../mint-server/config.ts";
import { findModelEndpoint } from "../../mint-server/contract/endpoints.ts";
import { createProofVerifier } from "../../mint-server/credentials/proof.ts";
import { createArrayObservation } from "../../mint-server/metering/array-stream.ts";
import { readModelRequest } from "../../mint-server/model-request.ts";
import { SettingsError } from "../../mint-server/settings-error.ts";
import { createDpopClient } from "../support/dpop.ts";
import { bytesOf, type FuzzTarget, jsonIn, jsonSeeds, sizeOf, textOf } from "./target.ts";

const MAIN = "https://mint.example";
const PATH = "/v1/proxy/models";
const client = await createDpopClient();
const soundProof = await client.proof("POST", MAIN + PATH, { credential: "a.b.c", nonce: "now" });
const verifier = createProofVerifier({
  current: async () => "now",
  accepts: (nonce) => nonce === "now",
  use: () => true,
});

const proof: FuzzTarget = {
  name: "proof",
  seeds: [bytesOf(soundProof)],
  async run(input) {
    const text = textOf(input);
    const ath = createHash("sha256").update("a.b.c").digest("base64url");
    const target = { method: "POST", path: PATH, publicURLs: [MAIN], ath, jkt: client.jkt, now: Date.now() };
    const verified = await verifier.verify(text, target);
    if (verified.ok && text !== soundProof) throw new Error("a forged proof is taken");
    return sizeOf(verified);
  },
};

function endpointAt(path: string) {
  const endpoint = findModelEndpoint(path)?.endpoint;
  if (!endpoint) throw new Error(`no endpoint ${path}`);
  return endpoint;
}

const BOUNDARY = "fuzzfuzz";
const part = (name: string, rest: string, value: string): string =>
  `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${rest}\r\n\r\n${value}\r\n`;

const multipart: FuzzTarget = {
  name: "multipart",
  seeds: [
    bytesOf(
      `${part("model", "", "whisper-1")}${part("stream", "", "true")}${part("file", '; filename="a.wav"', "RIFF")}--${BOUNDARY}--\r\n`,
    ),
  ],
  async run(input) {
    const request = new Request(`${MAIN}/v1/audio/transcriptions`, {
      method: "POST",
      headers: { "content-type": `multipart/form-data; boundary=${BOUNDARY}` },
      body: input,
    });
    const read = await readModelRequest(request, {
      endpoint: endpointAt("audio/transcriptions"),
      maxBodyBytes: 65_536,
    });
    return read.ok ? sizeOf(read.value.body) : sizeOf(read.failure);
  },
};

const body: FuzzTarget = {
  name: "request-body",
  seeds: jsonSeeds({
    model: "m",
    messages: [{ role: "user", content: "T" }],
    stream: true,
    n: 1,
    stop: ["a"],
    seed: 1,
  }),
  async run(input) {
    const headers = { "content-type": "application/json" };
    const request = new Request(`${MAIN}/v1/chat/completions`, { method: "POST", headers, body: input });
    const read = await readModelRequest(request, { endpoint: endpointAt("chat/completions"), maxBodyBytes: 65_536 });
    return read.ok ? sizeOf(read.value.body) : sizeOf(read.failure);
  },
};

const ENDPOINT = {
  name: "e",
  provider: "openai",
  apiKey: "sk-0123456789",
  baseURL: "https://p.example/v1",
  models: ["m"],
};
const SESSIONS = {
  authorize: { type: "anonymous" },
  ttlSeconds: 60,
  models: ["gpt-4o*"],
  limits: { usd: 0.1, per: "day" },
};

const config: FuzzTarget = {
  name: "config",
  seeds: jsonSeeds(
    {
      default: {
        keys: ["a-project-key-0123456789"],
        origins: ["https://app.example"],
        endpoints: [ENDPOINT],
        sessions: SESSIONS,
      },
    },
    {
      a: {
        endpoints: [{ ...ENDPOINT, provider: "azure", azure: { deployments: { m: "d" } }, headers: { "x-a": "b" } }],
      },
    },
    {
      b: {
        endpoints: [ENDPOINT],
        templates: { t: { endpoint: "chat/completions", body: { model: "m" }, allow: ["messages"] } },
      },
    },
  ),
  run(input) {
    try {
      const orgs = jsonIn(input);
      const secrets = ["c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldC0xMjM0NQ"];
      return compileConfig({ secrets, publicURLs: [MAIN], orgs: orgs as never }).orgs.size;
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      if (/\n/.test(error.message)) throw new Error("more than one line", { cause: error });
      return error.message.length;
    }
  },
};

const elements = [
  { candidates: [{ content: { parts: [{ text: "[{}]" }] } }] },
  { candidates: [{ finishReason: "STOP" }] },
];

/** Of whatever was said, what was handed on is one JSON array. */
const array: FuzzTarget = {
  name: "gemini-array",
  seeds: jsonSeeds(elements, []),
  run(input) {
    const observation = createArrayObservation({ kind: "candidates" });
    let text = "";
    for (let at = 0; at < input.length; at += 11) text += observation.feed(input.subarray(at, at + 11));
    text += observation.end();
    if (!Array.isArray(JSON.parse(text.replace(/^\uFEFF/, "")))) throw new Error("no array");
    return text.length;
  },
};

export const SERVER_TARGETS: readonly FuzzTarget[] = [proof, multipart, body, config, array];
