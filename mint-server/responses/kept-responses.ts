import type { Partition, PartitionOf } from "../cache/partitions.ts";
import { toBase64url } from "../contract/bytes.ts";
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

/** The first of a provider's names that is not marked as this caller's. @throws where the shelf cannot be asked */
export async function findUnmarked(
  { shelf, partitionOf }: KeptResponses,
  caller: Caller,
  ids: readonly string[],
): Promise<string | undefined> {
  for (let from = 0; from < ids.length; from += MOST_AT_ONCE) {
    const some = ids.slice(from, from + MOST_AT_ONCE);
    const places = await Promise.all(some.map((id) => placeOf(partitionOf, caller, ["mark", id])));
    const sealed = await shelf.get(places.map(({ place }) => place));
    const opened = await Promise.all(places.map((place, at) => opens(place, sealed[at])));
    const unmarked = opened.indexOf(false);
    if (unmarked >= 0) return some[unmarked];
  }
  return undefined;
}

/** Names that are looked up in one call: most conversations need no second one. */
const MOST_AT_ONCE = 256;

/** A whole response, or a name that a provider gave. */
type What = readonly [kind: "id" | "mark", id: string];

type Placed = Awaited<ReturnType<typeof placeOf>>;

/** Seals a body under its caller's keys and puts it on the shelf. Never throws: an answer is not lost for it. */
export async function putSealed(
  { shelf, partitionOf, ttlSeconds }: KeptResponses,
  caller: Caller,
  { what, body }: { readonly what: What; readonly body: Uint8Array<ArrayBuffer> },
): Promise<void> {
  const { partition, place } = await placeOf(partitionOf, caller, what);
  const createdMs = Date.now();
  const expiresMs = createdMs + ttlSeconds * 1000;
  const entry = { createdMs, expiresMs, status: 200, headers: {}, model: "", form: "whole", body } as const;
  const { sealKey: key, kid } = partition;
  await shelf.put(place, await sealEntry(entry, { key, kid, name: place.name }), expiresMs).catch(() => {});
}

async function opens({ partition, place }: Placed, sealed: Uint8Array<ArrayBuffer> | undefined): Promise<boolean> {
  return sealed !== undefined && (await open({ partition, place }, sealed)) !== undefined;
}

function open({ partition: { sealKey: key, kid }, place }: Placed, sealed: Uint8Array<ArrayBuffer>) {
  return openEntry(sealed, { key, kid, name: place.name, nowMs: Date.now() });
}

/** The response of an id, if it is the caller's and still kept. Never throws. */
export async function findResponse(
  { shelf, partitionOf }: KeptResponses,
  caller: Caller,
  id: string,
): Promise<KeptResponse | undefined> {
  const placed = await placeOf(partitionOf, caller, ["id", id]);
  const [sealed] = await shelf.get([placed.place]).catch(() => []);
  if (!sealed) return undefined;
  const entry = await open(placed, sealed);
  return entry && (parse(new TextDecoder().decode(entry.body)) as unknown as KeptResponse);
}

/** First field of every name: no answer in the cache is called so. */
const VERSION = "mintgate/response/1";

/** A subject's own, even where members share the cache. */
async function placeOf(
  partitionOf: PartitionOf,
  caller: Caller,
  what: What,
): Promise<{ readonly partition: Partition; readonly place: ShelfPlace }> {
  const partition = await partitionOf(caller);
  const named = async (...fields: string[]): Promise<string> => {
    const text = joinFields([VERSION, ...partition.scope, "", caller.subject, ...fields]);
    return toBase64url(new Uint8Array(await crypto.subtle.sign("HMAC", partition.nameKey, text)));
  };
  const [owner, name] = await Promise.all([named("owner"), named(...what)]);
  return { partition, place: { caller, owner, name } };
}
