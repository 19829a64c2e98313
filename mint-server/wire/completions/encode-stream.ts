import type { Completion, CompletionChoice } from "openai/resources/completions";
import { errorEvent } from "../../contract/error-shapes.ts";
import type { StreamEvent, Usage } from "../chat-answer.ts";
import type { ChatRequest } from "../chat-request.ts";
import { encodeUsage } from "../openai/usage.ts";
import type { Stamp, StreamEncoder } from "../wire-format.ts";
import { encodeFinish } from "./encode-answer.ts";

/** A step's choice; until the last one its finish reason is null, which the SDK's type leaves out. */
type Step = Omit<CompletionChoice, "finish_reason"> & { finish_reason: CompletionChoice["finish_reason"] | null };
type Chunk = Omit<Completion, "choices" | "usage"> & { choices: Step[]; usage?: Completion["usage"] | null };

/** Writes `text_completion` events, and the usage if it was asked for. */
export function createStreamEncoder({ model: asked, includeUsage }: ChatRequest, stamp: Stamp): StreamEncoder {
  let id: string | undefined;
  let model = asked;
  let usage: Usage | undefined;
  let isOver = false;

  const chunk = (choices: Step[], total?: Usage): string => {
    id ??= stamp.newId("cmpl-");
    const told = includeUsage ? { usage: total ? encodeUsage(total) : null } : {};
    const head = { id, object: "text_completion", created: stamp.created, model } as const;
    return `data: ${JSON.stringify({ ...head, choices, ...told } satisfies Chunk)}\n\n`;
  };
  const step = (index: number, text: string, finish_reason: Step["finish_reason"] = null): string =>
    chunk([{ text, index, logprobs: null, finish_reason }]);
  const encode = (event: StreamEvent): string => {
    switch (event.type) {
      case "start":
        id = event.id ?? id;
        model = event.model ?? model;
        usage = event.usage ?? usage;
        return "";
      case "text":
      case "refusal":
        return step(event.choice, event.text);
      case "finish":
        return step(event.choice, "", encodeFinish(event.finish));
      case "usage":
        usage = event.usage;
        return "";
      case "error":
        return errorEvent(event.details);
      case "end":
        return `${includeUsage && usage ? chunk([], usage) : ""}data: [DONE]\n\n`;
      default:
        return "";
    }
  };
  return {
    encode(event) {
      if (isOver) return "";
      isOver = event.type === "end" || event.type === "error";
      return encode(event);
    },
  };
}
