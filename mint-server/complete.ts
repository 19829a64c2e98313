import { type Answer, failed } from "./answer.ts";
import { completeByFunction } from "./answer-by-function.ts";
import type { ServerConfig } from "./config.ts";
import type { ModelEndpoint } from "./contract/endpoints.ts";
import { errorSchemaOf } from "./contract/error-shapes.ts";
import { HEADER, type Source } from "./contract/headers.ts";
import { allowsEndpoint } from "./credentials/claims.ts";
import { forbiddenFeature } from "./credentials/features.ts";
import type { Caller } from "./credentials/verify.ts";
import type { Failure } from "./failures.ts";
import { type ModelRequest, readModelRequest, resolveAuto } from "./model-request.ts";
import { planCall, type Translated } from "./plan.ts";
import type { Endpoint } from "./providers/provider.ts";
import { type Route, selectRoute } from "./providers/select.ts";
import { fetchUpstream, isWorthAnotherEndpoint, type UpstreamAnswer, withoutSecrets } from "./providers/upstream.ts";
import { observe } from "./wire/observe.ts";

/** A caller's request for a model's work, with all that its handling needs. */
export interface Completion {
  readonly config: ServerConfig;
  readonly caller: Caller;
  readonly endpoint: ModelEndpoint;
  /** Where the path names it: the model's id, and whether a stream is to be one of events. */
  readonly model?: string;
  readonly asEvents?: boolean;
  readonly request: Request;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Most endpoints tried for one request. */
const MAX_ATTEMPTS = 3;

/** From a request to a model's answer: read, select, check what only the body tells, send. */
export async function complete(completion: Completion): Promise<Answer> {
  const { config, caller, request } = completion;
  const read = await readModelRequest(request, { ...completion, maxBodyBytes: config.maxBodyBytes });
  if (!read.ok) return failed(read.failure);
  const route = selectRoute(config, caller, { model: read.value.model, headers: request.headers });
  if (!route.ok) return failed(route.failure);
  const resolved = resolveAuto(read.value, route.value.facts.flavor);
  if (!resolved.ok) return failed(resolved.failure);
  const leave = checkLeave(caller, resolved.value);
  if (leave) return failed(leave);
  return route.value.kind === "function"
    ? completeByFunction(completion, resolved.value, route.value.model)
    : answerByProvider(completion, resolved.value, route.value.endpoints);
}

/** What a grant says of the body. Keys may do whatever their owner could do at the provider. */
function checkLeave({ by, grant }: Caller, { endpoint, body }: ModelRequest): Failure | undefined {
  if (by !== "credential") return undefined;
  if (!allowsEndpoint(grant, endpoint.name) && !allowsEndpoint(grant, "auto")) {
    return { kind: "insufficient_scope", param: null, detail: `This credential does not cover ${endpoint.name}.` };
  }
  const use = forbiddenFeature(grant, body, endpoint.schema);
  return (
    use && {
      kind: "insufficient_scope",
      param: use.param,
      detail: `This credential does not cover \`${use.feature}\`.`,
    }
  );
}

type Endpoints = Extract<Route, { kind: "endpoints" }>["endpoints"];

async function answerByProvider(
  completion: Completion,
  modelRequest: ModelRequest,
  endpoints: Endpoints,
): Promise<Answer> {
  const started = performance.now();
  const sent = await firstGoodAnswer(completion, modelRequest, endpoints);
  if ("failure" in sent) return refusedBy(sent);
  const { upstream, endpoint, translated } = sent;
  return {
    status: upstream.status,
    headers: {
      ...upstream.headers,
      ...(translated && { "content-type": translated.contentType }),
      [HEADER.usedEndpoint]: endpoint.name,
      [HEADER.source]: "upstream" satisfies Source,
      [HEADER.serverTiming]: `upstream;dur=${Math.round(performance.now() - started)}`,
    },
    body: translated ? translated.body : passedThrough(upstream, completion, modelRequest),
  };
}

/** An endpoint's answer, or the last endpoint's failure. */
type Sent =
  | { readonly endpoint: Endpoint; readonly upstream: UpstreamAnswer; readonly translated?: Translated }
  | { readonly endpoint: Endpoint; readonly failure: Failure };

async function firstGoodAnswer(completion: Completion, request: ModelRequest, endpoints: Endpoints): Promise<Sent> {
  let last: Sent = { endpoint: endpoints[0], failure: { kind: "upstream_unreachable" } };
  for (const endpoint of endpoints.slice(0, MAX_ATTEMPTS)) {
    const sent = await attempt(completion, request, endpoint);
    if (!("failure" in sent)) return sent;
    last = sent;
    if (!isWorthAnotherEndpoint(sent.failure)) break;
  }
  return last;
}

async function attempt(completion: Completion, request: ModelRequest, endpoint: Endpoint): Promise<Sent> {
  const { caller, now } = completion;
  const { headers, signal } = completion.request;
  const plan = await planCall({
    request,
    endpoint,
    headers,
    signal,
    now,
    clean: (details) => withoutSecrets(details, endpoint),
  });
  if (!plan.ok) return { endpoint, failure: plan.failure };
  const { translate, ...call } = plan.value;
  const callersKey = caller.providerKey !== undefined;
  const answer = await fetchUpstream({ ...call, endpoint, model: request.model, callersKey, signal });
  if (!answer.ok) return { endpoint, failure: answer.failure };
  if (!translate) return { endpoint, upstream: answer.value };
  try {
    const translated = await translate(answer.value);
    return translated.ok
      ? { endpoint, upstream: answer.value, translated: translated.value }
      : { endpoint, failure: translated.failure };
  } catch {
    // The connection broke while a whole answer was read.
    return { endpoint, failure: { kind: signal.aborted ? "caller_left" : "upstream_unreachable" } };
  }
}

/** Names the endpoint, so that a provider's refusal is told from the server's own. */
function refusedBy({ endpoint, failure }: Extract<Sent, { failure: Failure }>): Answer {
  const answer = failed(failure);
  return { ...answer, headers: { ...answer.headers, [HEADER.usedEndpoint]: endpoint.name } };
}

/** Only a stream whose caller cannot prove its completeness is read along; everything else stays native. */
function passedThrough(
  { body, isEventStream }: UpstreamAnswer,
  { request }: Completion,
  { endpoint }: ModelRequest,
): Answer["body"] {
  if (!body || !isEventStream || request.headers.get(HEADER.completeness) === "caller") return body;
  return observe(body, endpoint.terminal, errorSchemaOf(request.url));
}
