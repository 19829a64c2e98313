import type { Caller } from "../credentials/verify.ts";

/** Objects among which an organisation's answers are spread. */
const SHARDS = 16;

/** Whose answers a caller can come back for: a subject's within its organisation, or with its provider key. */
function ownerOf({ org, ledger, subject }: Caller): string {
  return JSON.stringify([org ? "org" : "key", ledger, subject]);
}

/** What one caller's `Idempotency-Key` is known by. */
export function markKeyOf(caller: Caller, idempotencyKey: string): string {
  return `${ownerOf(caller)}\n${idempotencyKey}`;
}

/** Names of the objects that may have a caller's answers. */
export function shardsOf(caller: Caller): readonly string[] {
  if (!caller.org?.sharesCache) return [shardOf(caller, undefined)];
  return Array.from({ length: SHARDS }, (_, shard) => `${caller.ledger}:${shard}`);
}

/** The object that has an answer: always the same for one subject, or where members share the cache, for one question. */
export function shardOf(caller: Caller, cacheName: string | undefined): string {
  const by = (caller.org?.sharesCache ? cacheName : undefined) ?? ownerOf(caller);
  return `${caller.ledger}:${hash(by) % SHARDS}`;
}

/** FNV-1a over UTF-16 units: only to spread. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return value >>> 0;
}
