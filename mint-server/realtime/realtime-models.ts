import type { ServerConfig } from "../config.ts";
import type { Caller } from "../credentials/verify.ts";
import { describeModel, type ListedModel, selectRoute } from "../providers/select.ts";
import { pricedModels } from "./price.ts";

/** A model of a list, and whether it has realtime sessions. */
export interface RealtimeListed extends ListedModel {
  readonly realtime: boolean;
}

/** Models with sessions that no price tells, by what their providers call them. */
const SESSIONS = /(^|[-_.])(realtime|live|native-audio)([-_.]|$)/;
/** They are for files: a session has another model, and these at most inside. */
const TRANSCRIBES = /transcribe|whisper/;
/** They speak OpenAI's Live API alone. */
const LIVE = /^gpt-live-\d/;

/** A list with the realtime models that a caller may use, which the catalog does not have. */
export function withRealtimeModels(
  config: ServerConfig,
  caller: Caller,
  listed: readonly ListedModel[],
): readonly RealtimeListed[] {
  const known = new Set(listed.map(({ id }) => id));
  const more = pricedModels()
    .filter((id) => !TRANSCRIBES.test(id) && !known.has(id))
    .flatMap((id) => describeModel(config, caller, id) ?? [])
    // Their words are the smaller part: what they are for is voice.
    .map((model): ListedModel => ({ ...model, facts: { ...model.facts, flavor: "audio" } }))
    .filter(({ id }) => hasSessions(config, caller, id));
  const all = listed.map((model) => ({ ...model, realtime: isRealtime(config, caller, model.id) }));
  return [...all, ...more.map((model) => ({ ...model, realtime: true }))].toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** Whether a caller has realtime sessions with a model. */
export function isRealtime(config: ServerConfig, caller: Caller, id: string): boolean {
  const isNamed = SESSIONS.test(id) || pricedModels().includes(id) || config.voices.has(id);
  return isNamed && !TRANSCRIBES.test(id) && !LIVE.test(id) && hasSessions(config, caller, id);
}

function hasSessions(config: ServerConfig, caller: Caller, model: string): boolean {
  const route = selectRoute(config, caller, { model, headers: new Headers() });
  if (!route.ok) return false;
  const { value } = route;
  return (
    value.kind === "voice" || (value.kind === "endpoints" && value.endpoints.some(({ provider }) => provider.realtime))
  );
}
