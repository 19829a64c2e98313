import type { HeldCredential } from "./credentials.ts";
import type { Gate } from "./handle.ts";
import type { Target } from "./intercept.ts";
import { pause } from "./pause.ts";
import { send } from "./send.ts";

/** An answer at the mint-server: the request that it answers, and the key that names it. */
export interface Stoppable {
  readonly target: Target;
  readonly key: string;
}

/** When stopping is tried again, in milliseconds after the last time. */
const TRY_AFTER_MS: readonly number[] = [0, 100, 250, 500, 1_000];

/** Ends an answer for good: the mint-server closes the provider's connection. Never rejects. */
export async function stopAnswer(gate: Gate, answer: Stoppable): Promise<void> {
  for (const delayMs of TRY_AFTER_MS) {
    if (delayMs > 0) await pause(delayMs);
    if (await tryToStop(gate, answer).catch(() => false)) return;
  }
}

/** True once the mint-server knows: it then also refuses the request itself, if that is still on its way. */
export async function tryToStop({ credentials, line }: Gate, answer: Stoppable): Promise<boolean> {
  const { credential } = await credentials.get().then((got) => (got.ok ? got : { credential: undefined }));
  if (!credential) return false;
  const { proofKey, ath } = credential;
  const response = await send(line, {
    ...plainStop(answer, credential),
    proofKey,
    ath,
    cookies: "same-origin",
    signal: undefined,
  });
  await response.body?.cancel();
  return response.status < 500;
}

/** The request that ends an answer, before its proof. */
export function plainStop({ target, key }: Stoppable, { value }: HeldCredential) {
  const [bare = ""] = target.url.split("?");
  return {
    url: `${bare.slice(0, bare.length - target.path.length)}answers/cancel`,
    method: "POST",
    headers: new Headers({ authorization: `DPoP ${value}`, "content-type": "application/json" }),
    body: JSON.stringify({ idempotency_key: key }),
  } as const;
}
