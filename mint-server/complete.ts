import { type Answer, failed, jsonAnswer } from "./answer.ts";
import type { ServerConfig } from "./config.ts";
import type { ModelEndpoint } from "./contract/endpoints.ts";
import { HEADER, type Source } from "./contract/headers.ts";
import { allowsEndpoint } from "./credentials/claims.ts";
import { forbiddenFeature } from "./credentials/features.ts";
import type { Caller } from "./credentials/verify.ts";
import type { Failure } from "./failures.ts";
import { type ModelRequest, readModelRequest, resolveAuto } from "./model-request.ts";
import type { Endpoint } from "./providers/provider.ts";
import { type Route, selectRoute } from "./providers/select.ts";
import { fetchUpstream, isWorthAnotherEndpoint, type UpstreamAnswer } from "./providers/upstream.ts";
import { asStream, withoutStreaming } from "./wire/as-stream.ts";
import { completeJs, type JsCall, streamJs } from "./wire/js.ts";
import { observe } from "./wire/observe.ts";

/** A caller's request for a model's work, with all that its handling needs. */
export interface Completion {
  readonly config: ServerConfig;
  readonly caller: Caller;
  readonly endpoint: ModelEndpoint;
  readonly request: Request;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Most endpoints tried for one request. */
const MAX_ATTEMPTS = 3;

/** From a request to a model's answer: read, select, check what only the body tells, send. */
export async function complete(completion: Completion): Promise<Answer> {
  const { config, caller, request } = completion;
  const read = await readModelRequest(request, completion.endpoint, config.maxBodyBytes);
  if (!read.ok) return failed(read.failure);
  const route = selectRoute(config, caller, { model: read.value.model, headers: request.headers });
  if (!route.ok) return failed(route.failure);
  const resolved = resolveAuto(read.value, route.value.facts.flavor);
  if (!resolved.ok) return failed(resolved.failure);
  const leave = checkLeave(caller, resolved.value);
  if (leave) return failed(leave);
  return route.value.kind === "function"
    ? answerByFunction(completion, resolved.value, route.value)
    : answerByProvider(completion, resolved.value, route.value.endpoints);
}

/** What a grant says of the body. Keys may do whatever their owner could do at the provider. */
function checkLeave({ by, grant }: Caller, { endpoint, body }: ModelRequest): Failure | undefined {
  if (by !== "credential") return undefined;
  if (!allowsEndpoint(grant, endpoint.path) && !allowsEndpoint(grant, "auto")) {
    return { kind: "insufficient_scope", param: null, detail: `This credential does not cover ${endpoint.path}.` };
  }
  const use = forbiddenFeature(grant, body);
  return (
    use && {
      kind: "insufficient_scope",
      param: use.param,
      detail: `This credential does not cover \`${use.feature}\`.`,
    }
  );
}

type FunctionRoute = Extract<Route, { kind: "function" }>;

async function answerByFunction(
  { request, now }: Completion,
  modelRequest: ModelRequest,
  { model: run }: FunctionRoute,
): Promise<Answer> {
  const { model, body, stream } = modelRequest;
  const endpoint = modelRequest.endpoint.path;
  if (endpoint !== "chat/completions" && endpoint !== "completions") {
    return failed({
      kind: "bad_field",
      param: "model",
      detail: `The model ${model} answers chat/completions and completions only.`,
    });
  }
  const call: JsCall = { endpoint, model, run, body, signal: request.signal, created: Math.floor(now / 1000) };
  const headers = { [HEADER.usedEndpoint]: "js", [HEADER.source]: "upstream" satisfies Source };
  if (stream)
    return { status: 200, headers: { "content-type": "text/event-stream", ...headers }, body: streamJs(call) };
  try {
    const answer = jsonAnswer(await completeJs(call));
    return { ...answer, headers: { ...answer.headers, ...headers } };
  } catch {
    return failed({ kind: request.signal.aborted ? "caller_left" : "model_function_failed" });
  }
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
  const { upstream, endpoint } = sent;
  const answer: Answer = {
    status: upstream.status,
    headers: {
      ...upstream.headers,
      [HEADER.usedEndpoint]: endpoint.name,
      [HEADER.source]: "upstream" satisfies Source,
      [HEADER.serverTiming]: `upstream;dur=${Math.round(performance.now() - started)}`,
    },
    body: answerBody(upstream, completion, modelRequest),
  };
  return mustConvert(modelRequest, endpoint) ? streamed(answer, modelRequest) : answer;
}

/** An endpoint's answer, or the last endpoint's failure. */
type Sent =
  | { readonly endpoint: Endpoint; readonly upstream: UpstreamAnswer }
  | { readonly endpoint: Endpoint; readonly failure: Failure };

async function firstGoodAnswer(
  { caller, request }: Completion,
  modelRequest: ModelRequest,
  endpoints: Endpoints,
): Promise<Sent> {
  let last: Sent = { endpoint: endpoints[0], failure: { kind: "upstream_unreachable" } };
  for (const endpoint of endpoints.slice(0, MAX_ATTEMPTS)) {
    const converted = mustConvert(modelRequest, endpoint);
    const answer = await fetchUpstream({
      endpoint,
      path: modelRequest.endpoint.path,
      model: modelRequest.model,
      payload: converted ? withoutStreaming(modelRequest.body) : modelRequest.payload,
      contentType: modelRequest.contentType,
      accept: modelRequest.stream && !converted ? "text/event-stream" : "*/*",
      callersKey: caller.providerKey !== undefined,
      signal: request.signal,
    });
    if (answer.ok) return { endpoint, upstream: answer.value };
    last = { endpoint, failure: answer.failure };
    if (!isWorthAnotherEndpoint(answer.failure)) break;
  }
  return last;
}

/** Names the endpoint, so that a provider's refusal is told from the server's own. */
function refusedBy({ endpoint, failure }: Extract<Sent, { failure: Failure }>): Answer {
  const answer = failed(failure);
  return { ...answer, headers: { ...answer.headers, [HEADER.usedEndpoint]: endpoint.name } };
}

/** Only a stream whose caller cannot prove its completeness is read along; everything else stays native. */
function answerBody(
  { body, isEventStream }: UpstreamAnswer,
  { request }: Completion,
  { endpoint }: ModelRequest,
): Answer["body"] {
  if (!body || !isEventStream || request.headers.get(HEADER.completeness) === "caller") return body;
  return observe(body, endpoint.terminal);
}

/** A streaming caller at an endpoint that cannot stream. */
function mustConvert({ stream, endpoint: { path } }: ModelRequest, { supportsStreaming }: Endpoint): boolean {
  return stream && !supportsStreaming && (path === "chat/completions" || path === "completions");
}

async function streamed(answer: Answer, { body }: ModelRequest): Promise<Answer> {
  const options = body.stream_options;
  const includeUsage =
    typeof options === "object" && options !== null && "include_usage" in options && options.include_usage === true;
  try {
    const stream = asStream(await new Response(answer.body).json(), { includeUsage });
    if (stream === undefined) return failed({ kind: "upstream_malformed" });
    return { ...answer, headers: { ...answer.headers, "content-type": "text/event-stream" }, body: stream };
  } catch {
    return failed({ kind: "upstream_malformed" });
  }
}
