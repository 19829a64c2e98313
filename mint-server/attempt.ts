import type { AskedAnswer } from "./answer.ts";
import type { ModelCall } from "./ask-model.ts";
import { errorSchemaOf } from "./contract/error-shapes.ts";
import { HEADER } from "./contract/headers.ts";
import type { ErrorDetails } from "./contract/openai-error.ts";
import type { Caller } from "./credentials/verify.ts";
import { type Failure, fail, type Result } from "./failures.ts";
import { awaitFirstEvent } from "./first-event.ts";
import { type Following, followingOf } from "./following.ts";
import type { ErrorWays } from "./malformed.ts";
import type { Budget } from "./metering/budget.ts";
import type { ModelRequest } from "./model-request.ts";
import { passThrough } from "./pass-through.ts";
import { type Plan, planCall, type Translated } from "./plan.ts";
import { type Deadlines, startDeadlines } from "./providers/deadlines.ts";
import type { Endpoint } from "./providers/provider.ts";
import type { Turn } from "./providers/turns.ts";
import { fetchUpstream, type UpstreamAnswer, withoutSecrets } from "./providers/upstream.ts";
import type { NameReader } from "./responses/keep-answers.ts";
import { keeperOf, nameReaderOf } from "./responses/keeper.ts";
import type { AttemptNote } from "./telemetry/call-notes.ts";

/** One attempt at a request, with what was set aside for it. */
export interface Attempting {
  readonly call: ModelCall;
  readonly request: ModelRequest;
  readonly budget: Budget | undefined;
}

/** An endpoint's answer, or its failure. */
export type Sent =
  | { readonly endpoint: Endpoint; readonly upstream: UpstreamAnswer; readonly answer: Translated | Passed }
  | { readonly endpoint?: Endpoint; readonly failure: Failure };

interface Passed {
  readonly contentType?: undefined;
  readonly body: AskedAnswer["body"];
}

/** Asks one endpoint, and tells its health how that went. */
export async function attempt(asking: Attempting, turn: Turn): Promise<Sent> {
  const { now } = asking.call.services.balancer.timing;
  const note = asking.call.notes?.begin(turn.endpoint, asking.request);
  try {
    const sent = await ask(asking, turn, note);
    note?.over("failure" in sent ? sent.failure : undefined);
    if ("failure" in sent) turn.fail(sent.failure, now());
    else turn.succeed(now());
    return sent;
  } catch (error) {
    turn.drop();
    throw error;
  }
}

/** How long an endpoint that may still be broken keeps a caller waiting whom another could serve. */
const PROBE_SECONDS = 30;

async function ask({ call, request, budget }: Attempting, turn: Turn, note: AttemptNote | undefined): Promise<Sent> {
  const { endpoint } = turn;
  const { caller, now, services } = call;
  const { timing } = services.balancer;
  const { headers, signal } = call.request;
  const following = followingOf(call, budget);
  const clean = (details: ErrorDetails): ErrorDetails => withoutSecrets(details, endpoint);
  const keep = keeperOf(call, request);
  const plan = await planCall({ request, endpoint, headers, signal, now, following, keep, clean });
  if (!plan.ok) return { endpoint, failure: plan.failure };
  const deadlines = startDeadlines(endpoint.timeouts, {
    timing,
    isRead: call.isShared,
    onStall: () => turn.stall(timing.now()),
    ...(turn.isProbe && turn.hasOthers && { mostFirstByteSeconds: PROBE_SECONDS }),
  });
  const asked = fetchPlanned({ call, request, plan: plan.value, turn, deadlines, clean, following, note });
  // What nobody waits for any more ends with the request that did.
  const upstream = await (following ? following.unlessRevoked(asked) : asked);
  if (!upstream) return { endpoint, failure: revoked(caller) };
  if (!upstream.ok) return { endpoint, failure: upstream.failure };
  const { translate, hidesUsage = false } = plan.value;
  try {
    if (!translate) {
      const names = await nameReaderOf(call, request);
      const ways = { decodeError: plan.value.decodeError, clean };
      const body = await passed({ call, request, upstream: upstream.value, following, hidesUsage, ways, names });
      if (!body.ok) return { endpoint, failure: body.failure };
      return { endpoint, upstream: upstream.value, answer: { body: body.value } };
    }
    const translated = await translate(upstream.value);
    return translated.ok
      ? { endpoint, upstream: upstream.value, answer: translated.value }
      : { endpoint, failure: translated.failure };
  } catch {
    // The connection broke, or was given up, while a whole answer was read.
    return { endpoint, failure: brokenBody(signal, deadlines) };
  }
}

