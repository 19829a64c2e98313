import type { ConverseRequest } from "@aws-sdk/client-bedrock-runtime";
import type { OutputWay } from "../anthropic/output.ts";
import type { ChatRequest } from "../chat-request.ts";
import { asPlainText, type Json } from "../read.ts";
import { encodeConversation } from "./encode-messages.ts";
import { encodeTools } from "./encode-tools.ts";
import { type ModelFields, modelFields } from "./model-fields.ts";
import { outputWay } from "./output.ts";

type Body = Omit<ConverseRequest, "modelId">;

/**
 * The body of Converse and ConverseStream; the model's id is part of the address.
 *
 * @throws {FieldError} for what Converse has no place for.
 */
export function encodeRequest(request: ChatRequest): Record<string, unknown> {
  const way = outputWay(request);
  const toolConfig = encodeTools(request, way);
  const { system: spoken, messages } = encodeConversation(request, toolConfig !== undefined);
  const system = way.kind === "words" ? [...spoken, { text: way.text }] : spoken;
  const choice = toolConfig?.toolChoice;
  const own = modelFields(request, choice !== undefined && choice.auto === undefined);
  const outputConfig = { ...outputFormat(way, request), ...(own.effort && { effort: own.effort }) };
  const inferenceConfig = inferenceOf(request, own);
  const { serviceTier, metadata } = request;
  return {
    messages,
    ...(system.length > 0 && { system }),
    ...(Object.keys(inferenceConfig).length > 0 && { inferenceConfig }),
    ...(toolConfig && { toolConfig }),
    ...(Object.keys(own.fields).length > 0 && { additionalModelRequestFields: own.fields }),
    ...(Object.keys(outputConfig).length > 0 && { outputConfig }),
    ...(serviceTier === "flex" || serviceTier === "priority" ? { serviceTier: { type: serviceTier } } : {}),
    ...(metadata && { requestMetadata: textsOf(metadata) }),
  } satisfies { [K in keyof Body]: unknown };
}

/** Chance goes from 0 to 1 here, from 0 to 2 with OpenAI. */
function inferenceOf({ temperature, topP, stop = [] }: ChatRequest, { maxTokens, sampling }: ModelFields) {
  const stopSequences = stop.filter((sequence) => sequence !== "");
  return {
    ...(maxTokens !== undefined && { maxTokens }),
    ...(temperature !== undefined && sampling !== "none" && { temperature: Math.min(temperature, 1) }),
    ...(topP !== undefined && (sampling === "both" || (sampling === "one" && temperature === undefined)) && { topP }),
    ...(stopSequences.length > 0 && { stopSequences }),
  };
}

function outputFormat(way: OutputWay, { output }: ChatRequest) {
  if (way.kind !== "native" || output?.kind !== "schema") return {};
  const { name, description } = output;
  const jsonSchema = { schema: JSON.stringify(way.schema), name, ...(description && { description }) };
  return { textFormat: { type: "json_schema" as const, structure: { jsonSchema } } };
}

function textsOf(metadata: Json): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, asPlainText(value)]));
}
