import { errorSchemaOf } from "../mint-server/contract/error-shapes.ts";
import { HEADER } from "../mint-server/contract/headers.ts";
import { toResponse } from "./answers.ts";
import { createEmitter } from "./emitter.ts";
import { follow } from "./follow.ts";
import type { Target } from "./intercept.ts";
import { answerLocally, findLocal, type LocalSetup, newId } from "./local-answer.ts";
import { listWithLocal } from "./local-list.ts";
import type { LocalModels } from "./local-models.ts";
import { chat, completions } from "./local-schemas.ts";
import { askWindow } from "./local-window.ts";
import { unlessAborted } from "./unless-aborted.ts";

/* Models of the page's own. Loaded only where there are any. */

const emit = createEmitter();

const SCHEMAS: LocalSetup["schemas"] = {
  chat: () => chat,
  completions: () => completions,
  responses: async () => (await import("./local-responses.ts")).responses,
};

interface LocalRequest {
  readonly models: LocalModels;
  readonly request: Request;
  readonly target: Target;
  /** Answers a request that is not for one of them. */
  readonly next: () => Promise<Response>;
}

/** Answers a request for one of the page's models, or for the list of models; behaves as `fetch` does when its signal fires. */
export async function answerInPage({ models, request, target, next }: LocalRequest): Promise<Response> {
  const answer =
    request.method === "POST"
      ? await answerCall(models, request, target)
      : await listWithLocal(models, target.path, next);
  const response = answer instanceof Response ? answer : toResponse(answer, errorSchemaOf(target.url));
  Object.defineProperty(response, "url", { value: request.url });
  return response;
}

async function answerCall(models: LocalModels, request: Request, target: Target): Promise<Response> {
  const { signal: leaving } = request;
  leaving.throwIfAborted();
  const abort = new AbortController();
  const { signal } = abort;
  const onAbort = () => abort.abort(leaving.reason);
  leaving.addEventListener("abort", onAbort, { once: true });
  const onDone = () => leaving.removeEventListener("abort", onAbort);
  const requestId = request.headers.get(HEADER.requestId) ?? newId("local-");
  const setup: LocalSetup = {
    models,
    schemas: SCHEMAS,
    askWindow: (call) =>
      askWindow(call, (loaded) => emit({ type: "download", by: "page", requestId, model: call.request.model, loaded })),
  };
  return follow({ by: "page", emit }, { id: requestId, request, target, abort, onDone }, (bytes) => {
    const body = findLocal(models, bytes) ?? {};
    return unlessAborted(answerLocally(setup, { path: target.path, body, signal }), signal);
  });
}
