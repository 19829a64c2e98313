import type { ChatCompletion, ChatCompletionMessage } from "openai/resources/chat/completions";
import { type Answer, CREATED } from "../answers.ts";
import { annotationsOf, finishOf, indexes, usageOf } from "./chat-parts.ts";
import { chatEvents } from "./chat-stream.ts";
import { callId, dialectExtras, thinkingContent } from "./dialects.ts";
import type { AnswerInput } from "./format.ts";
import { logprobsOf } from "./logprobs.ts";

/** What reasoning models of other makers add to a message. */
type Message = Omit<ChatCompletionMessage, "content"> & { content: unknown; reasoning_content?: string };
type Completion = Omit<ChatCompletion, "choices"> & {
  choices: (Omit<ChatCompletion.Choice, "message"> & { message: Message })[];
};

/** `chat/completions`, whole or streaming, with as many choices as `n` asks for. */
export function chatAnswer(input: AnswerInput): Answer {
  const { asked, model, reply, streaming } = input;
  const base = { id: "chatcmpl-stand-in", created: CREATED, model, system_fingerprint: "fp_stand_in" };
  if (streaming) {
    return { kind: "events", events: chatEvents({ ...base, object: "chat.completion.chunk" }, input) };
  }
  const body: Completion = {
    ...base,
    object: "chat.completion",
    choices: indexes(input).map((index) => ({
      index,
      message: messageOf(input),
      logprobs: logprobsOf(input, reply.pieces),
      finish_reason: finishOf(reply),
    })),
    usage: usageOf(reply),
  };
  return { kind: "json", body: { ...body, ...dialectExtras(asked, reply) } };
}

function messageOf({ asked, reply }: AnswerInput): Message {
  const text = reply.pieces.join("");
  const refused = reply.finish === "refusal";
  const content = refused || (reply.calls.length > 0 && text === "") ? null : text;
  return {
    role: "assistant",
    content,
    refusal: refused ? text : null,
    annotations: annotationsOf(reply),
    ...thinkingContent(asked, reply, content),
    ...(reply.calls.length > 0 && {
      tool_calls: reply.calls.map((call, at) => ({
        id: callId(asked, reply, at),
        type: "function",
        function: { name: call.name, arguments: JSON.stringify(call.arguments) },
      })),
    }),
  };
}
