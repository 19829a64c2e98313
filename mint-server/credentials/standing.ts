import type { Failure } from "../failures.ts";
import type { LedgerClient } from "./ledger-client.ts";
import type { Revocable } from "./revocation-book.ts";

/** A credential in use for something that no budget is set aside for. */
export interface Use extends Revocable {
  /** Name of the ledger on which it counts. */
  readonly ledger: string;
  /** Of a bound credential: names the proof that came with this request. */
  readonly proofId?: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Why a credential may not be used any more, by what its ledger knows; undefined where it may. */
export type Standing = (use: Use) => Promise<Failure | undefined>;

export interface StandingParts {
  readonly ledgerOf: (name: string) => Pick<LedgerClient, "isRevoked" | "reserve">;
  /** Whether this instance knows by itself which proofs were used. */
  readonly isOnlyInstance: boolean;
}

export function createStanding({ ledgerOf, isOnlyInstance }: StandingParts): Standing {
  return async ({ ledger, proofId, now, ...credential }) => {
    const bound = proofId !== undefined;
    if (bound && !isOnlyInstance) return useUp(ledgerOf(ledger), { ...credential, proofId, now });
    const asked = ledgerOf(ledger).isRevoked(credential);
    const revoked = typeof asked === "boolean" ? asked : await asked;
    if (revoked === undefined) return { kind: "ledger_unavailable" };
    return revoked ? { kind: "credential_revoked", bound } : undefined;
  };
}

type Proven = Revocable & { readonly proofId: string; readonly now: number };

/** Instances share their nonces and not what was used of them, so the ledger says who of all came first. */
async function useUp(client: Pick<LedgerClient, "reserve">, use: Proven): Promise<Failure | undefined> {
  const { jti, subject, issuedAt, proofId: id, now } = use;
  const verdict = await client.reserve({ id, jti, subject, issuedAt, now, ...NOTHING });
  if (!verdict) return { kind: "ledger_unavailable" };
  if (verdict.ok) return undefined;
  return verdict.reason === "replayed"
    ? { kind: "invalid_proof", reason: "replayed" }
    : { kind: "credential_revoked", bound: true };
}

const NOTHING = {
  charges: [],
  inputTokens: 0,
  inputMicros: 0,
  outputTokens: 0,
  microsPerOutputToken: 0,
  flexible: false,
} as const;
