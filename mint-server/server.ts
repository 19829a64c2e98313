import type { Answers, AnswersNamespace } from "./answers/answers.ts";
import { createMemoryAnswers } from "./answers/memory-answers.ts";
import { createObjectAnswers } from "./answers/object-answers.ts";
import { type CacheCounters, createCacheCounters } from "./cache/cache-counters.ts";
import { type CacheStore, memoryStore } from "./cache/cache-store.ts";
import { createEdgeCache, type EdgeCache } from "./cache/edge-cache.ts";
import { createPartitions } from "./cache/partitions.ts";
import { compileConfig, type MintServerConfig, type ServerConfig } from "./config.ts";
import { type AdminGate, createAdminGate } from "./credentials/admin-key.ts";
import { deriveKeyring, type Keyring } from "./credentials/keys.ts";
import type { LedgerNamespace } from "./credentials/ledger.ts";
import type { LedgerClient } from "./credentials/ledger-client.ts";
import { createLedgerClients, type ShardedClients } from "./credentials/ledger-clients.ts";
import type { ShardNamespace } from "./credentials/ledger-lease.ts";
import { createMemoryLedgers } from "./credentials/ledger-memory.ts";
import { createNonceBook } from "./credentials/nonces.ts";
import { createProofVerifier, type ProofVerifier } from "./credentials/proof.ts";
import { createSessionDoor, type SessionDoor } from "./credentials/sessions.ts";
import { createStanding } from "./credentials/standing.ts";
import { type Authoriser, createAuthoriser } from "./credentials/verify.ts";
import type { DirectoryNamespace } from "./orgs/directory.ts";
import { createStoredOrgs, type StoredOrgs } from "./orgs/stored-orgs.ts";
import { createHealth, type Health } from "./providers/health.ts";
import { SYSTEM_TIMING, type Timing } from "./providers/timing.ts";
import { createToldHealth, type ToldHealth } from "./providers/told-health.ts";
import { type Balancer, createBalancer } from "./providers/turns.ts";
import type { SessionSummary } from "./realtime/session-summary.ts";
import { createSessionsSeen, type SessionsSeen } from "./realtime/sessions-seen.ts";
import type { CallsNamespace } from "./realtime/sideband-calls.ts";
import type { KeptResponses } from "./responses/kept-responses.ts";
import { createMemoryShelf } from "./responses/memory-shelf.ts";
import { createObjectShelf, type ResponseShelf } from "./responses/shelf.ts";
import type { Telemetry, TelemetryParts } from "./telemetry/telemetry.ts";

/** Everything that lives as long as the server: made once, from the configuration alone. */
export interface Services {
  readonly config: ServerConfig;
  readonly keyring: Keyring;
  readonly proofs: ProofVerifier;
  readonly authorise: Authoriser;
  /** Lets an admin in. */
  readonly admit: AdminGate;
  /** Lets in whoever reads metrics; absent where nobody does. */
  readonly admitReader: AdminGate | undefined;
  /** Absent where nobody is told of requests: then nothing of it is loaded. */
  readonly telemetry: Telemetry | undefined;
  /** Organisations beside those of the settings; absent where there is no directory. */
  readonly orgs: StoredOrgs | undefined;
  readonly openSession: SessionDoor;
  /** This instance's way to a ledger, by its name. */
  readonly ledgerOf: (name: string) => LedgerClient;
  /** What this instance has seen of its endpoints. */
  readonly health: Health;
  /** What objects that ask in its stead have told it of them. */
  readonly toldHealth: ToldHealth;
  /** Whose turn it is to answer. */
  readonly balancer: Balancer;
  /** Absent where the platform lends no storage for it. */
  readonly edgeCache: EdgeCache | undefined;
  readonly cacheCounters: CacheCounters;
  /** Answers that requests may name; absent where none are kept. */
  readonly responses: KeptResponses | undefined;
  /** Told of every realtime session that is over; absent where nobody asked. */
  readonly onSession: ((summary: SessionSummary) => void) | undefined;
  /** Realtime sessions that this instance has relayed. */
  readonly sessionsSeen: SessionsSeen;
  /** Absent where nothing can watch over calls: then no temporary credential makes any. */
  readonly calls: CallsNamespace | undefined;
  /** Absent where each answer ends with its caller: on workerd without Durable Objects of class `Answers`. */
  readonly answers: Answers | undefined;
}

/** Checks the configuration at once, and derives the keys. */
export function createServices(config: MintServerConfig, platform: Platform = {}): Promise<Services> {
  return startServices(compileConfig(config), platform);
}

