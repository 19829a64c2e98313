import {
  newSpan,
  readTraceparent,
  type TraceContext,
  writeTraceparent,
} from "../mint-server/contract/trace-context.ts";

/** Where a page's request stands in a trace: where the page says, else at the beginning of a new one. */
export function traceOf(headers: Headers): TraceContext {
  return readTraceparent(headers.get("traceparent")) ?? newSpan();
}

/** The mint-server's place in the same trace is below the page's. */
export function markTrace(headers: Headers, trace: TraceContext): void {
  headers.set("traceparent", writeTraceparent(trace));
}

/** A member in which a model's words, thoughts or arguments stand, in any API's events, that is not empty. */
const SAYS = /"(?:content|text|delta|thinking|reasoning_content|refusal|arguments|partial_json)":\s*"[^"]/;
/** Longer than the longest of them. */
const OVERLAP = 40;

/** Tells of which piece of an event stream on its model has said something; the pieces may be cut anywhere. */
export function createTokenWatch(): (bytes: Uint8Array) => boolean {
  const decoder = new TextDecoder();
  let tail = "";
  return (bytes) => {
    const text = tail + decoder.decode(bytes, { stream: true });
    tail = text.slice(-OVERLAP);
    return SAYS.test(text);
  };
}
