import { createEventParser } from "./contract/event-parser.ts";
import { createGathering } from "./contract/gathering.ts";
import type { ErrorDetails } from "./contract/openai-error.ts";
import { createStreamJudge } from "./contract/sse.ts";
import { fail, ok, type Result } from "./failures.ts";
import type { UpstreamAnswer } from "./providers/upstream.ts";
import { decodeError as decodeOpenAIError } from "./wire/openai/decode-error.ts";

interface Looking {
  readonly decodeError: ((body: string) => ErrorDetails | undefined) | undefined;
  /** What of a provider's error may be told. */
  readonly clean: (details: ErrorDetails) => ErrorDetails;
}

/** Most that is read before it goes on as it is: an event that is longer is no error. */
const MAX_HELD_BYTES = 64 * 1024;

/**
 * Waits for the first event of a stream, so that a provider which answers 200 and then fails, or says nothing, can still be
 * passed over. Whatever else comes first, be it a comment that only shows that someone is there, goes on at once, and the
 * rest natively.
 */
export async function awaitFirstEvent(
  answer: UpstreamAnswer,
  { decodeError = decodeOpenAIError, clean }: Looking,
): Promise<Result<UpstreamAnswer>> {
  const { body, deadlines } = answer;
  if (!body) return ok(answer);
  const reader = body.getReader();
  const watch = deadlines.watch(() => void reader.cancel().catch(() => {}));
  const look = createLook();
  const held = createGathering();
  try {
    while (look.seen === undefined && held.sizeBytes < MAX_HELD_BYTES) {
      const { done, value } = await reader.read();
      watch.touch();
      if (done) return fail(deadlines.passed ?? { kind: "upstream_malformed" });
      held.add(value);
      look.feed(value);
    }
  } finally {
    watch.over();
  }
  if (look.seen?.error !== undefined) {
    await reader.cancel().catch(() => {});
    const details = decodeError(look.seen.error);
    return fail(
      details ? { kind: "upstream_error", status: 502, details: clean(details) } : { kind: "upstream_malformed" },
    );
  }
  reader.releaseLock();
  return ok({ ...answer, begun: held.parts() });
}

/** `seen` is set with the first event or comment; `error` holds the data of one that tells of a failure. */
function createLook() {
  const decoder = new TextDecoder();
  // Nothing is terminal here: only failures are told apart.
  const judge = createStreamJudge({ kind: "types", types: [] });
  let seen: { readonly error?: string } | undefined;
  const parser = createEventParser({
    onEvent({ event, data }) {
      judge.see(event, data);
      seen ??= judge.state === "failed" ? { error: data } : {};
    },
    onComment() {
      seen ??= {};
    },
  });
  return {
    feed: (chunk: Uint8Array): void => parser.feed(decoder.decode(chunk, { stream: true })),
    get seen() {
      return seen;
    },
  };
}
