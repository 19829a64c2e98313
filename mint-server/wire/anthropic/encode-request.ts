import type { MessageCreateParamsBase } from "@anthropic-ai/sdk/resources/messages/messages";
import type { ChatRequest } from "../chat-request.ts";
import { FieldError } from "../read.ts";
import type { Ways } from "../wire-format.ts";
import { encodeConversation } from "./encode-messages.ts";
import { type EncodedThinking, encodeThinking } from "./encode-thinking.ts";
import { encodeTools, isForced } from "./encode-tools.ts";
import { traitsOf } from "./models.ts";
import { type OutputWay, outputWay } from "./output.ts";

/** Fields that models up to 4.6 take; the SDK's types no longer list them. */
interface Sampling {
  temperature?: number;
  top_p?: number;
  top_k?: number;
}

/**
 * The body of a Messages request.
 *
 * @throws {FieldError} for what the model or the wire format has no place for.
 */
export function encodeRequest(request: ChatRequest, ways: Ways): Record<string, unknown> {
  const way = outputWay(request);
  const { system, messages } = encodeConversation(request.messages, traitsOf(request.model));
  if (way.kind === "words") system.push({ type: "text", text: way.text });
  const tools = encodeTools(request, way);
  const { effort, ...thinking } = encodeThinking(request, { forced: isForced(tools.tool_choice) });
  return {
    model: request.model,
    messages,
    ...(system.length > 0 && { system }),
    ...thinking,
    ...tools,
    ...outputConfig(effort, way),
    ...encodeSampling(request, thinking),
    ...encodeStop(request),
    ...(request.user && { metadata: { user_id: request.user } }),
    ...(ways.serviceTier !== "none" && encodeTier(request)),
    ...(request.stream && { stream: true }),
  } satisfies Writable<MessageCreateParamsBase> & Sampling;
}

type Writable<T> = { [K in keyof T]: T[K] | Readonly<T[K]> };

function outputConfig(
  effort: EncodedThinking["effort"],
  way: OutputWay,
): Pick<MessageCreateParamsBase, "output_config"> {
  const format = way.kind === "native" ? { type: "json_schema" as const, schema: { ...way.schema } } : undefined;
  return effort || format ? { output_config: { ...(effort && { effort }), ...(format && { format }) } } : {};
}

/**
 * What the model takes of it: newer ones refuse all of it, some take one of the two, and thoughts exclude it. It is chance
 * only, so what is not taken is left out.
 */
function encodeSampling(
  { model, temperature, topP, topK }: ChatRequest,
  { thinking }: Pick<EncodedThinking, "thinking">,
): Sampling {
  const { sampling } = traitsOf(model);
  if (sampling === "none" || thinking?.type === "enabled" || thinking?.type === "adaptive") return {};
  return {
    // OpenAI's scale goes to 2, Anthropic's to 1.
    ...(temperature !== undefined && { temperature: Math.min(temperature, 1) }),
    ...(topP !== undefined && (sampling === "both" || temperature === undefined) && { top_p: topP }),
    ...(topK !== undefined && { top_k: topK }),
  };
}

function encodeStop({ stop = [], asked }: ChatRequest): { stop_sequences?: string[] } {
  const stop_sequences = stop.filter((sequence) => sequence !== "");
  if (stop_sequences.some((sequence) => sequence.trim() === "")) {
    const field = asked.get("stop") ?? "stop";
    throw new FieldError(
      field,
      `Claude cannot stop at white space alone; \`${field}\` holds a sequence of nothing else.`,
    );
  }
  return stop_sequences.length > 0 ? { stop_sequences } : {};
}

/** `auto`, which is Anthropic's default, takes capacity that was paid for in advance; these tiers want none of it. */
function encodeTier({ serviceTier }: ChatRequest): { service_tier?: "standard_only" } {
  return serviceTier === "default" || serviceTier === "standard_only" ? { service_tier: "standard_only" } : {};
}
