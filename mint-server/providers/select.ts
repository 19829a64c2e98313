import type { ServerConfig } from "../config.ts";
import { HEADER } from "../contract/headers.ts";
import { allowsModel } from "../credentials/claims.ts";
import type { Caller } from "../credentials/verify.ts";
import { fail, ok, type Result } from "../failures.ts";
import type { JsVoice } from "../realtime/js-voice.ts";
import { catalog } from "./catalog.ts";
import type { JsModel } from "./js-model.ts";
import { factsOf, nearNames } from "./models.ts";
import type { Endpoint, ModelFacts, Provider } from "./provider.ts";
import { providerById, providers } from "./table.ts";

/** Where a request goes: endpoints, in an order for those who do not ask the balancer, or a function. */
export type Route =
  | { readonly kind: "endpoints"; readonly endpoints: readonly [Endpoint, ...Endpoint[]]; readonly facts: ModelFacts }
  | { readonly kind: "function"; readonly model: JsModel; readonly facts: ModelFacts };

/** A voice that is a function: it has realtime sessions, and nothing else. */
export interface VoiceRoute {
  readonly kind: "voice";
  readonly voice: JsVoice;
  readonly facts: ModelFacts;
}

const JS_FACTS: ModelFacts = { flavor: "chat", format: "js", multimodal: false };
const VOICE_FACTS: ModelFacts = { flavor: "audio", format: "js", multimodal: false };

/**
 * Resolves a model for a caller. The grant is checked on the id that goes out, letter by letter, after it is known to exist;
 * so a caller without leave hears 403 of a real model and 404 of no model.
 */
export function selectRoute(
  config: ServerConfig,
  caller: Caller,
  { model, headers, random = Math.random }: Selecting,
): Result<Route | VoiceRoute> {
  const endpointName = headers.get(HEADER.endpointName);
  const route = caller.org
    ? routeInOrg(config, caller.org.endpoints, { model, endpointName, random })
    : routeByKey(config, caller, { model, endpointName });
  if (!route.ok) return route;
  if (allowsModel(caller.grant, model)) return route;
  return fail({ kind: "insufficient_scope", param: "model", detail: "This credential does not cover that model." });
}

/** {@link selectRoute} for what a voice cannot do. */
export function selectModelRoute(config: ServerConfig, caller: Caller, selecting: Selecting): Result<Route> {
  const route = selectRoute(config, caller, selecting);
  if (!route.ok) return route;
  if (route.value.kind !== "voice") return ok(route.value);
  const detail = `The model ${selecting.model} has realtime sessions only.`;
  return fail({ kind: "bad_field", param: "model", detail });
}

interface Selecting {
  readonly model: string;
  readonly headers: Headers;
  /** At least 0 and less than 1. */
  readonly random?: () => number;
}

interface Wanted {
  readonly model: string;
  readonly endpointName: string | null;
}

interface WantedInOrg extends Wanted {
  readonly random: () => number;
}

function routeInOrg(
  config: ServerConfig,
  endpoints: readonly Endpoint[],
  { model, endpointName, random }: WantedInOrg,
): Result<Route | VoiceRoute> {
  const jsModel = config.models.get(model);
  if (jsModel && (endpointName === null || endpointName === "js"))
    return ok({ kind: "function", model: jsModel, facts: JS_FACTS });
  const voice = config.voices.get(model);
  if (voice && (endpointName === null || endpointName === "js"))
    return ok({ kind: "voice", voice, facts: VOICE_FACTS });
  const named = endpointName === null ? endpoints : endpoints.filter(({ name }) => name === endpointName);
  if (named.length === 0 && endpointName !== null) return fail({ kind: "endpoint_not_found" });
  const [first, ...rest] = inTurn(serving(named, model), random);
  if (!first) {
    const isElsewhere = named !== endpoints && serving(endpoints, model).length > 0;
    return isElsewhere ? fail({ kind: "endpoint_not_found" }) : notFound(model, knownModels(config, endpoints));
  }
  return ok({
    kind: "endpoints",
    endpoints: [first, ...rest],
    facts: factsAt(first, model),
  });
}

/** A caller's own provider key goes only to the provider that the model belongs to, or to the one that the caller names. */
function routeByKey(config: ServerConfig, caller: Caller, { model, endpointName }: Wanted): Result<Route> {
  const provider = endpointName === null ? nativeProvider(config, model) : keyedProvider(endpointName);
  const baseURL = provider && baseURLOf(config, provider);
  if (!provider || baseURL === undefined || caller.providerKey === undefined) {
    return endpointName === null ? notFound(model, catalog().keys()) : fail({ kind: "endpoint_not_found" });
  }
  const endpoint: Endpoint = {
    name: provider.id,
    provider,
    baseURL,
    apiKey: caller.providerKey,
    auth: provider.auth,
    headers: {},
    customModels: new Map(),
    options: config.providerOptions.get(provider.id) ?? {},
    weight: 1,
    supportsStreaming: true,
  };
  return ok({ kind: "endpoints", endpoints: [endpoint], facts: factsAt(endpoint, model) });
}

