import type { ModelCall } from "./ask-model.ts";
import type { ErrorDetails } from "./contract/openai-error.ts";
import { describe } from "./failure-answers.ts";
import type { Budget } from "./metering/budget.ts";
import type { MeterOptions } from "./metering/meter.ts";
import type { MeteredStream } from "./metering/metered-stream.ts";
import { isSound } from "./metering/sound-usage.ts";
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
  { services, caller, isShared = false, notes }: ModelCall,
  budget: Budget | undefined,
): Following | undefined {
  const { credential, subject, ledger } = caller;
  if (!notes && (!credential || (isShared && !budget?.isCounted))) return undefined;
  const client = services.ledgerOf(ledger);
  let timer: ReturnType<typeof setInterval> | undefined;
  const over = (): void => clearInterval(timer);
  const watch: Following["watch"] = (stream) => {
    if (isShared || !credential) return;
    const { jti, issuedAt } = credential;
    timer = setInterval(async () => {
      if (await client.isRevoked({ jti, subject, issuedAt })) stream.stop(REVOKED.details, REVOKED.status);
    }, WATCH_MS);
  };
  return {
    isCounted: budget?.isCounted === true || notes !== undefined,
    over,
    meter: {
      hold: budget?.meter.hold ?? NOTHING,
      thinksUnseen: budget?.meter.thinksUnseen ?? false,
      onSettle(settled) {
        over();
        budget?.meter.onSettle(settled);
        const { complete, ...usage } = settled;
        // Of what was cut, only what is charged is known.
        if (budget?.isCounted || complete || usage.outputTokens > 0) notes?.use(usage);
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
    settleWhole(told) {
      const usage = told && isSound(told) ? told : undefined;
      if (usage) notes?.use(usage);
      if (usage) budget?.settle(usage);
      else budget?.forfeit();
    },
  };
}

const REVOKED: { readonly status: number; readonly details: ErrorDetails } = describe({ kind: "credential_revoked" });
