import { sha256Base64url } from "../mint-server/contract/bytes.ts";
import type { CredentialClaims } from "../mint-server/contract/credential.ts";
import type { KeyStore } from "./key-store.ts";
import type { Mint, Minted, MintFailure } from "./mint.ts";
import type { ProofKey } from "./proof.ts";

/** A credential in use. Only ever in memory. */
export interface HeldCredential {
  readonly value: string;
  /** What a proof says of it (RFC 9449 §4.2). */
  readonly ath: string;
  readonly proofKey: ProofKey;
  /** Whose it is, within which organisation. */
  readonly subject: string;
}

export type CredentialResult =
  | { readonly ok: true; readonly credential: HeldCredential }
  | { readonly ok: false; readonly failure: MintFailure };

/** The one credential of this worker or page. */
export interface Credentials {
  /** The credential, minted if need be; callers that meet share one mint. Renewed ahead of time, in the background. */
  get(): Promise<CredentialResult>;
  /** Says that the server no longer takes this one. */
  drop(value: string): void;
  /** Forgets credential and key, and deletes the key for every tab. */
  signOut(): Promise<void>;
  /** Forgets credential and key, since another tab has signed out. */
  forget(): void;
}

export interface CredentialsOptions {
  readonly keys: KeyStore;
  readonly mint: Mint;
  /** Milliseconds on a clock that only goes forward: a device's wrong date does no harm. */
  readonly now: () => number;
  /** Called before the credential is used. */
  readonly onMint: (event: { type: "mint" | "renew"; claims: CredentialClaims; tookMs: number }) => void;
  /** The session door said that this user may not have one. */
  readonly onRefused?: () => void;
}

/** Part of its life after which a credential is renewed, and after which it is no longer sent. */
export const RENEW_AT = 0.8;
const EXPIRED_AT = 0.98;

interface State {
  held?: HeldCredential & { readonly bornMs: number; readonly lifeMs: number };
  minting?: Promise<CredentialResult>;
  refused?: string;
}

/** Keeps one credential: single flight, renewal at 80 % of its life, measured on `now` and its own `exp - iat`. */
export function createCredentials(options: CredentialsOptions): Credentials {
  // Signing out replaces the whole state, so a mint that is under way cannot bring the old user's credential back.
  let state: State = {};
  const renew = () => {
    const current = state;
    current.minting ??= mintInto(current, options).finally(() => {
      delete current.minting;
    });
    return current.minting;
  };
  const forget = () => {
    state = {};
  };
  return {
    async get() {
      const { held } = state;
      if (!held) return renew();
      const age = (options.now() - held.bornMs) / held.lifeMs;
      if (age >= EXPIRED_AT) return renew();
      // Its failure does not matter as long as the old one is good; the next call tries again.
      if (age >= RENEW_AT) void renew().catch(() => undefined);
      return { ok: true, credential: held };
    },
    drop(value) {
      if (state.held?.value !== value) return;
      state.refused = value;
      delete state.held;
    },
    async signOut() {
      forget();
      await options.keys.clear();
    },
    forget() {
      forget();
      options.keys.forget();
    },
  };
}

async function mintInto(state: State, options: CredentialsOptions): Promise<CredentialResult> {
  const { keys, mint, now, onMint, onRefused } = options;
  const type = state.held ? "renew" : "mint";
  const startedMs = now();
  const proofKey = await keys.load();
  const result = await mint(proofKey, state.refused);
  if (!result.ok) {
    if (isNoEntry(result.failure)) onRefused?.();
    return result;
  }
  const held = await hold(result.minted, proofKey, now());
  state.held = held;
  onMint({ type, claims: result.minted.claims, tookMs: now() - startedMs });
  return { ok: true, credential: held };
}

function isNoEntry(failure: MintFailure): boolean {
  return failure.kind === "refused" && (failure.status === 401 || failure.status === 403);
}

/** A credential's subject, which is one only within its organisation. */
export function subjectOf({ sub, grant }: CredentialClaims): string {
  return JSON.stringify([grant.org, sub]);
}

async function hold({ value, claims, ageMs }: Minted, proofKey: ProofKey, nowMs: number) {
  const lifeMs = (claims.exp - claims.iat) * 1000;
  const ath = await sha256Base64url(value);
  return { value, proofKey, subject: subjectOf(claims), ath, bornMs: nowMs - ageMs, lifeMs };
}
