import type { ModelCall } from "../ask-model.ts";
import type { ModelRequest } from "../model-request.ts";
import { lazy } from "../wire/lazy.ts";
import type { Json } from "../wire/read.ts";
import { asItems } from "./names-earlier.ts";

const kept = lazy(() => import("./kept-responses.ts"));

/** Keeps an answer in the Responses schema. */
export type Keep = (response: { readonly id: string; readonly output: readonly object[] }) => void;

/** What keeps the answer to a request, for later requests to name; undefined where it is not to be kept, or cannot be. */
export function keeperOf({ services, caller }: ModelCall, { endpoint, body }: ModelRequest): Keep | undefined {
  const { responses } = services;
  if (!responses || endpoint.schema !== "responses" || body.store === false) return undefined;
  return ({ id, output }) => {
    const response = { id, input: asItems(body.input), output: output as readonly Json[] };
    const keep = async (): Promise<void> => (await kept()).keepResponse(responses, caller, response);
    const keeping = keep();
    responses.waitUntil?.(keeping);
  };
}
