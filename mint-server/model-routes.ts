import { type Answer, failed, jsonAnswer } from "./answer.ts";
import type { Visit } from "./app.ts";
import type { Caller } from "./credentials/verify.ts";
import { describeModel, type ListedModel, listModels } from "./providers/select.ts";

/** `GET /models`, in OpenAI's list shape with what it lacks. */
export function getModels({ services }: Visit, caller: Caller): Answer {
  return jsonAnswer({ object: "list", data: listModels(services.config, caller).map(asObject) });
}

/** `GET /models/{model}`; the id may hold slashes. */
export function getModel({ services, model }: Visit, caller: Caller): Answer {
  const id = decoded(model);
  const listed = id === undefined ? undefined : describeModel(services.config, caller, id);
  return listed ? jsonAnswer(asObject(listed)) : failed({ kind: "model_not_found", model: id ?? model, near: [] });
}

/** A segment of a path as text; `undefined` for one that is not well encoded. */
export function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

function asObject({ id, facts, providers }: ListedModel) {
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
  };
}
