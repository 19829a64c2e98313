import { asText } from "../wire/read.ts";
import { type Fields, fieldsOf, isFields } from "./events.ts";
import { checkFormat, PCM, type Refusal, type Refuse, readInput } from "./gemini-sound.ts";

/** A session of OpenAI's as Gemini can have it. */
export interface GeminiSetup {
  /** `setup` of the protocol's first message. */
  readonly setup: Fields;
  /** The session as it will be, as OpenAI writes it. */
  readonly session: Fields;
  /** Whether Gemini hears by itself where the user's turns begin and end. */
  readonly hearsTurns: boolean;
  readonly speaks: boolean;
  readonly transcribesInput: boolean;
  /** What was asked for and cannot be, by field. */
  readonly refused: readonly Refusal[];
}

/** Voices of OpenAI's that Gemini does not have. */
const OPENAI_VOICES: ReadonlySet<string> = new Set([
  ...["alloy", "ash", "ballad", "cedar", "coral", "echo", "fable", "marin", "nova", "onyx", "sage", "shimmer", "verse"],
]);

/** Fields of a session that Gemini Live has nothing like. Null, and what is said below, leaves them out. */
const NOTHING_LIKE: Readonly<Record<string, readonly unknown[]>> = {
  include: [],
  parallel_tool_calls: [true],
  prompt: [],
  reasoning: [],
  tracing: [],
  truncation: ["auto"],
  tool_choice: ["auto"],
};

/**
 * What Gemini is told at the start of a session. What has no equivalent there is left out, and named in `refused`.
 *
 * @param session all that the client has said of it so far
 */
export function geminiSetup(model: string, session: Fields): GeminiSetup {
  const refused: Refusal[] = [];
  const refuse = (param: string, why: string): void => void refused.push({ param: `session.${param}`, why });
  for (const [name, harmless] of Object.entries(NOTHING_LIKE)) {
    const value = session[name];
    if (value !== undefined && value !== null && !harmless.includes(value))
      refuse(name, "Gemini Live has nothing like it.");
  }
  if (session.type === "transcription") refuse("type", "Gemini Live has no sessions that only transcribe.");
  const audio = fieldsOf(session.audio);
  const input = readInput(fieldsOf(audio.input), refuse);
  const output = readOutput(fieldsOf(audio.output), refuse);
  const speaks = !(Array.isArray(session.output_modalities) && session.output_modalities.includes("text"));
  const tools = readTools(session.tools, refuse);
  const { max_output_tokens: most } = session;
  const instructions = asText(session.instructions) ?? "";
  const setup = {
    model: `models/${model.replace(/^models\//, "")}`,
    generationConfig: {
      responseModalities: [speaks ? "AUDIO" : "TEXT"],
      ...(typeof most === "number" && { maxOutputTokens: most }),
      ...(speaks && output.voice !== undefined && { speechConfig: speechOf(output.voice) }),
    },
    ...(instructions !== "" && { systemInstruction: systemInstruction(instructions) }),
    ...(tools.length > 0 && { tools: functionTools(tools) }),
    ...(input.transcribes && { inputAudioTranscription: {} }),
    ...(speaks && { outputAudioTranscription: {} }),
    realtimeInputConfig: input.config,
  };
  return {
    setup,
    session: {
      type: "realtime",
      object: "realtime.session",
      model,
      instructions,
      output_modalities: [speaks ? "audio" : "text"],
      max_output_tokens: typeof most === "number" ? most : "inf",
      tools,
      tool_choice: "auto",
      audio: {
        input: {
          format: PCM,
          noise_reduction: null,
          transcription: input.transcribes ? {} : null,
          turn_detection: input.turns,
        },
        output: { format: PCM, speed: 1, ...(output.voice !== undefined && { voice: output.voice }) },
      },
    },
    hearsTurns: input.turns !== null,
    speaks,
    transcribesInput: input.transcribes,
    refused,
  };
}

export function systemInstruction(text: string): Fields {
  return { parts: [{ text }] };
}

/** Schemas go as JSON Schema; the older `parameters` knows but a part of it. */
export function functionTools(tools: readonly Fields[]): readonly Fields[] {
  return [
    {
      functionDeclarations: tools.map(({ name, description, parameters }) => ({
        name,
        ...(typeof description === "string" && { description }),
        ...(isFields(parameters) && { parametersJsonSchema: parameters }),
      })),
    },
  ];
}

function speechOf(voiceName: string): Fields {
  return { voiceConfig: { prebuiltVoiceConfig: { voiceName } } };
}

/** The functions among a session's tools. */
function readTools(value: unknown, refuse: Refuse): readonly Fields[] {
  const tools = Array.isArray(value) ? value.map(fieldsOf) : [];
  const functions = tools.filter(({ type }) => type === "function");
  if (functions.length < tools.length) refuse("tools", "Gemini Live takes functions alone here.");
  return functions;
}

function readOutput({ format, speed, voice }: Fields, refuse: Refuse): { readonly voice?: string } {
  checkFormat(format, "audio.output.format", refuse);
  if (typeof speed === "number" && speed !== 1) refuse("audio.output.speed", "Gemini Live speaks at one speed.");
  if (voice === undefined || voice === null) return {};
  if (typeof voice === "string" && voice !== "" && !OPENAI_VOICES.has(voice)) return { voice };
  refuse("audio.output.voice", "Gemini Live does not have this voice; name one of its own, such as Puck.");
  return {};
}