function brokenBody(signal: AbortSignal, deadlines: Deadlines): Failure {
  return signal.aborted ? { kind: "caller_left" } : (deadlines.passed ?? { kind: "upstream_unreachable" });
}

interface Fetching extends Pick<Attempting, "call" | "request"> {
  readonly plan: Plan;
  readonly turn: Turn;
  readonly deadlines: Deadlines;
  readonly clean: (details: ErrorDetails) => ErrorDetails;
  readonly following: Following | undefined;
  readonly note: AttemptNote | undefined;
}

/** The endpoint's answer; of a stream that another could still give, once its first event is known to be no failure. */
async function fetchPlanned(fetching: Fetching): Promise<Result<UpstreamAnswer>> {
  const { call, request, plan, turn, deadlines, clean } = fetching;
  const { translate: _, hidesUsage: __, ...planned } = plan;
  const upstream = await fetchUpstream({
    ...planned,
    ...traced(fetching),
    endpoint: turn.endpoint,
    model: request.model,
    callersKey: call.caller.providerKey !== undefined,
    signal: call.request.signal,
    deadlines,
    ...(turn.hasOthers && { abandon: new AbortController() }),
  });
  if (!upstream.ok) return upstream;
  turn.heard(upstream.value.headers, call.services.balancer.timing.now());
  if (!turn.hasOthers || !plan.stream || !upstream.value.isEventStream || isHandedOn(fetching)) return upstream;
  try {
    return await awaitFirstEvent(upstream.value, { decodeError: plan.decodeError, clean });
  } catch {
    return fail(brokenBody(call.request.signal, deadlines));
  }
}

/** Where the operator wants it, the provider goes on with the caller's trace. */
function traced({ call, turn, note, plan: { callerHeaders } }: Fetching): Pick<Plan, "callerHeaders"> {
  if (!turn.endpoint.passesTrace) return {};
  const { headers } = call.request;
  const traceparent = note?.traceparent ?? headers.get("traceparent");
  const tracestate = headers.get("tracestate");
  if (traceparent === null) return {};
  return { callerHeaders: { ...callerHeaders, traceparent, ...(tracestate !== null && { tracestate }) } };
}

/** Whether the answer's bytes will not enter JavaScript, so that looking at the first of them would cost what is spared. */
function isHandedOn({ plan, call, following }: Fetching): boolean {
  return !plan.translate && provesItself(call) && following?.isCounted !== true;
}

function revoked({ credential }: Caller): Failure {
  return { kind: "credential_revoked", bound: credential?.proofId !== undefined };
}

interface Passing extends Pick<Attempting, "call" | "request"> {
  readonly upstream: UpstreamAnswer;
  readonly following: Following | undefined;
  readonly hidesUsage: NonNullable<Plan["hidesUsage"]>;
  readonly ways: ErrorWays;
  readonly names: NameReader | undefined;
}

function passed({ call, ...passing }: Passing): Promise<Result<AskedAnswer["body"]>> {
  const { url, signal } = call.request;
  return passThrough({ ...passing, callerProves: provesItself(call), errors: errorSchemaOf(url), signal });
}

function provesItself({ isShared, request }: ModelCall): boolean {
  return isShared === true || request.headers.get(HEADER.completeness) === "caller";
}
