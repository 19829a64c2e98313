import type { Grant, Limits } from "../mint-server/contract/credential.ts";
import { formatList, formatMs, formatUsd } from "./format.ts";
import { ON_DEVICE } from "./state/app.ts";
import type { Receipt } from "./state/types.ts";

/** One stop of a request's way. `broken`: an error came from here; `missed`: the request never got here. */
export interface Stop {
  readonly name: string;
  readonly role: string;
  readonly state: "planned" | "passed" | "answered" | "missed" | "broken" | "unreached" | "unknown";
}

/** What was asked. `builtIn`: a function of the mint-server. */
interface Model {
  readonly model: string;
  readonly builtIn: boolean;
}

/** How far a request came, and where it was answered. */
export function tellWay(receipt: Receipt, model: Model): Stop[] {
  const reached = reach(receipt, model);
  return listStops(receipt, model).map((stop, at) => ({ ...stop, state: stateAt(at, reached) }));
}

/** The way that a question will take. */
export function planWay(model: Model): Stop[] {
  return listStops({ by: "worker" }, model).map((stop) => ({ ...stop, state: "planned" }));
}

type Seen = Pick<Receipt, "by" | "endpoint">;

function listStops(receipt: Seen, { model, builtIn }: Model): Omit<Stop, "state">[] {
  if (model === ON_DEVICE) {
    return [
      { name: "This page", role: "asks with the plain OpenAI SDK" },
      { name: "Your browser", role: "answers with its own model, and sends nothing" },
    ];
  }
  return [
    { name: "This page", role: "asks with the plain OpenAI SDK, and no key" },
    receipt.by === "worker"
      ? { name: "Service Worker", role: "catches the call and adds the credential" }
      : { name: "This page’s own code", role: "adds the credential, since no worker is in charge yet" },
    { name: "Mint-server", role: "checks the credential, holds the real keys" },
    builtIn
      ? { name: model, role: "built in; looks the answer up" }
      : { name: receipt.endpoint ?? model, role: "the provider, which answers" },
  ];
}

interface Reach {
  /** Index of the last stop that is known to have been reached. */
  readonly last: number;
  readonly end: "answered" | "broken" | "unreached";
}

function reach({ outcome, source, status = 200, endpoint }: Receipt, { model }: Model): Reach {
  if (model === ON_DEVICE) return { last: 1, end: status >= 400 || outcome === "failed" ? "broken" : "answered" };
  if (outcome === "offline") return { last: 2, end: "unreached" };
  if (source === "browser-cache") return { last: 1, end: "answered" };
  if (source === "edge-cache") return { last: 2, end: "answered" };
  if (status >= 400 && status < 500 && !endpoint) return { last: 2, end: "broken" };
  return { last: 3, end: status >= 400 || outcome === "failed" ? "broken" : "answered" };
}

function stateAt(at: number, { last, end }: Reach): Stop["state"] {
  if (at < last) return "passed";
  if (at === last) return end;
  // A refusal does not say whether the provider or the mint-server spoke it.
  return end === "broken" ? "unknown" : "missed";
}

/** What happened, in two or three plain sentences. */
export function tellStory(receipt: Receipt, { model, builtIn }: Model): string {
  const { by, outcome, source, minted, firstByteMs, totalMs } = receipt;
  if (outcome === "offline") return "The question got as far as this browser: the mint-server could not be reached.";
  if (source === "browser-cache") {
    return "Nothing left this browser: it had the answer from before.";
  }
  if (model === ON_DEVICE) {
    if (outcome === "running") return "Your browser’s own model is asked. Nothing leaves this browser.";
    return tellError(receipt) ?? "Nothing left this browser: its own model was asked.";
  }
  const caught =
    by === "worker"
      ? "The Service Worker caught the call"
      : "This page caught its own call, since no Service Worker is in charge yet";
  const credential = minted
    ? `got a temporary credential in ${formatMs(minted.tookMs)}`
    : "added the temporary credential it already had";
  const sent =
    source === "edge-cache"
      ? "The mint-server had the answer in its cache."
      : `The mint-server ${builtIn ? "had its built-in" : "passed it on to"} ${builtIn ? `${model} look it up` : (receipt.endpoint ?? model)}.`;
  return `${caught} and ${credential}. ${tellError(receipt) ?? `${sent} ${tellEnd({ outcome, firstByteMs, totalMs, resumed: receipt.resumed })}`}`.trim();
}

