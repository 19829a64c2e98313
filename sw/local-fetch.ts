import type { Target } from "./intercept.ts";
import type { LocalModels } from "./local-models.ts";

/** A covered request of the page's, and who answers it if its model is none of the page's own. */
export interface LocalFetchCall {
  readonly request: Request;
  readonly target: Target;
  readonly next: (request: Request) => Promise<Response>;
}

/** Answers covered requests for the page's own models. Made only where there are any. */
export function createLocalFetch(models: LocalModels): (call: LocalFetchCall) => Promise<Response> {
  const load = () => import("./local-page.ts");
  // So that it is there without a network, or asked for again then.
  load().catch(() => undefined);
  return async (call) => {
    const { request, target, next } = call;
    const isOurs = request.method === "POST" ? Object.hasOwn(models, await modelOf(request)) : /^models\b/.test(target.path);
    return isOurs ? (await load()).answerInPage(models, call) : next(request);
  };
}

async function modelOf(request: Request): Promise<string> {
  // Recordings and files, whose models run elsewhere.
  if (request.headers.get("content-type")?.startsWith("multipart")) return "";
  const body: unknown = await request
    .clone()
    .json()
    .catch(() => undefined);
  return String((body as { model?: unknown } | undefined)?.model);
}
