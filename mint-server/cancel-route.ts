import { type Answer, failed, jsonAnswer } from "./answer.ts";
import { isIdempotencyKey } from "./answers/wish.ts";
import type { Caller } from "./credentials/verify.ts";
import { readJsonObject } from "./model-request.ts";
import type { Visit } from "./routes.ts";

const MAX_BODY_BYTES = 4096;

/** `POST /answers/cancel`: stops what the caller asked for under an `Idempotency-Key`, and closes its provider. */
export async function cancelAnswer({ services, request, now }: Visit, caller: Caller): Promise<Answer> {
  const body = await readJsonObject(request, MAX_BODY_BYTES);
  if (!body.ok) return failed(body.failure);
  const { idempotency_key: key, ...others } = body.value;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    return failed({ kind: "bad_field", param: unknown, detail: `\`${unknown}\` is no field of this request.` });
  }
  if (typeof key !== "string" || !isIdempotencyKey(key)) {
    const detail = "`idempotency_key` must be the `Idempotency-Key` of a request: 1 to 255 printable ASCII characters.";
    return failed({ kind: "bad_field", param: "idempotency_key", detail });
  }
  try {
    return jsonAnswer({ cancelled: (await services.answers?.cancel(caller, key, now)) ?? false });
  } catch {
    return failed({ kind: "answers_unavailable" });
  }
}
