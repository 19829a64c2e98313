import { describe, expect, test } from "vitest";
import { compileConfig } from "../../mint-server/config.ts";
import { addressOf } from "../../mint-server/providers/address.ts";
import type { Endpoint, UpstreamCall } from "../../mint-server/providers/provider.ts";

type Call = Omit<UpstreamCall, "baseURL" | "options">;

function endpointOf(endpoint: object): Endpoint {
  const { orgs } = compileConfig({
    secrets: ["0WZ1vN3kq6mB8xTt5yJcR2eLhUaGpSdFi4oQwX7zKsY"],
    publicURLs: ["https://mint.example"],
    orgs: { default: { endpoints: [{ name: "it", provider: "custom", apiKey: "k", ...endpoint }] } },
  });
  const [compiled] = orgs.get("default")?.endpoints ?? [];
  if (!compiled) throw new Error("no endpoint");
  return compiled;
}

const vertexAt = (location: string, more: object = {}) =>
  endpointOf({ provider: "vertex", google: { project: "acme-1", location }, ...more });
const bedrockIn = (region: string) => endpointOf({ provider: "bedrock", aws: { region } });
const call = (wire: Call["wire"], path: string, model: string, stream = false): Call => ({ wire, path, model, stream });
const ANTHROPIC = endpointOf({ provider: "anthropic" });
const GOOGLE = endpointOf({ provider: "google" });
const VERTEX = vertexAt("europe-west1");
const BEDROCK = bedrockIn("us-east-1");
const CUSTOM = endpointOf({
  baseURL: "https://models.example/base/",
  customModels: { c: { flavor: "chat", format: "anthropic" } },
});

const GEMINI = "https://generativelanguage.googleapis.com/v1beta/models";
const PLACE = "https://europe-west1-aiplatform.googleapis.com/v1/projects/acme-1/locations/europe-west1";
const MODELS = "https://bedrock-runtime.us-east-1.amazonaws.com/model";

describe("calls go where each API has them", () => {
  test.each<[string, Endpoint, Call, string]>([
    ["Claude", ANTHROPIC, call("anthropic", "messages", "claude-x"), "https://api.anthropic.com/v1/messages"],
    [
      "Claude's count of tokens",
      ANTHROPIC,
      call("anthropic", "messages/count_tokens", "claude-x"),
      "https://api.anthropic.com/v1/messages/count_tokens",
    ],
    ["Gemini", GOOGLE, call("google", "generateContent", "gemini-2.5-pro"), `${GEMINI}/gemini-2.5-pro:generateContent`],
    [
      "Gemini's stream of events",
      GOOGLE,
      call("google", "streamGenerateContent", "gemini-2.5-pro", true),
      `${GEMINI}/gemini-2.5-pro:streamGenerateContent?alt=sse`,
    ],
    [
      "Gemini's array of answers",
      GOOGLE,
      call("google", "streamGenerateContent", "gemini-2.5-pro"),
      `${GEMINI}/gemini-2.5-pro:streamGenerateContent`,
    ],
    ["Gemini by its full name", GOOGLE, call("google", "countTokens", "models/g"), `${GEMINI}/g:countTokens`],
    ["many embeddings", GOOGLE, call("google", "batchEmbedContents", "e"), `${GEMINI}/e:batchEmbedContents`],
    [
      "Gemini on Vertex",
      VERTEX,
      call("google", "streamGenerateContent", "gemini-2.5-pro", true),
      `${PLACE}/publishers/google/models/gemini-2.5-pro:streamGenerateContent?alt=sse`,
    ],
    [
      "embeddings on Vertex",
      VERTEX,
      call("google", "predict", "text-embedding-005"),
      `${PLACE}/publishers/google/models/text-embedding-005:predict`,
    ],
    [
      "Claude on Vertex",
      VERTEX,
      call("anthropic", "messages", "claude-opus-4@20250514"),
      `${PLACE}/publishers/anthropic/models/claude-opus-4%4020250514:rawPredict`,
    ],
    [
      "Claude's stream on Vertex, by its full name",
      VERTEX,
      call("anthropic", "messages", "publishers/anthropic/models/claude-x", true),
      `${PLACE}/publishers/anthropic/models/claude-x:streamRawPredict`,
    ],
    [
      "Claude's count of tokens on Vertex",
      VERTEX,
      call("anthropic", "messages/count_tokens", "claude-x"),
      `${PLACE}/publishers/anthropic/models/count-tokens:rawPredict`,
    ],
    [
      "open models on Vertex",
      VERTEX,
      call("openai", "chat/completions", "meta/llama-4-maas"),
      `${PLACE}/endpoints/openapi/chat/completions`,
    ],
    [
      "Bedrock",
      BEDROCK,
      call("bedrock", "converse", "amazon.nova-pro-v1:0"),
      `${MODELS}/amazon.nova-pro-v1%3A0/converse`,
    ],
    [
      "Bedrock's stream, by an ARN",
      BEDROCK,
      call("bedrock", "converse-stream", "arn:aws:bedrock:us-east-1:1:inference-profile/us.x-v1:0", true),
      `${MODELS}/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fus.x-v1%3A0/converse-stream`,
    ],
    ["Bedrock's embeddings", BEDROCK, call("bedrock", "invoke", "amazon.t-v2:0"), `${MODELS}/amazon.t-v2%3A0/invoke`],
    [
      "a Claude-like model of one's own",
      CUSTOM,
      call("anthropic", "messages", "c"),
      "https://models.example/base/v1/messages",
    ],
    [
      "a Gemini-like model of one's own",
      CUSTOM,
      call("google", "generateContent", "c"),
      "https://models.example/base/v1beta/models/c:generateContent",
    ],
    [
      "Responses",
      endpointOf({ provider: "xai" }),
      call("responses", "responses", "m"),
      "https://api.x.ai/v1/responses",
    ],
    [
      "a Claude-like model beside deployments of Azure's",
      endpointOf({ provider: "azure", baseURL: "https://acme.example/anthropic" }),
      call("anthropic", "messages", "c"),
      "https://acme.example/anthropic/v1/messages",
    ],
  ])("%s", (_, endpoint, upstreamCall, expected) => {
    expect(addressOf(endpoint, upstreamCall)).toBe(expected);
  });

  test.each([
    ["global", "https://aiplatform.googleapis.com"],
    ["us", "https://aiplatform.us.rep.googleapis.com"],
    ["eu", "https://aiplatform.eu.rep.googleapis.com"],
    ["us-central1", "https://us-central1-aiplatform.googleapis.com"],
  ])("Vertex has its own host for the location %s", (location, base) => {
    expect(addressOf(vertexAt(location), call("google", "generateContent", "g"))).toBe(
      `${base}/v1/projects/acme-1/locations/${location}/publishers/google/models/g:generateContent`,
    );
  });

  test("a base URL takes the host's place, and the path stays", () => {
    const vertex = vertexAt("europe-west1", { baseURL: "https://mine.example/v" });
    expect(addressOf(vertex, call("google", "generateContent", "g"))).toBe(
      "https://mine.example/v/v1/projects/acme-1/locations/europe-west1/publishers/google/models/g:generateContent",
    );
    const bedrock = endpointOf({ provider: "bedrock", baseURL: "https://mine.example/b/" });
    expect(addressOf(bedrock, call("bedrock", "converse", "m:0"))).toBe("https://mine.example/b/model/m%3A0/converse");
  });

  test("no call is made for a model that only a page or a function answers", () => {
    expect(addressOf(CUSTOM, call("window", "chat/completions", "c"))).toBeUndefined();
    expect(addressOf(CUSTOM, call("js", "chat/completions", "c"))).toBeUndefined();
  });
});

