import type { ChatRequest, Setting } from "../chat-request.ts";
import { defined } from "../openai/defined.ts";
import { createAsk, readIncludeUsage, readSampling, refuseUnknown } from "../openai/read-fields.ts";
import { FieldError, type Json, optionalNumber } from "../read.ts";
import type { CallerCall } from "../wire-format.ts";

const FIELDS = new Set(
  (
    "model prompt stream stream_options best_of echo frequency_penalty logit_bias logprobs max_tokens n presence_penalty " +
    "seed stop suffix temperature top_p user"
  ).split(" "),
);
/** What chat models have nothing like, with the value that asks for nothing. */
const REFUSED = { suffix: "", echo: false, best_of: 1, logprobs: null } as const;

/**
 * A legacy Completions request, whose prompt becomes a message of the user.
 *
 * @throws {FieldError} at the first field that is wrong or unknown.
 */
export function decodeRequest(body: Json, { model, stream }: CallerCall): ChatRequest {
  refuseUnknown(body, FIELDS);
  for (const [field, nothing] of Object.entries(REFUSED)) {
    if (body[field] == null || body[field] === nothing) continue;
    throw new FieldError(field, `\`${field}\` is nothing that this model, which chats, could do. Leave it out.`);
  }
  const asked = new Map<Setting, string>();
  const ask = createAsk(asked);
  return {
    model,
    stream,
    messages: [{ role: "user", parts: [{ kind: "text", text: readPrompt(body.prompt) }] }],
    tools: [],
    ...readSampling(body, ask),
    ...defined({ maxTokens: ask("maxTokens", "max_tokens", optionalNumber(body.max_tokens, "max_tokens")) }),
    includeUsage: readIncludeUsage(body),
    asked,
  };
}

function readPrompt(prompt: unknown): string {
  if (prompt === undefined || prompt === null) throw new FieldError("prompt", "`prompt` is missing.");
  const prompts: readonly unknown[] = Array.isArray(prompt) ? prompt : [prompt];
  const [text] = prompts;
  if (typeof text === "number" || Array.isArray(text)) {
    throw new FieldError("prompt", "`prompt` must be text for this model: tokens are another model's.");
  }
  if (prompts.length !== 1) throw new FieldError("prompt", "`prompt` must be one text for this model.");
  if (typeof text !== "string") throw new FieldError("prompt", "`prompt` must be a string.");
  return text;
}
