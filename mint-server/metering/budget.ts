import { type Charge, MIN_OUTPUT_TOKENS, type Remaining, type Verdict } from "../credentials/ledger.ts";
import type { LedgerClient } from "../credentials/ledger-client.ts";
import type { Caller, UsedCredential } from "../credentials/verify.ts";
import { fail, ok, type Result } from "../failures.ts";
import type { ModelRequest } from "../model-request.ts";
import type { ModelFacts } from "../providers/provider.ts";
import type { Usage } from "../wire/chat-answer.ts";
import { inputBound } from "./bounds.ts";
import { beyondFirst, chargesOf, isCounted, mostPerRequest, refusal } from "./charges.ts";
import type { MeterOptions } from "./meter.ts";
import { eachOutput, outputBound, totalOutput, withKnownMaximum, withMaxTokens } from "./output.ts";
import { dearer, FREE, microsOf, type Price, priceOf, worstInputMicros, worstOutputPrice } from "./price.ts";
import { mayThinkUnseen } from "./unseen-thoughts.ts";

/** Output tokens set aside where a request states no maximum, and written into it as one. */
const DEFAULT_OUTPUT_TOKENS = 4096;

/** What was set aside for one request, until it is settled. */
export interface Budget {
  /** The request with a maximum that fits what was set aside. */
  readonly request: ModelRequest;
  readonly remaining: Remaining;
  /** Whether tokens or money are limited, so that what is used has to be known. */
  readonly isCounted: boolean;
  /** How its answer is counted; ends in {@link settle}. */
  readonly meter: MeterOptions;
  /** What it did use; once. */
  settle(usage: Usage): void;
  /** Nothing was used. */
  release(): void;
  /** Nobody knows what was used: all that was set aside stays charged, as whatever is never settled does. */
  forfeit(): void;
  /** Sets the same aside once more, for another attempt after one of which nobody knows what it cost. */
  again(): Promise<Result<Budget>>;
}

