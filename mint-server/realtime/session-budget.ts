import type { Charge, Remaining, Reservation } from "../credentials/ledger.ts";
import type { LedgerClient } from "../credentials/ledger-client.ts";
import type { Caller, UsedCredential } from "../credentials/verify.ts";
import { fail, ok, type Result } from "../failures.ts";
import { beyondFirst, chargesOf, isCounted, mostPerRequest, refusal } from "../metering/charges.ts";
import {
  type RealtimePrice,
  type RealtimeUsage,
  realtimeMicros,
  sumOf,
  type TokenCounts,
  worstRealtimeOutput,
  worstTranscription,
} from "./price.ts";

/** Output tokens set aside for a response that states no maximum: the most that OpenAI's API takes. */
export const DEFAULT_OUTPUT_TOKENS = 4096;

/** A limited credential's tokens and money in one session. */
export interface SessionBudget {
  /** Whether tokens or money are limited: each response is set aside before it begins. */
  readonly isCounted: boolean;
  /** Most output tokens of one response, where that is limited. */
  readonly maxOutputTokens: number | undefined;
  /** Counts the session as a request, and sees whether the credential still stands. Once, before anything leaves. */
  start(now: number): Promise<Result<void>>;
  /** What the ledger said last. */
  left(): Remaining | undefined;
  /** Sets the worst case of one response aside. */
  reserve(worst: WorstResponse): Promise<Result<Hold>>;
  /** Pays for so many seconds of a model that is charged by time, or that writes down the client's voice. */
  payTranscription(voice: Voice): Promise<Result<void>>;
}

export interface WorstResponse {
  readonly input: TokenCounts;
  /** Most output tokens that the client asks for; absent where it leaves that open. */
  readonly outputTokens: number | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface Voice {
  /** The model that is charged. */
  readonly model: string;
  readonly seconds: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What was set aside for one response. What is never settled stays charged in full. */
export interface Hold {
  readonly outputTokens: number;
  settle(usage: RealtimeUsage): void;
  /** The response never began. */
  release(): void;
}

export interface SessionBudgetParts {
  readonly client: LedgerClient;
  readonly caller: Caller;
  readonly credential: UsedCredential;
  readonly price: RealtimePrice;
  /** Of a model that is charged by time, or that writes down what the client says. */
  readonly transcriptionPriceOf: (model: string) => RealtimePrice | undefined;
}

const NOTHING = {
  inputTokens: 0,
  inputMicros: 0,
  outputTokens: 0,
  microsPerOutputToken: 0,
  flexible: false,
} as const;

export function createSessionBudget(parts: SessionBudgetParts): SessionBudget {
  const { client, caller, credential, price, transcriptionPriceOf } = parts;
  const most = mostPerRequest(caller);
  const counted = isCounted(chargesOf(caller, 0));

  let left: Remaining | undefined;

  const ask = (what: Asked, charges: readonly Charge[], now: number) =>
    reserveOf(client, { caller, credential, onLeft }, { ...NOTHING, ...what, charges, now });
  const onLeft = (remaining: Remaining): void => {
    left = remaining;
  };

  return {
    isCounted: counted,
    maxOutputTokens: most,
    left: () => left,
    async start(now) {
      const id = credential.proofId ?? crypto.randomUUID();
      const reserved = await ask({ id }, chargesOf(caller, now), now);
      if (!reserved.ok) return reserved;
      settle(client, id, 0, 0, 0);
      return ok(undefined);
    },
    async reserve({ input, outputTokens, now }) {
      const id = crypto.randomUUID();
      const inputTokens = sumOf(input);
      const wanted = Math.min(outputTokens ?? DEFAULT_OUTPUT_TOKENS, most ?? Number.POSITIVE_INFINITY);
      const inputMicros = realtimeMicros({ input, cached: NONE, output: NONE }, price);
      const reserved = await ask(
        {
          id,
          inputTokens,
          inputMicros,
          outputTokens: wanted,
          microsPerOutputToken: worstRealtimeOutput(price),
          flexible: outputTokens === undefined,
          isPart: true,
        },
        chargesOf(caller, now).map(beyondFirst),
        now,
      );
      if (!reserved.ok) return reserved;
      return ok(holdOf(client, id, { price, outputTokens: reserved.value }));
    },
    async payTranscription({ model, seconds, now }) {
      const transcription = transcriptionPriceOf(model);
      if (!counted || !transcription) return ok(undefined);
      const id = crypto.randomUUID();
      const { tokens, micros } = worstTranscription(seconds, transcription);
      const charges = chargesOf(caller, now).map(beyondFirst);
      const reserved = await ask({ id, inputTokens: tokens, inputMicros: micros, isPart: true }, charges, now);
      if (!reserved.ok) return reserved;
      settle(client, id, tokens, 0, micros);
      return ok(undefined);
    },
  };
}

const NONE: TokenCounts = { text: 0, audio: 0, image: 0 };

type Asked = Partial<Reservation> & Pick<Reservation, "id">;

/** Asks the ledger. Returns the output tokens that it grants. */
async function reserveOf(
  client: LedgerClient,
  { caller, credential, onLeft }: Reserving,
  reservation: Omit<Reservation, "jti" | "subject" | "issuedAt">,
): Promise<Result<number>> {
  const { jti, issuedAt } = credential;
  const verdict = await client.reserve({ ...reservation, jti, issuedAt, subject: caller.subject });
  if (!verdict) return fail({ kind: "ledger_unavailable" });
  if (!verdict.ok) return fail(refusal(verdict, credential));
  onLeft?.(verdict.remaining);
  return ok(verdict.outputTokens);
}

interface Reserving {
  readonly caller: Caller;
  readonly credential: UsedCredential;
  readonly onLeft?: (remaining: Remaining) => void;
}

function holdOf(
  client: LedgerClient,
  id: string,
  { price, outputTokens }: { readonly price: RealtimePrice; readonly outputTokens: number },
): Hold {
  let isSettled = false;
  const once = (inputTokens: number, output: number, micros: number): void => {
    if (isSettled) return;
    isSettled = true;
    settle(client, id, inputTokens, output, micros);
  };
  return {
    outputTokens,
    settle: (usage) => once(sumOf(usage.input), sumOf(usage.output), realtimeMicros(usage, price)),
    release: () => once(0, 0, 0),
  };
}

function settle(client: LedgerClient, id: string, inputTokens: number, outputTokens: number, micros: number): void {
  client.settle({ id, inputTokens, outputTokens, micros });
}
