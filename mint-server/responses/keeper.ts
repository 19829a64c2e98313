import type { ModelCall } from "../ask-model.ts";
import type { ModelRequest } from "../model-request.ts";
import { lazy } from "../wire/lazy.ts";
import type { Json } from "../wire/read.ts";
import type { NameReader } from "./keep-answers.ts";
import type { KeptResponses } from "./kept-responses.ts";

const keeping = lazy(() => import("./keep-answers.ts"));

/** Keeps an answer in the Responses schema. */
export type Keep = (response: { readonly id: string; readonly output: readonly object[] }) => void;

/** What keeps the answer to a request, for later requests to name; undefined where it is not to be kept, or cannot be. */
export function keeperOf(call: ModelCall, request: ModelRequest): Keep | undefined {
  const responses = shelfFor(call, request);
  if (!responses) return undefined;
  return ({ id, output }) => {
    const response = { id, input: request.body.input, output: output as readonly Json[] };
    const keep = async (): Promise<void> => (await keeping()).keepResponse(responses, call.caller, response);
    const kept = keep();
    responses.waitUntil?.(kept);
  };
}

/**
 * What remembers the names in a provider's own answer as its caller's; undefined where they name nothing, and for keys, which
 * may name everything.
 */
export async function nameReaderOf(call: ModelCall, request: ModelRequest): Promise<NameReader | undefined> {
  const responses = call.caller.credential && shelfFor(call, request);
  return responses && (await keeping()).createNameReader(responses, call.caller);
}

function shelfFor({ services }: ModelCall, { endpoint, body }: ModelRequest): KeptResponses | undefined {
  return endpoint.schema === "responses" && body.store !== false ? services.responses : undefined;
}
