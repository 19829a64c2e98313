import { expect } from "vitest";
import { createTranslation } from "../../../mint-server/wire/translation.ts";
import { eventsIn, type SentEvent } from "./clients.ts";
import { asTold } from "./collect.ts";
import { schemas, wires } from "./formats.ts";
import { createStamp } from "./samples.ts";
import type { ModelledStream } from "./streams.ts";

/** A caller who reads a stream in one of the ways there are. */
export const LISTENERS = ["chat", "completions", "responses", "anthropic", "google", "google's array"] as const;
export type Listener = (typeof LISTENERS)[number];

/** What a caller is told of a provider's bytes, however these are split; all of it, one text for each piece and the end. */
export function tell(
  { wire, request: asked }: Pick<ModelledStream, "wire" | "request">,
  listener: Listener,
  pieces: Iterable<Uint8Array>,
): readonly string[] {
  const request = { ...asked, isArray: listener === "google's array" };
  const decoder = wires[wire].createStreamDecoder(request);
  const schema = schemas[listener === "google's array" ? "google" : listener];
  const encoder = schema.createStreamEncoder(request, createStamp());
  const translation = createTranslation({ framing: wires[wire].framing, decoder, encoder, clean: asTold });
  const told = Array.from(pieces, (piece) => translation.feed(piece));
  return [...told, translation.end()];
}

/** A stream's events; those of an array are its items. */
export function toldEvents(text: string, listener: Listener): readonly SentEvent[] {
  if (listener !== "google's array") return eventsIn(text);
  return (JSON.parse(text) as unknown[]).map((body) => ({ data: JSON.stringify(body) }));
}

/** Whether an event is the schema's way to say that the stream failed. */
export function isError({ event, data }: SentEvent, listener: Listener): boolean {
  const body = data === "[DONE]" ? {} : (JSON.parse(data) as { type?: unknown; error?: unknown });
  if (listener === "responses") return body.type === "error";
  if (listener.startsWith("google")) return body.error !== undefined;
  return event === "error" && body.error !== undefined;
}

/** Whether an event is the schema's way to say that the stream is whole. */
export function isTerminal({ data }: SentEvent, listener: Listener): boolean {
  switch (listener) {
    case "chat":
    case "completions":
      return data === "[DONE]";
    case "responses":
      return /^\{"type":"response\.(completed|incomplete)"/.test(data);
    case "anthropic":
      return data.startsWith('{"type":"message_stop"');
    default:
      return data.includes('"finishReason"');
  }
}

interface ChatChunk {
  readonly choices: readonly {
    readonly index: number;
    readonly delta?: { readonly tool_calls?: readonly { index: number; id?: string }[] };
  }[];
}

/** That ids, model and time are the same in all events, and that items are counted as the schema counts them. */
export function expectConsistent(events: readonly SentEvent[], listener: Listener): void {
  const spoken = events.filter((event) => event.data !== "[DONE]" && !isError(event, listener));
  const bodies = spoken.map(({ data }) => JSON.parse(data) as Record<string, unknown>);
  const distinct = (values: readonly unknown[]): number => new Set(values.filter((v) => v !== undefined)).size;
  switch (listener) {
    case "chat":
    case "completions":
      for (const field of ["id", "model", "created", "object"]) {
        expect(bodies.every((body) => body[field] !== undefined)).toBe(true);
        expect(distinct(bodies.map((body) => body[field]))).toBeLessThanOrEqual(1);
      }
      expectCallsCounted(bodies as unknown as readonly ChatChunk[]);
      break;
    case "responses": {
      const responses = bodies.flatMap(({ response }) => (response ? [response as Record<string, unknown>] : []));
      for (const field of ["id", "model", "created_at"])
        expect(distinct(responses.map((body) => body[field]))).toBeLessThanOrEqual(1);
      expect(events.map(({ data }) => (JSON.parse(data) as { sequence_number: number }).sequence_number)).toEqual([
        ...events.keys(),
      ]);
      const added = bodies.filter(({ type }) => type === "response.output_item.added");
      expect(added.map(({ output_index }) => output_index)).toEqual([...added.keys()]);
      expect(distinct(added.map(({ item }) => (item as { id: string }).id))).toBe(added.length);
      break;
    }
    case "anthropic": {
      const started = bodies.filter(({ type }) => type === "content_block_start");
      expect(started.map(({ index }) => index)).toEqual([...started.keys()]);
      expect(spoken.every(({ event }, at) => event === bodies[at]?.type)).toBe(true);
      expect(bodies.filter(({ type }) => type === "message_start").length).toBe(bodies.length > 0 ? 1 : 0);
      break;
    }
    default:
      for (const field of ["responseId", "modelVersion"])
        expect(distinct(bodies.map((body) => body[field]))).toBeLessThanOrEqual(1);
  }
}

/** A call's id and name come once, with its first piece; calls count from 0 in each choice. */
function expectCallsCounted(chunks: readonly ChatChunk[]): void {
  const begun = new Map<number, number>();
  for (const { index, delta } of chunks.flatMap(({ choices }) => choices)) {
    for (const call of delta?.tool_calls ?? []) {
      const count = begun.get(index) ?? 0;
      if (call.id === undefined) expect(call.index).toBeLessThan(count);
      else {
        expect(call.index).toBe(count);
        begun.set(index, count + 1);
      }
    }
  }
}
