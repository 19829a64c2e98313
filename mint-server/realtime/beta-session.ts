import { type Fields, fieldsOf, isFields } from "./events.ts";

// The beta's session and response parameters, in which everything lies flat, and GA's.

const GA_FORMATS: Readonly<Record<string, Fields>> = {
  pcm16: { type: "audio/pcm", rate: 24_000 },
  g711_ulaw: { type: "audio/pcmu" },
  g711_alaw: { type: "audio/pcma" },
};
const BETA_FORMATS: Readonly<Record<string, string>> = {
  "audio/pcm": "pcm16",
  "audio/pcmu": "g711_ulaw",
  "audio/pcma": "g711_alaw",
};
/** Beta's names, and where GA has the same thing. What GA has no more (`temperature`) has no place. */
const INPUT_FIELDS = {
  input_audio_format: "format",
  turn_detection: "turn_detection",
  input_audio_transcription: "transcription",
  input_audio_noise_reduction: "noise_reduction",
} as const;
const OUTPUT_FIELDS = { output_audio_format: "format", voice: "voice", speed: "speed" } as const;
const SAME_FIELDS = [
  "model",
  "instructions",
  "tools",
  "tool_choice",
  "tracing",
  "include",
  "conversation",
  "metadata",
  "prompt",
  "parallel_tool_calls",
  "truncation",
  "reasoning",
];

/** A session of the beta in GA's shape; what only GA knows stays as it is. */
export function sessionToGA(session: unknown, type: "realtime" | "transcription"): unknown {
  if (!isFields(session)) return session;
  return { type, ...parametersToGA(session) };
}

/** The parameters of a `response.create`, but for its `input`. */
export function responseToGA(response: Fields): Fields {
  return parametersToGA(response);
}

function parametersToGA(beta: Fields): Fields {
  const input = picked(beta, INPUT_FIELDS);
  const output = picked(beta, OUTPUT_FIELDS);
  const limit = beta.max_response_output_tokens ?? beta.max_output_tokens;
  const modalities = beta.modalities ?? beta.output_modalities;
  const audio = {
    ...(hasAny(input) && { input: withFormat(input, GA_FORMATS) }),
    ...(hasAny(output) && { output: withFormat(output, GA_FORMATS) }),
  };
  return {
    ...Object.fromEntries(SAME_FIELDS.filter((name) => beta[name] !== undefined).map((name) => [name, beta[name]])),
    ...(modalities !== undefined && { output_modalities: outputModalities(modalities) }),
    ...(limit !== undefined && { max_output_tokens: limit }),
    ...(hasAny(audio) && { audio }),
  };
}

/** GA's session as clients of the beta know it. */
export function sessionToBeta(session: unknown): Fields {
  const { type, object, audio, ...rest } = fieldsOf(session);
  const beta = parametersToBeta({ ...rest, audio });
  const { max_output_tokens: limit, ...others } = beta;
  return {
    ...others,
    object: type === "transcription" ? "realtime.transcription_session" : (object ?? "realtime.session"),
    ...(limit !== undefined && { max_response_output_tokens: limit }),
  };
}

/** GA's response object, but for its items. */
export function responseToBeta(response: Fields): Fields {
  return parametersToBeta(response);
}

function parametersToBeta({ audio, output_modalities: modalities, ...rest }: Fields): Fields {
  const { input, output } = fieldsOf(audio);
  return {
    ...rest,
    ...(modalities !== undefined && { modalities: betaModalities(modalities) }),
    ...renamed(withFormat(fieldsOf(input), BETA_FORMATS), INPUT_FIELDS),
    ...renamed(withFormat(fieldsOf(output), BETA_FORMATS), OUTPUT_FIELDS),
  };
}

/** GA answers in one modality; sound comes with its transcript. */
function outputModalities(modalities: unknown): unknown {
  if (!Array.isArray(modalities)) return modalities;
  return modalities.includes("audio") ? ["audio"] : modalities;
}

function betaModalities(modalities: unknown): unknown {
  if (!Array.isArray(modalities)) return modalities;
  return modalities.includes("audio") ? ["text", "audio"] : modalities;
}

type Names = Readonly<Record<string, string>>;

function picked(beta: Fields, names: Names): Fields {
  const found = Object.entries(names).filter(([name]) => beta[name] !== undefined);
  return Object.fromEntries(found.map(([name, ga]) => [ga, beta[name]]));
}

function renamed(ga: Fields, names: Names): Fields {
  const found = Object.entries(names).filter(([, name]) => ga[name] !== undefined);
  return Object.fromEntries(found.map(([beta, name]) => [beta, ga[name]]));
}

function withFormat(side: Fields, formats: Readonly<Record<string, unknown>>): Fields {
  const { format } = side;
  const key = typeof format === "string" ? format : fieldsOf(format).type;
  if (typeof key !== "string" || !Object.hasOwn(formats, key)) return side;
  return { ...side, format: formats[key] };
}

function hasAny(fields: Fields): boolean {
  return Object.keys(fields).length > 0;
}
