import type { APIError } from "openai";
import { HEADER } from "../../mint-server/contract/headers.ts";
import { loadSdk } from "./sdk.ts";
import type { Problem } from "./types.ts";

type Known = Omit<Problem, "detail">;

const byCode: Readonly<Record<string, Known>> = {
  insufficient_scope: {
    sentence: "Your temporary credential does not cover this model.",
    advice: "Choose another model, or ask whoever runs this server to allow it.",
    remedy: "model",
  },
  session_key_pinned: {
    sentence: "This session is already in use by another browser key.",
    advice: "Sign out in the other window, or choose “Forget everything here” in Settings, then ask again.",
    remedy: "settings",
  },
  invalid_token: {
    sentence: "Your temporary credential is no longer valid.",
    advice: "Ask again: a new one is issued by itself.",
    remedy: "retry",
  },
  unpriced_model: {
    sentence: "Spending is limited here, and this model has no known price.",
    advice: "Choose another model.",
    remedy: "model",
  },
  mint_server_not_found: {
    sentence: "What answers here is not the mint-server.",
    advice: "Whoever runs this server should look at its address.",
    remedy: "retry",
  },
  insecure_origin: {
    sentence: "This page was opened over an insecure connection, where browsers make no keys.",
    advice: "Open it over https, or on localhost.",
    remedy: "retry",
  },
  queued: {
    sentence: "This question waits for the server.",
    advice:
      "It is sealed in this browser’s outbox, is sent as soon as the server answers again, and its answer appears here.",
    remedy: "wait",
  },
  stream_truncated: {
    sentence: "The answer broke off before it was complete.",
    advice: "Ask again.",
    remedy: "retry",
  },
};

const byStatus: Readonly<Record<number, Known>> = {
  400: {
    sentence: "The model refused the request.",
    advice: "Check the settings, or change the question.",
    remedy: "settings",
  },
  401: {
    sentence: "The server did not accept this browser.",
    advice: "Ask again; if it stays, reload the page.",
    remedy: "retry",
  },
  402: {
    sentence: "Your limit is used up.",
    advice: "The Usage page shows which one. Your conversations stay here.",
    remedy: "usage",
  },
  403: {
    sentence: "This is not allowed with your temporary credential.",
    advice: "Choose another model.",
    remedy: "model",
  },
  404: { sentence: "This model does not exist on this server.", advice: "Choose another model.", remedy: "model" },
  413: {
    sentence: "The conversation has become too long to send.",
    advice: "Start a new conversation.",
    remedy: "settings",
  },
  429: { sentence: "Too many questions in a short time.", advice: "Wait a moment, then ask again.", remedy: "retry" },
  502: {
    sentence: "The provider of this model failed.",
    advice: "Ask again, or choose another model.",
    remedy: "retry",
  },
  503: {
    sentence: "No provider of this model is available right now.",
    advice: "Ask again later, or choose another model.",
    remedy: "model",
  },
  504: { sentence: "The provider took too long.", advice: "Ask again.", remedy: "retry" },
};

const offline: Known = {
  sentence: "The server could not be reached.",
  advice: "The question is kept here. It can wait in this browser and be sent by itself as soon as the server is back.",
  remedy: "queue",
};

/** What became of a request, for the person. */
export interface Failure {
  readonly problem: Problem;
  /** The id under which a question waits, if that is why there is no answer. */
  readonly queued?: string;
  /** As the SDK has it; absent where something else failed. */
  readonly refusal?: APIError;
}

/** A failure in words for the person; the server's own message is added where it says more. */
export async function describeFailure(error: unknown): Promise<Failure> {
  const sdk = await loadSdk().catch(() => undefined);
  // It is loaded before the first request, so a page without it never reached its server.
  if (!sdk) return { problem: offline };
  if (!(error instanceof sdk.APIError)) return { problem: PAGE_FAILED };
  if (error instanceof sdk.APIConnectionError || error.code === "offline") return { problem: offline, refusal: error };
  const detail = error.code === "queued" ? "" : [error.status, error.code].filter(Boolean).join(" · ");
  const queued = error.headers?.get(HEADER.outbox);
  return { problem: { ...known(error), ...(detail && { detail }) }, refusal: error, ...(queued && { queued }) };
}

const PAGE_FAILED: Problem = {
  sentence: "Something went wrong in this page.",
  advice: "Ask again; if it stays, reload the page.",
  remedy: "retry",
};

function known(error: APIError): Known {
  const entry = byCode[error.code ?? ""] ?? byStatus[error.status ?? 0];
  if (error.status === 429) return { ...byStatus[429], ...waitAdvice(error.headers) } as Known;
  if (entry && error.status !== 400) return entry;
  const message = serverMessage(error);
  if (error.param === "temperature") {
    return {
      sentence: "This model accepts no temperature of your choice.",
      advice: "Set it to automatic in Settings, then ask again.",
      remedy: "settings",
    };
  }
  if (entry) return message ? { ...entry, advice: message } : entry;
  return { sentence: "The answer failed.", advice: message ?? "Ask again.", remedy: "retry" };
}

function waitAdvice(headers: Headers | undefined): Partial<Known> {
  const seconds = Number(headers?.get("retry-after"));
  return seconds > 0 ? { advice: `Ask again in ${Math.ceil(seconds)} ${seconds > 1 ? "seconds" : "second"}.` } : {};
}

/** The server’s own words, where they are short enough to show. */
export function serverMessage(error: APIError): string | undefined {
  const body: unknown = error.error;
  if (typeof body !== "object" || body === null || !("message" in body)) return undefined;
  return typeof body.message === "string" && body.message.length < 300 ? body.message : undefined;
}
