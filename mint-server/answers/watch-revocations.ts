import type { LedgerClient } from "../credentials/ledger-client.ts";
import type { FollowerCredential } from "./follower.ts";
import type { RunningAnswers } from "./running-answers.ts";

/** How often credentials in use are looked up: a revocation ends what it concerns within two seconds. */
const WATCH_MS = 1000;

/**
 * Looks out for revoked credentials as long as answers depend on any.
 *
 * @returns to be called when there may be one more
 */
export function watchRevocations(
  answers: Pick<RunningAnswers, "credentials" | "revoke">,
  ledgerOf: (name: string) => Pick<LedgerClient, "isRevoked">,
): () => void {
  let timer: ReturnType<typeof setInterval> | undefined;
  const look = async (): Promise<void> => {
    const inUse = new Map(answers.credentials().map((credential) => [nameOf(credential), credential]));
    if (inUse.size === 0) {
      clearInterval(timer);
      timer = undefined;
      return;
    }
    const looked = [...inUse].map(async ([name, { ledger, ...credential }]) =>
      (await ledgerOf(ledger).isRevoked(credential)) ? [name] : [],
    );
    const revoked = new Set((await Promise.all(looked)).flat());
    if (revoked.size > 0) answers.revoke((credential) => revoked.has(nameOf(credential)));
  };
  return () => {
    timer ??= setInterval(() => void look(), WATCH_MS);
  };
}

function nameOf({ ledger, jti }: FollowerCredential): string {
  return `${jti} ${ledger}`;
}
