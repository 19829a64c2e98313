import type { Json } from "../mint-server/wire/read.ts";
import type { LocalHandler } from "./handle.ts";
import { answerLocally, findLocal, type LocalSetup, readAs } from "./local-answer.ts";
import { listWithLocal, unlessOffline } from "./local-list.ts";
import type { LocalModels } from "./local-models.ts";
import { responses } from "./local-responses.ts";
import { chat, completions } from "./local-schemas.ts";

/**
 * Answers for models of the worker's own. All of it is here at once: workers may not import on demand.
 *
 * @param offlineModel the one that answers for all others while the mint-server cannot be reached
 */
export function createLocalHandler(models: LocalModels, offlineModel?: string): LocalHandler {
  const setup: LocalSetup = {
    models,
    schemas: { chat: () => chat, completions: () => completions, responses: () => responses },
  };
  return async ({ request, target, abort }, bytes, next) => {
    if (request.method !== "POST") {
      return /^models(\/|$)/.test(target.path) ? listWithLocal(models, target.path, next) : next();
    }
    const answer = (body: Json) => answerLocally(setup, { path: target.path, body, signal: abort.signal });
    const body = findLocal(models, bytes);
    if (body) return answer(body);
    const other = offlineModel === undefined ? undefined : readAs(offlineModel, bytes);
    return other ? unlessOffline(next, () => answer(other)) : next();
  };
}
