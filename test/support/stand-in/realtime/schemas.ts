import { z } from "zod";

// What OpenAI's Realtime API (GA) takes, from the types of its SDK. Unknown fields are errors there, and so are they here.

const format = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("audio/pcm"), rate: z.literal(24_000).optional() }),
  z.strictObject({ type: z.literal("audio/pcmu") }),
  z.strictObject({ type: z.literal("audio/pcma") }),
]);

const turnDetection = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("server_vad"),
    create_response: z.boolean().optional(),
    interrupt_response: z.boolean().optional(),
    idle_timeout_ms: z.number().nullish(),
    prefix_padding_ms: z.number().optional(),
    silence_duration_ms: z.number().optional(),
    threshold: z.number().optional(),
  }),
  z.strictObject({
    type: z.literal("semantic_vad"),
    create_response: z.boolean().optional(),
    interrupt_response: z.boolean().optional(),
    eagerness: z.enum(["low", "medium", "high", "auto"]).optional(),
  }),
]);

const transcription = z.strictObject({
  model: z.string().optional(),
  language: z.string().optional(),
  prompt: z.string().optional(),
});

const audioInput = z.strictObject({
  format: format.optional(),
  noise_reduction: z.strictObject({ type: z.enum(["near_field", "far_field"]) }).nullish(),
  transcription: transcription.nullish(),
  turn_detection: turnDetection.nullish(),
});

const audioOutput = z.strictObject({
  format: format.optional(),
  speed: z.number().min(0.25).max(1.5).optional(),
  voice: z.string().optional(),
});

const tool = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("function"),
    name: z.string(),
    description: z.string().optional(),
    parameters: z.unknown().optional(),
  }),
  z.looseObject({ type: z.literal("mcp"), server_label: z.string() }),
]);

const maxOutputTokens = z.union([z.literal("inf"), z.number().int().min(1).max(4096)]);
const toolChoice = z.union([z.enum(["auto", "none", "required"]), z.looseObject({ type: z.string() })]);
const modalities = z.array(z.enum(["text", "audio"])).length(1);

const behaviour = {
  instructions: z.string().optional(),
  tools: z.array(tool).optional(),
  tool_choice: toolChoice.optional(),
  max_output_tokens: maxOutputTokens.optional(),
  output_modalities: modalities.optional(),
  parallel_tool_calls: z.boolean().optional(),
  prompt: z.looseObject({ id: z.string() }).nullish(),
  reasoning: z.looseObject({}).optional(),
};

const realtimeSession = z.strictObject({
  type: z.literal("realtime"),
  ...behaviour,
  model: z.string().optional(),
  audio: z.strictObject({ input: audioInput.optional(), output: audioOutput.optional() }).optional(),
  include: z.array(z.string()).nullish(),
  tracing: z.union([z.literal("auto"), z.looseObject({})]).nullish(),
  truncation: z.union([z.enum(["auto", "disabled"]), z.looseObject({})]).optional(),
});

const transcriptionSession = z.strictObject({
  type: z.literal("transcription"),
  audio: z.strictObject({ input: audioInput.optional() }).optional(),
  include: z.array(z.string()).nullish(),
});

const part = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("input_text"), text: z.string() }),
  z.strictObject({ type: z.literal("input_audio"), audio: z.string(), transcript: z.string().optional() }),
  z.strictObject({
    type: z.literal("input_image"),
    image_url: z.string().startsWith("data:image/"),
    detail: z.string().optional(),
  }),
]);
const assistantPart = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("output_text"), text: z.string() }),
  z.strictObject({ type: z.literal("output_audio"), transcript: z.string().optional(), audio: z.string().optional() }),
]);

const ofItem = { id: z.string().optional(), object: z.string().optional(), status: z.string().optional() };
const item = z.union([
  z.strictObject({ ...ofItem, type: z.literal("message"), role: z.literal("user"), content: z.array(part) }),
  z.strictObject({ ...ofItem, type: z.literal("message"), role: z.literal("system"), content: z.array(part) }),
  z.strictObject({
    ...ofItem,
    type: z.literal("message"),
    role: z.literal("assistant"),
    content: z.array(assistantPart),
  }),
  z.strictObject({
    ...ofItem,
    type: z.literal("function_call"),
    call_id: z.string().optional(),
    name: z.string(),
    arguments: z.string(),
  }),
  z.strictObject({ ...ofItem, type: z.literal("function_call_output"), call_id: z.string(), output: z.string() }),
]);

const response = z.strictObject({
  ...behaviour,
  audio: z.strictObject({ output: audioOutput.optional() }).optional(),
  conversation: z.string().optional(),
  input: z.array(z.union([item, z.strictObject({ type: z.literal("item_reference"), id: z.string() })])).optional(),
  metadata: z.record(z.string(), z.string()).nullish(),
});

const event = <Type extends string, Shape extends z.ZodRawShape>(type: Type, shape: Shape) =>
  z.strictObject({ type: z.literal(type), event_id: z.string().optional(), ...shape });

export const clientEvent = z.discriminatedUnion("type", [
  event("session.update", { session: z.discriminatedUnion("type", [realtimeSession, transcriptionSession]) }),
  event("input_audio_buffer.append", { audio: z.base64() }),
  event("input_audio_buffer.commit", {}),
  event("input_audio_buffer.clear", {}),
  event("conversation.item.create", { item, previous_item_id: z.string().nullish() }),
  event("conversation.item.retrieve", { item_id: z.string() }),
  event("conversation.item.truncate", {
    item_id: z.string(),
    content_index: z.number().int(),
    audio_end_ms: z.number().int().min(0),
  }),
  event("conversation.item.delete", { item_id: z.string() }),
  event("response.create", { response: response.nullish() }),
  event("response.cancel", { response_id: z.string().optional() }),
]);

export type ClientEvent = z.infer<typeof clientEvent>;
export type ResponseParameters = NonNullable<Extract<ClientEvent, { type: "response.create" }>["response"]>;
export type Item = z.infer<typeof item>;
