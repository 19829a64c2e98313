import type { Caller } from "../credentials/verify.ts";
import { type Failure, fail, ok, type Result } from "../failures.ts";
import type { ModelRequest } from "../model-request.ts";
import type { Json } from "../wire/read.ts";
import { findResponse, findUnmarked, type KeptResponse, type KeptResponses } from "./kept-responses.ts";
import { asItems, nameIn, namesEarlier, previousIn, referenceIn, responseOf } from "./names-earlier.ts";

export interface Recalling {
  /** Undefined where nothing is kept. */
  readonly responses: KeptResponses | undefined;
  readonly caller: Caller;
  /** Most that a request may be, with what it only names. */
  readonly maxBodyBytes: number;
}

/** What was named a moment ago may still be on its way to where it is looked up. */
const SECOND_LOOK_MS = 250;

/**
 * The request with all that it names written out, as far as it is kept here. What is not may be kept at the provider, and stays
 * as it is; a credential may name there what its own subject was given, and nothing else.
 */
export async function recall(request: ModelRequest, recalling: Recalling): Promise<Result<ModelRequest>> {
  if (!namesEarlier(request.body)) return ok(request);
  const first = await written(request, recalling);
  if (first.ok || first.failure.kind !== "bad_field" || !recalling.responses) return first;
  await new Promise((resolve) => setTimeout(resolve, SECOND_LOOK_MS));
  return written(request, recalling);
}

async function written(request: ModelRequest, recalling: Recalling): Promise<Result<ModelRequest>> {
  const { body } = request;
  const own = asItems(body.input);
  const previous = previousIn(body);
  const found = await findKept(request, recalling);
  if (!found.ok) return found;
  const kept = found.value;
  const strange = await strangeName(request, recalling, kept);
  if (strange) return fail(strange);
  // The provider's own names go to it with the rest of the request as it came, to the byte.
  if (kept.size === 0) return ok(request);
  const before = previous === undefined ? undefined : kept.get(previous);
  const input = [
    ...(before?.input ? [...before.input, ...before.output] : []),
    ...own.map((item) => itemOf(referenceIn(item), kept) ?? item),
  ];
  const { previous_response_id: _, ...rest } = body;
  const whole = { ...(before?.input ? rest : body), input };
  return ok({ ...request, body: whole, payload: JSON.stringify(whole) });
}

type Kept = ReadonlyMap<string, KeptResponse>;

async function findKept({ body }: ModelRequest, { responses, caller, maxBodyBytes }: Recalling): Promise<Result<Kept>> {
  const found = new Map<string, KeptResponse>();
  if (!responses) return ok(found);
  const previous = previousIn(body);
  const ids = new Set([
    ...asItems(body.input).flatMap((item) => responseOf(referenceIn(item) ?? "") ?? []),
    ...(previous ? [previous] : []),
  ]);
  let sizeBytes = 0;
  // One after the other: so many as would be too much are never in memory together.
  for (const id of ids) {
    const response = await findResponse(responses, caller, id);
    if (!response) continue;
    sizeBytes += JSON.stringify(response).length;
    if (sizeBytes > maxBodyBytes) return fail({ kind: "body_too_large", maxBytes: maxBodyBytes });
    found.set(id, response);
  }
  return ok(found);
}

/** Keys name what they like: it is their owner's. */
async function strangeName(
  { body }: ModelRequest,
  { responses, caller }: Recalling,
  kept: Kept,
): Promise<Failure | undefined> {
  if (caller.by !== "credential") return undefined;
  const names = new Map<string, string>();
  const previous = previousIn(body);
  if (previous !== undefined && !kept.has(previous)) names.set(previous, "previous_response_id");
  for (const [at, item] of asItems(body.input).entries()) {
    const id = nameIn(item);
    if (id !== undefined && !names.has(id) && !itemOf(id, kept)) names.set(id, `input[${at}]`);
  }
  try {
    const ids = [...names.keys()];
    const strange = responses ? await findUnmarked(responses, caller, ids) : ids[0];
    if (strange === undefined) return undefined;
    return unknownName(names.get(strange) ?? "input", responses !== undefined);
  } catch {
    return { kind: "answers_unavailable" };
  }
}

function unknownName(param: string, isKept: boolean): Failure {
  const where = isKept ? "is not kept here for this credential's subject" : "cannot be, since nothing is kept here";
  const detail =
    param === "previous_response_id"
      ? `\`${param}\`: an answer of this id ${where}. Send the whole conversation in \`input\`.`
      : `\`${param}\` stands for an item that ${where}. Send the item itself: SDKs do if \`store\` is false.`;
  return { kind: "bad_field", param, detail };
}

function itemOf(id: string | undefined, kept: Kept): Json | undefined {
  const response = kept.get(responseOf(id ?? "") ?? "");
  return response?.output.find((item) => item.id === id);
}
