import type { Target } from "./intercept.ts";
import type { LocalModels } from "./local-models.ts";

/** A covered request of the page's, and who answers it if its model is none of the page's own. */
interface LocalFetchCall {
  readonly input: RequestInfo | URL;
  readonly init: RequestInit | undefined;
  readonly target: Target;
  readonly next: (input: Request, init: undefined, target: Target) => Promise<Response>;
}

/**
 * Answers covered requests for the page's own models. Made only where there are any.
 *
 * @param offlineModel the one that answers for all others while the mint-server cannot be reached
 */
export function createLocalFetch(
  models: LocalModels,
  offlineModel?: string,
): (call: LocalFetchCall) => Promise<Response> {
  const load = () => import("./local-page.ts");
  // So that it is there without a network, or asked for again then.
  load().catch(() => undefined);
  return async ({ input, init, target, next }) => {
    const request = new Request(input, init);
    const isPost = request.method === "POST";
    const isOurs = isPost ? Object.hasOwn(models, await modelOf(request)) : target.path.startsWith("models");
    const ask = () => next(request, undefined, target);
    if (isOurs) return (await load()).answerInPage({ models, request, target, next: ask });
    if (!isPost || offlineModel === undefined) return ask();
    const spare = request.clone();
    return (await load()).answerUnlessReached({ models, request: spare, target, next: ask }, offlineModel);
  };
}

async function modelOf(request: Request): Promise<string> {
  const body: unknown = await request
    .clone()
    .json()
    .catch(() => undefined);
  return String((body as { model?: unknown } | undefined)?.model);
}
