import { upstreamPath } from "../wire/openai.ts";
import type { Endpoint, UpstreamCall } from "./provider.ts";

/**
 * The URL of a call. `undefined` where the model's name is part of it and cannot be: an address that a URL parser would
 * still change is not the one that was meant.
 */
export function addressOf({ provider, baseURL, options }: Endpoint, path: string, model: string): string | undefined {
  if (!provider.url) return plainURL(baseURL, path);
  const url = provider.url({ baseURL, path, model, options });
  return url !== undefined && URL.canParse(url) && new URL(url).href === url ? url : undefined;
}

const plainURL = (baseURL: string, path: string): string => `${baseURL}${upstreamPath(path)}`;

/** A name as one segment of a path; `undefined` for one that would not stay a segment. */
export function pathSegment(name: string): string | undefined {
  return name !== "" && !/^\.+$/.test(name) && name.isWellFormed() ? encodeURIComponent(name) : undefined;
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
  if (baseURL.endsWith("/openai/v1")) return plainURL(baseURL, path);
  if (!BELOW_DEPLOYMENT.test(path)) return plainURL(`${baseURL}/openai/v1`, path);
  // Names of deployments could once hold no dot.
  const name = options.deployments?.get(model) ?? model.replace(/^gpt-3\.5-/, "gpt-35-");
  const deployment = pathSegment(name);
  const version = encodeURIComponent(options.apiVersion ?? DEFAULT_API_VERSION);
  return deployment && `${plainURL(`${baseURL}/openai/deployments/${deployment}`, path)}?api-version=${version}`;
}

/** A model per host, `https://{model}.lepton.run/…`: `base` is what stands behind the model. Any other base replaces all of it. */
export function modelInHost(base: string): (call: UpstreamCall) => string | undefined {
  return ({ baseURL, path, model }) => {
    if (baseURL !== base) return plainURL(baseURL, path);
    // A label of a host name (RFC 1123), so that nothing in it can end the host or begin another.
    if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(model)) return undefined;
    return plainURL(base.replace("https://", `https://${model}.`), path);
  };
}

/** Databricks: each model is a serving endpoint with one path for whatever it does. */
export function invocationURL({ baseURL, path, model }: UpstreamCall): string | undefined {
  const endpoints = `${baseURL}/serving-endpoints`;
  if (!/^(chat\/completions|completions|embeddings)$/.test(path)) return plainURL(endpoints, path);
  const name = pathSegment(model);
  return name && `${endpoints}/${name}/invocations`;
}