/** Whose request, and what it may cost at worst. */
export interface Asking {
  readonly client: LedgerClient;
  readonly caller: Caller;
  readonly request: ModelRequest;
  /** What is known of the model at each endpoint that may answer. */
  readonly facts: readonly ModelFacts[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Sets aside what a credential's request may cost at worst: durably, and before anything leaves. */
export async function openBudget(asking: Asking): Promise<Result<Budget>> {
  const { caller, now } = asking;
  const { credential } = caller;
  if (!credential) return fail({ kind: "unforeseen" });
  const charges = chargesOf(caller, now);
  const priced = priceFor(asking, charges);
  if (!priced.ok) return priced;
  const worst = worstOf(asking, charges);
  if (!worst.ok) return worst;
  return reserve({ ...asking, credential, charges, price: priced.value, ...worst.value }, credential.proofId);
}

/** The dearest price of the endpoints that may answer; none is needed where no money is limited. */
function priceFor({ request, facts }: Asking, charges: readonly Charge[]): Result<Price> {
  if (charges.every(({ micros }) => micros === undefined)) return ok(FREE);
  let dearest = FREE;
  for (const each of facts) {
    const priced = priceOf(request, each);
    if (!priced.ok) return fail({ kind: "unpriced_model", model: request.model });
    dearest = dearer(dearest, priced.price);
  }
  return ok(dearest);
}

interface Worst {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** The caller states no maximum, so that a smaller one will do. */
  readonly flexible: boolean;
}

function worstOf({ caller, request, facts }: Asking, charges: readonly Charge[]): Result<Worst> {
  const most = mostPerRequest(caller);
  if (!isCounted(charges) && most === undefined) return ok({ inputTokens: 0, outputTokens: 0, flexible: false });
  const bound = outputBound(request);
  const stated = totalOutput(bound, bound.each ?? bound.usual);
  if (stated !== undefined && most !== undefined && stated > most)
    return fail({ kind: "budget_exceeded", limit: "maxTokensPerRequest" });
  const usual = Math.min(totalOutput(bound, DEFAULT_OUTPUT_TOKENS) ?? 0, most ?? Number.POSITIVE_INFINITY);
  if (stated === undefined && eachOutput(bound, usual) < 1)
    return fail({ kind: "budget_exceeded", limit: "maxTokensPerRequest" });
  return ok({
    inputTokens: Math.max(0, ...facts.map((each) => inputBound(request, each))),
    outputTokens: stated ?? usual,
    flexible: stated === undefined,
  });
}

/** Most tokens that one answer may have, where that is limited. */
interface Claim extends Asking, Worst {
  readonly credential: UsedCredential;
  readonly charges: readonly Charge[];
  readonly price: Price;
  /** It belongs to a request that was counted already. */
  readonly isPart?: true;
}

async function reserve(claim: Claim, proofId: string | undefined): Promise<Result<Budget>> {
  const { client, caller, credential, charges, price, inputTokens, outputTokens, flexible, now } = claim;
  const id = proofId ?? crypto.randomUUID();
  const verdict = await client.reserve({
    id,
    jti: credential.jti,
    subject: caller.subject,
    issuedAt: credential.issuedAt,
    now,
    charges,
    inputTokens,
    inputMicros: worstInputMicros(inputTokens, price),
    outputTokens,
    microsPerOutputToken: worstOutputPrice(inputTokens, price),
    flexible,
    ...(claim.isPart && { isPart: claim.isPart }),
  });
  if (!verdict) return fail({ kind: "ledger_unavailable" });
  if (!verdict.ok) return fail(refusal(verdict, credential));
  const budget = budgetOf(claim, id, verdict);
  // Requests alone are counted when they are made.
  if (!budget.isCounted) budget.release();
  if (!isTooShort(claim, verdict.outputTokens)) return ok(budget);
  budget.release();
  const limit = charges.some(({ micros }) => micros !== undefined) ? "usd" : "tokens";
  return fail({ kind: "budget_exceeded", limit, remaining: budget.remaining });
}

/** The ledger knows the least of all answers together; several may share it, or something else take it from them. */
function isTooShort({ request, flexible, outputTokens }: Claim, granted: number): boolean {
  if (!flexible) return false;
  const bound = outputBound(request);
  return eachOutput(bound, granted) < Math.min(MIN_OUTPUT_TOKENS, eachOutput(bound, outputTokens));
}

function budgetOf(claim: Claim, id: string, { outputTokens, remaining }: Extract<Verdict, { ok: true }>): Budget {
  const { client, request, charges, price, inputTokens } = claim;
  let isSettled = false;
  const settle = (usage: Usage): void => {
    if (isSettled) return;
    isSettled = true;
    client.settle({
      id,
      inputTokens: usage.inputTokens,
      outputTokens: usage.outputTokens,
      micros: microsOf(usage, price),
    });
  };
  const hold = { inputTokens, outputTokens };
  return {
    request: bounded(request, claim, outputTokens),
    remaining,
    isCounted: isCounted(charges),
    meter: { hold, thinksUnseen: mayThinkUnseen(request), onSettle: settle },
    settle,
    release: () => settle({ inputTokens: 0, outputTokens: 0 }),
    forfeit() {
      isSettled = true;
    },
    again: () =>
      reserve({ ...claim, isPart: true, charges: charges.map(beyondFirst), outputTokens, flexible: false }, undefined),
  };
}

/** What a request does not state is written into it: else its provider decides, and may decide for more than was set aside. */
function bounded(request: ModelRequest, { flexible }: Worst, outputTokens: number): ModelRequest {
  const bound = outputBound(request);
  if (flexible) return withMaxTokens(request, eachOutput(bound, outputTokens));
  if (outputTokens === 0) return request;
  return bound.each === undefined && bound.usual !== undefined
    ? withMaxTokens(request, bound.usual)
    : withKnownMaximum(request);
}
