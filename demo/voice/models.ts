import { connect } from "../state/openai.ts";
import { chooseModel, ECHO, type VoiceModel, voice } from "./state.ts";

/** Lists the voices that this browser may use; while the server is out of reach, the list stays as it was. */
export async function loadVoices(): Promise<void> {
  try {
    const page = await (await connect()).models.list();
    const models = page.data.flatMap((entry) => readVoice(entry) ?? []);
    voice.patch({ models });
    const { model } = voice.get();
    const [first] = models;
    if (first && !models.some(({ id }) => id === model)) chooseModel(first.id);
  } catch {
    voice.patch({ models: voice.get().models ?? [{ id: ECHO, provider: "js" }] });
  }
}

/** The entry carries more than the SDK's type names. */
function readVoice(entry: { readonly id: string }): VoiceModel | undefined {
  const { realtime, providers } = entry as { readonly realtime?: unknown; readonly providers?: unknown };
  if (realtime !== true) return undefined;
  const [provider] = Array.isArray(providers) ? providers : [];
  return { id: entry.id, provider: String(provider ?? "") };
}
