import { asNumber, asObject, asObjects, asText, isObject, parse } from "../wire/read.ts";
import type { Inspector } from "./complete-answer.ts";

/** A message's events, or the message itself. */
export function inspectAnthropic(): Inspector {
  /** Blocks that are not over yet, with what their tools are called with so far. */
  const open = new Map<number, string>();
  let isSound = true;
  let reason: string | undefined;
  return {
    see(event) {
      const at = asNumber(event.index) ?? 0;
      switch (event.type) {
        case "message":
          reason = Array.isArray(event.content) ? asText(event.stop_reason) : undefined;
          break;
        case "content_block_start":
          open.set(at, "");
          break;
        case "content_block_delta":
          open.set(at, (open.get(at) ?? "") + (asText(asObject(event.delta)?.partial_json) ?? ""));
          break;
        case "content_block_stop":
          isSound &&= isInput(open.get(at) ?? "");
          open.delete(at);
          break;
        case "message_delta":
          reason = asText(asObject(event.delta)?.stop_reason) ?? reason;
      }
    },
    isWhole: () => isSound && open.size === 0 && Boolean(reason),
  };
}

function isInput(text: string): boolean {
  return text.trim() === "" || isObject(parse(text));
}

/** A whole answer of Gemini's is no other than a stream of one event. */
export function inspectGoogle(): Inspector {
  const reasons = new Map<number, string>();
  let isBlocked = false;
  return {
    see({ candidates, promptFeedback }) {
      isBlocked ||= Boolean(asObject(promptFeedback)?.blockReason);
      for (const [at, candidate] of asObjects(candidates).entries()) {
        const index = asNumber(candidate.index) ?? at;
        reasons.set(index, asText(candidate.finishReason) ?? reasons.get(index) ?? "");
      }
    },
    isWhole: () => (reasons.size > 0 ? [...reasons.values()].every(isGoodReason) : isBlocked),
  };
}

/** A call that the model did not get right is Gemini's to tell: there are no arguments then. */
function isGoodReason(reason: string): boolean {
  return reason !== "" && reason !== "FINISH_REASON_UNSPECIFIED" && reason !== "MALFORMED_FUNCTION_CALL";
}
