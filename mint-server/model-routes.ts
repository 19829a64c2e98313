import { type Answer, failed, jsonAnswer } from "./answer.ts";
import type { Caller } from "./credentials/verify.ts";
import { describeModel, listModels } from "./providers/select.ts";
import type { RealtimeListed } from "./realtime/realtime-models.ts";
import type { Visit } from "./routes.ts";
import { lazy } from "./wire/lazy.ts";

const realtimeModels = lazy(() => import("./realtime/realtime-models.ts"));

/** `GET /models`, in OpenAI's list shape with what it lacks. */
export async function getModels({ services: { config } }: Visit, caller: Caller): Promise<Answer> {
  const { withRealtimeModels } = await realtimeModels();
  const listed = withRealtimeModels(config, caller, listModels(config, caller));
  return jsonAnswer({ object: "list", data: listed.map(asObject) });
}

/** `GET /models/{model}`; the id may hold slashes. */
export async function getModel({ services: { config }, model }: Visit, caller: Caller): Promise<Answer> {
  const id = decoded(model);
  const listed = id === undefined ? undefined : describeModel(config, caller, id);
  if (!listed) return failed({ kind: "model_not_found", model: id ?? model, near: [] });
  const { isRealtime } = await realtimeModels();
  return jsonAnswer(asObject({ ...listed, realtime: isRealtime(config, caller, listed.id) }));
}

/** A segment of a path as text; `undefined` for one that is not well encoded. */
export function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

function asObject({ id, facts, providers, realtime }: RealtimeListed) {
  return {
    id,
    object: "model",
    created: 0,
    owned_by: providers[0] ?? "",
    format: facts.format,
    flavor: facts.flavor,
    providers,
    input_cost_per_million_tokens: facts.inputCostPerMillionTokens ?? null,
    output_cost_per_million_tokens: facts.outputCostPerMillionTokens ?? null,
    multimodal: facts.multimodal,
    ...(realtime && { realtime }),
  };
}
