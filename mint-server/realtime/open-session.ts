import { allowsModel } from "../credentials/claims.ts";
import { type Caller, isLimited } from "../credentials/verify.ts";
import { fail, ok, type Result } from "../failures.ts";
import type { Endpoint } from "../providers/provider.ts";
import { isWorthAnotherEndpoint } from "../providers/retry.ts";
import { factsAt, selectRoute } from "../providers/select.ts";
import type { Services } from "../server.ts";
import { realtimeURL } from "./address.ts";
import type { Dialect } from "./dialect.ts";
import { createDialect } from "./dialects.ts";
import { type JsVoice, openVoice, voiceEndpoint } from "./js-voice.ts";
import { createLeash, type Leash } from "./leash.ts";
import { locksOf } from "./locks.ts";
import { createMeter, type RealtimeMeter } from "./meter.ts";
import { REALTIME_FREE, type RealtimePrice, realtimePriceOf } from "./price.ts";
import { createSessionBudget, DEFAULT_OUTPUT_TOKENS, type SessionBudget } from "./session-budget.ts";
import { createSessionPayments, type SessionPayments } from "./session-payments.ts";
import { createSessionTime, type SessionTime } from "./session-time.ts";
import { openUpstream } from "./upstream-socket.ts";

/** A session that is asked for. */
export interface Wanted {
  readonly services: Services;
  readonly caller: Caller;
  readonly model: string;
  readonly sessionType: "realtime" | "transcription";
  readonly headers: Headers;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** A session at a provider, not yet joined to its client. */
export interface Opened {
  readonly endpoint: Endpoint;
  /** Not accepted yet. */
  readonly upstream: WebSocket;
  /** Present where the provider has a protocol of its own. */
  readonly dialect: Dialect | undefined;
  readonly meter: RealtimeMeter;
  /** Present for a credential's session. */
  readonly leash: Leash | undefined;
  readonly time: SessionTime | undefined;
  readonly payments: SessionPayments | undefined;
  /** What the ledger said last of tokens and money; absent where neither is limited. */
  readonly left?: SessionBudget["left"];
}

/** Most endpoints tried for one session. */
const MAX_ATTEMPTS = 3;

/** Selects endpoints, sets aside what a limited session needs to begin, and opens it at the first endpoint that takes it. */
export async function openSession(wanted: Wanted): Promise<Result<Opened>> {
  const target = targetFor(wanted);
  if (!target.ok) return target;
  const { endpoints, voice } = target.value;
  const begun = await begin(wanted, endpoints);
  if (!begun.ok) return begun;
  const opened = voice ? await voiceOpened(wanted, endpoints[0], voice) : await firstOpened(wanted, endpoints);
  if (opened.ok) return ok({ ...begun.value, ...opened.value });
  begun.value.time?.stop(Date.now());
  return opened;
}

type Endpoints = readonly [Endpoint, ...Endpoint[]];

interface Target {
  readonly endpoints: Endpoints;
  /** Present where the one endpoint is a function. */
  readonly voice?: JsVoice;
}

function targetFor({ services, caller, model, headers }: Wanted): Result<Target> {
  const route = selectRoute(services.config, caller, { model, headers });
  if (!route.ok) return route;
  const { value } = route;
  if (value.kind === "voice") return ok({ endpoints: [voiceEndpoint(model)], voice: value.voice });
  const able = value.kind === "endpoints" ? value.endpoints.filter(({ provider }) => provider.realtime) : [];
  const [first, ...rest] = able;
  if (first) return ok({ endpoints: [first, ...rest] });
  const detail = `The model ${JSON.stringify(model.slice(0, 100))} has no realtime sessions here.`;
  return fail({ kind: "bad_field", param: "model", detail });
}

async function voiceOpened({ model, sessionType }: Wanted, endpoint: Endpoint, voice: JsVoice) {
  if (sessionType !== "realtime") return NO_TRANSCRIPTION;
  return ok({ endpoint, dialect: undefined, upstream: await openVoice(voice, model) });
}

const NO_TRANSCRIPTION = fail({
  kind: "bad_field",
  param: "intent",
  detail: "This voice writes nothing down.",
});

async function firstOpened(
  { caller, model, sessionType }: Wanted,
  endpoints: Endpoints,
): Promise<Result<Pick<Opened, "endpoint" | "upstream" | "dialect">>> {
  let last: Result<never> = fail({ kind: "upstream_unreachable" });
  for (const endpoint of endpoints.slice(0, MAX_ATTEMPTS)) {
    const url = realtimeURL(endpoint, { model, sessionType });
    const dialect = await createDialect(endpoint.provider.realtime?.dialect, { model });
    const opened =
      url === undefined
        ? NO_ADDRESS
        : await openUpstream({ endpoint, url, callersKey: caller.providerKey !== undefined });
    if (opened.ok) return ok({ endpoint, dialect, upstream: opened.value });
    last = opened;
    if (!isWorthAnotherEndpoint(opened.failure)) break;
  }
  return last;
}

const NO_ADDRESS = fail({
  kind: "bad_field",
  param: "model",
  detail: "`model` holds characters that this provider's model names cannot have.",
});

type Begun = Pick<Opened, "meter" | "leash" | "time" | "payments" | "left">;

async function begin(wanted: Wanted, endpoints: Endpoints): Promise<Result<Begun>> {
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
function meterOptions({ contextTokens }: RealtimePrice, endpoints: Endpoints) {
  return {
    ...(contextTokens !== undefined && { contextTokens }),
    ...(!isOpenAIs(endpoints) && { audioTokensPerSecond: 32 }),
  };
}

function isOpenAIs(endpoints: Endpoints): boolean {
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
function priceFor({ caller, model, sessionType }: Wanted, endpoints: Endpoints): Result<RealtimePrice> {
  const isPaid = [caller.grant.limits, caller.org?.limits].some((limits) => limits?.usd !== undefined);
  if (!isPaid) return ok({ ...REALTIME_FREE, ...contextOf(endpoints, model) });
  const price = dearest(endpoints, model);
  // What is only written down is paid for by the second.
  if (price) return ok(sessionType === "transcription" ? REALTIME_FREE : price);
  return fail({ kind: "unpriced_model", model });
}

function contextOf(endpoints: Endpoints, model: string) {
  const { contextTokens } = dearest(endpoints, model) ?? {};
  return contextTokens === undefined ? {} : { contextTokens };
}

/** Prices of one model differ only where an endpoint is configured so; the dearest is that of the dearest sound. */
function dearest(endpoints: Endpoints, model: string): RealtimePrice | undefined {
  const prices = endpoints.map((endpoint) => {
    return realtimePriceOf(model, endpoint.provider.id, factsAt(endpoint, model));
  });
  if (prices.some((price) => price === undefined)) return undefined;
  return prices.reduce((one, other) => ((other?.output.audio ?? 0) > (one?.output.audio ?? 0) ? other : one));
}
