import type { CacheStore } from "../../mint-server/cache/cache-store.ts";
import type { CacheSlot, FinishedAnswer } from "../../mint-server/cache/edge-cache.ts";
import type { MintServerConfig } from "../../mint-server/config.ts";
import { utf8 } from "../../mint-server/contract/bytes.ts";
import { findModelEndpoint } from "../../mint-server/contract/endpoints.ts";
import { issueCredential } from "../../mint-server/credentials/issue.ts";
import type { Failure } from "../../mint-server/failures.ts";
import { readModelRequest, resolveAuto } from "../../mint-server/model-request.ts";
import { selectModelRoute } from "../../mint-server/providers/select.ts";
import { createServices, type Services } from "../../mint-server/server.ts";

export const PROJECT_KEY = "project-key-of-the-cache-tests";
export const SHARED_KEY = "project-key-of-an-org-that-shares";
export const OLD_SECRET = "0WZ1vN3kq6mB8xTt5yJcR2eLhUaGpSdFi4oQwX7zKsY";
export const NEW_SECRET = "p3K9sVtq0xN7mC2bYhL5wRjE8uZaGdFi1oTXnQvWkeM";
const PUBLIC_URL = "https://mint.example";

const ENDPOINTS = ["openai", "anthropic", "google"].map((provider) => ({
  name: `${provider}-1`,
  provider,
  apiKey: `sk-of-${provider}`,
}));

/** Two organisations, the second of which shares its cache. */
export function configWith(secrets: readonly string[] = [OLD_SECRET]): MintServerConfig {
  return {
    secrets,
    publicURLs: [PUBLIC_URL],
    orgs: {
      default: { keys: [PROJECT_KEY], endpoints: ENDPOINTS },
      shared: { keys: [SHARED_KEY], endpoints: ENDPOINTS, cache: "org" },
    },
  };
}

/** A store whose content a test can see and change. */
export interface OpenStore extends CacheStore {
  readonly entries: Map<string, Uint8Array<ArrayBuffer>>;
  /** What each entry was to live. */
  readonly ttlSeconds: Map<string, number>;
}

export function openStore(): OpenStore {
  const entries: OpenStore["entries"] = new Map();
  const ttlSeconds: OpenStore["ttlSeconds"] = new Map();
  return {
    entries,
    ttlSeconds,
    get: async (name) => entries.get(name)?.slice().buffer ?? null,
    async put(name, bytes, ttl) {
      entries.set(name, bytes.slice());
      ttlSeconds.set(name, ttl);
    },
  };
}

/** A mint-server's services on a store: another one each time, with a memory of its own. */
export function servicesOn(cache: CacheStore, config = configWith()): Promise<Services> {
  return createServices(config, { cache });
}

export interface Asked {
  /** `Bearer` of it. */
  readonly key?: string;
  /** Below the API's prefix. */
  readonly path?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly asEvents?: boolean;
  readonly now?: number;
}

export const QUESTION = {
  model: "gpt-4o-mini",
  temperature: 0,
  messages: [{ role: "user", content: "Why is a die kept under lock and key?" }],
};

/** The place of a request's answer, by the way that a request takes: authorised, read, routed. */
export async function slotOf(services: Services, asked: Asked = {}): Promise<CacheSlot | undefined> {
  const opened = await openSlot(services, asked);
  if ("failure" in opened) throw new Error(`no place: ${JSON.stringify(opened.failure)}`);
  return opened.slot;
}

/** The same, where there has to be one. */
export async function placeOf(services: Services, asked: Asked = {}): Promise<CacheSlot> {
  const slot = await slotOf(services, asked);
  if (!slot) throw new Error("caching does not apply");
  return slot;
}

export async function openSlot(
  services: Services,
  { key = PROJECT_KEY, path = "chat/completions", body = QUESTION, headers: given, asEvents, now = Date.now() }: Asked,
): Promise<{ readonly slot: CacheSlot | undefined } | { readonly failure: Failure }> {
  const { endpoint, model } = findModelEndpoint(path) ?? fail(path);
  const headers = new Headers({ authorization: `Bearer ${key}`, "content-type": "application/json", ...given });
  const access = { headers, method: "POST", path: `/v1/${path}`, endpoint: endpoint.name, now };
  const caller = await services.authorise(access);
  if (!caller.ok) return caller;
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const request = new Request(`${PUBLIC_URL}/v1/${path}`, { method: "POST", headers, body: text });
  const { maxBodyBytes } = services.config;
  const read = await readModelRequest(request, { endpoint, model, maxBodyBytes, ...(asEvents && { asEvents }) });
  if (!read.ok) return read;
  const route = selectModelRoute(services.config, caller.value, { model: read.value.model, headers });
  if (!route.ok) return route;
  const resolved = resolveAuto(read.value, route.value.facts.flavor);
  if (!resolved.ok) return resolved;
  const asking = { caller: caller.value, request: resolved.value, route: route.value, headers, now };
  const slot = await services.edgeCache?.open(asking);
  if (!slot) throw new Error("there is no edge cache");
  return slot.ok ? { slot: slot.value } : slot;
}

function fail(path: string): never {
  throw new Error(`no endpoint ${path}`);
}

/** What a credential is to be: `by` is the key that issues it, the project key of `default` unless given. */
export interface Order {
  readonly by?: string;
  /** The issuing key's own unless given. */
  readonly subject?: string;
}

/** A new credential; another text each time, even for the same subject. */
export async function credentialFor(services: Services, { by = PROJECT_KEY, subject }: Order = {}): Promise<string> {
  const headers = new Headers({ authorization: `Bearer ${by}` });
  const issuer = await services.authorise({ headers, method: "GET", path: "/", endpoint: undefined, now: Date.now() });
  if (!issuer.ok) throw new Error("the issuing key is not known");
  const { providerKey, grant } = issuer.value;
  const issued = await issueCredential(services.keyring, {
    issuer: PUBLIC_URL,
    subject: subject ?? issuer.value.subject,
    grant: { org: grant.org },
    ttlSeconds: 600,
    ...(providerKey !== undefined && { providerKey }),
    now: Date.now(),
  });
  if (!issued.ok) throw new Error("no credential");
  return issued.value.key;
}

/** A complete chat completion. */
export function completion(content: string): FinishedAnswer {
  return whole({
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1_790_000_000,
    model: "gpt-4o-mini",
    choices: [{ index: 0, message: { role: "assistant", content }, logprobs: null, finish_reason: "stop" }],
    usage: { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 },
  });
}

/** A JSON answer as it comes from an endpoint. */
export function whole(body: unknown): FinishedAnswer {
  return finished(JSON.stringify(body), "application/json");
}

/** An event stream that has come to its end. */
export function stream(text: string): FinishedAnswer {
  return finished(text, "text/event-stream");
}

function finished(text: string, type: string): FinishedAnswer {
  const headers = { "content-type": type, "x-bt-used-endpoint": "openai-1", "x-request-id": "req_1" };
  return { status: 200, headers, body: utf8(text), isComplete: true };
}

/** The text that a place gives, if it gives any. */
export async function textIn(slot: CacheSlot): Promise<string | undefined> {
  const found = await slot.find();
  return found && new TextDecoder().decode(found.body);
}

/** The text of an answer. */
export function textOf({ body }: Pick<FinishedAnswer, "body">): string {
  return new TextDecoder().decode(body);
}
