import { errorSchemaOf } from "../mint-server/contract/error-shapes.ts";
import { HEADER } from "../mint-server/contract/headers.ts";
import type { Json } from "../mint-server/wire/read.ts";
import { type LocalAnswer, toResponse } from "./answers.ts";
import { createEmitter } from "./emitter.ts";
import { follow } from "./follow.ts";
import type { Target } from "./intercept.ts";
import { answerLocally, findLocal, type LocalSetup, newId, readAs } from "./local-answer.ts";
import { listWithLocal, unlessOffline } from "./local-list.ts";
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

type ReadBody = (bytes: ArrayBuffer | undefined) => Json | undefined;

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
      ? await answerCall(models, request, target, (bytes) => findLocal(models, bytes))
      : await listWithLocal(models, target.path, next);
  return finished(answer, request, target);
}

/** Answers a request for a model that is not the page's own: with this one of those, if the mint-server cannot be reached. */
export async function answerUnlessReached(
  { models, request, target, next }: LocalRequest,
  offlineModel: string,
): Promise<Response> {
  const onDevice = () => answerCall(models, request, target, (bytes) => readAs(offlineModel, bytes));
  return finished(await unlessOffline(next, onDevice), request, target);
}

function finished(answer: Response | LocalAnswer, request: Request, target: Target): Response {
  const response = answer instanceof Response ? answer : toResponse(answer, errorSchemaOf(target.url));
  Object.defineProperty(response, "url", { value: request.url });
  return response;
}
async function answerCall(models: LocalModels, request: Request, target: Target, read: ReadBody): Promise<Response> {
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
    const body = read(bytes) ?? {};
    return unlessAborted(answerLocally(setup, { path: target.path, body, signal }), signal);
  });
}
