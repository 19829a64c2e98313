import { proofTarget } from "../mint-server/contract/dpop.ts";
import { HEADER, type Source } from "../mint-server/contract/headers.ts";
import { type ErrorDetails, TRUNCATED } from "../mint-server/contract/openai-error.ts";
import type { Call, Reporter } from "./follow.ts";
import type { Outcome } from "./relay.ts";
import { createTokenWatch } from "./timing.ts";

/** Reports what happens to one request; see `events.ts`. */
export interface Journal {
  headers(answer: Response): void;
  chunk(bytes: Uint8Array): void;
  /** Later calls do nothing. */
  end(outcome: Outcome, error?: ErrorDetails): void;
}

/** Starts the report of a caught request. */
export function openJournal({ by, emit }: Reporter, { id: requestId, request, trace, onChunk, onDone }: Call): Journal {
  const startedMs = performance.now();
  const elapsed = () => performance.now() - startedMs;
  let firstByteMs: number | undefined;
  let firstTokenMs: number | undefined;
  let hasToken: ((bytes: Uint8Array) => boolean) | undefined;
  let sizeBytes = 0;
  let ended = false;
  // Without its query: that may hold what the user typed.
  emit({ type: "request", by, requestId, url: proofTarget(request.url) });
  return {
    headers({ status, headers }) {
      const source = sourceOf(headers);
      const endpoint = headers.get(HEADER.usedEndpoint) ?? undefined;
      if (/^text\/event-stream\b/i.test(headers.get("content-type") ?? "")) hasToken = createTokenWatch();
      const type = headers.get(HEADER.cached) === "HIT" ? "hit" : "miss";
      emit({ type, by, requestId, status, source, endpoint, headersMs: elapsed() });
    },
    chunk(bytes) {
      firstByteMs ??= elapsed();
      sizeBytes += bytes.byteLength;
      if (firstTokenMs === undefined && hasToken?.(bytes)) firstTokenMs = elapsed();
      onChunk?.(bytes);
    },
    end(outcome, error = outcome === "failed" ? TRUNCATED : undefined) {
      if (ended) return;
      ended = true;
      onDone?.(outcome);
      const times = {
        totalMs: elapsed(),
        ...(firstByteMs !== undefined && { firstByteMs }),
        ...(firstTokenMs !== undefined && { firstTokenMs }),
      };
      const traced = trace && { traceId: trace.traceId };
      emit({ type: "done", by, requestId, outcome, sizeBytes, ...times, ...traced, ...(error && { error }) });
    },
  };
}

const SOURCES: readonly Source[] = ["upstream", "edge-cache", "browser-cache", "device"];

function sourceOf(headers: Headers): Source | undefined {
  const value = headers.get(HEADER.source);
  return SOURCES.find((source) => source === value);
}
