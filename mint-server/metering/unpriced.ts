import type { ModelRequest } from "../model-request.ts";
import { asObject, asText, type Json } from "../wire/read.ts";
import { usesFeature } from "./bounds.ts";
import { mediaOf } from "./media.ts";

/** Models whose work has other prices than those of its tokens: of sound, of pictures, of searches. */
const OTHERWISE_PRICED =
  /(^|[-/._])(audio|tts|transcribe|whisper|image|imagen|search|sonar|compound|live|realtime)([-/._:]|$)/;

/** Why a request is charged by something else than its tokens, if it is. */
export function whyUnpriced(request: ModelRequest): string | undefined {
  const { endpoint, model, body } = request;
  if (endpoint.schema === "openai") return `${endpoint.name} is not charged by the tokens of texts`;
  if (OTHERWISE_PRICED.test(model)) return `${JSON.stringify(model)} is not charged by the tokens of texts alone`;
  if (usesFeature(request, "hosted_tools")) return "tools that run at the provider cost more than tokens";
  if (usesFeature(request, "service_tier")) return "service tiers have prices of their own";
  if (mediaOf(request).some(({ kind }) => kind === "audio" || kind === "other") || wantsSound(body)) {
    return "sound, films and what only the provider holds have prices of their own";
  }
  const config = asObject(body.generationConfig ?? body.generation_config) ?? {};
  const field =
    DEARER_FIELDS.find((name) => isDearer(name, body[name])) ??
    DEARER_CONFIG.find((name) => isDearer(name, config[name]));
  return field && `\`${field}\` changes what the request costs`;
}

/** Fields that change the price, the model or the number of turns. */
const DEARER_FIELDS = [
  // Anthropic's
  ..."speed inference_geo fallbacks compaction context_management mcp_servers container".split(" "),
  // OpenRouter's, and xAI's
  ..."models route preset plugins search_parameters".split(" "),
];
/** The same in Gemini's `generationConfig`, on Vertex. */
const DEARER_CONFIG = "routingConfig routing_config modelConfig model_config".split(" ");

function isDearer(name: string, value: unknown): boolean {
  if (value === undefined || value === null || value === false) return false;
  return !(name === "speed" && value === "standard");
}

function wantsSound(body: Json): boolean {
  const config = asObject(body.generationConfig ?? body.generation_config) ?? {};
  const modalities = [body.modalities, config.responseModalities, config.response_modalities].flat();
  return asObject(body.audio) !== undefined || modalities.some((name) => /^(audio|image)$/i.test(asText(name) ?? ""));
}
