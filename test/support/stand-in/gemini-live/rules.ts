import { type Fields, fieldsOf } from "../../../../mint-server/realtime/events.ts";

/** Fields of each message (`@google/genai`, `LiveClientMessage`). */
const MESSAGES: Readonly<Record<string, readonly string[]>> = {
  setup: [
    ...["model", "generationConfig", "systemInstruction", "tools", "realtimeInputConfig", "sessionResumption"],
    ...["contextWindowCompression", "inputAudioTranscription", "outputAudioTranscription", "proactivity"],
    ...["historyConfig", "avatarConfig", "safetySettings", "labels"],
  ],
  clientContent: ["turns", "turnComplete"],
  realtimeInput: ["mediaChunks", "audio", "audioStreamEnd", "video", "text", "activityStart", "activityEnd"],
  toolResponse: ["functionResponses"],
  contextUpdate: ["systemInstruction", "tools"],
};
const GENERATION = [
  ...["responseModalities", "temperature", "topP", "topK", "maxOutputTokens", "mediaResolution", "seed"],
  ...["speechConfig", "thinkingConfig", "enableAffectiveDialog", "translationConfig"],
];

/** What is wrong with a message, in the API's words; `undefined` where nothing is. */
export function problemOf(message: Fields, setup: Fields | undefined): string | undefined {
  const [name, ...others] = Object.keys(message);
  const fields = name === undefined ? undefined : MESSAGES[name];
  if (name === undefined || !fields || others.length > 0)
    return `Invalid JSON payload received. Unknown name "${name}".`;
  if ((name === "setup") === (setup !== undefined))
    return setup ? "Setup was sent already." : "The first message must be setup.";
  const unknown = Object.keys(fieldsOf(message[name])).find((field) => !fields.includes(field));
  if (unknown !== undefined) return `Unknown name "${unknown}" at '${name}'.`;
  return name === "setup" ? setupProblem(fieldsOf(message.setup)) : laterProblem(message, fieldsOf(setup?.setup));
}

function setupProblem({ model, generationConfig, systemInstruction }: Fields): string | undefined {
  if (typeof model !== "string" || !model.startsWith("models/")) return "models/ must begin the model's name.";
  const unknown = Object.keys(fieldsOf(generationConfig)).find((field) => !GENERATION.includes(field));
  if (unknown !== undefined) return `Unknown name "${unknown}" at 'setup.generation_config'.`;
  const { parts } = fieldsOf(systemInstruction);
  return systemInstruction !== undefined && !Array.isArray(parts) ? "systemInstruction must have parts." : undefined;
}

function laterProblem({ realtimeInput, toolResponse }: Fields, setup: Fields): string | undefined {
  const { audio, activityStart, activityEnd } = fieldsOf(realtimeInput);
  const { mimeType } = fieldsOf(audio);
  if (audio !== undefined && mimeType !== "audio/pcm;rate=16000" && mimeType !== "audio/pcm")
    return `Unsupported audio: ${String(mimeType)}.`;
  const { disabled } = fieldsOf(fieldsOf(setup.realtimeInputConfig).automaticActivityDetection);
  if ((activityStart !== undefined || activityEnd !== undefined) && disabled !== true)
    return "Explicit activity control is not supported when automatic activity detection is enabled.";
  const { functionResponses = [] } = fieldsOf(toolResponse);
  const responses = Array.isArray(functionResponses) ? functionResponses.map(fieldsOf) : [];
  return responses.some(({ id, name, response }) => !id || !name || typeof response !== "object")
    ? "Function responses need id, name and response."
    : undefined;
}
