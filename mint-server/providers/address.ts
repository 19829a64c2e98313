import { upstreamPath } from "../wire/openai.ts";
import type { Endpoint, Provider, UpstreamCall, WireFormatId } from "./provider.ts";

/**
 * The URL of a call. `undefined` where the model's name is part of it and cannot be: an address that a URL parser would
 * still change is not the one that was meant.
 */
export function addressOf(
  { provider, baseURL, options }: Endpoint,
  call: Omit<UpstreamCall, "baseURL" | "options">,
): string | undefined {
  const toURL = provider.url && hasWire(provider, call.wire) ? provider.url : WIRE_URLS[call.wire];
  // The base is configuration's own, and endpoints' names are ours.
  if (toURL === plainURL) return `${baseURL}${upstreamPath(call.path)}`;
  const { path, model, wire, stream } = call;
  const url = toURL?.({ baseURL, path, model, wire, stream, options });
  return url !== undefined && URL.canParse(url) && new URL(url).href === url ? url : undefined;
}

/** The wire format in which an endpoint takes a model: as configured, else as its provider's row says. */
export function wireOf({ provider, customModels }: Endpoint, model: string): WireFormatId {
  const other = provider.otherWires?.find(([models]) => models.test(model))?.[1];
  return customModels.get(model)?.format ?? other ?? provider.wire;
}

/** True if a provider has the format by itself: an endpoint with models of other formats has their own paths for them. */
function hasWire({ wire, otherWires }: Provider, wanted: WireFormatId): boolean {
  return (wanted === "responses" ? "openai" : wanted) === wire || !!otherWires?.some(([, other]) => other === wanted);
}

type ToURL = (call: UpstreamCall) => string | undefined;

const plainURL: ToURL = ({ baseURL, path }) => `${baseURL}${upstreamPath(path)}`;

/** Anthropic's paths. */
const messagesURL: ToURL = ({ baseURL, path }) =>
  `${baseURL.replace(/\/v1$/, "")}/v1/${path === "messages/count_tokens" ? path : "messages"}`;

/** Gemini's paths: a method of a model. */
const geminiURL: ToURL = ({ baseURL, model, path, stream }) => {
  const name = pathSegment(model.replace(/^models\//, ""));
  return name && `${baseURL.replace(/\/v1(beta)?$/, "")}/v1beta/models/${name}:${methodOf(path, stream)}`;
};

/** Without `alt`, a stream would be one JSON array. */
const methodOf = (path: string, stream: boolean): string =>
  stream && path === "streamGenerateContent" ? `${path}?alt=sse` : path;

/** Amazon Bedrock's paths: an operation of a model. */
const bedrockURL: ToURL = ({ baseURL, model, path }) => {
  const name = pathSegment(model);
  return name && `${baseURL}/model/${name}/${path}`;
};

/** Where calls of a wire format go below a base. */
const WIRE_URLS: Readonly<Partial<Record<WireFormatId, ToURL>>> = {
  openai: plainURL,
  responses: plainURL,
  anthropic: messagesURL,
  google: geminiURL,
  bedrock: bedrockURL,
};

/** A name as one segment of a path; `undefined` for one that would not stay a segment. */
export function pathSegment(name: string): string | undefined {
  if (name === "" || /^\.+$/.test(name) || !name.isWellFormed()) return undefined;
  // Beyond `encodeURIComponent` what RFC 3986 reserves, so that a signature over the path has one reading.
  return encodeURIComponent(name).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The latest version that is no preview, for endpoints that name none. */
const DEFAULT_API_VERSION = "2024-10-21";

/** Endpoints of Azure's API that stand below a deployment; the others take its name in the body, as OpenAI does. */
const BELOW_DEPLOYMENT = /^(chat\/completions|completions|embeddings|images\/generations|audio\/\w+)$/;

/**
 * Azure OpenAI: the deployment is part of the path, and is called like the model unless configured. A base that ends in
 * `/openai/v1` is the newer form of its API, which has OpenAI's own paths.
 */
export function deploymentURL({ baseURL, path, model, options }: UpstreamCall): string | undefined {
  if (baseURL.endsWith("/openai/v1")) return `${baseURL}${upstreamPath(path)}`;
  if (!BELOW_DEPLOYMENT.test(path)) return `${baseURL}/openai/v1${upstreamPath(path)}`;
  // Names of deployments could once hold no dot.
  const name = options.deployments?.get(model) ?? model.replace(/^gpt-3\.5-/, "gpt-35-");
  const deployment = pathSegment(name);
  const version = encodeURIComponent(options.apiVersion ?? DEFAULT_API_VERSION);
  return deployment && `${baseURL}/openai/deployments/${deployment}${upstreamPath(path)}?api-version=${version}`;
}

/** A model per host, `https://{model}.lepton.run/…`: `base` is what stands behind the model. Any other base replaces all of it. */
export function modelInHost(base: string): ToURL {
  return ({ baseURL, path, model }) => {
    if (baseURL !== base) return `${baseURL}${upstreamPath(path)}`;
    // A label of a host name (RFC 1123), so that nothing in it can end the host or begin another.
    if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(model)) return undefined;
    return `${base.replace("https://", `https://${model}.`)}${upstreamPath(path)}`;
  };
}

/** Databricks: each model is a serving endpoint with one path for whatever it does. */
export function invocationURL({ baseURL, path, model }: UpstreamCall): string | undefined {
  const endpoints = `${baseURL}/serving-endpoints`;
  if (!/^(chat\/completions|completions|embeddings)$/.test(path)) return `${endpoints}${upstreamPath(path)}`;
  const name = pathSegment(model);
  return name && `${endpoints}/${name}/invocations`;
}

/** Vertex AI: models stand below their publisher, and that below a project and a location. */
export function vertexURL({ baseURL, path, model, wire, stream, options }: UpstreamCall): string | undefined {
  const { project, location } = options;
  if (project === undefined || location === undefined) return undefined;
  const place = `${baseURL}/v1/projects/${project}/locations/${location}`;
  if (wire === "openai") return `${place}/endpoints/openapi${upstreamPath(path)}`;
  const publisher = wire === "anthropic" ? "anthropic" : "google";
  const prefix = `publishers/${publisher}/models/`;
  const counts = path === "messages/count_tokens";
  const name = counts ? "count-tokens" : pathSegment(model.startsWith(prefix) ? model.slice(prefix.length) : model);
  if (name === undefined) return undefined;
  const claudeMethod = stream && !counts ? "streamRawPredict" : "rawPredict";
  return `${place}/${prefix}${name}:${wire === "anthropic" ? claudeMethod : methodOf(path, stream)}`;
}

/** Google's hosts: one per region, one for each of two groups of regions, and one for all. */
export function vertexBase({ location }: { readonly location?: string }): string | undefined {
  if (location === undefined) return undefined;
  if (location === "global") return "https://aiplatform.googleapis.com";
  if (location === "us" || location === "eu") return `https://aiplatform.${location}.rep.googleapis.com`;
  return `https://${location}-aiplatform.googleapis.com`;
}

export function bedrockBase({ region }: { readonly region?: string }): string | undefined {
  return region && `https://bedrock-runtime.${region}.amazonaws.com`;
}