describe("a model's name is one part of a path", () => {
  const plain: readonly (readonly [string, Endpoint, Call])[] = [
    ["google", GOOGLE, call("google", "generateContent", "m")],
    ["vertex", VERTEX, call("google", "generateContent", "m")],
    ["Claude on vertex", VERTEX, call("anthropic", "messages", "m")],
    ["bedrock", BEDROCK, call("bedrock", "converse", "m")],
    ["custom", CUSTOM, call("google", "generateContent", "m")],
  ];
  const hostile = [
    "..",
    ".",
    "",
    "a/../../b",
    "models/../x",
    "models/..",
    "publishers/google/models/..",
    "publishers/anthropic/models/..",
    "%2e%2e/%2e%2e",
    "m:delete?x=",
    "a?key=1",
    "a#b",
    "a\\..\\b",
    "//evil.test/",
    "@evil.test",
    "a b",
    "a\nb",
    "a'(b)*!",
    "modèle",
    "\ud800",
    "constructor",
  ];

  test.each(plain)("%s", (_, endpoint, upstreamCall) => {
    const usual = addressOf(endpoint, upstreamCall) ?? "";
    const [before, after] = usual.split(/\/m(?=[:/])/);
    let refused = 0;
    for (const model of hostile) {
      const address = addressOf(endpoint, { ...upstreamCall, model });
      if (address === undefined) {
        refused++;
        continue;
      }
      expect(address.startsWith(`${before}/`) && address.endsWith(`${after}`)).toBe(true);
      expect(new URL(address).href).toBe(address);
      const name = address.slice(`${before}/`.length, address.length - `${after}`.length);
      expect(name).toMatch(/^([\w.~-]|%[0-9A-F]{2})+$/);
    }
    expect(refused).toBeGreaterThanOrEqual(4);
    expect(refused).toBeLessThan(hostile.length / 2);
  });

  test("changes nothing where no path holds it", () => {
    expect(addressOf(ANTHROPIC, call("anthropic", "messages", "../../x"))).toBe(
      "https://api.anthropic.com/v1/messages",
    );
  });
});
