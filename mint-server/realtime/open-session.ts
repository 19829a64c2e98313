import type { Caller } from "../credentials/verify.ts";
import { fail, ok, type Result } from "../failures.ts";
import type { Endpoint } from "../providers/provider.ts";
import { selectRoute } from "../providers/select.ts";
import type { Endpoints } from "../providers/turns.ts";
import type { Services } from "../server.ts";
import type { Watch } from "../telemetry/watch.ts";
import { accepted } from "./accept.ts";
import { realtimeURL } from "./address.ts";
import { beginSession } from "./begin-session.ts";
import type { Dialect } from "./dialect.ts";
import { createDialect } from "./dialects.ts";
import { type JsVoice, openVoice, voiceEndpoint } from "./js-voice.ts";
import type { Leash } from "./leash.ts";
import type { RealtimeMeter } from "./meter.ts";
import type { SessionBudget } from "./session-budget.ts";
import type { SessionPayments } from "./session-payments.ts";
import type { SessionTime } from "./session-time.ts";
import { type Taken, takenBy } from "./taken-by.ts";
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
  /** Aborts when the client has left before the session began. */
  readonly signal: AbortSignal;
  readonly watch?: Watch | undefined;
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
  /** To be told if the provider breaks it. */
  readonly lost: () => void;
  /** What the ledger said last of tokens and money; absent where neither is limited. */
  readonly left?: SessionBudget["left"];
}

/** Selects endpoints, sets aside what a limited session needs to begin, and opens it at the first endpoint that takes it. */
export async function openSession(wanted: Wanted): Promise<Result<Opened>> {
  const { services, caller, model, watch } = wanted;
  const target = targetFor(wanted);
  if (!target.ok) return target;
  watch?.notes.askedSession(model);
  const { endpoints, voice } = target.value;
  // Nothing is set aside for what nobody would take.
  const closed = voice ? undefined : services.balancer.noneHealthy(caller.org?.name, endpoints, model);
  if (closed) return fail(closed);
  const begun = await beginSession(wanted, endpoints);
  if (!begun.ok) return begun;
  const opened = voice ? await voiceOpened(wanted, endpoints[0], voice) : await firstOpened(wanted, endpoints);
  if (opened.ok) {
    const { endpoint, lost, value } = opened.value;
    return ok({ ...begun.value, ...value, endpoint, lost });
  }
  begun.value.time?.stop(Date.now());
  return opened;
}

type Upstream = Pick<Opened, "upstream" | "dialect">;

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

async function voiceOpened(
  { model, sessionType }: Wanted,
  endpoint: Endpoint,
  voice: JsVoice,
): Promise<Result<Taken<Upstream>>> {
  if (sessionType !== "realtime") return NO_TRANSCRIPTION;
  const value = { dialect: undefined, upstream: await openVoice(voice, model) };
  return ok({ endpoint, value, lost() {} });
}

const NO_TRANSCRIPTION = fail({
  kind: "bad_field",
  param: "intent",
  detail: "This voice writes nothing down.",
});

function firstOpened(wanted: Wanted, endpoints: Endpoints): Promise<Result<Taken<Upstream>>> {
  const { services, caller, model, sessionType, signal, watch } = wanted;
  const callersKey = caller.providerKey !== undefined;
  return takenBy({ services, caller, model, endpoints, signal, notes: watch?.notes }, async (endpoint) => {
    const url = realtimeURL(endpoint, { model, sessionType });
    if (url === undefined) return NO_ADDRESS;
    const dialect = await createDialect(endpoint.provider.realtime?.dialect, { model });
    const opened = await openUpstream({ endpoint, url, callersKey });
    return opened.ok ? ok({ dialect, upstream: opened.value }) : opened;
  });
}

const NO_ADDRESS = fail({
  kind: "bad_field",
  param: "model",
  detail: "`model` holds characters that this provider's model names cannot have.",
});

/** Ends a session that nobody waits for any more. */
export function leave({ upstream, time }: Pick<Opened, "upstream" | "time">): void {
  time?.stop(Date.now());
  accepted(upstream).close(1000, "");
}
