import type { Target } from "./intercept.ts";
import type { LocalModels } from "./local-models.ts";

/** A covered request of the page's, and who answers it if its model is none of the page's own. */
interface LocalFetchCall {
  readonly input: RequestInfo | URL;
  readonly init: RequestInit | undefined;
  readonly target: Target;
  readonly next: (input: Request, init: undefined, target: Target) => Promise<Response>;
}

/** Answers covered requests for the page's own models. Made only where there are any. */
export function createLocalFetch(models: LocalModels): (call: LocalFetchCall) => Promise<Response> {
  const load = () => import("./local-page.ts");
  // So that it is there without a network, or asked for again then.
  load().catch(() => undefined);
  return async ({ input, init, target, next }) => {
    const request = new Request(input, init);
    const isPost = request.method === "POST";
    const isOurs = isPost ? Object.hasOwn(models, await modelOf(request)) : target.path.startsWith("models");
    const ask = () => next(request, undefined, target);
    return isOurs ? (await load()).answerInPage({ models, request, target, next: ask }) : ask();
  };
}

async function modelOf(request: Request): Promise<string> {
  const body: unknown = await request
    .clone()
    .json()
    .catch(() => undefined);
  return String((body as { model?: unknown } | undefined)?.model);
}
