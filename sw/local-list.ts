import { HEADER, type Source } from "../mint-server/contract/headers.ts";
import { asObject, asObjects } from "../mint-server/wire/read.ts";
import { bodyHeaders, type LocalAnswer, OFFLINE } from "./answers.ts";
import { formatOf } from "./local-answer.ts";
import type { LocalModels } from "./local-models.ts";

type Answer = Response | LocalAnswer;

/**
 * Answers `GET /models` and `GET /models/{model}` with the local models among the mint-server's, whose answer `next` gives.
 * Offline they are all there is.
 */
export async function listWithLocal(models: LocalModels, path: string, next: () => Promise<Answer>): Promise<Answer> {
  if (path !== "models") {
    const name = decoded(path.slice("models/".length));
    return Object.hasOwn(models, name) ? json(describe(models, name)) : next();
  }
  const local = Object.keys(models).map((name) => describe(models, name));
  const answer = await next().catch(unlessUnreachable);
  if (await isOffline(answer)) return json({ object: "list", data: local });
  if (!(answer instanceof Response) || !answer.ok) return answer;
  const list = asObject(await answer.json());
  const others = asObjects(list?.data).filter(({ id: name }) => !Object.hasOwn(models, String(name)));
  return Response.json({ ...list, data: [...local, ...others] }, { headers: bodyHeaders(answer.headers) });
}

/** What `next` gives, or while the mint-server cannot be reached what `otherwise` does, if that is an answer. */
export async function unlessOffline(next: () => Promise<Answer>, otherwise: () => Promise<Answer>): Promise<Answer> {
  const answer = await next().catch(unlessUnreachable);
  if (!(await isOffline(answer))) return answer;
  const other = await otherwise();
  // What the model has nothing like is not refused for good: online there is another.
  return other instanceof Response && other.ok ? other : answer;
}

/** In a page without a network, not even the code that would ask may be there. Both are a TypeError, as `fetch` makes them. */
function unlessUnreachable(error: unknown): LocalAnswer {
  if (error instanceof TypeError) return OFFLINE;
  throw error;
}

function describe(models: LocalModels, id: string) {
  const format = formatOf(models[id] ?? "window");
  const costs = format === "window" ? 0 : null;
  return {
    id,
    object: "model",
    created: 0,
    owned_by: format,
    format,
    flavor: "chat",
    providers: [format],
    input_cost_per_million_tokens: costs,
    output_cost_per_million_tokens: costs,
    multimodal: format === "window",
  };
}

function json(body: object): Response {
  const source: Source = "device";
  return Response.json(body, { headers: { "cache-control": "no-store", [HEADER.source]: source } });
}

/** Also where the answer was made by the other side, worker or page. */
async function isOffline(answer: Answer): Promise<boolean> {
  if (!(answer instanceof Response)) return answer === OFFLINE;
  if (answer.status !== OFFLINE.status) return false;
  const body = asObject(
    await answer
      .clone()
      .json()
      .catch(() => undefined),
  );
  return asObject(body?.error)?.code === OFFLINE.error.code;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
