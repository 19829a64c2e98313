import { toBase64url, utf8 } from "../contract/bytes.ts";
import { joinFields } from "../contract/fields.ts";
import { derive } from "../credentials/keys.ts";
import type { Caller } from "../credentials/verify.ts";

/** One part of the cache: what is stored in it can be found and opened by its own callers only. */
export interface Partition {
  /** Whose it is, for the names of answers. */
  readonly scope: readonly string[];
  /** Names answers: HMAC with SHA-256. */
  readonly nameKey: CryptoKey;
  /** Seals and opens them: AES-256-GCM. */
  readonly sealKey: CryptoKey;
  /** Id of the secret from which the keys were derived. */
  readonly kid: string;
}

/** Finds a caller's partition. */
export type PartitionOf = (caller: Caller) => Promise<Partition>;

const MAX_REMEMBERED_PARTITIONS = 4096;
const KEY_BYTES = 32;

/**
 * Derives each partition's keys from the oldest secret, so that a caller keeps its cache while two secrets are live, and where
 * it is a provider key's, from that key too: whoever has the secret and the storage still cannot open it.
 *
 * @param secrets newest first
 */
export async function createPartitions(secrets: readonly Uint8Array<ArrayBuffer>[]): Promise<PartitionOf> {
  const oldest = secrets.at(-1);
  if (!oldest) throw new TypeError("a cache needs at least one secret");
  const root = await crypto.subtle.importKey("raw", await derive(oldest, "cache"), "HKDF", false, ["deriveBits"]);
  const kid = toBase64url((await derive(oldest, "cache-kid")).subarray(0, 6));
  const known = new Map<string, Partition>();
  return async (caller) => {
    const scope = scopeOf(caller);
    const id = JSON.stringify(scope);
    const found = known.get(id);
    if (found) return found;
    const made = { scope, kid, ...(await deriveKeys(root, scope, caller.providerKey ?? "")) };
    if (known.size >= MAX_REMEMBERED_PARTITIONS) known.clear();
    known.set(id, made);
    return made;
  };
}

/** A provider key's own, or that of a subject for whom it issued; else a subject's within its organisation, or all of that. */
function scopeOf({ org, ledger, subject }: Caller): readonly string[] {
  if (!org) return ["provider-key", ledger, subject];
  return org.sharesCache ? ["org", org.name] : ["subject", org.name, subject];
}

async function deriveKeys(
  root: CryptoKey,
  scope: readonly string[],
  providerKey: string,
): Promise<Pick<Partition, "nameKey" | "sealKey">> {
  const info = joinFields(["mintgate/v1/cache-partition", ...scope]);
  const parameters = { name: "HKDF", hash: "SHA-256", salt: utf8(providerKey), info };
  const bits = await crypto.subtle.deriveBits(parameters, root, 2 * KEY_BYTES * 8);
  const [named, sealed] = [bits.slice(0, KEY_BYTES), bits.slice(KEY_BYTES)];
  const [nameKey, sealKey] = await Promise.all([
    crypto.subtle.importKey("raw", named, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]),
    crypto.subtle.importKey("raw", sealed, "AES-GCM", false, ["encrypt", "decrypt"]),
  ]);
  return { nameKey, sealKey };
}