function tellError({ status = 200 }: Receipt): string | undefined {
  return status >= 400 ? `An error came back (${status}).` : undefined;
}

interface End {
  readonly outcome: Receipt["outcome"];
  readonly firstByteMs: number | undefined;
  readonly totalMs: number | undefined;
  readonly resumed: Receipt["resumed"];
}

function tellEnd({ outcome, firstByteMs, totalMs, resumed }: End): string {
  if (outcome === "running") return "The answer is still coming.";
  if (outcome === "cancelled") return "You stopped it, and the connection to the provider was closed at once.";
  if (outcome === "failed") return "The answer did not arrive whole.";
  const broke = resumed ? ` ${tellBreak(resumed)}` : "";
  const first = firstByteMs === undefined ? "" : `The first words came after ${formatMs(firstByteMs)}`;
  if (!first || totalMs === undefined) return first && `${first}.${broke}`;
  return `${first}, the last after ${formatMs(totalMs)}.${broke}`;
}

function tellBreak({ times, position, tookMs }: NonNullable<Receipt["resumed"]>): string {
  const often = times === 1 ? "The connection broke on the way" : `The connection broke ${times} times`;
  return `${often}, and the answer went on ${formatMs(tookMs)} later, from byte ${position.toLocaleString("en")}; the model was asked once.`;
}

/** A grant's models in words. */
export function tellModels({ models }: Grant): string {
  return models
    ? formatList(models.map((model) => (model.endsWith("*") ? `${model.slice(0, -1)}…` : model)))
    : "all of this server";
}

const ENDPOINT_WORDS: Readonly<Record<string, string>> = {
  "chat/completions": "chat",
  completions: "text completion",
  embeddings: "embeddings",
  moderations: "moderation",
  responses: "responses",
  auto: "chat or completion",
  "images/generations": "images",
  "audio/speech": "speech",
  "audio/transcriptions": "transcription",
  models: "list models",
  realtime: "voice",
  messages: "messages (Anthropic)",
  generateContent: "generate content (Gemini)",
  countTokens: "count tokens (Gemini)",
  embedContent: "embed content (Gemini)",
};

/** One endpoint in words. */
export function endpointWord(name: string): string {
  return ENDPOINT_WORDS[name] ?? name;
}

/** A grant's endpoints in words. */
export function tellEndpoints({ endpoints }: Grant): string {
  return endpoints ? formatList(endpoints.map(endpointWord)) : "every kind of request";
}

/** A grant's limits in words, one each. */
export function tellLimits(limits: Limits | undefined): string[] {
  if (!limits) return [];
  const { per = "credential", requestsPerMinute, requests, tokens, usd, maxTokensPerRequest } = limits;
  const { realtimeSeconds, realtimeIdleSeconds, realtimeSessions } = limits;
  const span = per === "total" ? "in all" : per === "credential" ? "with this credential" : `a ${per}`;
  const lines: string[] = [];
  if (requestsPerMinute !== undefined) lines.push(`${count(requestsPerMinute, "request")} a minute`);
  if (requests !== undefined) lines.push(`${count(requests, "request")} ${span}`);
  if (tokens !== undefined) lines.push(`${count(tokens, "token")} ${span}`);
  if (usd !== undefined) lines.push(`${formatUsd(usd)} ${span}`);
  if (realtimeSeconds !== undefined) lines.push(`${count(realtimeSeconds, "second")} of voice ${span}`);
  if (realtimeSessions !== undefined) lines.push(`${count(realtimeSessions, "voice session")} at once`);
  if (realtimeIdleSeconds !== undefined) lines.push(`${count(realtimeIdleSeconds, "second")} of silence`);
  if (maxTokensPerRequest !== undefined) lines.push(`${count(maxTokensPerRequest, "token")} a request`);
  return lines;
}

function count(amount: number, thing: string): string {
  return `${amount.toLocaleString("en")} ${thing}${amount === 1 ? "" : "s"}`;
}
