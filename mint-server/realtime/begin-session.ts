import { allowsModel } from "../credentials/claims.ts";
import { isLimited } from "../credentials/verify.ts";
import { ok, type Result } from "../failures.ts";
import type { Endpoint } from "../providers/provider.ts";
import { createLeash, type Leash } from "./leash.ts";
import { locksOf } from "./locks.ts";
import { createMeter } from "./meter.ts";
import type { Opened, Wanted } from "./open-session.ts";
import { dearest, priceNeeded, REALTIME_FREE, type RealtimePrice } from "./price.ts";
import { createSessionBudget, DEFAULT_OUTPUT_TOKENS, type SessionBudget } from "./session-budget.ts";
import { createSessionPayments } from "./session-payments.ts";
import { createSessionTime } from "./session-time.ts";

type Begun = Pick<Opened, "meter" | "leash" | "time" | "payments" | "left">;

/** Sets aside what a limited session needs to begin, and puts its client on the leash. */
export async function beginSession(wanted: Wanted, endpoints: readonly Endpoint[]): Promise<Result<Begun>> {
  const { caller, services, now } = wanted;
  const { credential } = caller;
  if (!credential) return ok({ meter: createMeter(), leash: undefined, time: undefined, payments: undefined });
  const client = services.ledgerOf(caller.ledger);
  const priced = priceFor(wanted, endpoints);
  if (!priced.ok) return priced;
  const price = priced.value;
  const transcriptionPriceOf = (model: string) => dearest(endpoints, model);
  const budget = isLimited(caller)
    ? createSessionBudget({ client, caller, credential, price, transcriptionPriceOf })
    : undefined;
  const time = createSessionTime({ client, caller, credential });
  const started = budget ? await budget.start(now) : ok(undefined);
  if (!started.ok) return started;
  const leased = await time.start(now);
  if (!leased.ok) return leased;
  const meter = createMeter(meterOptions(price, endpoints));
  return ok({
    meter,
    time,
    leash: leashFor(wanted, { budget, transcriptionPriceOf, settlesOutput: !isOpenAIs(endpoints) }),
    payments: budget?.isCounted ? createSessionPayments(budget, meter) : undefined,
    ...(budget?.isCounted && { left: budget.left }),
  });
}

/** Gemini counts 32 for a second of sound, OpenAI 10. */
function meterOptions({ contextTokens }: RealtimePrice, endpoints: readonly Endpoint[]) {
  return {
    ...(contextTokens !== undefined && { contextTokens }),
    ...(!isOpenAIs(endpoints) && { audioTokensPerSecond: 32 }),
  };
}

function isOpenAIs(endpoints: readonly Endpoint[]): boolean {
  return endpoints.every(({ provider }) => provider.realtime?.dialect === undefined);
}

function leashFor({ caller, model }: Wanted, { budget, transcriptionPriceOf, settlesOutput }: LeashParts): Leash {
  const { grant } = caller;
  const usual = settlesOutput && budget?.isCounted ? DEFAULT_OUTPUT_TOKENS : undefined;
  const maxOutputTokens = budget?.maxOutputTokens ?? usual;
  return createLeash({
    ...locksOf(caller),
    model,
    allowsModel: (asked) => allowsModel(grant, asked),
    hasFeature: (feature) => grant.features?.includes(feature) === true,
    paysFirst: budget?.isCounted === true,
    isPriced: (asked) => transcriptionPriceOf(asked) !== undefined,
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
  });
}

interface LeashParts {
  /** Whether most output tokens are settled when a session begins, and not by each response. */
  readonly settlesOutput: boolean;
  readonly budget: SessionBudget | undefined;
  readonly transcriptionPriceOf: (model: string) => RealtimePrice | undefined;
}

/** The dearest price of the endpoints that may take it; none is needed where no money is limited. */
function priceFor({ caller, model, sessionType }: Wanted, endpoints: readonly Endpoint[]): Result<RealtimePrice> {
  const { contextTokens } = dearest(endpoints, model) ?? {};
  const free = { ...REALTIME_FREE, ...(contextTokens !== undefined && { contextTokens }) };
  const price = priceNeeded(caller, endpoints, model);
  if (!price.ok) return price;
  // What is only written down is paid for by the second.
  return ok(price.value === undefined ? free : sessionType === "transcription" ? REALTIME_FREE : price.value);
}
