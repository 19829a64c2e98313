import { eventsOf } from "../support/event-stream.ts";
import type { Listener } from "../wire/support/listeners.ts";
import { at, deltaIn, parse, textOf, wholeText } from "./said.ts";

/** What a caller got. */
export interface Got {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
  /** The connection broke before the end of the body. */
  readonly isBroken: boolean;
}

/** What a caller can make of it. */
export type Verdict =
  | { readonly kind: "full"; readonly text: string }
  | { readonly kind: "error"; readonly said: string }
  /** A whole answer whose connection broke: there is no other way to say so after its head. */
  | { readonly kind: "broken off" }
  | { readonly kind: "wrong"; readonly why: string; readonly isGarbled?: true };

type Body = Record<string, unknown>;

interface SentEvent {
  readonly event?: string | undefined;
  readonly data: string;
}

const wrong = (why: string) => ({ kind: "wrong", why }) as const;

/** Reads an answer as an SDK of its schema does, only more strictly. */
export function verdictOf(got: Got, listener: Listener, stream: boolean): Verdict {
  const stray = [...got.headers.keys()].find((name) =>
    /^(set-cookie|clear-site-data|location|content-encoding)$/.test(name),
  );
  if (stray) return wrong(`it has a header ${stray}`);
  if (got.status >= 400) return errorAnswer(got);
  if (got.status !== 200) return wrong(`status ${got.status}`);
  const type = got.headers.get("content-type") ?? "";
  if (!/^(application\/json|text\/event-stream)/.test(type)) return wrong(`content type ${type}`);
  if (!stream || listener === "google's array") return wholeAnswer(got, listener);
  return type.startsWith("text/event-stream") ? streamAnswer(got, listener) : wrong(`a stream of ${type}`);
}

function errorAnswer({ body, isBroken }: Got): Verdict {
  const parsed = parse(body);
  const { error } = (parsed ?? {}) as { error?: { message?: unknown } };
  if (isBroken || typeof error?.message !== "string") return wrong(`an error without words: ${body.slice(0, 200)}`);
  return { kind: "error", said: body };
}

function wholeAnswer({ body, isBroken }: Got, listener: Listener): Verdict {
  if (isBroken) return { kind: "broken off" };
  const parsed = parse(body);
  if (listener === "google's array") return arrayAnswer(parsed, body);
  if (parsed === undefined || Array.isArray(parsed)) return wrong(`no JSON: ${body.slice(0, 200)}`);
  if ((parsed as Body).error) return wrong("an error inside 200");
  const text = wholeText(parsed, listener);
  return text === undefined ? wrong(`no answer: ${body.slice(0, 200)}`) : { kind: "full", text };
}

function arrayAnswer(parsed: unknown, body: string): Verdict {
  if (!Array.isArray(parsed)) return wrong(`no array: ${body.slice(-200)}`);
  const events = parsed.map((item): SentEvent => ({ data: JSON.stringify(item) }));
  return eventsVerdict(events, "google's array");
}

function streamAnswer({ body, isBroken }: Got, listener: Listener): Verdict {
  if (isBroken) return wrong(`broken off after ${JSON.stringify(body.slice(-100))}`);
  return eventsVerdict(eventsOf(body), listener);
}

function eventsVerdict(events: readonly SentEvent[], listener: Listener): Verdict {
  const last = events.at(-1);
  if (!last) return wrong("nothing");
  const errors = events.filter((event) => isError(event));
  const isEnded = events.some((event) => endsWhole(event, listener));
  if (errors.length > 0) {
    if (errors.length > 1 || !isError(last)) return wrong("something after an error");
    return isEnded && !listener.startsWith("google")
      ? wrong("an error after the end")
      : { kind: "error", said: last.data };
  }
  if (!isEnded) return wrong(`no end: ${JSON.stringify(last).slice(0, 200)}`);
  const unreadable = events.find(({ data }) => data !== "[DONE]" && parse(data) === undefined);
  if (unreadable) return { ...wrong(`an event that is no JSON: ${unreadable.data.slice(0, 200)}`), isGarbled: true };
  return { kind: "full", text: events.map(({ data }) => deltaIn(parse(data), listener)).join("") };
}

function isError({ event, data }: SentEvent): boolean {
  const body = parse(data) as Body | undefined;
  return event === "error" || body?.type === "error" || Boolean(body?.error);
}

function endsWhole({ data }: SentEvent, listener: Listener): boolean {
  if (listener === "chat" || listener === "completions") return data === "[DONE]";
  const body = parse(data);
  if (listener === "anthropic") return at(body, "type") === "message_stop";
  if (listener === "responses") return /^response\.(completed|incomplete)$/.test(textOf(at(body, "type")));
  return at(body, "candidates", 0, "finishReason") !== undefined;
}
