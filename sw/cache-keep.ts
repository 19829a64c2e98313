import { cacheName } from "../mint-server/contract/cache-key.ts";
import { type CacheEntry, sealEntry } from "../mint-server/contract/envelope.ts";
import { HEADER } from "../mint-server/contract/headers.ts";
import { isWorthKeeping } from "./cache-answer.ts";
import type { Asked } from "./cache-question.ts";
import type { Recording } from "./cache-recording.ts";
import { type Shelf, STORE_MS } from "./cache-shelf.ts";
import { entryId } from "./cache-store.ts";
import { within } from "./within.ts";

/** An answer of status 200 that has ended complete. */
export interface Ending {
  readonly asked: Asked;
  /** Whose credential it was asked with. */
  readonly subject: string;
  readonly recording: Recording;
  readonly headers: Headers;
}

/** What an entry takes beyond its bytes. */
const OVERHEAD_BYTES = 512;

/** Keeps an answer, if it is worth it. Resolves when it can be found; the store may take longer. */
export async function keepAnswer(shelf: Shelf, { asked, subject, recording, headers }: Ending): Promise<void> {
  const { keyring, recent, writing, store, now } = shelf;
  // Its age counts from its end, however long keys and sealing take.
  const nowMs = now();
  const recorded = recording.finish();
  const isEvents = /^text\/event-stream\b/i.test(headers.get("content-type") ?? "");
  // Whoever has signed out, or in, since it was asked does not find it.
  if (!recorded || !keyring.isOf(subject) || !isWorthKeeping(recorded.body, isEvents)) return;
  const keys = await keyring.current();
  if (!keys || !keyring.isOf(subject)) return;
  // From the edge's cache it comes with an age.
  const createdMs = nowMs - (Number.parseInt(headers.get("age") ?? "", 10) || 0) * 1000;
  const expiresMs = createdMs + asked.orders.ttlSeconds * 1000;
  if (expiresMs <= nowMs) return;
  const entry: CacheEntry = {
    createdMs,
    expiresMs,
    status: 200,
    headers: keptHeaders(headers),
    model: asked.question.model,
    form: isEvents ? "stream" : "whole",
    body: recorded.body,
    ...(isEvents && { pace: recorded.pace }),
  };
  const name = await cacheName(keys.naming, asked.question);
  const bytes = await sealEntry(entry, { key: keys.sealing, kid: keys.kid, name });
  if (!keyring.isLive(keys)) return;
  const id = entryId(keys.kid, name);
  const sizeBytes = bytes.length + OVERHEAD_BYTES;
  recent.set(id, bytes);
  writing.set(id, bytes);
  const put = () => store.put(id, { bytes, createdMs, expiresMs, usedAtMs: nowMs, sizeBytes });
  void within(put, STORE_MS).then(() => {
    if (writing.get(id) === bytes) writing.delete(id);
  });
}

function keptHeaders(headers: Headers): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of ["content-type", HEADER.usedEndpoint]) {
    const value = headers.get(name);
    if (value !== null) kept[name] = value;
  }
  return kept;
}
