import { type CryptoKey, exportJWK, importJWK, importPKCS8, type JWK } from "jose";
import { sha256Base64url, toBase64url, utf8 } from "../contract/bytes.ts";

/** A key that signs credentials, or that checks those signed before a rotation. */
interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly publicJwk: JWK;
}

/** Everything derived from `MINT_SECRET`: nothing of it is stored anywhere. */
export interface Keyring {
  /** Signs new credentials: from the newest secret. */
  readonly current: SigningKey;
  /** Checks credentials, by `kid`: one for each live secret. */
  readonly publicKeys: ReadonlyMap<string, CryptoKey>;
  /** What `/.well-known/jwks.json` shows. */
  readonly jwks: { readonly keys: readonly JWK[] };
  /** Seals provider keys into credentials, by `kid`; the current signing key's comes first. */
  readonly sealKeys: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  /** Makes nonces. */
  readonly nonceKey: CryptoKey;
  /** Names a key's holder without showing the key. */
  readonly partitionKey: CryptoKey;
}

/** DER around the 32 bytes of an Ed25519 private key (RFC 8410 §7). */
const PKCS8_PREFIX = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20);

/** Derives every key from the secrets, newest first, each under a label of its own (HKDF, RFC 5869). */
export async function deriveKeyring(secrets: readonly Uint8Array<ArrayBuffer>[]): Promise<Keyring> {
  const keys = await Promise.all(
    secrets.map(async (secret) => ({ signing: await deriveSigningKey(secret), seal: await derive(secret, "seal") })),
  );
  const [[newest], [first]] = [secrets, keys];
  if (!newest || !first) throw new TypeError("a keyring needs at least one secret");
  return {
    current: first.signing,
    publicKeys: new Map(keys.map(({ signing }) => [signing.kid, signing.publicKey])),
    jwks: { keys: keys.map(({ signing }) => signing.publicJwk) },
    sealKeys: new Map(keys.map(({ signing, seal }) => [signing.kid, seal])),
    nonceKey: await hmacKey(newest, "nonce"),
    // From the oldest secret: a caller keeps its subject while two secrets are live.
    partitionKey: await hmacKey(secrets.at(-1) ?? newest, "partition"),
  };
}

/** A stable name for whoever holds a key. Nothing about the key can be guessed from it. */
export async function holderOf(keyring: Keyring, apiKey: string): Promise<string> {
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", keyring.partitionKey, utf8(apiKey)));
  return `key:${toBase64url(mac.subarray(0, 16))}`;
}

async function deriveSigningKey(secret: Uint8Array<ArrayBuffer>): Promise<SigningKey> {
  const seed = await derive(secret, "sign");
  const der = new Uint8Array([...PKCS8_PREFIX, ...seed]);
  const pem = `-----BEGIN PRIVATE KEY-----\n${btoa(String.fromCharCode(...der))}\n-----END PRIVATE KEY-----`;
  const { kty, crv, x } = await exportJWK(await importPKCS8(pem, "EdDSA", { extractable: true }));
  if (kty !== "OKP" || crv === undefined || x === undefined) throw new TypeError("not an Ed25519 key");
  const kid = await sha256Base64url(JSON.stringify({ crv, kty, x }));
  const publicJwk: JWK = { kty, crv, x, kid, alg: "EdDSA", use: "sig" };
  return {
    kid,
    privateKey: await importPKCS8(pem, "EdDSA"),
    publicKey: (await importJWK({ kty, crv, x }, "EdDSA")) as CryptoKey,
    publicJwk,
  };
}

/** 32 bytes of a secret under a label (HKDF, RFC 5869). */
export async function derive(secret: Uint8Array<ArrayBuffer>, label: string): Promise<Uint8Array<ArrayBuffer>> {
  const key = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  const parameters = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info: utf8(`mintgate/v1/${label}`) };
  return new Uint8Array(await crypto.subtle.deriveBits(parameters, key, 256));
}

async function hmacKey(secret: Uint8Array<ArrayBuffer>, label: string): Promise<CryptoKey> {
  const bytes = await derive(secret, label);
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
}
