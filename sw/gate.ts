import { createCredentials } from "./credentials.ts";
import { createEmitter } from "./emitter.ts";
import type { HandledBy } from "./events.ts";
import type { Gate } from "./handle.ts";
import { createKeyStore } from "./key-store.ts";
import { fieldsOf } from "./messages.ts";
import { createMint, type Mint } from "./mint.ts";
import { createReadyProofs } from "./proof.ts";
import type { Line } from "./send.ts";
import type { Settings } from "./settings.ts";

/** Tells every worker and page of this origin that the user has signed out. */
const CONTROL_CHANNEL = "mintgate:control";

interface GateOptions {
  readonly by: HandledBy;
  readonly settings: Settings;
  /** The browser's own `fetch`. */
  readonly fetch: typeof fetch;
  /** The app's ID token, if it has one. */
  readonly idToken: () => Promise<string | undefined>;
  /** Adds to the plain mint: pages share theirs, a worker has no one to share with. */
  readonly sharing?: (mint: Mint, settings: Settings) => { readonly mint: Mint; readonly forget: () => void };
}

/** Puts the pipeline together, with this origin's key and channels. */
export function createGate({ by, settings, fetch, idToken, sharing }: GateOptions): Gate {
  const line: Line = { fetch, proofs: createReadyProofs(), nonce: undefined };
  const plain = createMint({ settings, line, idToken });
  const shared = sharing?.(plain, settings);
  const emit = createEmitter();
  const credentials = createCredentials({
    keys: createKeyStore(),
    mint: shared?.mint ?? plain,
    now: () => performance.now(),
    onMint: (event) => emit({ ...event, by }),
  });
  const control = new BroadcastChannel(CONTROL_CHANNEL);
  control.onmessage = ({ data }) => {
    if (fieldsOf(data).type !== "mintgate:signed-out") return;
    shared?.forget();
    credentials.forget();
  };
  const signOut = async () => {
    shared?.forget();
    await credentials.signOut();
    control.postMessage({ type: "mintgate:signed-out" });
  };
  return { by, line, credentials: { ...credentials, signOut }, emit };
}
