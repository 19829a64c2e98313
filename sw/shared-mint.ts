import { RENEW_AT } from "./credentials.ts";
import { fieldsOf } from "./messages.ts";
import { type Mint, type Minted, toMinted } from "./mint.ts";
import type { Settings } from "./settings.ts";

/** How long to wait for the tab that holds a credential, in milliseconds; it may be frozen. */
const OFFER_MS = 300;

type TabMessage =
  | { readonly type: "mintgate:wanted" }
  | { readonly type: "mintgate:offered"; readonly value: string; readonly ageMs: number };

interface SharedMint {
  readonly mint: Mint;
  /** Forgets what this tab has heard, since the user signed out. */
  readonly forget: () => void;
}

/**
 * Lets pages that run the pipeline themselves share one credential: many tabs that start at once mint once. They take
 * turns by a Web Lock. One of those that have a credential, its keeper, holds a second lock and gives it to who asks; the
 * others wait for that lock, in case the keeper's tab is closed. Where no one holds it, there is no one to ask.
 */
export function shareMint(mint: Mint, settings: Settings, offerMs = OFFER_MS): SharedMint {
  const name = ["mintgate:mint", settings.mintServer, settings.org, settings.template].join(" ");
  const channel = new BroadcastChannel(name);
  const { locks } = navigator;
  if (!locks) return { mint, forget: () => undefined };
  const post = (message: TabMessage) => channel.postMessage(message);
  const holding = createHolding(locks, `${name} held`);
  const arrivals = new EventTarget();
  channel.onmessage = ({ data }) => {
    const { type, value, ageMs } = fieldsOf(data);
    if (type === "mintgate:wanted") {
      const fresh = holding.isKeeper() ? holding.fresh() : undefined;
      if (fresh) post({ type: "mintgate:offered", value: fresh.value, ageMs: fresh.ageMs });
    }
    if (type !== "mintgate:offered" || typeof value !== "string" || typeof ageMs !== "number") return;
    const minted = toMinted(value, ageMs);
    if (!minted) return;
    holding.keep(minted);
    arrivals.dispatchEvent(new Event("offer"));
  };
  const mintInTurn: Mint = (proofKey, avoid) =>
    locks.request(name, async () => {
      const known = () => {
        const fresh = holding.fresh();
        return fresh?.value !== avoid && fresh?.claims.cnf?.jkt === proofKey.thumbprint ? fresh : undefined;
      };
      if (!known() && (await holding.isKeptElsewhere())) {
        const offer = nextEvent(arrivals, offerMs);
        post({ type: "mintgate:wanted" });
        await offer;
      }
      const minted = known();
      if (minted) return { ok: true, minted };
      const result = await mint(proofKey, avoid);
      if (!result.ok) return result;
      holding.keep(result.minted);
      post({ type: "mintgate:offered", value: result.minted.value, ageMs: 0 });
      return result;
    });
  return { mint: mintInTurn, forget: holding.drop };
}

/** The newest credential that this tab knows of, and its place in the line of keepers. */
function createHolding(locks: LockManager, lockName: string) {
  let latest: (Minted & { readonly bornMs: number }) | undefined;
  let keeping: AbortController | undefined;
  let isKeeper = false;
  const standInLine = () => {
    keeping = new AbortController();
    const { signal } = keeping;
    const keepUntilDropped = () => {
      isKeeper = true;
      return new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    };
    locks.request(lockName, { signal }, keepUntilDropped).catch(() => undefined);
  };
  return {
    isKeeper: () => isKeeper,
    async isKeptElsewhere(): Promise<boolean> {
      const { held = [] } = await locks.query();
      return !isKeeper && held.some((lock) => lock.name === lockName);
    },
    fresh(): Minted | undefined {
      if (!latest) return undefined;
      const ageMs = performance.now() - latest.bornMs;
      const lifeMs = (latest.claims.exp - latest.claims.iat) * 1000;
      return ageMs < lifeMs * RENEW_AT ? { ...latest, ageMs } : undefined;
    },
    keep(minted: Minted): void {
      latest = { ...minted, bornMs: performance.now() - minted.ageMs };
      if (!keeping) standInLine();
    },
    drop(): void {
      latest = undefined;
      isKeeper = false;
      keeping?.abort();
      keeping = undefined;
    },
  };
}

function nextEvent(target: EventTarget, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(finish, timeoutMs);
    target.addEventListener("offer", finish, { once: true });
  });
}
