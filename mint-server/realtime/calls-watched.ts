import { sealKey } from "../credentials/seal.ts";
import type { Caller } from "../credentials/verify.ts";
import { fail, ok, type Result } from "../failures.ts";
import type { Visit } from "../routes.ts";
import type { AskedCall } from "./calls.ts";
import type { CallPlace } from "./calls-id.ts";
import type { Fields } from "./events.ts";

/** A credential's call that was counted, and will be watched over. */
export interface WatchedBeginning {
  /** What its session must say so that its first response is paid for. */
  readonly limits: Fields;
  attach(place: CallPlace): Promise<Result<void>>;
  drop(): Promise<void>;
}

/** Sees to it that a credential's call will be watched over; a key's is not, since keys are neither limited nor revoked. */
export async function beginWatched(
  { services, now, watch }: Visit,
  caller: Caller,
  { model, session, endpoints, api }: AskedCall,
): Promise<Result<WatchedBeginning | undefined>> {
  const { credential, subject, ledger, grant, providerKey } = caller;
  if (!credential) return ok(undefined);
  const { calls: namespace, keyring } = services;
  if (!namespace) return fail({ kind: "calls_unwatched" });
  const sealed = providerKey === undefined ? {} : { sealedKey: await sealKey(keyring, providerKey, credential.jti) };
  const traced = watch && { traceparent: watch.notes.traceparent };
  const names = endpoints.map(({ name }) => name);
  const order = {
    subject,
    ledger,
    grant,
    credential,
    ...sealed,
    ...traced,
    ...(api && { api }),
    model,
    session,
    endpoints: names,
    now,
  };
  const calls = () => namespace.getByName(ledger);
  const begun = await unlessLost(calls().begin(order));
  if (!begun.ok) return begun;
  const { id, maxOutputTokens } = begun.value;
  const isSpoken = session.type !== "transcription";
  return ok({
    limits: maxOutputTokens === undefined || !isSpoken ? {} : { max_output_tokens: maxOutputTokens },
    attach: (place) => unlessLost(calls().attach(id, place)),
    // What is not dropped is forgotten a minute later.
    drop: () =>
      calls()
        .drop(id)
        .catch(() => {}),
  });
}

async function unlessLost<Value>(answer: Promise<Result<Value>>): Promise<Result<Value>> {
  try {
    return await answer;
  } catch (error) {
    console.error(`mintgate: the calls' object failed: ${error instanceof Error ? error.name : "unknown"}`);
    return fail({ kind: "ledger_unavailable" });
  }
}
