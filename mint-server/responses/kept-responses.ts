import type { Partition, PartitionOf } from "../cache/partitions.ts";
import { toBase64url, utf8 } from "../contract/bytes.ts";
import { openEntry, sealEntry } from "../contract/envelope.ts";
import { joinFields } from "../contract/fields.ts";
import type { Caller } from "../credentials/verify.ts";
import { type Json, parse } from "../wire/read.ts";
import type { ResponseShelf, ShelfPlace } from "./shelf.ts";

/** Where responses are kept, and for how long. */
export interface KeptResponses {
  readonly shelf: ResponseShelf;
  readonly partitionOf: PartitionOf;
  readonly ttlSeconds: number;
  /** Keeps whoever answers alive until it is done. */
  readonly waitUntil: ((promise: Promise<unknown>) => void) | undefined;
}

/** What a response was an answer to, and what it said. */
export interface KeptResponse {
  /** The whole conversation before it; absent where that was too long to be kept. */
  readonly input?: readonly unknown[];
  readonly output: readonly Json[];
}

/** Beyond that, a conversation is not kept; a row of a Durable Object's database has 2 MB. */
const MAX_KEPT_BYTES = 1024 * 1024;

/** Seals a response under its caller's keys and puts it on the shelf. Never throws: an answer is not lost for it. */
export async function keepResponse(
  { shelf, partitionOf, ttlSeconds }: KeptResponses,
  caller: Caller,
  response: KeptResponse & { readonly id: string },
): Promise<void> {
  const body = bodyOf(response);
  if (!body) return;
  const { partition, place } = await placeOf(partitionOf, caller, response.id);
  const createdMs = Date.now();
  const expiresMs = createdMs + ttlSeconds * 1000;
  const entry = { createdMs, expiresMs, status: 200, headers: {}, model: "", form: "whole", body } as const;
  const { sealKey: key, kid } = partition;
  await shelf.put(place, await sealEntry(entry, { key, kid, name: place.name }), expiresMs).catch(() => {});
}

/** The response of an id, if it is the caller's and still kept. Never throws. */
export async function findResponse(
  { shelf, partitionOf }: KeptResponses,
  caller: Caller,
  id: string,
): Promise<KeptResponse | undefined> {
  const { partition, place } = await placeOf(partitionOf, caller, id);
  const sealed = await shelf.get(place).catch(() => undefined);
  if (!sealed) return undefined;
  const { sealKey: key, kid } = partition;
  const entry = await openEntry(sealed, { key, kid, name: place.name, nowMs: Date.now() });
  return entry && (parse(new TextDecoder().decode(entry.body)) as unknown as KeptResponse);
}

function bodyOf({ input, output }: KeptResponse): Uint8Array<ArrayBuffer> | undefined {
  const whole = utf8(JSON.stringify({ input, output }));
  if (whole.length <= MAX_KEPT_BYTES) return whole;
  const said = utf8(JSON.stringify({ output }));
  return said.length <= MAX_KEPT_BYTES ? said : undefined;
}

/** First field of every name: no answer in the cache is called so. */
const VERSION = "mintgate/response/1";

/** A subject's own, even where members share the cache. */
async function placeOf(
  partitionOf: PartitionOf,
  caller: Caller,
  id: string,
): Promise<{ readonly partition: Partition; readonly place: ShelfPlace }> {
  const partition = await partitionOf(caller);
  const named = async (...fields: string[]): Promise<string> => {
    const text = joinFields([VERSION, ...partition.scope, "", caller.subject, ...fields]);
    return toBase64url(new Uint8Array(await crypto.subtle.sign("HMAC", partition.nameKey, text)));
  };
  const [owner, name] = await Promise.all([named("owner"), named("id", id)]);
  return { partition, place: { caller, owner, name } };
}
