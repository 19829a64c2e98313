import { compileConfig, type MintServerConfig, type ServerConfig } from "./config.ts";
import { type AdminGate, createAdminGate } from "./credentials/admin-key.ts";
import { deriveKeyring, type Keyring } from "./credentials/keys.ts";
import type { LedgerNamespace } from "./credentials/ledger.ts";
import type { LedgerClient } from "./credentials/ledger-client.ts";
import { createLedgerClients } from "./credentials/ledger-clients.ts";
import { createMemoryLedgers } from "./credentials/ledger-memory.ts";
import { createNonceBook } from "./credentials/nonces.ts";
import { createProofVerifier, type ProofVerifier } from "./credentials/proof.ts";
import { createSessionDoor, type SessionDoor } from "./credentials/sessions.ts";
import { createStanding } from "./credentials/standing.ts";
import { type Authoriser, createAuthoriser } from "./credentials/verify.ts";
import type { DirectoryNamespace } from "./orgs/directory.ts";
import { createStoredOrgs, type StoredOrgs } from "./orgs/stored-orgs.ts";

/** Everything that lives as long as the server: made once, from the configuration alone. */
export interface Services {
  readonly config: ServerConfig;
  readonly keyring: Keyring;
  readonly proofs: ProofVerifier;
  readonly authorise: Authoriser;
  /** Lets an admin in. */
  readonly admit: AdminGate;
  /** Organisations beside those of the settings; absent where there is no directory. */
  readonly orgs: StoredOrgs | undefined;
  readonly openSession: SessionDoor;
  /** This instance's way to a ledger, by its name. */
  readonly ledgerOf: (name: string) => LedgerClient;
}

/** Checks the configuration at once, and derives the keys. */
export function createServices(config: MintServerConfig, platform: Platform = {}): Promise<Services> {
  return startServices(compileConfig(config), platform);
}

/** What the platform lends, where it has it. */
export interface Platform {
  /** Durable Objects of class `Ledger`; without them, what must outlive a restart does not. */
  readonly ledgers?: LedgerNamespace;
  /** Durable Objects of class `Directory`; without them, organisations that an admin makes are forgotten at a restart. */
  readonly directories?: DirectoryNamespace;
  /** Keeps a request's context alive until a promise settles. */
  readonly waitUntil?: (promise: Promise<unknown>) => void;
  /**
   * True where no other instance ever serves at the same time, as with `npm start`: then this one knows by itself which
   * proofs were used. Unless given, each request of a bound credential is a question to the ledger.
   */
  readonly isOnlyInstance?: boolean;
}

async function startServices(
  config: ServerConfig,
  { ledgers, directories, waitUntil, isOnlyInstance = false }: Platform,
): Promise<Services> {
  const keyring = await deriveKeyring(config.secrets);
  const nonces = createNonceBook(keyring.nonceKey, isOnlyInstance ? crypto.randomUUID() : undefined);
  const proofs = createProofVerifier(nonces);
  const namespace = ledgers ?? createMemoryLedgers();
  const ledgerOf = createLedgerClients(namespace, waitUntil ? { waitUntil } : {});
  const orgs = createStoredOrgs(config, directories);
  const finder = orgs?.finder;
  const stand = createStanding({ ledgerOf, isOnlyInstance });
  return {
    config,
    keyring,
    proofs,
    orgs,
    authorise: createAuthoriser({ config, keyring, proofs, stand, finder }),
    admit: await createAdminGate(config.adminKey, keyring),
    openSession: createSessionDoor({ config, keyring, proofs, finder, ledgerOf: (org) => namespace.getByName(org) }),
    ledgerOf,
  };
}
