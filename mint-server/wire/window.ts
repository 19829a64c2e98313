import { type ChatRequest, type Message, type Part, type Source, textOf } from "./chat-request.ts";
import { FieldError } from "./read.ts";
import { supports } from "./support.ts";
import type {
  LanguageModelCreateCoreOptions,
  LanguageModelMessage,
  LanguageModelMessageContent,
  SamplingMode,
} from "./window-api.ts";

/** What the browser's built-in model makes of each setting. Its tools are functions that it runs itself: no caller's are. */
export const WINDOW_SUPPORT = supports(
  ["temperature", "jsonMode", "jsonSchema"],
  [
    "topP",
    "topK",
    "seed",
    "presencePenalty",
    "frequencyPenalty",
    "reasoning",
    "verbosity",
    "user",
    "metadata",
    "serviceTier",
    "promptCacheKey",
    "store",
    "prediction",
  ],
);

/** A conversation as the Prompt API takes it. */
export interface WindowPrompt {
  readonly options: LanguageModelCreateCoreOptions;
  /** All that was said before. */
  readonly initialPrompts: readonly LanguageModelMessage[];
  /** What is to be answered now. */
  readonly input: readonly LanguageModelMessage[];
  /** JSON Schema that the answer fits. */
  readonly responseConstraint?: object;
}

/** @throws {FieldError} for content that the browser's model takes in no form. */
export function encodeWindow({ messages, output, temperature }: ChatRequest): WindowPrompt {
  const prompts = encodeMessages(messages);
  const input = prompts.pop();
  if (!input) throw new FieldError("messages", "The request holds no text to answer.");
  const types = new Set([...prompts, input].flatMap(({ content }) => content.map(({ type }) => type)));
  return {
    options: {
      expectedInputs: [...types.add("text")].map((type) => ({ type })),
      expectedOutputs: [{ type: "text" }],
      ...(temperature !== undefined && { samplingMode: samplingOf(temperature) }),
    },
    initialPrompts: prompts,
    input: [input],
    ...(output && { responseConstraint: output.kind === "schema" ? output.schema : { type: "object" } }),
  };
}

/** The API names five ways to choose words; temperatures go from 0 to 2, and 1 is the usual one. */
function samplingOf(temperature: number): SamplingMode {
  if (temperature <= 0.2) return "most-predictable";
  if (temperature < 0.8) return "predictable";
  if (temperature <= 1.2) return "balanced";
  return temperature < 1.8 ? "creative" : "most-creative";
}

const isSystem = ({ role }: Message): boolean => role === "system" || role === "developer";

/** One system prompt, which must come first; later ones go to the user's side, marked. */
function encodeMessages(messages: readonly Message[]): LanguageModelMessage[] {
  const spoken = messages.findIndex((message) => !isSystem(message));
  // With nobody else to speak, the last system message is what is asked.
  const lead = spoken < 0 ? Math.max(messages.length - 1, 0) : spoken;
  const system = messages.slice(0, lead).map(systemText).join("\n\n");
  const turns = messages.slice(lead).map((message): LanguageModelMessage => {
    if (!isSystem(message)) return { role: roleOf(message), content: message.parts.flatMap(encodePart) };
    const text = systemText(message);
    return { role: "user", content: [textPart(spoken < 0 ? text : `<system>\n${text}\n</system>`)] };
  });
  return [...(system === "" ? [] : [{ role: "system", content: [textPart(system)] } as const]), ...turns];
}

function roleOf({ role }: Message): "user" | "assistant" {
  return role === "assistant" ? role : "user";
}

function systemText({ parts }: Message): string {
  for (const part of parts) {
    if (part.kind === "text" || part.kind === "refusal") continue;
    throw new FieldError("at" in part ? part.at : "messages", "A system message may hold text only.");
  }
  return textOf(parts, "\n\n");
}

function encodePart(part: Part): readonly LanguageModelMessageContent[] {
  switch (part.kind) {
    case "text":
    case "refusal":
      return [textPart(part.text)];
    case "reasoning":
      return [];
    case "image":
    case "audio":
      return [{ type: part.kind, value: blobOf(part.source, part.at) }];
    case "file":
      throw new FieldError(part.at, "The browser's built-in model takes no files.");
    case "tool_call":
      throw new FieldError(
        "messages",
        "The browser's built-in model knows no tools, so no message may hold calls of any.",
      );
    case "tool_result":
      throw new FieldError(part.at, "The browser's built-in model knows no tools, so there is no result to give it.");
  }
}

function textPart(value: string): LanguageModelMessageContent {
  return { type: "text", value };
}

/** Nothing is fetched from elsewhere: a request to this model leaves the device in no part. */
function blobOf(source: Source, at: string): Blob {
  if (source.kind !== "base64") throw new FieldError(at, `\`${at}\` must hold the data itself, as a \`data:\` URL.`);
  try {
    return new Blob([Uint8Array.from(atob(source.data), (char) => char.charCodeAt(0))], { type: source.mediaType });
  } catch {
    throw new FieldError(at, `\`${at}\` is not valid base64.`);
  }
}
