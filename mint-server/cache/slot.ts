import { utf8 } from "../contract/bytes.ts";
import type { CacheOrders } from "../contract/cache-rules.ts";
import type { ModelEndpoint } from "../contract/endpoints.ts";
import { type CacheEntry, type EnvelopeKey, openEntry, sealEntry } from "../contract/envelope.ts";
import { HEADER } from "../contract/headers.ts";
import { lazy } from "../wire/lazy.ts";
import { asObject } from "../wire/read.ts";
import type { CachedAnswer, CacheParts, CacheSlot, FinishedAnswer } from "./edge-cache.ts";
import { within } from "./within.ts";

/** What a request says about its place, and about the answer that it wants from there. */
export interface Place {
  readonly seal: EnvelopeKey;
  readonly orders: CacheOrders;
  /** When it was asked, in milliseconds since the epoch. */
  readonly now: number;
  readonly endpoint: ModelEndpoint;
  readonly model: string;
  readonly form: CacheEntry["form"];
  /** Canonical JSON of the stream's options, if there are any. */
  readonly streamOptions: string | undefined;
}

/** Largest envelope that is stored, in bytes. */
const MAX_SEALED_BYTES = 2 * 1024 * 1024;
/** How long a store may take before its answer is not waited for; what is left of 100 ms is for opening it. */
const READ_DEADLINE_MS = 90;
const WRITE_DEADLINE_MS = 10_000;
/** KV forgets as slowly: what was replaced or deleted elsewhere is seen here after a minute. */
const MEMORY_MS = 60_000;

const completeness = lazy(() => import("./complete-answer.ts"));
const otherForms = lazy(() => import("../wire/other-form.ts"));

export function createSlot(place: Place, parts: CacheParts): CacheSlot {
  const { counters } = parts;
  return {
    name: place.seal.name,
    async find() {
      if (!place.orders.read) return undefined;
      const found = await lookUp(place, parts).catch(() => {
        counters.errors += 1;
        return undefined;
      });
      counters[found ? "hits" : "misses"] += 1;
      return found;
    },
    async keep(answer, refuse) {
      await store({ answer, refuse }, place, parts).catch(() => {
        counters.errors += 1;
      });
    },
  };
}

async function lookUp(place: Place, parts: CacheParts): Promise<CachedAnswer | undefined> {
  const { name } = place.seal;
  const remembered = parts.memory.get(name, place.now);
  const entry = (remembered && (await usable(remembered, place, parts))) ?? (await fromStore(place, parts));
  return entry && inForm(entry, place);
}

async function fromStore(place: Place, parts: CacheParts): Promise<CacheEntry | undefined> {
  const { name } = place.seal;
  parts.memory.drop(name);
  const stored = await within(READ_DEADLINE_MS, () => parts.store.get(name));
  if (stored === null) return undefined;
  // Nothing as long was stored: it is not worth a look.
  const bytes = new Uint8Array(stored.byteLength > MAX_SEALED_BYTES ? new ArrayBuffer() : stored);
  const entry = await usable(bytes, place, parts);
  if (entry) parts.memory.put(name, bytes, Math.min(entry.expiresMs, place.now + MEMORY_MS));
  return entry;
}

/** What an envelope holds, if it is genuine and as new as the request wants it. */
async function usable(
  bytes: Uint8Array<ArrayBuffer>,
  { seal, orders, now }: Place,
  { counters }: CacheParts,
): Promise<CacheEntry | undefined> {
  // At no time of its own: what has expired is genuine.
  const entry = await openEntry(bytes, { ...seal, nowMs: 0 });
  if (!entry) counters.invalid += 1;
  const maxAgeMs = (orders.maxAgeSeconds ?? Number.POSITIVE_INFINITY) * 1000;
  return entry && entry.expiresMs > now && now - entry.createdMs <= maxAgeMs ? entry : undefined;
}

async function inForm(entry: CacheEntry, place: Place): Promise<CachedAnswer | undefined> {
  const { status, headers, createdMs } = entry;
  const age = String(Math.max(0, Math.floor((place.now - createdMs) / 1000)));
  if (entry.form === place.form && entry.streamOptions === place.streamOptions) {
    return { status, headers: { ...headers, age }, body: entry.body };
  }
  const body = await convert(entry, place);
  const contentType = place.form === "stream" ? "text/event-stream" : "application/json";
  return body && { status, headers: { ...headers, "content-type": contentType, age }, body };
}

/** By way of the whole answer, also from a stream to one with other options. */
async function convert(
  { form, body }: CacheEntry,
  { endpoint, form: wanted, streamOptions }: Place,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { streamOf, wholeOf } = await otherForms();
  const text = new TextDecoder().decode(body);
  const whole = form === "stream" ? wholeOf(endpoint.schema, text) : text;
  const includeUsage = asksForUsage(streamOptions);
  const result = whole === undefined || wanted === "whole" ? whole : streamOf(endpoint.schema, whole, { includeUsage });
  return result === undefined ? undefined : utf8(result);
}

function asksForUsage(streamOptions: string | undefined): boolean {
  return streamOptions !== undefined && asObject(JSON.parse(streamOptions))?.include_usage === true;
}

interface Keeping {
  readonly answer: FinishedAnswer;
  readonly refuse: (() => void) | undefined;
}

async function store(
  { answer, refuse }: Keeping,
  place: Place,
  { memory, store: to, clock }: CacheParts,
): Promise<void> {
  const { orders, endpoint, model, form, streamOptions, seal } = place;
  const { status, headers, body } = answer;
  if (!orders.write || body.length > MAX_SEALED_BYTES) return refuse?.();
  const { isStorable } = await completeness();
  if (!isStorable(endpoint, answer)) return refuse?.();
  const createdMs = clock();
  const entry: CacheEntry = {
    createdMs,
    expiresMs: createdMs + orders.ttlSeconds * 1000,
    status,
    headers: pick(headers, ["content-type", HEADER.usedEndpoint]),
    model,
    form,
    ...(streamOptions !== undefined && { streamOptions }),
    body,
  };
  const sealed = await sealEntry(entry, seal);
  if (sealed.length > MAX_SEALED_BYTES) return;
  memory.put(seal.name, sealed, Math.min(entry.expiresMs, createdMs + MEMORY_MS));
  await within(WRITE_DEADLINE_MS, () => to.put(seal.name, sealed, orders.ttlSeconds));
}

function pick(headers: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = headers[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}
