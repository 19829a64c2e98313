import { concat } from "./contract/fields.ts";
import { createGathering } from "./contract/gathering.ts";
import { fail, ok, type Result } from "./failures.ts";
import { type ErrorWays, malformed } from "./malformed.ts";
import type { ModelRequest } from "./model-request.ts";
import { decodeError as decodeOpenAIError } from "./wire/openai/decode-error.ts";
import { isObject, parse } from "./wire/read.ts";

/** What goes through JavaScript before the rest of a whole answer goes on natively: nearly all of them are shorter. */
const MAX_READ_BYTES = 64 * 1024;

/** A whole answer's body: all of it, or a stream that begins with what was read. */
export async function readBeginning(
  body: ReadableStream<Uint8Array>,
): Promise<Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>> {
  const reader = body.getReader();
  const held = createGathering();
  while (held.sizeBytes < MAX_READ_BYTES) {
    const { done, value } = await reader.read();
    if (done) return concat(held.parts());
    held.add(value);
  }
  reader.releaseLock();
  return continued(concat(held.parts()), body);
}

const isWorkerd = typeof IdentityTransformStream === "function";

function continued(begun: Uint8Array, rest: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const { readable, writable } = isWorkerd ? new IdentityTransformStream() : new TransformStream<Uint8Array>();
  const carry = async (): Promise<void> => {
    const writer = writable.getWriter();
    await writer.write(begun);
    writer.releaseLock();
    await rest.pipeTo(writable);
  };
  // The caller has left, or the connection broke, which breaks the caller's.
  carry().catch(() => rest.cancel().catch(() => {}));
  return readable;
}

/** Models of one provider's do not stream what they are asked to: the others' clients wait for events. */
const STREAMED = new Set(["chat", "completions", "responses", "anthropic", "google"]);

/** What a whole answer that came with a good status says. Fails where that is the provider's error, or a part of an answer. */
export function readWhole(
  text: string,
  { endpoint, stream }: ModelRequest,
  { decodeError = decodeOpenAIError, clean }: ErrorWays,
): Result<unknown> {
  const value = parse(text);
  if (isObject(value) && isError(value)) return malformed(text, { decodeError, clean });
  const isWanted = value !== undefined && typeof value === "object" && !(stream && STREAMED.has(endpoint.schema));
  return isWanted ? ok(value) : fail({ kind: "upstream_malformed" });
}

/** An answer of Responses may itself say that it failed. */
function isError({ error, type, object }: Readonly<Record<string, unknown>>): boolean {
  return type === "error" || (Boolean(error) && object !== "response");
}
