import type { MessageCreateParams, Tool } from "@anthropic-ai/sdk/resources/messages/messages";

/** Every field there is, with the sampling parameters of API version 2023-06-01. */
export const FIELDS = {
  model: 1,
  max_tokens: 1,
  messages: 1,
  cache_control: 1,
  container: 1,
  diagnostics: 1,
  inference_geo: 1,
  metadata: 1,
  output_config: 1,
  service_tier: 1,
  speed: 1,
  stop_sequences: 1,
  stream: 1,
  system: 1,
  temperature: 1,
  thinking: 1,
  tool_choice: 1,
  tools: 1,
  top_k: 1,
  top_p: 1,
  user_profile_id: 1,
  workspace_id: 1,
} satisfies Record<Exclude<keyof MessageCreateParams, "betas"> | "temperature" | "top_k" | "top_p", 1>;

export const TOOL_FIELDS = {
  name: 1,
  input_schema: 1,
  allowed_callers: 1,
  cache_control: 1,
  defer_loading: 1,
  description: 1,
  eager_input_streaming: 1,
  input_examples: 1,
  strict: 1,
  type: 1,
} satisfies Record<keyof Tool, 1>;
