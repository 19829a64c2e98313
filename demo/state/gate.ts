import type { CredentialClaims } from "../../mint-server/contract/credential.ts";
import { onEvent, type RegisterOptions, register } from "../../sw/client.ts";
import type { GateEvent } from "../../sw/events.ts";
import { ON_DEVICE } from "./app.ts";
import { reportOffline, reportReached } from "./connection.ts";
import { loadValue, saveValue } from "./db.ts";
import { advanceReceipt, openReceipt } from "./receipts.ts";
import type { Receipt } from "./types.ts";

type Watcher = (receipt: Receipt) => void;

interface Watched {
  readonly watcher: Watcher;
  receipt?: Receipt;
}

const CLAIMS = "claims";

/** The development server offers the demo's worker under a name of its own, unbundled. */
const WORKER: RegisterOptions = import.meta.env.DEV
  ? { worker: "/dev-sw.js?dev-sw", type: "module" }
  : { worker: "/sw.js" };

const watched = new Map<string, Watched>();

/** The latest credential's claims: after a reload the worker may still hold one that this page never saw issued. */
let claims: CredentialClaims | undefined;

const claimListeners = new Set<() => void>();

/** The claims of the credential that this browser's worker uses, as far as this page knows. */
export function heldClaims(): CredentialClaims | undefined {
  return claims;
}

/** Calls back whenever they change. Returns a function that stops it. */
export function onClaims(listener: () => void): () => void {
  claimListeners.add(listener);
  return () => claimListeners.delete(listener);
}

function setClaims(next: CredentialClaims | undefined): void {
  claims = next;
  for (const listener of claimListeners) listener();
}

let covered: Promise<void> | undefined;

/** Registers the worker and follows its events; resolves when this page's requests are covered. */
export function openGate(): Promise<void> {
  covered ??= start().catch((error: unknown) => {
    covered = undefined;
    throw error;
  });
  return covered;
}

onEvent(follow);

async function start(): Promise<void> {
  // Not waited for: storage that hangs must not keep a question back.
  loadValue(CLAIMS).then(
    (kept) => {
      if (!claims) setClaims(kept as CredentialClaims | undefined);
    },
    () => undefined,
  );
  await register({ ...WORKER, ...(await ownModel()) });
}

/** Of the Prompt API: the little that is asked here. */
interface OwnModel {
  availability(options: typeof IN_TEXT): Promise<string>;
}

const IN_TEXT = { expectedOutputs: [{ type: "text", languages: ["en"] }] } as const;

/** How long the browser may think about whether it has a model of its own. */
const AVAILABILITY_MS = 300;

/** The browser's built-in model, where it has one or can get it: asked in this page, and its requests go nowhere. */
async function ownModel(): Promise<Pick<RegisterOptions, "models">> {
  const { LanguageModel } = globalThis as { readonly LanguageModel?: OwnModel };
  if (!LanguageModel) return {};
  const late = new Promise<string>((resolve) => setTimeout(resolve, AVAILABILITY_MS, "unavailable"));
  const availability = await Promise.race([LanguageModel.availability(IN_TEXT), late]).catch(() => "unavailable");
  return availability === "unavailable" ? {} : { models: { [ON_DEVICE]: "window" } };
}

/** Follows one request from its first event to its last. `requestId` is what the request carries. */
export function watchRequest(requestId: string, watcher: Watcher): void {
  watched.set(requestId, { watcher });
}

function follow(event: GateEvent): void {
  noteConnection(event);
  if ("claims" in event) {
    setClaims(event.claims);
    saveValue(CLAIMS, claims).catch(() => undefined);
    for (const entry of watched.values()) show(entry, event);
    return;
  }
  const entry = watched.get(event.requestId);
  if (!entry) return;
  if (event.type === "request") entry.receipt = openReceipt(event, unexpired());
  if (event.type === "done") watched.delete(event.requestId);
  show(entry, event);
}

function show(entry: Watched, event: GateEvent): void {
  if (!entry.receipt) return;
  entry.receipt = advanceReceipt(entry.receipt, event);
  entry.watcher(entry.receipt);
}

function unexpired(): CredentialClaims | undefined {
  return claims && claims.exp * 1000 > Date.now() ? claims : undefined;
}

function noteConnection(event: GateEvent): void {
  if (event.type === "offline") reportOffline();
  const isAnswer = event.type === "miss" || (event.type === "hit" && event.source === "edge-cache");
  if (isAnswer || "claims" in event) reportReached();
}
