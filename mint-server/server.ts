import { compileConfig, type MintServerConfig, type ServerConfig } from "./config.ts";
import { deriveKeyring, type Keyring } from "./credentials/keys.ts";
import { createMemoryLedger, type Ledger, type LedgerNamespace } from "./credentials/ledger.ts";
import { createNonceBook } from "./credentials/nonces.ts";
import { createProofVerifier, type ProofVerifier } from "./credentials/proof.ts";
import { createSessionDoor, type SessionDoor } from "./credentials/sessions.ts";
import { type Authoriser, createAuthoriser } from "./credentials/verify.ts";

/** Everything that lives as long as the server: made once, from the configuration alone. */
export interface Services {
  readonly config: ServerConfig;
  readonly keyring: Keyring;
  readonly proofs: ProofVerifier;
  readonly authorise: Authoriser;
  readonly openSession: SessionDoor;
}

/** Checks the configuration at once, and derives the keys. */
export function createServices(config: MintServerConfig, ledgers?: LedgerNamespace): Promise<Services> {
  return startServices(compileConfig(config), ledgers);
}

async function startServices(config: ServerConfig, ledgers?: LedgerNamespace): Promise<Services> {
  const keyring = await deriveKeyring(config.secrets);
  const proofs = createProofVerifier(createNonceBook(keyring.nonceKey));
  const memory = createMemoryLedger();
  const ledgerOf = (org: string): Ledger => ledgers?.getByName(org) ?? memory;
  return {
    config,
    keyring,
    proofs,
    authorise: createAuthoriser({ config, keyring, proofs }),
    openSession: createSessionDoor({ config, keyring, proofs, ledgerOf }),
  };
}