/** What the platform lends, where it has it. */
export interface Platform {
  /** Durable Objects of class `Ledger`; without them, what must outlive a restart does not. */
  readonly ledgers?: LedgerNamespace;
  /** The same, for organisations with more than one; without it each has one. */
  readonly ledgerShards?: ShardNamespace;
  /** Durable Objects of class `Directory`; without them, organisations that an admin makes are forgotten at a restart. */
  readonly directories?: DirectoryNamespace;
  /** Durable Objects of class `Answers`; without them no answer outlives its caller on workerd, and elsewhere those of this process do. */
  readonly answers?: AnswersNamespace;
  /** Where responses are kept; in `answers` unless given. */
  readonly shelf?: ResponseShelf;
  /** Durable Objects of class `Calls`; without them, temporary credentials make no calls over WebRTC. */
  readonly calls?: CallsNamespace;
  /** Storage of the edge cache; without it there is no edge cache on workerd, and elsewhere one in memory. */
  readonly cache?: CacheStore;
  /** Time and chance by which endpoints are chosen and given up; the system's own unless given. */
  readonly timing?: Timing;
  /** Is told of every realtime session that is over: nothing of what was said in it. */
  readonly onSession?: (summary: SessionSummary) => void;
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
  {
    ledgers,
    ledgerShards,
    directories,
    answers,
    calls,
    shelf = shelfFor(answers),
    cache,
    waitUntil,
    onSession,
    isOnlyInstance = false,
    timing = SYSTEM_TIMING,
  }: Platform,
): Promise<Services> {
  const keyring = await deriveKeyring(config.secrets);
  const nonces = createNonceBook(keyring.nonceKey, isOnlyInstance ? crypto.randomUUID() : undefined);
  const proofs = createProofVerifier(nonces);
  const namespace = ledgers ?? createMemoryLedgers();
  const ledgerOf = createLedgerClients(
    namespace,
    waitUntil ? { waitUntil } : {},
    ledgerShards && (await shardedClients(config, ledgerShards)),
  );
  const orgs = createStoredOrgs(config, directories);
  const finder = orgs?.finder;
  const cacheCounters = createCacheCounters();
  const store = cache ?? (isWorkerd() ? undefined : memoryStore());
  const health = createHealth(timing);
  const toldHealth = createToldHealth(timing);
  const sessionsSeen = createSessionsSeen();
  const stand = createStanding({ ledgerOf, isOnlyInstance });
  const { telemetry: telling, responsesTtlSeconds: ttlSeconds } = config;
  const partitionOf = await createPartitions(config.secrets);
  const seen = { health, toldHealth, cacheCounters, sessionsSeen };
  const services: Omit<Services, "answers"> = {
    config,
    telemetry: telling && (await loadTelemetry({ ...seen, config: telling, timing, waitUntil })),
    admitReader: telling?.metricsKey === undefined ? undefined : await createAdminGate(telling.metricsKey, keyring),
    keyring,
    proofs,
    orgs,
    authorise: createAuthoriser({ config, keyring, proofs, stand, finder }),
    admit: await createAdminGate(config.adminKey, keyring),
    openSession: createSessionDoor({ config, keyring, proofs, finder, ledgerOf: (org) => namespace.getByName(org) }),
    ledgerOf,
    calls,
    onSession,
    ...seen,
    balancer: createBalancer(timing, health),
    edgeCache: store && createEdgeCache({ store, counters: cacheCounters, partitionOf }),
    responses: shelf && ttlSeconds > 0 ? { shelf, partitionOf, ttlSeconds, waitUntil } : undefined,
  };
  return { ...services, answers: answersFor(services, answers, waitUntil) };
}

/** Loaded where an organisation has more than one ledger. */
async function shardedClients({ orgs }: ServerConfig, ledgers: ShardNamespace): Promise<ShardedClients | undefined> {
  const shardsOf = (name: string): number => orgs.get(name)?.ledgerShards ?? 1;
  if (![...orgs.keys()].some((name) => shardsOf(name) > 1)) return undefined;
  const { createShardedClient } = await import("./credentials/ledger-shards.ts");
  return (root, options) => {
    const shards = shardsOf(root);
    return shards > 1 ? createShardedClient(ledgers, { root, shards }, options) : undefined;
  };
}

async function loadTelemetry(parts: TelemetryParts): Promise<Telemetry> {
  const { createTelemetry } = await import("./telemetry/telemetry.ts");
  return createTelemetry(parts);
}

function answersFor(
  services: Omit<Services, "answers">,
  lent: AnswersNamespace | undefined,
  waitUntil: Platform["waitUntil"],
): Answers | undefined {
  if (lent) return createObjectAnswers(lent, services.toldHealth, waitUntil);
  return isWorkerd() ? undefined : createMemoryAnswers(services);
}

function shelfFor(lent: AnswersNamespace | undefined): ResponseShelf | undefined {
  if (lent) return createObjectShelf(lent);
  return isWorkerd() ? undefined : createMemoryShelf();
}

/** An instance there may be one of thousands, and end at any moment. */
function isWorkerd(): boolean {
  return navigator.userAgent === "Cloudflare-Workers";
}
