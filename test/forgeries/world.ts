import { createDpopClient, type DpopClient } from "../support/dpop.ts";
import { createForger, type Forger } from "../support/forgeries.ts";
import type { RawRequest } from "../support/raw-request.ts";
import { CALLERS_KEY, type Rig } from "../support/rig.ts";

/** What a forger of credentials has at hand: genuine ones, the server's own signing key, and keys of others. */
export interface World {
  /** The server's origin, which issues and is the audience. */
  readonly issuer: string;
  readonly forger: Forger;
  readonly stranger: Forger;
  /** The holder of the bound credentials, and someone else. */
  readonly holder: DpopClient;
  readonly other: DpopClient;
  /** Genuine credentials. */
  readonly bearer: string;
  readonly bound: string;
  readonly secondBound: string;
  readonly othersBound: string;
  /** With a provider's key sealed in. */
  readonly sealed: string;
  /** Genuine but for their revocation: bearer and bound. */
  readonly revoked: readonly string[];
  readonly revokedBound: readonly string[];
  /** A proof that was used, over and over the same. */
  readonly usedProof: string;
}

/** One forged request, ready to be sent, and what may be said of it. */
export interface Attempt {
  readonly headers: RawRequest["headers"] & object;
  /** Codes of errors with which it may be refused. */
  readonly codes: readonly string[];
}

export const CREDENTIAL_CODES = ["invalid_token", "missing_credential", "invalid_api_key"] as const;

export const CHAT_PATH = "/v1/proxy/chat/completions";

export async function createWorld(rig: Rig): Promise<World> {
  const issuer = rig.server.url;
  const [holder, other] = await Promise.all([createDpopClient(), createDpopClient()]);
  const keyOf = async (order: object = {}, authorization?: string) => (await rig.issue(order, authorization)).key;
  const bound = await keyOf({ jkt: holder.jkt, ttl_seconds: 86_400 });
  const revoked = [await keyOf(), await keyOf({ subject: "gone" })];
  const revokedBound = [await keyOf({ jkt: holder.jkt }), await keyOf({ jkt: holder.jkt, subject: "gone" })];
  for (const credential of [revoked[0], revokedBound[0]]) await revoke(rig, { jti: claimsOf(credential ?? "").jti });
  await revoke(rig, { subject: "gone" });
  await refreshNonce({ issuer, holder, other, bound });
  const usedProof = await holder.proof("POST", issuer + CHAT_PATH, { credential: bound, nonce: holder.nonce });
  return {
    issuer,
    forger: await createForger(rig.secret, issuer),
    stranger: await createForger(Buffer.from("another secret, of thirty-two by").toString("base64url"), issuer),
    holder,
    other,
    bearer: await keyOf({ ttl_seconds: 86_400 }),
    bound,
    secondBound: await keyOf({ jkt: holder.jkt, ttl_seconds: 86_400 }),
    othersBound: await keyOf({ jkt: other.jkt, ttl_seconds: 86_400 }),
    sealed: await keyOf({ ttl_seconds: 86_400 }, `Bearer ${CALLERS_KEY}`),
    revoked,
    revokedBound,
    usedProof,
  };
}

async function revoke(rig: Rig, target: object): Promise<void> {
  const answer = await rig.post("credentials/revoke", target);
  if (!answer.ok) throw new Error(`not revoked: ${answer.status} ${await answer.text()}`);
}

/** Takes the server's nonce of now, so that forged proofs fail for what is forged. */
export async function refreshNonce(world: Pick<World, "issuer" | "holder" | "other" | "bound">): Promise<void> {
  const { issuer, holder, other, bound } = world;
  const answer = await holder.fetch(`${issuer}/v1/proxy/models`, { credential: bound });
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`the genuine credential was refused: ${answer.status}`);
  other.nonce = holder.nonce;
}

export type Json = Record<string, unknown>;

export const encode = (value: unknown): string =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

export const decode = (segment: string): Json => JSON.parse(Buffer.from(segment, "base64url").toString()) as Json;

export const claimsOf = (credential: string): Json => decode(credential.split(".")[1] ?? "");

/** Header and claims as they are given, under the signature of this keyring's key. */
export async function signAs({ keyring }: Forger, header: unknown, claims: unknown): Promise<string> {
  const input = `${encode(header)}.${encode(claims)}`;
  const signature = await crypto.subtle.sign("Ed25519", keyring.current.privateKey, Buffer.from(input));
  return `${input}.${Buffer.from(signature).toString("base64url")}`;
}

/** Header and claims without a flaw. */
export function soundParts({ issuer }: World, { keyring }: Forger): { readonly header: Json; readonly claims: Json } {
  const now = Math.floor(Date.now() / 1000);
  return {
    header: { alg: "EdDSA", typ: "mintgate+jwt", kid: keyring.current.kid },
    claims: {
      iss: issuer,
      aud: issuer,
      sub: "forged",
      iat: now,
      exp: now + 600,
      jti: crypto.randomUUID(),
      grant: { org: "default" },
    },
  };
}

/** A proof of the holder's without a flaw, for any credential. */
export function soundProof({ holder, issuer }: World, credential: string): Promise<string> {
  return holder.proof("POST", issuer + CHAT_PATH, { credential, nonce: holder.nonce });
}

/** The fullest authority that a credential can be sent with: as it is bound, with a proof that fits. */
export async function presented(world: World, credential: string, isBound: boolean): Promise<Attempt["headers"]> {
  return isBound
    ? { authorization: `DPoP ${credential}`, dpop: await soundProof(world, credential) }
    : { authorization: `Bearer ${credential}` };
}
