import { HEADER } from "../contract/headers.ts";
import { fail, ok, type Result } from "../failures.ts";

/** What a request says about how its answer is kept for it. */
export interface Wish {
  /** The `Idempotency-Key`; absent: nobody can come back for the answer. */
  readonly idempotencyKey?: string;
  /** How long it goes on, and is kept, while nobody follows it. */
  readonly holdMs: number;
  /** The first byte of the body that is wanted. */
  readonly position: number;
}

const MAX_KEY_LENGTH = 255;
const MAX_HOLD_SECONDS = 60;
const DEFAULT_HOLD_SECONDS = 10;

/** Reads `Idempotency-Key`, `x-mintgate-hold` and `x-mintgate-position`. */
export function readWish(headers: Headers): Result<Wish> {
  const key = headers.get(HEADER.idempotencyKey);
  const hold = headers.get(HEADER.hold);
  const position = headers.get(HEADER.position) ?? "0";
  if (key !== null && !isIdempotencyKey(key)) {
    return refused(HEADER.idempotencyKey, `must hold 1 to ${MAX_KEY_LENGTH} printable ASCII characters.`);
  }
  if (hold !== null && !/^\d+(\.\d+)?$/.test(hold)) return refused(HEADER.hold, "must be a number of seconds.");
  if (!/^\d{1,15}$/.test(position)) return refused(HEADER.position, "must be a number of bytes.");
  if (position !== "0" && key === null) return refused(HEADER.position, "needs the request's `Idempotency-Key`.");
  const usual = key === null ? 0 : DEFAULT_HOLD_SECONDS;
  return ok({
    ...(key !== null && { idempotencyKey: key }),
    holdMs: Math.min(Number(hold ?? usual), MAX_HOLD_SECONDS) * 1000,
    position: Number(position),
  });
}

/** Whether a text may be an `Idempotency-Key`. */
export function isIdempotencyKey(text: string): boolean {
  return text.length <= MAX_KEY_LENGTH && /^[\x20-\x7e]+$/.test(text);
}

function refused(header: string, what: string) {
  return fail({ kind: "bad_header", header, detail: `\`${header}\` ${what}` });
}
