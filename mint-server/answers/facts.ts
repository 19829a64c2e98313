import type { ModelEndpoint } from "../contract/endpoints.ts";
import { HEADER } from "../contract/headers.ts";
import type { Caller } from "../credentials/verify.ts";
import { fail, ok, type Result } from "../failures.ts";
import type { ModelRequest } from "../model-request.ts";
import type { AnsweringServices } from "./answers.ts";

/** A caller as plain facts that can go to another object. */
export interface CallerFacts extends Omit<Caller, "org"> {
  readonly orgName?: string;
}

export function factsOfCaller({ org, ...facts }: Caller): CallerFacts {
  return { ...facts, ...(org && { orgName: org.name }) };
}

/** The caller again, with its organisation as it is configured or stored now. */
export async function callerOf(
  { orgName, ...facts }: CallerFacts,
  { config, orgs }: Pick<AnsweringServices, "config" | "orgs">,
): Promise<Result<Caller>> {
  if (orgName === undefined) return ok(facts);
  const configured = config.orgs.get(orgName);
  if (configured) return ok({ ...facts, org: configured });
  const stored = await orgs?.finder.byName(orgName, "auto");
  if (stored && !stored.ok) return stored;
  const bound = facts.credential?.proofId !== undefined;
  if (!stored?.value) return fail({ kind: "invalid_credential", reason: "unknown_org", bound });
  return ok({ ...facts, org: stored.value });
}

/** A request for a model's work as plain facts. */
export interface RequestFacts {
  readonly url: string;
  /** Those that its handling reads. */
  readonly headers: Readonly<Record<string, string>>;
  readonly endpoint: ModelEndpoint;
  readonly model: string;
  readonly stream: boolean;
  readonly isArray: boolean;
  readonly contentType: string;
  /** As a stream where it is larger than a call's arguments should be. */
  readonly payload: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
  /** A form's text fields; a JSON body is read from the payload again. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** Headers that are read after a caller was let through. */
const HEADERS: readonly string[] = [
  "anthropic-version",
  "anthropic-beta",
  "openai-beta",
  "cache-control",
  "traceparent",
  "tracestate",
  HEADER.useCache,
  HEADER.cacheTtl,
  HEADER.endpointName,
  HEADER.parent,
];

const MAX_ARGUMENT_LENGTH = 1024 * 1024;

export function factsOfRequest(
  request: ModelRequest,
  { url, headers }: Pick<Request, "url" | "headers">,
): RequestFacts {
  const { endpoint, model, stream, isArray, contentType, payload, body } = request;
  const isLarge = payload.length > MAX_ARGUMENT_LENGTH;
  return {
    url,
    headers: Object.fromEntries(
      HEADERS.flatMap((name) => (headers.has(name) ? [[name, headers.get(name) ?? ""]] : [])),
    ),
    endpoint,
    model,
    stream,
    isArray,
    contentType,
    // A response made with a body has one.
    payload: isLarge ? (new Response(payload).body as ReadableStream<Uint8Array>) : payload,
    ...(endpoint.body === "multipart" && { fields: body }),
  };
}

export async function requestOf({
  url: _,
  headers: __,
  fields,
  payload,
  ...facts
}: RequestFacts): Promise<ModelRequest> {
  const read = payload instanceof ReadableStream ? new Response(payload) : undefined;
  if (fields) {
    const bytes = read ? new Uint8Array(await read.arrayBuffer()) : payload;
    return { ...facts, payload: bytes as Uint8Array<ArrayBuffer>, body: fields };
  }
  const text = read ? await read.text() : (payload as string);
  return { ...facts, payload: text, body: JSON.parse(text) as Record<string, unknown> };
}