/** The one provider that a model belongs to: of those that the catalog lists the first in the table, else whose ids it fits. */
function nativeProvider(config: ServerConfig, model: string): Provider | undefined {
  const listed = catalog().get(model);
  return providers().find(
    (provider) =>
      provider.keySetting !== undefined &&
      baseURLOf(config, provider) !== undefined &&
      (listed ? listed.has(provider.id) : provider.models.test(model)),
  );
}

/** A provider that asks for no key is the operator's own: any text would pass for a key to it. */
function keyedProvider(id: string): Provider | undefined {
  const provider = providerById(id);
  return provider?.auth === "none" ? undefined : provider;
}

function baseURLOf(config: ServerConfig, { id, baseURL }: Provider): string | undefined {
  return config.providerBaseURLs.get(id) ?? baseURL;
}

/** What is known of a model where this endpoint serves it. */
export function factsAt({ customModels, provider }: Endpoint, model: string): ModelFacts {
  return customModels.get(model) ?? factsOf(model, provider.id);
}

/**
 * Endpoints that serve a model: those that list it, else the ones whose providers the catalog lists for it, else the ones
 * of the first provider whose ids it fits. So no request goes to a provider that merely shares a spelling.
 */
function serving(endpoints: readonly Endpoint[], model: string): readonly Endpoint[] {
  const byModel = served.get(endpoints) ?? new Map<string, readonly Endpoint[]>();
  served.set(endpoints, byModel);
  const known = byModel.get(model);
  if (known) return known;
  const found = findServing(endpoints, model);
  if (byModel.size >= MAX_REMEMBERED_MODELS) byModel.clear();
  byModel.set(model, found);
  return found;
}

/** An organisation's endpoints never change while it serves, so what serves a model is worked out once. */
const served = new WeakMap<readonly Endpoint[], Map<string, readonly Endpoint[]>>();
const MAX_REMEMBERED_MODELS = 1000;

function findServing(endpoints: readonly Endpoint[], model: string): readonly Endpoint[] {
  const listing = endpoints.filter(({ models, customModels }) => models?.has(model) || customModels.has(model));
  if (listing.length > 0) return listing;
  const open = endpoints.filter(({ models }) => models === undefined);
  const known = open.filter(({ provider }) => catalog().get(model)?.has(provider.id));
  if (known.length > 0) return known;
  const present = providers().filter((provider) => open.some((endpoint) => endpoint.provider === provider));
  const owner =
    present.find(({ models }) => models.test(model)) ?? present.find(({ alsoModels }) => alsoModels?.test(model));
  return open.filter(({ provider }) => provider === owner);
}

/** By priority, and within one a random order in which each endpoint comes first as often as its weight says. */
function inTurn(endpoints: readonly Endpoint[], random: () => number): readonly Endpoint[] {
  if (endpoints.length < 2) return endpoints;
  return endpoints
    .map((endpoint) => ({
      endpoint,
      priority: endpoint.priority ?? 0,
      at: -Math.log(1 - random()) / endpoint.weight,
    }))
    .sort((a, b) => a.priority - b.priority || a.at - b.at)
    .map(({ endpoint }) => endpoint);
}

function notFound(model: string, known: Iterable<string>) {
  return fail({ kind: "model_not_found", model, near: nearNames(model, known) });
}

function* knownModels(config: ServerConfig, endpoints: readonly Endpoint[]): Generator<string> {
  yield* config.models.keys();
  yield* config.voices.keys();
  for (const { models, customModels } of endpoints) {
    yield* models ?? [];
    yield* customModels.keys();
  }
  const open = new Set(endpoints.filter(({ models }) => models === undefined).map(({ provider }) => provider.id));
  for (const [model, entries] of catalog()) if ([...entries.keys()].some((id) => open.has(id))) yield model;
}

/** A model as `GET /models` shows it. */
export interface ListedModel {
  readonly id: string;
  readonly facts: ModelFacts;
  readonly providers: readonly string[];
}

/** The models that a caller may use, as far as their names are known, by name. */
export function listModels(config: ServerConfig, caller: Caller): ListedModel[] {
  const ids = caller.org ? knownModels(config, caller.org.endpoints) : catalog().keys();
  return [...new Set(ids)].toSorted().flatMap((id) => {
    const listed = describeModel(config, caller, id);
    return listed ? [listed] : [];
  });
}

/** One model, if the caller may use it. */
export function describeModel(config: ServerConfig, caller: Caller, id: string): ListedModel | undefined {
  const route = selectRoute(config, caller, { model: id, headers: new Headers() });
  if (!route.ok) return undefined;
  const { value } = route;
  if (value.kind !== "endpoints") return { id, facts: value.facts, providers: ["js"] };
  // In the table's order: requests take turns, a list should not.
  const order = providers();
  const [first, ...rest] = value.endpoints.toSorted((a, b) => order.indexOf(a.provider) - order.indexOf(b.provider));
  if (!first) return undefined;
  return {
    id,
    facts: factsAt(first, id),
    providers: [...new Set([first, ...rest].map(({ provider }) => provider.id))],
  };
}
