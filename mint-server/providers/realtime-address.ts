import type { RealtimePlace } from "./provider.ts";

/** OpenAI's path. A session that only transcribes has its model inside, not in the URL. */
export function realtimeURL({ baseURL, model, transcribes }: RealtimePlace): string | undefined {
  const query = queryOf(model, transcribes);
  return query && `${baseURL}/realtime?${query}`;
}

/** Azure OpenAI: the newer form of its API alone, which has OpenAI's path; the deployment takes the model's place. */
export function azureRealtimeURL({ baseURL, model, transcribes }: RealtimePlace): string | undefined {
  const base = baseURL.endsWith("/openai/v1") ? baseURL : `${baseURL}/openai/v1`;
  return realtimeURL({ baseURL: base, model, transcribes });
}

const LIVE_METHOD = "google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent";

/** Gemini's Live API: its model is named in the first message. */
export function geminiLiveURL({ baseURL }: RealtimePlace): string {
  return `${baseURL.replace(/\/v1(beta)?$/, "")}/ws/${LIVE_METHOD}`;
}

function queryOf(model: string, transcribes: boolean): string | undefined {
  if (transcribes) return "intent=transcription";
  return model.isWellFormed() ? `model=${encodeURIComponent(model)}` : undefined;
}
