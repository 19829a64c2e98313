import { type Answer, failed } from "./answer.ts";
import type { Completion } from "./complete.ts";
import { errorSchemaOf } from "./contract/error-shapes.ts";
import { HEADER, type Source } from "./contract/headers.ts";
import type { Caller } from "./credentials/verify.ts";
import type { Failure, Result } from "./failures.ts";
import { type Following, followingOf } from "./following.ts";
import type { Budget } from "./metering/budget.ts";
import type { ModelRequest } from "./model-request.ts";
import { passThrough } from "./pass-through.ts";
import { type Plan, planCall, type Translated } from "./plan.ts";
import type { Endpoint } from "./providers/provider.ts";
import { fetchUpstream, isWorthAnotherEndpoint, type UpstreamAnswer, withoutSecrets } from "./providers/upstream.ts";

/** Most endpoints tried for one request. */
const MAX_ATTEMPTS = 3;

/** A request for which endpoints were found and, if it is limited, its worst cost was set aside. */
export interface Asking {
  readonly completion: Completion;
  readonly request: ModelRequest;
  readonly endpoints: readonly [Endpoint, ...Endpoint[]];
  readonly budget: Budget | undefined;
}

/** An endpoint's answer, or its failure. */
type Sent =
  | { readonly endpoint: Endpoint; readonly upstream: UpstreamAnswer; readonly answer: Translated | Passed }
  | { readonly endpoint: Endpoint; readonly failure: Failure };

interface Passed {
  readonly contentType?: undefined;
  readonly body: Answer["body"];
}

/** Asks the endpoints in turn until one answers. */
export async function askProviders(asking: Asking): Promise<Answer> {
  const started = performance.now();
  const sent = await firstGoodAnswer(asking);
  if ("failure" in sent) return refusedBy(sent);
  const { upstream, endpoint, answer } = sent;
  return {
    status: upstream.status,
    headers: {
      ...upstream.headers,
      ...(answer.contentType && { "content-type": answer.contentType }),
      [HEADER.usedEndpoint]: endpoint.name,
      [HEADER.source]: "upstream" satisfies Source,
      [HEADER.serverTiming]: `upstream;dur=${Math.round(performance.now() - started)}`,
    },
    body: answer.body,
  };
}

async function firstGoodAnswer(asking: Asking): Promise<Sent> {
  const [first, ...others] = asking.endpoints.slice(0, MAX_ATTEMPTS) as [Endpoint, ...Endpoint[]];
  let { budget } = asking;
  let sent = await attempt(asking, first, budget);
  for (const endpoint of others) {
    if (!("failure" in sent) || !isWorthAnotherEndpoint(sent.failure)) break;
    if (budget && mayHaveCost(sent.failure)) {
      const renewed: Result<Budget> = await budget.again();
      if (!renewed.ok) break;
      budget.forfeit();
      budget = renewed.value;
    }
    sent = await attempt(asking, endpoint, budget);
  }
  if ("failure" in sent) mayHaveCost(sent.failure) ? budget?.forfeit() : budget?.release();
  return sent;
}

/** Whether a provider may charge for what came to nothing. Whatever it refused in so many words it does not. */
function mayHaveCost({ kind }: Failure): boolean {
  switch (kind) {
    case "upstream_unreachable":
    case "upstream_timeout":
    case "upstream_malformed":
    case "caller_left":
    case "credential_revoked":
      return true;
    default:
      return false;
  }
}

async function attempt({ completion, request }: Asking, endpoint: Endpoint, budget: Budget | undefined): Promise<Sent> {
  const { caller, services, now } = completion;
  const { headers, signal } = completion.request;
  const following = followingOf(caller, services.ledgerOf, budget);
  const plan = await planCall({
    request,
    endpoint,
    headers,
    signal,
    now,
    following,
    clean: (details) => withoutSecrets(details, endpoint),
  });
  if (!plan.ok) return { endpoint, failure: plan.failure };
  const { translate, hidesUsage = false, ...call } = plan.value;
  const callersKey = caller.providerKey !== undefined;
  const asked = fetchUpstream({ ...call, endpoint, model: request.model, callersKey, signal });
  // What nobody waits for any more ends with the request that did.
  const upstream = await (following ? following.unlessRevoked(asked) : asked);
  if (!upstream) return { endpoint, failure: revoked(caller) };
  if (!upstream.ok) return { endpoint, failure: upstream.failure };
  try {
    if (!translate) {
      const body = await passed({ completion, request, upstream: upstream.value, following, hidesUsage });
      return { endpoint, upstream: upstream.value, answer: { body } };
    }
    const translated = await translate(upstream.value);
    return translated.ok
      ? { endpoint, upstream: upstream.value, answer: translated.value }
      : { endpoint, failure: translated.failure };
  } catch {
    // The connection broke while a whole answer was read.
    return { endpoint, failure: { kind: signal.aborted ? "caller_left" : "upstream_unreachable" } };
  }
}

function revoked({ credential }: Caller): Failure {
  return { kind: "credential_revoked", bound: credential?.proofId !== undefined };
}

interface Passing extends Pick<Asking, "completion" | "request"> {
  readonly upstream: UpstreamAnswer;
  readonly following: Following | undefined;
  readonly hidesUsage: NonNullable<Plan["hidesUsage"]>;
}

function passed({ completion, ...passing }: Passing): Promise<Answer["body"]> {
  const { headers, url, signal } = completion.request;
  const callerProves = headers.get(HEADER.completeness) === "caller";
  return passThrough({ ...passing, callerProves, errors: errorSchemaOf(url), signal });
}

/** Names the endpoint, so that a provider's refusal is told from the server's own. */
function refusedBy({ endpoint, failure }: Extract<Sent, { failure: Failure }>): Answer {
  const answer = failed(failure);
  return { ...answer, headers: { ...answer.headers, [HEADER.usedEndpoint]: endpoint.name } };
}
