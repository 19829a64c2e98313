import type { Caller } from "../credentials/verify.ts";
import { fail, ok, type Result } from "../failures.ts";
import type { ModelRequest } from "../model-request.ts";
import type { Json } from "../wire/read.ts";
import { findResponse, type KeptResponse, type KeptResponses } from "./kept-responses.ts";
import { asItems, referenceIn } from "./names-earlier.ts";

export interface Recalling {
  readonly responses: KeptResponses;
  readonly caller: Caller;
  /** Most that a request may be, with what it only names. */
  readonly maxBodyBytes: number;
}

/**
 * The request with all that it names written out, as far as it is kept here. What is not may be kept at the provider, and stays
 * as it is.
 */
export async function recall(
  request: ModelRequest,
  { responses, caller, maxBodyBytes }: Recalling,
): Promise<Result<ModelRequest>> {
  const { body } = request;
  const own = asItems(body.input);
  const previous = typeof body.previous_response_id === "string" ? body.previous_response_id : undefined;
  const ids = new Set([...own.flatMap((item) => responseOf(referenceIn(item)) ?? []), ...(previous ? [previous] : [])]);
  const found = new Map<string, KeptResponse>();
  let sizeBytes = 0;
  // One after the other: so many as would be too much are never in memory together.
  for (const id of ids) {
    const response = await findResponse(responses, caller, id);
    if (!response) continue;
    sizeBytes += JSON.stringify(response).length;
    if (sizeBytes > maxBodyBytes) return fail({ kind: "body_too_large", maxBytes: maxBodyBytes });
    found.set(id, response);
  }
  // The provider's own names go to it with the rest of the request as it came, to the byte.
  if (found.size === 0) return ok(request);
  const before = previous === undefined ? undefined : found.get(previous);
  const input = [
    ...(before?.input ? [...before.input, ...before.output] : []),
    ...own.map((item) => itemOf(referenceIn(item), found) ?? item),
  ];
  const { previous_response_id: _, ...rest } = body;
  const written = { ...(before?.input ? rest : body), input };
  return ok({ ...request, body: written, payload: JSON.stringify(written) });
}

/** The response that has an item: items are called after it. */
function responseOf(item: string | undefined): string | undefined {
  const name = /^(?:rs|msg|fc)_(\w+)_\d+$/.exec(item ?? "")?.[1];
  return name && `resp_${name}`;
}

function itemOf(id: string | undefined, found: ReadonlyMap<string, KeptResponse>): Json | undefined {
  const response = found.get(responseOf(id) ?? "");
  return response?.output.find((item) => item.id === id);
}
