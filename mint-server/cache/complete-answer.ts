import type { ModelEndpoint, SchemaId } from "../contract/endpoints.ts";
import { createEventParser } from "../contract/event-parser.ts";
import { createStreamJudge } from "../contract/sse.ts";
import { isObject, type Json, parse } from "../wire/read.ts";
import { inspectChoices, inspectResponses } from "./inspect-openai.ts";
import { inspectAnthropic, inspectGoogle } from "./inspect-others.ts";

/** Looks through an answer, body by body: a stream's events, or the one body of a whole answer. */
export interface Inspector {
  see(body: Json): void;
  /** Whether what was seen is an answer with nothing missing. */
  isWhole(): boolean;
}

/** An answer that has come to its end. */
export interface EndedAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Whether a stream's terminal marker was seen; of any other answer, whether all of it came. */
  readonly isComplete: boolean;
}

/**
 * Whether an answer may be given again: a success that is whole. Every choice has its reason to end, what it calls tools with is
 * JSON, and nothing in it is an error. One that was cut at its limit, or that a filter or the model refused, is whole.
 */
export function isStorable(endpoint: ModelEndpoint, { status, headers, body, isComplete }: EndedAnswer): boolean {
  if (status !== 200 || !isComplete) return false;
  const text = decode(body);
  const inspector = inspectorOf(endpoint);
  if (text === undefined || !inspector) return false;
  const type = headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase();
  if (type === "text/event-stream") return isWholeStream(text, endpoint, inspector);
  return type === "application/json" && isWholeJson(text, inspector);
}

function isWholeStream(text: string, { terminal }: ModelEndpoint, inspector: Inspector): boolean {
  const judge = createStreamJudge(terminal);
  let isSound = true;
  const parser = createEventParser({
    onEvent({ event, data }) {
      judge.see(event, data);
      if (data.trim() === "[DONE]") return;
      const body = parse(data);
      if (event === "error" || !isObject(body) || isError(body)) isSound = false;
      else inspector.see(body);
    },
  });
  parser.feed(text);
  return judge.state === "complete" && isSound && inspector.isWhole();
}

/** One body, or Gemini's list of those that its stream would have sent. */
function isWholeJson(text: string, inspector: Inspector): boolean {
  const value = parse(text);
  for (const body of Array.isArray(value) ? (value as readonly unknown[]) : [value]) {
    if (!isObject(body) || isError(body)) return false;
    inspector.see(body);
  }
  return inspector.isWhole();
}

function isError({ error, type }: Json): boolean {
  return Boolean(error) || type === "error";
}

function inspectorOf({ schema, path }: ModelEndpoint): Inspector | undefined {
  if (path.endsWith(":countTokens")) return inspectMembers(["totalTokens"]);
  return schema !== "openai" || path === "moderations" ? INSPECTORS[schema]() : undefined;
}

const INSPECTORS: Readonly<Record<SchemaId, () => Inspector>> = {
  chat: inspectChoices,
  completions: inspectChoices,
  responses: inspectResponses,
  anthropic: inspectAnthropic,
  google: inspectGoogle,
  embeddings: () => inspectMembers(["data"]),
  "google-embeddings": () => inspectMembers(["embedding", "embeddings"]),
  openai: () => inspectMembers(["results"]),
};

/** For answers that come at once: one of these members is what was asked for. */
function inspectMembers(names: readonly string[]): Inspector {
  let isWhole = false;
  return {
    see(body) {
      isWhole = names.some((name) => (Array.isArray(body[name]) ? body[name].length > 0 : body[name] != null));
    },
    isWhole: () => isWhole,
  };
}

function decode(body: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(body);
  } catch {
    return undefined;
  }
}
