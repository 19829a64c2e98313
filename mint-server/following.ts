import type { ErrorDetails } from "./contract/openai-error.ts";
import type { LedgerClient } from "./credentials/ledger-client.ts";
import type { Caller } from "./credentials/verify.ts";
import { describe } from "./failure-answers.ts";
import type { Budget } from "./metering/budget.ts";
import type { MeterOptions } from "./metering/meter.ts";
import type { MeteredStream } from "./metering/metered-stream.ts";
import type { Usage } from "./wire/chat-answer.ts";

/** What goes on beside a credential's answer while it comes: its usage is counted, and its revocation looked out for. */
export interface Following {
  /** Whether what is used has to be known. */
  readonly isCounted: boolean;
  readonly meter: MeterOptions;
  /** Ends a stream whose credential is revoked, with a typed error, until it has settled. */
  watch(stream: Pick<MeteredStream, "stop">): void;
  /** What is waited for; `undefined` if the credential is revoked before it comes. */
  unlessRevoked<Awaited>(answer: Promise<Awaited>): Promise<Awaited | undefined>;
  /** What a whole answer did use; `undefined` where it does not tell. */
  settleWhole(usage: Usage | undefined): void;
  /** Stops looking. */
  over(): void;
}

/** How often a running stream's credential is looked up; a revocation ends it within two seconds. */
const WATCH_MS = 1000;

const NOTHING = { inputTokens: 0, outputTokens: 0 };

/** Follows a credential's answers; keys are not followed, since they are not revoked. */
export function followingOf(
  { credential, subject, ledger }: Caller,
  ledgerOf: (name: string) => LedgerClient,
  budget: Budget | undefined,
): Following | undefined {
  if (!credential) return undefined;
  const client = ledgerOf(ledger);
  let timer: ReturnType<typeof setInterval> | undefined;
  const over = (): void => clearInterval(timer);
  const watch: Following["watch"] = (stream) => {
    const { jti, issuedAt } = credential;
    timer = setInterval(async () => {
      if (await client.isRevoked({ jti, subject, issuedAt })) stream.stop(REVOKED.details, REVOKED.status);
    }, WATCH_MS);
  };
  return {
    isCounted: budget?.isCounted === true,
    over,
    meter: {
      hold: budget?.meter.hold ?? NOTHING,
      thinksUnseen: budget?.meter.thinksUnseen ?? false,
      onSettle(settled) {
        over();
        budget?.meter.onSettle(settled);
      },
    },
    watch,
    async unlessRevoked(answer) {
      const { promise: revoked, resolve } = Promise.withResolvers<undefined>();
      watch({ stop: () => resolve(undefined) });
      try {
        return await Promise.race([answer, revoked]);
      } finally {
        over();
      }
    },
    settleWhole(usage) {
      if (usage) budget?.settle(usage);
      else budget?.forfeit();
    },
  };
}

const REVOKED: { readonly status: number; readonly details: ErrorDetails } = describe({ kind: "credential_revoked" });
