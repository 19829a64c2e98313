import type { LocalHandler } from "./handle.ts";
import { answerLocally, findLocal, type LocalSetup } from "./local-answer.ts";
import { listWithLocal } from "./local-list.ts";
import type { LocalModels } from "./local-models.ts";
import { responses } from "./local-responses.ts";
import { chat, completions } from "./local-schemas.ts";

/** Answers for models of the worker's own. All of it is here at once: workers may not import on demand. */
export function createLocalHandler(models: LocalModels): LocalHandler {
  const setup: LocalSetup = {
    models,
    schemas: { chat: () => chat, completions: () => completions, responses: () => responses },
  };
  return async ({ request, target, abort }, bytes, next) => {
    if (request.method !== "POST") {
      return /^models(\/|$)/.test(target.path) ? listWithLocal(models, target.path, next) : next();
    }
    const body = findLocal(models, bytes);
    return body ? answerLocally(setup, { path: target.path, body, signal: abort.signal }) : next();
  };
}
