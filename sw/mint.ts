import { type CredentialClaims, type IssuedCredential, readCredential } from "../mint-server/contract/credential.ts";
import { HEADER } from "../mint-server/contract/headers.ts";
import { fieldsOf } from "./messages.ts";
import type { ProofKey } from "./proof.ts";
import { type Line, send } from "./send.ts";
import type { Settings } from "./settings.ts";

/** A fresh credential with what it says about itself. */
export interface Minted {
  readonly value: string;
  readonly claims: CredentialClaims;
  /** How old it was when it came here, in milliseconds: more than 0 if another tab had minted it. */
  readonly ageMs: number;
}

/** Why there is no credential. */
export type MintFailure =
  /** The session door said no; its answer is for the page. */
  | { readonly kind: "refused"; readonly status: number; readonly headers: [string, string][]; readonly body: string }
  | { readonly kind: "offline" }
  /** Something answered that is not a session door. */
  | { readonly kind: "misconfigured" };

export type MintResult =
  | { readonly ok: true; readonly minted: Minted }
  | { readonly ok: false; readonly failure: MintFailure };

/** Gets a credential that is bound to `proofKey`. `avoid`: one that was refused, and must not come back. */
export type Mint = (proofKey: ProofKey, avoid: string | undefined) => Promise<MintResult>;

interface MintDoor {
  readonly settings: Settings;
  readonly line: Line;
  /** The app's ID token, if it has one. */
  readonly idToken: () => Promise<string | undefined>;
}

/** Mints at the mint-server's session door (`POST …/credentials/session`). */
export function createMint({ settings, line, idToken }: MintDoor): Mint {
  return async (proofKey) => {
    const token = settings.askSession ? await idToken() : undefined;
    const headers = new Headers({ "content-type": "application/json" });
    if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
    if (settings.org !== undefined) headers.set(HEADER.orgName, settings.org);
    const url = `${settings.mintServer}/credentials/session`;
    const body = JSON.stringify(settings.template === undefined ? {} : { template: settings.template });
    const plain = { url, method: "POST", headers, body, proofKey, ath: undefined, signal: undefined };
    try {
      return await readAnswer(await send(line, { ...plain, cookies: "include" }));
    } catch {
      return { ok: false, failure: { kind: "offline" } };
    }
  };
}

async function readAnswer(response: Response): Promise<MintResult> {
  const body = await response.text();
  const isJson = /^application\/json\b/.test(response.headers.get("content-type") ?? "");
  if (!response.ok && isJson) {
    return { ok: false, failure: { kind: "refused", status: response.status, headers: [...response.headers], body } };
  }
  // A page of HTML with 502 is a proxy's word that the mint-server is away.
  if (response.status >= 500) return { ok: false, failure: { kind: "offline" } };
  const minted = isJson ? readIssued(parse(body)) : undefined;
  return minted ? { ok: true, minted } : { ok: false, failure: { kind: "misconfigured" } };
}

/** Narrows the session door's answer; `undefined` if it is no credential. */
function readIssued(answer: unknown): Minted | undefined {
  const { key }: Partial<Record<keyof IssuedCredential, unknown>> = fieldsOf(answer);
  return typeof key === "string" ? toMinted(key, 0) : undefined;
}

/** A credential with its claims; `undefined` if it is none. */
export function toMinted(value: string, ageMs: number): Minted | undefined {
  const claims = readCredential(value);
  return claims && claims.exp > claims.iat ? { value, claims, ageMs } : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
